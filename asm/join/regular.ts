// Regular joins: each row of the batch meets all rows of the other side that have its key, and is kept.
import { rowFree } from "../rows/encode";
import { batchEntry } from "../rows/gather";
import { indexNext } from "../rows/index_rows";
import { INNER, Join, Side, indexOf, storeOf } from "./spec";
import { HASH_NONE } from "../rows/keys";
import { hashOf, kindOf, otherSide, ownSide, rowNumber } from "./push";
import { ACTS, keptAt } from "./judge";
import { UPDATE_BEFORE, bury, recordEnd, recordPair, takesBack } from "./records";
import { findSame, findUnique, isAlive, rowAdd, rowDrop, rowStamp, setNow } from "./keep";
import { watermarkAt } from "./time";
import { chainsAdd, chainsBegin, chainsNext } from "./not_in";

// Phases of a row
const ROW: u32 = 0;
/** The row that it takes the place of is taken back first. */
const REPLACED: u32 = 1;

/** The first row of the other side that the row at hand may meet. */
@inline function firstPartner(j: Join, i: u32): usize {
  return j.nullAware ? chainsBegin(j, i) : load<u32>(<usize>j.heads + (<usize>i << 2));
}

@inline function nextPartner(j: Join, other: Side, at: usize): usize {
  return j.nullAware ? chainsNext(j, at) : indexNext(indexOf(other), at);
}

/** Keeps the row at hand; false when there is no memory. */
function keep(j: Join, own: Side, i: u32): bool {
  const kept = <usize>keptAt(j, i);
  j.stored = 0;
  if (kept == ACTS) return true;
  if (!rowAdd(j, own, i, kept, 0) || (j.nullAware && !chainsAdd(j, own, i, kept))) return false;
  if (own.listAt) rowStamp(j, own, kept);
  j.stored = <u32>kept;
  return true;
}

/** A row of the right of a semi or anti join tells nothing new when one with its key is there and none is taken back. */
@inline function isKnown(j: Join, own: Side, i: u32): bool {
  return j.once && j.side == 1 && findUnique(j, own, i, j.row) != 0;
}

/** The row at hand is not kept and meets none. */
function skip(j: Join, own: Side, i: u32): void {
  const kept = keptAt(j, i);
  if (kept != ACTS) rowFree(storeOf(own), kept);
  j.at = 0;
  j.stored = 0;
}

/**
 * Whether a row that takes back what is not there has no effect. One that had its time to live is not there either, and its pairs go with what
 * takes it back; one that meets none is kept nowhere, and is taken for one that came.
 */
@inline function isVoid(j: Join, i: u32): bool {
  return !j.ttl && (j.nullAware || hashOf(j, i) != HASH_NONE);
}

/** Begins the row at position `j.next`, unless it has no effect; false when there is no memory. */
function begin(j: Join, own: Side): bool {
  const i = j.next, row = rowNumber(j, i), kind = kindOf(j, row);
  j.row = row;
  j.kind = kind;
  j.entry = batchEntry(row);
  j.phase = ROW;
  j.at = <u32>firstPartner(j, i);
  j.open = true;
  if (own.listAt) setNow(j, watermarkAt(j, row));
  if (isKnown(j, own, i)) {
    skip(j, own, i);
    return true;
  }
  if (!takesBack(kind)) {
    const old: usize = own.unique && own.changes ? findUnique(j, own, i, row) : 0;
    if (!old) return keep(j, own, i);
    j.phase = REPLACED;
    j.kind = UPDATE_BEFORE;
    takeBack(j, own, old);
    return true;
  }
  const gone = own.unique ? findUnique(j, own, i, row) : findSame(j, own, i, row);
  if (!gone && isVoid(j, i)) {
    j.open = false;
    j.next++;
  } else {
    takeBack(j, own, gone);
  }
  return true;
}

/** Takes a row out of state; what comes out are its values, which of an upsert may be others than those of the batch. */
function takeBack(j: Join, own: Side, old: usize): void {
  j.stored = <u32>old;
  if (!old) return;
  if (own.unique) j.entry = <u32>old;
  rowDrop(j, own, old);
}

/** Ends the row at hand, or what it took the place of; false when there is no memory. */
function end(j: Join, own: Side): bool {
  if (j.type != INNER) recordEnd(j);
  if (takesBack(j.kind) && j.stored) bury(own, j.stored);
  if (j.phase != REPLACED) {
    j.open = false;
    j.next++;
    return true;
  }
  j.phase = ROW;
  j.kind = kindOf(j, j.row);
  j.entry = batchEntry(j.row);
  j.at = <u32>firstPartner(j, j.next);
  return keep(j, own, j.next);
}

/** Makes up to `most` records of the batch at hand; false when there is no memory. */
export function stepRegular(j: Join, most: u32): bool {
  const own = ownSide(j), other = otherSide(j);
  let budget = most << 2; // partners whose time to live has passed make no records
  while (j.recordCount < most) {
    if (!j.open) {
      if (j.next == j.selected) return true;
      if (!begin(j, own)) return false;
      if (!j.open) continue;
    }
    let at: usize = j.at;
    for (; at && j.recordCount < most && budget; at = nextPartner(j, other, at), budget--) {
      if (isAlive(j, other, at)) recordPair(j, at);
    }
    j.at = <u32>at;
    if (at || j.recordCount == most) return true;
    if (!end(j, own)) return false;
  }
  return true;
}
