// Takes batches, a block at a time.
//
//   PUSH   0            4            8              12           16             20            24
//          +------------+------------+--------------+------------+--------------+-------------+-----------+
//          | keys u32   | args u32   | filters u32  | sets u32   | selection u32| selected    | kinds u32 |
//          | COLUMNs    | COLUMNs    | COLUMNs      | COLUMNs    |              | u32         |           |
//          +------------+------------+--------------+------------+--------------+-------------+-----------+
//
// args and filters have a COLUMN for each call, of type 0 where it has none; sets one for each set.
import { noteLate } from "../batch/late";
import { arena_alloc } from "../memory";
import { BOOL, COLUMN_DATA, COLUMN_SCALE, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY } from "../layout";
import {
  BLOCK_ROWS, alive, changed, clearChanged, existed, numbers, setAlive, setExisted, setNumber, setSign, setStateRow, sign, stateRow,
} from "./block";
import { runCalls, strideOf } from "./calls";
import { rowChanged } from "./dirty";
import { fitting } from "./cold";
import { isNew, hashKeys, resolve, touchRows } from "./keys";
import { doom, dropDoomed, freeRow } from "./drop";
import { touch } from "./expire";
import { isLate, openWindow } from "./windows";
import { resultBegin } from "./result";
import { noteChange } from "./tick";
import {
  FLAG_DENSE, FLAG_EXPIRES, FLAG_FINAL, FLAG_TICKS, FLAG_UPSERT, FLAG_WINDOWED, Group, OP_COUNT, ROW_ALIVE, ROW_FIRED, ROW_HOT, ROW_NULLS, callAt, has, isBytes, keyCell, keyScale, keyType,
} from "./spec";

const KEYS: usize = 0;
const ARGS: usize = 4;
const FILTERS: usize = 8;
const SETS: usize = 12;
const SELECTION: usize = 16;
const SELECTED: usize = 20;
const KINDS: usize = 24;

/** Rows of input that make one batch of results: two rows each at most. */
const INPUT_ROWS_MAX: u32 = 4096;

// Row kinds
const INSERT: u8 = 0;
const BEFORE: u8 = 1;
export const AFTER: u8 = 2;
export const DELETE: u8 = 3;
const LOOK: u8 = 4; // changes nothing: what the key has come to is asked for (FLAG_DENSE)

// Answers beside numbers of rows
export const NO_MEMORY: i32 = -1;
export const DONE: i32 = -2;
export const STATE_FULL: i32 = -3;
export const MORE_ROOM: i32 = -4; // the rest of the batch has none: it is to be pushed anew where groups leave memory

/** Begins with a batch. */
export function group_push(group: usize, push: usize): void {
  const g = changetype<Group>(group);
  g.input = <u32>push;
  g.next = 0;
}

/** Fills the block with the next selected rows. */
function take(g: Group, count: u32): void {
  const push: usize = g.input, selection: usize = load<u32>(push, SELECTION), kinds: usize = load<u32>(push, KINDS);
  for (let i: u32 = 0; i < count; i++) {
    const at = g.next + i, number = selection ? load<u32>(selection + (<usize>at << 2)) : at;
    setNumber(i, number);
    const kind = kinds ? load<u8>(kinds + number) : INSERT;
    setSign(i, kind == LOOK ? 0 : kind == BEFORE || kind == DELETE ? -1 : 1);
  }
}

/** Finds the rows of state and counts the block's rows in them; returns how many of them there was room for. */
function resolveAll(g: Group, count: u32): u32 {
  const keys: usize = load<u32>(g.input, KEYS), windowed = has(g, FLAG_WINDOWED);
  const ticks = has(g, FLAG_TICKS);
  hashKeys(g, keys, count);
  touchRows(g, count);
  for (let i: u32 = 0; i < count; i++) {
    if (windowed && isLate(g, keys, numbers(i))) {
      setStateRow(i, 0);
      g.late++;
      noteLate(numbers(i));
      continue;
    }
    const row = resolve(g, keys, i);
    if (!row) return i;
    if (isNew && windowed && !openWindow(g, row)) {
      freeRow(g, row);
      return i;
    }
    const before = load<i64>(row, ROW_ALIVE);
    if (sign(i) < 0 && before == 0) {
      setSign(i, 0);
      g.unknown++;
    }
    const after = before + <i64>sign(i);
    store<i64>(row, after, ROW_ALIVE);
    rowChanged(g, row);
    if (!load<u8>(row, ROW_HOT)) store<u8>(row, 1, ROW_HOT);
    setExisted(i, u8(before > 0));
    setAlive(i, u8(after > 0));
    if (ticks) noteChange(g, row);
    else if (after == 0 && !windowed) doom(g, row);
    if (has(g, FLAG_EXPIRES)) touch(g, row);
  }
  return count;
}

function bitmap(rows: u32): usize {
  const bytes: usize = ((rows + 63) & ~63) >>> 3, at = arena_alloc(bytes);
  if (at) memory.fill(at, 0, bytes);
  return at;
}

/** Room for a column of results in the COLUMN at `out`; false when there is no memory. */
export function outColumn(out: usize, type: u32, scale: u32, rows: u32, nullable: bool): bool {
  const data = type == BOOL ? bitmap(rows) : arena_alloc(<usize>((rows + 63) & ~63) << 3);
  const validity = nullable ? bitmap(rows) : 0;
  store<u32>(out, type, COLUMN_TYPE);
  store<u32>(out, <u32>data, COLUMN_DATA);
  store<u32>(out, <u32>validity, COLUMN_VALIDITY);
  store<u32>(out, scale, COLUMN_SCALE);
  return data != 0 && (!nullable || validity != 0);
}

/** Room for `rows` rows of keys and results. */
export function outColumns(g: Group, rows: u32): bool {
  let out: usize = g.out;
  for (let k: u32 = 0; k < g.keys; k++, out += COLUMN_SIZE) {
    if (!outColumn(out, keyType(g, k), keyScale(g, k), rows, true)) return false;
  }
  for (let i: u32 = 0; i < g.calls; i++, out += COLUMN_SIZE) {
    const call = callAt(g, i);
    if (!outColumn(out, call.outType, call.outScale, rows, call.op != OP_COUNT)) return false;
  }
  return true;
}

@inline export function setBit(at: usize, i: u32): void {
  store<u8>(at + (i >>> 3), load<u8>(at + (i >>> 3)) | (<u8>1 << <u8>(i & 7)));
}

/** Writes the keys of a row of state into row `to` of the batch of results. */
export function putKeys(g: Group, row: usize, to: u32): void {
  const nulls = load<u32>(row, ROW_NULLS);
  let out: usize = g.out;
  for (let k: u32 = 0; k < g.keys; k++, out += COLUMN_SIZE) {
    const data: usize = load<u32>(out, COLUMN_DATA), cell = load<u64>(row + keyCell(k));
    if (load<u32>(out, COLUMN_TYPE) != BOOL) store<u64>(data + (<usize>to << 3), cell);
    else if (cell) setBit(data, to);
    if (!((nulls >>> k) & 1)) setBit(load<u32>(out, COLUMN_VALIDITY), to);
  }
}

@inline export function select(g: Group, to: u32, kind: u8, cause: u32): void {
  store<u8>(<usize>g.outKinds + to, kind);
  store<u32>(<usize>g.outCauses + (<usize>to << 2), cause);
  store<u32>(<usize>g.outSelection + (<usize>g.outSelected << 2), to);
  g.outSelected++;
}

/** Says what each row of the block changed, in the rows from `first` on. */
function emit(g: Group, count: u32, first: u32): void {
  const upsert = has(g, FLAG_UPSERT), stride: u32 = upsert ? 1 : 2, final = has(g, FLAG_FINAL);
  for (let i: u32 = 0; i < count; i++) {
    const row = stateRow(i), was = existed(i), is = alive(i), cause = numbers(i);
    if (!row || (!was && !is) || (was && is && !changed(i))) continue;
    // Of windows that are open nothing is out yet that could change
    if (final && !load<u32>(row, ROW_FIRED)) continue;
    const before = first + i * stride, after = before + stride - 1;
    if (was && !(upsert && is)) {
      putKeys(g, row, before);
      select(g, before, is ? BEFORE : DELETE, cause);
    }
    if (!is) continue;
    putKeys(g, row, after);
    select(g, after, was ? AFTER : INSERT, cause);
  }
}

/** Room for what says of each row what it is. */
export function outRows(g: Group, rows: u32): bool {
  g.outKinds = <u32>arena_alloc(rows);
  g.outSelection = <u32>arena_alloc(<usize>rows << 2);
  g.outCauses = <u32>arena_alloc(<usize>rows << 2);
  g.outSelected = 0;
  // Rows that are not selected have causes too, which may be followed
  if (g.outCauses) memory.fill(g.outCauses, 0, <usize>rows << 2);
  return g.outKinds != 0 && g.outSelection != 0 && g.outCauses != 0 && outColumns(g, rows);
}

/** How many of the next rows make a block: where groups leave memory with what they hold, those that there is room for. */
@inline function blockRows(g: Group, most: u32): u32 {
  const push: usize = g.input, count = min<u32>(min<u32>(BLOCK_ROWS, most), load<u32>(push, SELECTED) - g.next);
  if (!g.cools) return count;
  const rows = fitting(g, load<u32>(push, KEYS), load<u32>(push, ARGS), load<u32>(push, SETS), load<u32>(push, SELECTION), g.next, count);
  // Room for the first one was made, as far as there is any
  return rows || g.next ? rows : 1;
}

function runBlock(g: Group, count: u32, first: u32): bool {
  const push: usize = g.input, results = <usize>g.out + <usize>g.keys * COLUMN_SIZE;
  clearChanged();
  resultBegin();
  return runCalls(g, load<u32>(push, ARGS), load<u32>(push, FILTERS), load<u32>(push, SETS), count, first, results);
}

/**
 * Works the batch in until its end, or until there are enough results for a batch: the number of its rows, all in COLUMNs, of which
 * those that are to be seen are selected. DONE at the batch's end. MORE_ROOM: the rest is to be pushed anew. STATE_FULL: not even the next row
 * has room.
 */
export function group_pull(group: usize): i32 {
  const g = changetype<Group>(group);
  dropDoomed(g);
  if (!g.input) return DONE;
  const rows = load<u32>(g.input, SELECTED), stride = strideOf(g);
  while (g.next < rows) {
    const begin = g.next, most = stride ? min<u32>(INPUT_ROWS_MAX, rows - begin) : rows - begin, out = most * stride;
    if (stride && !outRows(g, out)) return NO_MEMORY;
    let short = false;
    while (g.next - begin < most) {
      const first = (g.next - begin) * stride, all = blockRows(g, most - (g.next - begin));
      if (!all) {
        short = true;
        break;
      }
      take(g, all);
      const count = resolveAll(g, all);
      if (!runBlock(g, count, first)) return STATE_FULL;
      if (stride) emit(g, count, first);
      g.next += count;
      if (count == all) continue;
      if (!g.next) return STATE_FULL;
      short = true;
      break;
    }
    if (stride && g.next > begin && (g.outSelected || has(g, FLAG_DENSE))) return <i32>((g.next - begin) * stride);
    if (short) return MORE_ROOM;
  }
  g.input = 0;
  return DONE;
}
