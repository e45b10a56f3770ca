import type { Clock } from "../core/clock.ts";
import { FrameBuilder } from "../core/frame.ts";
import { type Column, INT64, STRING, TIMESTAMP } from "../core/schema.ts";
import type { RefusedRows } from "../sink.ts";
import type { Marks } from "./side_rows.ts";

/** Columns of a stream of rows that a sink could not give away: the output and the part of it that they were sent with. */
export const REFUSED_COLUMNS: readonly Column[] = [
  { name: "number", type: INT64, nullable: false },
  { name: "ordinal", type: INT64, nullable: false },
  { name: "reason", type: STRING, nullable: false },
  { name: "row", type: STRING, nullable: false },
  { name: "ts", type: TIMESTAMP, nullable: false },
];

const SUFFIX = ".refused", NAME_CHARS_MAX = 128;
/** Parts that one output may have. */
const PARTS_MAX = 2 ** 20;

/** The stream that takes the refused rows of a sink. */
export function refusedName(pipeline: string, node: string): string {
  return `${`${pipeline}.${node}`.slice(0, NAME_CHARS_MAX - SUFFIX.length)}${SUFFIX}`;
}

/** A part's rows as a frame of REFUSED_COLUMNS, with the mark that makes them come once however often a run is done again. */
export function refusedFrame(
  { number, ordinal, rows, reason }: RefusedRows,
  run: string,
  clock: Clock,
): { readonly frame: ArrayBuffer; readonly marks: Marks } {
  const builder = new FrameBuilder(REFUSED_COLUMNS), nowMs = Math.trunc(clock.now());
  for (const row of rows) builder.append([number, ordinal, reason, row, nowMs]);
  const mark = {
    producer: `refused ${run}`,
    sequence: number * PARTS_MAX + ordinal,
    sparse: true,
    digest: "",
  } as const;
  return { frame: builder.finish(), marks: () => mark };
}
