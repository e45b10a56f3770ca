import { FrameView } from "../core/frame.ts";
import { type Column, INT64, STRING, TIMESTAMP } from "../core/schema.ts";
import { formatTime } from "../core/time_text.ts";
import { formatDuration } from "../plan/duration.ts";

/**
 * Columns of a dead-letter stream. `offset` is where the request that brought the row begins in its stream, and `line` the row's
 * line in it; of a row that is in the stream already and that a pipeline leaves out, its own offset, and 1.
 */
export const DEAD_COLUMNS: readonly Column[] = [
  { name: "offset", type: INT64, nullable: false },
  { name: "line", type: INT64, nullable: false },
  { name: "field", type: STRING, nullable: true },
  { name: "reason", type: STRING, nullable: false },
  { name: "raw", type: STRING, nullable: false },
  { name: "ts", type: TIMESTAMP, nullable: false },
];
const OFFSET = 0, TS = 5;

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
