import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a receiver does with a request. */
export type Act =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  /** It takes the rows, and then the connection breaks. */
  | "reset after commit"
  /** The connection breaks before it takes them. */
  | "reset"
  /** It answers never. */
  | "hang";

export interface Received {
  readonly key: string;
  readonly number: number;
  readonly ordinal: number;
  readonly rows: readonly unknown[];
}

/** A server that stores what it is sent, once for each idempotency key, and behaves as `act` says. */
export class Receiver {
  readonly stored = new Map<string, Received>();
  /** Requests whose key was stored already. */
  doubled = 0;
  act: (request: Received) => Act | Promise<Act> = () => ({ status: 200 });
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(port = 0): Promise<Receiver> {
    const server = createServer((request, response) => void receiver.#answer(request, response));
    const receiver = new Receiver(server);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/rows`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    try {
      for await (const part of request.setEncoding("utf8")) text += part;
    } catch {
      return; // who sent it is gone before its end
    }
    const { headers, method } = request;
    assert.equal(method, "POST");
    const rows = headers["content-type"] === "application/json"
      ? JSON.parse(text)
      : text.trimEnd().split("\n").map((line) => JSON.parse(line));
    const [number, ordinal] = [headers["rdx-number"], headers["rdx-ordinal"]].map(Number);
    const received = { key: String(headers["idempotency-key"]), number, ordinal, rows };
    const act = await this.act(received);
    if (act === "hang") return;
    if (act === "reset after commit" || (typeof act === "object" && act.status >= 200 && act.status < 300)) {
      if (this.stored.has(received.key)) this.doubled++;
      else this.stored.set(received.key, received);
    }
    if (typeof act === "string") request.socket.destroy();
    else response.writeHead(act.status, act.headers).end(act.body);
  }

  /** Rows as they were stored first, in that order. */
  get rows(): unknown[] {
    return [...this.stored.values()].flatMap(({ rows }) => rows);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
