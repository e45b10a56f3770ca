import type { ColdFile } from "../core/cold_file.ts";
import { isFull } from "../core/device.ts";
import { RdxError, reasonOf } from "../core/errors.ts";
import { COLD_FILE_BYTES_MAX, COLD_SEGMENT_BYTES } from "../core/limits.ts";

interface Segment {
  /** Bytes that were written, and of these, those that count. */
  end: number;
  live: number;
  /** What a cut has gone through already. */
  cut: number;
}

/** A stretch of the file. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * Room in a working file, which is written segment by segment; segments of which nothing counts any more are written again, the first ones first,
 * and the file ends behind the last one that counts. Who keeps the places of what was written moves what `loose` names: when more than half of
 * what was written does not count, the segment of which the least does; when more than three fourths of the file do not, the last one.
 */
export class ColdExtents {
  readonly #file: ColdFile;
  #segments: Segment[] = [];
  #free: number[] = [];
  /** The segment that is written, and the one that is gone through, from which place on; −1: none. */
  #current = -1;
  #victim = -1;
  #victimAt = 0;
  #written = 0;
  #live = 0;

  constructor(file: ColdFile) {
    this.#file = file;
  }

  /** Bytes that count. */
  get bytes(): number {
    return this.#live;
  }

  /** Bytes of all segments that have something in them. */
  get writtenBytes(): number {
    return this.#written;
  }

  /** Writes at most a segment in one place, which it returns. Throws RdxError("no_space"). */
  write(bytes: Uint8Array<ArrayBuffer>): number {
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
    const before = this.#current, place = this.#takeFree() ?? this.#segments.length;
    if ((place + 1) * COLD_SEGMENT_BYTES > COLD_FILE_BYTES_MAX) {
      throw new RdxError("no_space", `Cannot keep more than ${COLD_FILE_BYTES_MAX} bytes of cold rows in one task`);
    }
    this.#current = place;
    if (before >= 0) this.#letGo(before);
    return this.#segments[place] = { end: 0, live: 0, cut: 0 };
  }

  #takeFree(): number | undefined {
    const first = this.#free.indexOf(this.#free.reduce((least, place) => Math.min(least, place), Infinity));
    return this.#free.splice(first, 1)[0];
  }

  /** A segment that is not written any more and of which nothing counts is written again. */
  #letGo(place: number): void {
    const segment = this.#segments[place];
    if (segment.live > 0 || segment.end === 0 || place === this.#current) return;
    this.#written -= segment.end;
    segment.end = segment.cut = 0;
    this.#free.push(place);
    if (place === this.#victim) this.#victim = -1;
    if (this.#isLong) this.#shorten();
  }

  /** The file is longer than what counts by far. */
  get #isLong(): boolean {
    return this.#segments.length * COLD_SEGMENT_BYTES > 4 * this.#live + 2 * COLD_SEGMENT_BYTES;
  }

  /** The file ends in front of what was given back at its end. */
  #shorten(): void {
    const before = this.#segments.length;
    while (
      this.#segments.length > 0 && this.#segments.length - 1 !== this.#current && this.#segments.at(-1)!.end === 0
    ) {
      this.#segments.pop();
    }
    const { length } = this.#segments;
    if (length === before) return;
    this.#free = this.#free.filter((place) => place < length);
    this.#file.truncate(length * COLD_SEGMENT_BYTES);
  }

  /** What lies there counts no more. */
  release(at: number, bytes: number): void {
    const place = Math.floor(at / COLD_SEGMENT_BYTES);
    this.#segments[place].live -= bytes;
    this.#live -= bytes;
    if (this.#live > 0) this.#letGo(place);
    else {
      this.clear();
      this.#file.truncate(0);
    }
  }

  /** Throws RdxError("invalid") for what cannot be read. */
  read(at: number, into: Uint8Array<ArrayBuffer>): void {
    let bytes = 0;
    try {
      bytes = this.#file.read(at, into);
    } catch (thrown) {
      throw damagedFile(`byte ${at} cannot be read: ${reasonOf(thrown)}`);
    }
    if (bytes < into.length) throw damagedFile(`it ends behind byte ${at + bytes}`);
  }

  /** What is left to go through of a segment of which what counts is to be written anew; null: there is no need to. */
  loose(): Stretch | null {
    if (this.#victim < 0) {
      this.#victimAt = 0;
      this.#victim = this.#isLong ? this.#last() : this.#emptiest();
    }
    const start = this.#victim * COLD_SEGMENT_BYTES;
    return this.#victim < 0 ? null : { start: start + this.#victimAt, end: start + this.#segments[this.#victim].end };
  }

  /** The loose segment has been gone through up to this place. */
  passed(place: number): void {
    // What counted was all that there was, and the segment is free
    if (this.#victim < 0) return;
    this.#victimAt = place - this.#victim * COLD_SEGMENT_BYTES;
    if (this.#victimAt >= this.#segments[this.#victim].end) this.#victim = -1;
  }

  #last(): number {
    return this.#segments.findLastIndex(({ end }, place) => end > 0 && place !== this.#current);
  }

  #emptiest(): number {
    let least = -1;
    if (this.#written < 2 * this.#live + 2 * COLD_SEGMENT_BYTES) return least;
    this.#segments.forEach(({ end, live }, place) => {
      if (end === 0 || place === this.#current) return;
      if (least < 0 || live / end < this.#segments[least].live / this.#segments[least].end) least = place;
    });
    return least;
  }

  /** What was written since the last cut, or, `whole`, everything. */
  stretches(whole: boolean): Stretch[] {
    return this.#segments.flatMap(({ cut, end }, place) => {
      const start = place * COLD_SEGMENT_BYTES, from = whole ? 0 : cut;
      return end > from ? [{ start: start + from, end: start + end }] : [];
    });
  }

  /** A cut: the stretches behind it begin here. */
  cut(): void {
    for (const segment of this.#segments) segment.cut = segment.end;
  }

  /** Nothing counts any more. */
  clear(): void {
    this.#segments = [];
    this.#free = [];
    this.#current = this.#victim = -1;
    this.#written = this.#live = 0;
  }

  close(): void {
    this.clear();
    this.#file.close();
  }
}

/** The RdxError for a working file whose content is not what was written. */
export function damagedFile(what: string): RdxError {
  return new RdxError("invalid", `The file with cold rows of state is damaged: ${what}`);
}
