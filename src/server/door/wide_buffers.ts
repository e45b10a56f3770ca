export const WIDE_BUFFER_BYTES = 128 << 10, WIDE_BUFFERS_MAX = 16;

/**
 * Memory for WebSockets of long messages: most of one comes with its head then, and the next ones behind it, and to copy them from here costs less than to read once more.
 * There is little of it, since a WebSocket that waits holds what it has; who finds none reads in smaller pieces. Requests over HTTP do not use it: each of many connections
 * would read to memory that has left the caches since it was its turn.
 */
export class WideBuffers {
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #made = 0;

  /** Null: all are in use. Nobody else has it until it is given back. */
  take(): Uint8Array<ArrayBuffer> | null {
    const buffer = this.#free.pop();
    if (buffer || this.#made === WIDE_BUFFERS_MAX) return buffer ?? null;
    this.#made++;
    return new Uint8Array(WIDE_BUFFER_BYTES);
  }

  give(buffer: Uint8Array<ArrayBuffer>): void {
    this.#free.push(buffer);
  }
}
