// Rows of a range in the order in which they leave it: a list, and beside it a heap of those that have been away (shelf.ts).
import { heapOrder, heapPop, heapRow, heapTime } from "../rows/heap";
import { listRemove } from "../rows/list";
import { rowOrder } from "../rows/row";
import { LIST_AT, Over, backOf, listOf, timeOfRow } from "./spec";

/** The first row of the range, of those that have been away and the others; 0: there is none. */
export function oldestRow(o: Over): usize {
  const row: usize = listOf(o).oldest;
  if (!o.back || !backOf(o).size) return row;
  const back = backOf(o);
  if (!row || heapTime(back) < timeOfRow(row)) return heapRow(back);
  return heapTime(back) == timeOfRow(row) && heapOrder(back) < rowOrder(row) ? heapRow(back) : row;
}

/** The first row leaves the range. */
export function oldestRemove(o: Over, row: usize): void {
  if (listOf(o).oldest == <u32>row) listRemove(listOf(o), row, LIST_AT);
  else heapPop(backOf(o));
}
