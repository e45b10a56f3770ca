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
