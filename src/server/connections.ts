import { RdxError } from "../core/errors.ts";

/** `ingest`: rows come in · `live`: results go out. */
export type ConnectionKind = "ingest" | "live";

/** One WebSocket or event stream, seen by who must end it. */
export interface Connection {
  readonly kind: ConnectionKind;
  /** Tells the client that the server goes away, and ends. */
  close(): void;
}

/** All long-lived connections, counted and bounded, and whether the server still takes things in. */
export class Connections {
  readonly #max: number;
  readonly #open = new Set<Connection>();
  readonly #waiters: (() => void)[] = [];
  #closing = false;

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#open.size;
  }

  /** True once the server drains. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Throws RdxError("busy") when there is no place for one more, RdxError("closing") while the server drains. */
  claim(): void {
    if (this.#closing) throw closingError();
    if (this.#open.size >= this.#max) {
      throw new RdxError("busy", `Cannot keep more than ${this.#max} connections: connect again later`);
    }
  }

  /** Keeps a connection; the returned function forgets it. */
  add(connection: Connection): () => void {
    this.#open.add(connection);
    return () => {
      this.#open.delete(connection);
      if (this.#open.size === 0) { for (const waiter of this.#waiters.splice(0)) waiter(); }
    };
  }

  /** Resolves when there is none. */
  gone(): Promise<void> {
    return this.#open.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** From now on nothing new is taken in. */
  startClosing(): void {
    this.#closing = true;
  }

  /** Ends all connections of one kind. */
  close(kind: ConnectionKind): void {
    for (const connection of [...this.#open]) if (connection.kind === kind) connection.close();
  }
}

/** What a client is told that comes while the server drains. */
export function closingError(): RdxError {
  return new RdxError("closing", "The server is shutting down: send again once it is back");
}
