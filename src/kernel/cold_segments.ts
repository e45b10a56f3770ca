import type { ColdFile } from "../core/cold_file.ts";
import { COLD_CHUNK_BYTES } from "../core/limits.ts";
import { ColdExtents, damagedFile } from "./cold_extents.ts";
import { ColdIndex } from "./cold_index.ts";

export { damagedFile };

/** Places in the file are numbers of 16 bytes each: 32 bits are enough for them. */
export const UNIT = 16;
/** Offsets in a record (asm/group/cold.ts). */
const HASH_LOW = 8, HASH_HIGH = 12, EPOCH = 16, STATE = 20, HEADER = 32;

/** A record that counts, in a chunk of the file. */
export interface FoundRecord {
  /** Offset in the chunk. */
  readonly at: number;
  /** Where it is in the file. */
  readonly place: number;
  readonly epoch: number;
  readonly state: number;
}

/** A part of the file that a scan has yet to go through. */
interface Range {
  at: number;
  readonly end: number;
}

/** Parts of the file, as they were when it began. */
export type Scan = Range[];

/**
 * Records in the room of a working file, with an index of where they are. What counts of a segment of which little does is written anew in pieces,
 * beside what else is done.
 */
export class ColdSegments {
  readonly index = new ColdIndex();
  readonly #room: ColdExtents;
  readonly #chunk = new Uint8Array(COLD_CHUNK_BYTES);

  constructor(file: ColdFile) {
    this.#room = new ColdExtents(file);
  }

  /** Bytes of the records that count. */
  get bytes(): number {
    return this.#room.bytes;
  }

  /** Bytes of all segments that have something in them. */
  get writtenBytes(): number {
    return this.#room.writtenBytes;
  }

  /** Writes whole records; where the first one is. Throws RdxError("no_space"). */
  append(bytes: Uint8Array<ArrayBuffer>): number {
    const start = this.#room.write(bytes), view = viewOf(bytes);
    for (let at = 0; at < bytes.length;) {
      const size = view.getUint32(at, true), [low, high] = hashAt(view, at);
      this.index.add(low, high, (start + at) / UNIT, size / UNIT);
      at += size;
    }
    return start;
  }

  /** A record counts no more. */
  drop(at: number, size: number): void {
    this.#room.release(at * UNIT, size * UNIT);
    if (this.#room.bytes === 0) this.index.clear();
  }

  /** Throws RdxError("invalid") for what cannot be read. */
  read(at: number, into: Uint8Array<ArrayBuffer>): void {
    this.#room.read(at, into);
  }

  /** Goes on with the segment at hand while there is one of which little counts; about `most` bytes. */
  tidy(most: number): void {
    for (let read = 0; read < most; read += COLD_CHUNK_BYTES) {
      const loose = this.#room.loose();
      if (!loose) return;
      this.#room.passed(loose.start + this.#rewrite(loose.start, loose.end - loose.start));
    }
  }

  /** Writes what counts of the next chunk anew, all of it at once; returns the bytes that were gone through. */
  #rewrite(start: number, left: number): number {
    const chunk = this.#chunk, kept: number[] = [];
    let end = 0;
    const bytes = this.#chunkAt(start, left, (view, at, record) => {
      const size = sizeAt(view, record);
      kept.push(at);
      // What lay there has been gone through
      chunk.copyWithin(end, record, record + size);
      end += size;
    }, chunk);
    if (end === 0) return bytes;
    const to = this.#room.write(chunk.subarray(0, end)), view = viewOf(chunk);
    for (let i = 0, at = 0; i < kept.length; i++) {
      const size = sizeAt(view, at), [low, high] = hashAt(view, at);
      this.index.move(low, high, kept[i], (to + at) / UNIT);
      this.drop(kept[i], size / UNIT);
      at += size;
    }
    return bytes;
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

  /** Begins a scan of what was written since the last cut, or, `whole`, of everything. */
  begin(whole: boolean): Scan {
    return this.#room.stretches(whole).map(({ start, end }) => ({ at: start, end }));
  }

  /** A cut: scans that follow it begin here. */
  cut(): void {
    this.#room.cut();
  }

  /** Reads the next chunk into `into`; the records in it that count, null at the end. */
  scan(ranges: Scan, into: Uint8Array<ArrayBuffer>): FoundRecord[] | null {
    const range = ranges[0], records: FoundRecord[] = [];
    if (!range) return null;
    range.at += this.#chunkAt(range.at, range.end - range.at, (chunk, place, at) => {
      records.push({ at, place, epoch: chunk.getUint32(at + EPOCH, true), state: chunk.getUint32(at + STATE, true) });
    }, into);
    if (range.at >= range.end) ranges.shift();
    return records;
  }

  /** All records are gone. */
  clear(): void {
    this.index.clear();
    this.#room.clear();
  }

  close(): void {
    this.index.clear();
    this.#room.close();
  }
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

/** The second word of the hash of a record, which the first one makes. */
export function spread(hash: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> 0;
}
