// How a drain goes through the rows, a step at a time: it ends when enough was found, or when it has looked at many that it does not want.
// One that hands out everything goes through the pages that rows lie in, which stay where they are; others through the log of what has changed (dirty.ts), and
// through the pages where that was given up.
import { logClear, roundOver, roundTake, takeWanted } from "./dirty";
import { poolEnd, poolFirst, poolNext, poolPlace } from "./pool";
import { Group, ROW_CHANGED_CUT, rowPool } from "./spec";

/** What one step looks at. */
const STEP_LOOKS: u32 = 1 << 15;

let looks: u32 = 0;

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

/** Begins to look through the pages, where that is the way; `all`: rows that have not changed are handed out, too. */
export function walkBegin(g: Group, all: bool): void {
  if (!all && (!g.spilled || (g.walking && !g.cutting))) return;
  logClear(g);
  g.walking = true;
  g.walkAll = all;
  g.walkPage = poolFirst(rowPool(g));
  g.walkPlace = poolPlace(g.walkPage);
}

/** What the walk at hand is past may have changed without a trace: it begins again; rows that were not handed out by a walk of all are still to come. */
export function walkAgain(g: Group): void {
  if (g.spilled) walkBegin(g, g.walking && g.walkAll);
}

/** Lists rows of the pages; how many. */
function walk(g: Group, list: usize, most: u32): u32 {
  const pool = rowPool(g), size = pool.size, any: u32 = g.walkAll ? ROW_CHANGED_CUT : 0;
  let found: u32 = 0;
  while (g.walkPage && looks && found < most) {
    const place: usize = g.walkPlace, end = poolEnd(pool, g.walkPage), there = <u32>((end - place) / size);
    if (!there) {
      g.walkPage = poolNext(g.walkPage);
      g.walkPlace = poolPlace(g.walkPage);
      continue;
    }
    const rows = min<u32>(min<u32>(there, looks), most - found), last = place + <usize>rows * size;
    for (let row = place; row < last; row += size) found = takeWanted(row, any, list, found);
    g.walkPlace = <u32>last;
    looks -= rows;
  }
  g.walking = g.walkPage != 0;
  return found;
}

/** A step: lists up to `most` rows to hand out, u32 each at `list`, which has room for one more. They count as handed out. Returns how many. */
export function takeRows(g: Group, list: usize, most: u32): u32 {
  stepBegin();
  let found: u32 = g.walking ? walk(g, list, most) : 0;
  while (!g.walking && !roundOver(g) && looks && found < most) {
    const rows = min<u32>(min<u32>(g.logUntil - g.logAt, looks), most - found);
    found = roundTake(g, list, found, rows);
    looks -= rows;
  }
  return found;
}

/** There is nothing more to hand out. */
@inline export function takenAll(g: Group): bool {
  return !g.walking && roundOver(g);
}
