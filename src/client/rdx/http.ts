import { type ErrorCode, type ErrorDetail, RdxError, reasonOf } from "../../core/errors.ts";
import { type Address, TokenSource, urlOf } from "./address.ts";
import { parseExact, writeExact } from "./exact_json.ts";

/** Bytes of an answer that is an error which are read to say what it is. */
const PROBLEM_CHARS_MAX = 1 << 20;
/** Characters of an answer that are shown when it is no problem of this server. */
const SHOWN_CHARS_MAX = 200;

const OWN: readonly ErrorCode[] = [
  "invalid",
  "unauthorized",
  "not_found",
  "conflict",
  "too_large",
  "unsupported_type",
  "invalid_plan",
  "busy",
  "closing",
  "no_space",
  "internal",
];
/** What a problem is called, and what only servers call so by what it means to who asked. */
const CODES = new Map<string, ErrorCode>([
  ...OWN.map((code) => [code, code] as const),
  ["forbidden", "unauthorized"],
  ["method_not_allowed", "invalid"],
  ["timeout", "busy"],
  ["unavailable", "closing"],
]);
/** Of answers that are no problems of this server, as a proxy gives them. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: "unauthorized",
  403: "unauthorized",
  404: "not_found",
  413: "too_large",
  429: "busy",
  502: "closing",
  503: "closing",
  504: "closing",
};
const MEMBERS: ReadonlySet<string> = new Set(["$rdx", "event", "type", "title", "detail", "instance", "errors"]);

export interface RequestOptions {
  readonly signal?: AbortSignal;
}

/**
 * A request with a JSON answer; null when it has no body. Whole numbers beyond 2^53 are bigints, both ways. Throws RdxError: with the problem's code,
 * sentence, details and further members (`status`, `expected` …); "closing" with `unreachable: true` when the server cannot be reached. Throws the signal's
 * reason when it aborts.
 */
export async function request(
  server: Address,
  method: string,
  path: string,
  body?: unknown,
  { signal }: RequestOptions = {},
): Promise<unknown> {
  const headers = { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) };
  const init = { method, headers, signal, ...(body === undefined ? {} : { body: writeExact(body) }) };
  const answer = await send(server, path, init);
  try {
    const text = await answer.text();
    return text === "" ? null : parseExact(text);
  } catch (thrown) {
    signal?.throwIfAborted();
    if (thrown instanceof SyntaxError) {
      throw new RdxError("internal", `Cannot read the answer of ${method} ${path}: it is no JSON`);
    }
    throw unreachable(server, thrown);
  }
}

/**
 * A request with the server's token; a function that gives tokens is asked once more when the server refuses the last. Resolves with a success, throws
 * as `request` does.
 */
export async function send(server: Address, path: string, init: RequestInit = {}): Promise<Response> {
  const tokens = TokenSource.of(server.token), signal = init.signal ?? undefined;
  for (let tries = 0;; tries++) {
    const token = await tokenOf(server, tokens);
    const headers = new Headers(init.headers);
    if (token !== null) headers.set("authorization", `Bearer ${token}`);
    const answer = await reach(server, path, { ...init, headers });
    if (answer.ok) return answer;
    if (answer.status === 401 && await tokens.refused(token) && tries === 0) {
      await answer.body?.cancel();
      signal?.throwIfAborted();
      continue;
    }
    throw await readProblem(answer);
  }
}

/** The token that is used now, or null. Throws RdxError("unauthorized") when what gives it fails; it is then asked again. */
export async function tokenOf({ url }: Address, tokens: TokenSource): Promise<string | null> {
  try {
    return await tokens.current();
  } catch (thrown) {
    throw new RdxError("unauthorized", `Cannot get a token for ${url}: ${reasonOf(thrown)}`, [], { retry: true });
  }
}

async function reach(server: Address, path: string, init: RequestInit): Promise<Response> {
  try {
    return await (server.fetch ?? fetch)(urlOf(server, path), init);
  } catch (thrown) {
    init.signal?.throwIfAborted();
    throw unreachable(server, thrown);
  }
}

/** What is thrown when there is no answer at all: the server may come back. */
export function unreachable({ url }: Address, cause?: unknown): RdxError {
  const why = cause === undefined ? "" : `: ${reasonOf(cause)}`;
  return new RdxError("closing", `Cannot reach the server at ${url || "this address"}${why}`, [], {
    unreachable: true,
  });
}

/** Reads an answer that is no success. */
export async function readProblem(answer: Response): Promise<RdxError> {
  const text = (await answer.text().catch(() => "")).slice(0, PROBLEM_CHARS_MAX);
  const after = Number(answer.headers.get("retry-after") ?? NaN);
  const more = { status: answer.status, ...(after >= 0 ? { retryMs: after * 1000 } : {}) };
  const problem = parseObject(text);
  if (problem && typeof problem.type === "string") return problemError(problem, more);
  const code = BY_STATUS[answer.status] ?? (answer.status < 500 ? "invalid" : "internal");
  const shown = text.trim().slice(0, SHOWN_CHARS_MAX);
  return new RdxError(code, `The server answered ${answer.status}${shown ? `: ${shown}` : ""}`, [], more);
}

/** The error that a problem (RFC 9457) tells of. Further members, such as `expected`, are in `extra`; the server's own code in `extra.problem`. */
export function problemError(
  problem: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): RdxError {
  const name = /^\/problems\/([a-z_]+)$/.exec(String(problem.type))?.[1] ?? "";
  const known = CODES.get(name), code = known ?? BY_STATUS[Number(problem.status)] ?? "internal";
  const extra = Object.fromEntries(Object.entries(problem).filter(([member]) => !MEMBERS.has(member)));
  const detail = typeof problem.detail === "string" ? problem.detail : String(problem.title ?? name);
  const errors = Array.isArray(problem.errors) ? problem.errors as ErrorDetail[] : [];
  return new RdxError(code, detail, errors, { ...extra, ...(known === name ? {} : { problem: name }), ...more });
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value = parseExact(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : null;
  } catch {
    return null;
  }
}
