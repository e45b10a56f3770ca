import { DOOR_BODIES_BYTES_MAX } from "../../core/limits.ts";

const STEP_BYTES = 16 << 10;

/**
 * Memory that bodies are read to. It goes round: memory that is new costs more than to read a body into it, since the system makes each of its pages at the first touch.
 */
export class BodyBuffers {
  /** The one that came last is the first to be taken: it is in the caches yet. */
  readonly #free: ArrayBuffer[] = [];
  #bytes = 0;

  /** `length` bytes, with anything in them. Nobody else has them until they are given back. */
  take(length: number): Uint8Array<ArrayBuffer> {
    // What is short costs nothing as it is, and must not hold what is long.
    if (length < STEP_BYTES) return new Uint8Array(length);
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const buffer = this.#free[i];
      if (buffer.byteLength < length) continue;
      this.#free.splice(i, 1);
      this.#bytes -= buffer.byteLength;
      return new Uint8Array(buffer, 0, length);
    }
    return new Uint8Array(new ArrayBuffer(Math.ceil(length / STEP_BYTES) * STEP_BYTES), 0, length);
  }

  /** Takes back what `take` gave and nobody uses any more. What has been handed over to another thread is gone. */
  give({ buffer }: Uint8Array<ArrayBuffer>): void {
    if (buffer.byteLength < STEP_BYTES || this.#bytes + buffer.byteLength > DOOR_BODIES_BYTES_MAX) return;
    this.#free.push(buffer);
    this.#bytes += buffer.byteLength;
  }
}
