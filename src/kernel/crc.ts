import { CRC_LENGTHS_KEPT_MAX } from "../core/limits.ts";
import type { Kernel, KernelFunction } from "./module.ts";

/** Bytes that are checked at a time: they stay in the L2 cache from the copy to the sum. */
const PIECE_BYTES = 64 << 10;

/** CRC-32C of bytes outside of the kernel's memory. */
export class Crc32c {
  readonly #kernel: Kernel;
  readonly #run: KernelFunction;
  readonly #at: number;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#run = kernel.fn("hash_crc32c");
    this.#at = kernel.alloc(PIECE_BYTES);
  }

  /** The sum of `bytes` behind those whose sum is `before` (0: there are none). */
  of(bytes: Uint8Array, before = 0): number {
    let sum = before;
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
      const piece = bytes.subarray(from, from + PIECE_BYTES);
      this.#kernel.copyIn(piece, this.#at);
      sum = this.#run(this.#at, piece.length, sum) >>> 0;
    }
    return sum;
  }
}

const POLYNOMIAL = 0x82F63B78, ONE = 1 << 31, X = 1 << 30;
/** Powers of x by the polynomial: 2^k at k. */
const POWERS = powers();

function powers(): Int32Array {
  const all = new Int32Array(32);
  all[0] = X;
  for (let k = 1; k < all.length; k++) all[k] = product(all[k - 1], all[k - 1]);
  return all;
}

/** The product of two polynomials, bits reversed, by POLYNOMIAL; `a` is not 0. */
function product(a: number, b: number): number {
  let sum = 0, factor = b;
  for (let bit = ONE, left = a; left !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) {
      sum ^= factor;
      left ^= bit;
    }
    factor = (factor & 1) !== 0 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1;
  }
  return sum;
}

/** x to the power of 8 · `length`: the factor by which so many bytes behind it change a sum. */
function shiftOf(length: number): number {
  let shift = ONE;
  for (let k = 3, left = length; left !== 0; k++, left >>>= 1) {
    if ((left & 1) !== 0) shift = product(POWERS[k & 31], shift);
  }
  return shift;
}

/** Factors by lengths: frames have few, and to find one takes longer than all else of joining. */
const SHIFTS = new Map<number, number>();

/** CRC-32C of bytes whose sum is `before`, and `length` bytes behind them whose sum is `after`, without a look at them (zlib's crc32_combine). */
export function joinSums(before: number, after: number, length: number): number {
  let shift = SHIFTS.get(length);
  if (shift === undefined) {
    shift = shiftOf(length);
    if (SHIFTS.size >= CRC_LENGTHS_KEPT_MAX) SHIFTS.clear();
    SHIFTS.set(length, shift);
  }
  return (product(shift, before) ^ after) >>> 0;
}
