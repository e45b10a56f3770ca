import { ROW_KINDS, type RowKind } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { FrameView } from "../core/frame.ts";
import { QUERY_ROWS_MAX, VIEW_DELTA_ROWS_MAX, VIEW_DELTAS_MAX, VIEW_ROWS_MAX } from "../core/limits.ts";
import { type Column, columnIndex, type DataType } from "../core/schema.ts";
import type { OutputBatch, RowRange } from "../sink.ts";
import type { View, ViewDelta, ViewQuery, ViewRows } from "../view.ts";
import { type Chunk, ChunkList } from "./chunks.ts";
import type { TimeColumn } from "./columns.ts";
import { DeltaList } from "./deltas.ts";
import { keyTest, type RowTest } from "./key_filter.ts";
import { selectRows } from "./select_rows.ts";
import { allSpans, type Span, timeSpans, windowGroups } from "./spans.ts";

/** What a view may hold; the limits of the engine unless told otherwise. */
export interface ViewBounds {
  readonly rowsMax: number;
  readonly deltasMax: number;
  readonly deltaRowsMax: number;
}

const DEFAULT_BOUNDS: ViewBounds = {
  rowsMax: VIEW_ROWS_MAX,
  deltasMax: VIEW_DELTAS_MAX,
  deltaRowsMax: VIEW_DELTA_ROWS_MAX,
};

/**
 * A view of rows that are only ever added: closed windows, or rows of a pipeline without windows. Rows stay in the frames
 * in which they came, small ones joined; when there are too many, whole windows leave, the oldest first.
 *
 * Answers are ordered by `window_end`; rows of one window by the key columns, ascending in either order, NULL first; rows
 * with equal keys as they arrived. Without a column `window_end` the order is that of arrival.
 */
export class WindowView implements View {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly keys: readonly string[];
  readonly #bounds: ViewBounds;
  readonly #keyColumns: readonly number[];
  readonly #chunks: ChunkList;
  readonly #deltas: DeltaList;
  readonly #listeners = new Set<(delta: ViewDelta) => void>();
  readonly #starts = new Ascent();
  readonly #ends = new Ascent();
  readonly #hasStart: boolean;
  readonly #hasEnd: boolean;
  #number = 0;
  #watermark = -Infinity;

  /** `keys` name columns. Throws RdxError("invalid_plan") when one does not exist. */
  constructor(
    name: string,
    columns: readonly Column[],
    keys: readonly string[] = [],
    bounds: Partial<ViewBounds> = {},
  ) {
    this.name = name;
    this.columns = columns;
    this.keys = keys;
    this.#bounds = { ...DEFAULT_BOUNDS, ...bounds };
    this.#keyColumns = keys.map((key) => keyColumn(name, columns, key));
    const start = timeColumn(columns, "window_start"), end = timeColumn(columns, "window_end");
    this.#hasStart = start >= 0;
    this.#hasEnd = end >= 0;
    this.#chunks = new ChunkList(start, end);
    this.#deltas = new DeltaList(this.#bounds.deltasMax, this.#bounds.deltaRowsMax);
  }

  get seq(): number {
    return this.#number;
  }

  get watermark(): number {
    return this.#watermark;
  }

  get rows(): number {
    return this.#chunks.rows;
  }

  /**
   * Outputs are numbered from 1 and ascend; one that comes again changes nothing. Throws RdxError("internal") for rows that
   * do not fit the columns or take something back.
   */
  apply(output: OutputBatch): void {
    const chunks = output.ranges.filter(({ rows }) => rows > 0).map((range) => this.#open(range));
    this.#watermark = Math.max(this.#watermark, output.watermark);
    if (chunks.length === 0 || output.number <= this.#number) return;
    for (const chunk of chunks) {
      this.#starts.follow(chunk, chunk.windowStart);
      this.#ends.follow(chunk, chunk.windowEnd);
      this.#chunks.append(chunk);
    }
    this.#trim();
    this.#number = output.number;
    const changes = chunks.map(({ frame, start, end }) => {
      const op: RowKind = "+I";
      return { op, range: { frame, start, rows: end - start } };
    });
    const delta: ViewDelta = { seq: output.number, watermark: this.#watermark, changes };
    this.#deltas.append(delta);
    for (const listener of [...this.#listeners]) listener(delta);
  }

  /** Throws RdxError("invalid") for a question that the view cannot be asked. */
  query(query: ViewQuery): ViewRows {
    this.#check(query);
    const chunks = this.#chunks.chunks, limit = Math.min(query.limit, QUERY_ROWS_MAX);
    const windows = !this.#hasEnd ? "arrival" : this.#ends.holds ? "sorted" : "unsorted";
    const ordering = { order: query.order, keys: this.#keyColumns, windows } as const;
    const timed = !this.#starts.holds && (query.from !== undefined || query.to !== undefined);
    const rows = selectRows(chunks, this.#spans(query), this.#test(query, timed), ordering, limit);
    return { watermark: this.#watermark, seq: this.#number, ranges: rows.ranges(chunks) };
  }

  since(seq: number): readonly ViewDelta[] | null {
    return seq > this.#number ? null : this.#deltas.since(seq);
  }

  narrow(delta: ViewDelta, query: ViewQuery): ViewDelta {
    this.#check(query);
    const testOf = this.#test(query, query.from !== undefined || query.to !== undefined);
    if (!testOf) return delta;
    const changes = delta.changes.flatMap(({ op, range }) => {
      const chunk = this.#chunks.open(range);
      return runsOf(chunk, testOf(chunk)).map((run) => ({ op, range: run }));
    });
    return { ...delta, changes };
  }

  subscribe(listener: (delta: ViewDelta) => void): () => void {
    const call = (delta: ViewDelta) => listener(delta);
    this.#listeners.add(call);
    return () => void this.#listeners.delete(call);
  }

  #open(range: RowRange): Chunk {
    const view = new FrameView(range.frame), { types } = view;
    const fits = types.length === this.columns.length && types.every((type, i) => alike(type, this.columns[i].type));
    if (!fits || range.start + range.rows > view.rows) {
      throw new RdxError("internal", `Rows for view ${this.name} do not fit its columns`);
    }
    if (view.kinds?.subarray(range.start, range.start + range.rows).some((kind) => ROW_KINDS[kind] !== "+I")) {
      throw new RdxError("internal", `View ${this.name} cannot take rows back`);
    }
    return this.#chunks.open(range, view);
  }

  /** Drops the oldest windows whole; only the last one, where it alone is too much, loses its first rows. */
  #trim(): void {
    const excess = this.#chunks.rows - this.#bounds.rowsMax;
    if (excess > 0) this.#chunks.drop(this.#hasEnd && this.#ends.holds ? this.#wholeWindows(excess) : excess);
  }

  /** Rows of the oldest windows that together have `excess` rows or more; of the last window no more than that. */
  #wholeWindows(excess: number): number {
    const { chunks, rows } = this.#chunks;
    let passed = 0;
    for (const group of windowGroups(chunks, allSpans(chunks), "asc")) {
      passed += group.reduce((sum, { start, end }) => sum + end - start, 0);
      if (passed === rows) return excess;
      if (passed >= excess) return passed;
    }
    return excess;
  }

  #check({ key, from, to }: ViewQuery): void {
    if (key && key.length > 0 && key.length !== this.keys.length) {
      const wanted = this.keys.length === 0 ? "it has no key columns" : `give ${this.keys.join(", ")}, in that order`;
      throw new RdxError("invalid", `View ${this.name} cannot be asked by ${key.length} keys: ${wanted}`);
    }
    if (!this.#hasStart && (from !== undefined || to !== undefined)) {
      throw new RdxError("invalid", `View ${this.name} has no column window_start that from and to could speak of`);
    }
  }

  #spans({ from = -Infinity, to = Infinity }: ViewQuery): Span[] {
    const { chunks } = this.#chunks;
    const bounded = this.#hasStart && this.#starts.holds && (from !== -Infinity || to !== Infinity);
    return bounded ? timeSpans(chunks, from, to) : allSpans(chunks);
  }

  /** What rows must be like, in their times too if `timed`; null when all are wanted. */
  #test({ key = [], from, to }: ViewQuery, timed: boolean): ((chunk: Chunk) => RowTest) | null {
    const keys = key.map(keyTest);
    if (keys.length === 0 && !timed) return null;
    return ({ view, windowStart }) => {
      const tests = keys.map((test, i) => test(view, this.#keyColumns[i]));
      if (timed && windowStart) tests.push((row) => isWithin(windowStart.at(row), from, to));
      return tests.length === 1 ? tests[0] : (row) => tests.every((test) => test(row));
    };
  }
}

/** Ranges of the rows of a chunk that pass the test. */
function runsOf({ frame, start, end }: Chunk, test: RowTest): RowRange[] {
  const runs: RowRange[] = [];
  for (let row = start; row < end; row++) {
    if (!test(row)) continue;
    const first = row;
    while (row + 1 < end && test(row + 1)) row++;
    runs.push({ frame, start: first, rows: row + 1 - first });
  }
  return runs;
}

/** Notes whether times never descend over all rows that came. */
class Ascent {
  #last = -Infinity;
  holds = true;

  follow({ start, end }: Chunk, times: TimeColumn | null): void {
    for (let row = start; row < end && times && this.holds; row = times.runEnd(row, end)) {
      const time = times.at(row);
      this.holds = time >= this.#last;
      this.#last = time;
    }
  }
}

function isWithin(time: number, from = -Infinity, to = Infinity): boolean {
  return time >= from && time < to;
}

function timeColumn(columns: readonly Column[], name: string): number {
  const index = columnIndex(columns, name);
  return index >= 0 && columns[index].type.kind === "timestamp" ? index : -1;
}

function keyColumn(view: string, columns: readonly Column[], key: string): number {
  const index = columnIndex(columns, key);
  if (index < 0) throw new RdxError("invalid_plan", `View ${view} has no column ${JSON.stringify(key)} to be a key`);
  return index;
}

/** Frames do not keep the precision of decimals. */
function alike(a: DataType, b: DataType): boolean {
  return a.kind === b.kind && (a.scale ?? 0) === (b.scale ?? 0);
}
