import { RdxError } from "../core/errors.ts";
import type { Asked } from "./asked.ts";

const ALL = "*";
/** What pages may send beside what every page may. */
const REQUEST_HEADERS = "authorization, content-type, content-encoding, last-event-id, rdx-producer, rdx-sequence";
const METHODS = "GET, HEAD, PUT, POST, DELETE";
/** What pages may read beside what every page may. */
const ANSWER_HEADERS = "date, retry-after, rdx-build";
/** For so long a browser asks no more before it sends. */
const PREFLIGHT_SECONDS = "600";

/**
 * The origins whose pages may use the server, beside its own: they read answers, change things and open WebSockets. Cookies play no part
 * anywhere, so that credentials are never allowed; tokens travel in a header.
 */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  /** `texts`: origins such as `https://a.example`, or `*` for all. Throws RdxError("invalid") for anything else. */
  constructor(texts: readonly string[]) {
    this.#allowed = new Set(texts.map(normal));
  }

  /** Whether pages of an origin, as browsers write it, may use the server. */
  allows(origin: string | null): boolean {
    return origin !== null && (this.#allowed.has(ALL) || this.#allowed.has(origin));
  }

  /** The headers of an answer to a page of `origin`, null for who sends none. Caches tell answers apart by `vary`. */
  headers(origin: string | null): [name: string, value: string][] {
    const all = this.#allowed.has(ALL), found: [string, string][] = [];
    if (this.#allowed.size > 0 && !all) found.push(["vary", "origin"]);
    if (!this.allows(origin)) return found;
    found.push(["access-control-allow-origin", all ? ALL : origin!]);
    found.push(["access-control-expose-headers", ANSWER_HEADERS]);
    found.push(["cross-origin-resource-policy", "cross-origin"]);
    return found;
  }
}

/** Whether a browser asks what a page may send (https://fetch.spec.whatwg.org/#cors-preflight-request). */
export function isPreflight({ method, header }: Pick<Asked, "method" | "header">): boolean {
  return method === "OPTIONS" && header("origin") !== null && header("access-control-request-method") !== null;
}

/** The answer to a browser that asks for a page of an allowed origin. */
export function preflightAnswer(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": REQUEST_HEADERS,
      "access-control-max-age": PREFLIGHT_SECONDS,
    },
  });
}

/** An origin as browsers write it in their header. */
function normal(text: string): string {
  if (text === ALL) return ALL;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && /^https?:$/.test(url.protocol) && (url.href === `${url.origin}/`)) return url.origin;
  throw new RdxError("invalid", `${JSON.stringify(text)} is no origin: expected one such as https://a.example, or *`);
}
