import { RdxError, reasonOf } from "../../core/errors.ts";
import { REDIRECTS_MAX, RETRY_AFTER_MS_MAX } from "../../core/limits.ts";

export interface WebRequest {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | null;
  readonly signal: AbortSignal;
}

/** Where a value stands that is not in the plan. */
export type SecretPlace = { readonly env: string } | { readonly file: string };

/** The network as a plan may use it. */
export interface Web {
  /** Refuses the address of a plan that leads where nobody may ask, with RdxError. */
  check(url: URL): Promise<void>;
  /** Sends one request, and follows no redirect. Throws WebFailure for an address that may not be asked. */
  send(request: WebRequest): Promise<Response>;
  /** Throws RdxError for a secret that is not there. */
  secret(place: SecretPlace): Promise<string>;
  close(): void;
}

/** Why a request has no answer that is of use. */
export class WebFailure extends Error {
  override readonly name = "WebFailure";
  constructor(
    message: string,
    /** Sending it again would give the same. */
    readonly lasting: boolean,
    /** How long the server wants to be left alone. */
    readonly waitMs = 0,
  ) {
    super(message);
  }
}

/** Throws RdxError("invalid_plan") for an address that is none, or not one of a server. `what`: what cannot be done then. */
export function checkUrl(text: string, what: string, example: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  const refuse = (why: string) => new RdxError("invalid_plan", `${what}: ${why}`);
  if (url === null) throw refuse(`it is no address, such as ${example}`);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refuse("it is not of http or https");
  if (url.username !== "" || url.password !== "") {
    throw refuse("put passwords into a header, from the environment or a file");
  }
}

/** `own` and the headers of a plan, with the values that stand elsewhere. Throws RdxError("invalid_plan") that names what cannot be sent. */
export async function headersOf(
  web: Web,
  url: string,
  given: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const found: Record<string, string> = { ...own };
  for (const [name, value] of Object.entries(given)) found[name.toLowerCase()] = await valueOf(web, name, value);
  try {
    new Headers(found);
  } catch (thrown) {
    // The reason may have the value, which is a secret.
    throw new RdxError("invalid_plan", `A header of ${url} cannot be sent: ${Object.keys(given).join(", ")}`, [], {
      kind: thrown instanceof Error ? thrown.name : "unknown",
    });
  }
  return found;
}

async function valueOf(web: Web, name: string, value: unknown): Promise<string> {
  if (typeof value === "string") return value;
  const { env, file, prefix = "" } = value as { env?: string; file?: string; prefix?: string };
  if ((env === undefined) === (file === undefined)) {
    throw new RdxError("invalid_plan", `Header ${name} needs the place of its value: "env" or "file"`);
  }
  return prefix + (await web.secret(env === undefined ? { file: file! } : { env })).trim();
}

/**
 * Sends a request where it leads. Each address on the way is looked at; what is secret goes to the server of the plan alone. Throws WebFailure without an answer,
 * and whatever the request's signal says when it is aborted.
 */
export async function follow(web: Web, request: WebRequest): Promise<Response> {
  for (let redirects = 0;; redirects++) {
    const response = await sendOne(web, request), location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    if (redirects === REDIRECTS_MAX) throw new WebFailure(`There are more than ${redirects} redirects`, true);
    if (request.method === "POST" && response.status !== 307 && response.status !== 308) {
      throw new WebFailure(`A POST was redirected with ${response.status}: use the address ${location}`, true);
    }
    request = redirected(request, location);
  }
}

async function sendOne(web: Web, request: WebRequest): Promise<Response> {
  try {
    return await web.send(request);
  } catch (thrown) {
    if (thrown instanceof WebFailure) throw thrown;
    request.signal.throwIfAborted();
    throw new WebFailure(`${request.url.origin} cannot be reached: ${causeOf(thrown)}`, false);
  }
}

/** Why nothing was sent, or nothing came: fetch itself says only that it failed. */
export function causeOf(thrown: unknown): string {
  return reasonOf(thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown);
}

function redirected(request: WebRequest, location: string): WebRequest {
  if (!URL.canParse(location, request.url.href)) throw new WebFailure("A redirect leads to what is no address", true);
  const url = new URL(location, request.url.href);
  if (url.protocol !== "https:" && (url.protocol !== "http:" || request.url.protocol === "https:")) {
    throw new WebFailure(`A redirect leads from ${request.url.protocol} to ${url.protocol}`, true);
  }
  if (url.origin === request.url.origin) return { ...request, url };
  const kept = Object.entries(request.headers).filter(([name]) => OPEN_HEADERS.includes(name));
  return { ...request, url, headers: Object.fromEntries(kept) };
}

/** Headers that another server may see: what says how the body is to be read, and which one it is. */
const OPEN_HEADERS = ["accept", "content-type", "idempotency-key"];

/** Whether a server that answers so may answer otherwise later. */
export function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** How long a server wants to be left alone, 0 where it does not say so; no longer than RETRY_AFTER_MS_MAX. */
export function retryAfterMs({ headers }: Response, nowMs: number): number {
  const wait = headers.get("retry-after");
  if (wait === null) return 0;
  const ms = /^\d{1,6}$/.test(wait) ? Number(wait) * 1000 : Date.parse(wait) - nowMs;
  return Math.min(RETRY_AFTER_MS_MAX, Math.max(0, ms || 0));
}
