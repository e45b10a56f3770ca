// LOG of rows that have changed since the last cut, so that a drain looks at nothing else: their addresses, in the order of their first change. ROW_STATE has
// four flags:
//
//   changed   it has changed since a drain has handed it out
//   stored    a drain has handed it out
//   gone      it is not in the index any more; where a drain has handed it out, its key is kept until the next one has told that
//   free      its place is given back
//
//   log   0        logAt              logUntil               logEnd         logRoom
//         +--------+------------------+----------------------+--------------+
//         | read   | of the round     | since it has begun   | free         |     u32 each; one that has no flag any more means nothing
//         +--------+------------------+----------------------+--------------+
//
// What is in the log is the place of a row for good: another row that has it by then is looked at for nothing. Where too many rows have changed, the log is
// given up (`spilled`), and the pages that rows lie in are looked through instead, which is faster then. The log begins anew with that walk, so that what changes
// behind the place that it has come to is in it: another walk follows only when that is too much as well.
import { block_alloc, block_free } from "../memory";
import { poolGive } from "./pool";
import { Group, ROW_CHANGED_CUT, ROW_FREE, ROW_GONE, ROW_STATE, ROW_STORED, rowPool } from "./spec";

/** The log is given up beyond so many rows, and one in so many of all. */
const LOG_ROWS_MIN: u32 = 1024;
const ROWS_A_LOGGED: u32 = 4;

/** What the table says of a row has changed. */
@inline export function rowChanged(g: Group, row: usize): void {
  const state = load<u32>(row, ROW_STATE);
  if (state & ROW_CHANGED_CUT || !g.tracked) return;
  store<u32>(row, state | ROW_CHANGED_CUT, ROW_STATE);
  if (g.spilled || (g.logEnd == g.logRoom && !makeRoom(g))) return;
  store<u32>(<usize>g.log + (<usize>g.logEnd << 2), <u32>row);
  g.logEnd++;
}

/** The log has nothing in it. */
export function logClear(g: Group): void {
  g.logAt = g.logUntil = g.logEnd = 0;
  g.spilled = false;
}

function spill(g: Group): bool {
  logClear(g);
  g.spilled = true;
  return false;
}

/** Makes room for one more; false: the log is given up. */
function makeRoom(g: Group): bool {
  const left = g.logEnd - g.logAt;
  if (left >= max<u32>(LOG_ROWS_MIN, g.rows / ROWS_A_LOGGED)) return spill(g);
  if (g.logAt > left) {
    close(g);
    return true;
  }
  const room = max<u32>(LOG_ROWS_MIN, g.logRoom << 1), fresh = block_alloc(<usize>room << 2);
  if (!fresh) return spill(g);
  close(g);
  memory.copy(fresh, g.log, <usize>left << 2);
  logFree(g);
  g.log = <u32>fresh;
  g.logRoom = room;
  return true;
}

/** Forgets what was read. */
function close(g: Group): void {
  const read = g.logAt, left = g.logEnd - read;
  memory.copy(g.log, <usize>g.log + (<usize>read << 2), <usize>left << 2);
  g.logUntil = max<u32>(g.logUntil, read) - read;
  g.logAt = 0;
  g.logEnd = left;
}

/** Frees the memory of the log. */
export function logFree(g: Group): void {
  if (g.logRoom) block_free(g.log, <usize>g.logRoom << 2);
  g.log = g.logRoom = 0;
}

/** Gives the place of a row back. */
export function rowFree(g: Group, row: usize): void {
  store<u32>(row, ROW_FREE, ROW_STATE);
  poolGive(rowPool(g), row);
}

/** Begins a round: it hands out what has changed so far, or what is left of the one before. */
export function roundBegin(g: Group): void {
  if (g.logAt < g.logUntil) return;
  close(g);
  g.logUntil = g.logEnd;
}

/** The round of a cut: it hands out everything that has changed. */
export function roundJoin(g: Group): void {
  g.logUntil = g.logEnd;
}

/** Whether all of the round is handed out. */
@inline export function roundOver(g: Group): bool {
  return g.logAt >= g.logUntil;
}

/** Whether a row with these flags is to be handed out, if `any` row is that is there; whether it has changed, else. */
@inline function isWanted(flags: u32, any: u32): u32 {
  return u32((flags & (ROW_CHANGED_CUT | ROW_GONE | ROW_FREE) | any) == ROW_CHANGED_CUT);
}

/** Lists the row behind `found` others where it is to be handed out, as one that a drain has handed out; returns how many there are then. */
@inline export function takeWanted(row: usize, any: u32, list: usize, found: u32): u32 {
  const flags = load<u32>(row, ROW_STATE), wanted = isWanted(flags, any);
  store<u32>(list + (<usize>found << 2), <u32>row);
  // Of a row that is gone nothing has changed any more
  store<u32>(row, wanted ? ROW_STORED : flags & ~ROW_CHANGED_CUT, ROW_STATE);
  return found + wanted;
}

/** Lists rows of the round, `looks` of which are looked at, at most; how many there are then. `list` has room for one more. */
export function roundTake(g: Group, list: usize, found: u32, looks: u32): u32 {
  const from = <usize>g.log + (<usize>g.logAt << 2), end = from + (<usize>looks << 2);
  for (let at = from; at < end; at += 4) found = takeWanted(load<u32>(at), 0, list, found);
  g.logAt += looks;
  return found;
}

/** Takes the places of rows that are not there out of the log. */
export function logTidy(g: Group): void {
  let to = g.logAt, until = g.logAt;
  for (let at = g.logAt; at < g.logEnd; at++) {
    const row: usize = load<u32>(<usize>g.log + (<usize>at << 2));
    if (load<u32>(row, ROW_STATE) & ROW_FREE) continue;
    store<u32>(<usize>g.log + (<usize>to << 2), <u32>row);
    to++;
    if (at < g.logUntil) until = to;
  }
  g.logEnd = to;
  g.logUntil = until;
}
