import { FrameView } from "../core/frame.ts";
import { concatRanges } from "../core/frame_concat.ts";
import type { RowRange } from "../sink.ts";
import { TimeColumn } from "./columns.ts";

/** Rows `start` to `end` of a frame: what a view keeps of one output, or of many small ones joined. */
export interface Chunk {
  readonly frame: ArrayBuffer;
  readonly view: FrameView;
  readonly start: number;
  readonly end: number;
  /** Null where the rows have no such column. */
  readonly windowStart: TimeColumn | null;
  readonly windowEnd: TimeColumn | null;
}

/** So many neighbours of like size are joined into one. */
const JOIN_CHUNKS = 16;
/** Chunks with more rows are not joined any more. */
const JOIN_ROWS_MAX = 256;

/**
 * The rows of a view in order of arrival. Many tiny outputs would cost a frame each: as soon as the last 16 chunks are
 * all below 16 or 256 rows they are joined, so that a row is copied twice at most.
 */
export class ChunkList {
  readonly #windowStart: number;
  readonly #windowEnd: number;
  #chunks: Chunk[] = [];
  #rows = 0;
  /** Rows that have come, those among them that are not kept any more. */
  arrived = 0;

  /** Positions of the window columns, −1 where there are none. */
  constructor(windowStart: number, windowEnd: number) {
    this.#windowStart = windowStart;
    this.#windowEnd = windowEnd;
  }

  get rows(): number {
    return this.#rows;
  }

  get chunks(): readonly Chunk[] {
    return this.#chunks;
  }

  append(chunk: Chunk): void {
    const rows = chunk.end - chunk.start;
    this.#chunks.push(chunk);
    this.#rows += rows;
    this.arrived += rows;
    this.#join();
  }

  /** A chunk of a range, with its columns at hand. */
  open({ frame, start, rows }: RowRange, view = new FrameView(frame)): Chunk {
    return {
      frame,
      view,
      start,
      end: start + rows,
      windowStart: this.#windowStart < 0 ? null : new TimeColumn(view, this.#windowStart),
      windowEnd: this.#windowEnd < 0 ? null : new TimeColumn(view, this.#windowEnd),
    };
  }

  /** Drops the oldest `rows` rows. */
  drop(rows: number): void {
    let gone = 0;
    for (let left = rows; left > 0;) {
      const first = this.#chunks[gone], has = first.end - first.start;
      if (has > left) {
        this.#chunks[gone] = { ...first, start: first.start + left };
        break;
      }
      left -= has;
      gone++;
    }
    this.#chunks.splice(0, gone);
    this.#rows -= rows;
  }

  #join(): void {
    for (let rows = JOIN_CHUNKS; rows <= JOIN_ROWS_MAX; rows *= JOIN_CHUNKS) {
      let first = this.#chunks.length;
      while (first > 0 && this.#chunks[first - 1].end - this.#chunks[first - 1].start < rows) first--;
      if (this.#chunks.length - first < JOIN_CHUNKS) continue;
      const small = this.#chunks.splice(first);
      const frame = concatRanges(small.map(({ view, start, end }) => ({ view, start, rows: end - start })));
      const view = new FrameView(frame);
      this.#chunks.push(this.open({ frame, start: 0, rows: view.rows }, view));
    }
  }
}
