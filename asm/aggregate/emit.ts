// Turns state rows into columns of a batch, column at a time. What it writes lies in the batch arena, bytes too: the
// rows may be freed afterwards.
import { arena_alloc } from "../memory";
import { BOOL, COLUMN_DATA, COLUMN_SCALE, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, TIMESTAMP } from "../layout";
import { canonicalNan, flip } from "./order";
import { Aggregation, isBytes } from "./spec";

// The rows at hand (u32 addresses), and where the next COLUMN goes
let list: usize = 0;
let rows: u32 = 0;
let out: usize = 0;

export function emitBegin(a: Aggregation, addresses: usize, count: u32): void {
  list = addresses;
  rows = count;
  out = a.out;
}

@inline function rowAt(i: u32): usize {
  return load<u32>(list + (<usize>i << 2));
}

function column(type: u32, scale: u32, data: usize, valid: usize): void {
  store<u32>(out, type, COLUMN_TYPE);
  store<u32>(out, <u32>data, COLUMN_DATA);
  store<u32>(out, <u32>valid, COLUMN_VALIDITY);
  store<u32>(out, scale, COLUMN_SCALE);
  out += COLUMN_SIZE;
}

/** Room for 8 bytes a row, readable to the next multiple of 64 rows; 0 when there is no memory. */
export function emitRoom(count: u32): usize {
  return arena_alloc(<usize>((count + 63) & ~63) << 3);
}

function bitmapRoom(): usize {
  const bytes: usize = ((rows + 63) & ~63) >>> 3, room = arena_alloc(bytes);
  if (room) memory.fill(room, 0, bytes);
  return room;
}

@inline function setBit(bitmap: usize, i: u32): void {
  const at = bitmap + (i >>> 3);
  store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(i & 7)));
}

// The validity of the column at hand; 0: all rows are valid
let validity: usize = 0;

/** A bit for each row in which the header's word at `header`, masked, is (or is not) 0; false without memory. */
function validityBits(header: usize, mask: u32, zero: bool): bool {
  validity = bitmapRoom();
  if (!validity) return false;
  for (let i: u32 = 0; i < rows; i++) if (((load<u32>(rowAt(i) + header) & mask) == 0) == zero) setBit(validity, i);
  return true;
}

/** The same, where not all rows have theirs. */
function validityOf(header: usize, mask: u32, zero: bool): bool {
  const from = list, all = <usize>rows, whole: u32 = zero ? 0 : mask;
  let wrong: u32 = 0;
  for (let i: usize = 0; i < all; i++) wrong |= (load<u32>(<usize>load<u32>(from + (i << 2)) + header) & mask) ^ whole;
  validity = 0;
  return !wrong || validityBits(header, mask, zero);
}

/** Forms in which a cell leaves. */
export const AS_IS: u32 = 0;
export const AS_SORTABLE: u32 = 1; // a double as min and max keep it
export const AS_DOUBLE: u32 = 2; // a double whose NaN may be any

/** Words and their validity in one pass, since every pass over rows that lie apart costs as much as the other. */
function emitWords(offset: u32, form: u32, header: usize, mask: u32, zero: bool): usize {
  const room = emitRoom(rows), from = list, all = <usize>rows, whole: u32 = zero ? 0 : mask;
  if (!room) return 0;
  let wrong: u32 = 0;
  for (let i: usize = 0; i < all; i++) {
    const row: usize = load<u32>(from + (i << 2));
    store<i64>(room + (i << 3), load<i64>(row + offset));
    wrong |= (load<u32>(row + header) & mask) ^ whole;
  }
  validity = 0;
  if (wrong && !validityBits(header, mask, zero)) return 0;
  const end = room + (all << 3);
  if (form == AS_SORTABLE) for (let at = room; at < end; at += 8) store<i64>(at, flip(load<i64>(at)));
  if (form == AS_DOUBLE) for (let at = room; at < end; at += 8) store<i64>(at, canonicalNan(load<i64>(at)));
  return room;
}

function emitBits(offset: u32): usize {
  const room = bitmapRoom();
  if (!room) return 0;
  for (let i: u32 = 0; i < rows; i++) if (load<u64>(rowAt(i) + offset)) setBit(room, i);
  return room;
}

/** Copies what the cells refer to, where the row's header says that they hold a value. */
function emitRefs(offset: u32, header: usize, mask: u32, zero: bool): usize {
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const row = rowAt(i);
    if (((load<u32>(row + header) & mask) == 0) == zero) bytes += <u64>load<u32>(row + offset, 4);
  }
  const room = emitRoom(rows);
  if (!room || bytes > 1 << 30) return 0;
  let to = arena_alloc(<usize>bytes);
  if (!to) return 0;
  for (let i: u32 = 0; i < rows; i++) {
    const row = rowAt(i), ref = room + (<usize>i << 3);
    const there = ((load<u32>(row + header) & mask) == 0) == zero, length: u32 = there ? load<u32>(row + offset, 4) : 0;
    if (length) memory.copy(to, load<u32>(row + offset), length);
    store<u32>(ref, <u32>to);
    store<u32>(ref, length, 4);
    to += length;
  }
  return room;
}

/** A column from the cell at `offset`; valid where the header's word at `header`, masked, is (`zero`) or is not 0. */
export function emitCell(
  type: u32, scale: u32, offset: u32, form: u32, header: usize, mask: u32, zero: bool,
): bool {
  let data: usize = 0;
  if (!isBytes(type) && type != BOOL) data = emitWords(offset, form, header, mask, zero);
  else if (validityOf(header, mask, zero)) data = type == BOOL ? emitBits(offset) : emitRefs(offset, header, mask, zero);
  column(type, scale, data, validity);
  return data != 0;
}

/** A column of i64 or doubles that is there already, with a validity or 0. */
export function emitColumn(type: u32, scale: u32, data: usize, valid: usize): bool {
  column(type, scale, data, valid);
  return data != 0;
}

/** A column of times: `from` (i64 a row, ascending) × `factor` + `add`. */
export function emitTimes(from: usize, factor: i64, add: i64): bool {
  const room = emitRoom(rows);
  if (room && rows) writeTimes(room, from, factor, add);
  column(TIMESTAMP, 0, room, 0);
  return room != 0;
}

function writeTimes(room: usize, from: usize, factor: i64, add: i64): void {
  const end = room + (<usize>rows << 3), first = load<i64>(from), last = load<i64>(from + (<usize>(rows - 1) << 3));
  // Usually all have the same time
  if (first == last) fillTimes(room, end, first * factor + add);
  else for (; room < end; room += 8, from += 8) store<i64>(room, load<i64>(from) * factor + add);
}

/** The room goes on to a multiple of 64 rows. */
function fillTimes(room: usize, end: usize, time: i64): void {
  if (ASC_FEATURE_SIMD) for (; room < end; room += 16) v128.store(room, i64x2.splat(time));
  else for (; room < end; room += 8) store<i64>(room, time);
}

/** How many rows are at hand. */
export function emitRowCount(): u32 {
  return rows;
}

/** Their addresses, u32 each. */
export function emitList(): usize {
  return list;
}

export function emitRow(i: u32): usize {
  return rowAt(i);
}

export function emitBitmap(): usize {
  return bitmapRoom();
}

export function emitSetBit(bitmap: usize, i: u32): void {
  setBit(bitmap, i);
}

