import { FrameBuilder, FrameView, type Value } from "../../src/core/frame.ts";
import type { Column } from "../../src/core/schema.ts";
import type { RowKind } from "../../src/core/batch.ts";
import type { OutputBatch, RowRange } from "../../src/sink.ts";
import type { View, ViewDelta, ViewQuery, ViewRows } from "../../src/view.ts";

/** A frame with one row for each array of values. */
export function frameOf(columns: readonly Column[], rows: readonly (readonly Value[])[]): RowRange {
  const builder = new FrameBuilder(columns);
  for (const row of rows) builder.append(row);
  return { frame: builder.finish(), start: 0, rows: rows.length };
}

/** A double of a view for tests of those who serve it: rows in the order in which they were emitted, `window_start` first. */
export class SimView implements View {
  seq = 0;
  watermark = -Infinity;
  readonly #rows: RowRange[] = [];
  readonly #deltas: ViewDelta[] = [];
  readonly #listeners = new Set<{ readonly told: (delta: ViewDelta) => void; readonly anew: () => void }>();
  open: readonly RowRange[] = [];

  constructor(
    readonly name: string,
    readonly columns: readonly Column[],
    readonly keys: readonly string[],
    /** Deltas that are kept for subscribers that resume. */
    readonly deltasMax = 4,
  ) {}

  get rows(): number {
    return this.#rows.length;
  }

  get subscribers(): number {
    return this.#listeners.size;
  }

  /** Adds rows as one output. */
  emit(rows: readonly (readonly Value[])[], watermark: number, op: RowKind = "+I"): void {
    const { frame } = frameOf(this.columns, rows);
    const ranges = rows.map((_, start) => ({ frame, start, rows: 1 }));
    this.#rows.push(...ranges);
    this.watermark = watermark;
    const delta = { seq: ++this.seq, watermark, changes: ranges.map((range) => ({ op, range })) };
    this.#deltas.push(delta);
    if (this.#deltas.length > this.deltasMax) this.#deltas.shift();
    for (const { told } of [...this.#listeners]) told(delta);
  }

  apply(_output: OutputBatch): void {
    throw new Error("A simulated view is fed by emit");
  }

  #isWanted({ frame, start }: RowRange, { key, from, to }: ViewQuery): boolean {
    const view = new FrameView(frame), window = Number(view.int64(0, start));
    const column = this.columns.findIndex(({ name }) => name === this.keys[0]);
    return window >= (from ?? -Infinity) && window < (to ?? Infinity) &&
      (!key || String(view.value(start, column)) === key[0]);
  }

  narrow(delta: ViewDelta, query: ViewQuery): ViewDelta {
    return { ...delta, changes: delta.changes.filter(({ range }) => this.#isWanted(range, query)) };
  }

  query(query: ViewQuery): ViewRows {
    const { limit, order } = query, found = this.#rows.filter((range) => this.#isWanted(range, query));
    if (order === "desc") found.reverse();
    return { watermark: this.watermark, seq: this.seq, ranges: found.slice(0, limit) };
  }

  all(): readonly RowRange[] {
    return this.#rows;
  }

  since(seq: number): readonly ViewDelta[] | null {
    const missing = this.seq - seq;
    return missing > this.#deltas.length ? null : this.#deltas.slice(this.#deltas.length - missing);
  }

  /** It has taken in what an earlier process had: nobody is told of the rows one by one. */
  restore(rows: readonly (readonly Value[])[], watermark: number, seq: number): void {
    const { frame } = frameOf(this.columns, rows);
    this.#rows.splice(0, Infinity, ...rows.map((_, start) => ({ frame, start, rows: 1 })));
    this.#deltas.splice(0);
    this.watermark = watermark;
    this.seq = seq;
    for (const { anew } of [...this.#listeners]) anew();
  }

  subscribe(told: (delta: ViewDelta) => void, anew = () => {}): () => void {
    const listener = { told, anew };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
