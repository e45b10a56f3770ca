import type { FrameView } from "../core/frame.ts";

const TWO_32 = 4_294_967_296;

/** A timestamp column of one frame, read as doubles: event times are far below 2^53. */
export class TimeColumn {
  readonly #words: Int32Array;
  readonly #validity: Uint8Array | null;

  constructor(view: FrameView, column: number) {
    const { data, validity } = view.buffers(column);
    this.#words = wordsOf(data as BigInt64Array<ArrayBuffer>);
    this.#validity = validity;
  }

  /** Epoch ms, NaN for NULL. */
  at(row: number): number {
    if (this.#validity && (this.#validity[row >> 3] >> (row & 7) & 1) === 0) return NaN;
    return this.#words[row * 2 + 1] * TWO_32 + (this.#words[row * 2] >>> 0);
  }

  /** The first row from `row` + 1 on, or `end`, that may differ from `row`: the rows of a window have one time. */
  runEnd(row: number, end: number): number {
    if (this.#validity) return row + 1;
    const words = this.#words, low = words[row * 2], high = words[row * 2 + 1];
    let next = row + 1;
    while (next < end && words[next * 2] === low && words[next * 2 + 1] === high) next++;
    return next;
  }
}

/** i64 cells as pairs of 32-bit words, the low one first: numbers that need no BigInt. */
export function wordsOf(cells: BigInt64Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  return new Int32Array(cells.buffer, cells.byteOffset, cells.length * 2);
}
