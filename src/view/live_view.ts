import { FrameView } from "../core/frame.ts";
import { RdxError } from "../core/errors.ts";
import { VIEW_DELTA_ROWS_MAX, VIEW_DELTAS_MAX, VIEW_ROWS_MAX } from "../core/limits.ts";
import { type Column, columnIndex, type DataType } from "../core/schema.ts";
import type { OutputBatch, RowRange } from "../sink.ts";
import type { TableKeeper } from "../store.ts";
import type { View, ViewDelta, ViewQuery, ViewRows } from "../view.ts";
import type { TimeColumn } from "./columns.ts";
import { DeltaList } from "./deltas.ts";
import { keyTest, type RowTest } from "./key_filter.ts";

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

/** Who follows it. */
interface Listener {
  readonly told: (delta: ViewDelta) => void;
  readonly anew: () => void;
}

/** A range of an output, opened. */
export interface OpenRange {
  readonly range: RowRange;
  readonly view: FrameView;
}

/** A frame with the column that tells where its windows start. */
export interface TimedFrame {
  readonly view: FrameView;
  readonly windowStart: TimeColumn | null;
}

/** What all views share: numbers, deltas for those who follow, and what may be asked. */
export abstract class LiveView implements View {
  readonly name: string;
  readonly keys: readonly string[];
  #columns: readonly Column[];
  protected readonly bounds: ViewBounds;
  /** Positions of the keys. */
  protected readonly keyColumns: readonly number[];
  /** Positions of the window's columns, −1 where there are none. */
  protected readonly windowStart: number;
  protected readonly windowEnd: number;
  readonly #deltas: DeltaList;
  readonly #listeners = new Set<Listener>();
  #number = 0;
  #watermark = -Infinity;

  /** `keys` name columns. Throws RdxError("invalid_plan") when one does not exist. */
  constructor(name: string, columns: readonly Column[], keys: readonly string[], bounds: Partial<ViewBounds>) {
    this.name = name;
    this.#columns = columns;
    this.keys = keys;
    this.bounds = { ...DEFAULT_BOUNDS, ...bounds };
    this.keyColumns = keys.map((key) => keyColumn(name, columns, key));
    this.windowStart = timeColumn(columns, "window_start");
    this.windowEnd = timeColumn(columns, "window_end");
    this.#deltas = new DeltaList(this.bounds.deltasMax, this.bounds.deltaRowsMax);
  }

  /** A column of which rows that are older than it have nothing may be NULL. */
  get columns(): readonly Column[] {
    return this.#columns;
  }

  /** Rows come back that have NULL in a column, the `behind` one before the last. */
  protected lacks(behind: number): void {
    const column = this.#columns.at(-1 - behind);
    if (!column || column.nullable) return;
    this.#columns = this.#columns.map((one) => one === column ? { ...one, nullable: true } : one);
  }

  get seq(): number {
    return this.#number;
  }

  get watermark(): number {
    return this.#watermark;
  }

  abstract readonly rows: number;
  abstract readonly keeper: TableKeeper;

  /** Takes rows, and tells what they change. */
  protected abstract take(ranges: readonly OpenRange[]): ViewDelta["changes"];

  /** The frame of a range, with its times at hand. */
  protected abstract timed(range: RowRange): TimedFrame;

  abstract query(query: ViewQuery): ViewRows;

  abstract all(): readonly RowRange[];

  /**
   * Outputs are numbered from 1 and ascend; one that comes again changes nothing. Throws RdxError("internal") for rows that
   * do not fit.
   */
  apply(output: OutputBatch): void {
    const ranges = output.ranges.filter(({ rows }) => rows > 0).map((range) => this.#open(range));
    this.#watermark = Math.max(this.#watermark, output.watermark);
    if (ranges.length === 0 || output.number <= this.#number) return;
    const changes = this.take(ranges);
    this.#number = output.number;
    const delta: ViewDelta = { seq: output.number, watermark: this.#watermark, changes };
    this.#deltas.append(delta);
    for (const { told } of [...this.#listeners]) told(delta);
  }

  /** What it knows beside its rows. */
  protected get facts(): { seq: number; watermark: number } {
    return { seq: this.#number, watermark: this.#watermark };
  }

  /** Goes on behind what an earlier process had: its deltas are gone. */
  protected set facts({ seq, watermark }: { seq: number; watermark: number }) {
    this.#number = seq;
    this.#watermark = watermark;
    this.#deltas.forget(seq);
  }

  since(seq: number): readonly ViewDelta[] | null {
    return seq > this.#number ? null : this.#deltas.since(seq);
  }

  narrow(delta: ViewDelta, query: ViewQuery): ViewDelta {
    this.check(query);
    const testOf = this.test(query, query.from !== undefined || query.to !== undefined);
    if (!testOf) return delta;
    const changes = delta.changes.flatMap(({ op, range }) =>
      runsOf(range, testOf(this.timed(range))).map((run) => ({ op, range: run }))
    );
    return { ...delta, changes };
  }

  subscribe(told: (delta: ViewDelta) => void, anew = () => {}): () => void {
    const listener = { told, anew };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Its rows are others than deltas say. */
  protected tellAnew(): void {
    for (const { anew } of [...this.#listeners]) anew();
  }

  #open(range: RowRange): OpenRange {
    const view = new FrameView(range.frame), { types } = view;
    const fits = types.length === this.columns.length && types.every((type, i) => alike(type, this.columns[i].type));
    if (!fits || range.start + range.rows > view.rows) {
      throw new RdxError("internal", `Rows for view ${this.name} do not fit its columns`);
    }
    return { range, view };
  }

  /** Throws RdxError("invalid") for a question that the view cannot be asked. */
  protected check({ key, from, to }: ViewQuery): void {
    if (key && key.length > 0 && key.length !== this.keys.length) {
      const wanted = this.keys.length === 0 ? "it has no key columns" : `give ${this.keys.join(", ")}, in that order`;
      throw new RdxError("invalid", `View ${this.name} cannot be asked by ${key.length} keys: ${wanted}`);
    }
    if (this.windowStart < 0 && (from !== undefined || to !== undefined)) {
      throw new RdxError("invalid", `View ${this.name} has no column window_start that from and to could speak of`);
    }
  }

  /** What rows must be like, in their times too if `timed`; null when all are wanted. */
  protected test({ key = [], from, to }: ViewQuery, timed: boolean): ((frame: TimedFrame) => RowTest) | null {
    const keys = key.map(keyTest);
    if (keys.length === 0 && !timed) return null;
    return ({ view, windowStart }) => {
      const tests = keys.map((test, i) => test(view, this.keyColumns[i]));
      if (timed && windowStart) tests.push((row) => isWithin(windowStart.at(row), from, to));
      return tests.length === 1 ? tests[0] : (row) => tests.every((test) => test(row));
    };
  }
}

/** Ranges of the rows of a range that pass the test. */
function runsOf({ frame, start, rows }: RowRange, test: RowTest): RowRange[] {
  const runs: RowRange[] = [], end = start + rows;
  for (let row = start; row < end; row++) {
    if (!test(row)) continue;
    const first = row;
    while (row + 1 < end && test(row + 1)) row++;
    runs.push({ frame, start: first, rows: row + 1 - first });
  }
  return runs;
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
