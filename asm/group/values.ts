// What the different values of a call come to, each with how often it is there: exact quantiles, the most frequent
// values, and all of them. They are put in order anew for each result.
import { arena_alloc, arena_mark, arena_release } from "../memory";
import { DECIMAL, DECIMAL128, DOUBLE } from "../layout";
import { sortable } from "../aggregate/order";
import { powerOfTen } from "../aggregate/spec";
import { wideToDouble } from "../decimal/double";
import { write_decimal } from "../expr/format";
import { bytesCompare } from "../state/bytes";
import { entriesBegin, entriesNext } from "./entries";
import { ENTRY_VALUE, counterAt } from "./entry";
import { JSON_CELL_BYTES, writeText, writeValue } from "./json_value";
import { Call, Group, isBytes, setAt } from "./spec";

// Which, in the lowest three bits of a call's param; the rest, through 8, is its own parameter
const QUANTILE: i32 = 0; // between two values
const QUANTILE_OF: i32 = 1; // one of the values
const MODE: i32 = 2;
const HISTOGRAM: i32 = 3;
const TOP: i32 = 4;

/** `{"value":,"count":},` and a count. */
const TEXT_EACH: usize = 48;

@inline function kindOf(call: Call): i32 {
  return <i32>(call.param - Math.floor(call.param / 8) * 8);
}

/** A fraction in millionths, or how many values. */
@inline function parameterOf(call: Call): f64 {
  return Math.floor(call.param / 8);
}

/** The result: 8 bytes, or the address of a text and its length, which was made or is a value's; and whether there was memory. */
export let valuesMade: bool = false;
export let valuesBits: i64 = 0;
export let valuesText: usize = 0;
export let valuesLength: u32 = 0;
export let valuesFit: bool = true;

// The entries that count, sorted; how many, and all that they count
let list: usize = 0;
let size: u32 = 0;
let total: i64 = 0;
let byCount: bool = false;

@inline function at(i: u32): usize {
  return load<u32>(list + (<usize>i << 2));
}

@inline function put(i: u32, entry: usize): void {
  store<u32>(list + (<usize>i << 2), <u32>entry);
}

@inline function countOf(call: Call, entry: usize): u32 {
  return load<u32>(counterAt(entry, call.counter));
}

/** Whether an entry comes behind another: by its value, or first by how often it is there, the most first. */
function isBehind(call: Call, a: usize, b: usize): bool {
  if (byCount) {
    const x = countOf(call, a), y = countOf(call, b);
    if (x != y) return x < y;
  }
  if (isBytes(call.type)) {
    const first = load<u32>(a, ENTRY_VALUE), second = load<u32>(b, ENTRY_VALUE);
    return bytesCompare(first, load<u32>(a, ENTRY_VALUE + 4), second, load<u32>(b, ENTRY_VALUE + 4)) > 0;
  }
  const x = load<i64>(a, ENTRY_VALUE), y = load<i64>(b, ENTRY_VALUE);
  return call.type == DOUBLE ? sortable(x) > sortable(y) : x > y;
}

function siftDown(call: Call, from: u32, end: u32): void {
  const entry = at(from);
  let i = from;
  for (let below: u32 = 2 * i + 1; below < end; below = 2 * i + 1) {
    if (below + 1 < end && isBehind(call, at(below + 1), at(below))) below++;
    if (!isBehind(call, at(below), entry)) break;
    put(i, at(below));
    i = below;
  }
  put(i, entry);
}

/** Lists the entries of the call's row that count, in order; false when there is no memory. */
function gather(g: Group, call: Call, row: usize): bool {
  const set = setAt(g, call.set - 1), cell = row + set.head;
  size = 0;
  total = 0;
  let most: usize = 0;
  for (let entry = entriesBegin(set, cell); entry; entry = entriesNext(set, entry)) most++;
  list = arena_alloc((most << 2) + 8);
  if (!list) return false;
  for (let entry = entriesBegin(set, cell); entry; entry = entriesNext(set, entry)) {
    const count = countOf(call, entry);
    if (!count) continue;
    put(size++, entry);
    total += count;
  }
  for (let i = <i32>(size >>> 1) - 1; i >= 0; i--) siftDown(call, i, size);
  for (let end = <i32>size - 1; end > 0; end--) {
    const last = at(end);
    put(end, at(0));
    put(0, last);
    siftDown(call, 0, end);
  }
  return true;
}

/** The entry of the value at a place among all that are there, counted from 0. */
function entryAt(call: Call, place: i64): usize {
  let i: u32 = 0;
  for (let left = place; i + 1 < size; i++) {
    left -= countOf(call, at(i));
    if (left < 0) break;
  }
  return at(i);
}

function doubleOf(call: Call, entry: usize): f64 {
  if (call.type == DOUBLE) return load<f64>(entry, ENTRY_VALUE);
  if (call.type == DECIMAL128) return wideToDouble(load<u32>(entry, ENTRY_VALUE), call.scale);
  const value = <f64>load<i64>(entry, ENTRY_VALUE);
  return call.type == DECIMAL ? value / powerOfTen(call.scale) : value;
}

function quantile(call: Call): void {
  const place = parameterOf(call) / 1000000.0 * <f64>(total - 1), below = Math.floor(place);
  const low = doubleOf(call, entryAt(call, <i64>below)), part = place - below;
  const high = part > 0 ? doubleOf(call, entryAt(call, <i64>below + 1)) : low;
  valuesBits = reinterpret<i64>(high == low ? low : low + (high - low) * part);
}

/** A value itself: a text's bytes stay the entry's, so that they are copied by who reads them. */
function take(call: Call, entry: usize): void {
  valuesBits = load<i64>(entry, ENTRY_VALUE);
  valuesText = load<u32>(entry, ENTRY_VALUE);
  valuesLength = load<u32>(entry, ENTRY_VALUE + 4);
}

/** The first values as JSON, `[{"value":…,"count":…},…]`, in the batch arena. */
function json(call: Call, most: u32): void {
  const shown = min<u32>(most, size);
  let bytes: usize = 16;
  for (let i: u32 = 0; i < shown; i++) {
    bytes += TEXT_EACH + JSON_CELL_BYTES + (isBytes(call.type) ? <usize>load<u32>(at(i), ENTRY_VALUE + 4) * 6 : 0);
  }
  valuesText = bytes < 1 << 30 ? arena_alloc(bytes) : 0;
  valuesFit = valuesText != 0;
  if (!valuesFit) return;
  let to = writeText(valuesText, "[");
  for (let i: u32 = 0; i < shown; i++) {
    to = writeValue(writeText(to, i ? ',{"value":' : '{"value":'), call, at(i) + ENTRY_VALUE);
    to = writeText(write_decimal(writeText(to, ',"count":'), <i64>countOf(call, at(i)), 0), "}");
  }
  valuesLength = <u32>(writeText(to, "]") - valuesText);
}

/** Computes the result of a call; false when no value is there, or no memory. */
export function valuesResult(g: Group, call: Call, row: usize): bool {
  const kind = kindOf(call), mark = arena_mark();
  byCount = kind == MODE || kind == TOP;
  valuesMade = kind == HISTOGRAM || kind == TOP;
  valuesFit = gather(g, call, row);
  if (!valuesFit || !size) return false;
  if (valuesMade) {
    json(call, kind == TOP ? <u32>parameterOf(call) : u32.MAX_VALUE);
    return valuesFit;
  }
  if (kind == QUANTILE) quantile(call);
  else if (kind == MODE) take(call, at(0));
  // As in SQL, the first value at or below which that part of all lies
  else take(call, entryAt(call, max<i64>(<i64>Math.ceil(parameterOf(call) / 1000000.0 * <f64>total), 1) - 1));
  arena_release(mark);
  return true;
}

/** A value came, or went. */
export function valuesChange(call: Call, weight: i64, entry: usize): void {
  if (!entry) return;
  const counter = counterAt(entry, call.counter), before = load<u32>(counter);
  if (weight > 0) store<u32>(counter, before + 1);
  else if (before) store<u32>(counter, before - 1);
}
