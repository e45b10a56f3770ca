import type { Batch } from "../../core/batch.ts";
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

/** The batch with those of its rows that are kept. */
export function within(kernel: Kernel, batch: Batch, kept: Kept | null): Batch {
  if (!kept) return batch;
  if (batch.selection === 0) return { ...batch, ...kept };
  const { data } = kernel,
    numbers = ({ selection, selected }: Kept) =>
      Array.from({ length: selected }, (_, i) => data.getUint32(selection + i * 4, true));
  const wanted = new Set(numbers(kept)), both = numbers(batch).filter((row) => wanted.has(row));
  const selection = kernel.arena(Math.max(1, both.length) * 4);
  both.forEach((row, i) => kernel.data.setUint32(selection + i * 4, row, true));
  return { ...batch, selection, selected: both.length };
}
