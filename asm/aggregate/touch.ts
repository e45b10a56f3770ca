// Touching: reads memory that is about to be needed, in a loop in which no read waits for another, so that the cache
// misses of many rows overlap (group prefetching of Chen et al., ICDE 2004, without prefetch instructions).
import { PAGE_HEADER, Table, pageUsed } from "../state/table";
import { Slice, tableAt } from "./slice";
import { Aggregation } from "./spec";

const LINE_BYTES: u32 = 64;
/** What is touched of one table. */
const TABLE_BYTES_MAX: u32 = 4096;
/** Slices larger than this would push each other out of the caches. */
const SLICE_BYTES_MAX: u32 = 1 << 18;

/** Keeps the reads from being left out. */
export let touched: u32 = 0;

/** Touches the header of a table. */
@inline export function touchHeader(table: Table): void {
  if (changetype<usize>(table)) touched ^= table.first;
}

/** Touches the first rows of a table, whose header is better touched before: the loop's end depends on it. */
@inline export function touchTable(table: Table): void {
  if (!changetype<usize>(table)) return;
  const page = <usize>table.first, used = page ? pageUsed(table, page) + PAGE_HEADER : 0;
  const end = page + (used < TABLE_BYTES_MAX ? used : TABLE_BYTES_MAX);
  let sum = touched;
  for (let at = page; at < end; at += LINE_BYTES) sum ^= load<u32>(at);
  touched = sum;
}

/** Touches the rows of all key groups of a slice. */
export function touchSlice(a: Aggregation, slice: Slice): void {
  if (slice.rows * a.rowBytes > SLICE_BYTES_MAX) return;
  for (let group = a.groupFrom; group < a.groupTo; group++) touchHeader(tableAt(a, slice, group));
  for (let group = a.groupFrom; group < a.groupTo; group++) touchTable(tableAt(a, slice, group));
}
