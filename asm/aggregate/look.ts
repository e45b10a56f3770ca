// What an aggregation has now, for somebody who looks at it: rows stay as they are, and so does what checkpoints go by.
import { arena_alloc } from "../memory";
import { BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, DOUBLE, INT64 } from "../layout";
import { canonical_f64 } from "../hash/keyed";
import { bytesEqual } from "../state/bytes";
import { rowsList } from "../state/order";
import { ROW_FLAGS, rowCopy } from "../state/row";
import { Table } from "../state/table";
import { validAt } from "./assign";
import { callLength, keyLength, textBytes } from "./cold";
import { emitBegin, emitColumn, emitRoom, emitTimes } from "./emit";
import { emitKeys, emitResults, emitStates } from "./result";
import { isCold, sliceAt, tableAt } from "./slice";
import { Aggregation, callAt, isBytes, keyCell } from "./spec";

const NO_MEMORY: i32 = -1;
const COLD: i32 = -3;
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
export function hasKey(a: Aggregation, row: usize, columns: usize): bool {
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

/** How far a look has got: slice, key group; the last one. */
let lookSlice: u32 = 0;
let lookGroup: u32 = 0;
let lookEnd: u32 = 0;
let lookFrom: u32 = 0;
let lookKey: usize = 0;
let lookMost: u32 = 0;

/** Begins a look for rows of slices, the first ones first, `most` of them: those of the key in the first row of `columns`, which is of key group `group`, or, `columns` 0, any. */
export function agg_look(aggregation: usize, columns: usize, group: u32, most: u32): i32 {
  const a = changetype<Aggregation>(aggregation);
  list = arena_alloc(<usize>most << 2);
  room = arena_alloc(<usize>BLOCK_ROWS << 2);
  starts = emitRoom(most);
  groups = emitRoom(most);
  if (!list || !room || !starts || !groups) return NO_MEMORY;
  found = 0;
  lookKey = columns;
  lookMost = most;
  lookSlice = 0;
  lookFrom = columns ? max<u32>(group, a.groupFrom) : a.groupFrom;
  lookEnd = columns ? min<u32>(group + 1, a.groupTo) : a.groupTo;
  lookGroup = lookFrom;
  return 0;
}

/**
 * Goes on with a look. How many rows there are, or COLD in front of a part of which rows are in a file: slice and key group (f64 each) at `wants`, for
 * agg_look_merged.
 */
export function agg_look_next(aggregation: usize, wants: usize): i32 {
  const a = changetype<Aggregation>(aggregation);
  for (; lookSlice < a.sliceCount && found < lookMost; lookSlice++, lookGroup = lookFrom) {
    const slice = sliceAt(a, lookSlice);
    for (; lookGroup < lookEnd && found < lookMost; lookGroup++) {
      if (isCold(slice, lookGroup)) {
        store<f64>(wants, <f64>slice.index);
        store<f64>(wants, <f64>lookGroup, 8);
        return COLD;
      }
      const table = tableAt(a, slice, lookGroup);
      if (changetype<usize>(table)) lookAt(a, table, slice.index, lookGroup, lookKey, lookMost);
    }
  }
  return <i32>found;
}

/** A copy of a row, its texts included, in the batch arena; 0 without memory. */
function copyRow(a: Aggregation, row: usize): usize {
  const to = arena_alloc(a.rowBytes + textBytes(a, row));
  if (!to) return 0;
  rowCopy(to, row, a.rowBytes);
  let at = to + a.rowBytes;
  for (let k: u32 = 0; k < a.keys; k++) at = copyText(to + keyCell(k), at, keyLength(a, row, k));
  for (let i: u32 = 0; a.variable && i < a.calls; i++) at = copyText(to + callAt(a, i).cell, at, callLength(a, row, i));
  return to;
}

function copyText(cell: usize, at: usize, length: u32): usize {
  if (!length) return at;
  memory.copy(at, load<u32>(cell), length);
  store<u32>(cell, <u32>at);
  return at + length;
}

/** Adds copies of rows of the part that agg_look_next wanted, which were put together; false without memory. */
export function agg_look_merged(aggregation: usize, merged: usize): bool {
  const a = changetype<Aggregation>(aggregation), first = found;
  lookAt(a, changetype<Table>(merged), sliceAt(a, lookSlice).index, lookGroup, lookKey, lookMost);
  lookGroup++;
  for (let i = first; i < found; i++) {
    const copy = copyRow(a, load<u32>(list + (<usize>i << 2)));
    if (!copy) return false;
    store<u32>(list + (<usize>i << 2), <u32>copy);
  }
  return true;
}

/** What a look has found: slice start, key group, keys, then states or `results`, as agg_out tells COLUMNs. How many, or NO_MEMORY. */
export function agg_looked(aggregation: usize, results: bool): i32 {
  const a = changetype<Aggregation>(aggregation);
  emitBegin(a, list, found);
  const leading = emitTimes(starts, a.width, a.offset) && emitColumn(INT64, 0, groups, 0);
  return leading && emitKeys(a) && emitWhat(a, results) ? <i32>found : NO_MEMORY;
}
