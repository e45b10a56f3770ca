// The most frequent values: space-saving (Metwally, Agrawal, El Abbadi 2005). Of n values seen with c counters, a count
// is too high by at most its own error, which is at most n / c; every value that came more than n / c times has a
// counter. There are ten counters for each value that is asked for, and at least a hundred.
//
//   SKETCH   0          4           8                   8 × counters        …                   …                   …
//            +----------+-----------+-------------------+-------------------+-------------------+-------------------+--------
//            | used u32 | room u32  | hashes u64 …      | counts u64 …      | errors u64 …      | values: 8 bytes   | dirty
//            |          |           |                   |                   |                   | or a REF …        | u8 …
//            +----------+-----------+-------------------+-------------------+-------------------+-------------------+--------
//
//   pages (details.ts): one for each counter: count, error, and the value's bytes
//   dirty               the counter has changed since its page was handed out
import { arena_alloc, block_size } from "../memory";
import { write_decimal } from "../expr/format";
import { hash_bytes, hash_i64 } from "../hash/keyed";
import { spaceGive, spaceTake } from "../state/space";
import { JSON_CELL_BYTES, writeText, writeValue } from "./json_value";
import { freeBytes, ownBytes } from "./keys";
import { Call, Group, isBytes } from "./spec";

const HEADER: usize = 8;
const COUNTERS_MIN: u32 = 100;
const COUNTERS_EACH: u32 = 10;
/** `{"value":,"count":,"error":},` and two counts. */
const TEXT_EACH: usize = 80;

@inline function bytesOf(room: u32): u32 {
  return <u32>HEADER + room * 33;
}

@inline function cellAt(at: usize, part: u32, i: u32): usize {
  return at + HEADER + (<usize>(part * load<u32>(at, 4) + i) << 3);
}

const HASH: u32 = 0;
const COUNT: u32 = 1;
const ERROR: u32 = 2;
const VALUE: u32 = 3;

function make(g: Group, cell: usize, most: u32): usize {
  const room = max<u32>(COUNTERS_MIN, most * COUNTERS_EACH), at = spaceTake(g, bytesOf(room));
  if (!at) return 0;
  memory.fill(at, 0, bytesOf(room));
  store<u32>(at, room, 4);
  store<u32>(cell, <u32>at);
  return at;
}

/** Bytes of a sketch that is asked for so many values, beside their texts. */
export function topGrowth(most: u32): u32 {
  return <u32>block_size(bytesOf(max<u32>(COUNTERS_MIN, most * COUNTERS_EACH)));
}

@inline function dirtyAt(at: usize, i: u32): usize {
  return at + HEADER + <usize>(load<u32>(at, 4) * 32 + i);
}

function find(at: usize, hash: u64): i32 {
  const used = load<u32>(at);
  for (let i: u32 = 0; i < used; i++) if (load<u64>(cellAt(at, HASH, i)) == hash) return i;
  return -1;
}

function least(at: usize): u32 {
  const used = load<u32>(at);
  let best: u32 = 0;
  for (let i: u32 = 1; i < used; i++) {
    if (load<u64>(cellAt(at, COUNT, i)) < load<u64>(cellAt(at, COUNT, best))) best = i;
  }
  return best;
}

@inline function hashOf(text: bool, value: i64): u64 {
  return text ? hash_bytes(load<u32>(<usize>value), load<u32>(<usize>value, 4), 0) : hash_i64(<u64>value, 0);
}

/** Counts a value; false when there is no memory. `most`: how many values are asked for. */
export function topAdd(g: Group, call: Call, cell: usize, most: u32, value: i64): bool {
  const text = isBytes(call.type), hash = hashOf(text, value);
  let at: usize = load<u32>(cell);
  if (!at) at = make(g, cell, most);
  if (!at) return false;
  const found = find(at, hash);
  if (found >= 0) {
    store<u64>(cellAt(at, COUNT, found), load<u64>(cellAt(at, COUNT, found)) + 1);
    store<u8>(dirtyAt(at, found), 1);
    return true;
  }
  let i = load<u32>(at);
  if (i < load<u32>(at, 4)) {
    store<u32>(at, i + 1);
  } else {
    i = least(at);
    store<u64>(cellAt(at, ERROR, i), load<u64>(cellAt(at, COUNT, i)));
    if (text) freeBytes(g, cellAt(at, VALUE, i));
  }
  store<u64>(cellAt(at, HASH, i), hash);
  store<u64>(cellAt(at, COUNT, i), load<u64>(cellAt(at, COUNT, i)) + 1);
  store<u8>(dirtyAt(at, i), 1);
  const to = cellAt(at, VALUE, i);
  if (!text) store<i64>(to, value);
  else if (!ownBytes(g, to, load<u32>(<usize>value), load<u32>(<usize>value, 4))) return false;
  return true;
}

@inline function isBetter(at: usize, a: u32, b: u32): bool {
  const x = load<u64>(cellAt(at, COUNT, a)), y = load<u64>(cellAt(at, COUNT, b));
  return x != y ? x > y : a < b;
}

/** The counter that comes behind `last` (−1 = the first) in the order of counts; −1 = none. */
function following(at: usize, last: i32): i32 {
  let best = -1;
  for (let i: i32 = 0; i < <i32>load<u32>(at); i++) {
    if (last >= 0 && (i == last || isBetter(at, i, last))) continue;
    if (best < 0 || isBetter(at, i, best)) best = i;
  }
  return best;
}

export let topTextLength: u32 = 0;

/** The values with the highest counts as JSON, `[{"value":…,"count":…,"error":…},…]`, in the batch arena; 0 without memory. */
export function topText(call: Call, cell: usize, most: u32): usize {
  const at: usize = load<u32>(cell);
  let bytes: usize = 16, i = following(at, -1);
  for (let n: u32 = 0; n < most && i >= 0; n++, i = following(at, i)) {
    bytes += TEXT_EACH + JSON_CELL_BYTES + (isBytes(call.type) ? <usize>load<u32>(cellAt(at, VALUE, i), 4) * 6 : 0);
  }
  const text = arena_alloc(bytes);
  if (!text) return 0;
  let to = writeText(text, "[");
  i = following(at, -1);
  for (let n: u32 = 0; n < most && i >= 0; n++, i = following(at, i)) {
    to = writeValue(writeText(to, n ? ',{"value":' : '{"value":'), call, cellAt(at, VALUE, i));
    to = write_decimal(writeText(to, ',"count":'), load<i64>(cellAt(at, COUNT, i)), 0);
    to = write_decimal(writeText(to, ',"error":'), load<i64>(cellAt(at, ERROR, i)), 0);
    to = writeText(to, "}");
  }
  to = writeText(to, "]");
  topTextLength = <u32>(to - text);
  return text;
}

export function topFree(g: Group, call: Call, cell: usize): void {
  const at: usize = load<u32>(cell);
  if (isBytes(call.type)) for (let i: u32 = 0; i < load<u32>(at); i++) freeBytes(g, cellAt(at, VALUE, i));
  spaceGive(g, at, bytesOf(load<u32>(at, 4)));
}

/** The first page from `from` on that there is, or that has changed unless `whole`; −1 = there is none. */
export function topPage(cell: usize, from: u32, whole: bool): i32 {
  const at: usize = load<u32>(cell), used = load<u32>(at);
  for (let i = from; i < used; i++) if (whole || load<u8>(dirtyAt(at, i))) return <i32>i;
  return -1;
}

/** The last page that there may be. */
export function topPages(cell: usize): u32 {
  const used = load<u32>(<usize>load<u32>(cell));
  return used ? used - 1 : 0;
}

/** How long a page is. */
export function topLength(call: Call, cell: usize, page: u32): u32 {
  return 16 + (isBytes(call.type) ? load<u32>(cellAt(load<u32>(cell), VALUE, page), 4) : 8);
}

/** Copies a page to `to`; it is as it was handed out from now on. */
export function topTell(call: Call, cell: usize, page: u32, to: usize): void {
  const at: usize = load<u32>(cell), value = cellAt(at, VALUE, page);
  store<u8>(dirtyAt(at, page), 0);
  store<u64>(to, load<u64>(cellAt(at, COUNT, page)));
  store<u64>(to, load<u64>(cellAt(at, ERROR, page)), 8);
  if (isBytes(call.type)) memory.copy(to + 16, load<u32>(value), load<u32>(value, 4));
  else store<u64>(to, load<u64>(value), 16);
}

const REF: usize = memory.data(8, 16);

/** Takes a page in, after those before it: 0, or 1: it cannot be; 2: there is no memory. `most`: how many values are asked for. */
export function topTake(g: Group, call: Call, cell: usize, most: u32, page: u32, from: usize, bytes: u32): i32 {
  const text = isBytes(call.type);
  if (text ? bytes < 16 : bytes != 24) return 1;
  let at: usize = load<u32>(cell);
  if (!at) at = make(g, cell, most);
  if (!at) return 2;
  if (page != load<u32>(at) || page >= load<u32>(at, 4)) return 1;
  store<u32>(REF, <u32>from + 16);
  store<u32>(REF, bytes - 16, 4);
  const value = text ? <i64>REF : load<i64>(from, 16), to = cellAt(at, VALUE, page);
  if (!text) store<i64>(to, value);
  else if (!ownBytes(g, to, from + 16, bytes - 16)) return 2;
  store<u64>(cellAt(at, HASH, page), hashOf(text, value));
  store<u64>(cellAt(at, COUNT, page), load<u64>(from));
  store<u64>(cellAt(at, ERROR, page), load<u64>(from, 8));
  store<u32>(at, page + 1);
  return 0;
}

@inline function headBytes(at: usize): usize {
  return (<usize>bytesOf(load<u32>(at, 4)) + 7) & ~7;
}

@inline function textLength(at: usize, i: u32): usize {
  return load<u32>(cellAt(at, VALUE, i), 4);
}

/** Bytes of the sketch as it leaves memory: what it is, then the texts of its values. */
export function topImageBytes(call: Call, cell: usize): u32 {
  const at: usize = load<u32>(cell);
  let bytes = headBytes(at);
  if (isBytes(call.type)) for (let i: u32 = 0; i < load<u32>(at); i++) bytes += textLength(at, i);
  return <u32>bytes;
}

/** Copies that to `to`. */
export function topImageWrite(call: Call, cell: usize, to: usize): void {
  const at: usize = load<u32>(cell);
  memory.copy(to, at, bytesOf(load<u32>(at, 4)));
  if (!isBytes(call.type)) return;
  let text = to + headBytes(at);
  for (let i: u32 = 0; i < load<u32>(at); i++) {
    memory.copy(text, load<u32>(cellAt(at, VALUE, i)), textLength(at, i));
    text += textLength(at, i);
  }
}

/** It comes back; `settled`: all of it was handed out. False without memory. */
export function topAdmit(g: Group, call: Call, cell: usize, from: usize, settled: bool): bool {
  const room = load<u32>(from, 4), used = load<u32>(from), at = spaceTake(g, bytesOf(room));
  if (!at) return false;
  memory.copy(at, from, bytesOf(room));
  store<u32>(cell, <u32>at);
  if (settled) memory.fill(dirtyAt(at, 0), 0, room);
  if (!isBytes(call.type)) return true;
  let text = from + headBytes(from);
  for (let i: u32 = 0; i < used; i++) {
    const length = <u32>textLength(from, i);
    // Those without a text of their own are not there, should memory end here
    store<u32>(at, i);
    if (!ownBytes(g, cellAt(at, VALUE, i), text, length)) return false;
    text += length;
  }
  store<u32>(at, used);
  return true;
}

/** It is read where it lies. */
export function topThaw(call: Call, cell: usize): void {
  const at: usize = load<u32>(cell);
  if (!isBytes(call.type)) return;
  let text = at + headBytes(at);
  for (let i: u32 = 0; i < load<u32>(at); i++) {
    store<u32>(cellAt(at, VALUE, i), <u32>text);
    text += textLength(at, i);
  }
}
