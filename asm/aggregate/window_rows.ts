// Rows of a window of several slices, combined for one key group after the other: in order of first insertion, that
// is by ascending slices and the order of insertion inside each. They refer to the bytes of the slices' rows. Index
// entries are as in a TABLE, with (offset / 16) + 1 for the address, since the rows may move while they grow.
import { block_alloc, block_free } from "../memory";
import { bytesEqual } from "../state/bytes";
import { ROW_FLAGS, ROW_KEYS, rowCopy, rowHash } from "../state/row";
import { PAGE_HEADER, PAGE_NEXT, pageUsed, Table, tagDiffers } from "../state/table";
import { combineRow } from "./combine";
import { nullMask } from "./keys";
import { sliceAt, slicePosition, tableAt } from "./slice";
import { Aggregation, isBytes, keyType } from "./spec";
import { rowForWindow } from "./version";

@unmanaged
export class Cursor {
  window: i64;
  version: u64; // of the aggregation when rows were combined
  group: u32;
  row: u32; // in the key group, handed out so far
  active: bool; // in a window
  combined: bool; // rows of this (window, group) are combined
  error: bool; // no memory
  rows: u32; // combined rows: address
  rowsCapacity: u32; // bytes
  rowsUsed: u32; // bytes
  groupAt: u32; // where the rows of the group begin, in bytes
  index: u32; // address of entries
  indexEntries: u32; // that there is room for
  indexMask: u32; // of those in use
}

export const CURSOR_BYTES: u32 = 64;
const ROWS_BYTES_MIN: u32 = 4096;
const INDEX_ENTRIES_MIN: u32 = 64;

export function cursorFree(cursor: Cursor): void {
  if (cursor.rows) block_free(cursor.rows, cursor.rowsCapacity);
  if (cursor.index) block_free(cursor.index, cursor.indexEntries << 2);
  cursor.rows = 0;
  cursor.index = 0;
  cursor.rowsUsed = 0;
  cursor.rowsCapacity = 0;
  cursor.indexEntries = 0;
  cursor.combined = false;
}

@inline function entryFor(offset: u32, hash: u32): u32 {
  return (hash & 0xf0000000) | ((offset >>> 4) + 1);
}

@inline function rowFor(cursor: Cursor, entry: u32): usize {
  return <usize>cursor.rows + (((entry & 0x0fffffff) - 1) << 4);
}

/** Room for one more row; false when there is no memory. */
function rowsReserve(a: Aggregation, cursor: Cursor): bool {
  if (cursor.rowsUsed + a.rowBytes <= cursor.rowsCapacity) return true;
  const capacity = cursor.rowsCapacity ? cursor.rowsCapacity << 1 : ROWS_BYTES_MIN;
  const room = block_alloc(capacity);
  if (!room) return false;
  if (cursor.rows) {
    memory.copy(room, cursor.rows, cursor.rowsUsed);
    block_free(cursor.rows, cursor.rowsCapacity);
  }
  cursor.rows = <u32>room;
  cursor.rowsCapacity = capacity;
  return true;
}

/** An empty index of `entries`; false when there is no memory. */
function indexClear(cursor: Cursor, entries: u32): bool {
  if (entries > cursor.indexEntries) {
    const index = block_alloc(<usize>entries << 2);
    if (!index) return false;
    if (cursor.index) block_free(cursor.index, cursor.indexEntries << 2);
    cursor.index = <u32>index;
    cursor.indexEntries = entries;
  }
  memory.fill(cursor.index, 0, <usize>entries << 2);
  cursor.indexMask = entries - 1;
  return true;
}

function indexGrow(a: Aggregation, cursor: Cursor): bool {
  if (!indexClear(cursor, (cursor.indexMask + 1) << 1)) return false;
  for (let offset = cursor.groupAt; offset < cursor.rowsUsed; offset += a.rowBytes) {
    const hash = rowHash(a, <usize>cursor.rows + offset);
    let at = hash & cursor.indexMask;
    while (load<u32>(<usize>cursor.index + (<usize>at << 2))) at = (at + 1) & cursor.indexMask;
    store<u32>(<usize>cursor.index + (<usize>at << 2), entryFor(offset, hash));
  }
  return true;
}

function sameKey(a: Aggregation, one: usize, other: usize): bool {
  if (a.hashAt && load<u32>(one + a.hashAt) != load<u32>(other + a.hashAt)) return false;
  if ((load<u32>(one, ROW_FLAGS) ^ load<u32>(other, ROW_FLAGS)) & nullMask(a)) return false;
  for (let i: u32 = 0; i < a.keys; i++) {
    const x = load<u64>(one + ROW_KEYS + (<usize>i << 3)), y = load<u64>(other + ROW_KEYS + (<usize>i << 3));
    if (!isBytes(keyType(a, i))) {
      if (x != y) return false;
    } else {
      const length = <u32>(x >> 32);
      if (length != <u32>(y >> 32) || !bytesEqual(<usize><u32>x, <usize><u32>y, length)) return false;
    }
  }
  return true;
}

/** Adds the row of a slice to that of its key, or copies it when the key is new. */
function combineOne(a: Aggregation, cursor: Cursor, row: usize, groupRows: u32): bool {
  const hash = rowHash(a, row), mask = cursor.indexMask;
  let at = hash & mask;
  while (true) {
    const entry = load<u32>(<usize>cursor.index + (<usize>at << 2));
    if (!entry) break;
    if (!tagDiffers(entry, hash) && sameKey(a, rowFor(cursor, entry), row)) {
      combineRow(a, rowFor(cursor, entry), row, changetype<Table>(0));
      return true;
    }
    at = (at + 1) & mask;
  }
  if (!rowsReserve(a, cursor)) return false;
  rowCopy(<usize>cursor.rows + cursor.rowsUsed, row, a.rowBytes);
  store<u32>(<usize>cursor.index + (<usize>at << 2), entryFor(cursor.rowsUsed, hash));
  cursor.rowsUsed += a.rowBytes;
  return (groupRows + 1) << 1 <= mask + 1 || indexGrow(a, cursor);
}

function combineTable(a: Aggregation, cursor: Cursor, table: Table): bool {
  for (let page: usize = table.first; page; page = load<u32>(page, PAGE_NEXT)) {
    const end = page + PAGE_HEADER + pageUsed(table, page);
    for (let row = page + PAGE_HEADER; row < end; row += a.rowBytes) {
      const image = rowForWindow(a, row, cursor.window), rows = (cursor.rowsUsed - cursor.groupAt) / a.rowBytes;
      if (image && !combineOne(a, cursor, image, rows)) return false;
    }
  }
  return true;
}

/**
 * Combines the slices of the cursor's window for its key group, behind the rows that are there; false when there is
 * no memory.
 */
export function combineGroup(a: Aggregation, cursor: Cursor): bool {
  const first = cursor.window * (a.slide / a.width);
  const from = slicePosition(a, first), end = slicePosition(a, first + a.size / a.width);
  cursor.groupAt = cursor.rowsUsed;
  let empty = true;
  for (let i = from; i < end; i++) {
    const table = tableAt(a, sliceAt(a, i), cursor.group);
    if (!changetype<usize>(table) || !table.rows) continue;
    if (empty && !indexClear(cursor, entriesFor(table.rows))) return false;
    empty = false;
    if (!combineTable(a, cursor, table)) return false;
  }
  return true;
}

function entriesFor(rows: u32): u32 {
  let entries = INDEX_ENTRIES_MIN;
  while (entries < rows << 1) entries <<= 1;
  return entries;
}
