// Looks through the rows of a table for those that have changed, without branches that would be mere guesses.
import { ROW_MARK } from "../state/row";
import { rowsStored, rowsStoredSet, spanAt, spanFind, spanPass, spanRows } from "../state/order";
import { Table } from "../state/table";
import { blockAt, blockEnd, blockNext } from "./change_blocks";
import { changesTable } from "./cold_changes";
import { STORED } from "./fire";
import { Slice, tableAt } from "./slice";
import { Aggregation } from "./spec";

/** Rows that one step of a change listing looks at. */
const SCAN_ROWS: u32 = 65_536;
/** Rows that are passed over, since their blocks have not changed, in the time of one that is looked at. */
const PASSED_A_LOOK: u32 = 16;
/** Rows that are looked at together: what that touches stays in the L1 cache. */
const NEAR_ROWS: u32 = 512;

// What a step of the listing has found: how many rows, their addresses (u32), numbers, key groups and slices (i64)
export let scanFound: u32 = 0;
/** Some of them lie far apart. */
export let scanApart: bool = false;
let list: usize = 0;
let ordinals: usize = 0;
let groups: usize = 0;
let starts: usize = 0;
let most: u32 = 0;
let scanned: u32 = 0;
/** Rows of the span that were gone through. */
let passed: u32 = 0;

/** A step begins, which finds up to `rows` rows. */
export function scanBegin(rowsAt: usize, ordinalsAt: usize, groupsAt: usize, startsAt: usize, rows: u32): void {
  list = rowsAt;
  ordinals = ordinalsAt;
  groups = groupsAt;
  starts = startsAt;
  most = rows;
  scanFound = 0;
  scanApart = false;
  scanned = 0;
}

/** How many rows listings for checkpoints have looked at so far. */
export function agg_changes_looked(aggregation: usize): f64 {
  return changetype<Aggregation>(aggregation).changeLooked;
}

/** So many of the first rows of a table have changed only if their blocks have. */
@inline function knownRows(a: Aggregation, table: Table): u32 {
  return a.changeTakes && a.changeSince && !a.changeMerged && !a.allBlocks ? rowsStored(table) : 0;
}

/**
 * Keeps up to `room` of the first `rows` rows of the span, those whose blocks have changed, with their numbers, behind what was found; returns how many. It has
 * gone through `passed` rows then.
 */
function keepByBlock(a: Aggregation, rows: u32, room: u32): u32 {
  // What says that a slice has changed says it once for the changes in front of the round and for those since
  const round = <usize>a.roundBlocks, changed = <usize>a.changedBlocks, mask = <usize>a.blocksBytes - 1, from = spanAt;
  const to = list + (<usize>scanFound << 2), numbers = ordinals + (<usize>scanFound << 3), first = a.changeRow;
  let kept: u32 = 0, i: u32 = 0;
  while (i < rows && kept < room) {
    const four = from + (<usize>i << 2);
    if (i + 4 <= rows) {
      const at0 = blockAt(load<u32>(four), mask), at1 = blockAt(load<u32>(four, 4), mask);
      const at2 = blockAt(load<u32>(four, 8), mask), at3 = blockAt(load<u32>(four, 12), mask);
      const one = load<u8>(round + at0) | load<u8>(changed + at0) | load<u8>(round + at1) | load<u8>(changed + at1);
      const other = load<u8>(round + at2) | load<u8>(changed + at2) | load<u8>(round + at3) | load<u8>(changed + at3);
      if (!(one | other)) {
        i += 4;
        continue;
      }
    }
    for (const end = min<u32>(rows, i + 4); i < end && kept < room; i++) {
      const row = load<u32>(from + (<usize>i << 2)), at = blockAt(row, mask);
      store<u32>(to + (<usize>kept << 2), row);
      store<i64>(numbers + (<usize>kept << 3), first + i);
      kept += <u32>load<u8>(round + at) | <u32>load<u8>(changed + at);
    }
  }
  passed = i;
  return kept;
}

/** The same of rows that lie one behind the other, block by block. */
function keepByBlockNear(a: Aggregation, rows: u32, room: u32): u32 {
  const bytes = <usize>a.rowBytes, end = spanAt + <usize>rows * bytes, first = a.changeRow;
  const to = list + (<usize>scanFound << 2), numbers = ordinals + (<usize>scanFound << 3);
  let kept: u32 = 0, row = spanAt, i: u32 = 0;
  while (row < end && kept < room) {
    const next = blockNext(a, row, end);
    if (next > row) {
      const pass = (next - row + bytes - 1) / bytes;
      row += pass * bytes;
      i += <u32>pass;
      // The next head may be behind that block
      continue;
    }
    for (const until = min<usize>(end, blockEnd(row)); row < until && kept < room; row += bytes, i++, kept++) {
      store<u32>(to + (<usize>kept << 2), <u32>row);
      store<i64>(numbers + (<usize>kept << 3), first + i);
    }
  }
  passed = i;
  return kept;
}

/** Lists the first `rows` rows of the span behind what was found. */
function listSpan(a: Aggregation, table: Table, rows: u32): void {
  const to = list + (<usize>scanFound << 2), bytes = <usize>a.rowBytes;
  if (table.order) memory.copy(to, spanAt, <usize>rows << 2);
  else for (let i: usize = 0, row = spanAt; i < <usize>rows; i++, row += bytes) store<u32>(to + (i << 2), <u32>row);
}

/** Keeps those of `rows` numbered rows listed behind what was found whose mark is above `since`. */
function keepByMark(rows: u32, since: u32): void {
  const rowsAt = list, numbers = ordinals, first = <usize>scanFound, end = first + rows;
  let kept = first;
  for (let i = first; i < end; i++) {
    const row = load<u32>(rowsAt + (i << 2));
    store<u32>(rowsAt + (kept << 2), row);
    store<i64>(numbers + (kept << 3), load<i64>(numbers + (i << 3)));
    kept += usize(load<u32>(row, ROW_MARK) > since);
  }
  scanFound = <u32>kept;
}

/** The same of rows that have no numbers yet: that of the first is `number`. */
function keepByMarkFrom(number: u32, rows: u32, since: u32): void {
  const rowsAt = list + (<usize>scanFound << 2), numbers = ordinals + (<usize>scanFound << 3);
  let kept: usize = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const row = load<u32>(rowsAt + (<usize>i << 2));
    store<u32>(rowsAt + (kept << 2), row);
    store<i64>(numbers + (kept << 3), number + i);
    kept += usize(load<u32>(row, ROW_MARK) > since);
  }
  scanFound += <u32>kept;
}

/** Writes where the rows from the one found as number `from` on are; `stores`: they have not changed from now on. */
function place(from: u32, group: i64, start: i64, stores: bool): void {
  for (let i = <usize>from; i < <usize>scanFound; i++) {
    if (stores) store<u32>(load<u32>(list + (i << 2)), STORED, ROW_MARK);
    store<i64>(groups + (i << 3), group);
    store<i64>(starts + (i << 3), start);
  }
}

/** Lists changed rows of a slice's table from a.changeRow on; true when it is through with the table. */
export function changesOfTable(a: Aggregation, slice: Slice): bool {
  const table = a.changeMerged ? changesTable(a) : tableAt(a, slice, a.changeGroup);
  if (!changetype<usize>(table)) return true;
  scanApart = scanApart || table.order != 0;
  const known = knownRows(a, table), stores = a.changeTakes && !a.changeMerged;
  spanFind(a, table, a.changeRow);
  while (spanRows && scanned < SCAN_ROWS) {
    // What is found takes the place of what was looked at
    const before = scanFound, room = min<u32>(NEAR_ROWS, min<u32>(most - before, SCAN_ROWS - scanned));
    if (!room) break;
    if (a.changeRow < known) {
      const rows = min<u32>(spanRows, known - a.changeRow), kept = table.order ? keepByBlock(a, rows, room) : keepByBlockNear(a, rows, room);
      a.changeLooked += kept;
      scanned += kept + passed / PASSED_A_LOOK + 1;
      keepByMark(kept, a.changeSince);
    } else {
      passed = min<u32>(room, spanRows);
      listSpan(a, table, passed);
      a.changeLooked += passed;
      scanned += passed;
      keepByMarkFrom(a.changeRow, passed, a.changeSince);
    }
    // Rows that are put together are copies
    place(before, a.changeGroup, slice.index, stores);
    a.changeRow += passed;
    spanPass(a, table, passed);
  }
  if (a.changeRow < table.rows) return false;
  if (stores) rowsStoredSet(table, a.changeRow);
  return true;
}
