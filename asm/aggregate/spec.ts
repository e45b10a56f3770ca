// AGGREGATION: one instance of a window aggregation, made from a SPEC that TypeScript writes.
//
//   SPEC  0          4           8         12        16         24        32         40          48       56
//         +----------+-----------+---------+---------+----------+---------+----------+-----------+--------+------
//         | keys u32 | calls u32 | from    | to      | mode u32 | size ms | slide ms | offset ms | seed   | keys,
//         |          |           | group   | group   |          | f64     | f64      | f64       | u64    | calls
//         +----------+-----------+---------+---------+----------+---------+----------+-----------+--------+------
//         a key:  type u32, scale u32        a call:  function u32, type u32 (0 = count(*)), scale | precision << 8
import { block_alloc, block_free } from "../memory";
import { COLUMN_SIZE, DECIMAL, DOUBLE } from "../layout";
import { ROW_FLAGS, ROW_KEYS } from "../state/row";
import { Space } from "../state/space";
import { isVariable } from "../types";
import { gcd } from "./window";

/** Mode of phase one (partial aggregates); windows have 0. */
export const MODE_PARTIAL: u32 = 1;

const SPEC_KEYS: usize = 0;
const SPEC_CALLS: usize = 4;
const SPEC_FROM: usize = 8;
const SPEC_TO: usize = 12;
const SPEC_MODE: usize = 16;
const SPEC_SIZE: usize = 24;
const SPEC_SLIDE: usize = 32;
const SPEC_OFFSET: usize = 40;
const SPEC_SEED: usize = 48;
const SPEC_LIST: usize = 56;

// Functions of calls, as SPEC has them
export const COUNT: u32 = 1;
export const SUM: u32 = 2;
export const MIN: u32 = 3;
export const MAX: u32 = 4;
export const AVG: u32 = 5;
export const FIRST: u32 = 6;
export const LAST: u32 = 7;

// What a call does to its cells; the cells of each in brackets
export const OP_COUNT: u32 = 0; // [count i64]
export const OP_SUM_INT: u32 = 1; // [low i64], and wraps (wide.ts)
export const OP_SUM_DOUBLE: u32 = 2; // [sum f64]
export const OP_AVG_INT: u32 = 3; // [low i64, count i64], and wraps
export const OP_AVG_DOUBLE: u32 = 4; // [sum f64, count i64]
export const OP_MIN: u32 = 5; // [value i64; doubles as `order.ts` makes them sortable]
export const OP_MAX: u32 = 6;
export const OP_FIRST: u32 = 7; // [value 8 bytes, ordinal i64 of its row in the log]
export const OP_LAST: u32 = 8;
export const OP_MIN_BYTES: u32 = 9; // [REF]
export const OP_MAX_BYTES: u32 = 10;
export const OP_FIRST_BYTES: u32 = 11; // [REF, ordinal i64]
export const OP_LAST_BYTES: u32 = 12;

@unmanaged
export class Call {
  op: u32;
  fn: u32;
  type: u32; // of the argument; 0 = count(*)
  scale: u32;
  precision: u32; // of a decimal argument, else 0
  cell: u32; // offset of its first cell in a row
  bit: u32; // in the row's present bits; 0 = it is never NULL
  wraps: u32; // offset of the wraps (i64) of a sum of integers; 0 = they are in the flags
  madeWraps: u32; // the same in rows that leave: those that hops make have a cell for them
}

const CALL_BYTES: u32 = 48;

/** How many direct indices (direct.ts) one aggregation keeps. */
export const DIRECT_SLICES_MAX: u32 = 4;

@unmanaged
export class Aggregation extends Space {
  keys: u32; // key columns
  calls: u32;
  groupFrom: u32;
  groupTo: u32;
  mode: u32;
  fixedKey: bool; // one key column without bytes, or none
  grouped: bool; // rows are kept by key group; without keys and in partial aggregates all are in the one there is
  variable: bool; // a call keeps bytes
  keyTypes: u32; // address of u32 type, u32 scale for each key
  callList: u32; // address of the calls
  out: u32; // address of COLUMNs for what comes out
  outColumns: u32;
  blockBytes: u32; // of this instance
  mark: u32; // number of the present checkpoint interval
  overflowRows: u32;
  presentAt: u32; // offset in a row of the present bits
  width: i64; // of a slice
  size: i64;
  slide: i64;
  offset: i64;
  watermark: i64;
  frozen: i64; // the last window that the watermark has passed
  drained: i64; // the last window that has been handed out with all before it
  links: u32; // offset in a row of its LINKS (hop.ts; hopping only)
  imageBytes: u32; // of a row without what hops add to it, a multiple of 16
  slotBytes: u32; // of a row in a slab (slab.ts)
  madeBytes: u32; // of a window's row that hops make (hop_fold.ts), a multiple of 16
  suffixAt: u32; // offset in a row of a second image (hop_fold.ts); 0 = every call has an inverse
  hop: u32; // windows under way (hop.ts); 0 = tumbling
  versionFirst: u32; // versions (version.ts)
  versionLast: u32;
  ordinal: i64; // of the next row in the log
  version: u64; // grows whenever rows change
  slices: u32; // address of u32 addresses of slices, ascending by index
  sliceCount: u32;
  sliceCapacity: u32;
  memo: u32; // address of the slice memo (slice.ts)
  hints: u32; // address of u32 for each key group: rows of the table that was dropped last
  fire: u32; // cursors (cursor.ts)
  peek: u32;
  changeSince: u32;
  changeTakes: bool; // it is for a checkpoint
  changeAgain: bool; // the one before was left
  changeSlice: i64;
  changeGroup: u32;
  changeRow: u32;
  direct0: u32; // slices that have a direct index, or 0
  direct1: u32;
  direct2: u32;
  direct3: u32;
  hintEntries: u32; // of the direct index that was made last
  hintBase: i64;
  slabs: bool; // rows may lie in slabs (slab.ts)
  slabCount: u32; // slices that have a slab
  hintSlots: u32; // of the slab that was made last
  hintSlabBase: i64;
  hot0: u32; // slices that have a slab or get one (seal.ts; hopping only), or 0
  hot1: u32;
  hot2: u32;
  hot3: u32;
  spare: u32; // a clear slab that no slice has (seal.ts), or 0
  spareSlots: u32;
  spareBase: i64;
  restoring: bool; // what is merged takes the place of what is there (restore.ts)
  manyNew: bool; // most rows of the last slice were new: they lie in tables (slab.ts)
  coldParts: u32; // key groups of slices of which rows are in a file (cold.ts)
  coldRoom: u32; // less room than this for new rows is little (cold.ts); 0 = rows do not leave
  leaveSize: u32; // how far parts that leave have got
  leaveSlice: u32;
  leaveGroup: u32;
  leaveRow: u32;
  leaveTotal: u32;
  inOrder: bool; // what is added to a part has to find all that it has had (cold.ts)
  wants: bool; // a push has stopped for a part that is in a file
  wantSlice: i64;
  wantGroup: u32;
  changeMerged: u32; // table of the part of which changes are listed (cold_merge.ts); 0 = it is that of the slice
  changeListed: bool; // all of its changes are
  changeInside: bool; // the listing has begun with changeSlice
  changeLooked: f64; // rows that listings for checkpoints have looked at
  changedBlocks: u32; // where rows have changed (change_blocks.ts), or 0
  roundBlocks: u32; // where the listing at hand looks
  blocksBytes: u32; // of each of both
  allBlocks: bool; // it looks everywhere
}

@inline export function callAt(a: Aggregation, i: u32): Call {
  return changetype<Call>(<usize>a.callList + i * CALL_BYTES);
}

@inline export function keyType(a: Aggregation, i: u32): u32 {
  return load<u32>(<usize>a.keyTypes + (i << 3));
}

@inline export function keyScale(a: Aggregation, i: u32): u32 {
  return load<u32>(<usize>a.keyTypes + (i << 3), 4);
}

@inline export function keyCell(i: u32): u32 {
  return <u32>ROW_KEYS + (i << 3);
}

@inline export function isBytes(type: u32): bool {
  return isVariable(type);
}

function opOf(fn: u32, type: u32): u32 {
  const bytes = isBytes(type), double = type == DOUBLE;
  if (fn == COUNT) return OP_COUNT;
  if (fn == SUM) return double ? OP_SUM_DOUBLE : OP_SUM_INT;
  if (fn == AVG) return double ? OP_AVG_DOUBLE : OP_AVG_INT;
  if (fn == MIN) return bytes ? OP_MIN_BYTES : OP_MIN;
  if (fn == MAX) return bytes ? OP_MAX_BYTES : OP_MAX;
  if (fn == FIRST) return bytes ? OP_FIRST_BYTES : OP_FIRST;
  return bytes ? OP_LAST_BYTES : OP_LAST;
}

/** Digits of decimals whose sums may have their wraps in the flags: to pass 2^78 takes 3 × 10^11 rows of the largest. */
const FLAG_WRAPS_DIGITS_MAX: u32 = 12;

/** Cells of a call in a row. */
function cellsOf(op: u32): u32 {
  if (op == OP_AVG_INT || op == OP_AVG_DOUBLE) return 2;
  if (op == OP_FIRST || op == OP_LAST || op == OP_FIRST_BYTES || op == OP_LAST_BYTES) return 2;
  return 1;
}

/** Columns that the state of any one call takes at most: sum low, sum high, count. */
const STATE_COLUMNS_MAX: u32 = 3;
/** Columns in front of the keys and results at most: slice start, key group, row number, or the like. */
const LEADING_COLUMNS_MAX: u32 = 4;

function readCalls(a: Aggregation, list: usize): void {
  for (let i: u32 = 0; i < a.calls; i++, list += 12) {
    const call = callAt(a, i);
    call.fn = load<u32>(list);
    call.type = load<u32>(list, 4);
    call.scale = load<u32>(list, 8) & 255;
    call.precision = load<u32>(list, 8) >>> 8;
    call.op = opOf(call.fn, call.type);
    if (isBytes(call.type) && call.op != OP_COUNT) a.variable = true;
  }
}

@inline export function isWide(op: u32): bool {
  return op == OP_SUM_INT || op == OP_AVG_INT;
}

/**
 * Gives each call its present bit; true when bits 16 to 31 of the flags are left for the wraps of the one call that
 * needs some. Sums of decimals with many digits could reach their ends.
 */
function layOutFlags(a: Aggregation): bool {
  let present: u32 = 0, wide: u32 = 0, long = false;
  for (let i: u32 = 0; i < a.calls; i++) {
    present += u32(callAt(a, i).op != OP_COUNT);
    wide += u32(isWide(callAt(a, i).op));
    long = long || (isWide(callAt(a, i).op) && callAt(a, i).precision > FLAG_WRAPS_DIGITS_MAX);
  }
  const keys: u32 = a.keys ? a.keys : 1, narrow = keys + present <= 32;
  let bit: u32 = narrow ? keys : 0;
  for (let i: u32 = 0; i < a.calls; i++) {
    const call = callAt(a, i);
    if (call.op == OP_COUNT) continue;
    call.bit = 1 << bit;
    bit++;
  }
  a.presentAt = narrow ? <u32>ROW_FLAGS : 0;
  return wide == 1 && !long && keys + present <= 16;
}

/** The first call with one of two operations; `calls` when there is none. */
function firstCall(a: Aggregation, op: u32, other: u32): u32 {
  let i: u32 = 0;
  while (i < a.calls && callAt(a, i).op != op && callAt(a, i).op != other) i++;
  return i;
}

/** Gives the call its cells at `at`; returns where the next ones go. */
function layOutCall(call: Call, at: u32, wrapsInFlags: bool): u32 {
  call.cell = at;
  at += cellsOf(call.op) << 3;
  if (!isWide(call.op) || wrapsInFlags) return at;
  call.wraps = at;
  call.madeWraps = at;
  return at + 8;
}

/**
 * Lays out a row: header, key cells, the cells of each call, then what not every row has. The first count and the
 * first sum, which are updated together (fuse.ts), lie side by side in front.
 */
function layOut(a: Aggregation): void {
  const wrapsInFlags = layOutFlags(a);
  // Count and sum alone: one pass is faster in tables than steps are in slabs (fuse.ts)
  if (a.calls == 2 && !wrapsInFlags && a.size == a.slide) a.slabs = false;
  const count = firstCall(a, OP_COUNT, OP_COUNT), sum = firstCall(a, OP_SUM_INT, OP_SUM_DOUBLE);
  let at = keyCell(a.keys ? a.keys : 1);
  if (count < a.calls) at = layOutCall(callAt(a, count), at, wrapsInFlags);
  if (sum < a.calls) at = layOutCall(callAt(a, sum), at, wrapsInFlags);
  for (let i: u32 = 0; i < a.calls; i++) {
    if (i != count && i != sum) at = layOutCall(callAt(a, i), at, wrapsInFlags);
  }
  if (!a.fixedKey || a.variable) {
    a.hashAt = at;
    at += 8;
  }
  if (!a.presentAt) {
    a.presentAt = at;
    at += 8;
  }
  if (a.size != a.slide && a.mode != MODE_PARTIAL) at = layOutHop(a, at);
  a.rowBytes = (at + 15) & ~15;
  a.slotBytes = a.imageBytes ? a.imageBytes : a.rowBytes;
}

/**
 * What a row of hopping windows has behind its image; returns where that ends. Sums that are taken back again have a cell
 * for their wraps in the rows that are made: those in the flags do not come back from their ends.
 */
function layOutHop(a: Aggregation, at: u32): u32 {
  a.links = at;
  a.imageBytes = (at + 15) & ~15;
  a.madeBytes = a.imageBytes;
  let inverse = true;
  for (let i: u32 = 0; i < a.calls; i++) inverse = inverse && hasInverse(callAt(a, i).op);
  if (!inverse) {
    a.suffixAt = (at + LINKS_BYTES + 15) & ~15;
    return a.suffixAt + a.imageBytes;
  }
  for (let i: u32 = 0; i < a.calls; i++) {
    const call = callAt(a, i);
    if (!isWide(call.op) || call.wraps) continue;
    call.madeWraps = at;
    a.madeBytes = (at + 8 + 15) & ~15;
  }
  return at + LINKS_BYTES;
}

/** What was added can be taken away, to the bit. */
@inline function hasInverse(op: u32): bool {
  return op == OP_COUNT || isWide(op);
}

/** A row before its first value: min and max start at the ends, so that updating them needs no branch. */
function makeTemplate(a: Aggregation): void {
  memory.fill(a.template, 0, a.rowBytes);
  for (let i: u32 = 0; i < a.calls; i++) {
    const call = callAt(a, i), cell = <usize>a.template + call.cell;
    if (call.op == OP_MIN) store<i64>(cell, i64.MAX_VALUE);
    if (call.op == OP_MAX) store<i64>(cell, i64.MIN_VALUE);
  }
}

/** LINKS (hop.ts) of a row. */
const LINKS_BYTES: u32 = 16;
const IMAGE_BYTES_MAX: u32 = 8 + 18 * 8 + 33 * 24 + 2 * 8;
const ROW_BYTES_MAX: u32 = 2 * IMAGE_BYTES_MAX + LINKS_BYTES + 3 * 16;

function aligned(bytes: u32): u32 {
  return (bytes + 15) & ~15;
}

/** An instance without tables, in one block; 0 when there is no memory. */
export function specRead(spec: usize, tailBytes: u32): usize {
  const keys = load<u32>(spec, SPEC_KEYS), calls = load<u32>(spec, SPEC_CALLS);
  const columns = LEADING_COLUMNS_MAX + keys + calls * STATE_COLUMNS_MAX;
  const head = aligned(offsetof<Aggregation>());
  const keyTypes = head, callList = keyTypes + aligned((keys + 1) << 3);
  const out = callList + aligned((calls + 1) * CALL_BYTES), template = out + columns * COLUMN_SIZE;
  const tail = template + aligned(ROW_BYTES_MAX), bytes = tail + tailBytes;
  const address = block_alloc(bytes);
  if (!address) return 0;
  memory.fill(address, 0, bytes);
  const a = changetype<Aggregation>(address);
  a.blockBytes = bytes;
  a.keys = keys;
  a.calls = calls;
  a.groupFrom = load<u32>(spec, SPEC_FROM);
  a.groupTo = load<u32>(spec, SPEC_TO);
  a.mode = load<u32>(spec, SPEC_MODE);
  a.grouped = keys != 0 && a.mode != MODE_PARTIAL;
  a.size = i64(load<f64>(spec, SPEC_SIZE));
  a.slide = i64(load<f64>(spec, SPEC_SLIDE));
  a.offset = i64(load<f64>(spec, SPEC_OFFSET));
  a.width = gcd(a.size, a.slide);
  a.seed = load<u64>(spec, SPEC_SEED);
  a.keyTypes = <u32>address + keyTypes;
  a.callList = <u32>address + callList;
  a.out = <u32>address + out;
  a.template = <u32>address + template;
  a.hints = <u32>address + tail;
  memory.copy(a.keyTypes, spec + SPEC_LIST, keys << 3);
  a.fixedKey = keys == 0 || (keys == 1 && !isBytes(keyType(a, 0)));
  readCalls(a, spec + SPEC_LIST + (<usize>keys << 3));
  a.slabs = keys == 1 && a.fixedKey && !a.variable && a.mode != MODE_PARTIAL;
  layOut(a);
  makeTemplate(a);
  return address;
}

/** The call has seen a value in the row. */
@inline export function isPresent(a: Aggregation, call: Call, row: usize): bool {
  return (load<u32>(row + a.presentAt) & call.bit) != 0;
}

@inline export function setPresent(a: Aggregation, call: Call, row: usize): void {
  store<u32>(row + a.presentAt, load<u32>(row + a.presentAt) | call.bit);
}

export function specFree(a: Aggregation): void {
  block_free(changetype<usize>(a), a.blockBytes);
}

/** Powers of ten that a decimal's scale means. */
export function powerOfTen(scale: u32): f64 {
  let power = 1.0;
  for (let i: u32 = 0; i < scale; i++) power *= 10.0;
  return power;
}

@inline export function isDecimal(call: Call): bool {
  return call.type == DECIMAL;
}
