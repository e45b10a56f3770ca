import type { Kernel, KernelFunction } from "./module.ts";

/** Bytes at a time: so few stay in the nearest cache from copy to copy. The kernel takes up to 64 KiB. */
const PIECE_BYTES = 16 << 10;
const NOT_ASCII = 1 << 31, AFTER_FEED = 1 << 30, LINES = AFTER_FEED - 1;

/** Takes masks from messages of WebSockets, in place. */
export class Unmasker {
  readonly #kernel: Kernel;
  readonly #run: KernelFunction;
  readonly #at: number;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#run = kernel.fn("socket_unmask");
    this.#at = kernel.alloc(PIECE_BYTES);
  }

  /** `mask`: four bytes as they lie in memory. Returns the lines that hold anything, and whether all of it is ASCII. */
  unmask(bytes: Uint8Array, mask: number): { readonly lines: number; readonly ascii: boolean } {
    const kernel = this.#kernel, at = this.#at;
    let lines = 0, ascii = true, afterFeed = true;
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
      const piece = bytes.subarray(from, from + PIECE_BYTES);
      kernel.copyIn(piece, at);
      const seen = this.#run(at, piece.length, mask, afterFeed ? 1 : 0);
      piece.set(kernel.bytes.subarray(at, at + piece.length));
      lines += seen & LINES;
      ascii &&= (seen & NOT_ASCII) === 0;
      afterFeed = (seen & AFTER_FEED) !== 0;
    }
    return { lines: afterFeed ? lines : lines + 1, ascii };
  }
}
