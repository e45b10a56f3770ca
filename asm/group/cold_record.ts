// RECORD: a row as it leaves memory (cold.ts draws it).
import { COLUMN_DATA, COLUMN_TYPE, COLUMN_VALIDITY } from "../layout";
import { hash_bytes } from "../hash/keyed";
import { validAt } from "./keys";
import {
  FLAG_EXPIRES, FLAG_WINDOWED, Group, OP_FIRST_BYTES, OP_LAST_BYTES, OP_MAX_BYTES, OP_MIN_BYTES, ROW_HASH, ROW_TOUCHED, callAt, has, isBytes, keyCell, keyType,
} from "./spec";
import { windowDue } from "./windows";

const CHECK: usize = 4;
const HASH: usize = 8;
export const COLD_EPOCH: usize = 16;
export const COLD_STATE: usize = 20;
const STAMP: usize = 24;
export const COLD_HEADER: usize = 32;
/** A second word of the hash, for who needs more bits of it. */
const SPREAD: u32 = 0x9E3779B1;
const CHECK_SEED: u64 = 0x636f6c64;

@inline export function isText(op: u32): bool {
  return op == OP_MIN_BYTES || op == OP_MAX_BYTES || op == OP_FIRST_BYTES || op == OP_LAST_BYTES;
}

/** Length of the text of a key's cell. */
@inline export function keyLength(g: Group, row: usize, k: u32): u32 {
  return isBytes(keyType(g, k)) ? load<u32>(row + keyCell(k), 4) : 0;
}

/** Length of the text of a call's cell; 0 where there is none. */
@inline export function callLength(g: Group, row: usize, i: u32): u32 {
  const call = callAt(g, i), cell = row + call.cell;
  return isText(call.op) && load<i64>(cell, 8) ? load<u32>(cell, 4) : 0;
}

/** Length of all texts of a row. */
export function textsBytes(g: Group, row: usize): u32 {
  let bytes: u32 = 0;
  for (let k: u32 = 0; k < g.keys; k++) bytes += keyLength(g, row, k);
  for (let i: u32 = 0; i < g.calls; i++) bytes += callLength(g, row, i);
  return bytes;
}

@inline function checkOf(record: usize): u32 {
  return <u32>hash_bytes(record + HASH, load<u32>(record) - <u32>HASH, CHECK_SEED);
}

/** Whether a record is as it was written. */
@inline export function isWhole(record: usize): bool {
  return load<u32>(record, CHECK) == checkOf(record);
}

@inline function stampOf(g: Group, row: usize): i64 {
  if (has(g, FLAG_WINDOWED)) return windowDue(g, row);
  return has(g, FLAG_EXPIRES) ? load<i64>(row, ROW_TOUCHED) : i64.MAX_VALUE;
}

/** Begins a record with the row; `stamped`: with the time that it counts from. */
export function startRecord(g: Group, row: usize, to: usize, epoch: u32, state: u32, stamped: bool): void {
  store<u32>(to, load<u32>(row, ROW_HASH), HASH);
  store<u32>(to, load<u32>(row, ROW_HASH) * SPREAD, HASH + 4);
  store<u32>(to, epoch, COLD_EPOCH);
  store<u32>(to, state, COLD_STATE);
  store<i64>(to, stamped ? stampOf(g, row) : i64.MAX_VALUE, STAMP);
  memory.copy(to + COLD_HEADER, row, g.rowBytes);
}

/** Writes the texts of a row; returns where they end. */
export function writeTexts(g: Group, row: usize, to: usize): usize {
  let at = to;
  for (let k: u32 = 0; k < g.keys; k++) {
    const length = keyLength(g, row, k);
    if (length) memory.copy(at, load<u32>(row + keyCell(k)), length);
    at += length;
  }
  for (let i: u32 = 0; i < g.calls; i++) {
    const length = callLength(g, row, i);
    if (length) memory.copy(at, load<u32>(row + callAt(g, i).cell), length);
    at += length;
  }
  return at;
}

/** Ends a record whose content ends at `end`; returns where the next one begins. */
export function finishRecord(record: usize, end: usize): usize {
  const bytes = (<u32>(end - record) + 15) & ~15;
  memory.fill(end, 0, record + bytes - end);
  store<u32>(record, bytes);
  store<u32>(record, checkOf(record), CHECK);
  return record + bytes;
}

/** Makes the texts of a record's row readable where they are. */
export function recordTexts(g: Group, row: usize): void {
  let at = row + g.rowBytes;
  for (let k: u32 = 0; k < g.keys; k++) {
    if (!isBytes(keyType(g, k))) continue;
    store<u32>(row + keyCell(k), <u32>at);
    at += keyLength(g, row, k);
  }
  for (let c: u32 = 0; c < g.calls; c++) {
    const length = callLength(g, row, c);
    if (!length) continue;
    store<u32>(row + callAt(g, c).cell, <u32>at);
    at += length;
  }
}

/** What the texts of `count` selected rows of a COLUMN from the selection's place `from` on take at most. */
export function textBytes(column: usize, selection: usize, from: u32, count: u32): f64 {
  if (!isBytes(load<u32>(column, COLUMN_TYPE))) return 0;
  const data: usize = load<u32>(column, COLUMN_DATA), validity: usize = load<u32>(column, COLUMN_VALIDITY);
  let bytes: f64 = 0;
  for (let i = from; i < from + count; i++) {
    const number = selection ? load<u32>(selection + (<usize>i << 2)) : i;
    // A block is of a power of two
    if (validAt(validity, number)) bytes += 32 + 2 * <f64>load<u32>(data + (<usize>number << 3), 4);
  }
  return bytes;
}
