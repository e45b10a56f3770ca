import { allCold, type ColdFacts, NOTHING_COLD } from "../../core/cold_file.ts";
import type { Operator } from "../../operator.ts";
import type { FromTask, NodeLookups, NodeRefused } from "../protocol.ts";

/** What a report says of the operators. */
type Counts = Pick<Extract<FromTask, { kind: "done" }>, "late" | "untimed" | "stateRows" | "stateBytes" | "cold">;

/** What a task's operators have counted and keep. */
export function countsOf(operators: readonly (Operator | null)[]): Counts {
  const colds: ColdFacts[] = [];
  let late = 0, untimed = 0, stateRows = 0, stateBytes = 0;
  for (const operator of operators) {
    if (!operator) continue;
    late += operator.counts.late;
    untimed += operator.counts.nullTime;
    stateRows += operator.stateRows;
    stateBytes += operator.stateBytes;
    if (operator.cold?.reads || operator.cold?.rows) colds.push(operator.cold);
  }
  return { late, untimed, stateRows, stateBytes, cold: colds.length === 0 ? NOTHING_COLD : allCold(colds) };
}

/** What one operator keeps. */
export function keptBy({ stateRows, stateBytes, cold = NOTHING_COLD }: Operator) {
  return { rows: stateRows, bytes: stateBytes, cold };
}

/** What goes with the reports of lookups. */
export function framesOf(lookups: readonly NodeLookups[]): ArrayBuffer[] {
  return lookups.flatMap(({ questions, lost }) => [
    ...questions.map(({ keys }) => keys),
    ...lost.map(({ frame }) => frame),
  ]);
}

/** The frames of rows that were refused. */
export function lostFrames(refused: readonly NodeRefused[]): ArrayBuffer[] {
  return refused.flatMap(({ lost }) => lost.map(({ frame }) => frame));
}
