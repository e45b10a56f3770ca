import { RdxError } from "../core/errors.ts";
import type { Appended, Durability, Log, LogEntry, LogHold, LogReader, LogRecord, PartitionShare } from "../log.ts";
import { ArrivalClock } from "./arrival_clock.ts";
import { bytesOf, checkEntry } from "./entry.ts";
import { boundsOf, hooksOf, type JournalBounds, type JournalParts, Retention, segmentsOf } from "./journal_parts.ts";
import { JournalReader } from "./journal_reader.ts";
import { endOf, partsOfHello, partsOfRecord, takeRecord } from "./journal_records.ts";
import { offsetAtTime } from "./journal_times.ts";
import { readerOf } from "./partition_reader.ts";
import { ProducerTable } from "./producers.ts";
import { loadTable, saveTable } from "./producers_file.ts";
import { SegmentFiles } from "./segment_files.ts";
import { SegmentLog } from "./segment_log.ts";
import { SegmentReader } from "./segment_reader.ts";
import { SharedReads } from "./shared_reads.ts";
import { type Cursor, RecordWindow } from "./window.ts";

const encoder = new TextEncoder();
/** The table of producers is written again when so many times its bytes have been written behind it. */
const TABLE_RATIO = 8;

/**
 * A log on disk: what it has acknowledged survives. A record has its place in the order at once, and is given to readers, and acknowledged, when it
 * is stored. The newest records stay in memory for as long as a reader that keeps up has not released them; who reads older ones reads them from disk, and
 * holds nobody up.
 */
export class JournalLog<Answer> implements Log<Answer> {
  readonly durability: Durability;
  readonly #parts: JournalParts;
  readonly #bounds: JournalBounds;
  readonly #producers: ProducerTable<Answer>;
  readonly #listeners = new Set<() => void>();
  readonly #cursors = new Set<Cursor>();
  readonly #holds = new Set<{ from: number }>();
  readonly #log: SegmentLog;
  readonly #window: RecordWindow;
  readonly #shared: SharedReads;
  readonly #retention: Retention;
  /** As they are when all that waits is stored. */
  #stagedEnd: number;
  #stagedEnded = false;
  #stagedAside: number;
  #stagedBytes = 0;
  readonly arrivals: ArrivalClock;
  #ended = false;
  #newestAside: number;
  #closed = false;
  /** Key of the segment from which on records have to be gone through beside the table of producers that is written down. */
  #tableFrom = 0;
  #tableBytes = 0;
  #writtenBytes = 0;
  /** Housekeeping, one after the other. */
  #tidying: Promise<void> = Promise.resolve();

  private constructor(parts: JournalParts, opened: Opened<Answer>) {
    this.#parts = parts;
    this.#bounds = boundsOf(parts);
    this.durability = parts.segments.durability;
    this.#producers = opened.producers;
    this.#log = opened.log;
    this.#stagedEnd = opened.end;
    this.#stagedAside = this.#newestAside = opened.newestAside;
    this.arrivals = opened.arrivals;
    this.#ended = this.#stagedEnded = opened.endRecord !== null;
    this.#window = new RecordWindow(opened.end);
    this.#shared = new SharedReads(this.#bounds.recentBytesMax, (offset) => new SegmentReader(this.#log, offset));
    if (opened.endRecord) this.#window.push(opened.endRecord);
    this.#tableFrom = opened.tableFrom;
    this.#retention = new Retention(parts, this.#bounds, this.#log);
  }

  /** The log of a new stream. */
  static create<Answer>(folder: string, parts: JournalParts): JournalLog<Answer> {
    const { producersMax, answersMax } = boundsOf(parts), arrivals = new ArrivalClock(parts.clock);
    const log = new SegmentLog(folder, { ...segmentsOf(parts, arrivals), ...hooksOf(() => journal) });
    const producers = new ProducerTable<Answer>(producersMax, answersMax);
    const nothing = { end: 0, newestAside: -1, arrivals, endRecord: null, tableFrom: 0 };
    const journal: JournalLog<Answer> = new JournalLog<Answer>(parts, { log, producers, ...nothing });
    void log.start(0);
    return journal;
  }

  /**
   * The log of a stream that an earlier process has left. `said` gets what was cut from its end. Throws RdxError("invalid") for one that is damaged or
   * incomplete, and has changed nothing then.
   */
  static async open<Answer>(
    folder: string,
    parts: JournalParts,
    said: (cut: string) => void,
  ): Promise<JournalLog<Answer>> {
    const { producersMax, answersMax } = boundsOf(parts),
      producers = new ProducerTable<Answer>(producersMax, answersMax);
    const arrivals = new ArrivalClock(parts.clock), segments = segmentsOf(parts, arrivals);
    const table = await loadTable<Answer>(new SegmentFiles(folder, segments));
    if (table) producers.load(table.producers);
    if (table) arrivals.raise(table.arrivalMs);
    let endRecord: LogRecord | null = null, end = -1, newestAside = table?.newestAside ?? -1;
    const { log, cut } = await SegmentLog.open(
      folder,
      { ...segments, ...hooksOf(() => journal) },
      table?.from ?? 0,
      (head, text) => {
        takeRecord(producers, head, text);
        arrivals.raise(head.arrivalMs);
        newestAside = Math.max(newestAside, head.newestAside);
        end = head.key + head.rows;
        if (head.kind === "end") endRecord = endOf(head);
      },
    );
    end = Math.max(end, log.segments.at(-1)?.first ?? 0);
    if (cut !== null) said(cut);
    const opened = { log, producers, end, newestAside, arrivals, endRecord, tableFrom: table?.from ?? 0 };
    const journal: JournalLog<Answer> = new JournalLog<Answer>(parts, opened);
    if (log.segments.length === 0) await log.start(0);
    return journal;
  }

  get end(): number {
    return this.#window.end;
  }

  get start(): number {
    return this.#retention.start ?? this.#window.end;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get newestAside(): number {
    return this.#newestAside;
  }

  get packs(): boolean {
    return this.#parts.segments.packer !== null;
  }

  get failure(): string | null {
    return this.#log.failure?.message ?? null;
  }

  lastOf(producer: string): number {
    return this.#producers.lastOf(producer);
  }

  get unreadBytes(): number {
    return this.#window.bytesFrom(this.#slowest()) + this.#stagedBytes;
  }

  hasRoom(bytes: number): boolean {
    const unread = this.unreadBytes;
    return unread === 0 || unread + bytes <= this.#bounds.unreadBytesMax;
  }

  append(entry: LogEntry<Answer>): Promise<Appended<Answer>> {
    try {
      return this.#append(entry);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  #append(entry: LogEntry<Answer>): Promise<Appended<Answer>> {
    checkEntry(entry);
    this.#checkOpen();
    const { mark } = entry, repetition = mark && this.#producers.repetition(mark);
    if (repetition) {
      const { answer, stored } = repetition;
      return Promise.resolve(stored).then(() => ({ duplicate: true, answer }));
    }
    if (this.#stagedEnded) throw new RdxError("conflict", "The stream has ended and takes no more rows");
    const bytes = bytesOf(entry.frames);
    if (!this.hasRoom(bytes)) {
      throw new RdxError(
        "busy",
        `The stream holds ${this.unreadBytes} bytes that its pipelines have not taken, at most ${this.#bounds.unreadBytesMax}: try again later`,
      );
    }
    return this.#stage(entry, bytes);
  }

  #checkOpen(): void {
    if (this.#log.failure) throw this.#log.failure;
    if (this.#closed) throw new RdxError("closing", "The log is closed");
  }

  /** Gives the entry its place, and stores it with the next group. */
  #stage(entry: LogEntry<Answer>, bytes: number): Promise<Appended<Answer>> {
    const offset = this.#stagedEnd, answer = entry.answer(offset), { mark, rows, kind, aside = [] } = entry;
    const { promise, resolve, reject } = Promise.withResolvers<Appended<Answer>>();
    const before = { aside: this.#stagedAside, next: mark ? this.#producers.next(mark.producer) : 0 };
    if (mark) this.#producers.note(mark, answer, promise);
    if (aside.length > 0) this.#stagedAside = offset;
    this.#stagedEnd += rows;
    this.#stagedEnded = kind === "end";
    this.#stagedBytes += bytes;
    const { frames, schema, partitions } = entry, arrivalMs = this.arrivals.now(), newestAside = this.#stagedAside;
    const record: LogRecord = { offset, rows, kind, frames, schema, arrivalMs, bytes, aside, partitions };
    this.#log.append({
      record: partsOfRecord(record, newestAside, mark ? { mark, answer } : null, entry),
      stored: (segment) => {
        this.#stagedBytes -= bytes;
        if (mark) this.#producers.stored(mark.producer);
        this.#newestAside = newestAside;
        this.#retention.add(segment, record);
        this.#publish(record);
        resolve({ duplicate: false, answer });
      },
      refused: (reason) => {
        this.#stagedBytes -= bytes;
        this.#stagedEnd -= rows;
        this.#stagedEnded = this.#ended;
        this.#stagedAside = before.aside;
        if (mark) this.#producers.undo(mark.producer, before.next);
        reject(reason);
      },
    });
    return promise;
  }

  #publish(record: LogRecord): void {
    this.#writtenBytes += record.bytes;
    if (record.rows === 0 && record.kind === "rows") return;
    this.#window.push(record);
    this.#ended = record.kind === "end";
    this.#trim();
    this.#changed();
  }

  hello(producer: string): Promise<{ epoch: number; next: number }> {
    this.#checkOpen();
    const epoch = this.#producers.hello(producer), next = this.#producers.next(producer);
    const { promise, resolve, reject } = Promise.withResolvers<{ epoch: number; next: number }>();
    const place = { offset: this.#stagedEnd, arrivalMs: this.arrivals.now(), newestAside: this.#stagedAside };
    this.#log.append({
      record: partsOfHello(producer, epoch, place),
      stored: () => {
        this.#producers.epochStored(producer, epoch);
        resolve({ epoch, next });
      },
      refused: reject,
    });
    return promise;
  }

  /** See `Log.reader`. What is no longer in memory is read from disk: the position is exact once something was read. */
  reader(from: number | "earliest" | "latest", only?: PartitionShare): LogReader {
    const next = from === "earliest" ? this.start : this.#recordAt(from === "latest" ? this.end : from);
    const cursor: Cursor = { next, released: next };
    this.#cursors.add(cursor);
    const reader = new JournalReader({
      window: this.#window,
      shared: only ? this.#shared : null,
      openDisk: (offset) => new SegmentReader(this.#log, offset),
      moved: () => this.#moved(),
      left: (gone) => void (this.#cursors.delete(gone) && this.#moved()),
    }, cursor);
    return readerOf(reader, from, only);
  }

  #moved(): void {
    this.#trim();
    this.#changed();
  }

  async offsetAt(timeMs: number): Promise<number> {
    const kept = this.hold(this.start);
    return await offsetAtTime(this.#log, this.#window, this.start, timeMs).finally(kept.close);
  }

  #recordAt(offset: number): number {
    if (!(offset >= this.start)) {
      throw new RdxError("not_found", `Offset ${offset} is no longer kept: the oldest is ${this.start}`);
    }
    if (offset > this.end) {
      throw new RdxError("invalid", `Offset ${offset} does not exist yet: the stream ends at ${this.end}`);
    }
    return offset >= this.#window.first ? this.#window.recordAround(offset) : offset;
  }

  hold(offset: number): LogHold {
    const hold = { from: offset };
    this.#holds.add(hold);
    return {
      move: (to) => {
        hold.from = to;
        this.#trim();
      },
      close: () => {
        this.#holds.delete(hold);
        this.#trim();
      },
    };
  }

  retain(forMs: number | null, bytesMax: number | null = null): void {
    this.#retention.forMs = forMs ?? Infinity;
    this.#retention.bytesMax = bytesMax;
    this.#trim();
  }

  onChange(listener: () => void): () => void {
    // Wrapped, so that a listener that is added twice is called twice and ends apart.
    const call = () => listener();
    this.#listeners.add(call);
    return () => void this.#listeners.delete(call);
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Offset of the first record in memory that some reader which keeps up has not released. */
  #slowest(): number {
    const { first, end } = this.#window;
    let slowest = end;
    for (const { next, released } of this.#cursors) {
      if (next >= first) slowest = Math.min(slowest, Math.max(first, released));
    }
    return slowest;
  }

  #trim(): void {
    this.#window.trim(this.#slowest(), (bytes) => bytes > this.#bounds.cacheBytesMax);
    let needed = this.#window.end;
    for (const { released } of this.#cursors) needed = Math.min(needed, released);
    if (this.#cursors.values().every(({ next }) => next >= this.#window.first)) this.#shared.clear();
    for (const { from } of this.#holds) needed = Math.min(needed, from);
    if (!this.#retention.trim(needed, this.#window.end)) return;
    this.#window.trim(this.start, () => true);
    this.#tidy();
  }

  /** Takes away what retention has given up, as far as the table of producers no longer needs it. */
  #tidy(): void {
    this.#later(async () => {
      const gone = this.#retention.gone;
      if (gone > 0 && this.#log.segments[gone - 1].first >= this.#tableFrom) await this.#saveTable(this.#lastFirst());
      await this.#log.drop(this.#retention.take());
    });
  }

  #lastFirst(): number {
    return this.#log.segments.at(-1)!.first;
  }

  #later(work: () => Promise<void>): Promise<void> {
    // What cannot be tidied now is tidied with what follows; that it cannot is no reason to refuse rows.
    return this.#tidying = this.#tidying.then(work).catch(() => {});
  }

  /** Called between two groups: all that was stored is in the segments before this one. */
  rolled(): void {
    this.#parts.made?.(this.#lastFirst());
    if (this.#writtenBytes < this.#tableBytes * TABLE_RATIO) return;
    const from = this.#lastFirst(), text = this.#tableText(from);
    this.#later(() => this.#saveTable(from, text));
  }

  /** See `SegmentLogParts.beforeReplace`. */
  async beforeReplace(): Promise<void> {
    await this.#tidying;
    await this.#saveTable(this.#lastFirst());
  }

  #tableText(from: number): Uint8Array {
    const newestAside = this.#newestAside, producers = this.#producers.save();
    const table = { version: 1, from, newestAside, arrivalMs: this.arrivals.now(), producers };
    return encoder.encode(JSON.stringify(table));
  }

  async #saveTable(from: number, text = this.#tableText(from)): Promise<void> {
    await saveTable(this.#log.files, text);
    this.#tableFrom = from;
    this.#tableBytes = text.length;
    this.#writtenBytes = 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#log.close();
    await this.#tidying;
    this.#window.clear();
    this.#cursors.clear();
    this.#retention.close();
    this.#changed();
    this.#listeners.clear();
  }
}

interface Opened<Answer> {
  readonly log: SegmentLog;
  readonly producers: ProducerTable<Answer>;
  readonly end: number;
  readonly newestAside: number;
  readonly arrivals: ArrivalClock;
  readonly endRecord: LogRecord | null;
  readonly tableFrom: number;
}
