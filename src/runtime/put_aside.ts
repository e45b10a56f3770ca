import type { Clock } from "../core/clock.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import type { Finished } from "./collector.ts";
import type { Taken } from "./input.ts";
import { lostRows, setLostAside } from "./lost_rows.ts";
import type { DeadRow } from "./protocol.ts";
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
  taken: Taken | null,
  told: (row: DeadRow) => void,
): Promise<number> {
  const marks = marksOf(parts.writer ?? null, finished.number);
  await setAside(parts, finished, taken, marks, told);
  await setLostAside(parts, finished, marks, told);
  return lostRows(finished);
}
