// Updates the state rows of a block, one tight loop for each aggregate.
import { COLUMN_SIZE, COLUMN_VALIDITY } from "../layout";
import { ROW_FLAGS } from "../state/row";
import { blockAddresses, blockKept, blockSlice, blockStates } from "./block";
import { COUNT_CELL, SUM_CELL, addDouble, addInt, fusable, fuseBlock, head, isLarge } from "./fuse";
import { gatherOrdinals, gatherTargets, gatherValues, targets, valueCount, values } from "./gather";
import {
  Aggregation, Call, OP_AVG_DOUBLE, OP_AVG_INT, OP_COUNT, OP_FIRST, OP_LAST, OP_MAX, OP_MIN, OP_MIN_BYTES,
  OP_SUM_DOUBLE, OP_SUM_INT, callAt, isWide,
} from "./spec";
import { fuseSlab } from "./slab_fuse";
import { fuseTables } from "./table_fuse";
import { Slice } from "./slice";
import { wideAdd } from "./wide";

function updateHeads(rows: u32, mark: u64): void {
  const addresses = blockAddresses(), end = addresses + (<usize>rows << 2);
  for (let at = addresses; at < end; at += 4) head(load<u32>(at), mark);
}

function setBits(presentAt: u32, bit: u32): void {
  const end = targets + (<usize>valueCount << 2);
  for (let at = targets; at < end; at += 4) {
    const row: usize = load<u32>(at);
    store<u32>(row + presentAt, load<u32>(row + presentAt) | bit);
  }
}

function addOne(cell: u32): void {
  const end = targets + (<usize>valueCount << 2);
  for (let at = targets; at < end; at += 4) {
    const count = <usize>load<u32>(at) + cell;
    store<i64>(count, load<i64>(count) + 1);
  }
}

function addInts(cell: u32, wraps: u32): void {
  const rows = targets, from = values, all = <usize>valueCount;
  for (let i: usize = 0; i < all; i++) {
    wideAdd(<usize>load<u32>(rows + (i << 2)), cell, wraps, load<i64>(from + (i << 3)));
  }
}

function addDoubles(cell: u32): void {
  const rows = targets, from = values, all = <usize>valueCount;
  for (let i: usize = 0; i < all; i++) {
    const sum = <usize>load<u32>(rows + (i << 2)) + cell;
    store<f64>(sum, load<f64>(sum) + load<f64>(from + (i << 3)));
  }
}

/** Head, count and sum of integers in one pass over the rows. */
function fuseInts(rows: usize, end: usize, from: usize, mark: u64, wraps: u32): void {
  for (; rows < end; rows += 4, from += 8) {
    const row: usize = load<u32>(rows);
    head(row, mark);
    addInt(row, from, wraps);
  }
}

/** The same with doubles. */
function fuseDoubles(rows: usize, end: usize, from: usize, mark: u64): void {
  for (; rows < end; rows += 4, from += 8) {
    const row: usize = load<u32>(rows);
    head(row, mark);
    addDouble(row, from);
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

function takeFirst(cell: u32, presentAt: u32, bit: u32): void {
  const ordinals = blockStates();
  const rows = targets, from = values, all = <usize>valueCount;
  for (let i: usize = 0; i < all; i++) {
    const row: usize = load<u32>(rows + (i << 2)), present = load<u32>(row + presentAt);
    if (present & bit) continue;
    store<u32>(row + presentAt, present | bit);
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

function updateCall(a: Aggregation, call: Call, column: usize, rows: u32, ordinal: i64): void {
  const op = call.op, cell = call.cell;
  if (op == OP_COUNT) {
    gatherTargets(column, rows);
    addOne(cell);
    return;
  }
  gatherValues(column, rows, op == OP_MIN || op == OP_MAX);
  if (op == OP_FIRST || op == OP_LAST) gatherOrdinals(column, rows, ordinal);
  if (op == OP_FIRST) {
    takeFirst(cell, a.presentAt, call.bit);
    return;
  }
  if (load<u32>(column, COLUMN_VALIDITY) || a.presentAt != <u32>ROW_FLAGS) setBits(a.presentAt, call.bit);
  if (isWide(op)) addInts(cell, call.wraps);
  else if (op == OP_SUM_DOUBLE || op == OP_AVG_DOUBLE) addDoubles(cell);
  else if (op == OP_MIN) takeLeast(cell);
  else if (op == OP_MAX) takeGreatest(cell);
  else takeLast(cell);
  if (op == OP_AVG_INT || op == OP_AVG_DOUBLE) addOne(cell + 8);
}

@inline function columnAt(args: usize, i: u32): usize {
  return args + i * COLUMN_SIZE;
}

/**
 * Calls whose present bit is written with the head: their argument has no NULL here, and their loop does not ask for
 * the bit.
 */
function headBits(a: Aggregation, args: usize): u32 {
  if (a.presentAt != <u32>ROW_FLAGS) return 0;
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

// What a push knows of its calls
let mark: u64 = 0;
let count: i32 = -1;
let sum: i32 = -1;

/** Begins a push: its arguments tell which calls can go together. */
export function updateBegin(a: Aggregation, args: usize): void {
  mark = <u64>a.mark | (<u64>headBits(a, args) << 32);
  count = plainCall(a, args, OP_COUNT, OP_COUNT);
  sum = plainCall(a, args, OP_SUM_INT, OP_SUM_DOUBLE);
  const together = a.keys < 2 && a.presentAt == <u32>ROW_FLAGS && count >= 0 && sum >= 0 &&
    callAt(a, count).cell == COUNT_CELL && callAt(a, sum).cell == SUM_CELL;
  if (!together) count = sum = -1;
}

/** Count, sum and head of the first `rows` resolved rows. */
function updateFused(a: Aggregation, args: usize, rows: u32): void {
  const call = callAt(a, sum);
  gatherValues(columnAt(args, sum), rows, false);
  const end = targets + (<usize>valueCount << 2);
  if (call.op == OP_SUM_INT) fuseInts(targets, end, values, mark, call.wraps);
  else fuseDoubles(targets, end, values, mark);
}

function updateOthers(a: Aggregation, args: usize, rows: u32, ordinal: i64): void {
  for (let i: i32 = 0; i < <i32>a.calls; i++) {
    const call = callAt(a, i);
    if (call.op < OP_MIN_BYTES && i != count && i != sum) updateCall(a, call, columnAt(args, i), rows, ordinal);
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
  return sum >= 0 && a.fixedKey && fusable(a);
}

/** Resolves and updates the rows of the block in one pass; returns how many are done. */
export function resolveAndUpdate(a: Aggregation, args: usize): u32 {
  const call = callAt(a, sum);
  gatherValues(columnAt(args, sum), blockKept, false);
  const slice = changetype<Slice>(blockSlice), double = call.op == OP_SUM_DOUBLE;
  if (slice.slab) return fuseSlab(a, values, mark, call.wraps, double);
  if (isLarge(a, slice)) return fuseTables(a, values, mark, call.wraps, double);
  return fuseBlock(a, values, mark, call.wraps, double);
}
