import { RdxError } from "../core/errors.ts";
import { frameRows } from "../core/frame_info.ts";
import { CHUNK_BYTES, CHUNK_ROWS, IN_FLIGHT_CHUNKS_MAX, IN_FLIGHT_RANGES_MAX } from "../core/limits.ts";
import type { Log, LogReader, LogRecord } from "../log.ts";
import type { FileRange, RangeSource } from "../source.ts";
import type { ArrivedFrame } from "./protocol.ts";

/** What a source gives to the order next: rows, or its end. `from` and `to` are its own offsets. */
export interface Taken {
  readonly frames: readonly ArrivedFrame[];
  readonly range: FileRange | null;
  readonly from: number;
  readonly to: number;
  readonly end: boolean;
}

/** A source of a pipeline as the sequencer sees it. */
export interface PipelineInput {
  /** Chunks that may be in flight for each task. */
  readonly inFlightMax: number;
  /** Whether `take` has something now. */
  readonly ready: boolean;
  /** Its producers are refused at the moment: that nothing comes says nothing of them. */
  readonly refusing: boolean;
  take(): Taken;
  /**
   * Gives again what `take` gave in an earlier life, up to `to`; null while it has not been read, and `onReady` tells when it has. Throws RdxError for an input that is
   * no longer what it was.
   */
  takeTo(to: number): Taken | null;
  /** Behind what was taken. */
  readonly offset: number;
  /** Everything before `to` has had its effect. */
  release(to: number): void;
  /** Rows (of logs) that were not taken yet. */
  readonly lagRows: number;
  /** Bounded inputs: how far it is, 0 to 1; else null. */
  readonly progress: number | null;
  /** Waits for nothing more: what was accepted still comes, then the end. */
  stop(): void;
  /** Calls back when `ready` may have changed; the returned function ends that. */
  onReady(listener: () => void): () => void;
  close(): void;
}

/** A stream's log. Small records travel together, and long ones in several chunks. */
export class LogInput implements PipelineInput {
  readonly #log: Log<unknown>;
  readonly #reader: LogReader;
  /** The record whose frames are being taken, and which comes next. */
  #record: LogRecord | null = null;
  #frame = 0;
  /** Behind the last row that was taken. */
  #offset: number;
  /** Of what is given again, so far as it was read. */
  #again: ArrivedFrame[] = [];
  #againFrom = 0;
  #ended = false;
  #stopped = false;

  /** A number may lie between two frames of a record. */
  constructor(log: Log<unknown>, start: number | "earliest" | "latest") {
    this.#log = log;
    this.#reader = log.reader(start);
    this.#offset = this.#againFrom = typeof start === "number" ? start : this.#reader.position;
  }

  readonly inFlightMax = IN_FLIGHT_CHUNKS_MAX;

  get offset(): number {
    return this.#offset;
  }

  /** Has some rows now. */
  get #hasRows(): boolean {
    return this.#record !== null || (this.#reader.position < this.#log.end && this.#reader.ready);
  }

  get #atEnd(): boolean {
    return this.#record === null && this.#reader.position >= this.#log.end;
  }

  get ready(): boolean {
    return !this.#ended && (this.#hasRows || (this.#atEnd && (this.#log.ended || this.#stopped)));
  }

  get refusing(): boolean {
    return !this.#log.ended && !this.#log.hasRoom(1);
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

  takeTo(to: number): Taken | null {
    while (this.#offset < to) {
      const next = this.#next();
      if (!next) return null;
      this.#again.push(next);
      this.#offset += frameRows(next.frame);
    }
    if (this.#offset !== to) {
      throw new RdxError("invalid", `Rows up to ${to} were taken together, and now up to ${this.#offset}`);
    }
    const frames = this.#again, from = this.#againFrom;
    this.#again = [];
    this.#againFrom = to;
    return { frames, range: null, from, to, end: false };
  }

  #next(): ArrivedFrame | null {
    while (this.#hasRows) {
      if (!this.#record) this.#open(this.#reader.next());
      const record = this.#record;
      if (!record) return null;
      const frame = record.frames[this.#frame++];
      if (this.#frame >= record.frames.length) {
        this.#record = null;
        this.#frame = 0;
      }
      if (frame) return { frame, arrivalMs: record.arrivalMs };
    }
    return null;
  }

  /** Begins with a record, behind what was taken of it already. */
  #open(record: LogRecord | null): void {
    this.#record = record;
    for (let at = record?.offset ?? Infinity; at < this.#offset; this.#frame++) {
      const frame = record!.frames[this.#frame];
      if (!frame) return;
      at += frameRows(frame);
      if (at > this.#offset) throw new RdxError("invalid", `Rows up to ${this.#offset} are not where a frame ends`);
    }
  }

  release(to: number): void {
    this.#reader.release(to);
  }

  get lagRows(): number {
    return this.#ended ? 0 : this.#log.end - this.#offset;
  }

  readonly progress = null;

  stop(): void {
    this.#stopped = true;
  }

  onReady(listener: () => void): () => void {
    return this.#log.onChange(listener);
  }

  close(): void {
    this.#ended = true;
    this.#record = null;
    this.#reader.close();
  }
}

/** A file that the tasks read range by range. */
export class RangeInput implements PipelineInput {
  readonly #ranges: RangeSource;
  #ended = false;
  #stopped = false;

  /** Begins at `start`, where a range ended in an earlier process. Throws RdxError("invalid") when none does. */
  constructor(ranges: RangeSource, start = 0) {
    this.#ranges = ranges;
    while (ranges.position < start && ranges.next()) { /* it was read before */ }
    if (ranges.position !== start) {
      throw new RdxError(
        "invalid",
        `What was read ended at ${start}, where nothing ends now: the file is no longer what it was`,
      );
    }
  }

  readonly inFlightMax = IN_FLIGHT_RANGES_MAX;

  get ready(): boolean {
    return !this.#ended;
  }

  readonly refusing = false;

  take(): Taken {
    const from = this.#ranges.position, range = this.#stopped ? null : this.#ranges.next();
    if (!range) this.#ended = true;
    return { frames: [], range, from, to: this.#ranges.position, end: range === null };
  }

  takeTo(to: number): Taken | null {
    const taken = this.take();
    if (!taken.end && taken.to === to) return taken;
    throw new RdxError(
      "invalid",
      `What was read up to ${to} ends at ${taken.to} now: the file is no longer what it was`,
    );
  }

  get offset(): number {
    return this.#ranges.position;
  }

  release(): void {}

  readonly lagRows = 0;

  get progress(): number {
    return this.#ranges.size === 0 ? 1 : this.#ranges.position / this.#ranges.size;
  }

  /** What was not read of a file was not accepted: it is left. */
  stop(): void {
    this.#stopped = true;
  }

  onReady(): () => void {
    return () => {};
  }

  close(): void {
    this.#ended = true;
  }
}
