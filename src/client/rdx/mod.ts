/** The client of an rdx server, for pages, Deno and Node. */
import { RdxError } from "../../core/errors.ts";
import { NAME_PATTERN } from "../../core/schema.ts";
import { TokenSource } from "./address.ts";
import { jsonFormat } from "./format_json.ts";
import type { Format } from "./format.ts";
import { request } from "./http.ts";
import type { SocketAddress } from "./socket.ts";
import { live } from "./live.ts";
import type { Client, ConnectOptions, LiveOptions, Writer, WriterOptions } from "./types.ts";
import { StreamWriter } from "./writer.ts";

export { RdxError } from "../../core/errors.ts";
export { newProducer } from "./outbox_memory.ts";
export type * from "./types.ts";

/**
 * A client of the server at `url` (http or https; in a page it may be relative). Connections are made when something needs them. Throws RdxError("invalid") for
 * what is no such URL.
 */
export function connect(url: string | URL, options: ConnectOptions = {}): Client {
  return new ServerClient(checkedUrl(String(url)), options);
}

class ServerClient implements Client {
  readonly #address: SocketAddress;
  readonly #writers = new Set<StreamWriter>();
  /** Ends what the client does when the caller's signal aborts. */
  readonly #signal: AbortSignal;
  /** Ends live views at `close`. */
  readonly #closing = new AbortController();

  constructor(readonly url: string, { token, signal, ...platform }: ConnectOptions) {
    this.#address = { url, token: new TokenSource(token), ...platform };
    this.#signal = signal ?? new AbortController().signal;
  }

  request(
    method: string,
    path: string,
    body?: unknown,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<unknown> {
    return request(this.#address, method, path, body, { signal: either(this.#signal, options.signal) });
  }

  async writer(stream: string, options: WriterOptions = {}): Promise<Writer> {
    this.#check();
    if (!NAME_PATTERN.test(stream)) {
      throw new RdxError(
        "invalid",
        `${
          JSON.stringify(stream.slice(0, 200))
        } is no name for a stream: expected a letter or _, then up to 127 letters, digits, _, . or -`,
      );
    }
    const signal = either(this.#signal, options.signal), format = await formatOf(options);
    const writer = await StreamWriter.open(this.#address, stream, format, options, signal);
    this.#writers.add(writer);
    writer.onClosed = () => this.#writers.delete(writer);
    return writer;
  }

  live(view: string, options: LiveOptions = {}): ReturnType<Client["live"]> {
    const signal = either(either(this.#signal, this.#closing.signal), options.signal);
    return live(this.#address, view, { ...options, signal });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const ends = await Promise.allSettled([...this.#writers].map(async (writer) => {
      const { told } = writer;
      await writer.close().catch((reason) => told || Promise.reject(reason));
    }));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  #check(): void {
    this.#signal.throwIfAborted();
    if (this.#closing.signal.aborted) throw new RdxError("closing", "The client is closed: connect again");
  }
}

/** Arrow is loaded when somebody wants it. */
async function formatOf({ format, columns }: WriterOptions): Promise<Format> {
  if (format !== "arrow") return jsonFormat;
  const { arrowFormat } = await import("./format_arrow.ts");
  return arrowFormat(columns ?? []);
}

function either(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other ? AbortSignal.any([one, other]) : one;
}

function checkedUrl(url: string): string {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  const absolute = URL.canParse(url, page) ? new URL(url, page) : null;
  if (absolute?.protocol === "http:" || absolute?.protocol === "https:") return url;
  throw new RdxError(
    "invalid",
    `Cannot connect to ${JSON.stringify(url)}: expected a URL such as http://127.0.0.1:8080`,
  );
}
