import { ROW_KINDS, type RowKind } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { QUERY_ROWS_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import type { RowRange } from "../sink.ts";
import type { ViewDelta, ViewQuery, ViewRows } from "../view.ts";
import type { TableKeeper } from "../store.ts";
import { ArrivedRows } from "./arrived_rows.ts";
import { type Chunk, ChunkList } from "./chunks.ts";
import type { TimeColumn } from "./columns.ts";
import { LiveView, type OpenRange, type TimedFrame, type ViewBounds } from "./live_view.ts";
import { selectRows } from "./select_rows.ts";
import { ViewKeeper } from "./view_keeper.ts";
import { allSpans, type Span, timeSpans, windowGroups } from "./spans.ts";

/**
 * A view of rows that are only ever added: closed windows, or rows of a pipeline without windows. Rows stay in the frames
 * in which they came, small ones joined; when there are too many, whole windows leave, the oldest first.
 *
 * Answers are ordered by `window_end`; rows of one window by the key columns, ascending in either order, NULL first; rows
 * with equal keys as they arrived. Without a column `window_end` the order is that of arrival.
 */
export class WindowView extends LiveView {
  readonly #chunks: ChunkList;
  readonly #starts = new Ascent();
  readonly #ends = new Ascent();
  override readonly keeper: TableKeeper;

  constructor(
    name: string,
    columns: readonly Column[],
    keys: readonly string[] = [],
    bounds: Partial<ViewBounds> = {},
  ) {
    super(name, columns, keys, bounds);
    this.#chunks = new ChunkList(this.windowStart, this.windowEnd);
    const facts = ["seq", "watermark", "last_start", "starts_ascend", "last_end", "ends_ascend", "arrivals"];
    this.keeper = new ViewKeeper(facts, new ArrivedRows(columns, this.#chunks), {
      read: () => {
        const { seq, watermark } = this.facts;
        return [seq, watermark, ...this.#starts.facts, ...this.#ends.facts, this.#chunks.arrived];
      },
      write: ([seq, watermark, start, starts, end, ends, arrived]) => {
        this.facts = { seq, watermark };
        this.#starts.facts = [start, starts];
        this.#ends.facts = [end, ends];
        this.#chunks.arrived = arrived;
      },
      lacks: (behind) => this.lacks(behind),
      restored: () => this.tellAnew(),
    });
  }

  override get rows(): number {
    return this.#chunks.rows;
  }

  protected override take(ranges: readonly OpenRange[]): ViewDelta["changes"] {
    for (const { range, view } of ranges) {
      if (view.kinds?.subarray(range.start, range.start + range.rows).some((kind) => ROW_KINDS[kind] !== "+I")) {
        throw new RdxError("internal", `View ${this.name} cannot take rows back`);
      }
    }
    const chunks = ranges.map(({ range, view }) => this.#chunks.open(range, view));
    for (const chunk of chunks) {
      this.#starts.follow(chunk, chunk.windowStart);
      this.#ends.follow(chunk, chunk.windowEnd);
      this.#chunks.append(chunk);
    }
    this.#trim();
    return chunks.map(({ frame, start, end }) => {
      const op: RowKind = "+I";
      return { op, range: { frame, start, rows: end - start } };
    });
  }

  protected override timed(range: RowRange): TimedFrame {
    return this.#chunks.open(range);
  }

  /** Throws RdxError("invalid") for a question that the view cannot be asked. */
  override query(query: ViewQuery): ViewRows {
    this.check(query);
    return { watermark: this.watermark, seq: this.seq, ranges: this.#rangesOf(query, QUERY_ROWS_MAX) };
  }

  override all(): readonly RowRange[] {
    return this.#rangesOf({ limit: Infinity, order: "asc" }, Infinity);
  }

  #rangesOf(query: ViewQuery, most: number): readonly RowRange[] {
    const chunks = this.#chunks.chunks, limit = Math.min(query.limit, most);
    const windows = this.windowEnd < 0 ? "arrival" : this.#ends.holds ? "sorted" : "unsorted";
    const ordering = { order: query.order, keys: this.keyColumns, windows } as const;
    const timed = !this.#starts.holds && (query.from !== undefined || query.to !== undefined);
    return selectRows(chunks, this.#spans(query), this.test(query, timed), ordering, limit).ranges(chunks);
  }

  /** Drops the oldest windows whole; only the last one, where it alone is too much, loses its first rows. */
  #trim(): void {
    const excess = this.#chunks.rows - this.bounds.rowsMax;
    if (excess > 0) this.#chunks.drop(this.windowEnd >= 0 && this.#ends.holds ? this.#wholeWindows(excess) : excess);
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

  #spans({ from = -Infinity, to = Infinity }: ViewQuery): Span[] {
    const { chunks } = this.#chunks;
    const bounded = this.windowStart >= 0 && this.#starts.holds && (from !== -Infinity || to !== Infinity);
    return bounded ? timeSpans(chunks, from, to) : allSpans(chunks);
  }
}

/** Notes whether times never descend over all rows that came. */
class Ascent {
  #last = -Infinity;
  holds = true;

  get facts(): [last: number, holds: number] {
    return [this.#last, Number(this.holds)];
  }

  set facts([last, holds]: [last: number, holds: number]) {
    this.#last = last;
    this.holds = holds !== 0;
  }

  follow({ start, end }: Chunk, times: TimeColumn | null): void {
    for (let row = start; row < end && times && this.holds; row = times.runEnd(row, end)) {
      const time = times.at(row);
      this.holds = time >= this.#last;
      this.#last = time;
    }
  }
}
