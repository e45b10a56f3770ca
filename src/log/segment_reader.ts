import { JOURNAL_PIECE_BYTES } from "../core/limits.ts";
import type { LogFile } from "./device.ts";
import {
  partsOf,
  readRecordHead,
  RECORD_HEADER_BYTES,
  type RecordHead,
  SEGMENT_HEADER_BYTES,
  textOf,
} from "./format.ts";
import { wholeAt } from "./scan.ts";
import type { Segment } from "./segment_files.ts";
import type { SegmentLog } from "./segment_log.ts";

/** A record as it was read. */
export interface ReadRecord {
  readonly head: RecordHead;
  readonly text: Uint8Array<ArrayBuffer>;
  readonly parts: readonly ArrayBuffer[];
  readonly aside: readonly ArrayBuffer[];
}

/** Reads the records of a log from disk, one behind the other, in bounded pieces. What it reads must not be dropped meanwhile. */
export class SegmentReader {
  readonly #log: SegmentLog;
  #segment: Segment | null = null;
  #file: LogFile | null = null;
  #at = SEGMENT_HEADER_BYTES;
  #key: number;

  /** From the record on in which `key` lies, or that has it. */
  constructor(log: SegmentLog, key: number) {
    this.#log = log;
    this.#key = key;
  }

  /** Records that end at `key` or before are not wanted. */
  skip(key: number): void {
    this.#key = Math.max(this.#key, key);
  }

  /**
   * The next records, of one piece; none when all that is stored was read. Throws RdxError("invalid") for what is damaged, with the place.
   */
  async read(): Promise<ReadRecord[]> {
    while (true) {
      const segment = this.#segment ??= this.#find();
      if (!segment) return [];
      const { files } = this.#log;
      this.#file ??= await files.parts.device.open(files.path(segment.name), "read");
      if (segment.replaced) {
        this.#leave(segment);
        if (this.#segment === null) return [];
        continue;
      }
      // Looked at when it is open: meanwhile others may have begun behind it, and the position is that of the last
      const end = this.#log.segments.at(-1) === segment ? this.#log.position : segment.capacity;
      const { records, sealed, more } = await this.#piece(this.#file, segment, end);
      if (sealed) this.#leave(segment);
      if (records.length > 0 || (!sealed && !more)) return records;
    }
  }

  #find(): Segment | null {
    const { segments } = this.#log;
    return segments.findLast(({ first }) => first <= this.#key) ?? segments[0] ?? null;
  }

  /** Goes on in the segment behind. */
  #leave(segment: Segment): void {
    const { segments } = this.#log, at = segments.indexOf(segment);
    this.close();
    // One that is no longer there had no rows, and another has its place.
    const next = at >= 0 ? segments[at + 1] : segments.find(({ first }) => first >= segment.first);
    this.#segment = next ?? null;
    this.#key = this.#segment?.first ?? this.#key;
    this.#at = SEGMENT_HEADER_BYTES;
  }

  async #piece(file: LogFile, segment: Segment, end: number) {
    const records: ReadRecord[] = [], { checksum, unpacker } = this.#log.files.parts, from = this.#at;
    if (from + RECORD_HEADER_BYTES > end) return { records, sealed: false, more: false };
    const bytes = await this.#bytes(file, end);
    let at = 0;
    while (at + RECORD_HEADER_BYTES <= bytes.length) {
      const length = readRecordHead(bytes, at)?.length ?? 0;
      if (length > 0 && at + length > bytes.length && from + at + length <= end) break;
      const head = wholeAt(bytes, at, segment.id, checksum);
      if (!head) throw this.#log.files.damaged(segment.name, `its record at byte ${from + at} is damaged`);
      if (head.kind === "seal") return { records, sealed: true, more: false };
      if (head.key + head.rows > this.#key || head.rows === 0) {
        records.push({ head, text: textOf(bytes, at, head), ...partsOf(bytes, at, head, unpacker) });
      }
      at += head.length;
    }
    this.#at += at;
    return { records, sealed: false, more: at > 0 };
  }

  /** A piece, or the whole of a record that is longer. */
  async #bytes(file: LogFile, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const read = async (length: number) => {
      const bytes = new Uint8Array(Math.min(length, end - this.#at));
      return bytes.subarray(0, await file.read(bytes, this.#at));
    };
    const bytes = await read(JOURNAL_PIECE_BYTES), first = readRecordHead(bytes, 0)?.length ?? 0;
    return first > bytes.length && this.#at + first <= end ? await read(first) : bytes;
  }

  /** What it reads next was not dropped: its file may be another's by now. */
  get isThere(): boolean {
    return this.#segment === null || this.#log.segments.includes(this.#segment);
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }
}
