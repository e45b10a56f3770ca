/** A WebSocket client whose messages are awaited one by one. */
export class SocketClient {
  readonly #socket: WebSocket;
  readonly #messages: (string | ArrayBuffer)[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #wake: (() => void) | null = null;
  #ended = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.#messages.push(data);
      this.#wake?.();
    };
    this.closed = new Promise((resolve) => {
      socket.onclose = ({ code, reason }) => {
        this.#ended = true;
        this.#wake?.();
        resolve({ code, reason });
      };
    });
    socket.onerror = () => {};
  }

  /** Connects to a path; rejects when the server refuses. */
  static async open({ url }: { readonly url: string }, path: string, protocols: string[] = []): Promise<SocketClient> {
    const socket = new WebSocket(`${url.replace("http", "ws")}${path}`, protocols);
    const client = new SocketClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      client.closed.then(() => reject(new Error("The server refused the connection")));
    });
    return client;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  /** The next message, whatever it is. */
  async nextRaw(): Promise<string | ArrayBuffer> {
    while (this.#messages.length === 0) {
      if (this.#ended) throw new Error("The connection ended before a message came");
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#messages.shift()!;
  }

  /** The next message as JSON. */
  async next() {
    return JSON.parse(await this.nextRaw() as string);
  }

  /** Messages that came and were not taken. */
  get waiting(): number {
    return this.#messages.length;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}

/** One server-sent event. */
export interface ServerEvent {
  readonly event: string;
  readonly id: string | null;
  // deno-lint-ignore no-explicit-any
  readonly data: Record<string, any>;
}

/** A reader of server-sent events. */
export class EventClient {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(answer: Response) {
    this.#reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The next event, or null at the end of the stream. */
  async next(): Promise<ServerEvent | null> {
    let end: number;
    while ((end = this.#text.indexOf("\n\n")) < 0) {
      const { value, done } = await this.#reader.read();
      if (done) return null;
      this.#text += value;
    }
    const fields = new Map(
      this.#text.slice(0, end).split("\n").map((line) => {
        const at = line.indexOf(": ");
        return [line.slice(0, at), line.slice(at + 2)] as const;
      }),
    );
    this.#text = this.#text.slice(end + 2);
    return { event: fields.get("event")!, id: fields.get("id") ?? null, data: JSON.parse(fields.get("data")!) };
  }

  async close(): Promise<void> {
    await this.#reader.cancel();
  }
}
