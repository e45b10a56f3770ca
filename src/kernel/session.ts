import type { Batch } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { type Column, type DataType, TIMESTAMP } from "../core/schema.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";
import { SessionTable } from "./session_table.ts";
import { keysOf, RowLook } from "./row_look.ts";
import { RowTable } from "./row_table.ts";
import { damaged, endsBelow, noStateSpace, ScalarTable, type TablePart } from "./state_tables.ts";
import { hashSeed, storeSpecBytes, writeStoreSpec } from "./rows.ts";

/** Which rows make a session. Columns are those of the pushed batch. */
export interface SessionSpec {
  readonly types: readonly DataType[];
  /** The first so many columns are the key. */
  readonly keys: number;
  /** Column of the event time. */
  readonly time: number;
  /** Rows at most this far apart share a session. */
  readonly gapMs: number;
  /** A session's first and last row are closer than this; 0 = without bound. */
  readonly maxMs: number;
}

/** The watermark in front of the rows of a batch, as BatchTimes of operator.ts tells it. */
export interface SessionTimes {
  readonly running: number;
  readonly before: number;
  readonly delayMs: number;
  readonly others: number;
}

const SPEC_BYTES = 32, PUSH_BYTES = 48, KEY_WORDS = 4, ROW_WORDS = 2;
const NO_MEMORY = -1, DONE = -2;
/** Offset in a row of the address of its session, and where that has its name (asm/session/spec.ts). */
const SESSION_AT = 28, SESSION_NAME = { bytes: 32, back: 24 };

/**
 * Puts rows into sessions. They come out when the watermark has passed the end of theirs, by (end, key group, first row of the key), those of
 * one session as they came; behind their columns window_start, window_end and window_time. Batches lie in the batch arena.
 */
export class Sessions {
  readonly #kernel: Kernel;
  readonly #sessions: number;
  readonly #picks: readonly number[];
  readonly #types: readonly DataType[];
  readonly #keys: number;
  #table: SessionTable | null = null;
  readonly #push: number;

  /** `picks`: columns in the order in which they come out. Throws RdxError("no_space") without memory. */
  constructor(kernel: Kernel, spec: SessionSpec, picks: readonly number[]) {
    this.#kernel = kernel;
    this.#picks = picks;
    this.#keys = spec.keys;
    this.#types = [...picks.map((pick) => spec.types[pick]), TIMESTAMP, TIMESTAMP, TIMESTAMP];
    this.#sessions = create(kernel, spec);
    this.#push = kernel.alloc(PUSH_BYTES);
  }

  /** Begins with a batch, which must stay until `pull` has given null. */
  push(batch: Batch, times: SessionTimes): void {
    const kernel = this.#kernel, at = this.#push, columns = writeColumns(kernel, batch.columns), data = kernel.data;
    const words = [columns, batch.selection, batch.selected, batch.kinds, times.running, 0];
    words.forEach((word, i) => data.setUint32(at + i * 4, word, true));
    data.setFloat64(at + 24, times.before, true);
    data.setFloat64(at + 32, times.delayMs, true);
    data.setFloat64(at + 40, times.others, true);
    if (kernel.fn("session_push")(this.#sessions, at) === 0) throw noSpace();
  }

  /** The next rows of sessions that have ended, or null. Throws `full()` when there is no room for the rest of the batch. */
  pull(full: () => Error): Batch | null {
    const kernel = this.#kernel, rows = kernel.fn("session_pull")(this.#sessions);
    if (rows === DONE) return null;
    if (rows === NO_MEMORY) throw noSpace();
    if (rows < 0) throw full();
    const picks = kernel.arena(this.#picks.length * 4 + 4), out = kernel.arena(this.#types.length * COLUMN_SIZE);
    this.#picks.forEach((pick, i) => kernel.data.setUint32(picks + i * 4, pick, true));
    if (kernel.fn("session_out")(this.#sessions, picks, this.#picks.length, out) === 0) throw noSpace();
    return readBatch(kernel, out, this.#types, rows);
  }

  advance(watermark: number): void {
    this.#kernel.fn("session_advance")(this.#sessions, watermark);
  }

  /** Its rows and sessions as tables; `columns` are those of the pushed batches. */
  tables(columns: readonly Column[]): TablePart[] {
    const kernel = this.#kernel, sessions = this.#sessions;
    const scalars = new ScalarTable(
      kernel,
      "scalars",
      1,
      ["arrivals", "watermark", "late", "null_time", "unknown"],
      (to) => kernel.fn("session_scalars")(sessions, to),
      (from) => kernel.fn("session_put_scalars")(sessions, from) !== 0,
      ["max", "max", "sum", "sum", "sum"],
    );
    const store = kernel.fn("session_row_store")(sessions) >>> 0;
    const rows = new RowTable(kernel, {
      name: "rows",
      version: 1,
      store,
      columns,
      words: [{ name: "$session", at: SESSION_AT, wide: false, through: SESSION_NAME }],
      settle: () => kernel.fn("session_settle")(sessions),
      look: new RowLook(kernel, { store, columns, keys: keysOf(this.#keys) }),
    });
    this.#table = new SessionTable(kernel, sessions, columns.slice(0, this.#keys), () => endsBelow(scalars.value(1)));
    return [scalars, rows, this.#table];
  }

  /** All of its tables are there. */
  restored(): void {
    this.#table!.restored();
    const status = this.#kernel.fn("session_restored")(this.#sessions);
    if (status === 1) throw damaged("rows", "a row names a session that is not there, or a session has no rows");
    if (status !== 0) throw noStateSpace("rows");
  }

  get stateRows(): number {
    return this.#number("session_state_rows");
  }

  get stateBytes(): number {
    return this.#number("session_state_bytes");
  }

  /** Rows that belonged to no open session and whose own had ended already. */
  get lateRows(): number {
    return this.#number("session_late");
  }

  /** Rows without a usable time. */
  get nullTimeRows(): number {
    return this.#number("session_null_time");
  }

  close(): void {
    this.#kernel.fn("session_free")(this.#sessions);
    this.#kernel.free(this.#push, PUSH_BYTES);
  }

  #number(name: string): number {
    return this.#kernel.fn(name)(this.#sessions) >>> 0;
  }
}

/** asm/session/spec.ts draws SPEC. */
function create(kernel: Kernel, { types, keys, time, gapMs, maxMs }: SessionSpec): number {
  const keyTypes = types.slice(0, keys), keyBytes = storeSpecBytes(keyTypes);
  const bytes = SPEC_BYTES + keyBytes + storeSpecBytes(types), at = kernel.alloc(bytes), data = kernel.data;
  data.setUint32(at, keys, true);
  data.setUint32(at + 4, time, true);
  data.setFloat64(at + 8, gapMs, true);
  data.setFloat64(at + 16, maxMs, true);
  data.setUint32(at + 24, keyBytes, true);
  writeStoreSpec(kernel, at + SPEC_BYTES, keyTypes, KEY_WORDS, hashSeed());
  writeStoreSpec(kernel, at + SPEC_BYTES + keyBytes, types, ROW_WORDS, hashSeed());
  const sessions = kernel.fn("session_create")(at) >>> 0;
  kernel.free(at, bytes);
  if (sessions === 0) throw noSpace();
  return sessions;
}

function noSpace(): RdxError {
  return new RdxError("no_space", "Cannot get kernel memory for sessions");
}
