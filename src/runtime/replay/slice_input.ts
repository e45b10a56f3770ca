import { FrameView } from "../../core/frame.ts";
import { concatRanges } from "../../core/frame_concat.ts";
import { frameRows, readFrameInfo } from "../../core/frame_info.ts";
import { RdxError } from "../../core/errors.ts";
import { CHUNK_BYTES, CHUNK_ROWS, IN_FLIGHT_CHUNKS_MAX } from "../../core/limits.ts";
import type { Log, LogReader, LogRecord } from "../../log.ts";
import type { PipelineInput, Taken } from "../input.ts";
import type { ArrivedFrame } from "../protocol.ts";

/** Rows `from` to `to` of a stream's log, and then the end. Frames that lie across an end are cut. */
export class SliceInput implements PipelineInput {
  readonly #log: Log<unknown>;
  readonly #reader: LogReader;
  readonly #from: number;
  readonly #to: number;
  /** The record whose frames are being taken, and where the next of them begins. */
  #record: LogRecord | null = null;
  #frame = 0;
  #at = 0;
  #offset: number;
  #ended = false;

  constructor(log: Log<unknown>, from: number, to: number) {
    this.#log = log;
    this.#from = this.#offset = from;
    this.#to = Math.max(from, to);
    this.#reader = log.reader(from);
  }

  readonly inFlightMax = IN_FLIGHT_CHUNKS_MAX;
  readonly refusing = false;

  get offset(): number {
    return this.#offset;
  }

  get ready(): boolean {
    return !this.#ended && (this.#offset >= this.#to || this.#record !== null || this.#reader.ready);
  }

  take(): Taken {
    const frames: ArrivedFrame[] = [], from = this.#offset;
    for (let bytes = 0; this.#offset - from < CHUNK_ROWS && bytes < CHUNK_BYTES;) {
      const next = this.#next();
      if (!next) break;
      frames.push(next);
      bytes += next.frame.byteLength;
      this.#offset += frameRows(next.frame);
    }
    const end = frames.length === 0;
    if (end) this.#ended = true;
    return { frames, range: null, from, to: this.#offset, end };
  }

  #next(): ArrivedFrame | null {
    while (this.#offset < this.#to) {
      if (!this.#record && !this.#open()) return null;
      const record = this.#record!, frame = record.frames[this.#frame++];
      if (!frame) {
        this.#record = null;
        continue;
      }
      const first = this.#at, rows = frameRows(frame);
      this.#at += rows;
      const start = Math.max(0, this.#offset - first), end = Math.min(rows, this.#to - first);
      if (start < end) return { frame: cut(frame, start, end), arrivalMs: record.arrivalMs };
    }
    return null;
  }

  #open(): boolean {
    this.#record = this.#reader.next();
    this.#frame = 0;
    this.#at = this.#record?.offset ?? 0;
    return this.#record !== null;
  }

  takeTo(): Taken | null {
    throw new RdxError("internal", "A slice of a log is taken once");
  }

  release(to: number): void {
    this.#reader.release(to);
  }

  get lagRows(): number {
    return this.#ended ? 0 : this.#to - this.#offset;
  }

  get progress(): number {
    return this.#to === this.#from ? 1 : (this.#offset - this.#from) / (this.#to - this.#from);
  }

  /** A slice has its end. */
  stop(): void {}

  onReady(listener: () => void): () => void {
    return this.#log.onChange(listener);
  }

  close(): void {
    this.#ended = true;
    this.#record = null;
    this.#reader.close();
  }
}

/** Rows `start` to `end` of a frame. */
function cut(frame: ArrayBuffer, start: number, end: number): ArrayBuffer {
  const view = new FrameView(frame);
  if (start === 0 && end === view.rows) return frame;
  return concatRanges([{ view, start, rows: end - start }], readFrameInfo(new DataView(frame)));
}
