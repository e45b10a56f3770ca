import { type ErrorCode, RdxError } from "../core/errors.ts";
import { FrameView } from "../core/frame.ts";
import { concatRanges } from "../core/frame_concat.ts";
import { KEY_COLUMNS_MAX, SQLITE_SINKS_MAX } from "../core/limits.ts";
import { type Column, columnIndex } from "../core/schema.ts";
import type { Guarantee, OutputBatch, Sink, SinkFactory, SinkInput } from "../sink.ts";
import { optionsSchema, readOptions } from "./options.ts";

/** What is written to, and by whom. */
export interface SqliteTarget {
  readonly path: string;
  readonly table: string;
  readonly columns: readonly Column[];
  /** Names of the columns that tell rows apart: a row takes the place of the one with its keys. Null: every row is one more. */
  readonly keys: readonly string[] | null;
  /** Whose numbers the committed one is of. */
  readonly run: string;
  readonly pipeline: string;
  readonly node: string;
}

/** What a thread says; plain data. */
export type SqliteWritten<T> = { readonly value: T } | { readonly failure: string; readonly code: ErrorCode };

/** A thread that writes one table. */
export interface SqliteWriterThread {
  /** Checks what is there, or that it could be made, and leaves all as it is. */
  check(target: SqliteTarget): Promise<SqliteWritten<null>>;
  /** Makes what is missing, checks what is there, and says the last number that the run has committed, −1: none. */
  open(target: SqliteTarget): Promise<SqliteWritten<number>>;
  /** Writes the rows of a frame, which is given away, and their number in one transaction. */
  write(number: number, frame: ArrayBuffer): Promise<SqliteWritten<null>>;
  /** What was committed outlives a power cut. */
  flush(): Promise<SqliteWritten<null>>;
  /** Lets go of the database, and ends. */
  close(): Promise<void>;
  /** Ends it, whatever it does. */
  end(): void;
}

const OPTIONS = optionsSchema({
  path: { type: "string", minLength: 1, description: "The file of the database, made if it is not there" },
  table: { type: "string", minLength: 1, description: "The table, made if it is not there" },
  keys: {
    type: "array",
    items: { type: "string", minLength: 1 },
    minItems: 1,
    maxItems: KEY_COLUMNS_MAX,
    description: "Columns by which a row takes the place of another; those that tell changes apart if absent",
  },
}, ["keys"]);

/** Sinks that write tables of SQLite, each output in a transaction with its number. `pathOf` makes a plan's path absolute. */
export function sqliteSink(startThread: () => SqliteWriterThread, pathOf: (path: string) => string): SinkFactory {
  let threads = 0;
  const start = (): SqliteWriterThread => {
    if (threads >= SQLITE_SINKS_MAX) {
      throw new RdxError(
        "busy",
        `Rows are written to ${threads} tables of SQLite already: at most ${SQLITE_SINKS_MAX}`,
      );
    }
    const thread = startThread();
    let isThere = true;
    threads++;
    const ended = () => {
      if (isThere) threads--;
      isThere = false;
    };
    return {
      ...thread,
      close: () => thread.close().finally(ended),
      end: () => {
        ended();
        thread.end();
      },
    };
  };
  return {
    kind: "sqlite",
    changes: "upsert",
    guarantee: "exactly once",
    by: "rows and their number are committed in one transaction",
    options: OPTIONS,
    create(options, columns, input): Sink {
      const read = readOptions("sqlite", OPTIONS, options), keys = read.texts("keys");
      const target = { path: pathOf(read.text("path")), table: read.text("table"), columns };
      const { pipeline, node } = input;
      return new SqliteSink({ ...target, keys: keysOf(keys, columns, input), pipeline, node }, start, startThread);
    },
  };
}

/** Throws RdxError("invalid_plan") for keys that would not tell the rows apart. */
function keysOf(
  given: readonly string[] | null,
  columns: readonly Column[],
  { changes, upsertKeys }: SinkInput,
): readonly string[] | null {
  const missing = given?.find((name) => columnIndex(columns, name) < 0);
  if (missing !== undefined) throw new RdxError("invalid_plan", `The key ${missing} is no column of what is written`);
  if (!changes) return given;
  if (upsertKeys === null) {
    throw new RdxError(
      "invalid_plan",
      "A sink of kind sqlite needs a key to change rows by, and nothing tells them apart",
    );
  }
  if (given === null || sameSet(given, upsertKeys)) return upsertKeys;
  throw new RdxError(
    "invalid_plan",
    `Rows change by ${upsertKeys.join(", ") || "no key: there is one"}, and not by ${given.join(", ")}`,
  );
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return new Set(a).size === new Set(b).size && a.every((name) => b.includes(name));
}

/** Inserts rows, or puts them in the place of others: what it has committed is there once, however often the same numbers come. */
class SqliteSink implements Sink {
  readonly guarantee: Guarantee = "exactly once";
  readonly #target: Omit<SqliteTarget, "run">;
  readonly #start: () => SqliteWriterThread;
  /** For a moment: of these there may be as many as are asked for. */
  readonly #startBeside: () => SqliteWriterThread;
  #thread: SqliteWriterThread | null = null;
  #isClosed = false;
  #run = "";
  #committed = -1;

  constructor(
    target: Omit<SqliteTarget, "run">,
    start: () => SqliteWriterThread,
    startBeside: () => SqliteWriterThread,
  ) {
    this.#target = target;
    this.#start = start;
    this.#startBeside = startBeside;
  }

  async check(): Promise<void> {
    const thread = this.#startBeside();
    try {
      valueOf(await thread.check({ ...this.#target, run: "" }));
    } finally {
      thread.end();
    }
  }

  async open(place?: unknown): Promise<number> {
    const { run, number } = (place ?? {}) as { readonly run?: string; readonly number?: number };
    this.#run = run ?? crypto.randomUUID();
    const thread = this.#start();
    try {
      this.#committed = valueOf(await thread.open({ ...this.#target, run: this.#run }));
      if (this.#committed < (number ?? -1)) throw this.#lost();
    } catch (thrown) {
      thread.end();
      throw thrown;
    }
    this.#thread = thread;
    return this.#committed;
  }

  #lost(): RdxError {
    const { path, table } = this.#target;
    const reason =
      `Table ${table} in ${path} has lost rows that were committed to it: put the database back that has them, ` +
      "or deploy afresh to another table";
    return new RdxError("conflict", reason, [{ path: "sink.table", reason }]);
  }

  get place(): unknown {
    return { run: this.#run, number: this.#committed };
  }

  async flush(): Promise<void> {
    if (this.#thread) valueOf(await this.#thread.flush());
  }

  async write({ number, ranges, rows }: OutputBatch): Promise<void> {
    const thread = this.#thread;
    if (!thread || this.#isClosed) throw new RdxError("internal", `Table ${this.#target.table} is not open`);
    if (rows === 0) return;
    const parts = ranges.filter((range) => range.rows > 0).map(({ frame, ...range }) => ({
      view: new FrameView(frame),
      ...range,
    }));
    if (this.#target.keys === null && parts.some(({ view }) => view.kinds !== null)) {
      throw new RdxError("internal", "Rows that take others back came to a table without keys");
    }
    // Frames are not given away: others read them too.
    valueOf(await thread.write(number, concatRanges(parts)));
    this.#committed = number;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#thread?.close();
    this.#thread = null;
  }

  giveUp(): void {
    this.#thread?.end();
  }
}

function valueOf<T>(reply: SqliteWritten<T>): T {
  if ("value" in reply) return reply.value;
  throw new RdxError(reply.code, reply.failure, [{ path: "sink", reason: reply.failure }]);
}
