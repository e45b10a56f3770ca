import type { ColdFile } from "../core/cold_file.ts";
import { isFull } from "../core/device.ts";
import { RdxError, reasonOf } from "../core/errors.ts";
import { COLD_CHUNK_BYTES, COLD_FILE_BYTES_MAX, COLD_SEGMENT_BYTES } from "../core/limits.ts";
import { ColdIndex } from "./cold_index.ts";

/** Places in the file are numbers of 16 bytes each: 32 bits are enough for them. */
export const UNIT = 16;
/** Offsets in a record (asm/group/cold.ts). */
const HASH_LOW = 8, HASH_HIGH = 12, EPOCH = 16, STATE = 20, HEADER = 32;

interface Segment {
  /** Bytes that were written, and of these, those of records that count. */
  end: number;
  live: number;
  /** What a cut has gone through already. */
  cut: number;
}

/** A record that counts, in a chunk of the file. */
export interface FoundRecord {
  /** Offset in the chunk. */
  readonly at: number;
  readonly epoch: number;
  readonly state: number;
}

/** A part of the file that a drain has yet to go through. */
interface Range {
  at: number;
  readonly end: number;
}

/**
 * Records in a working file, which is written segment by segment; places of segments of which nothing counts are written again. When more than
 * half of what was written does not count, the emptiest segments are, in pieces, gone through, and what counts is written anew.
 */
export class ColdSegments {
  readonly index = new ColdIndex();
  readonly #file: ColdFile;
  #segments: Segment[] = [];
  #free: number[] = [];
  /** The segment that is written, and the one that is gone through; −1: none. */
  #current = -1;
  #victim = -1;
  #victimAt = 0;
  #written = 0;
  #live = 0;
  #ranges: Range[] = [];
  readonly #chunk = new Uint8Array(COLD_CHUNK_BYTES);

  constructor(file: ColdFile) {
    this.#file = file;
  }

  /** Bytes of the records that count. */
  get bytes(): number {
    return this.#live;
  }

  /** Bytes of all segments that have something in them. */
  get writtenBytes(): number {
    return this.#written;
  }

  /** Writes whole records. Throws RdxError("no_space"). */
  append(bytes: Uint8Array<ArrayBuffer>): void {
    const start = this.#write(bytes), view = viewOf(bytes);
    for (let at = 0; at < bytes.length;) {
      const size = view.getUint32(at, true), [low, high] = hashAt(view, at);
      this.index.add(low, high, (start + at) / UNIT, size / UNIT);
      at += size;
    }
  }

  #write(bytes: Uint8Array<ArrayBuffer>): number {
    let segment = this.#segments[this.#current];
    if (!segment || segment.end + bytes.length > COLD_SEGMENT_BYTES) segment = this.#next();
    const start = this.#current * COLD_SEGMENT_BYTES + segment.end;
    try {
      this.#file.write(start, bytes);
    } catch (thrown) {
      const why = isFull(thrown) ? "the disk has no room" : reasonOf(thrown);
      throw new RdxError("no_space", `Cannot write cold rows of state to their file: ${why}`);
    }
    segment.end += bytes.length;
    segment.live += bytes.length;
    this.#written += bytes.length;
    this.#live += bytes.length;
    return start;
  }

  /** Begins a segment. */
  #next(): Segment {
    const before = this.#current, place = this.#free.pop() ?? this.#segments.length;
    if ((place + 1) * COLD_SEGMENT_BYTES > COLD_FILE_BYTES_MAX) {
      throw new RdxError("no_space", `Cannot keep more than ${COLD_FILE_BYTES_MAX} bytes of cold rows in one task`);
    }
    this.#current = place;
    if (before >= 0) this.#letGo(before);
    return this.#segments[place] = { end: 0, live: 0, cut: 0 };
  }

  /** A segment that is not written any more and of which nothing counts is written again. */
  #letGo(place: number): void {
    const segment = this.#segments[place];
    if (segment.live > 0 || segment.end === 0 || place === this.#current) return;
    this.#written -= segment.end;
    segment.end = segment.cut = 0;
    this.#free.push(place);
    if (place === this.#victim) this.#victim = -1;
  }

  /** A record counts no more. */
  drop(at: number, size: number): void {
    const place = Math.floor(at * UNIT / COLD_SEGMENT_BYTES);
    this.#segments[place].live -= size * UNIT;
    this.#live -= size * UNIT;
    this.#letGo(place);
  }

  read(at: number, into: Uint8Array<ArrayBuffer>): void {
    let bytes = 0;
    try {
      bytes = this.#file.read(at, into);
    } catch (thrown) {
      throw damagedFile(`byte ${at} cannot be read: ${reasonOf(thrown)}`);
    }
    if (bytes < into.length) throw damagedFile(`it ends behind byte ${at + bytes}`);
  }

  /** Goes on with the segment at hand while more than half does not count; about `most` bytes. */
  tidy(most: number): void {
    for (let read = 0; read < most; read += COLD_CHUNK_BYTES) {
      if (this.#victim < 0 && !this.#choose()) return;
      const place = this.#victim, { end } = this.#segments[place], from = this.#victimAt;
      this.#victimAt += this.#chunkAt(place * COLD_SEGMENT_BYTES + from, end - from, (chunk, at, record) => {
        const size = sizeAt(chunk, record), bytes = this.#chunk.subarray(record, record + size);
        const [low, high] = hashAt(chunk, record), to = this.#write(bytes);
        this.index.move(low, high, at, to / UNIT);
        this.drop(at, size / UNIT);
      }, this.#chunk);
      if (place === this.#victim && this.#victimAt >= end) this.#victim = -1;
    }
  }

  #choose(): boolean {
    if (this.#written < 2 * this.#live + 2 * COLD_SEGMENT_BYTES) return false;
    let least = -1;
    this.#segments.forEach(({ end, live }, place) => {
      if (end === 0 || place === this.#current) return;
      if (least < 0 || live / end < this.#segments[least].live / this.#segments[least].end) least = place;
    });
    this.#victim = least;
    this.#victimAt = 0;
    return least >= 0;
  }

  /** Reads a chunk into `into` and hands over the records that count; returns the bytes of those that it has whole. */
  #chunkAt(
    start: number,
    left: number,
    found: (chunk: DataView<ArrayBuffer>, at: number, record: number) => void,
    into: Uint8Array<ArrayBuffer>,
  ): number {
    const bytes = into.subarray(0, Math.min(into.length, left));
    this.read(start, bytes);
    const chunk = viewOf(bytes);
    let at = 0;
    while (at + HEADER <= bytes.length) {
      const size = sizeAt(chunk, at), [low, high] = hashAt(chunk, at), place = (start + at) / UNIT;
      if (size < HEADER || size % UNIT !== 0 || size > into.length) {
        throw damagedFile(`byte ${start + at} is no record`);
      }
      if (at + size > bytes.length) break;
      if (this.index.has(low, high, place)) found(chunk, place, at);
      at += size;
    }
    if (at === 0) throw damagedFile(`byte ${start} is no record`);
    return at;
  }

  /** A cut: `scan` goes through what was written since the last one, or, `whole`, through everything. */
  cut(whole: boolean): void {
    this.#ranges = this.#segments.flatMap((segment, place) => {
      const start = place * COLD_SEGMENT_BYTES, { cut, end } = segment;
      segment.cut = end;
      return end > (whole ? 0 : cut) ? [{ at: start + (whole ? 0 : cut), end: start + end }] : [];
    });
  }

  /** Reads the next chunk into `into`; the records in it that count, null at the end. */
  scan(into: Uint8Array<ArrayBuffer>): FoundRecord[] | null {
    const range = this.#ranges[0], records: FoundRecord[] = [];
    if (!range) return null;
    range.at += this.#chunkAt(range.at, range.end - range.at, (chunk, _, at) => {
      records.push({ at, epoch: chunk.getUint32(at + EPOCH, true), state: chunk.getUint32(at + STATE, true) });
    }, into);
    if (range.at >= range.end) this.#ranges.shift();
    return records;
  }

  /** All records are gone. */
  clear(): void {
    this.index.clear();
    this.#segments = [];
    this.#free = [];
    this.#current = this.#victim = -1;
    this.#written = this.#live = 0;
    this.#ranges = [];
  }

  close(): void {
    this.clear();
    this.#file.close();
  }
}

export function damagedFile(what: string): RdxError {
  return new RdxError("invalid", `The file with cold rows of state is damaged: ${what}`);
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function sizeAt(view: DataView<ArrayBuffer>, at: number): number {
  return view.getUint32(at, true);
}

function hashAt(view: DataView<ArrayBuffer>, at: number): [low: number, high: number] {
  return [view.getUint32(at + HASH_LOW, true), view.getUint32(at + HASH_HIGH, true)];
}
