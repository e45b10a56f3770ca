// Works a block's rows into the cells of each call, one loop a call, and writes what the call gives before and after
// each row. Calls do not touch each other's cells, so their order is free; rows go one by one, for several may have
// one key.
import { BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY } from "../layout";
import { bytesEqual } from "../state/bytes";
import {
  alive, entry, existed, numbers, setChanged, setValue, setWeight, sign, stateRow, value, weight,
} from "./block";
import { changeAs } from "./change";
import { dropUnused, resolveEntries } from "./distinct";
import { counterAt, entryCome } from "./entry";
import { cellOf, refOf, validAt } from "./keys";
import { bits, noRoom, readAs, there } from "./result";
import {
  Call, DistinctSet, FLAG_FINAL, FLAG_LATENESS, FLAG_RETRACTS, FLAG_TICKS, FLAG_UPSERT, Group, OP_AVG_DOUBLE, OP_AVG_INT, OP_COUNT, OP_HEAP_MAX, OP_HEAP_MIN, OP_MAX, OP_MIN, OP_SUM_DOUBLE, OP_SUM_INT, OP_VALUES,
  callAt, has, isBytes, setAt,
} from "./spec";

// Where the results of the call at hand go
let data: usize = 0;
let validity: usize = 0;
let isBool: bool = false;
let isText: bool = false;

@inline function put(data: usize, validity: usize, isBool: bool, at: u32, cell: i64, valid: bool): void {
  if (isBool) {
    const byte = data + (at >>> 3);
    if (cell) store<u8>(byte, load<u8>(byte) | (<u8>1 << <u8>(at & 7)));
  } else {
    store<i64>(data + (<usize>at << 3), valid ? cell : 0);
  }
  if (validity && valid) {
    const byte = validity + (at >>> 3);
    store<u8>(byte, load<u8>(byte) | (<u8>1 << <u8>(at & 7)));
  }
}

@inline function sameResult(a: i64, aThere: bool, b: i64, bThere: bool): bool {
  if (aThere != bThere) return false;
  if (!aThere || a == b) return true;
  if (!isText) return false;
  const length = <u32>(<u64>a >> 32);
  return <u32>(<u64>b >> 32) == length && bytesEqual(<usize><u32>a, <usize><u32>b, length);
}

/** One loop over the block; false when there is no memory. `op` is constant. */
@inline function run(g: Group, call: Call, op: u32, count: u32, first: u32, stride: u32): bool {
  const offset = call.cell, cells = data, valid = validity, bools = isBool;
  for (let i: u32 = 0; i < count; i++) {
    const row = stateRow(i);
    if (!row) continue;
    const cell = row + offset;
    // What doubles left behind when all rows of the key were taken back is gone
    if (!existed(i) && (op == OP_SUM_DOUBLE || op == OP_AVG_DOUBLE)) {
      store<f64>(cell, 0);
      store<f64>(cell, 0, 16);
    }
    const w = <i64>weight(i);
    if (!stride) {
      if (w && !changeAs(g, call, op, cell, w, value(i), entry(i))) return false;
      continue;
    }
    readAs(g, call, op, cell);
    const old = bits, oldThere = there;
    if (stride == 2) put(cells, valid, bools, first + i * 2, old, oldThere);
    if (w) {
      if (!changeAs(g, call, op, cell, w, value(i), entry(i))) return false;
      readAs(g, call, op, cell);
      if (!sameResult(old, oldThere, bits, there)) setChanged(i);
    }
    put(cells, valid, bools, first + (i + 1) * stride - 1, bits, there);
  }
  return !noRoom;
}

/** COUNT in one pass, whatever rows count for it. */
function runCounts(g: Group, call: Call, column: usize, filter: usize, count: u32, first: u32, stride: u32): void {
  const nulls: usize = load<u32>(column, COLUMN_TYPE) ? <usize>load<u32>(column, COLUMN_VALIDITY) : 0;
  const filters = load<u32>(filter, COLUMN_TYPE) != 0, offset = call.cell, isDistinct = call.set != 0, counts = isDistinct && areCounting(g, call);
  const counter = call.counter, step = <usize>stride << 3;
  let to = data + (<usize>first << 3);
  for (let i: u32 = 0; i < count; i++, to += step) {
    const row = stateRow(i);
    if (!row) continue;
    let w = sign(i);
    if (nulls && !validAt(nulls, numbers(i))) w = 0;
    if (filters && w && !filterTrue(filter, numbers(i))) w = 0;
    if (isDistinct && w) w = weightDistinct(entry(i), counts, counter, w);
    const old = load<i64>(row + offset), fresh = old + <i64>w;
    if (w) {
      store<i64>(row + offset, fresh);
      setChanged(i);
    }
    if (!stride) continue;
    store<i64>(to, stride == 2 ? old : fresh);
    if (stride == 2) store<i64>(to, fresh, 8);
  }
}

function runAny(g: Group, call: Call, count: u32, first: u32, stride: u32): bool {
  return run(g, call, call.op, count, first, stride);
}

function runCall(g: Group, call: Call, count: u32, first: u32, stride: u32): bool {
  const op = call.op;
  if (op == OP_SUM_INT) return run(g, call, OP_SUM_INT, count, first, stride);
  if (op == OP_SUM_DOUBLE) return run(g, call, OP_SUM_DOUBLE, count, first, stride);
  if (op == OP_AVG_INT) return run(g, call, OP_AVG_INT, count, first, stride);
  if (op == OP_AVG_DOUBLE) return run(g, call, OP_AVG_DOUBLE, count, first, stride);
  if (op == OP_MIN) return run(g, call, OP_MIN, count, first, stride);
  if (op == OP_MAX) return run(g, call, OP_MAX, count, first, stride);
  return runAny(g, call, count, first, stride);
}

@inline function filterTrue(filter: usize, number: u32): bool {
  return validAt(load<u32>(filter, COLUMN_VALIDITY), number) && validAt(load<u32>(filter, COLUMN_DATA), number);
}

/** What each row counts for the call: its sign, where the filter is true and the argument is there. */
function weigh(column: usize, filter: usize, count: u32): void {
  const nulls: usize = load<u32>(column, COLUMN_TYPE) ? <usize>load<u32>(column, COLUMN_VALIDITY) : 0;
  const filters = load<u32>(filter, COLUMN_TYPE) != 0;
  for (let i: u32 = 0; i < count; i++) {
    let w = stateRow(i) ? sign(i) : 0;
    if (nulls && !validAt(nulls, numbers(i))) w = 0;
    if (filters && w && !filterTrue(filter, numbers(i))) w = 0;
    setWeight(i, w);
  }
}

/** Whether the entries of a call's set count. */
@inline function areCounting(g: Group, call: Call): bool {
  return setAt(g, call.set - 1).counts;
}

/** What a row counts where each different value counts once: when it comes first, and when the last is taken back. */
@inline function weightDistinct(at: usize, counts: bool, number: u32, w: i8): i8 {
  if (!at) return 0;
  if (!counts) return entryCome(at, number) ? 0 : w;
  const counter = counterAt(at, number), before = load<u32>(counter);
  if (w > 0) {
    store<u32>(counter, before + 1);
    return before ? 0 : w;
  }
  if (before) store<u32>(counter, before - 1);
  return before != 1 ? 0 : w;
}

/** The same of calls that count each different value once. */
function weighDistinct(g: Group, call: Call, count: u32): void {
  const counts = areCounting(g, call);
  for (let i: u32 = 0; i < count; i++) {
    const w = weight(i);
    if (w) setWeight(i, weightDistinct(entry(i), counts, call.counter, w));
  }
}

function gather(column: usize, count: u32): void {
  const type = load<u32>(column, COLUMN_TYPE);
  if (!type) return;
  for (let i: u32 = 0; i < count; i++) {
    if (!weight(i)) continue;
    const number = numbers(i);
    setValue(i, isBytes(type) ? <i64>refOf(column, number) : <i64>cellOf(column, type, number));
  }
}

function callOf(g: Group, i: u32, args: usize, filters: usize, count: u32, first: u32, stride: u32, columns: usize): bool {
  const call = callAt(g, i), column = args + i * COLUMN_SIZE, out = columns + i * COLUMN_SIZE;
  data = load<u32>(out, COLUMN_DATA);
  validity = load<u32>(out, COLUMN_VALIDITY);
  isBool = call.outType == BOOL;
  isText = isBytes(call.outType);
  if (call.op == OP_COUNT) {
    runCounts(g, call, column, filters + i * COLUMN_SIZE, count, first, stride);
    return true;
  }
  weigh(column, filters + i * COLUMN_SIZE, count);
  if (call.set && call.op != OP_HEAP_MIN && call.op != OP_HEAP_MAX && call.op != OP_VALUES) weighDistinct(g, call, count);
  gather(column, count);
  return runCall(g, call, count, first, stride);
}

/** All calls of one set (0: those without), with the entries of the block's values. */
function callsOf(g: Group, set: u32, args: usize, filters: usize, count: u32, first: u32, stride: u32, out: usize): bool {
  for (let i: u32 = 0; i < g.calls; i++) {
    if (callAt(g, i).set == set && !callOf(g, i, args, filters, count, first, stride, out)) return false;
  }
  return true;
}

/** Rows of results for each row of input: none, the one after it, or also that before it. */
export function strideOf(g: Group): u32 {
  if (has(g, FLAG_TICKS) || (has(g, FLAG_FINAL) && !has(g, FLAG_LATENESS))) return 0;
  return has(g, FLAG_UPSERT) ? 1 : 2;
}

/**
 * Works the block into all calls; false when there is no memory. Results of row i go to rows `first` + 2i (before it) and `first` + 2i + 1
 * (after it) of the COLUMNs at `out`; with FLAG_UPSERT to row `first` + i (after it) alone; with FLAG_FINAL, unless there is a lateness, nowhere.
 */
export function runCalls(
  g: Group, args: usize, filters: usize, sets: usize, count: u32, first: u32, out: usize,
): bool {
  const stride = strideOf(g);
  if (!callsOf(g, 0, args, filters, count, first, stride, out)) return false;
  for (let s: u32 = 0; s < g.sets; s++) {
    const set = setAt(g, s);
    if (!resolveEntries(g, set, sets + s * COLUMN_SIZE, count)) return false;
    if (!callsOf(g, s + 1, args, filters, count, first, stride, out)) return false;
    if (has(g, FLAG_RETRACTS)) dropUnused(g, set, count);
  }
  return true;
}
