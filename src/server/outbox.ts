const encoder = new TextEncoder();
/** Bytes that are handed to the network at a time. */
const PORTION_BYTES = 64 << 10;

/**
 * What waits for one subscriber of an event stream, as a ReadableStream that hands out bytes only as the network takes them. When more than
 * `bytesMax` would wait, everything that waits is dropped, `last` is sent in its place, and the stream ends.
 */
export class Outbox {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #bytesMax: number;
  readonly #overflow: () => string;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;
  #ended = false;
  #wake: (() => void) | null = null;

  /** `overflow` is called once when the subscriber is too slow and returns the last words; `gone` when the client leaves. */
  constructor(bytesMax: number, overflow: () => string, gone: () => void) {
    this.#bytesMax = bytesMax;
    this.#overflow = overflow;
    this.stream = new ReadableStream({
      pull: async (controller) => {
        if (this.#waiting.length === 0 && !this.#ended) await new Promise<void>((resolve) => this.#wake = resolve);
        if (this.#waiting.length > 0) controller.enqueue(this.#portion());
        else if (this.#ended) controller.close();
      },
      cancel: () => {
        this.#ended = true;
        this.#waiting = [];
        this.#wake?.();
        gone();
      },
    }, { highWaterMark: 0 });
  }

  /** Bytes that wait for the network. */
  get waiting(): number {
    return this.#bytes;
  }

  push(text: string): void {
    if (this.#ended) return;
    const bytes = encoder.encode(text);
    if (this.#bytes + bytes.length > this.#bytesMax) {
      this.#waiting = [];
      this.#bytes = 0;
      this.end(this.#overflow());
      return;
    }
    this.#add(bytes);
  }

  /** Sends `last` behind what waits, and ends the stream. */
  end(last: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#add(encoder.encode(last));
  }

  #add(bytes: Uint8Array<ArrayBuffer>): void {
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    this.#wake?.();
    this.#wake = null;
  }

  /** Small messages leave together. */
  #portion(): Uint8Array<ArrayBuffer> {
    let count = 0, length = 0;
    while (count < this.#waiting.length && (count === 0 || length + this.#waiting[count].length <= PORTION_BYTES)) {
      length += this.#waiting[count++].length;
    }
    this.#bytes -= length;
    const taken = this.#waiting.splice(0, count);
    if (count === 1) return taken[0];
    const portion = new Uint8Array(length);
    let at = 0;
    for (const bytes of taken) {
      portion.set(bytes, at);
      at += bytes.length;
    }
    return portion;
  }
}
