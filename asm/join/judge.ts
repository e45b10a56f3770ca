// What is to be done with each row of a batch, before any is worked on: rows that will be kept are encoded together.
import { arena_alloc } from "../memory";
import { noteLate } from "../batch/late";
import { HASH_NONE } from "../rows/keys";
import { rowsEncode } from "../rows/encode_batch";
import { Join, REGULAR, Side, WINDOW, storeOf } from "./spec";
import { hashOf, kindOf, rowNumber } from "./push";
import { UPDATE_BEFORE, takesBack } from "./records";
import { rowTime, rowWatermark, timeOfRow } from "./time";

/** Instead of the address of a kept row: there is nothing to be done. */
export const UNUSED: u32 = 0;
/** The same: the row does something, but is not kept. */
export const ACTS: u32 = 1;
/** It is to be kept. */
const KEEPS: u32 = 2;

function judgeRegular(j: Join, i: u32, row: u32): u32 {
  if (takesBack(kindOf(j, row))) return ACTS;
  return hashOf(j, i) == HASH_NONE && !j.nullAware ? ACTS : KEEPS; // it meets none, now or later
}

function judgeTimed(j: Join, side: Side, i: u32, row: u32): u32 {
  if (!timeOfRow(j, side, row)) {
    j.nullTime++;
    return UNUSED;
  }
  const isVersion = side.versions, late = j.mode == WINDOW ? rowTime - 1 <= rowWatermark : rowTime < rowWatermark;
  if (late && !isVersion) {
    j.late++;
    noteLate(row);
    return UNUSED;
  }
  const kind = kindOf(j, row);
  if (j.mode == WINDOW && takesBack(kind)) return ACTS;
  // What −U takes back is replaced by the +U behind it.
  if (isVersion && kind == UPDATE_BEFORE) return UNUSED;
  return hashOf(j, i) == HASH_NONE && !side.alone ? UNUSED : KEEPS;
}

/** Judges all rows of the batch and encodes what is kept; false when there is no memory, and then none is. */
export function judgeBatch(j: Join, side: Side): bool {
  const bytes = <usize>j.selected << 2, positions = arena_alloc(bytes), kept = arena_alloc(bytes);
  if (!positions || !kept) return false;
  j.kept = <u32>kept;
  let count: u32 = 0;
  for (let i: u32 = 0; i < j.selected; i++) {
    const row = rowNumber(j, i), verdict = j.mode == REGULAR ? judgeRegular(j, i, row) : judgeTimed(j, side, i, row);
    store<u32>(kept + (<usize>i << 2), verdict);
    store<u32>(positions + (<usize>count << 2), i);
    count += u32(verdict == KEEPS);
  }
  const s = storeOf(side);
  if (!rowsEncode(s, j.columns, j.selection, positions, count, j.hashes, j.groups, j.arrivals, kept)) return false;
  j.arrivals += count;
  return true;
}

/** The kept row at a position of the batch, or UNUSED, or ACTS. */
@inline export function keptAt(j: Join, i: u32): u32 {
  return load<u32>(<usize>j.kept + (<usize>i << 2));
}
