import { RdxError } from "../core/errors.ts";
import type { LogReader, LogRecord } from "../log.ts";
import type { SegmentReader } from "./segment_reader.ts";
import { type ReadPiece, readPiece, type SharedReads } from "./shared_reads.ts";
import type { Cursor, RecordWindow } from "./window.ts";

/** What readers need of their journal. */
export interface JournalAccess {
  readonly window: RecordWindow;
  /** What is read from disk together with others; null: it is read by itself. */
  readonly shared: SharedReads | null;
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
    if (this.#closed) return false;
    if (this.#failure !== null || this.#peek() !== null) return true;
    // What another had read, and was to be taken from there, may have left.
    if (this.#cursor.next < this.#log.window.first) this.#load();
    return false;
  }

  #peek(): LogRecord | null {
    const { window } = this.#log, { next } = this.#cursor;
    if (this.#ahead.length > 0) return this.#ahead[0];
    const record = window.at(next) ?? this.#log.shared?.at(next);
    if (record) return record;
    return next === window.end && !this.#endGiven ? window.last : null;
  }

  next(): LogRecord | null {
    if (this.#closed) return null;
    if (this.#failure !== null) throw this.#failure;
    const record = this.#peek();
    if (!record) return null;
    if (this.#ahead.length > 0) this.#ahead.shift();
    else if (!this.#loading && this.#cursor.next >= this.#log.window.first) this.#leaveDisk();
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
    const { window, shared } = this.#log, cursor = this.#cursor;
    try {
      while (!this.#closed && this.#ahead.length === 0 && cursor.next < window.first) {
        const piece = await (shared ? shared.read(cursor.next) : this.#own());
        // What another has read meanwhile may have been given.
        this.#ahead = piece?.records.filter(({ offset, rows }) => offset + rows > cursor.next) ?? [];
        // An offset inside a record gives that record whole.
        if (this.#ahead.length > 0) cursor.next = this.#ahead[0].offset;
        else if (shared?.at(cursor.next)) return;
        else if (piece?.isEnd && cursor.next < window.first) {
          throw new RdxError("internal", `Rows from offset ${cursor.next} on are not on disk`);
        }
      }
    } finally {
      // At once with what was read: whoever takes all of it before anybody is told has the next piece read.
      this.#loading = false;
    }
  }

  #own(): Promise<ReadPiece> {
    const { next } = this.#cursor;
    this.#disk ??= this.#log.openDisk(next);
    this.#disk.skip(next);
    return readPiece(this.#disk, next);
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
