// Changes of parts of which rows are in a file: a listing waits in front of such a part, for the table of all of its rows (cold_merge.ts), whose marks say
// what has changed.
import { rowsList, rowsStoredSet } from "../state/order";
import { ROW_MARK } from "../state/row";
import { Table } from "../state/table";
import { blockReady, blockStates } from "./block";
import { agg_merge_end } from "./cold_merge";
import { Slice, sliceFind, tableAt } from "./slice";
import { Aggregation } from "./spec";

const LIST_ROWS: u32 = 1024;

/** The table of the key group that changes are listed of, or null: what is partly in a file has to be put together first. */
@inline export function changesTable(a: Aggregation): Table {
  return changetype<Table>(<usize>a.changeMerged);
}

/** Whether rows in memory of a part have marks above `since`. */
function hasNewer(a: Aggregation, slice: Slice, group: u32, since: u32): bool {
  const table = tableAt(a, slice, group);
  if (!changetype<usize>(table) || !blockReady()) return false;
  const list = blockStates();
  for (let first: u32 = 0; first < table.rows;) {
    const rows = rowsList(a, table, first, list, LIST_ROWS);
    for (let i: u32 = 0; i < rows; i++) if (load<u32>(load<u32>(list + (<usize>i << 2)), ROW_MARK) > since) return true;
    first += rows;
  }
  return false;
}

/** The part that a listing of changes waits for: slice, key group, whether rows of it in memory have changed (f64 each). */
export function agg_changes_wants(aggregation: usize, out: usize): void {
  const a = changetype<Aggregation>(aggregation), slice = sliceFind(a, a.changeSlice);
  store<f64>(out, <f64>a.changeSlice);
  store<f64>(out, <f64>a.changeGroup, 8);
  store<f64>(out, <f64>u32(hasNewer(a, slice, a.changeGroup, a.changeSince)), 16);
}

/** Hands over the table that it waits for; 0: nothing of the part has changed. */
export function agg_changes_give(aggregation: usize, merged: usize): void {
  const a = changetype<Aggregation>(aggregation);
  a.changeMerged = <u32>merged;
  a.changeListed = false;
  if (merged) return;
  a.changeGroup++;
  a.changeRow = 0;
}

/** Frees the table that has been listed, or is not wanted any more. */
export function changesFree(a: Aggregation): void {
  if (a.changeMerged) agg_merge_end(changetype<usize>(a), a.changeMerged);
  a.changeMerged = 0;
  a.changeListed = false;
}

/** A listing is left: true in the midst of a part that is partly in a file, of which then all rows in memory count as changed. */
export function changesDrop(a: Aggregation): bool {
  const inside = a.changeMerged != 0 && !a.changeListed && a.changeTakes;
  changesFree(a);
  const slice = inside ? sliceFind(a, a.changeSlice) : changetype<Slice>(0);
  if (!changetype<usize>(slice)) return false;
  slice.mark = a.mark;
  const table = tableAt(a, slice, a.changeGroup), list = blockStates();
  for (let first: u32 = 0; changetype<usize>(table) && first < table.rows;) {
    const rows = rowsList(a, table, first, list, LIST_ROWS);
    for (let i: u32 = 0; i < rows; i++) store<u32>(load<u32>(list + (<usize>i << 2)), a.mark, ROW_MARK);
    first += rows;
  }
  if (changetype<usize>(table)) rowsStoredSet(table, 0);
  return true;
}
