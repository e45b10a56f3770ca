import { RdxError } from "../../core/errors.ts";
import { IN_FLIGHT_CHUNKS_MAX } from "../../core/limits.ts";
import type { Log, PartitionShare } from "../../log.ts";
import type { PipelineInput, Taken } from "../input.ts";
import { LogFrames } from "../log_frames.ts";

/** Rows `from` to `to` of a stream's log, or of some of its partitions, and then the end. Frames that lie across an end are cut. */
export class SliceInput implements PipelineInput {
  readonly #log: Log<unknown>;
  readonly #frames: LogFrames;
  readonly #from: number;
  readonly #to: number;
  #ended = false;

  constructor(log: Log<unknown>, from: number, to: number, only?: PartitionShare) {
    this.#log = log;
    this.#from = from;
    this.#to = Math.max(from, to);
    this.#frames = new LogFrames(log, from, { only, to: this.#to });
  }

  readonly inFlightMax = IN_FLIGHT_CHUNKS_MAX;
  readonly refusing = false;
  readonly underWaySinceMs = Infinity;
  readonly nextArrivalMs = Infinity;

  get offset(): number {
    return this.#frames.position;
  }

  get ready(): boolean {
    return !this.#ended && (this.#frames.ready || this.#frames.atEnd);
  }

  get reading(): boolean {
    return !this.#ended && !this.ready;
  }

  take(): Taken {
    const from = this.#frames.behind, frames = this.#frames.chunk(), end = frames.length === 0;
    if (end) this.#ended = true;
    return { frames, range: null, from, to: this.#frames.behind, end };
  }

  takeTo(): Taken | null {
    throw new RdxError("internal", "A slice of a log is taken once");
  }

  release(to: number): void {
    this.#frames.release(to);
  }

  get lagRows(): number {
    return this.#ended ? 0 : this.#to - this.offset;
  }

  get progress(): number {
    return this.#to === this.#from ? 1 : (this.offset - this.#from) / (this.#to - this.#from);
  }

  /** A slice has its end. */
  stop(): void {}

  onReady(listener: () => void): () => void {
    return this.#log.onChange(listener);
  }

  close(): void {
    this.#ended = true;
    this.#frames.close();
  }
}
