import type { Batch } from "../core/batch.ts";
import { type ColdFacts, NOTHING_COLD } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import { RANK_ROWS_MAX } from "../core/limits.ts";
import { type Column, type DataType, INT64 } from "../core/schema.ts";
import { ColdShelf } from "./cold_shelf.ts";
import { coldRestored, ColdTable } from "./cold_table.ts";
import { ColdWaits } from "./cold_waits.ts";
import { readBatch } from "./column_read.ts";
import { KeyedPieces } from "./keyed_pieces.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";
import { keysOf, RowLook } from "./row_look.ts";
import { RowTable } from "./row_table.ts";
import { endsBelow, noStateSpace, ScalarTable, type TablePart } from "./state_tables.ts";
import { hashSeed, type OrderColumn, storeSpecBytes, writeStoreSpec } from "./rows.ts";

export type { OrderColumn } from "./rows.ts";

export type RankFunction = "row_number" | "rank" | "dense_rank";

/** Which rows of each key are seen. Columns are those of the pushed batch. */
export interface RankSpec {
  readonly types: readonly DataType[];
  /** The first so many columns are the key. */
  readonly keys: number;
  readonly order: readonly OrderColumn[];
  /** Ranks from 1, both inclusive. */
  readonly from: number;
  readonly to: number;
  /** What is counted: rows, rows in front of those that are equal in the order (these share their number), or different places in the order. */
  readonly fn?: RankFunction;
  /** The rank comes as a column behind the others. */
  readonly number: boolean;
  /** Rows may be taken back: all of them are kept. */
  readonly retracts: boolean;
  /** Of rank 1: all rows that equal the first one in the order, but none with a NULL there. Of windows whose rows are not taken back. */
  readonly ties?: boolean;
  /** A key column: the end of the window, whose rows come when the watermark has passed it. Null: each change comes. */
  readonly end: number | null;
  /** Rows are forgotten when they are older; 0 = never. */
  readonly ttlMs: number;
}

/** A batch of results: kinds and causes for each of its rows. */
export type RankBatch = Batch & { readonly causes: number };

const FLAG_NUMBER = 1, FLAG_RETRACTS = 2, FLAG_WINDOWED = 4, FLAG_EXPIRES = 8, FLAG_TIES = 16;
const FLAG_SHARED = 32, FLAG_DENSE = 64;
const SPEC_BYTES = 32;
const NO_MEMORY = -1, DONE = -2;
/** Offset in a row of the watermark at its arrival (asm/rank/spec.ts). */
const TOUCHED_AT = 32;

/** The first rows of each key by an order, as an insertion-sorted chain a key. Batches lie in the batch arena. */
export class Ranking {
  readonly #kernel: Kernel;
  readonly #spec: RankSpec;
  readonly #rank: number;
  /** Columns of the batch in the order in which they come out. */
  readonly #picks: readonly number[];
  readonly #types: readonly DataType[];
  /** Its rows that have left memory; null: they do not. */
  readonly #cold: ColdShelf | null;
  /** What of them comes out at the end of windows; null: there are none. */
  readonly #waits: ColdWaits | null;
  #table: ColdTable | null = null;
  readonly #pieces: KeyedPieces;

  /** `picks`: columns in the order in which they come out. Throws RdxError("invalid_plan") for too many ranks, "no_space" without memory. */
  constructor(kernel: Kernel, spec: RankSpec, picks: readonly number[]) {
    if (spec.to > RANK_ROWS_MAX) {
      throw new RdxError("invalid_plan", `Cannot rank up to ${spec.to}: at most ${RANK_ROWS_MAX} rows of a key`);
    }
    this.#kernel = kernel;
    this.#spec = spec;
    this.#picks = picks;
    this.#types = [...picks.map((pick) => spec.types[pick]), ...(spec.number ? [INT64] : [])];
    this.#rank = this.#create();
    this.#waits = kernel.cold && spec.end !== null ? new ColdWaits() : null;
    const shelf = () => kernel.fn("rank_shelf")(this.#rank) >>> 0, stateBytes = () => this.stateBytes;
    const ways = this.#waits ? { stateBytes, dues: this.#waits.dues } : { stateBytes };
    this.#cold = kernel.cold && new ColdShelf(kernel, shelf(), 1, kernel.cold, ways);
    this.#pieces = new KeyedPieces(kernel, this.#cold, (at) => {
      if (kernel.fn("rank_push")(this.#rank, at) === 0) throw noSpace();
    });
  }

  #create(): number {
    const { types, keys, order, from, to, number, retracts, ties = false, end, ttlMs } = this.#spec,
      kernel = this.#kernel;
    const { fn = "row_number" } = this.#spec, shares = fn !== "row_number";
    const bytes = SPEC_BYTES + storeSpecBytes(types) + order.length * 8, at = kernel.alloc(bytes);
    const flags = (number ? FLAG_NUMBER : 0) | (retracts ? FLAG_RETRACTS : 0) | (end === null ? 0 : FLAG_WINDOWED) |
      (ttlMs > 0 && end === null ? FLAG_EXPIRES : 0) | (ties ? FLAG_TIES : 0) | (shares ? FLAG_SHARED : 0) |
      (fn === "dense_rank" ? FLAG_DENSE : 0);
    const data = kernel.data;
    [keys, from, to, flags, order.length, end ?? 0].forEach((word, i) => data.setUint32(at + i * 4, word, true));
    data.setFloat64(at + 24, ttlMs, true);
    const words = shares ? 7 : 5, orders = writeStoreSpec(kernel, at + SPEC_BYTES, types, words, hashSeed());
    order.forEach(({ column, desc, nullsLast }, i) => {
      data.setUint32(orders + i * 8, column, true);
      data.setUint32(orders + i * 8 + 4, Number(desc) + 2 * Number(nullsLast), true);
    });
    const rank = kernel.fn("rank_create")(at) >>> 0;
    kernel.free(at, bytes);
    if (rank === 0) throw new RdxError("no_space", "Cannot get kernel memory for a ranking");
    return rank;
  }

  /**
   * Begins with a batch, which must stay until `pull` has given null. Where rows leave memory, throws RdxError: "no_space" when there is no room
   * for what it asks for, "invalid" when their file is damaged.
   */
  push(batch: Batch): void {
    this.#pieces.begin(batch);
  }

  /** The next changes, or rows of windows that have passed, by (end, key group, arrival, rank); null when there are no more. Throws `full()`. */
  pull(full: () => Error): RankBatch | null {
    const kernel = this.#kernel, pull = kernel.fn("rank_pull");
    let rows = pull(this.#rank);
    while (rows === DONE && (this.#pieces.next() || this.#bringBack())) rows = pull(this.#rank);
    if (this.#cold) this.#cold.atWork = rows !== DONE;
    if (rows === DONE) return null;
    if (rows === NO_MEMORY) throw noSpace();
    if (rows < 0) throw full();
    const picks = kernel.arena(this.#picks.length * 4 + 8), out = kernel.arena(this.#types.length * COLUMN_SIZE);
    this.#picks.forEach((pick, i) => kernel.data.setUint32(picks + i * 4, pick, true));
    const to = picks + this.#picks.length * 4;
    const gathered = kernel.fn("rank_out")(this.#rank, this.#pieces.columns, picks, this.#picks.length, out, to);
    if (gathered === 0) throw noSpace();
    const kinds = kernel.data.getUint32(to, true), causes = kernel.data.getUint32(to + 4, true);
    const windowed = this.#spec.end !== null;
    return { ...readBatch(kernel, out, this.#types, rows), kinds: windowed ? 0 : kinds, causes: windowed ? 0 : causes };
  }

  /** Brings the next rows back of windows that the watermark has passed; false: there are none. */
  #bringBack(): boolean {
    if (!this.#cold || !this.#waits) return false;
    const release = this.#kernel.fn("rank_release");
    return this.#waits.goOn(this.#cold, (time, group) => release(this.#rank, time, group));
  }

  /** Moves the watermark, and forgets rows that are older than their time to live. */
  advance(watermark: number): void {
    this.#cold?.start();
    if (this.#waits?.holds(watermark + 2)) this.#kernel.fn("rank_hold")(this.#rank);
    this.#kernel.fn("rank_advance")(this.#rank, watermark);
    while (this.#kernel.fn("rank_expire")(this.#rank)) { /* a step at a time */ }
    const { ttlMs } = this.#spec;
    if (ttlMs > 0) this.#cold?.lapse(watermark - ttlMs, this.#kernel.fn("rank_begun")(this.#rank));
  }

  /** Its rows as tables; `columns` are those of the pushed batches. */
  tables(columns: readonly Column[]): TablePart[] {
    const kernel = this.#kernel, rank = this.#rank, { end } = this.#spec;
    const scalars = new ScalarTable(
      kernel,
      "scalars",
      1,
      ["arrivals", "watermark", "late", "unknown", "begun"],
      (to) => kernel.fn("rank_scalars")(rank, to),
      (from) => kernel.fn("rank_put_scalars")(rank, from) !== 0,
      ["max", "max", "sum", "sum", "max"],
    );
    const store = kernel.fn("rank_store")(rank) >>> 0, cold = this.#cold && new ColdTable(this.#cold, 0);
    this.#table = cold;
    const rows = new RowTable(kernel, {
      name: "rows",
      version: 1,
      store,
      columns,
      words: [{ name: "$watermark", at: TOUCHED_AT, wide: true }],
      settle: () => kernel.fn("rank_settle")(rank),
      look: new RowLook(kernel, {
        store,
        columns,
        keys: keysOf(this.#spec.keys),
        index: kernel.fn("rank_index")(rank) >>> 0,
        cold,
      }),
      cold,
      ...(end === null ? {} : { expiry: { column: columns[end].name, below: () => endsBelow(scalars.value(1)) } }),
    });
    return [scalars, rows];
  }

  /** All of its tables are there. */
  restored(): void {
    if (this.#table) coldRestored([this.#table]);
    if (this.#kernel.fn("rank_restored")(this.#rank) === 0) throw noStateSpace("rows");
  }

  get stateRows(): number {
    return this.#number("rank_state_rows") + this.cold.rows;
  }

  /** Its rows that have left memory. */
  get cold(): ColdFacts {
    return this.#cold?.facts ?? NOTHING_COLD;
  }

  get stateBytes(): number {
    return this.#number("rank_state_bytes");
  }

  /** Rows that came behind the end of their window. */
  get lateRows(): number {
    return this.#number("rank_late");
  }

  /** Rows that were taken back without being there. */
  get unknownRows(): number {
    return this.#number("rank_unknown");
  }

  close(): void {
    this.#cold?.close();
    this.#pieces.close();
    this.#kernel.freeAll("rank_free", this.#rank);
  }

  #number(name: string): number {
    return this.#kernel.fn(name)(this.#rank) >>> 0;
  }
}

function noSpace(): RdxError {
  return new RdxError("no_space", "Cannot get kernel memory for the rows of a ranking");
}
