import type { ServerContext } from "./context.ts";

type Header = readonly [name: string, value: string];

/** Stands at every answer that says nothing else: no guessing of types, no frames, no scripts, nothing kept. */
const GUARDS: readonly Header[] = [
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-resource-policy", "same-origin"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["cache-control", "no-store"],
];

/** Completes the header of an answer to a page of `origin`, null for who sends none. */
export function completeHeaders(headers: Headers, { origins, bundle }: Facts, origin: string | null): void {
  for (const [name, value] of origins.headers(origin)) {
    if (name === "vary") headers.append(name, value);
    else headers.set(name, value);
  }
  if (bundle) headers.set("rdx-build", bundle.build);
  for (const [name, value] of GUARDS) if (!headers.has(name)) headers.set(name, value);
}

type Facts = Pick<ServerContext, "origins" | "bundle">;
