import { RdxError } from "../core/errors.ts";
import { IN_FLIGHT_CHUNKS_MAX, IN_FLIGHT_RANGES_MAX } from "../core/limits.ts";
import type { Log, PartitionShare } from "../log.ts";
import type { FileRange, RangeSource } from "../source.ts";
import { LogFrames, type TakenFrame } from "./log_frames.ts";
import type { UnderWay } from "./under_way.ts";

/** What a source gives to the order next: rows, or its end. `from` and `to` are its own offsets. */
export interface Taken {
  readonly frames: readonly TakenFrame[];
  readonly range: FileRange | null;
  readonly from: number;
  readonly to: number;
  readonly end: boolean;
  /** All of it has come since the input began; absent: some of it lay there, and how long ago that came says nothing of who reads it. */
  readonly live?: boolean;
}

/** A source of a pipeline as the sequencer sees it. */
export interface PipelineInput {
  /** Chunks that may be in flight for each task. */
  readonly inFlightMax: number;
  /** Whether `take` has something now. */
  readonly ready: boolean;
  /** Its producers are refused at the moment: that nothing comes says nothing of them. */
  readonly refusing: boolean;
  /** Since when (monotonic) something that has come is on its way to where it can be taken; Infinity: nothing is. */
  readonly underWaySinceMs: number;
  /** No row arrives earlier (epoch ms) that cannot be taken yet. */
  readonly nextArrivalMs: number;
  /** There is more, which cannot be taken yet: it is being read from where it is kept. */
  readonly reading: boolean;
  /** `share`: how much of the usual length a range of a file is to have. */
  take(share?: number): Taken;
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

/** Where a log is read from: an offset that may be known only when it is first asked for, or an end of what there is. */
export type LogStart = number | "earliest" | "latest" | (() => number);

/** A stream's log, or some of its partitions. Small records travel together, and long ones in several chunks. */
export class LogInput implements PipelineInput {
  readonly #log: Log<unknown>;
  readonly #start: LogStart;
  /** Absent: all partitions. */
  readonly only: PartitionShare | undefined;
  readonly #underWay: Pick<UnderWay, "sinceMs" | "arrivalMs"> | null;
  #opened: LogFrames | null = null;
  /** Of what is given again, so far as it was read. */
  #again: TakenFrame[] = [];
  #againFrom = 0;
  /** What lies before it was there when the input began. */
  #liveFrom = 0;
  #ended = false;
  #stopped = false;

  /** A number may lie between two frames of a record. `underWay`: what has come to the stream and is not in the log yet; null: nobody knows of any. */
  constructor(
    log: Log<unknown>,
    start: LogStart,
    only?: PartitionShare,
    underWay: Pick<UnderWay, "sinceMs" | "arrivalMs"> | null = null,
  ) {
    this.#log = log;
    this.#underWay = underWay;
    this.#start = start;
    this.only = only;
    if (typeof start !== "function") this.#open(start);
  }

  #open(start: number | "earliest" | "latest"): LogFrames {
    this.#opened = new LogFrames(this.#log, start, { only: this.only });
    this.#againFrom = this.#opened.behind;
    this.#liveFrom = this.#log.end;
    return this.#opened;
  }

  get #frames(): LogFrames {
    return this.#opened ?? this.#open(typeof this.#start === "function" ? this.#start() : this.#start);
  }

  /** From here on its place is known. */
  begin(): void {
    void this.#frames;
  }

  readonly inFlightMax = IN_FLIGHT_CHUNKS_MAX;

  get offset(): number {
    return this.#frames.position;
  }

  get ready(): boolean {
    if (this.#ended) return false;
    const frames = this.#frames;
    return frames.ready || (frames.atEnd && (this.#log.ended || this.#stopped));
  }

  get refusing(): boolean {
    return !this.#log.ended && !this.#log.hasRoom(1);
  }

  get underWaySinceMs(): number {
    return this.#underWay?.sinceMs ?? Infinity;
  }

  get nextArrivalMs(): number {
    return this.#underWay?.arrivalMs ?? this.#log.arrivals.now();
  }

  get reading(): boolean {
    return !this.#ended && !this.#frames.ready && !this.#frames.atEnd;
  }

  take(): Taken {
    const from = this.#frames.behind, frames = this.#frames.chunk(), end = frames.length === 0;
    if (end) this.#ended = true;
    return { frames, range: null, from, to: this.#frames.behind, end, live: from >= this.#liveFrom };
  }

  takeTo(to: number): Taken | null {
    const all = this.#frames;
    while (all.behind < to) {
      const next = all.next();
      if (!next) return null;
      this.#again.push(next);
    }
    if (all.behind !== to) {
      throw new RdxError("invalid", `Rows up to ${to} were taken together, and now up to ${all.behind}`);
    }
    const frames = this.#again, from = this.#againFrom;
    this.#again = [];
    this.#againFrom = to;
    return { frames, range: null, from, to, end: false };
  }

  release(to: number): void {
    this.#frames.release(to);
  }

  get lagRows(): number {
    return this.#ended ? 0 : this.#log.end - this.offset;
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
    this.#opened?.close();
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
    // It was read before
    this.#rangeTo(start);
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
  readonly underWaySinceMs = Infinity;
  readonly nextArrivalMs = Infinity;
  readonly reading = false;

  take(share?: number): Taken {
    const from = this.#ranges.position, range = this.#stopped ? null : this.#ranges.next(share);
    if (!range) this.#ended = true;
    return { frames: [], range, from, to: this.#ranges.position, end: range === null };
  }

  /** The next range is as long as it was then, whatever length others have. */
  takeTo(to: number): Taken | null {
    const from = this.#ranges.position, range = this.#rangeTo(to), { position } = this.#ranges;
    if (range && position === to) return { frames: [], range, from, to, end: false };
    throw new RdxError(
      "invalid",
      `What was read up to ${to} ends at ${position} now: the file is no longer what it was`,
    );
  }

  /** All up to there, or up to the first place behind it where a range can end; null: nothing is in front of it. */
  #rangeTo(to: number): FileRange | null {
    let first: FileRange | null = null;
    while (this.#ranges.position < to) {
      const next = this.#ranges.next(1, to);
      if (!next) break;
      first ??= next;
    }
    return first && { ...first, length: this.#ranges.position - first.offset };
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
