import type { FrameView } from "../core/frame.ts";
import { wordsOf } from "./columns.ts";

const NULL_WORD = 0x5851f42d, NAN_WORD = 0x7ff80000;

/** A hash of a row's values in some columns: 32 bits. */
export type RowHash = (row: number) => number;

/**
 * Hashes rows of a frame; equal values (0 = −0, NaN = NaN, NULL = NULL) have equal hashes for one seed. Who does not know the seed cannot choose values that
 * collide: each word is multiplied by a key that comes of it, and both halves of the product are taken (as in wyhash), so that no difference of words has
 * a known effect.
 */
export function rowHash(view: FrameView, columns: readonly number[], seed: number): RowHash {
  const key = keyOf(seed);
  const cells = columns.map((column) => cellHash(view, column, key));
  return (row) => {
    let hash = seed;
    for (const cell of cells) hash = cell(hash, row);
    return hash ^ (hash >>> 16);
  };
}

/** An odd number of 32 bits, whose first bit is set (the finalizer of MurmurHash3). */
function keyOf(seed: number): number {
  const first = Math.imul(seed ^ 0x5bd1e995, 0x85ebca6b), second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return ((second ^ (second >>> 16)) | 0x80000001) >>> 0;
}

/** The halves of the product, the upper one as exactly as a double has it. */
function mix(hash: number, word: number, key: number): number {
  const mixed = (hash ^ word) >>> 0;
  return Math.imul(mixed, key) ^ (mixed * key * 2 ** -32);
}

/** Takes a cell into a hash. */
type CellHash = (hash: number, row: number) => number;

function cellHash(view: FrameView, column: number, key: number): CellHash {
  const { validity } = view.buffers(column), value = valueHash(view, column, key);
  if (!validity) return value;
  return (hash, row) => (validity[row >> 3] >> (row & 7) & 1) === 0 ? mix(hash, NULL_WORD, key) : value(hash, row);
}

function valueHash(view: FrameView, column: number, key: number): CellHash {
  const { type, data, chars } = view.buffers(column);
  switch (type.kind) {
    case "double":
      return doubleHash(data as Float64Array<ArrayBuffer>, key);
    case "bool": {
      const bits = data as Uint8Array;
      return (hash, row) => mix(hash, bits[row >> 3] >> (row & 7) & 1, key);
    }
    case "string":
    case "bytes":
    case "decimal128":
      return bytesHash(data as Int32Array, chars as Uint8Array, key);
    default: {
      const words = wordsOf(data as BigInt64Array<ArrayBuffer>);
      return (hash, row) => mix(mix(hash, words[row * 2], key), words[row * 2 + 1], key);
    }
  }
}

function doubleHash(cells: Float64Array<ArrayBuffer>, key: number): CellHash {
  const words = new Int32Array(cells.buffer, cells.byteOffset, cells.length * 2);
  return (hash, row) => {
    if (cells[row] === 0) return mix(mix(hash, 0, key), 0, key);
    return Number.isNaN(cells[row])
      ? mix(hash, NAN_WORD, key)
      : mix(mix(hash, words[row * 2], key), words[row * 2 + 1], key);
  };
}

function bytesHash(offsets: Int32Array, chars: Uint8Array, key: number): CellHash {
  return (hash, row) => {
    const end = offsets[row + 1];
    let mixed = mix(hash, end - offsets[row], key), word = 0, at = offsets[row];
    for (; at + 4 <= end; at += 4) {
      word = chars[at] | chars[at + 1] << 8 | chars[at + 2] << 16 | chars[at + 3] << 24;
      mixed = mix(mixed, word, key);
    }
    for (word = 0; at < end; at++) word = word << 8 | chars[at];
    return mix(mixed, word, key);
  };
}
