import { FrameView } from "../core/frame.ts";
import { concatRanges } from "../core/frame_concat.ts";
import { RdxError } from "../core/errors.ts";
import { frameRows, readFrameInfo } from "../core/frame_info.ts";
import { CHUNK_BYTES, CHUNK_ROWS } from "../core/limits.ts";
import type { Log, LogReader, LogRecord, PartitionShare } from "../log.ts";
import type { ArrivedFrame } from "./protocol.ts";

/** A frame of a log, with the offset of its first row. */
export interface TakenFrame extends ArrivedFrame {
  readonly offset: number;
}

export interface LogFramesOptions {
  /** Absent: all partitions. */
  readonly only?: PartitionShare;
  /** Rows behind this offset are not wanted, and frames that lie across an end are cut; absent: all are, and none is. */
  readonly to?: number;
}

/** The frames of a log's records, one behind the other, from an offset on. */
export class LogFrames {
  readonly #log: Log<unknown>;
  readonly #reader: LogReader;
  readonly #to: number;
  /** The record whose frames are being taken, and which comes next, at which offset. */
  #record: LogRecord | null = null;
  #frame = 0;
  #at = 0;
  #behind: number;

  constructor(
    log: Log<unknown>,
    start: number | "earliest" | "latest",
    { only, to = Infinity }: LogFramesOptions = {},
  ) {
    this.#log = log;
    this.#to = to;
    this.#reader = log.reader(start, only);
    this.#behind = typeof start === "number" ? start : this.#reader.position;
  }

  /** Behind the last row that was taken. */
  get behind(): number {
    return this.#behind;
  }

  /** In front of the next row: rows of other partitions lie between what was taken and this. */
  get position(): number {
    return Math.max(this.#behind, this.#record ? this.#at : Math.min(this.#reader.position, this.#to));
  }

  /** There are some now. */
  get ready(): boolean {
    if (this.#record) return this.#at < this.#to;
    return this.#reader.position < Math.min(this.#log.end, this.#to) && this.#reader.ready;
  }

  /** Nothing is left of what the log has, or is wanted of it. */
  get atEnd(): boolean {
    return this.#record ? this.#at >= this.#to : this.#reader.position >= Math.min(this.#log.end, this.#to);
  }

  /** The next frame that is there, or null. Throws RdxError("invalid") for one that was taken in part, where none is cut. */
  next(): TakenFrame | null {
    while (this.ready) {
      if (!this.#record && !this.#open()) return null;
      const { frames, arrivalMs } = this.#record!, frame = frames[this.#frame++], first = this.#at;
      const rows = frameRows(frame), start = Math.max(0, this.#behind - first), end = Math.min(rows, this.#to - first);
      this.#at += rows;
      if (this.#frame >= frames.length) this.#record = null;
      if (start >= end) continue;
      if (start > 0 && this.#to === Infinity) {
        throw new RdxError("invalid", `Rows up to ${this.#behind} are not where a frame ends`);
      }
      this.#behind = first + end;
      return { frame: cut(frame, start, end), arrivalMs, offset: first + start };
    }
    return null;
  }

  #open(): boolean {
    this.#record = this.#reader.next();
    this.#frame = 0;
    this.#at = this.#record?.offset ?? 0;
    return this.#record !== null;
  }

  /** As many as make a chunk; none: there is nothing now. */
  chunk(): TakenFrame[] {
    const frames: TakenFrame[] = [];
    for (let bytes = 0, rows = 0; rows < CHUNK_ROWS && bytes < CHUNK_BYTES;) {
      const next = this.next();
      if (!next) break;
      frames.push(next);
      bytes += next.frame.byteLength;
      rows += frameRows(next.frame);
    }
    return frames;
  }

  release(to: number): void {
    this.#reader.release(to);
  }

  close(): void {
    this.#record = null;
    this.#reader.close();
  }
}

/** Rows `start` to `end` of a frame. */
function cut(frame: ArrayBuffer, start: number, end: number): ArrayBuffer {
  if (start === 0 && end === frameRows(frame)) return frame;
  const view = new FrameView(frame);
  return concatRanges([{ view, start, rows: end - start }], readFrameInfo(new DataView(frame)));
}
