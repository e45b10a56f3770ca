// What an aggregation has now, for somebody who looks at it: rows stay as they are, and so does what checkpoints go by (state.ts, details.ts).
import { COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE } from "../layout";
import { hash_combine } from "../hash/keyed";
import { dropDoomed } from "./drop";
import { entriesBegin, entriesNext } from "./entries";
import { entryCounts } from "./entry";
import { putResults } from "./fire";
import { INDEX_TABLES, indexFind, indexNext, indexPlaces, indexThing } from "./index_table";
import { hashValue, sameKey } from "./keys";
import { nodeBefore } from "./list";
import { NO_MEMORY, outColumns, putKeys } from "./push";
import { noRoom, resultLook } from "./result";
import { Group, OP_COUNT, ROW_ALIVE, callAt, setAt } from "./spec";

/** Places of the index that a look without a key goes by. */
const PLACES_MAX: u32 = 1 << 16;
const ENTRIES: u32 = 0;

/** The row of the key in the first row of COLUMNs; 0 = there is none. */
function find(g: Group, columns: usize): usize {
  let hash: u64 = 0;
  for (let k: u32 = 0; k < g.keys; k++) {
    const column = columns + k * COLUMN_SIZE;
    hash = hash_combine(hash, hashValue(column, load<u32>(column, COLUMN_TYPE), 0, g.seed));
  }
  for (let row = indexFind(g.rowsIndex, <u32>hash); row; row = indexNext(g.rowsIndex, <u32>hash, row)) {
    if (sameKey(g, row, columns, 0)) return row;
  }
  return 0;
}

/** Rows, u32 each at `list`, `most` of them: that of the key in the first row of `columns`, or, `columns` 0, the first ones. How many. */
export function group_look(group: usize, columns: usize, list: usize, most: u32): u32 {
  const g = changetype<Group>(group);
  dropDoomed(g);
  if (columns) {
    const row = find(g, columns);
    if (row) store<u32>(list, <u32>row);
    return u32(row != 0);
  }
  let found: u32 = 0, left = PLACES_MAX;
  for (let t: u32 = 0; t < INDEX_TABLES; t++) {
    for (let i: u32 = 0, end = indexPlaces(g.rowsIndex, t); i < end && found < most && left; i++, left--) {
      const row = indexThing(g.rowsIndex, t, i);
      if (!row) continue;
      store<u32>(list + (<usize>found << 2), <u32>row);
      found++;
    }
  }
  return found;
}

/** Of listed rows those that have the key in the first row of `columns`, in the same list: how many. */
export function group_look_same(group: usize, columns: usize, list: usize, count: u32): u32 {
  const g = changetype<Group>(group);
  let found: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row: usize = load<u32>(list + (<usize>i << 2));
    if (!sameKey(g, row, columns, 0)) continue;
    store<u32>(list + (<usize>found << 2), <u32>row);
    found++;
  }
  return found;
}

/** Where no row is left, counts, which are never NULL, are 0. */
function putNothing(g: Group, to: u32): void {
  for (let i: u32 = 0; i < g.calls; i++) {
    const out = <usize>g.out + <usize>(g.keys + i) * COLUMN_SIZE, data: usize = load<u32>(out, COLUMN_DATA);
    if (callAt(g, i).op == OP_COUNT) store<i64>(data + (<usize>to << 3), 0);
  }
}

/** Keys of listed rows and what their calls have come to, as group_out tells COLUMNs; NULL where no row is left. NO_MEMORY without. */
export function group_look_results(group: usize, list: usize, count: u32): i32 {
  const g = changetype<Group>(group);
  if (!outColumns(g, count)) return NO_MEMORY;
  resultLook();
  for (let i: u32 = 0; i < count; i++) {
    const row: usize = load<u32>(list + (<usize>i << 2));
    putKeys(g, row, i);
    if (load<i64>(row, ROW_ALIVE) > 0) putResults(g, row, i);
    else putNothing(g, i);
  }
  return noRoom ? NO_MEMORY : <i32>count;
}

/** What listed rows hold of a set (`kind` 0) or of a call's list (1), as group_details lists it: how many. */
export function group_look_details(group: usize, kind: u32, which: u32, rows: usize, count: u32, list: usize, most: u32): u32 {
  const g = changetype<Group>(group), set = setAt(g, which);
  let found: u32 = 0;
  for (let i: u32 = 0; i < count && found < most; i++) {
    const row: usize = load<u32>(rows + (<usize>i << 2));
    let thing: usize = kind == ENTRIES ? entriesBegin(set, row + set.head) : load<u32>(row + callAt(g, which).cell, 4);
    for (; thing && found < most; thing = kind == ENTRIES ? entriesNext(set, thing) : nodeBefore(thing)) {
      if (kind == ENTRIES && !entryCounts(set, thing)) continue;
      store<u32>(list + (<usize>found << 3), <u32>row);
      store<u32>(list + (<usize>found << 3), <u32>thing, 4);
      found++;
    }
  }
  return found;
}
