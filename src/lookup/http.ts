import {
  causeOf,
  checkUrl,
  follow,
  headersOf,
  isPassing,
  retryAfterMs,
  type Web,
  WebFailure,
  type WebRequest,
} from "../client/http/web.ts";
import { RdxError } from "../core/errors.ts";
import { FrameView } from "../core/frame.ts";
import { LOOKUP_ANSWER_BYTES_MAX, LOOKUP_URL_CHARS_MAX } from "../core/limits.ts";
import { type Lookup, type LookupFactory, LookupFailure, type LookupShape } from "../lookup.ts";
import { AnswerBuilder, tooMuch } from "./answer.ts";
import { takeRows } from "./http_answer.ts";
import { bodyOf, type Keys, urlOf } from "./http_question.ts";

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
      checkTemplate(options.url);
      return new HttpLookup(options, shape, openWeb());
    },
  };
}

function checkTemplate(text: string): void {
  const what = `Cannot look rows up at ${text}`;
  checkUrl(text.replace(/\{[^{}]*\}/g, "x"), what, "https://host/rows?id={id}");
  const authority = /^[a-z]+:\/\/([^/?#]*)/i.exec(text)?.[1] ?? "";
  if (!/[{}]/.test(authority)) return;
  throw new RdxError(
    "invalid_plan",
    `${what}: a key stands in the path or behind the ?, not in the name of the server`,
  );
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
    const own = { accept: "application/json", ...(method === "POST" ? { "content-type": "application/json" } : {}) };
    this.#headers = await headersOf(this.#web, url, headers, own);
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
    const response = await this.#ask({
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

  async #ask(request: WebRequest): Promise<Response> {
    try {
      return await follow(this.#web, request);
    } catch (thrown) {
      throw thrown instanceof WebFailure ? new LookupFailure(thrown.message, thrown.lasting, thrown.waitMs) : thrown;
    }
  }

  close(): Promise<void> {
    this.#web.close();
    return Promise.resolve();
  }
}

/** Servers that are overloaded, or down, may answer later. */
async function failureOf(response: Response): Promise<LookupFailure> {
  const { status } = response;
  await response.body?.cancel();
  return new LookupFailure(
    `The server answers ${status}`,
    !isPassing(status) && status !== 404,
    retryAfterMs(response, Date.now()),
  );
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
