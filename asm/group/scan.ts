// How a drain goes through the rows, a step at a time: it ends when enough was found, or when it has looked at many that it does not want.
// One that hands out everything goes through the pages that rows lie in, which stay where they are; others through the list of what has changed.
import { changedFirst, changedNext, dismiss, isChanged, isGone, roundTake, tighten } from "./dirty";
import { poolEnd, poolFirst, poolNext, poolPlace } from "./pool";
import { Group, ROW_CHANGED_CUT, ROW_GONE, ROW_FREE, ROW_STATE, ROW_STORED, rowPool } from "./spec";

/** What one step looks at. */
const STEP_LOOKS: u32 = 1 << 15;

let looks: u32 = 0;

/** Begins with the first row. */
export function scanBegin(g: Group): void {
  const pages = byPages(g);
  g.scanPage = pages ? poolFirst(rowPool(g)) : 0;
  g.scanPlace = pages ? poolPlace(g.scanPage) : <u32>changedFirst(g);
  g.scanRow = 0;
  g.scanThing = 0;
}

/** Whether a drain looks through the pages. */
@inline function byPages(g: Group): bool {
  return g.whole || g.loose;
}

/** Begins a step. */
export function stepBegin(): void {
  looks = STEP_LOOKS;
}

/** Looks at something; false: this step has looked at enough. */
@inline export function look(): bool {
  if (!looks) return false;
  looks--;
  return true;
}

/** All rows were looked at. */
@inline export function scanDone(g: Group): bool {
  return byPages(g) ? !g.scanPage : !g.scanPlace;
}

/** The next row that the drain hands out, which stays where it is; 0 = there is none, or the step ends. */
export function nextRow(g: Group): usize {
  while (!scanDone(g)) {
    if (!look()) return 0;
    const row: usize = g.scanPlace;
    if (!byPages(g)) {
      g.scanPlace = <u32>changedNext(row);
    } else if (row + rowPool(g).size > poolEnd(rowPool(g), g.scanPage)) {
      g.scanPage = poolNext(g.scanPage);
      g.scanPlace = poolPlace(g.scanPage);
      continue;
    } else {
      g.scanPlace += rowPool(g).size;
    }
    if (!isGone(row) && (g.whole || isChanged(row))) return row;
  }
  return 0;
}

/** Begins to look through the pages, where that is the way; `all`: rows that have not changed are handed out, too. */
export function walkBegin(g: Group, all: bool): void {
  if (!all && g.walking && !g.cutting) return;
  if (!all && !g.loose) return;
  g.walking = true;
  g.walkAll = all;
  g.walkPage = poolFirst(rowPool(g));
  g.walkPlace = poolPlace(g.walkPage);
}

/** Begins with the first page; rows that were not handed out by a walk of all are still to come. */
export function walkAgain(g: Group): void {
  walkBegin(g, g.walking && g.walkAll);
}

/** Whether the walk hands out a row: those of the list come with it. */
@inline function isWanted(g: Group, flags: u32): bool {
  return g.loose ? g.walkAll || (flags & ROW_CHANGED_CUT) != 0 : !(flags & ROW_CHANGED_CUT);
}

/** The next row of the pages, as one that a drain has handed out; 0 = there is none, or the step ends. */
function walk(g: Group): usize {
  const pool = rowPool(g);
  while (g.walkPage) {
    if (!look()) return 0;
    const row: usize = g.walkPlace;
    if (row + pool.size > poolEnd(pool, g.walkPage)) {
      g.walkPage = poolNext(g.walkPage);
      g.walkPlace = poolPlace(g.walkPage);
      continue;
    }
    g.walkPlace += pool.size;
    const flags = load<u32>(row, ROW_STATE);
    if (flags & (ROW_GONE | ROW_FREE)) {
      if (g.loose && flags & ROW_CHANGED_CUT) dismiss(g, row, flags);
      continue;
    }
    if (!isWanted(g, flags)) continue;
    store<u32>(row, ROW_STORED, ROW_STATE);
    return row;
  }
  g.walking = false;
  if (g.loose && g.cutting) tighten(g);
  return 0;
}

/** The next row to hand out, as one that a drain has handed out; 0 = there is none, or the step ends. */
export function takeRow(g: Group): usize {
  if (g.walking) {
    const row = walk(g);
    if (row) return row;
  }
  while (!g.walking && g.round && look()) {
    const row = roundTake(g);
    if (row) return row;
  }
  return 0;
}

/** There is nothing more to hand out. */
@inline export function takenAll(g: Group): bool {
  return !g.walking && !g.round;
}
