import { JOURNAL_BUFFER_BYTES_MAX, JOURNAL_BUFFERS_MAX } from "../core/limits.ts";

/**
 * Memory that groups of records are written from. It goes round: memory that is new costs as much as all that is done with it, since the system
 * makes each of its pages at the first touch.
 */
export class GroupBuffers {
  readonly #free: Uint8Array<ArrayBuffer>[] = [];

  /** `length` bytes, with anything in them. Nobody else has them until they are given back. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const at = this.#free.findIndex((buffer) => buffer.length >= length);
    if (at < 0) return new Uint8Array(length);
    const [buffer] = this.#free.splice(at, 1);
    return buffer.subarray(0, length);
  }

  /** Takes back what `take` gave and nobody uses any more. The longest are kept. */
  give({ buffer }: Uint8Array<ArrayBuffer>): void {
    if (buffer.byteLength > JOURNAL_BUFFER_BYTES_MAX) return;
    this.#free.push(new Uint8Array(buffer));
    this.#free.sort((a, b) => a.length - b.length);
    if (this.#free.length > JOURNAL_BUFFERS_MAX) this.#free.shift();
  }
}
