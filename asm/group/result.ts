// The result of one call as its cells stand.
import { WIDE_BYTES } from "../decimal/cell";
import { arena_alloc } from "../memory";
import { DECIMAL, DECIMAL128, DOUBLE } from "../layout";
import { canonicalNan, flip } from "../aggregate/order";
import { wideToDouble } from "../aggregate/wide";
import { powerOfTen } from "../aggregate/spec";
import { ENTRY_VALUE } from "./entry";
import { heapBest, heapTop } from "./heap";
import { LIST_JOINED, LIST_JSON, joinedLength, listEnd, listJoin, listJson, nodeLength, nodeValue } from "./list";
import { low, pairSquare, pairSubtract, pairTimes } from "./pair";
import { sketchResult, sketchText, sketchTextLength } from "./sketch";
import {
  Call, FLAG_RETRACTS, Group, OP_AVG_DOUBLE, OP_AVG_INT, OP_BOOL_AND, OP_BOOL_OR, OP_COUNT, OP_FIRST, OP_FIRST_BYTES, OP_HEAP_MAX,
  OP_HEAP_MIN, OP_LAST, OP_LAST_BYTES, OP_LIST, OP_MAX, OP_MAX_BYTES, OP_MIN, OP_MIN_BYTES, OP_SKETCH, OP_SUM_DOUBLE,
  OP_AVG_WIDE, OP_SUM_INT, OP_SUM_WIDE, OP_VALUES, OP_VARIANCE, has, isBytes,
} from "./spec";
import { valuesBits, valuesFit, valuesLength, valuesMade, valuesResult, valuesText } from "./values";
import { wideAverage, wideBegin, wideOfInts, wideSum, wideThere } from "./wide";

/** The result's 8 bytes (of a text a REF), and whether there is one. */
export let bits: i64 = 0;
export let there: bool = false;
/** There was no memory for a text. */
export let noRoom: bool = false;

/** Results are only looked at: nothing may change. */
let looking: bool = false;

export function resultBegin(): void {
  noRoom = false;
  looking = false;
  wideBegin();
}

/** The same for somebody who only looks. */
export function resultLook(): void {
  resultBegin();
  looking = true;
}

@inline function takeDouble(value: f64): void {
  bits = canonicalNan(reinterpret<i64>(value));
}

/** Makes a REF of it. */
@inline function takeText(at: usize, length: u32): void {
  bits = <i64>(<u64>at | (<u64>length << 32));
}

/** A copy in the batch arena: the state's own bytes may be gone before the batch is. */
function copyText(from: usize, length: u32): void {
  const to = arena_alloc(length + 8);
  if (!to) {
    noRoom = true;
    there = false;
    return;
  }
  memory.copy(to, from, length);
  takeText(to, length);
}

/** Takes the wide decimal at `at`, if there is one (wide.ts). */
function takeWide(at: usize): void {
  there = at != 0;
  noRoom = noRoom || (wideThere && !at);
  if (at) takeText(at, <u32>WIDE_BYTES);
}

function readSum(call: Call, cell: usize): void {
  if (call.outType == DECIMAL128) {
    takeWide(wideOfInts(cell));
    return;
  }
  bits = load<i64>(cell);
  there = load<i64>(cell, 16) != 0 && load<i64>(cell, 8) == 0;
}

function readAverage(call: Call, cell: usize): void {
  const count = load<i64>(cell, 16);
  there = count != 0;
  const power = call.type == DECIMAL ? powerOfTen(call.scale) : 1.0;
  if (there) takeDouble(wideToDouble(cell, 0, 8) / (<f64>count * power));
}

/** Of less than this part of the squares nothing is known: it is what rounding left. */
const NOTHING: f64 = 1e-28;

/** The sum of the squared distances from the mean, from sums that values were taken from: (n Σx² − (Σx)²) / n. */
function squaresOf(cell: usize, count: f64): f64 {
  const all = pairTimes(load<f64>(cell, 16), load<f64>(cell, 32), count), allRest = low;
  const square = pairSquare(load<f64>(cell, 8), load<f64>(cell, 24)), rest = low;
  const squares = pairSubtract(all, allRest, square, rest);
  return Math.abs(squares) <= NOTHING * all ? 0 : squares / count;
}

function readVariance(g: Group, call: Call, cell: usize): void {
  const count = load<i64>(cell), kind = <i32>call.param, sample = (kind & 1) != 0;
  there = count > i64(sample);
  if (!there) return;
  const squares = has(g, FLAG_RETRACTS) ? squaresOf(cell, <f64>count) : load<f64>(cell, 16), variance = (squares < 0 ? 0 : squares) / <f64>(count - i64(sample));
  takeDouble(kind & 2 ? sqrt<f64>(variance) : variance);
}

function readHeap(g: Group, call: Call, cell: usize): void {
  const top = looking ? heapBest(call, cell) : heapTop(g, call, cell);
  there = top != 0;
  if (!there) return;
  if (isBytes(call.type)) copyText(load<u32>(top, ENTRY_VALUE), load<u32>(top, ENTRY_VALUE + 4));
  else bits = load<i64>(top, ENTRY_VALUE);
}

function readList(call: Call, cell: usize): void {
  there = load<u32>(cell, 8) != 0;
  if (!there) return;
  const what = <i32>call.param;
  if (what == LIST_JOINED || what == LIST_JSON) {
    const text = what == LIST_JSON ? listJson(call, cell) : listJoin(call, cell);
    if (text) takeText(text, joinedLength);
    else noRoom = true;
    return;
  }
  const node = listEnd(call, cell);
  if (isBytes(call.type)) copyText(nodeValue(node), nodeLength(node));
  else bits = load<i64>(nodeValue(node));
}

function readSketch(call: Call, cell: usize): void {
  there = sketchResult(call, cell);
  if (noRoom || !there) return;
  if (isBytes(call.outType)) takeText(sketchText, sketchTextLength);
  else bits = load<i64>(sketchText);
}

function readValues(g: Group, call: Call, cell: usize): void {
  there = valuesResult(g, call, cell - call.cell);
  if (!valuesFit) noRoom = true;
  if (!there) return;
  if (!isBytes(call.outType)) bits = valuesBits;
  else if (valuesMade) takeText(valuesText, valuesLength);
  else copyText(valuesText, valuesLength);
}

/** Reads the result of a call of the kind `op`, which is constant where speed counts. */
@inline export function readAs(g: Group, call: Call, op: u32, cell: usize): void {
  if (op == OP_COUNT) {
    bits = load<i64>(cell);
    there = true;
  } else if (op == OP_SUM_INT) {
    readSum(call, cell);
  } else if (op == OP_SUM_DOUBLE) {
    there = load<i64>(cell, 8) != 0;
    bits = canonicalNan(load<i64>(cell));
  } else if (op == OP_AVG_INT) {
    readAverage(call, cell);
  } else if (op == OP_AVG_DOUBLE) {
    there = load<i64>(cell, 8) != 0;
    if (there) takeDouble(load<f64>(cell) / <f64>load<i64>(cell, 8));
  } else if (op == OP_MIN || op == OP_MAX) {
    there = load<i64>(cell, 8) != 0;
    bits = call.type == DOUBLE ? flip(load<i64>(cell)) : load<i64>(cell);
  } else if (op == OP_FIRST || op == OP_LAST) {
    there = load<i64>(cell, 8) != 0;
    bits = load<i64>(cell);
  } else if (op == OP_MIN_BYTES || op == OP_MAX_BYTES || op == OP_FIRST_BYTES || op == OP_LAST_BYTES) {
    there = load<i64>(cell, 8) != 0;
    // The state's own bytes: those that are replaced stay until the next step (retired.ts)
    bits = load<i64>(cell);
  } else if (op == OP_VARIANCE) {
    readVariance(g, call, cell);
  } else if (op == OP_BOOL_AND || op == OP_BOOL_OR) {
    const trues = load<i64>(cell), falses = load<i64>(cell, 8);
    there = trues + falses != 0;
    bits = i64(op == OP_BOOL_AND ? falses == 0 : trues != 0);
  } else if (op == OP_HEAP_MIN || op == OP_HEAP_MAX) {
    readHeap(g, call, cell);
  } else if (op == OP_LIST) {
    readList(call, cell);
  } else if (op == OP_SKETCH) {
    readSketch(call, cell);
  } else if (op == OP_SUM_WIDE) {
    takeWide(wideSum(cell));
  } else if (op == OP_AVG_WIDE) {
    there = load<i64>(cell, 24) != 0;
    if (there) takeDouble(wideAverage(cell, call.scale));
  } else if (op == OP_VALUES) {
    readValues(g, call, cell);
  }
}

/** The same for any call. */
export function readResult(g: Group, call: Call, cell: usize): void {
  readAs(g, call, call.op, cell);
}
