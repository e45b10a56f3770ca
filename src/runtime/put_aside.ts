import type { Clock } from "../core/clock.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import type { Finished } from "./collector.ts";
import type { TakenChunk } from "./dispatch.ts";
import { lostRows, setLostAside } from "./lost_rows.ts";
import type { DeadRow } from "./protocol.ts";
import { setChunkAside } from "./quarantine.ts";
import { marksOf, setAside, type SideStreams } from "./side_rows.ts";

interface AsideParts {
  readonly side: SideStreams;
  readonly clock: Clock;
  readonly plan: PhysicalPlan;
  readonly writer?: string | null;
}

/** Puts all rows of a number that no result has where they can be looked at; `told` gets the dead ones. Resolves to how many were lost on their way. */
export async function putAside(
  parts: AsideParts,
  finished: Finished,
  taken: TakenChunk | null,
  told: (row: DeadRow) => void,
): Promise<number> {
  if (taken?.out) return await setChunkAside(parts, taken, taken.out, told);
  const marks = marksOf(parts.writer ?? null, finished.number);
  await setAside(parts, finished, taken, marks, told);
  await setLostAside(parts, finished, marks, told);
  return lostRows(finished);
}
