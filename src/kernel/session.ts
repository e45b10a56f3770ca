import type { Batch, Vector } from "../core/batch.ts";
import { type ColdFacts, NOTHING_COLD } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import { type Column, type DataType, TIMESTAMP } from "../core/schema.ts";
import { COLD_FILL_SHARE_MAX, SESSION_ROW_ROOM_BYTES, SESSION_ROWS_A_PULL_MAX } from "../core/limits.ts";
import { ColdPieces } from "./cold_pieces.ts";
import { ColdRecalls } from "./cold_recalls.ts";
import { ColdShelf } from "./cold_shelf.ts";
import { ColdTable } from "./cold_table.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";
import { SessionTable } from "./session_table.ts";
import { type FoundRows, keysOf, RowLook } from "./row_look.ts";
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

const SPEC_BYTES = 32, PUSH_BYTES = 48, KEY_WORDS = 2, ROW_WORDS = 2;
const NO_MEMORY = -1, DONE = -2;
/** The rows, as the shelf numbers its sides (asm/session/shelf.ts). */
const ROWS = 0;
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
  /** Its keys that have left memory with their sessions and rows; null: they do not. */
  readonly #cold: ColdShelf | null;
  readonly #recalls = new ColdRecalls();
  #coldRows: ColdTable | null = null;
  readonly #pieces: ColdPieces;
  #columns = 0;
  #watermark = -Infinity;
  /** Sessions that end until then are in memory, or out. */
  #until = -Infinity;

  /** `picks`: columns in the order in which they come out. Throws RdxError("no_space") without memory. */
  constructor(kernel: Kernel, spec: SessionSpec, picks: readonly number[]) {
    this.#kernel = kernel;
    this.#picks = picks;
    this.#keys = spec.keys;
    this.#types = [...picks.map((pick) => spec.types[pick]), TIMESTAMP, TIMESTAMP, TIMESTAMP];
    this.#sessions = create(kernel, spec);
    this.#push = kernel.alloc(PUSH_BYTES);
    const shelf = () => kernel.fn("session_shelf")(this.#sessions) >>> 0, stateBytes = () => this.stateBytes;
    const ways = { stateBytes, dues: this.#recalls };
    // Where all rows have one key, it is asked for by each
    this.#cold = kernel.cold && spec.keys > 0 ? new ColdShelf(kernel, shelf(), 2, kernel.cold, ways) : null;
    this.#pieces = new ColdPieces(kernel, this.#cold && ((asked) => this.#cold!.prepare(asked)));
  }

  /**
   * Begins with a batch, which must stay until `pull` has given null and `more` false. Where rows leave memory, both throw RdxError: "no_space" when
   * there is no room for what the batch asks for, "invalid" when their file is damaged.
   */
  push(batch: Batch, times: SessionTimes): void {
    const at = this.#push, columns = writeColumns(this.#kernel, batch.columns), data = this.#kernel.data;
    [columns, 0, 0, batch.kinds, times.running, 0].forEach((word, i) => data.setUint32(at + i * 4, word, true));
    data.setFloat64(at + 24, times.before, true);
    data.setFloat64(at + 32, times.delayMs, true);
    data.setFloat64(at + 40, times.others, true);
    this.#pieces.begin(batch, columns);
    if (this.#cold) this.#cold.atWork = true;
    this.#pushNext();
  }

  /** Begins with the next piece of the batch; false: there is none. */
  #pushNext(): boolean {
    const kernel = this.#kernel, at = this.#push, piece = this.#pieces.next(ROWS);
    if (piece === null) return false;
    kernel.data.setUint32(at + 4, piece.selection, true);
    kernel.data.setUint32(at + 8, piece.selected, true);
    if (this.#pieces.start(() => kernel.fn("session_push")(this.#sessions, at)) === 0) throw noSpace();
    return true;
  }

  /** Goes on when `pull` has given null: with the rest of the batch, or with sessions that end later; false: there is nothing. */
  more(): boolean {
    if (this.#pushNext()) return true;
    if (this.#cold === null) return false;
    this.#cold.atWork = this.#until < this.#watermark;
    if (!this.#cold.atWork) return false;
    this.#until = this.#recalls.recall(
      this.#cold,
      this.#watermark,
      (until) => this.#kernel.fn("session_until")(this.#sessions, until),
    );
    return true;
  }

  /** Of sessions that end until this watermark all rows have come out. */
  get outUntil(): number {
    return this.#kernel.fn("session_out_until")(this.#sessions);
  }

  /** Runs what makes something of the rows that came out: where keys leave memory they fill it, and these rows will be gone. */
  beyondBound<T>(act: () => T): T {
    const kernel = this.#kernel, bound = kernel.stateBytesMax;
    if (this.#cold === null) return act();
    kernel.limitState(bound * (2 - COLD_FILL_SHARE_MAX));
    try {
      return act();
    } finally {
      kernel.limitState(bound);
    }
  }

  /** Rows that come out at once: what is made of them has to have room, where there may be little. */
  get #rowsMax(): number {
    const spare = this.#kernel.stateBytesMax * (1 - COLD_FILL_SHARE_MAX),
      rows = Math.floor(spare / SESSION_ROW_ROOM_BYTES);
    return this.#cold === null ? SESSION_ROWS_A_PULL_MAX : Math.max(1, Math.min(SESSION_ROWS_A_PULL_MAX, rows));
  }

  /** The next rows of sessions that have ended, or null. Throws `full()` when there is no room for the rest of the batch. */
  pull(full: () => Error): Batch | null {
    const kernel = this.#kernel, rows = kernel.fn("session_pull")(this.#sessions, this.#rowsMax);
    if (rows === DONE) return null;
    if (rows === NO_MEMORY) throw noSpace();
    if (rows < 0) throw full();
    const picks = kernel.arena(this.#picks.length * 4 + 4), out = kernel.arena(this.#types.length * COLUMN_SIZE);
    this.#picks.forEach((pick, i) => kernel.data.setUint32(picks + i * 4, pick, true));
    if (kernel.fn("session_out")(this.#sessions, picks, this.#picks.length, out) === 0) throw noSpace();
    return readBatch(kernel, out, this.#types, rows);
  }

  advance(watermark: number): void {
    this.#cold?.start();
    this.#kernel.fn("session_advance")(this.#sessions, watermark);
    this.#watermark = Math.max(this.#watermark, watermark);
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
    const cold = this.#cold && new ColdTable(this.#cold, ROWS);
    this.#coldRows = cold;
    const rows = new RowTable(kernel, {
      name: "rows",
      version: 1,
      store,
      columns,
      words: [{ name: "$session", at: SESSION_AT, wide: false, through: SESSION_NAME }],
      settle: () => kernel.fn("session_settle")(sessions),
      look: { key: columns.slice(0, this.#keys), find: (key, most) => this.#find(store, columns, key, most, cold) },
      cold,
    });
    this.#table = new SessionTable(kernel, {
      sessions,
      keys: columns.slice(0, this.#keys),
      below: () => endsBelow(scalars.value(1)),
      cold: this.#cold,
      rows: cold,
    });
    return [scalars, rows, this.#table];
  }

  /** Rows of the sessions of a key, or the first ones. */
  #find(
    store: number,
    columns: readonly Column[],
    key: readonly Vector[] | null,
    most: number,
    cold: ColdTable | null,
  ): FoundRows {
    const kernel = this.#kernel, list = kernel.arena(most * 4);
    if (key === null) return { list, rows: kernel.fn("rows_look")(store, list, most) };
    const index = kernel.fn("session_index")(this.#sessions) >>> 0;
    const keys = {
      store: kernel.fn("session_key_store")(this.#sessions) >>> 0,
      columns,
      keys: keysOf(this.#keys),
      index,
      // Where the key is not in memory, what has left of it are these rows
      cold,
    };
    const found = new RowLook(kernel, keys).find(key, most);
    if (found.away || found.rows === 0) return found;
    return { list, rows: kernel.fn("session_look_rows")(kernel.data.getUint32(found.list, true), list, most) };
  }

  /** All of its tables are there. */
  restored(): void {
    this.#coldRows?.restored();
    this.#table!.restored();
    this.#coldRows?.join(false);
    const status = this.#kernel.fn("session_restored")(this.#sessions);
    if (status === 1) throw damaged("rows", "a row names a session that is not there, or a session has no rows");
    if (status !== 0) throw noStateSpace("rows");
  }

  get stateRows(): number {
    return this.#number("session_state_rows") + this.cold.rows;
  }

  /** Its rows that have left memory. */
  get cold(): ColdFacts {
    return this.#cold?.facts ?? NOTHING_COLD;
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
    this.#cold?.close();
    this.#pieces.close();
    this.#kernel.freeAll("session_free", this.#sessions);
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
  const seed = hashSeed();
  writeStoreSpec(kernel, at + SPEC_BYTES, keyTypes, KEY_WORDS, seed);
  writeStoreSpec(kernel, at + SPEC_BYTES + keyBytes, types, ROW_WORDS, seed);
  const sessions = kernel.fn("session_create")(at) >>> 0;
  kernel.free(at, bytes);
  if (sessions === 0) throw noSpace();
  return sessions;
}

function noSpace(): RdxError {
  return new RdxError("no_space", "Cannot get kernel memory for sessions");
}
