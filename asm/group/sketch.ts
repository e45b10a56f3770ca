// Sketches: aggregates of bounded size with a stated error. The first cell of a call holds the address of its sketch,
// the second how many values it has seen. What they give depends on the values alone, not on a process's seed.
import { DECIMAL, DECIMAL128, DOUBLE } from "../layout";
import { powerOfTen } from "../aggregate/spec";
import { hash_bytes, hash_i64 } from "../hash/keyed";
import { distinctAdd, distinctEstimate, distinctFree } from "./sketch_distinct";
import { quantileAdd, quantileFree, quantileOf } from "./sketch_quantile";
import { topAdd, topFree, topText, topTextLength } from "./sketch_top";
import { Call, Group, isBytes } from "./spec";
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

/** Frees the sketch of a call. */
export function sketchFree(g: Group, call: Call, cell: usize): void {
  if (!load<u32>(cell)) return;
  const kind = kindOf(call);
  if (kind == DISTINCT) distinctFree(g, cell);
  else if (kind == QUANTILE) quantileFree(g, cell);
  else topFree(g, call, cell);
}
