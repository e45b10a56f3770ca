import type { Clock } from "../core/clock.ts";
import { RdxError } from "../core/errors.ts";
import { frameRows } from "../core/frame_info.ts";
import { FOLLOWER_IDLE_MS, FOLLOWER_PIECE_ROWS, PARTITIONS_MAX } from "../core/limits.ts";
import type { LogReader, LogRecord, PartitionShare } from "../log.ts";
import type { FollowOptions, LogFollower, LogPiece, LogPlace } from "./service.ts";
import type { Stream } from "./stream.ts";

/**
 * Reads a stream's log for somebody outside, from where they want. It has a reader in the log only while it is asked for more again and again: whoever is slow, or waits, keeps
 * nothing from leaving and no producer waiting.
 */
export class Follower implements LogFollower {
  readonly #stream: Stream;
  readonly #clock: Clock;
  readonly #to: number;
  readonly #toMs: number;
  readonly #follow: boolean;
  readonly #only: PartitionShare | undefined;
  /** Whether the stream is still what its name means. */
  readonly #isThere: () => boolean;
  #position: number;
  #reader: LogReader | null = null;
  #record: LogRecord | null = null;
  #cancelIdle: () => void = () => {};
  #closed = false;
  #wake: () => void = () => {};

  private constructor(stream: Stream, clock: Clock, from: number, options: FollowOptions, isThere: () => boolean) {
    this.#stream = stream;
    this.#clock = clock;
    this.#position = from;
    this.#follow = options.follow;
    this.#only = options.partition === undefined ? undefined : { index: options.partition, count: PARTITIONS_MAX };
    const { to } = options;
    this.#to = typeof to === "number" ? to : Infinity;
    this.#toMs = typeof to === "object" && to !== null ? to.timeMs : Infinity;
    this.#isThere = isThere;
  }

  /** Throws not_found for an offset that is not kept any more, invalid for one that does not exist yet. */
  static async open(
    stream: Stream,
    clock: Clock,
    options: FollowOptions,
    isThere: () => boolean,
  ): Promise<Follower> {
    const follower = new Follower(stream, clock, await offsetOf(stream, options.from), options, isThere);
    stream.log.reader(follower.#position).close();
    return follower;
  }

  get position(): number {
    return this.#position;
  }

  get end(): number {
    return this.#stream.log.end;
  }

  async next(): Promise<LogPiece | null> {
    this.#cancelIdle();
    while (!this.#closed) {
      const { log, name } = this.#stream;
      if (!this.#isThere()) throw new RdxError("not_found", `Stream ${name} was deleted`);
      if (this.#position >= this.#to) break;
      if (this.#record === null && this.#position >= log.end) {
        if (log.ended || !this.#follow || this.#clock.now() >= this.#toMs) break;
        // Who waits has no reader: that one comes and goes is a change, at which all that wait look.
        this.#leave();
        await this.#change();
        continue;
      }
      const record = this.#record ?? this.#read();
      if (record === null) {
        if (this.#position < log.end) await this.#change();
      } else if (record.arrivalMs >= this.#toMs || this.#position >= this.#to) break;
      else {
        const piece = this.#piece(record);
        if (piece) return piece;
      }
    }
    this.close();
    return null;
  }

  #read(): LogRecord | null {
    const { log } = this.#stream;
    this.#reader ??= log.reader(this.#position, this.#only);
    this.#record = this.#reader.next();
    // Of one partition, rows of others lie in front of the next, or of the end.
    if (this.#only) this.#position = Math.max(this.#position, this.#record?.offset ?? this.#reader.position);
    return this.#record;
  }

  /** The next rows of a record that are wanted. Once there is none, the record is done with. */
  #piece({ offset, frames, arrivalMs, rows: recordRows, partitions }: LogRecord): LogPiece | null {
    let first = offset;
    for (const frame of frames) {
      const behind = first + frameRows(frame), start = Math.max(0, this.#position - first);
      if (this.#position < behind) {
        const rows = Math.min(FOLLOWER_PIECE_ROWS, behind - this.#position, this.#to - this.#position);
        const piece = {
          offset: this.#position,
          partition: partitionAt(partitions, this.#position - offset),
          arrivalMs,
          columns: this.#stream.columns,
          range: { frame, start, rows },
        };
        this.#position += rows;
        this.#idleLater();
        return piece;
      }
      first = behind;
    }
    this.#position = Math.max(this.#position, offset + recordRows);
    this.#reader?.release(this.#position);
    this.#record = null;
    return null;
  }

  /** Resolves when there may be more, or it is time to look. */
  async #change(): Promise<void> {
    let leave = () => {};
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      leave = this.#stream.log.onChange(resolve);
      if (this.#toMs !== Infinity) this.#cancelIdle = this.#clock.after(FOLLOWER_IDLE_MS, resolve);
    });
    leave();
    this.#cancelIdle();
  }

  #idleLater(): void {
    this.#cancelIdle = this.#clock.after(FOLLOWER_IDLE_MS, () => this.#leave());
  }

  #leave(): void {
    this.#reader?.close();
    this.#reader = null;
    this.#record = null;
  }

  close(): void {
    this.#closed = true;
    this.#cancelIdle();
    this.#leave();
    this.#wake();
  }
}

/** The partition of a row of a record. */
function partitionAt(partitions: LogRecord["partitions"] = [], row: number): number {
  let behind = 0;
  return partitions.find(({ rows }) => row < (behind += rows))?.partition ?? 0;
}

/** The offset that a place means in the log of a stream. */
export async function offsetOf({ log }: Pick<Stream, "log">, from: LogPlace): Promise<number> {
  if (from === "earliest") return log.start;
  if (from === "latest") return log.end;
  return typeof from === "number" ? from : await log.offsetAt(from.timeMs);
}
