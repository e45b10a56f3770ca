import type { FrameView } from "../core/frame.ts";
import { wordsOf } from "./columns.ts";

const NULL_WORD = 0x5851f42d, NAN_WORD = 0x7ff80000;

/** A hash of a row's values in some columns: 32 bits. */
export type RowHash = (row: number) => number;

/** Hashes rows of a frame; equal values (0 = −0, NaN = NaN, NULL = NULL) have equal hashes for one seed. */
export function rowHash(view: FrameView, columns: readonly number[], seed: number): RowHash {
  const cells = columns.map((column) => cellHash(view, column));
  return (row) => {
    let hash = seed;
    for (const cell of cells) hash = cell(hash, row);
    return hash ^ (hash >>> 16);
  };
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

/** Takes a cell into a hash. */
type CellHash = (hash: number, row: number) => number;

function cellHash(view: FrameView, column: number): CellHash {
  const { validity } = view.buffers(column), value = valueHash(view, column);
  if (!validity) return value;
  return (hash, row) => (validity[row >> 3] >> (row & 7) & 1) === 0 ? mix(hash, NULL_WORD) : value(hash, row);
}

function valueHash(view: FrameView, column: number): CellHash {
  const { type, data, chars } = view.buffers(column);
  switch (type.kind) {
    case "double":
      return doubleHash(data as Float64Array<ArrayBuffer>);
    case "bool": {
      const bits = data as Uint8Array;
      return (hash, row) => mix(hash, bits[row >> 3] >> (row & 7) & 1);
    }
    case "string":
    case "bytes":
    case "decimal128":
      return bytesHash(data as Int32Array, chars as Uint8Array);
    default: {
      const words = wordsOf(data as BigInt64Array<ArrayBuffer>);
      return (hash, row) => mix(mix(hash, words[row * 2]), words[row * 2 + 1]);
    }
  }
}

function doubleHash(cells: Float64Array<ArrayBuffer>): CellHash {
  const words = new Int32Array(cells.buffer, cells.byteOffset, cells.length * 2);
  return (hash, row) => {
    if (cells[row] === 0) return mix(mix(hash, 0), 0);
    return Number.isNaN(cells[row]) ? mix(hash, NAN_WORD) : mix(mix(hash, words[row * 2]), words[row * 2 + 1]);
  };
}

function bytesHash(offsets: Int32Array, chars: Uint8Array): CellHash {
  return (hash, row) => {
    const end = offsets[row + 1];
    let mixed = mix(hash, end - offsets[row]), word = 0, at = offsets[row];
    for (; at + 4 <= end; at += 4) {
      word = chars[at] | chars[at + 1] << 8 | chars[at + 2] << 16 | chars[at + 3] << 24;
      mixed = mix(mixed, word);
    }
    for (word = 0; at < end; at++) word = word << 8 | chars[at];
    return mix(mixed, word);
  };
}
