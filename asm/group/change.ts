// How one value changes the cells of a call.
import { DECIMAL, DECIMAL128, DOUBLE } from "../layout";
import { sortable } from "../aggregate/order";
import { powerOfTen } from "../aggregate/spec";
import { wideAdd } from "../aggregate/wide";
import { bytesCompare } from "../state/bytes";
import { counterAt } from "./entry";
import { heapAdd, heapRemove } from "./heap";
import { ownBytes } from "./keys";
import { listAdd, listRemove } from "./list";
import { low, pairAdd, pairProduct } from "./pair";
import { retireBytes } from "./retired";
import { sketchAdd } from "./sketch";
import {
  Call, FLAG_RETRACTS, Group, OP_AVG_DOUBLE, OP_AVG_INT, OP_BOOL_AND, OP_BOOL_OR, OP_COUNT, OP_FIRST, OP_FIRST_BYTES, OP_HEAP_MAX,
  OP_HEAP_MIN, OP_LAST, OP_LAST_BYTES, OP_LIST, OP_MAX, OP_MAX_BYTES, OP_MIN, OP_MIN_BYTES, OP_SKETCH, OP_SUM_DOUBLE,
  OP_AVG_WIDE, OP_SUM_INT, OP_SUM_WIDE, OP_VALUES, OP_VARIANCE, has,
} from "./spec";
import { valuesChange } from "./values";
import { wideDouble, wideSumAdd } from "./wide";

@inline function addTo(cell: usize, more: i64): void {
  store<i64>(cell, load<i64>(cell) + more);
}

/** i64.MIN_VALUE has no opposite: it is taken away in two steps. */
@inline function addWide(cell: usize, weight: i64, value: i64): void {
  if (weight > 0) {
    wideAdd(cell, 0, 8, value);
  } else if (value != i64.MIN_VALUE) {
    wideAdd(cell, 0, 8, -value);
  } else {
    wideAdd(cell, 0, 8, i64.MAX_VALUE);
    wideAdd(cell, 0, 8, 1);
  }
}

/**
 * Sums from which nothing is taken are plain, in the order of the rows. Others keep what rounding has cut off (Knuth's TwoSum), so that a
 * value that goes leaves nothing behind.
 */
@inline function addDouble(g: Group, cell: usize, weight: i64, value: f64): void {
  if (!has(g, FLAG_RETRACTS)) store<f64>(cell, load<f64>(cell) + value);
  else addToPair(cell, 16, weight > 0 ? value : -value);
}

/** Adds to the pair of doubles at `cell` and `rest` bytes behind it; what is not finite has no rest. */
function addToPair(cell: usize, rest: usize, x: f64): void {
  const sum = load<f64>(cell);
  if (!isFinite<f64>(sum + x)) {
    store<f64>(cell, sum + x);
    store<f64>(cell + rest, 0);
    return;
  }
  store<f64>(cell, pairAdd(sum, load<f64>(cell + rest), x));
  store<f64>(cell + rest, low);
}

function replaceText(g: Group, cell: usize, ref: usize): bool {
  if (load<i64>(cell, 8) && !retireBytes(g, cell)) return false;
  store<i64>(cell, 0, 8);
  if (!ownBytes(g, cell, load<u32>(ref), load<u32>(ref, 4))) return false;
  store<i64>(cell, 1, 8);
  return true;
}

function changeText(g: Group, op: u32, cell: usize, ref: usize): bool {
  if (!load<i64>(cell, 8) || op == OP_LAST_BYTES) return replaceText(g, cell, ref);
  if (op == OP_FIRST_BYTES) return true;
  const order = bytesCompare(load<u32>(ref), load<u32>(ref, 4), load<u32>(cell), load<u32>(cell, 4));
  return (op == OP_MIN_BYTES ? order < 0 : order > 0) ? replaceText(g, cell, ref) : true;
}

function asDouble(call: Call, value: i64): f64 {
  if (call.type == DOUBLE) return reinterpret<f64>(value);
  if (call.type == DECIMAL128) return wideDouble(<usize>value, call.scale);
  return call.type == DECIMAL ? <f64>value / powerOfTen(call.scale) : <f64>value;
}

/** Sums of the values and of their squares from which values can be taken: pairs of doubles. */
function changeSquares(cell: usize, weight: i64, x: f64): void {
  const sign: f64 = weight > 0 ? 1 : -1;
  addToPair(cell + 8, 16, sign * x);
  const square = pairProduct(x, x), rest = low;
  addToPair(cell + 16, 16, sign * square);
  if (isFinite<f64>(rest)) addToPair(cell + 16, 16, sign * rest);
}

/** Welford's update; where values go again, what can be taken back exactly. */
function changeVariance(g: Group, call: Call, cell: usize, weight: i64, value: i64): void {
  const x = asDouble(call, value), count = load<i64>(cell) + weight, mean = load<f64>(cell, 8);
  store<i64>(cell, count);
  if (count <= 0) {
    memory.fill(cell + 8, 0, 32);
  } else if (has(g, FLAG_RETRACTS)) {
    changeSquares(cell, weight, x);
  } else {
    const next = mean + (x - mean) / <f64>count;
    store<f64>(cell, next, 8);
    store<f64>(cell, load<f64>(cell, 16) + (x - mean) * (x - next), 16);
  }
}

/** Heaps count their values row by row, for what they give depends on the counters. */
function changeHeap(g: Group, call: Call, cell: usize, weight: i64, entry: usize): bool {
  if (!entry) return true;
  const counter = counterAt(entry, call.counter), before = load<u32>(counter);
  if (weight > 0) {
    store<u32>(counter, before + 1);
    return before != 0 || heapAdd(g, call, cell, entry);
  }
  if (before) store<u32>(counter, before - 1);
  if (before == 1) heapRemove(g, call, cell);
  return true;
}

function changeList(g: Group, call: Call, cell: usize, weight: i64, value: i64): bool {
  if (weight > 0) return listAdd(g, call, cell, value);
  listRemove(g, call, cell - call.cell, value);
  return true;
}

/**
 * Adds (`weight` 1) a value to the cells or takes it back (−1); false when there is no memory. `value`: 8 bytes, of a text the address of a
 * REF. `entry`: its entry, where the call has a set. `op` is that of the call, constant where speed counts.
 */
@inline export function changeAs(g: Group, call: Call, op: u32, cell: usize, weight: i64, value: i64, entry: usize): bool {
  if (op == OP_COUNT) {
    addTo(cell, weight);
  } else if (op == OP_SUM_INT || op == OP_AVG_INT) {
    addWide(cell, weight, value);
    addTo(cell + 16, weight);
  } else if (op == OP_SUM_DOUBLE) {
    addDouble(g, cell, weight, reinterpret<f64>(value));
    addTo(cell + 8, weight);
  } else if (op == OP_AVG_DOUBLE) {
    addDouble(g, cell, weight, reinterpret<f64>(value));
    addTo(cell + 8, weight);
  } else if (op == OP_MIN || op == OP_MAX) {
    const sorted = call.type == DOUBLE ? sortable(value) : value, old = load<i64>(cell);
    if (!load<i64>(cell, 8) || (op == OP_MIN ? sorted < old : sorted > old)) store<i64>(cell, sorted);
    store<i64>(cell, 1, 8);
  } else if (op == OP_FIRST) {
    if (!load<i64>(cell, 8)) store<i64>(cell, value);
    store<i64>(cell, 1, 8);
  } else if (op == OP_LAST) {
    store<i64>(cell, value);
    store<i64>(cell, 1, 8);
  } else if (op == OP_MIN_BYTES || op == OP_MAX_BYTES || op == OP_FIRST_BYTES || op == OP_LAST_BYTES) {
    return changeText(g, op, cell, <usize>value);
  } else if (op == OP_VARIANCE) {
    changeVariance(g, call, cell, weight, value);
  } else if (op == OP_BOOL_AND || op == OP_BOOL_OR) {
    addTo(value ? cell : cell + 8, weight);
  } else if (op == OP_HEAP_MIN || op == OP_HEAP_MAX) {
    return changeHeap(g, call, cell, weight, entry);
  } else if (op == OP_LIST) {
    return changeList(g, call, cell, weight, value);
  } else if (op == OP_SUM_WIDE || op == OP_AVG_WIDE) {
    wideSumAdd(cell, weight, load<u32>(<usize>value));
    addTo(cell + 24, weight);
  } else if (op == OP_SKETCH) {
    return sketchAdd(g, call, cell, value);
  } else if (op == OP_VALUES) {
    valuesChange(call, weight, entry);
  }
  return true;
}
