import type { Kernel } from "../../kernel/module.ts";
import { type Kept, leftOut, timeAt } from "../../kernel/running_times.ts";
import type { PhysicalSource } from "../../plan/physical.ts";
import type { AheadRows } from "../protocol.ts";
import type { DecodedPart } from "./chunk_reader.ts";

/** The latest event time that rows of this arrival may have; Infinity where there is no bound. */
export function latestTime({ futureSkewMs }: PhysicalSource, arrivalMs: number): number {
  return futureSkewMs === 0 ? Infinity : arrivalMs + futureSkewMs;
}

/** The rows of a part that are not kept, since they are ahead of their arrival. */
export function aheadRows(kernel: Kernel, { batch, time, frame }: DecodedPart, kept: Kept): AheadRows {
  const rows = leftOut(kernel, batch.rows, kept);
  return { frame, rows, timesMs: rows.map((row) => timeAt(kernel, time, row)) };
}
