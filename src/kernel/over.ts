import type { Batch } from "../core/batch.ts";
import { allCold, type ColdFacts } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import type { Column, DataType } from "../core/schema.ts";
import { ColdFrames } from "./cold_frames.ts";
import { ColdPieces } from "./cold_pieces.ts";
import type { AskedRows } from "./cold_asked.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { BatchGather } from "./gather.ts";
import { GroupAggregate, type GroupCallSpec } from "./group.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";
import { OwnArena } from "./own_arena.ts";
import { keysOf, RowLook } from "./row_look.ts";
import { RowTable } from "./row_table.ts";
import { hashSeed, storeSpecBytes, writeStoreSpec } from "./rows.ts";
import { noStateSpace, ScalarTable, type TablePart } from "./state_tables.ts";

/** Which rows in front of each row are aggregated. Columns are those of the pushed batch. */
export interface OverSpec {
  readonly types: readonly DataType[];
  /** The first so many columns are the key. */
  readonly keys: number;
  /** Column of the event time, −1 = rows go in the order of the log, as they come. */
  readonly time: number;
  readonly frame: "range" | "rows";
  /** Milliseconds, or rows, in front of the current one; −1 = all. */
  readonly preceding: number;
  readonly calls: readonly GroupCallSpec[];
}

/** The watermark in front of the rows of a batch, as BatchTimes of operator.ts tells it. */
export interface OverTimes {
  readonly running: number;
  readonly before: number;
  readonly delayMs: number;
  readonly others: number;
}

const FLAG_ROWS = 1, FLAG_UNBOUNDED = 2, FLAG_TIMED = 4;
const SPEC_BYTES = 24, PUSH_BYTES = 48, ROW_WORDS = 5;
const NO_MEMORY = -1, DONE = -2, ASKS = -4;
/** Of a row, what it takes beside its cells and in a heap; cells, the length in that of a text, and pages that are not full. */
const ROW_BYTES = 128, CELL_BYTES = 8, LENGTH_AT = 4, PAGES_BYTES = 65_536;
/** Offset in a row of its time (asm/over/spec.ts), position of the watermark among the scalars, and one that stands for none. */
const TIME_AT = 32, WATERMARK = 1, TIME_START = -(1n << 62n);

/**
 * For each row its columns and the aggregates of its frame. With an event time rows come when the watermark has passed theirs, by (time,
 * key group, arrival), and rows of one time and key are in each other's frame where that is a range; else as they come. Batches lie in the batch
 * arena, and may be used until the next pull.
 */
export class OverAggregate {
  readonly #kernel: Kernel;
  readonly #spec: OverSpec;
  readonly #over: number;
  readonly #groups: GroupAggregate;
  readonly #gather: BatchGather;
  /** Columns in the order in which they come out, and those that the aggregation reads. */
  readonly #picks: readonly number[];
  readonly #feed: readonly number[];
  readonly #push: number;
  /** Its rows that have left memory; null: they do not, or it keeps none. */
  readonly #cold: ColdFrames | null;
  readonly #pieces: ColdPieces;
  #batch: Batch | null = null;
  /** What the aggregation works at lives on between pulls; rows of it that are through, and rows that have come out with them. */
  readonly #feedArena: OwnArena;
  #fed = 0;
  #out = 0;

  /** Throws RdxError("invalid_plan") for calls that there are none of, "no_space" without memory. */
  constructor(kernel: Kernel, spec: OverSpec, picks: readonly number[]) {
    this.#kernel = kernel;
    this.#spec = spec;
    this.#picks = picks;
    const keys = Array.from({ length: spec.keys }, (_, i) => i);
    const read = spec.calls.flatMap(({ args, filter }) => filter < 0 ? args : [...args, filter]);
    const feed = [...keys, ...new Set(read.filter((column) => column >= spec.keys))];
    this.#feed = feed.length === 0 ? [0] : feed;
    const place = (column: number) => column < 0 ? -1 : this.#feed.indexOf(column);
    this.#groups = new GroupAggregate(kernel, {
      types: this.#feed.map((column) => spec.types[column]),
      keys,
      calls: spec.calls.map((call) => ({ ...call, args: call.args.map(place), filter: place(call.filter) })),
      retracts: spec.preceding >= 0,
      end: null,
      final: false,
      latenessMs: 0,
      upsert: true,
      dense: true,
      ttlMs: 0,
      cold: spec.keys > 0,
    });
    this.#gather = new BatchGather(kernel);
    this.#feedArena = new OwnArena(kernel);
    this.#over = create(kernel, spec);
    this.#push = kernel.alloc(PUSH_BYTES);
    this.#cold = this.#frames();
    const fit = ({ selection, selected }: AskedRows) =>
      this.#groups.reserve(selected, (rows) => this.#needs(selection, rows));
    this.#pieces = new ColdPieces(
      kernel,
      this.#cold ? (asked) => this.#cold!.prepare(asked) : kernel.cold && spec.keys > 0 ? fit : null,
    );
  }

  #frames(): ColdFrames | null {
    const { time, preceding, frame, keys } = this.#spec, kernel = this.#kernel;
    // Rows that come out at once, with frames of all rows, are not kept
    if (!kernel.cold || (time < 0 && preceding < 0)) return null;
    const kinds = { timed: time >= 0, chains: preceding >= 0 && (time < 0 || frame === "rows"), keys };
    return new ColdFrames(kernel, this.#over, kinds, kernel.cold, () => this.#number("over_state_bytes"));
  }

  /**
   * Begins with a batch, which must stay until `pull` has given null. Where rows leave memory, both throw RdxError: "no_space" when there is no room for
   * what the batch asks for, "invalid" when their file is damaged.
   */
  push(batch: Batch, times: OverTimes): void {
    const kernel = this.#kernel, at = this.#push, columns = writeColumns(kernel, batch.columns), data = kernel.data;
    [columns, 0, 0, 0, times.running, 0].forEach((word, i) => data.setUint32(at + i * 4, word, true));
    data.setFloat64(at + 24, times.before, true);
    data.setFloat64(at + 32, times.delayMs, true);
    data.setFloat64(at + 40, times.others, true);
    this.#batch = batch;
    this.#pieces.begin(batch, columns);
    if (this.#cold) this.#cold.atWork = true;
    this.#pushNext();
  }

  /** Begins with the next piece of the batch; false: there is none. */
  #pushNext(): boolean {
    const kernel = this.#kernel, at = this.#push, piece = this.#pieces.next(0);
    if (piece === null) return false;
    kernel.data.setUint32(at + 4, piece.selection, true);
    kernel.data.setUint32(at + 8, piece.selected, true);
    if (this.#pieces.start(() => kernel.fn("over_push")(this.#over, at)) === 0) throw noSpace();
    return true;
  }

  /** Bytes that the rows of a batch take at most: blocks of memory are powers of two, and a place is larger than its row. */
  #needs(selection: number, selected: number): number {
    const { data, bytes } = this.#kernel, { columns } = this.#batch!;
    let texts = 0;
    for (const { type, data: at, validity } of columns) {
      if (type.kind !== "string" && type.kind !== "bytes") continue;
      for (let i = 0; i < selected; i++) {
        const row = selection === 0 ? i : data.getUint32(selection + i * 4, true);
        const isNull = validity !== 0 && (bytes[validity + (row >> 3)] >> (row & 7) & 1) === 0;
        if (!isNull) texts += data.getUint32(at + row * CELL_BYTES + LENGTH_AT, true);
      }
    }
    const fixed = ROW_BYTES + columns.length * CELL_BYTES * 2;
    return 2 * (selected * fixed + texts) + PAGES_BYTES;
  }

  /** The next rows with their aggregates, or null when there are no more for now. Throws `full()` when there is no room. */
  pull(full: () => Error): (Batch & { readonly causes: number }) | null {
    while (true) {
      // Where keys leave memory, of a feed some rows are worked at a time. The last results refer to bytes of the state, which stay until now
      const results = this.#groups.pull(full), batch = results ? this.#shown(results) : null;
      if (batch) return batch;
      if (results || this.#step(full) || this.#pushNext() || this.#cold?.goOn()) continue;
      if (this.#cold) this.#cold.atWork = false;
      return null;
    }
  }

  /** Gives the aggregation what comes next; false: there is nothing. */
  #step(full: () => Error): boolean {
    return this.#feedArena.within(() => {
      const rows = this.#kernel.fn("over_step")(this.#over);
      if (rows === DONE) return false;
      if (rows === ASKS) {
        this.#cold!.meet();
        return true;
      }
      if (rows === NO_MEMORY) throw noSpace();
      if (rows < 0) throw full();
      const kernel = this.#kernel, { picks, out } = this.#lists(this.#feed);
      const kinds = kernel.fn("over_feed")(this.#over, picks, this.#feed.length, out) >>> 0;
      if (kinds === 0) throw noSpace();
      this.#fed = 0;
      this.#out = 0;
      const feed = readBatch(kernel, out, this.#feed.map((column) => this.#spec.types[column]), rows);
      this.#groups.push({ ...feed, kinds });
      return true;
    });
  }

  /** The rows that come out with these results of the next rows of the feed; null: there are none. */
  #shown(results: Batch): (Batch & { readonly causes: number }) | null {
    const kernel = this.#kernel, from = this.#out, fed = this.#fed, { rows } = results;
    this.#fed += rows;
    this.#out = kernel.fn("over_shown")(this.#over, this.#fed);
    const count = this.#out - from;
    if (count === 0) return null;
    const { picks, out, to } = this.#lists(this.#picks);
    if (kernel.fn("over_out")(this.#over, from, count, picks, this.#picks.length, out, to) === 0) throw noSpace();
    const at = this.#behind(kernel.data.getUint32(to, true), count, fed), causes = kernel.data.getUint32(to + 4, true);
    const own = readBatch(kernel, out, this.#picks.map((pick) => this.#spec.types[pick]), count);
    const columns = results.columns.slice(this.#spec.keys);
    const taken = this.#gather.take({ ...results, columns, selection: 0, selected: rows, kinds: 0 }, at, count);
    return { ...own, columns: [...own.columns, ...taken.columns], causes: this.#spec.time < 0 ? causes : 0 };
  }

  /** Places in the feed as those behind `fed`. */
  #behind(at: number, count: number, fed: number): number {
    if (fed === 0) return at;
    const kernel = this.#kernel, to = kernel.arena(count * 4), { buffer } = kernel.bytes;
    new Uint32Array(buffer, to, count).set(new Uint32Array(buffer, at, count).map((place) => place - fed));
    return to;
  }

  /** Room for a list of columns, their COLUMNs, and two addresses. */
  #lists(columns: readonly number[]): { picks: number; out: number; to: number } {
    const kernel = this.#kernel, picks = kernel.arena(columns.length * 4 + 8);
    columns.forEach((column, i) => kernel.data.setUint32(picks + i * 4, column, true));
    return { picks, out: kernel.arena(columns.length * COLUMN_SIZE), to: picks + columns.length * 4 };
  }

  advance(watermark: number): void {
    this.#cold?.advance(watermark);
    this.#kernel.fn("over_advance")(this.#over, watermark);
  }

  /** Its rows as a table, and those of the aggregation; `columns` are those of the pushed batches, `calls` names of the aggregates. */
  tables(columns: readonly Column[], calls: readonly string[]): TablePart[] {
    const kernel = this.#kernel, over = this.#over, { time, preceding, frame } = this.#spec;
    const scalars = new ScalarTable(
      kernel,
      "scalars",
      1,
      ["arrivals", "watermark", "late", "null_time"],
      (to) => kernel.fn("over_scalars")(over, to),
      (from) => kernel.fn("over_put_scalars")(over, from) !== 0,
      ["max", "max", "sum", "sum"],
    );
    // What a row that comes after the watermark could not reach is gone; of a number of rows, one goes for one that comes
    const byTime = time >= 0 && (preceding < 0 || frame === "range"), back = BigInt(Math.max(0, preceding));
    const below = () => {
      const watermark = scalars.value(WATERMARK);
      return watermark <= TIME_START ? null : watermark + 1n - back;
    };
    const store = kernel.fn("over_store")(over) >>> 0, cold = this.#cold?.table ?? null;
    const rows = new RowTable(kernel, {
      name: "rows",
      version: 1,
      store,
      columns,
      words: time < 0 ? [] : [{ name: "$time", at: TIME_AT, wide: true }],
      settle: () => kernel.fn("over_settle")(over),
      look: new RowLook(kernel, { store, columns, keys: keysOf(this.#spec.keys), cold }),
      cold,
      ...(byTime ? { expiry: { column: "$time", below } } : {}),
    });
    const keys = columns.slice(0, this.#spec.keys).map(({ name }) => name);
    return [scalars, rows, ...this.#groups.tables([...keys, ...calls], "group_scalars")];
  }

  /** All of its tables are there. */
  restored(): void {
    this.#cold?.restored();
    if (this.#kernel.fn("over_restored")(this.#over) === 0) throw noStateSpace("rows");
    this.#groups.restored();
  }

  get stateRows(): number {
    return this.#number("over_state_rows") + (this.#cold?.facts.rows ?? 0);
  }

  /** Its rows that have left memory, and keys whose aggregates have. */
  get cold(): ColdFacts {
    return this.#cold ? allCold([this.#cold.facts, this.#groups.cold]) : this.#groups.cold;
  }

  get stateBytes(): number {
    return this.#number("over_state_bytes") + this.#groups.stateBytes;
  }

  /** Rows that came behind the watermark. */
  get lateRows(): number {
    return this.#number("over_late");
  }

  /** Rows without a usable time. */
  get nullTimeRows(): number {
    return this.#number("over_null_time");
  }

  close(): void {
    this.#feedArena.close();
    this.#pieces.close();
    this.#cold?.close();
    this.#kernel.freeAll("over_free", this.#over);
    this.#kernel.free(this.#push, PUSH_BYTES);
    this.#groups.close();
  }

  #number(name: string): number {
    return this.#kernel.fn(name)(this.#over) >>> 0;
  }
}

/** asm/over/spec.ts draws SPEC. */
function create(kernel: Kernel, { types, keys, time, frame, preceding }: OverSpec): number {
  const bytes = SPEC_BYTES + storeSpecBytes(types), at = kernel.alloc(bytes), data = kernel.data;
  // Without times no row has a peer
  const flags = (frame === "rows" || time < 0 ? FLAG_ROWS : 0) | (preceding < 0 ? FLAG_UNBOUNDED : 0) |
    (time < 0 ? 0 : FLAG_TIMED);
  [keys, Math.max(0, time), flags, 0].forEach((word, i) => data.setUint32(at + i * 4, word, true));
  data.setFloat64(at + 16, preceding, true);
  writeStoreSpec(kernel, at + SPEC_BYTES, types, ROW_WORDS, hashSeed());
  const over = kernel.fn("over_create")(at) >>> 0;
  kernel.free(at, bytes);
  if (over === 0) throw noSpace();
  return over;
}

function noSpace(): RdxError {
  return new RdxError("no_space", "Cannot get kernel memory for the rows of a frame");
}
