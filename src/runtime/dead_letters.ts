import { type FrameBuilder, FrameView } from "../core/frame.ts";
import { DEAD_RAW_BYTES_MAX } from "../core/limits.ts";
import { type Column, INT64, STRING, TIMESTAMP } from "../core/schema.ts";
import { formatTime } from "../core/time_text.ts";
import { formatDuration } from "../plan/duration.ts";

/**
 * Columns of a dead-letter stream. `offset` is where the request that brought the row begins in its stream, and `line` the row's
 * line in it; of a row that is in the stream already and that a pipeline leaves out, its own offset, and 1. `attempts`: how often it was tried again.
 * `format` is what `raw` is: `json`, or `csv` as its header `head` says (NULL: by position); NULL where it is not all of the row, or not as it came.
 * `pipeline`: who has left it out; NULL: it never was in its stream. Streams of earlier versions have the first six.
 */
export const DEAD_COLUMNS: readonly Column[] = [
  { name: "offset", type: INT64, nullable: false },
  { name: "line", type: INT64, nullable: false },
  { name: "field", type: STRING, nullable: true },
  { name: "reason", type: STRING, nullable: false },
  { name: "raw", type: STRING, nullable: false },
  { name: "ts", type: TIMESTAMP, nullable: false },
  { name: "attempts", type: INT64, nullable: true },
  { name: "format", type: STRING, nullable: true },
  { name: "head", type: STRING, nullable: true },
  { name: "pipeline", type: STRING, nullable: true },
];
const OFFSET = 0, TS = 5;

/** How reasons begin of rows whose chunk broke a pipeline again and again: they would break it once more, and are tried again by nobody but people. */
export const QUARANTINED = "Quarantined: ";

/** A row of a dead-letter stream; what is absent is NULL, and nothing tried it again. */
export interface Letter {
  readonly offset: number | bigint;
  readonly line: number | bigint;
  readonly field: string | null;
  readonly reason: string;
  readonly raw: string;
  /** Epoch ms. */
  readonly ts: number | bigint;
  readonly attempts?: number;
  readonly format?: string | null;
  readonly head?: string | null;
  readonly pipeline?: string | null;
}

/** Adds a letter to a frame of DEAD_COLUMNS. */
export function addLetter(builder: FrameBuilder, letter: Letter): void {
  const { offset, line, field, reason, raw, ts, attempts = 0, format = null, head = null, pipeline = null } = letter;
  builder.append([offset, line, field, reason, raw, ts, attempts, format, head, pipeline]);
}

/** A row that is written as JSON, as far as it is kept, with what that is. */
export function jsonRow(text: string): { readonly raw: string; readonly format: "json" | null } {
  const whole = text.length <= DEAD_RAW_BYTES_MAX;
  return whole ? { raw: text, format: "json" } : { raw: text.slice(0, DEAD_RAW_BYTES_MAX), format: null };
}

/** The name of the stream that takes the bad rows of `stream`. */
export function deadName(stream: string): string {
  return `${stream}.dead`;
}

/** Writes what is known only at the append into frames that a worker made: the offset and the arrival time. */
export function stampDead(frames: readonly ArrayBuffer[], offset: number, arrivalMs: number): void {
  for (const frame of frames) {
    const view = new FrameView(frame);
    (view.buffers(OFFSET).data as BigInt64Array).fill(BigInt(offset));
    (view.buffers(TS).data as BigInt64Array).fill(BigInt(Math.trunc(arrivalMs)));
  }
}

/** Why a row whose event time is too far ahead of its arrival is dead. `where`: what has set the bound. */
export function aheadReason(timeMs: number, arrivalMs: number, skewMs: number, where: string): string {
  const time = formatTime(timeMs) ?? String(timeMs), arrival = formatTime(Math.trunc(arrivalMs));
  return `Time ${time} is more than ${formatDuration(skewMs)} ahead of its arrival ${arrival}: ` +
    `set the sender's clock, or raise future_skew_ms of ${where} (0: without bound)`;
}
