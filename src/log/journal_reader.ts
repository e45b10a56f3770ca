import { RdxError } from "../core/errors.ts";
import type { LogReader, LogRecord } from "../log.ts";
import type { ReadRecord, SegmentReader } from "./segment_reader.ts";
import type { Cursor, RecordWindow } from "./window.ts";

/** What readers need of their journal. */
export interface JournalAccess {
  readonly window: RecordWindow;
  /** A reader of what is on disk, from an offset on. */
  openDisk(offset: number): SegmentReader;
  /** Readers have released something, or have got something. */
  moved(): void;
  left(cursor: Cursor): void;
}

/** Takes the newest records from memory, and those that are no longer there from disk, a piece at a time. */
export class JournalReader implements LogReader {
  readonly #log: JournalAccess;
  readonly #cursor: Cursor;
  /** Read from disk and not yet given. */
  #ahead: LogRecord[] = [];
  #disk: SegmentReader | null = null;
  #loading = false;
  #failure: unknown = null;
  #endGiven = false;
  #closed = false;
  /** Ends of records that were given and not released. */
  readonly #given: number[] = [];

  constructor(log: JournalAccess, cursor: Cursor) {
    this.#log = log;
    this.#cursor = cursor;
    if (this.#peek() === null) this.#load();
  }

  get position(): number {
    return this.#cursor.next;
  }

  get ready(): boolean {
    return !this.#closed && (this.#failure !== null || this.#peek() !== null);
  }

  #peek(): LogRecord | null {
    const { window } = this.#log, { next } = this.#cursor;
    if (this.#ahead.length > 0) return this.#ahead[0];
    const record = window.at(next);
    if (record) return record;
    return next === window.end && !this.#endGiven ? window.last : null;
  }

  next(): LogRecord | null {
    if (this.#closed) return null;
    if (this.#failure !== null) throw this.#failure;
    const record = this.#peek();
    if (!record) return null;
    if (this.#ahead.length > 0) this.#ahead.shift();
    else this.#leaveDisk();
    if (record.kind === "end") this.#endGiven = true;
    this.#cursor.next = record.offset + record.rows;
    this.#given.push(this.#cursor.next);
    if (this.#peek() === null) this.#load();
    return record;
  }

  /** Reads the next piece from disk, if what comes next is no longer in memory. */
  #load(): void {
    if (this.#loading) return;
    this.#loading = true;
    this.#read().catch((thrown) => this.#failure = thrown).finally(() => {
      if (this.#closed && !this.#loading) this.#leaveDisk();
      else if (this.ready) this.#log.moved();
    });
  }

  async #read(): Promise<void> {
    const { window } = this.#log, cursor = this.#cursor;
    try {
      while (!this.#closed && this.#ahead.length === 0 && cursor.next < window.first) {
        this.#disk ??= this.#log.openDisk(cursor.next);
        const records = await this.#disk.read();
        for (const record of records) {
          // Between rows there are marks of producers that brought none.
          if (record.head.kind === "rows" && record.head.rows > 0) this.#ahead.push(recordOf(record));
        }
        // An offset inside a record gives that record whole.
        if (this.#ahead.length > 0) cursor.next = this.#ahead[0].offset;
        else if (records.length === 0) {
          throw new RdxError("internal", `Rows from offset ${cursor.next} on are not on disk`);
        }
      }
    } finally {
      // At once with what was read: whoever takes all of it before anybody is told has the next piece read.
      this.#loading = false;
    }
  }

  #leaveDisk(): void {
    this.#disk?.close();
    this.#disk = null;
  }

  /** Releases whole records that end at or before `offset` and that this reader has read. */
  release(offset: number): void {
    const cursor = this.#cursor, given = this.#given;
    let released = 0;
    while (released < given.length && given[released] <= offset) released++;
    if (released === 0) return;
    cursor.released = given[released - 1];
    given.splice(0, released);
    this.#log.moved();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ahead = [];
    if (!this.#loading) this.#leaveDisk();
    this.#log.left(this.#cursor);
  }
}

function recordOf({ head, parts, aside }: ReadRecord): LogRecord {
  return {
    offset: head.key,
    rows: head.rows,
    kind: "rows",
    frames: parts,
    schema: head.schema,
    arrivalMs: head.arrivalMs,
    bytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
    aside,
  };
}
