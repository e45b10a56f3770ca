import { concatRanges } from "../core/frame_concat.ts";
import type { RowRange } from "../sink.ts";
import type { Chunk } from "./chunks.ts";

/** More pieces than this are copied into one frame, so that whoever writes them out opens few. */
const RANGES_MAX = 8;

/** Rows by chunk and position: a growing list without an object for each. */
export class RowList {
  #chunks = new Int32Array(64);
  #rows = new Int32Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: number, row: number): void {
    if (this.#length === this.#rows.length) {
      this.#chunks = grown(this.#chunks);
      this.#rows = grown(this.#rows);
    }
    this.#chunks[this.#length] = chunk;
    this.#rows[this.#length++] = row;
  }

  chunk(i: number): number {
    return this.#chunks[i];
  }

  row(i: number): number {
    return this.#rows[i];
  }

  /** The rows as ranges, neighbours together. */
  ranges(chunks: readonly Pick<Chunk, "frame" | "view">[]): RowRange[] {
    const pieces: { chunk: Pick<Chunk, "frame" | "view">; start: number; rows: number }[] = [];
    for (let i = 0; i < this.#length; i++) {
      const chunk = chunks[this.#chunks[i]], row = this.#rows[i], last = pieces.at(-1);
      if (last && last.chunk === chunk && last.start + last.rows === row) last.rows++;
      else pieces.push({ chunk, start: row, rows: 1 });
    }
    if (pieces.length <= RANGES_MAX) {
      return pieces.map(({ chunk, start, rows }) => ({ frame: chunk.frame, start, rows }));
    }
    const frame = concatRanges(pieces.map(({ chunk, start, rows }) => ({ view: chunk.view, start, rows })));
    return [{ frame, start: 0, rows: this.#length }];
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
