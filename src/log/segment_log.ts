import { RdxError, reasonOf } from "../core/errors.ts";
import { JOURNAL_GROUP_BYTES, JOURNAL_OVERLAP_BYTES } from "../core/limits.ts";
import { isFull, type LogFile } from "./device.ts";
import {
  type Prepared,
  prepareRecord,
  RECORD_HEADER_BYTES,
  type RecordHead,
  type RecordParts,
  SEAL,
  SEGMENT_HEADER_BYTES,
  textOf,
  writeRecord,
} from "./format.ts";
import { scanRecords } from "./scan.ts";
import { type Segment, SegmentFiles, type SegmentParts } from "./segment_files.ts";

/** A record that waits for its group. Exactly one of the two is called. */
export interface Staged {
  readonly record: RecordParts;
  /** It is as durable as the log makes it; called in the order of the records. */
  stored(segment: Segment): void;
  /** Neither it nor any that waits behind it is stored; called in the opposite order, so that each can be taken back. */
  refused(reason: RdxError): void;
}

interface Waiting {
  readonly staged: Staged;
  readonly prepared: Prepared;
}

/** A group that is written, and is being synced. */
interface Syncing {
  readonly group: readonly Waiting[];
  readonly file: LogFile;
  /** Behind its last record. */
  readonly end: number;
  /** Never rejects. */
  done: Promise<void>;
}

export interface SegmentLogParts extends SegmentParts {
  /** Called before a segment goes whose records all have no rows, and another with the same first key comes in its place. */
  readonly beforeReplace?: () => Promise<void>;
  /** Called when a segment has begun; what is stored up to now is in those before it. */
  readonly rolled?: (segment: Segment) => void;
}

/** Zeros behind the last record: in a segment that is used again, they stand in front of what was there before. */
const NOTHING_BYTES = 8;
/**
 * The next segment is made ready when this share of one is written. It has twice as many bytes: who writes slowly has its zeros in time, and who writes fast waits for none
 * of them. Sooner, logs that do not grow would have more of the disk than their records.
 */
const PREPARE_FROM = 1 / 2;

/** Groups that are synced at a time. */
const SYNCS_MAX = 2;

/**
 * Records one behind the other in segments. All that wait while one group is written are the next: they share one write and one sync. When they are many bytes before the
 * sync of the group in front of them has ended, they are written and synced beside it, and told behind it. When a sync fails, nobody knows what the disk has: the file is
 * never used again, and nothing more is taken.
 */
export class SegmentLog {
  readonly files: SegmentFiles;
  readonly #parts: SegmentLogParts;
  readonly #segments: Segment[];
  #file: LogFile | null = null;
  /**
   * The same file opened once more: two syncs at a time need one each. The system tells of a write that failed once for each time that a file was opened, and the sync of a
   * later group would hear what is meant for an earlier one.
   */
  #second: LogFile | null = null;
  #opening = false;
  /** Where the next record goes in the last segment; up to where records can be read, since they are stored; up to where that is synced. */
  #written = 0;
  #position = 0;
  #synced = 0;
  #sealed = false;
  /** Behind the position there may be parts of a group that was refused. */
  #spoiled = false;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Waiting[] = [];
  /** In the order of their records. */
  readonly #syncing: Syncing[] = [];
  /** Something has changed for whoever waits to write. */
  #wake = () => {};
  /** The newest group has more than one record. */
  #severalCome = false;
  #running: Promise<void> | null = null;
  #failure: RdxError | null = null;
  #closed = false;
  /** Key of the first segment, while it is not made. */
  #first: number | null = null;

  constructor(folder: string, parts: SegmentLogParts, segments: Segment[] = []) {
    this.#parts = parts;
    this.files = new SegmentFiles(folder, parts);
    this.#segments = segments;
  }

  /**
   * Opens what an earlier process has left. `visit` gets the records of the segments from the one with key `from` on. Resolves to the log, and to what was cut from
   * its end, if anything was. Throws RdxError("invalid") for what is damaged, and has changed nothing then.
   */
  static async open(
    folder: string,
    parts: SegmentLogParts,
    from: number,
    visit: (head: RecordHead, text: Uint8Array<ArrayBuffer>) => void,
  ): Promise<{ log: SegmentLog; cut: string | null }> {
    const files = new SegmentFiles(folder, parts), { segments, unfinished } = await files.list();
    const last = segments.at(-1);
    const log = new SegmentLog(folder, parts, segments);
    let cut: string | null = null;
    for (const segment of segments) {
      if (segment !== last && segment.first < from) continue;
      const bytes = await files.read(segment.name);
      const place = files.path(segment.name);
      const { end, sealed, torn } = scanRecords(bytes, segment.id, parts.checksum, place, (head, at) => {
        visit(head, textOf(bytes, at, head));
      });
      segment.end = end;
      if (segment !== last) {
        if (!sealed) throw files.damaged(segment.name, `it breaks off at byte ${end}, and others follow it`);
        continue;
      }
      if (parts.durability === "fsync") await files.settle(segment);
      if (torn) cut = `${place} was cut at byte ${end}: a group that was never acknowledged stood there`;
      await log.#reopen(segment, end, sealed, bytes);
    }
    await files.remove(unfinished);
    return { log, cut };
  }

  async #reopen(segment: Segment, end: number, sealed: boolean, bytes: Uint8Array): Promise<void> {
    this.#sealed = sealed;
    this.#written = this.#position = this.#synced = end;
    if (!sealed) this.#file = await this.files.reopen(segment, end, bytes);
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Why nothing more can be written, or null. */
  get failure(): RdxError | null {
    return this.#failure;
  }

  /** Up to where the last segment can be read. */
  get position(): number {
    return this.#position;
  }

  /** Bytes of records that wait. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Makes the first segment, so that its folder is there before anything is promised. */
  start(first: number): Promise<void> {
    this.#first = first;
    return this.#kick();
  }

  append(staged: Staged): void {
    if (this.#failure) return staged.refused(this.#failure);
    if (this.#closed) return staged.refused(new RdxError("closing", "The log is closed"));
    const prepared = prepareRecord(staged.record, this.#parts.packer);
    this.#waiting.push({ staged, prepared });
    this.#waitingBytes += prepared.length;
    if (this.#syncing.length > 0 && this.#areMany()) this.#openSecond(this.#last!);
    if (!this.#mustWait()) this.#wake();
    void this.#kick();
  }

  /** Resolves when all that waits is written or refused. */
  async flush(): Promise<void> {
    while (this.#running) await this.#running;
  }

  #kick(): Promise<void> {
    return this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#waiting.length > 0) void this.#kick();
    });
  }

  async #run(): Promise<void> {
    // What fails here is tried again, and told, when there is something to write.
    if (this.#first !== null && this.#segments.length === 0) await this.#begin(this.#first, 0).catch(() => {});
    this.#first = null;
    while (this.#waiting.length > 0 || this.#syncing.length > 0) {
      // Where several come at a time, those of one turn go into one group.
      if (this.#severalCome && this.#waiting.length > 0) await this.#parts.device.turn();
      if (this.#waiting.length > 0 && !this.#mustWait()) await this.#writeNext();
      else if (this.#syncing.length > 0) await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Whether what waits is to come behind a sync that is under way: few records do best to share the next one. */
  #mustWait(): boolean {
    const { length } = this.#syncing;
    if (length === 0) return false;
    const mayOverlap = length < SYNCS_MAX && this.#second !== null && this.#areMany();
    return !mayOverlap || !this.#fits(this.#waiting[0].prepared.length);
  }

  #areMany(): boolean {
    return this.#waitingBytes >= (this.#parts.overlapBytes ?? JOURNAL_OVERLAP_BYTES);
  }

  async #writeNext(): Promise<void> {
    try {
      const [first] = this.#waiting;
      if (!this.#fits(first.prepared.length)) await this.#roll(first.prepared);
      this.#writing = this.#takeGroup();
      this.#severalCome = this.#writing.length > 1;
      await this.#write(this.#writing);
    } catch (thrown) {
      // Without room nothing is lost by trying again; of a disk that fails otherwise, nobody knows what it does next.
      if (!isFull(thrown) && !(thrown instanceof RdxError && thrown.code === "no_space")) this.#fail(thrown, "written");
      return this.#refuse([], this.files.explained(thrown));
    }
    // A sync may have failed meanwhile, and then all are refused already.
    const group = this.#writing.splice(0);
    if (group.length > 0) this.#settle(group);
  }

  /** Syncs what is written, if that is wanted, and tells that it is stored. */
  #settle(group: readonly Waiting[]): void {
    if (this.#parts.durability !== "fsync") return this.#store(group, this.#written);
    const file = this.#syncing[0]?.file === this.#file ? this.#second! : this.#file!;
    const before = this.#syncing.at(-1)?.done;
    const syncing: Syncing = { group, file, end: this.#written, done: Promise.resolve() };
    this.#syncing.push(syncing);
    syncing.done = this.#finish(syncing, file.sync(), before).finally(() => this.#wake());
  }

  async #finish(syncing: Syncing, synced: Promise<void>, before: Promise<void> | undefined): Promise<void> {
    synced.catch(() => {});
    await before;
    // Those behind a group whose sync has failed are refused with it.
    if (this.#syncing[0] !== syncing) return;
    try {
      await synced;
    } catch (thrown) {
      const reason = this.#fail(thrown, "synced");
      return this.#refuse(this.#syncing.splice(0).flatMap(({ group }) => group), reason);
    }
    this.#syncing.shift();
    this.#synced = syncing.end;
    this.#store(syncing.group, syncing.end);
  }

  #store(group: readonly Waiting[], end: number): void {
    const segment = this.#last!;
    this.#position = end;
    for (const { staged } of group) staged.stored(segment);
  }

  /** Opens the last segment once more, beside whatever goes on. Where that cannot be, one sync comes behind the other. */
  #openSecond(segment: Segment): void {
    if (this.#second || this.#opening) return;
    this.#opening = true;
    const opened = this.#parts.device.open(this.files.path(segment.name), "write").then((file) => {
      if (this.#last !== segment || !this.#file) return file.close();
      this.#second = file;
      this.#wake();
    });
    opened.catch(() => {}).finally(() => this.#opening = false);
  }

  /** Refuses these, and all that are behind them. */
  #refuse(group: readonly Waiting[], reason: RdxError): void {
    const refused = [...group, ...this.#writing.splice(0), ...this.#waiting.splice(0)];
    this.#waitingBytes = 0;
    for (const { staged } of refused.reverse()) staged.refused(this.#failure ?? reason);
  }

  get #last(): Segment | null {
    return this.#segments.at(-1) ?? null;
  }

  #fits(bytes: number): boolean {
    return this.#file !== null && !this.#sealed && !this.#spoiled && this.#last !== null &&
      this.#written + bytes + RECORD_HEADER_BYTES <= this.#last.capacity;
  }

  #takeGroup(): Waiting[] {
    let count = 0, bytes = 0;
    for (const { prepared } of this.#waiting) {
      if (count > 0 && (bytes + prepared.length > JOURNAL_GROUP_BYTES || !this.#fits(bytes + prepared.length))) break;
      bytes += prepared.length;
      count++;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const length = group.reduce((sum, { prepared }) => sum + prepared.length, 0);
    const { id: seed, capacity } = this.#last!, { checksum, buffers } = this.#parts;
    const bytes = buffers.take(length + NOTHING_BYTES);
    let at = 0;
    for (const { prepared } of group) {
      writeRecord(bytes, at, prepared, { group: this.#synced, seed, checksum });
      at += prepared.length;
    }
    bytes.fill(0, at);
    try {
      await this.#file!.write(bytes, this.#written);
    } catch (thrown) {
      // It may have left a part: a seal over that ends the segment before anything else is written.
      this.#spoiled = true;
      throw thrown;
    } finally {
      buffers.give(bytes);
    }
    this.#written += length;
    if (this.#written > capacity * PREPARE_FROM) this.files.prepare(capacity);
  }

  async #sync(): Promise<void> {
    try {
      await this.#file!.sync();
    } catch (thrown) {
      throw this.#fail(thrown, "synced");
    }
  }

  #fail(thrown: unknown, what: string): RdxError {
    if (thrown instanceof RdxError && thrown === this.#failure) return thrown;
    const why = `${this.files.folder} could not be ${what} (${reasonOf(thrown)}), and takes nothing more`;
    this.#failure ??= new RdxError("closing", `${why}: see to the disk, then restart`);
    this.#closeFiles();
    return this.#failure;
  }

  #closeFiles(): void {
    this.#file?.close();
    this.#second?.close();
    this.#file = this.#second = null;
  }

  async #seal(): Promise<void> {
    const bytes = new Uint8Array(RECORD_HEADER_BYTES), { checksum } = this.#parts;
    const how = { group: this.#synced, seed: this.#last!.id, checksum };
    writeRecord(bytes, 0, prepareRecord(SEAL, null), how);
    await this.#file!.write(bytes, this.#written);
    await this.#sync();
    this.#last!.end = this.#written;
    this.#sealed = true;
    this.#spoiled = false;
    this.#closeFiles();
  }

  /** Ends the last segment and begins one in which the record has room. */
  async #roll({ record, length }: Prepared): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (this.#file && !this.#sealed) await this.#seal();
    if (this.#last?.first === record.key) await this.#parts.beforeReplace?.();
    await this.#begin(record.key, length);
  }

  async #begin(first: number, length: number): Promise<void> {
    const before = this.#last, least = SEGMENT_HEADER_BYTES + length + RECORD_HEADER_BYTES;
    if (before?.first === first) before.replaced = true;
    const { segment, file } = await this.files.next(first, before, least);
    if (before?.first === first) this.#segments.pop();
    this.#segments.push(segment);
    this.#file = file;
    this.#sealed = false;
    this.#written = this.#position = this.#synced = SEGMENT_HEADER_BYTES;
    this.#parts.rolled?.(segment);
  }

  /** Takes the oldest segments away, as many as are told; the last stays. */
  async drop(count: number): Promise<void> {
    const gone = this.#segments.splice(0, Math.min(count, this.#segments.length - 1));
    const largest = Math.max(...this.#segments.map(({ capacity }) => capacity), 0);
    for (const segment of gone) await this.files.recycle(segment, largest);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    this.#closeFiles();
    await this.files.close();
  }
}
