import type { Clock } from "../core/clock.ts";
import { RdxError } from "../core/errors.ts";
import {
  LOG_RETAINED_BYTES_MAX,
  LOG_UNREAD_BYTES_MAX,
  LOGS_RETAINED_BYTES_MAX,
  PRODUCER_ANSWERS_MAX,
  PRODUCERS_MAX,
} from "../core/limits.ts";
import type { Appended, Log, LogEntry, LogFactory, LogHold, LogReader, LogRecord, PartitionShare } from "../log.ts";
import { ArrivalClock } from "./arrival_clock.ts";
import { bytesOf, checkEntry } from "./entry.ts";
import { readerOf } from "./partition_reader.ts";
import { ProducerTable } from "./producers.ts";

/** What a log in memory may hold; the limits of the engine unless told otherwise. */
export interface LogBounds {
  readonly unreadBytesMax: number;
  readonly retainedBytesMax: number;
  /** Of all logs that share their room for what is retained. */
  readonly allRetainedBytesMax: number;
  readonly producersMax: number;
  readonly answersMax: number;
}

const DEFAULT_BOUNDS: LogBounds = {
  unreadBytesMax: LOG_UNREAD_BYTES_MAX,
  retainedBytesMax: LOG_RETAINED_BYTES_MAX,
  allRetainedBytesMax: LOGS_RETAINED_BYTES_MAX,
  producersMax: PRODUCERS_MAX,
  answersMax: PRODUCER_ANSWERS_MAX,
};

/** What several logs retain together. */
interface Retained {
  bytes: number;
}

/** A record and the bytes of all records before it, so that the bytes between two records are one subtraction. */
interface Kept extends LogRecord {
  readonly bytesBefore: number;
  /** When it came, monotonic. */
  readonly cameMs: number;
}

/** Where a reader stands, in ordinals: offsets cannot tell records without rows apart. */
interface Cursor {
  next: number;
  released: number;
}

/**
 * A log in memory: as durable as the process. Records that every reader has released stay for late readers up to
 * `retainedBytesMax`, or less where many logs share their room, then the oldest leave; while nobody reads, all records count as released, so that a stream
 * without a pipeline never refuses its producers.
 */
export class MemoryLog<Answer> implements Log<Answer> {
  readonly arrivals: ArrivalClock;
  readonly #bounds: LogBounds;
  readonly #producers: ProducerTable<Answer>;
  /** By ordinal, `#first` to `#count` - 1. */
  readonly #records = new Map<number, Kept>();
  readonly #cursors = new Set<Cursor>();
  readonly #listeners = new Set<() => void>();
  #first = 0;
  #count = 0;
  #bytes = 0;
  #end = 0;
  readonly #clock: Pick<Clock, "monotonic">;
  #retentionMs = Infinity;
  /** Null: the log's bound. */
  #retentionBytes: number | null = null;
  #ended = false;
  #closed = false;
  #newestAside = -1;
  readonly #holds = new Set<{ from: number }>();
  /** Of all logs that share it, and what of that is this one's. */
  readonly #shared: Retained;
  #retainedBytes = 0;

  constructor(clock: Clock, bounds: Partial<LogBounds> = {}, shared: Retained = { bytes: 0 }) {
    this.#clock = clock;
    this.arrivals = new ArrivalClock(clock);
    this.#shared = shared;
    this.#bounds = { ...DEFAULT_BOUNDS, ...bounds };
    this.#producers = new ProducerTable(this.#bounds.producersMax, this.#bounds.answersMax);
  }

  get end(): number {
    return this.#end;
  }

  get start(): number {
    return this.#records.get(this.#first)?.offset ?? this.#end;
  }

  get ended(): boolean {
    return this.#ended;
  }

  readonly durability = "none";
  readonly failure = null;

  get newestAside(): number {
    return this.#newestAside;
  }

  lastOf(producer: string): number {
    return this.#producers.lastOf(producer);
  }

  hello(producer: string): Promise<{ epoch: number; next: number }> {
    const epoch = this.#producers.hello(producer);
    this.#producers.epochStored(producer, epoch);
    return Promise.resolve({ epoch, next: this.#producers.next(producer) });
  }

  hold(offset: number): LogHold {
    const hold = { from: offset };
    this.#holds.add(hold);
    const moved = () => {
      this.#trim();
    };
    return {
      move(to) {
        hold.from = to;
        moved();
      },
      close: () => {
        this.#holds.delete(hold);
        moved();
      },
    };
  }

  get unreadBytes(): number {
    return this.#bytes - this.#bytesBefore(this.#slowest());
  }

  hasRoom(bytes: number): boolean {
    const unread = this.unreadBytes;
    return unread === 0 || unread + bytes <= this.#bounds.unreadBytesMax;
  }

  /** See `Log.append`; what it does, it does before it returns its promise. */
  append(entry: LogEntry<Answer>): Promise<Appended<Answer>> {
    try {
      return Promise.resolve(this.#append(entry));
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  #append(entry: LogEntry<Answer>): Appended<Answer> {
    checkEntry(entry);
    if (this.#closed) throw new RdxError("closing", "The log is closed");
    const repetition = entry.mark && this.#producers.repetition(entry.mark);
    if (repetition) return { duplicate: true, answer: repetition.answer };
    if (this.#ended) throw new RdxError("conflict", "The stream has ended and takes no more rows");
    const bytes = bytesOf(entry.frames);
    if (!this.hasRoom(bytes)) {
      throw new RdxError(
        "busy",
        `The stream holds ${this.unreadBytes} bytes that its pipelines have not taken, at most ${this.#bounds.unreadBytesMax}: try again later`,
      );
    }
    const answer = entry.answer(this.#end);
    if (entry.mark) this.#producers.note(entry.mark, answer);
    if (entry.rows > 0 || entry.kind === "end") {
      this.#store(entry, bytes);
      this.#trim();
      this.#changed();
    }
    return { duplicate: false, answer };
  }

  #store(entry: LogEntry<Answer>, bytes: number): void {
    this.#records.set(this.#count++, {
      offset: this.#end,
      rows: entry.rows,
      kind: entry.kind,
      frames: entry.frames,
      schema: entry.schema,
      arrivalMs: this.arrivals.now(),
      bytes,
      aside: entry.aside ?? [],
      ...(entry.partitions ? { partitions: entry.partitions } : {}),
      bytesBefore: this.#bytes,
      cameMs: this.#clock.monotonic(),
    });
    if (entry.aside && entry.aside.length > 0) this.#newestAside = this.#end;
    this.#bytes += bytes;
    this.#end += entry.rows;
    this.#ended = entry.kind === "end";
  }

  /**
   * A reader at `from`. An offset inside a record gives that record whole. Throws RdxError("not_found") for offsets that
   * are no longer kept, RdxError("invalid") for those that do not exist yet.
   */
  reader(from: number | "earliest" | "latest", only?: PartitionShare): LogReader {
    const next = from === "earliest" ? this.#first : this.#ordinalAt(from === "latest" ? this.#end : from);
    const cursor: Cursor = { next, released: next };
    this.#cursors.add(cursor);
    return readerOf(new MemoryReader(this.#access, cursor), from, only);
  }

  offsetAt(timeMs: number): Promise<number> {
    let low = this.#first, high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#records.get(middle)!.arrivalMs < timeMs) low = middle + 1;
      else high = middle;
    }
    return Promise.resolve(this.#records.get(low)?.offset ?? this.#end);
  }

  onChange(listener: () => void): () => void {
    // Wrapped, so that a listener that is added twice is called twice and ends apart.
    const call = () => listener();
    this.#listeners.add(call);
    return () => void this.#listeners.delete(call);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#records.clear();
    this.#first = this.#count;
    this.#share(0);
    this.#cursors.clear();
    this.#changed();
    this.#listeners.clear();
    return Promise.resolve();
  }

  /** What readers may touch. */
  readonly #access: Access = {
    record: (ordinal) => this.#records.get(ordinal) ?? null,
    endOffset: () => this.#end,
    moved: () => {
      this.#trim();
      this.#changed();
    },
    left: (cursor) => {
      if (!this.#cursors.delete(cursor)) return;
      this.#trim();
      this.#changed();
    },
  };

  /** Ordinal of the first record that some reader has not released. */
  #slowest(): number {
    let ordinal = this.#count;
    for (const cursor of this.#cursors) ordinal = Math.min(ordinal, cursor.released);
    return ordinal;
  }

  #bytesBefore(ordinal: number): number {
    return this.#records.get(ordinal)?.bytesBefore ?? this.#bytes;
  }

  /** The record in which row `offset` lies, by binary search; at the end, the end record or the one to come. */
  #ordinalAt(offset: number): number {
    if (!(offset >= this.start)) {
      throw new RdxError("not_found", `Offset ${offset} is no longer kept: the oldest is ${this.start}`);
    }
    if (offset > this.#end) {
      throw new RdxError("invalid", `Offset ${offset} does not exist yet: the stream ends at ${this.#end}`);
    }
    let low = this.#first, high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1, record = this.#records.get(middle) as Kept;
      if (record.kind === "rows" && record.offset + record.rows <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #trim(): void {
    const needed = this.#slowest(), neededBytes = this.#bytesBefore(needed);
    const { retainedBytesMax, allRetainedBytesMax } = this.#bounds, others = this.#shared.bytes - this.#retainedBytes;
    const most = Math.min(this.#retentionBytes ?? retainedBytesMax, Math.max(0, allRetainedBytesMax - others));
    // A wall clock that is set makes nothing old.
    const oldestMs = this.#clock.monotonic() - this.#retentionMs;
    const held = Math.min(Infinity, ...[...this.#holds].map(({ from }) => from));
    while (this.#first < needed) {
      const { offset, rows } = this.#records.get(this.#first)!;
      if (offset + rows > held) break;
      const tooMuch = neededBytes - this.#bytesBefore(this.#first) > most;
      const { cameMs, kind } = this.#records.get(this.#first)!;
      if (kind === "end" || (!tooMuch && cameMs >= oldestMs)) break;
      this.#records.delete(this.#first++);
    }
    this.#share(neededBytes - this.#bytesBefore(this.#first));
  }

  retain(forMs: number | null, bytesMax: number | null = null): void {
    this.#retentionMs = forMs ?? Infinity;
    this.#retentionBytes = bytesMax;
    this.#trim();
  }

  /** Says to the other logs how much this one retains. */
  #share(bytes: number): void {
    this.#shared.bytes += bytes - this.#retainedBytes;
    this.#retainedBytes = bytes;
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

interface Access {
  record(ordinal: number): LogRecord | null;
  endOffset(): number;
  moved(): void;
  left(cursor: Cursor): void;
}

class MemoryReader implements LogReader {
  readonly #log: Access;
  readonly #cursor: Cursor;

  constructor(log: Access, cursor: Cursor) {
    this.#log = log;
    this.#cursor = cursor;
  }

  get position(): number {
    return this.#log.record(this.#cursor.next)?.offset ?? this.#log.endOffset();
  }

  get ready(): boolean {
    return this.#log.record(this.#cursor.next) !== null;
  }

  next(): LogRecord | null {
    const record = this.#log.record(this.#cursor.next);
    if (record) this.#cursor.next++;
    return record;
  }

  /** Releases whole records that end at or before `offset` and that this reader has read. */
  release(offset: number): void {
    const cursor = this.#cursor, before = cursor.released;
    while (cursor.released < cursor.next) {
      const record = this.#log.record(cursor.released);
      if (!record || record.offset + record.rows > offset) break;
      cursor.released++;
    }
    if (cursor.released !== before) this.#log.moved();
  }

  close(): void {
    this.#log.left(this.#cursor);
    this.#cursor.next = Infinity;
  }
}

/** Makes logs in memory, all with one clock, that share their room for what is retained. */
export function memoryLogs(clock: Clock, bounds: Partial<LogBounds> = {}): LogFactory {
  const shared: Retained = { bytes: 0 };
  return <Answer>() => new MemoryLog<Answer>(clock, bounds, shared);
}
