// Updates the state rows of a block, one tight loop for each aggregate.
import { COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY } from "../layout";
import { ROW_PRESENT } from "../state/row";
import { blockAddresses, blockKept, blockStates } from "./block";
import { fusable, fuseBlock } from "./fuse";
import { gatherOrdinals, gatherTargets, gatherValues, targets, valueCount, values } from "./gather";
import {
  Aggregation, Call, OP_AVG_DOUBLE, OP_AVG_INT, OP_COUNT, OP_FIRST, OP_LAST, OP_MAX, OP_MIN, OP_MIN_BYTES, OP_SUM_DOUBLE, OP_SUM_INT,
  callAt,
} from "./spec";
import { wideAdd } from "./wide";

/** Writes the mark, and the present bits of calls whose every argument is there; a row that has them already is not written. */
@inline export function head(row: usize, mark: u64): void {
  const old = load<u64>(row), now = (old & 0xffffffff00000000) | mark;
  if (old != now) store<u64>(row, now);
}

function updateHeads(rows: u32, mark: u64): void {
  const addresses = blockAddresses(), end = addresses + (<usize>rows << 2);
  for (let at = addresses; at < end; at += 4) head(load<u32>(at), mark);
}

function setPresent(bit: u32): void {
  const end = targets + (<usize>valueCount << 2);
  for (let at = targets; at < end; at += 4) {
    const row: usize = load<u32>(at);
    store<u32>(row, load<u32>(row, ROW_PRESENT) | bit, ROW_PRESENT);
  }
}

function addOne(cell: u32): void {
  const end = targets + (<usize>valueCount << 2);
  for (let at = targets; at < end; at += 4) {
    const count = <usize>load<u32>(at) + cell;
    store<i64>(count, load<i64>(count) + 1);
  }
}

function addInts(cell: u32): void {
  const rows = targets, from = values, all = <usize>valueCount;
  for (let i: usize = 0; i < all; i++) {
    wideAdd(<usize>load<u32>(rows + (i << 2)) + cell, load<i64>(from + (i << 3)));
  }
}

function addDoubles(cell: u32): void {
  const rows = targets, from = values, all = <usize>valueCount;
  for (let i: usize = 0; i < all; i++) {
    const sum = <usize>load<u32>(rows + (i << 2)) + cell;
    store<f64>(sum, load<f64>(sum) + load<f64>(from + (i << 3)));
  }
}

/** Rows whose lines are brought into the L1 cache together before they are updated. */
const TOUCH_ROWS: usize = 128;
let touched: u32 = 0;

/** Loads something of each row, and nothing else, so that as many cache misses as the machine can have are under way. */
function touch(rows: usize, all: usize, cell: u32): void {
  let bits: u32 = 0;
  for (const end = rows + (all << 2); rows < end; rows += 4) {
    const row: usize = load<u32>(rows);
    bits |= load<u32>(row) | load<u32>(row + cell);
  }
  touched = bits;
}

/** Head, count and sum in one pass over the rows; `double` is constant. */
@inline function fuse(mark: u64, countCell: u32, sumCell: u32, double: bool, misses: bool): void {
  const rows = targets, from = values, all = <usize>valueCount;
  for (let begin: usize = 0; begin < all; begin += TOUCH_ROWS) {
    const end = min(begin + TOUCH_ROWS, all);
    if (misses) touch(rows + (begin << 2), end - begin, sumCell);
    for (let i = begin; i < end; i++) {
      const row: usize = load<u32>(rows + (i << 2)), count = row + countCell, sum = row + sumCell;
      head(row, mark);
      store<i64>(count, load<i64>(count) + 1);
      if (double) store<f64>(sum, load<f64>(sum) + load<f64>(from + (i << 3)));
      else wideAdd(sum, load<i64>(from + (i << 3)));
    }
  }
}

function takeLeast(cell: u32): void {
  const rows = targets, from = values, all = <usize>valueCount;
  for (let i: usize = 0; i < all; i++) {
    const at = <usize>load<u32>(rows + (i << 2)) + cell, value = load<i64>(from + (i << 3)), old = load<i64>(at);
    store<i64>(at, value < old ? value : old);
  }
}

function takeGreatest(cell: u32): void {
  const rows = targets, from = values, all = <usize>valueCount;
  for (let i: usize = 0; i < all; i++) {
    const at = <usize>load<u32>(rows + (i << 2)) + cell, value = load<i64>(from + (i << 3)), old = load<i64>(at);
    store<i64>(at, value > old ? value : old);
  }
}

function takeFirst(cell: u32, bit: u32): void {
  const ordinals = blockStates();
  const rows = targets, from = values, all = <usize>valueCount;
  for (let i: usize = 0; i < all; i++) {
    const row: usize = load<u32>(rows + (i << 2)), present = load<u32>(row, ROW_PRESENT);
    if (present & bit) continue;
    store<u32>(row, present | bit, ROW_PRESENT);
    store<i64>(row + cell, load<i64>(from + (i << 3)));
    store<i64>(row + cell, load<i64>(ordinals + (i << 3)), 8);
  }
}

function takeLast(cell: u32): void {
  const ordinals = blockStates();
  const rows = targets, from = values, all = <usize>valueCount;
  for (let i: usize = 0; i < all; i++) {
    const at = <usize>load<u32>(rows + (i << 2)) + cell;
    store<i64>(at, load<i64>(from + (i << 3)));
    store<i64>(at, load<i64>(ordinals + (i << 3)), 8);
  }
}

function updateCall(call: Call, column: usize, rows: u32, ordinal: i64): void {
  const op = call.op, cell = call.cell;
  if (op == OP_COUNT) {
    gatherTargets(column, rows);
    addOne(cell);
    return;
  }
  gatherValues(column, rows, op == OP_MIN || op == OP_MAX);
  if (op == OP_FIRST || op == OP_LAST) gatherOrdinals(column, rows, ordinal);
  if (op == OP_FIRST) {
    takeFirst(cell, call.bit);
    return;
  }
  if (load<u32>(column, COLUMN_VALIDITY)) setPresent(call.bit);
  if (op == OP_SUM_INT || op == OP_AVG_INT) addInts(cell);
  else if (op == OP_SUM_DOUBLE || op == OP_AVG_DOUBLE) addDoubles(cell);
  else if (op == OP_MIN) takeLeast(cell);
  else if (op == OP_MAX) takeGreatest(cell);
  else takeLast(cell);
  if (op == OP_AVG_INT) addOne(cell + 16);
  if (op == OP_AVG_DOUBLE) addOne(cell + 8);
}

@inline function columnAt(args: usize, i: u32): usize {
  return args + i * COLUMN_SIZE;
}

/** Calls whose present bit is written with the head: their argument has no NULL here, and their loop does not ask for the bit. */
function headBits(a: Aggregation, args: usize): u32 {
  let bits: u32 = 0;
  for (let i: u32 = 0; i < a.calls; i++) {
    const call = callAt(a, i), op = call.op;
    if (op == OP_COUNT || op == OP_FIRST || op >= OP_MIN_BYTES) continue;
    if (!load<u32>(columnAt(args, i), COLUMN_VALIDITY)) bits |= call.bit;
  }
  return bits;
}

/** The first call of the kind whose argument has no NULL in this batch, or −1. */
function plainCall(a: Aggregation, args: usize, op: u32, other: u32): i32 {
  for (let i: u32 = 0; i < a.calls; i++) {
    const call = callAt(a, i);
    if ((call.op == op || call.op == other) && !load<u32>(columnAt(args, i), COLUMN_VALIDITY)) return i;
  }
  return -1;
}

/** Rows of all tables that stay in the L2 cache. */
const CACHED_BYTES: u32 = 1 << 20;

// What a push knows of its calls
let mark: u64 = 0;
let count: i32 = -1;
let sum: i32 = -1;

/** Begins a push: its arguments tell which calls can go together. */
export function updateBegin(a: Aggregation, args: usize): void {
  mark = <u64>a.mark | (<u64>headBits(a, args) << 32);
  count = plainCall(a, args, OP_COUNT, OP_COUNT);
  sum = plainCall(a, args, OP_SUM_INT, OP_SUM_DOUBLE);
  if (count < 0 || sum < 0) count = sum = -1;
}

/** Count, sum and head of the first `rows` resolved rows. */
function updateFused(a: Aggregation, args: usize, rows: u32): void {
  const call = callAt(a, sum), countCell = callAt(a, count).cell;
  gatherValues(columnAt(args, sum), rows, false);
  const misses = a.rows * a.rowBytes > CACHED_BYTES;
  if (call.op == OP_SUM_INT) fuse(mark, countCell, call.cell, false, misses);
  else fuse(mark, countCell, call.cell, true, misses);
}

function updateOthers(a: Aggregation, args: usize, rows: u32, ordinal: i64): void {
  for (let i: i32 = 0; i < <i32>a.calls; i++) {
    const call = callAt(a, i);
    if (call.op < OP_MIN_BYTES && i != count && i != sum) updateCall(call, columnAt(args, i), rows, ordinal);
  }
}

/** Updates all cells but those of bytes for the first `rows` resolved rows; `ordinal` is that of row 0 of the batch. */
export function updateFixed(a: Aggregation, args: usize, rows: u32, ordinal: i64): void {
  if (sum >= 0) updateFused(a, args, rows);
  else updateHeads(rows, mark);
  updateOthers(a, args, rows, ordinal);
}

/** True when the block's rows can be resolved and updated in one pass. */
export function updatesWhileResolving(a: Aggregation): bool {
  return sum >= 0 && !a.variable && fusable(a);
}

/** Resolves and updates the rows of the block in one pass; returns how many are done. */
export function resolveAndUpdate(a: Aggregation, args: usize, ordinal: i64): u32 {
  const call = callAt(a, sum);
  gatherValues(columnAt(args, sum), blockKept, false);
  const done = fuseBlock(a, values, mark, callAt(a, count).cell, call.cell, call.op == OP_SUM_DOUBLE);
  if (a.calls > 2) updateOthers(a, args, done, ordinal);
  return done;
}
