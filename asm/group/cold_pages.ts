// Where others of the task need memory, rows leave page by page, so that pages are given back: what group_evict lets go is spread over all of them.
// A page whose rows were mostly asked for since the hand came by is left out once.
import { NO_ROOM, tryLeave } from "./cold";
import { logTidy, rowFree } from "./dirty";
import { dropDoomed } from "./drop";
import { poolDrop, poolEnd, poolFirst, poolForget, poolNext, poolPlace } from "./pool";
import { Group, ROW_FREE, ROW_GONE, ROW_HOT, ROW_STATE, rowPool } from "./spec";

/** What one step of the hand looks at. */
const STEP_LOOKS: u32 = 1 << 14;
/** Of these, what begins at the first page takes. */
const TURN_LOOKS: u32 = STEP_LOOKS >> 2;

@inline function isFree(row: usize): bool {
  return (load<u32>(row, ROW_STATE) & ROW_FREE) != 0;
}

@inline function isThere(row: usize): bool {
  return (load<u32>(row, ROW_STATE) & (ROW_FREE | ROW_GONE)) == 0;
}

/** Most rows of a page were asked for: that is forgotten, and they stay this time. */
function isSpared(g: Group, page: u32): bool {
  const size = rowPool(g).size, end = poolEnd(rowPool(g), page);
  let rows: u32 = 0, hot: u32 = 0;
  for (let row: usize = poolPlace(page); row + size <= end; row += size) {
    if (!isThere(row)) continue;
    rows++;
    hot += u32(load<u8>(row, ROW_HOT) != 0);
  }
  if (hot << 1 <= rows) return false;
  for (let row: usize = poolPlace(page); row + size <= end; row += size) if (isThere(row)) store<u8>(row, 0, ROW_HOT);
  return true;
}

/** Begins with a page. */
function turnTo(g: Group, page: u32): void {
  g.emptyPage = page;
  g.emptyPlace = poolPlace(page);
}

/** Moves the hand on over the pages but the newest, as group_evict does over the index; answers as that does. */
export function group_empty(group: usize, to: usize, room: u32, epoch: u32): u32 {
  const g = changetype<Group>(group), pool = rowPool(g), size = pool.size;
  let written: u32 = 0;
  g.wants = 0;
  dropDoomed(g);
  for (let looks: i32 = STEP_LOOKS; looks > 0;) {
    const page = g.emptyPage;
    if (!page) {
      turnTo(g, poolFirst(pool) ? poolNext(poolFirst(pool)) : 0);
      looks -= <i32>TURN_LOOKS;
      continue;
    }
    const end = poolEnd(pool, page);
    looks -= <i32>(<u32>(end - page) / size) + 1;
    if (g.emptyPlace != poolPlace(page) || !isSpared(g, page)) {
      for (; <usize>g.emptyPlace + size <= end; g.emptyPlace += size) {
        if (!isThere(g.emptyPlace)) continue;
        const bytes = tryLeave(g, g.emptyPlace, to, written, room, epoch);
        if (bytes == NO_ROOM) return written;
        written += bytes;
      }
    }
    turnTo(g, poolNext(page));
  }
  return written;
}

/** Steps after which the hand has come by every page twice. */
export function group_empty_rounds(group: usize): u32 {
  const g = changetype<Group>(group), pool = rowPool(g);
  let looks: u32 = STEP_LOOKS;
  for (let page = poolFirst(pool); page; page = poolNext(page)) looks += <u32>(poolEnd(pool, page) - page) / pool.size + 1;
  return 2 * (looks / TURN_LOOKS + 1);
}

function isEmpty(g: Group, page: u32): bool {
  const size = rowPool(g).size, end = poolEnd(rowPool(g), page);
  for (let row: usize = poolPlace(page); row + size <= end; row += size) if (!isFree(row)) return false;
  return true;
}

/** Gives the pages back in which no row is. */
export function group_shrink(group: usize): void {
  const g = changetype<Group>(group), pool = rowPool(g), size = pool.size;
  logTidy(g);
  poolForget(pool);
  let before: u32 = 0;
  for (let page = poolFirst(pool); page;) {
    const next = poolNext(page), end = poolEnd(pool, page);
    if (before && isEmpty(g, page)) {
      if (g.walkPage == page) {
        g.walkPage = next;
        g.walkPlace = poolPlace(next);
      }
      if (g.emptyPage == page) turnTo(g, next);
      poolDrop(g, before, page);
    } else {
      for (let row: usize = poolPlace(page); row + size <= end; row += size) if (isFree(row)) rowFree(g, row);
      before = page;
    }
    page = next;
  }
}
