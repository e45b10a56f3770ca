import type { LogRecord } from "../log.ts";

/** Where a reader stands. */
export interface Cursor {
  /** Offset of the record that it reads next. */
  next: number;
  /** Everything before it is no longer needed by this reader. */
  released: number;
}

interface Kept {
  readonly record: LogRecord;
  /** Bytes of all records before it, so that the bytes between two records are one subtraction. */
  readonly bytesBefore: number;
}

/** The newest records of a log, in memory, by their offsets. The end of the input, which has no rows, stands behind them. */
export class RecordWindow {
  readonly #records = new Map<number, Kept>();
  /** Offsets of the records, ascending; those before `#head` are gone. */
  #offsets: number[] = [];
  #head = 0;
  #end: number;
  #bytes = 0;
  #endRecord: LogRecord | null = null;

  /** Empty, up to the offset `end`. */
  constructor(end: number) {
    this.#end = end;
  }

  /** Offset of the oldest record, or the end. */
  get first(): number {
    return this.#offsets[this.#head] ?? this.#end;
  }

  /** Behind the newest row. */
  get end(): number {
    return this.#end;
  }

  /** The end of the input, once it is there. */
  get last(): LogRecord | null {
    return this.#endRecord;
  }

  push(record: LogRecord): void {
    if (record.kind === "end") {
      this.#endRecord = record;
      return;
    }
    this.#records.set(record.offset, { record, bytesBefore: this.#bytes });
    this.#offsets.push(record.offset);
    this.#bytes += record.bytes;
    this.#end = record.offset + record.rows;
  }

  at(offset: number): LogRecord | null {
    return this.#records.get(offset)?.record ?? null;
  }

  /** Bytes of the records from `offset`, where one begins, on. */
  bytesFrom(offset: number): number {
    return this.#bytes - (this.#records.get(offset)?.bytesBefore ?? this.#bytes);
  }

  /** The offset of the record in which row `offset` lies; the end for what is behind. */
  recordAround(offset: number): number {
    let low = this.#head, high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1, { record } = this.#records.get(this.#offsets[middle])!;
      if (record.offset + record.rows <= offset) low = middle + 1;
      else high = middle;
    }
    return this.#offsets[low] ?? this.#end;
  }

  /** The offset of the first record that arrived at `timeMs` or later; the end when none did. */
  firstAt(timeMs: number): number {
    let low = this.#head, high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#records.get(this.#offsets[middle])!.record.arrivalMs < timeMs) low = middle + 1;
      else high = middle;
    }
    return this.#offsets[low] ?? this.#end;
  }

  /** Lets the oldest records before `offset` go while `tooMany` says so of the bytes of those. */
  trim(offset: number, tooMany: (bytes: number) => boolean): void {
    const rest = this.bytesFrom(offset);
    while (this.#head < this.#offsets.length && this.#offsets[this.#head] < offset) {
      if (!tooMany(this.bytesFrom(this.first) - rest)) break;
      this.#records.delete(this.#offsets[this.#head++]);
    }
    if (this.#head > 1024 && this.#head * 2 > this.#offsets.length) {
      this.#offsets = this.#offsets.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#records.clear();
    this.#offsets = [];
    this.#head = 0;
    this.#endRecord = null;
  }
}
