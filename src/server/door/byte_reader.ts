import { DOOR_BUFFER_BYTES } from "../../core/limits.ts";
import type { WideBuffers } from "./wide_buffers.ts";

/** Where bytes come from: a connection. */
export interface ByteSource {
  /** Resolves to how many bytes have come, null: none will any more. */
  read(into: Uint8Array): Promise<number | null>;
}

/**
 * Reads a connection piece by piece. What is long is read to where it belongs at once; a small buffer takes what stands before it, so that a connection which is idle
 * costs little.
 */
export class ByteReader {
  readonly #source: ByteSource;
  readonly #small = new Uint8Array(DOOR_BUFFER_BYTES);
  #wide: WideBuffers | null = null;
  #buffer = this.#small;
  #from = 0;
  #to = 0;
  /** What was filled last is longer than the small buffer. */
  #long = false;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Reads to wide buffers from now on, as long as what is filled is long, until `close`. */
  widen(wide: WideBuffers): void {
    this.#wide = wide;
  }

  /** What has come and nobody has taken; valid until the next call. */
  get waiting(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#from, this.#to);
  }

  /** Whether as much waits as is looked at in one piece. */
  get full(): boolean {
    return this.#to - this.#from >= DOOR_BUFFER_BYTES;
  }

  /** Waits for more; false: there is none any more. */
  async more(): Promise<boolean> {
    if (this.#from === this.#to) this.#begin();
    else if (this.#from > 0) {
      this.#buffer.copyWithin(0, this.#from, this.#to);
      this.#to -= this.#from;
      this.#from = 0;
    }
    const count = await this.#source.read(this.#buffer.subarray(this.#to));
    if (count === null) return false;
    this.#to += count;
    return true;
  }

  /** Nothing waits: the buffer may be another one. */
  #begin(): void {
    this.#from = this.#to = 0;
    if (this.#long === (this.#buffer !== this.#small)) return;
    if (this.#long) this.#buffer = this.#wide?.take() ?? this.#small;
    else this.close();
  }

  /** Gives back what others may use. What waits is gone. */
  close(): void {
    this.#from = this.#to = 0;
    if (this.#buffer === this.#small) return;
    this.#wide!.give(this.#buffer);
    this.#buffer = this.#small;
  }

  /** Takes `count` bytes of what waits. */
  skip(count: number): void {
    this.#from += count;
  }

  /** Fills all of `target`; false: the bytes end before. */
  async fill(target: Uint8Array): Promise<boolean> {
    this.#long = target.length > DOOR_BUFFER_BYTES;
    const ready = this.waiting.subarray(0, target.length);
    target.set(ready);
    this.#from += ready.length;
    for (let done = ready.length; done < target.length;) {
      const count = await this.#source.read(target.subarray(done));
      if (count === null) return false;
      done += count;
    }
    return true;
  }

  /** Takes what comes until there is no more, for nobody. */
  async drain(): Promise<void> {
    do this.skip(this.waiting.length); while (await this.more());
  }
}

/** Writes all of `bytes`. */
export async function writeAll(
  target: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await target.write(bytes.subarray(done));
}
