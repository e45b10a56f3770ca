// How a drain goes through the rows, a step at a time: it ends when enough was found, or when it has looked at many that it does not want.
import { INDEX_TABLES, indexPlaces, indexThing } from "./index_table";
import { Group, ROW_CHANGED_CUT, ROW_STATE } from "./spec";

/** What one step looks at. */
const STEP_LOOKS: u32 = 1 << 16;

let looks: u32 = 0;

/** Begins with the first row. */
export function scanBegin(g: Group): void {
  g.scanTable = 0;
  g.scanPlace = 0;
  g.scanRow = 0;
  g.scanThing = 0;
}

/** Begins a step. */
export function stepBegin(): void {
  looks = STEP_LOOKS;
}

/** Looks at something; false: this step has looked at enough. */
@inline export function look(): bool {
  if (!looks) return false;
  looks--;
  return true;
}

/** All rows were looked at. */
@inline export function scanDone(g: Group): bool {
  return g.scanTable == INDEX_TABLES;
}

/** The next row that the drain hands out; 0 = there is none, or the step ends. */
export function nextRow(g: Group): usize {
  for (; g.scanTable < INDEX_TABLES; g.scanTable++, g.scanPlace = 0) {
    const places = indexPlaces(g.rowsIndex, g.scanTable);
    while (g.scanPlace < places) {
      if (!look()) return 0;
      const row = indexThing(g.rowsIndex, g.scanTable, g.scanPlace++);
      if (row && (g.whole || load<u32>(row, ROW_STATE) & ROW_CHANGED_CUT)) return row;
    }
  }
  return 0;
}
