// Rows by their names, while what they hold is restored: u32 addresses, linear probing, at most half full; 0 = empty.
import { block_alloc, block_free } from "../memory";
import { INDEX_TABLES, indexPlaces, indexThing } from "./index_table";
import { Group, nameOf, rowNumber } from "./spec";

export const NAMES_DONE: i32 = 0;
const DAMAGED: i32 = 1;
const NO_MEMORY: i32 = 2;
const PLACES_MIN: u32 = 64;

/** Where the row of this name is, or may be put. */
function place(g: Group, name: u64): usize {
  let at = <u32>(((name ^ (name >> 32)) * 0x9E3779B97F4A7C15) >> 32) & g.mapMask;
  while (true) {
    const entry = <usize>g.map + (<usize>at << 2), row: usize = load<u32>(entry);
    if (!row || nameOf(g, row, rowNumber(g, row)) == name) return entry;
    at = (at + 1) & g.mapMask;
  }
}

/** Notes all rows, whose names must differ, and be of the past. */
export function namesMake(g: Group): i32 {
  const places = max<u32>(PLACES_MIN, 1 << (33 - clz(g.rows)));
  namesForget(g);
  g.map = <u32>block_alloc(<usize>places << 2);
  if (!g.map) return NO_MEMORY;
  g.mapMask = places - 1;
  memory.fill(g.map, 0, <usize>places << 2);
  for (let t: u32 = 0; t < INDEX_TABLES; t++) {
    for (let i: u32 = 0, end = indexPlaces(g.rowsIndex, t); i < end; i++) {
      const row = indexThing(g.rowsIndex, t, i);
      if (!row) continue;
      const entry = place(g, nameOf(g, row, rowNumber(g, row)));
      if (load<u32>(entry) || rowNumber(g, row) >= g.seq) return DAMAGED;
      store<u32>(entry, <u32>row);
    }
  }
  return NAMES_DONE;
}

/** The row of a name; 0 = there is none. */
export function namedRow(g: Group, group: u64, number: u64): usize {
  return g.map && group < 128 ? <usize>load<u32>(place(g, (group << 57) | number)) : 0;
}

export function namesForget(g: Group): void {
  if (g.map) block_free(g.map, (<usize>g.mapMask + 1) << 2);
  g.map = 0;
}
