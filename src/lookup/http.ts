import { RdxError, reasonOf } from "../core/errors.ts";
import { FrameView } from "../core/frame.ts";
import { LOOKUP_ANSWER_BYTES_MAX, LOOKUP_REDIRECTS_MAX, LOOKUP_URL_CHARS_MAX } from "../core/limits.ts";
import { type Lookup, type LookupFactory, LookupFailure, type LookupShape } from "../lookup.ts";
import { AnswerBuilder, tooMuch } from "./answer.ts";
import { takeRows } from "./http_answer.ts";
import { bodyOf, type Keys, urlOf } from "./http_question.ts";

export interface WebRequest {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

/** Where a value stands that is not in the plan. */
export type SecretPlace = { readonly env: string } | { readonly file: string };

/** The network as a lookup may use it. */
export interface Web {
  /** Refuses the address of a plan that leads where nobody may ask, with RdxError. */
  check(url: URL): Promise<void>;
  /** Sends one request, and follows no redirect. Throws LookupFailure for an address that may not be asked. */
  send(request: WebRequest): Promise<Response>;
  /** Throws RdxError for a secret that is not there. */
  secret(place: SecretPlace): Promise<string>;
  close(): void;
}

interface HttpOptions {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, unknown>>;
  /** The member of the answer that holds the rows. */
  readonly rows: string | null;
}

/** Looks rows up at servers that answer in JSON. */
export function httpLookup(openWeb: () => Web): LookupFactory {
  return {
    kind: "http",
    create({ url, method, headers, rows }, shape) {
      const options: HttpOptions = {
        url: String(url),
        method: method === "POST" ? "POST" : "GET",
        headers: (headers ?? {}) as Readonly<Record<string, unknown>>,
        rows: typeof rows === "string" ? rows : null,
      };
      checkUrl(options.url);
      return new HttpLookup(options, shape, openWeb());
    },
  };
}

/** Throws RdxError for an address that is none, or not one of a server. */
function checkUrl(text: string): void {
  const plain = text.replace(/\{[^{}]*\}/g, "x"), url = URL.canParse(plain) ? new URL(plain) : null;
  const refuse = (why: string) => new RdxError("invalid_plan", `Cannot look rows up at ${text}: ${why}`);
  if (url === null) throw refuse("it is no address, such as https://host/rows?id={id}");
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refuse("it is not of http or https");
  if (url.username !== "" || url.password !== "") {
    throw refuse("put passwords into a header, from the environment or a file");
  }
  const authority = /^[a-z]+:\/\/([^/?#]*)/i.exec(text)?.[1] ?? "";
  if (/[{}]/.test(authority)) throw refuse("a key stands in the path or behind the ?, not in the name of the server");
}

class HttpLookup implements Lookup {
  readonly #options: HttpOptions;
  readonly #shape: LookupShape;
  readonly #web: Web;
  #headers: Record<string, string> = {};

  constructor(options: HttpOptions, shape: LookupShape, web: Web) {
    this.#options = options;
    this.#shape = shape;
    this.#web = web;
  }

  async open(): Promise<void> {
    const { url, headers, method } = this.#options;
    await this.#web.check(new URL(url.replace(/\{[^{}]*\}/g, "x")));
    const found: Record<string, string> = { accept: "application/json" };
    if (method === "POST") found["content-type"] = "application/json";
    for (const [name, value] of Object.entries(headers)) found[name.toLowerCase()] = await this.#headerOf(name, value);
    try {
      new Headers(found);
    } catch (thrown) {
      // The reason may have the value, which is a secret.
      throw new RdxError("invalid_plan", `A header of ${url} cannot be sent: ${Object.keys(headers).join(", ")}`, [], {
        kind: thrown instanceof Error ? thrown.name : "unknown",
      });
    }
    this.#headers = found;
  }

  async #headerOf(name: string, value: unknown): Promise<string> {
    if (typeof value === "string") return value;
    const { env, file, prefix = "" } = value as { env?: string; file?: string; prefix?: string };
    if ((env === undefined) === (file === undefined)) {
      throw new RdxError("invalid_plan", `Header ${name} needs the place of its value: "env" or "file"`);
    }
    return prefix + (await this.#web.secret(env === undefined ? { file: file! } : { env })).trim();
  }

  async find(keys: ArrayBuffer, signal: AbortSignal): Promise<readonly ArrayBuffer[]> {
    const view = new FrameView(keys), answer = new AnswerBuilder(this.#shape.columns, view.rows);
    await this.#take({ view, columns: this.#shape.keys, from: 0, to: view.rows }, answer, signal);
    return answer.finish();
  }

  /** An address that is too long for all of its keys is asked for one half after the other. */
  async #take(keys: Keys, answer: AnswerBuilder, signal: AbortSignal): Promise<void> {
    const { url: template, method, rows } = this.#options, isGet = method === "GET";
    const url = isGet ? urlOf(template, keys) : new URL(template), count = keys.to - keys.from;
    if (url.href.length > LOOKUP_URL_CHARS_MAX) {
      if (count === 1) {
        throw new LookupFailure(`A key makes an address of more than ${LOOKUP_URL_CHARS_MAX} characters`, true);
      }
      const middle = keys.from + (count >> 1);
      await this.#take({ ...keys, to: middle }, answer, signal);
      return await this.#take({ ...keys, from: middle }, answer, signal);
    }
    const response = await this.#follow({
      url,
      method,
      headers: this.#headers,
      body: isGet ? null : bodyOf(keys),
      signal,
    });
    if (response.status === 204 || (response.status === 404 && isGet && count === 1)) {
      await response.body?.cancel();
      return;
    }
    if (!response.ok) throw await failureOf(response);
    takeRows(await textOf(response), keys, this.#shape, rows, answer);
  }

  /** Sends a request where it leads. What is secret goes to the server of the plan alone. */
  async #follow(request: WebRequest): Promise<Response> {
    for (let redirects = 0;; redirects++) {
      const response = await this.#send(request), location = response.headers.get("location");
      if (response.status < 300 || response.status > 399 || location === null) return response;
      await response.body?.cancel();
      if (redirects === LOOKUP_REDIRECTS_MAX) {
        throw new LookupFailure(`There are more than ${redirects} redirects`, true);
      }
      if (request.method === "POST" && response.status !== 307 && response.status !== 308) {
        throw new LookupFailure(`A POST was redirected with ${response.status}: use the address ${location}`, true);
      }
      request = redirected(request, location);
    }
  }

  async #send(request: WebRequest): Promise<Response> {
    try {
      return await this.#web.send(request);
    } catch (thrown) {
      if (thrown instanceof LookupFailure) throw thrown;
      request.signal.throwIfAborted();
      throw new LookupFailure(`${request.url.origin} cannot be reached: ${causeOf(thrown)}`, false);
    }
  }

  close(): Promise<void> {
    this.#web.close();
    return Promise.resolve();
  }
}

/** Why nothing was sent, or nothing came: fetch itself says only that it failed. */
function causeOf(thrown: unknown): string {
  return reasonOf(thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown);
}

function redirected(request: WebRequest, location: string): WebRequest {
  if (!URL.canParse(location, request.url.href)) {
    throw new LookupFailure("A redirect leads to what is no address", true);
  }
  const url = new URL(location, request.url.href);
  if (url.protocol !== "https:" && (url.protocol !== "http:" || request.url.protocol === "https:")) {
    throw new LookupFailure(`A redirect leads from ${request.url.protocol} to ${url.protocol}`, true);
  }
  if (url.origin === request.url.origin) return { ...request, url };
  const { accept, "content-type": type } = request.headers;
  return { ...request, url, headers: { accept, ...(type === undefined ? {} : { "content-type": type }) } };
}

/** Servers that are overloaded, or down, may answer later. */
async function failureOf(response: Response): Promise<LookupFailure> {
  const { status, headers } = response, wait = headers.get("retry-after");
  await response.body?.cancel();
  const passing = status >= 500 || status === 404 || status === 408 || status === 425 || status === 429;
  const seconds = wait === null ? 0 : /^\d{1,6}$/.test(wait) ? Number(wait) : (Date.parse(wait) - Date.now()) / 1000;
  return new LookupFailure(`The server answers ${status}`, !passing, Math.max(0, seconds * 1000 || 0));
}

/** The body as text, bounded. */
async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder(), parts: string[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > LOOKUP_ANSWER_BYTES_MAX) throw tooMuch(`${LOOKUP_ANSWER_BYTES_MAX} bytes`);
      parts.push(decoder.decode(chunk, { stream: true }));
    }
  } catch (thrown) {
    if (thrown instanceof LookupFailure) throw thrown;
    throw new LookupFailure(`The answer breaks off: ${causeOf(thrown)}`, false);
  }
  return parts.join("") + decoder.decode();
}
