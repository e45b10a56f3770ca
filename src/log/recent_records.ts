import type { LogRecord } from "../log.ts";

/**
 * Records that were read from disk a moment ago, by their offsets: readers of partitions go through the same ones, one close behind the other, and what one has
 * unpacked serves all. The oldest leave when there are too many bytes.
 */
export class RecentRecords {
  readonly #records = new Map<number, LogRecord>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  at(offset: number): LogRecord | null {
    return this.#records.get(offset) ?? null;
  }

  put(record: LogRecord): void {
    if (this.#records.has(record.offset) || record.bytes > this.#bytesMax) return;
    this.#records.set(record.offset, record);
    this.#bytes += record.bytes;
    for (const [offset, { bytes }] of this.#records) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#records.delete(offset);
      this.#bytes -= bytes;
    }
  }

  /** Nobody reads from disk any more. */
  clear(): void {
    if (this.#records.size === 0) return;
    this.#records.clear();
    this.#bytes = 0;
  }
}
