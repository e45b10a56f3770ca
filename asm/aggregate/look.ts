// What an aggregation has now, for somebody who looks at it: rows stay as they are, and so does what checkpoints go by.
import { arena_alloc } from "../memory";
import { BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, DOUBLE, INT64 } from "../layout";
import { canonical_f64 } from "../hash/keyed";
import { bytesEqual } from "../state/bytes";
import { rowsList } from "../state/order";
import { ROW_FLAGS } from "../state/row";
import { Table } from "../state/table";
import { validAt } from "./assign";
import { emitBegin, emitColumn, emitRoom, emitTimes } from "./emit";
import { emitKeys, emitResults, emitStates } from "./result";
import { sliceAt, tableAt } from "./slice";
import { Aggregation, callAt, isBytes, keyCell } from "./spec";

const NO_MEMORY: i32 = -1;
/** Rows of a table that are compared together. */
const BLOCK_ROWS: u32 = 512;

function isSame(own: u64, column: usize, type: u32): bool {
  const data: usize = load<u32>(column, COLUMN_DATA);
  if (isBytes(type)) {
    const length = load<u32>(data, 4);
    return <u32>(own >> 32) == length && bytesEqual(<usize><u32>own, load<u32>(data), length);
  }
  if (type == BOOL) return own == <u64>(load<u8>(data) & 1);
  const bits = load<u64>(data);
  return own == (type == DOUBLE ? canonical_f64(bits) : bits);
}

/** Whether a row has the key in the first row of COLUMNs. */
function hasKey(a: Aggregation, row: usize, columns: usize): bool {
  const flags = load<u32>(row, ROW_FLAGS);
  for (let k: u32 = 0; k < a.keys; k++) {
    const column = columns + k * COLUMN_SIZE, isNull = !validAt(load<u32>(column, COLUMN_VALIDITY), 0);
    if (((flags >>> k) & 1) != u32(isNull)) return false;
    if (!isNull && !isSame(load<u64>(row + keyCell(k)), column, load<u32>(column, COLUMN_TYPE))) return false;
  }
  return true;
}

// What a look has found: rows, their slices and key groups
let list: usize = 0;
let starts: usize = 0;
let groups: usize = 0;
let room: usize = 0;
let found: u32 = 0;

function lookAt(a: Aggregation, table: Table, index: i64, group: u32, columns: usize, most: u32): void {
  for (let first: u32 = 0; found < most;) {
    const listed = rowsList(a, table, first, room, BLOCK_ROWS);
    if (!listed) return;
    first += listed;
    for (let i: u32 = 0; i < listed && found < most; i++) {
      const row: usize = load<u32>(room + (<usize>i << 2));
      if (columns && !hasKey(a, row, columns)) continue;
      store<u32>(list + (<usize>found << 2), <u32>row);
      store<i64>(starts + (<usize>found << 3), index);
      store<i64>(groups + (<usize>found << 3), group);
      found++;
      // A key has one row in a slice
      if (columns) return;
    }
  }
}

/** Rows of slices have their wraps where they keep them, not where those that hops make have theirs. */
function swapWraps(a: Aggregation): void {
  for (let i: u32 = 0; i < a.calls; i++) {
    const call = callAt(a, i), wraps = call.wraps;
    call.wraps = call.madeWraps;
    call.madeWraps = wraps;
  }
}

function emitWhat(a: Aggregation, results: bool): bool {
  if (!results) return emitStates(a);
  const overflows = a.overflowRows;
  swapWraps(a);
  const done = emitResults(a);
  swapWraps(a);
  a.overflowRows = overflows;
  return done;
}

/**
 * Rows of slices, the first ones first, `most` of them: those of the key in the first row of `columns`, which is of key group `group`, or, `columns` 0,
 * any. Slice start, key group, keys, then states or `results`, as agg_out tells COLUMNs. How many, or NO_MEMORY.
 */
export function agg_look(aggregation: usize, columns: usize, group: u32, results: bool, most: u32): i32 {
  const a = changetype<Aggregation>(aggregation);
  list = arena_alloc(<usize>most << 2);
  room = arena_alloc(<usize>BLOCK_ROWS << 2);
  starts = emitRoom(most);
  groups = emitRoom(most);
  if (!list || !room || !starts || !groups) return NO_MEMORY;
  found = 0;
  const from = columns ? max<u32>(group, a.groupFrom) : a.groupFrom;
  const to = columns ? min<u32>(group + 1, a.groupTo) : a.groupTo;
  for (let i: u32 = 0; i < a.sliceCount && found < most; i++) {
    const slice = sliceAt(a, i);
    for (let g = from; g < to && found < most; g++) {
      const table = tableAt(a, slice, g);
      if (changetype<usize>(table)) lookAt(a, table, slice.index, g, columns, most);
    }
  }
  emitBegin(a, list, found);
  const leading = emitTimes(starts, a.width, a.offset) && emitColumn(INT64, 0, groups, 0);
  return leading && emitKeys(a) && emitWhat(a, results) ? <i32>found : NO_MEMORY;
}
