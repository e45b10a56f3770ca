// Sketches: aggregates of bounded size with a stated error. The first cell of a call holds the address of its sketch,
// the second how many values it has seen. What they give depends on the values alone, not on a process's seed.
import { DECIMAL, DECIMAL128, DOUBLE } from "../layout";
import { powerOfTen } from "../aggregate/spec";
import { hash_bytes, hash_i64 } from "../hash/keyed";
import { goneAdd } from "./gone";
import {
  distinctAdd, distinctAdmit, distinctEstimate, distinctFree, distinctGrowth, distinctImageBytes, distinctLeast, distinctPage, distinctPages, distinctTake,
  distinctTell,
} from "./sketch_distinct";
import {
  quantileAdd, quantileAdmit, quantileFree, quantileGrowth, quantileImageBytes, quantileImageWrite, quantileLeast, quantileOf, quantilePage, quantilePages,
  quantileTake, quantileTell, quantileThaw,
} from "./sketch_quantile";
import {
  topAdd, topAdmit, topFree, topGrowth, topImageBytes, topImageWrite, topLength, topPage, topPages, topTake, topTell, topText, topTextLength, topThaw,
} from "./sketch_top";
import { Call, Group, ROW_STATE, ROW_STORED, callGone, isBytes, nameOf, rowNumber } from "./spec";
import { wideDouble } from "./wide";

// Which, in the lowest two bits of a call's param; the rest, through 4, is its own parameter
const DISTINCT: i32 = 0;
const QUANTILE: i32 = 1;

@inline function kindOf(call: Call): i32 {
  return <i32>(call.param - Math.floor(call.param / 4) * 4);
}

/** The call's own parameter: a quantile in millionths, or how many values. */
@inline function parameterOf(call: Call): f64 {
  return Math.floor(call.param / 4);
}

/** Bytes by which one value makes a sketch longer at most, beside its text. */
export function sketchGrowth(call: Call): u32 {
  const kind = kindOf(call);
  if (kind == DISTINCT) return distinctGrowth();
  return kind == QUANTILE ? quantileGrowth() : topGrowth(<u32>parameterOf(call));
}

/** Bytes that a sketch takes however few values it has seen. */
export function sketchLeast(call: Call): u32 {
  const kind = kindOf(call);
  if (kind == DISTINCT) return distinctLeast();
  return kind == QUANTILE ? quantileLeast() : topGrowth(<u32>parameterOf(call));
}

/** Where the result of `sketchResult` lies: a text, or 8 bytes. */
export let sketchText: usize = 0;
export let sketchTextLength: u32 = 0;

const CELL: usize = memory.data(8, 16);

/** The value as a double, scaled. */
function doubleOf(call: Call, value: i64): f64 {
  if (call.type == DOUBLE) return reinterpret<f64>(value);
  if (call.type == DECIMAL128) return wideDouble(<usize>value, call.scale);
  return call.type == DECIMAL ? <f64>value / powerOfTen(call.scale) : <f64>value;
}

function hashOfValue(call: Call, value: i64): u64 {
  if (isBytes(call.type)) return hash_bytes(load<u32>(<usize>value), load<u32>(<usize>value, 4), 0);
  return hash_i64(<u64>value, 0);
}

/** Adds a value to the sketch of the call, which is made with its first; false when there is no memory. */
export function sketchAdd(g: Group, call: Call, cell: usize, value: i64): bool {
  const kind = kindOf(call);
  let added: bool;
  if (kind == DISTINCT) added = distinctAdd(g, cell, hashOfValue(call, value));
  else if (kind == QUANTILE) added = quantileAdd(g, cell, doubleOf(call, value));
  else added = topAdd(g, call, cell, <u32>parameterOf(call), value);
  store<i64>(cell, load<i64>(cell, 8) + 1, 8);
  return added;
}

/** Computes the result; false when there is none. */
export function sketchResult(call: Call, cell: usize): bool {
  if (!load<u32>(cell)) return kindOf(call) == DISTINCT ? noneYet() : false;
  const kind = kindOf(call);
  if (kind == DISTINCT) {
    store<i64>(CELL, distinctEstimate(cell));
  } else if (kind == QUANTILE) {
    store<f64>(CELL, quantileOf(cell, parameterOf(call) / 1000000.0));
  } else {
    sketchText = topText(call, cell, <u32>parameterOf(call));
    sketchTextLength = topTextLength;
    return sketchText != 0;
  }
  sketchText = CELL;
  return true;
}

/** No value, so that there are none that differ. */
function noneYet(): bool {
  store<i64>(CELL, 0);
  sketchText = CELL;
  return true;
}

/** Pages of a sketch are named by the number of its row, with so many bits behind it. */
export const SKETCH_PAGE_BITS: u64 = 10;
/** The longest page but for those of long texts. */
const PAGE_BYTES_MAX: u32 = 256;

/** The name of a page of a row's sketch. */
@inline export function pageNumber(g: Group, row: usize, page: u32): u64 {
  return (rowNumber(g, row) << SKETCH_PAGE_BITS) | page;
}

/** The first page of a sketch from `from` on that there is, or that has changed unless `whole`; −1 = there is none. */
export function sketchPage(call: Call, cell: usize, from: u32, whole: bool): i32 {
  if (!load<u32>(cell)) return -1;
  const kind = kindOf(call);
  if (kind == DISTINCT) return distinctPage(cell, from, whole);
  return kind == QUANTILE ? quantilePage(cell, from, whole) : topPage(cell, from, whole);
}

/** Room that a page may need. */
export function sketchPageRoom(call: Call, cell: usize, page: u32): u32 {
  const kind = kindOf(call);
  return kind == DISTINCT || kind == QUANTILE ? PAGE_BYTES_MAX : topLength(call, cell, page);
}

/** Copies a page to `to`; returns how long it is. */
export function sketchTell(call: Call, cell: usize, page: u32, to: usize): u32 {
  const kind = kindOf(call);
  if (kind == DISTINCT) return distinctTell(cell, page, to);
  if (kind == QUANTILE) return quantileTell(cell, page, to);
  topTell(call, cell, page, to);
  return topLength(call, cell, page);
}

/** Takes a page in, after those before it: 0, or 1: it cannot be; 2: there is no memory. */
export function sketchTake(g: Group, call: Call, cell: usize, page: u32, from: usize, bytes: u32): i32 {
  const kind = kindOf(call);
  if (kind == DISTINCT) return distinctTake(g, cell, page, from, bytes);
  if (kind == QUANTILE) return quantileTake(g, cell, page, from, bytes);
  return topTake(g, call, cell, <u32>parameterOf(call), page, from, bytes);
}

/** Remembers that the pages of a row's sketch are gone, where a drain may have handed them out. */
function noteGone(g: Group, call: Call, row: usize): void {
  if (!(load<u32>(row, ROW_STATE) & ROW_STORED)) return;
  const cell = row + call.cell, kind = kindOf(call);
  const last = kind == DISTINCT ? distinctPages(cell) : kind == QUANTILE ? quantilePages(cell) : topPages(cell);
  for (let page: u32 = 0; page <= last; page++) {
    if (!goneAdd(g, callGone(call), nameOf(g, row, pageNumber(g, row, page)))) g.lost = true;
  }
}

/** Frees the sketch of a call in a row; `tells`: drains tell that it is gone. */
export function sketchFree(g: Group, call: Call, row: usize, tells: bool): void {
  const cell = row + call.cell;
  if (!load<u32>(cell)) return;
  if (tells) noteGone(g, call, row);
  const kind = kindOf(call);
  if (kind == DISTINCT) distinctFree(g, cell);
  else if (kind == QUANTILE) quantileFree(g, cell);
  else topFree(g, call, cell);
}

/** Bytes of the sketch of a call as it leaves memory. */
export function sketchImageBytes(call: Call, cell: usize): u32 {
  const kind = kindOf(call);
  if (kind == DISTINCT) return distinctImageBytes(cell);
  return kind == QUANTILE ? quantileImageBytes(cell) : topImageBytes(call, cell);
}

/** Copies that to `to`. */
export function sketchImageWrite(call: Call, cell: usize, to: usize): void {
  const kind = kindOf(call);
  if (kind == DISTINCT) memory.copy(to, load<u32>(cell), distinctImageBytes(cell));
  else if (kind == QUANTILE) quantileImageWrite(cell, to);
  else topImageWrite(call, cell, to);
}

/** It comes back; `settled`: all of it was handed out. False without memory. */
export function sketchAdmit(g: Group, call: Call, cell: usize, from: usize, settled: bool): bool {
  const kind = kindOf(call);
  if (kind == DISTINCT) return distinctAdmit(g, cell, from, settled);
  return kind == QUANTILE ? quantileAdmit(g, cell, from, settled) : topAdmit(g, call, cell, from, settled);
}

/** It is read where it lies, which the cell says. */
export function sketchThaw(call: Call, cell: usize): void {
  const kind = kindOf(call);
  if (kind == QUANTILE) quantileThaw(cell);
  else if (kind != DISTINCT) topThaw(call, cell);
}
