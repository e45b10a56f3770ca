import { RdxError, reasonOf } from "../core/errors.ts";
import { JOURNAL_GROUP_BYTES } from "../core/limits.ts";
import { isFull, type LogFile } from "./device.ts";
import {
  type Prepared,
  prepareRecord,
  RECORD_HEADER_BYTES,
  type RecordHead,
  type RecordParts,
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

export interface SegmentLogParts extends SegmentParts {
  /** Called before a segment goes whose records all have no rows, and another with the same first key comes in its place. */
  readonly beforeReplace?: () => Promise<void>;
  /** Called when a segment has begun; what is stored up to now is in those before it. */
  readonly rolled?: (segment: Segment) => void;
}

/** Zeros behind the last record: in a segment that is used again, they stand in front of what was there before. */
const NOTHING_BYTES = 8;
/** The next segment is made ready when this share of one is written. */
const PREPARE_FROM = 3 / 4;

const SEAL: RecordParts = {
  kind: "seal",
  key: 0,
  rows: 0,
  schema: 0,
  arrivalMs: 0,
  newestAside: -1,
  text: new Uint8Array(),
  parts: [],
  aside: [],
};

/**
 * Records one behind the other in segments. All that wait while one group is written are the next: they share one write and one sync. When a sync
 * fails, nobody knows what the disk has: the file is never used again, and nothing more is taken.
 */
export class SegmentLog {
  readonly files: SegmentFiles;
  readonly #parts: SegmentLogParts;
  readonly #segments: Segment[];
  #file: LogFile | null = null;
  /** Where the next record goes in the last segment, and up to where that is synced. */
  #position = 0;
  #synced = 0;
  #sealed = false;
  /** Behind the position there may be parts of a group that was refused. */
  #spoiled = false;
  #waiting: Waiting[] = [];
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
      if (torn) cut = `${place} was cut at byte ${end}: a group that was never acknowledged stood there`;
      await log.#reopen(segment, end, sealed, bytes);
    }
    await files.remove(unfinished);
    return { log, cut };
  }

  async #reopen(segment: Segment, end: number, sealed: boolean, bytes: Uint8Array): Promise<void> {
    this.#sealed = sealed;
    this.#position = this.#synced = end;
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
    return this.#waiting.reduce((sum, { prepared }) => sum + prepared.length, 0);
  }

  /** Makes the first segment, so that its folder is there before anything is promised. */
  start(first: number): Promise<void> {
    this.#first = first;
    return this.#kick();
  }

  append(staged: Staged): void {
    if (this.#failure) return staged.refused(this.#failure);
    if (this.#closed) return staged.refused(new RdxError("closing", "The log is closed"));
    this.#waiting.push({ staged, prepared: prepareRecord(staged.record, this.#parts.packer) });
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
    while (this.#waiting.length > 0) {
      let group: Waiting[] = [];
      // Where several come at a time, those of one turn go into one group.
      if (this.#severalCome) await this.#parts.device.turn();
      try {
        const [first] = this.#waiting;
        if (!this.#fits(first.prepared.length)) await this.#roll(first.prepared);
        group = this.#takeGroup();
        this.#severalCome = group.length > 1;
        await this.#write(group);
      } catch (thrown) {
        // Without room nothing is lost by trying again; of a disk that fails otherwise, nobody knows what it does next.
        if (!isFull(thrown) && !(thrown instanceof RdxError && thrown.code === "no_space")) {
          this.#fail(thrown, "written");
        }
        this.#refuse([...group, ...this.#waiting.splice(0)], this.files.explained(thrown));
        continue;
      }
      const segment = this.#last!;
      for (const { staged } of group) staged.stored(segment);
    }
  }

  #refuse(refused: readonly Waiting[], reason: RdxError): void {
    for (const { staged } of [...refused].reverse()) staged.refused(this.#failure ?? reason);
  }

  get #last(): Segment | null {
    return this.#segments.at(-1) ?? null;
  }

  #fits(bytes: number): boolean {
    return this.#file !== null && !this.#sealed && !this.#spoiled && this.#last !== null &&
      this.#position + bytes + RECORD_HEADER_BYTES <= this.#last.capacity;
  }

  #takeGroup(): Waiting[] {
    let count = 0, bytes = 0;
    for (const { prepared } of this.#waiting) {
      if (count > 0 && (bytes + prepared.length > JOURNAL_GROUP_BYTES || !this.#fits(bytes + prepared.length))) break;
      bytes += prepared.length;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const length = group.reduce((sum, { prepared }) => sum + prepared.length, 0);
    const { id: seed, capacity } = this.#last!, { checksum, durability, buffers } = this.#parts;
    const bytes = buffers.take(length + NOTHING_BYTES);
    let at = 0;
    for (const { prepared } of group) {
      writeRecord(bytes, at, prepared, { group: this.#synced, seed, checksum });
      at += prepared.length;
    }
    try {
      await this.#file!.write(bytes, this.#position);
    } catch (thrown) {
      // It may have left a part: a seal over that ends the segment before anything else is written.
      this.#spoiled = true;
      throw thrown;
    } finally {
      buffers.give(bytes);
    }
    if (durability === "fsync") await this.#sync();
    this.#position += length;
    if (durability === "fsync") this.#synced = this.#position;
    if (this.#position > capacity * PREPARE_FROM) this.files.prepare(capacity);
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
    this.#file?.close();
    this.#file = null;
    return this.#failure;
  }

  async #seal(): Promise<void> {
    const bytes = new Uint8Array(RECORD_HEADER_BYTES), { checksum } = this.#parts;
    const how = { group: this.#synced, seed: this.#last!.id, checksum };
    writeRecord(bytes, 0, prepareRecord(SEAL, null), how);
    await this.#file!.write(bytes, this.#position);
    await this.#sync();
    this.#last!.end = this.#position;
    this.#sealed = true;
    this.#spoiled = false;
    this.#file!.close();
    this.#file = null;
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
    const { segment, file } = await this.files.next(first, before, least);
    if (before?.first === first) this.#segments.pop();
    this.#segments.push(segment);
    this.#file = file;
    this.#sealed = false;
    this.#position = this.#synced = SEGMENT_HEADER_BYTES;
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
    this.#file?.close();
    this.#file = null;
    await this.files.close();
  }
}
