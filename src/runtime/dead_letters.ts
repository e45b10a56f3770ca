import { FrameView } from "../core/frame.ts";
import { type Column, INT64, STRING, TIMESTAMP } from "../core/schema.ts";

/** Columns of a dead-letter stream. `offset` is where the request that brought the row begins in its stream. */
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
