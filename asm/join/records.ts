// RECORDs: what a step has found out, in order, before it is known which pairs the residual condition lets through.
//
//   0           4           8            12
//   +-----------+-----------+------------+------------------------------------------+
//   | entry u32 | other u32 | stored u32 | op, bits 0–1; kind, bits 2–3; row of the |
//   |           | row       | row        | batch, from bit 8                        |
//   +-----------+-----------+------------+------------------------------------------+
//
//   PAIR   the row at hand (`entry` as gathering knows it, `stored` in state or 0) and a row of the other side
//   END    all partners of the row at hand have come
//   LEAVE  a row leaves state: `entry` of the left, or with bit 4 of the right
import { ROW_NEXT } from "../rows/row";
import { rowFree } from "../rows/encode";
import { Join, Side, storeOf } from "./spec";

export const PAIR: u32 = 0;
export const END: u32 = 1;
export const LEAVE: u32 = 2;
const OP: u32 = 3;
const LEAVES_RIGHT: u32 = 16;

// Row kinds
export const INSERT: u32 = 0;
export const UPDATE_BEFORE: u32 = 1;
export const UPDATE_AFTER: u32 = 2;
export const DELETE: u32 = 3;

/** −U and −D take a row back. */
@inline export function takesBack(kind: u32): bool {
  return (kind & 1) != 0;
}

@inline function write(j: Join, entry: u32, other: u32, info: u32): void {
  const record = <usize>j.records + (<usize>j.recordCount << 4);
  store<u32>(record, entry);
  store<u32>(record, other, 4);
  store<u32>(record, j.stored, 8);
  store<u32>(record, info | (j.row << 8), 12);
  j.recordCount++;
}

/** The row at hand meets a row of the other side. */
@inline export function recordPair(j: Join, other: usize): void {
  write(j, j.entry, <u32>other, PAIR | (j.kind << 2));
}

@inline export function recordEnd(j: Join): void {
  write(j, j.entry, 0, END | (j.kind << 2));
}

export function recordLeave(j: Join, row: usize, isRight: bool): void {
  write(j, <u32>row, 0, LEAVE | (isRight ? LEAVES_RIGHT : 0));
}

@inline export function recordAt(j: Join, i: u32): usize {
  return <usize>j.records + (<usize>i << 4);
}

@inline export function recordOp(record: usize): u32 {
  return load<u32>(record, 12) & OP;
}

@inline export function recordKind(record: usize): u32 {
  return (load<u32>(record, 12) >>> 2) & 3;
}

@inline export function recordRow(record: usize): u32 {
  return load<u32>(record, 12) >>> 8;
}

@inline export function leavesRight(record: usize): bool {
  return (load<u32>(record, 12) & LEAVES_RIGHT) != 0;
}

/** Frees a row, which is in no index any more, once records and columns that refer to it have been used. */
export function bury(side: Side, row: usize): void {
  store<u32>(row, side.graves, ROW_NEXT);
  side.graves = <u32>row;
}

/** Frees what was buried. */
export function clearGraves(side: Side): void {
  const s = storeOf(side);
  while (side.graves) {
    const row: usize = side.graves;
    side.graves = load<u32>(row, ROW_NEXT);
    rowFree(s, row);
  }
}
