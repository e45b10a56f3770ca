import type { Kernel } from "./module.ts";

/** Bytes in front of an input that SIMD loads may look back at. */
const BEFORE = 64;
/** Bytes behind an input that parsers may write their terminator into and read over. */
const BEHIND = 256;

/** Memory of one kernel that holds one input at a time: a request body, or a range of a file. Grows as needed. */
export class InputBuffer {
  readonly #kernel: Kernel;
  #block = 0;
  #size = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Makes room for `length` bytes and returns their address, a multiple of 64. What was there before is kept up to `kept` bytes. */
  reserve(length: number, kept = 0): number {
    if (this.#size < length) {
      const size = Math.max(length, 64 * 1024);
      const block = this.#kernel.alloc(BEFORE + size + BEHIND);
      if (this.#block !== 0) {
        if (kept > 0) this.#kernel.bytes.copyWithin(start(block), start(this.#block), start(this.#block) + kept);
        this.#kernel.free(this.#block, BEFORE + this.#size + BEHIND);
      }
      this.#block = block;
      this.#size = size;
    }
    return start(this.#block);
  }

  /** Copies `input` in and returns its address. */
  put(input: Uint8Array): number {
    const address = this.reserve(input.length);
    this.#kernel.copyIn(input, address);
    return address;
  }

  close(): void {
    if (this.#block !== 0) this.#kernel.free(this.#block, BEFORE + this.#size + BEHIND);
    this.#block = 0;
    this.#size = 0;
  }
}

function start(block: number): number {
  return block + BEFORE;
}
