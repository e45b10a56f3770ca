import type { FrameView } from "../core/frame.ts";
import { wordsOf } from "./columns.ts";

/** One key column of one frame: its values can be compared with those of the same column in another frame. */
export interface KeyCells {
  /** Whether the value in `row` is no NULL. */
  isThere(row: number): boolean;
  /** Negative, 0 or positive, as the value in `row` comes before, with or after that in `otherRow` of `other`. */
  compare(row: number, other: KeyCells, otherRow: number): number;
}

/** Numbers by value (NaN last), text and bytes by their bytes, false before true, NULL before all. */
export function keyCells(view: FrameView, column: number): KeyCells {
  const { type, data, chars, validity } = view.buffers(column);
  switch (type.kind) {
    case "double":
      return new Doubles(validity, data as Float64Array);
    case "bool":
      return new Bools(validity, data as Uint8Array);
    case "string":
    case "bytes":
    case "decimal128":
      return new Text(validity, data as Int32Array, chars as Uint8Array);
    default:
      return new Cells(validity, wordsOf(data as BigInt64Array<ArrayBuffer>));
  }
}

abstract class Nullable<Same extends Nullable<Same>> implements KeyCells {
  constructor(readonly validity: Uint8Array | null) {}

  /** Both values are there. */
  protected abstract compareValues(row: number, other: Same, otherRow: number): number;

  compare(row: number, other: KeyCells, otherRow: number): number {
    // Equal columns of equal schemas have equal classes.
    const same = other as Same;
    if (this.validity || same.validity) {
      const here = this.isThere(row), there = same.isThere(otherRow);
      if (!here || !there) return Number(here) - Number(there);
    }
    return this.compareValues(row, same, otherRow);
  }

  isThere(row: number): boolean {
    return this.validity === null || (this.validity[row >> 3] >> (row & 7) & 1) === 1;
  }
}

class Cells extends Nullable<Cells> {
  constructor(validity: Uint8Array | null, readonly words: Int32Array) {
    super(validity);
  }

  protected compareValues(row: number, other: Cells, otherRow: number): number {
    const high = this.words[row * 2 + 1], otherHigh = other.words[otherRow * 2 + 1];
    return high === otherHigh ? (this.words[row * 2] >>> 0) - (other.words[otherRow * 2] >>> 0) : high - otherHigh;
  }
}

class Doubles extends Nullable<Doubles> {
  constructor(validity: Uint8Array | null, readonly cells: Float64Array) {
    super(validity);
  }

  protected compareValues(row: number, other: Doubles, otherRow: number): number {
    const a = this.cells[row], b = other.cells[otherRow];
    if (a < b) return -1;
    if (a > b) return 1;
    return a === b ? 0 : Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  }
}

class Bools extends Nullable<Bools> {
  constructor(validity: Uint8Array | null, readonly bits: Uint8Array) {
    super(validity);
  }

  protected compareValues(row: number, other: Bools, otherRow: number): number {
    return (this.bits[row >> 3] >> (row & 7) & 1) - (other.bits[otherRow >> 3] >> (otherRow & 7) & 1);
  }
}

class Text extends Nullable<Text> {
  constructor(validity: Uint8Array | null, readonly offsets: Int32Array, readonly chars: Uint8Array) {
    super(validity);
  }

  protected compareValues(row: number, other: Text, otherRow: number): number {
    const start = this.offsets[row], length = this.offsets[row + 1] - start;
    const otherStart = other.offsets[otherRow], otherLength = other.offsets[otherRow + 1] - otherStart;
    const shorter = Math.min(length, otherLength);
    for (let i = 0; i < shorter; i++) {
      const difference = this.chars[start + i] - other.chars[otherStart + i];
      if (difference !== 0) return difference;
    }
    return length - otherLength;
  }
}
