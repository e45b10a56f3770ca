// From records to rows of output: which pairs count, what comes out padded with NULLs, and what is taken back. This is
// the changelog that Flink's StreamingJoinOperator and StreamingSemiAntiJoinOperator make for a row, but that the padded
// row of a partner is taken back right in front of its first pair (there: in front of all pairs), so that no list of
// partners is needed.
import { ANTI, INTERVAL, Join, REGULAR, SEMI, Side } from "./spec";
import { rowTouch } from "../rows/touch";
import {
  DELETE, END, INSERT, PAIR, leavesRight, recordAt, recordKind, recordOp, recordRow, takesBack,
} from "./records";

/** One row of output, of left and right entries. */
@inline function out(j: Join, left: u32, right: u32, kind: u32, row: u32): void {
  const i = <usize>j.outRows;
  store<u32>(<usize>j.leftList + (i << 2), left);
  store<u32>(<usize>j.rightList + (i << 2), right);
  store<u32>(<usize>j.causes + (i << 2), row);
  store<u8>(<usize>j.kinds + i, <u8>kind);
  j.anyKind |= kind;
  j.outRows++;
}

/** The same, of the entry of the side at hand and that of the other. */
@inline function outOf(j: Join, own: u32, other: u32, kind: u32, row: u32): void {
  if (j.side == 0) out(j, own, other, kind, row);
  else out(j, other, own, kind, row);
}

@inline function countOf(side: Side, row: usize): u32 {
  return load<u32>(row + side.countAt);
}

@inline function setCount(side: Side, row: usize, count: u32): void {
  rowTouch(row);
  store<u32>(row + side.countAt, count);
}

/** A pair of a regular join, and what it does to the partner. */
function pairRegular(j: Join, own: Side, other: Side, record: usize): void {
  const entry = load<u32>(record), partner = load<u32>(record, 4), kind = recordKind(record), row = recordRow(record);
  const counted = other.countAt != 0, met: u32 = counted ? countOf(other, partner) : 0;
  if (!takesBack(kind)) {
    if (other.outer && !met) outOf(j, 0, partner, DELETE, row);
    if (counted) setCount(other, partner, met + 1);
    outOf(j, entry, partner, own.outer || other.outer ? INSERT : kind, row);
    return;
  }
  outOf(j, entry, partner, own.outer ? DELETE : kind, row);
  if (other.outer && met == 1) outOf(j, 0, partner, INSERT, row);
  if (counted && met) setCount(other, partner, met - 1);
}

/** A pair of a regular semi or anti join: rows of the left come and go with their first and last partner. */
function pairHalf(j: Join, record: usize): void {
  if (j.side == 0) return;
  const left = load<u32>(record, 4), kind = recordKind(record), row = recordRow(record), met = countOf(j.left, left);
  if (!takesBack(kind)) {
    if (!met) out(j, left, 0, j.type == SEMI ? kind : DELETE, row);
    setCount(j.left, left, met + 1);
  } else if (met) {
    if (met == 1) out(j, left, 0, j.type == SEMI ? kind : INSERT, row);
    setCount(j.left, left, met - 1);
  }
}

/** All partners of a row of a regular join have come. */
function endRegular(j: Join, own: Side, record: usize): void {
  const kind = recordKind(record), row = recordRow(record), entry = load<u32>(record), back = takesBack(kind);
  const kept: usize = load<u32>(record, 8);
  if (kept && !back && own.countAt) setCount(own, kept, j.matches);
  if (own.outer && !j.matches) outOf(j, entry, 0, back ? DELETE : INSERT, row);
  if (j.side == 0 && j.type >= SEMI && (j.matches == 0) == (j.type == ANTI)) out(j, entry, 0, kind, row);
}

/** A pair of rows that only come: windows, intervals, versions. */
function pairInsert(j: Join, own: Side, other: Side, record: usize): void {
  const entry = load<u32>(record), partner = load<u32>(record, 4), kept: usize = load<u32>(record, 8);
  const row = recordRow(record);
  if (j.type >= SEMI) {
    if (j.mode != INTERVAL) return;
    const left: usize = j.side == 0 ? kept : partner;
    if (j.type == SEMI && !countOf(j.left, left)) out(j, j.side == 0 ? entry : partner, 0, INSERT, row);
    setCount(j.left, left, 1);
    return;
  }
  outOf(j, entry, partner, recordKind(record), row);
  if (other.countAt) setCount(other, partner, 1);
  if (own.countAt && kept) setCount(own, kept, 1);
}

/** All partners of a row of the left have come, when the watermark made it come out. */
function endInsert(j: Join, record: usize): void {
  const entry = load<u32>(record), kind = recordKind(record);
  if (j.type >= SEMI ? (j.matches == 0) == (j.type == ANTI) : j.left.outer && !j.matches) out(j, entry, 0, kind, 0);
}

/** All partners of a row that is not kept have come. */
function endInterval(j: Join, own: Side, record: usize): void {
  if (!countOf(own, load<u32>(record, 8))) outOf(j, load<u32>(record), 0, INSERT, recordRow(record));
}

/** A row leaves state. */
function leave(j: Join, record: usize): void {
  const row = load<u32>(record), isRight = leavesRight(record), side = isRight ? j.right : j.left;
  if (!side.countAt || countOf(side, row)) return;
  if (isRight) out(j, 0, row, INSERT, 0);
  else if (j.type != SEMI) out(j, row, 0, INSERT, 0);
}

@inline function passes(bits: usize, validity: usize, i: u32): bool {
  const at = i >>> 3, bit = <u8>(i & 7);
  if (!((load<u8>(bits + at) >> bit) & 1)) return false;
  return !validity || ((load<u8>(validity + at) >> bit) & 1) != 0;
}

/**
 * Makes output of the records. `bits` and `validity` (0: all are valid) say for each record whether the residual condition is
 * true; bits 0: there is none. Returns the number of rows.
 */
export function decide(j: Join, bits: usize, validity: usize): u32 {
  const own = j.side == 0 ? j.left : j.right, other = j.side == 0 ? j.right : j.left, count = j.recordCount;
  const regular = j.mode == REGULAR, half = j.type == SEMI || j.type == ANTI;
  j.outRows = 0;
  j.anyKind = 0;
  for (let i: u32 = 0; i < count; i++) {
    const record = recordAt(j, i), op = recordOp(record);
    if (op == PAIR) {
      if (bits && !passes(bits, validity, i)) continue;
      j.matches++;
      if (!regular) pairInsert(j, own, other, record);
      else if (half) pairHalf(j, record);
      else pairRegular(j, own, other, record);
    } else if (op == END) {
      if (regular) endRegular(j, own, record);
      else if (j.mode == INTERVAL) endInterval(j, own, record);
      else endInsert(j, record);
      j.matches = 0;
    } else {
      leave(j, record);
    }
  }
  return j.outRows;
}

/** Entries of both sides of each record, for the columns that the residual condition reads. */
export function recordsToLists(j: Join): void {
  const count = j.recordCount, ownList: usize = j.side == 0 ? j.leftList : j.rightList;
  const otherList: usize = j.side == 0 ? j.rightList : j.leftList;
  for (let i: u32 = 0; i < count; i++) {
    const record = recordAt(j, i), isPair = recordOp(record) == PAIR;
    store<u32>(ownList + (<usize>i << 2), isPair ? load<u32>(record) : 0);
    store<u32>(otherList + (<usize>i << 2), isPair ? load<u32>(record, 4) : 0);
  }
}
