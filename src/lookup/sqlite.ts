import { RdxError } from "../core/errors.ts";
import { LOOKUP_THREADS_MAX } from "../core/limits.ts";
import { type Lookup, type LookupFactory, LookupFailure, type LookupShape } from "../lookup.ts";

/** What a thread says; plain data. */
export type SqliteReply<T> = { readonly value: T } | { readonly failure: string; readonly lasting: boolean };

/** A thread that holds one database: SQLite answers at once or not at all, so that it must not stand where rows go. */
export interface SqliteThread {
  /** Opens the table and checks that it has the columns. */
  open(path: string, table: string, shape: LookupShape): Promise<SqliteReply<null>>;
  find(keys: ArrayBuffer): Promise<SqliteReply<readonly ArrayBuffer[]>>;
  /** Ends it, whatever it does. */
  end(): void;
}

/** Looks rows up in tables of SQLite. `pathOf` makes a plan's path absolute. */
export function sqliteLookup(startThread: () => SqliteThread, pathOf: (path: string) => string): LookupFactory {
  let threads = 0;
  const start = () => {
    if (threads >= LOOKUP_THREADS_MAX) {
      throw new RdxError(
        "busy",
        `Rows are looked up in ${threads} tables of SQLite already: at most ${LOOKUP_THREADS_MAX}`,
      );
    }
    const thread = startThread();
    threads++;
    return {
      ...thread,
      end: () => {
        threads--;
        thread.end();
      },
    };
  };
  return {
    kind: "sqlite",
    create: ({ path, table }, shape) => new SqliteLookup(start, pathOf(String(path)), String(table), shape),
  };
}

/** Asks one question at a time: the thread does one thing at a time, and what nobody waits for any more must not stand before others. */
class SqliteLookup implements Lookup {
  readonly #start: () => SqliteThread;
  readonly #path: string;
  readonly #table: string;
  readonly #shape: LookupShape;
  #thread: SqliteThread | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(start: () => SqliteThread, path: string, table: string, shape: LookupShape) {
    this.#start = start;
    this.#path = path;
    this.#table = table;
    this.#shape = shape;
  }

  async open(): Promise<void> {
    const thread = this.#thread = this.#start(), opened = await thread.open(this.#path, this.#table, this.#shape);
    if ("failure" in opened) throw new RdxError("invalid_plan", opened.failure);
  }

  find(keys: ArrayBuffer, signal: AbortSignal): Promise<readonly ArrayBuffer[]> {
    const found = this.#last.then(() => this.#ask(keys, signal));
    this.#last = found.catch(() => {});
    return found;
  }

  async #ask(keys: ArrayBuffer, signal: AbortSignal): Promise<readonly ArrayBuffer[]> {
    signal.throwIfAborted();
    if (this.#thread === null) throw new LookupFailure(`Table ${this.#table} is not open`, true);
    const reply = await this.#thread.find(keys);
    if ("failure" in reply) throw new LookupFailure(reply.failure, reply.lasting);
    return reply.value;
  }

  close(): Promise<void> {
    this.#thread?.end();
    this.#thread = null;
    return Promise.resolve();
  }
}
