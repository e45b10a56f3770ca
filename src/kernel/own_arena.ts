import type { Kernel } from "./module.ts";

const PLACE_BYTES = 16;

/** An arena beside that of the batch: what is taken from it lives on when the batch arena is given back to a mark, until it is used again. */
export class OwnArena {
  readonly #kernel: Kernel;
  /** Address of what it is known by (asm/memory.ts); 0: it was never used. */
  #place = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** What `act` takes from the batch arena comes from here; what was taken before is free. */
  within<T>(act: () => T): T {
    const kernel = this.#kernel, swap = kernel.fn("arena_swap");
    if (this.#place === 0) {
      this.#place = kernel.alloc(PLACE_BYTES);
      kernel.bytes.fill(0, this.#place, this.#place + PLACE_BYTES);
    }
    swap(this.#place);
    try {
      kernel.reset();
      return act();
    } finally {
      swap(this.#place);
    }
  }

  close(): void {
    if (this.#place === 0) return;
    this.#kernel.fn("arena_close")(this.#place);
    this.#kernel.free(this.#place, PLACE_BYTES);
    this.#place = 0;
  }
}
