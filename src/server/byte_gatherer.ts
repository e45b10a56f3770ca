import type { Share } from "./budget.ts";

const FIRST_BYTES = 64 << 10;
/** From this size on the buffer no longer doubles but grows by so much, so that little of it is ever unused. */
const GROWTH_BYTES = 8 << 20;

/** Joins pieces into one buffer that grows in large steps, so that many small pieces cost no more than few large ones. */
export class ByteGatherer {
  readonly #share: Share;
  readonly #expected: number;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #length = 0;

  /** `expected` bytes are allocated at the first piece, if they are known; memory is taken from `share` as bytes come. */
  constructor(share: Share, expected: number) {
    this.#share = share;
    this.#expected = expected;
  }

  append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    this.#share.take(piece.length);
    if (length > this.#bytes.length) {
      const more = Math.min(GROWTH_BYTES, Math.max(FIRST_BYTES, this.#bytes.length));
      const grown = new Uint8Array(Math.max(length, this.#expected, this.#bytes.length + more));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** All of it; nothing may be appended any more. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }
}
