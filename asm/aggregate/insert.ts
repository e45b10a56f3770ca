// Finds the state row of one key by itself, or makes it. Every way into the tables ends here when a key is new.
import { bytesNeeded, bytesReserve, bytesWrite } from "../state/bytes";
import { GROUP_WORD_NULL, group_add, group_end } from "../hash/group";
import { orderAdd, orderRemoveLast, orderReserve } from "../state/order";
import { ROW_FLAGS, ROW_KEYS } from "../state/row";
import {
  Table, rowOfEntry, tableAppend, tableIndex, tableMake, tableRemoveLast, tableReserve, tagDiffers,
} from "../state/table";
import { blockAddresses, blockInserted, rowSlice } from "./block";
import { directAdd, directRemove } from "./direct";
import { keyColumn, keysEqual, nullsAt } from "./keys";
import { isListed } from "./slab_move";
import { Slice, isCold, rowsExpected, tableAt, tableSet } from "./slice";
import { Aggregation, isBytes, keyCell, keyType } from "./spec";

/** Rows that the block has inserted; their kept rows are in blockInserted(). */
export let inserted: u32 = 0;

export function insertBegin(): void {
  inserted = 0;
}

export function insertedSet(rows: u32): void {
  inserted = rows;
}

@inline export function owns(a: Aggregation, group: u32): bool {
  return group - a.groupFrom < a.groupTo - a.groupFrom;
}

/** The row of kept row `i` in the table, or 0. */
function find(a: Aggregation, table: Table, i: u32, hash: u32): usize {
  let at = hash & table.mask;
  while (true) {
    const entry = load<u32>(<usize>table.index + (<usize>at << 2));
    if (!entry) return 0;
    if (!tagDiffers(entry, hash) && keysEqual(a, rowOfEntry(entry), i, hash)) return rowOfEntry(entry);
    at = (at + 1) & table.mask;
  }
}

/** Bytes that the keys of kept row `i` need in a new row. */
function keyBytesNeeded(a: Aggregation, i: u32): u64 {
  let bytes: u64 = 0;
  for (let k: u32 = 0; k < a.keys; k++) {
    if (!isBytes(keyType(a, k)) || (nullsAt(i) >> k) & 1) continue;
    bytes += bytesNeeded(0, false, load<u32>(keyColumn(k) + (<usize>i << 3), 4));
  }
  return bytes;
}

function writeKeys(a: Aggregation, table: Table, row: usize, i: u32, nulls: u32): void {
  store<u32>(row, nulls, ROW_FLAGS);
  for (let k: u32 = 0; k < a.keys; k++) {
    const from = keyColumn(k) + (<usize>i << 3), cell = row + keyCell(k);
    if ((nulls >> k) & 1) continue;
    if (isBytes(keyType(a, k))) bytesWrite(table, cell, false, load<u32>(from), load<u32>(from, 4));
    else store<u64>(cell, load<u64>(from));
  }
}

/** A new row with the key of kept row `i`; 0 when there is no memory, and then nothing has changed. */
function insert(a: Aggregation, slice: Slice, table: Table, group: u32, i: u32, hash: u32): usize {
  const listed = isListed(slice, group);
  if (!tableReserve(a, table) || (listed && !orderReserve(a, table))) return 0;
  const nulls = nullsAt(i), bytes = a.fixedKey ? 0 : keyBytesNeeded(a, i);
  if (bytes && !bytesReserve(a, table, bytes)) return 0;
  const row = tableAppend(a, table, hash, group);
  if (listed) orderAdd(table, row);
  slice.rows++;
  store<u32>(blockInserted() + (<usize>inserted << 2), i);
  inserted++;
  if (!a.fixedKey || nulls) {
    writeKeys(a, table, row, i, nulls);
  } else {
    const cell = load<i64>(keyColumn(0) + (<usize>i << 3));
    store<i64>(row, cell, ROW_KEYS);
    directAdd(a, slice, cell, row);
  }
  return row;
}

function tableNew(a: Aggregation, slice: Slice, group: u32): Table {
  if (a.inOrder && !a.restoring && isCold(slice, group)) {
    a.wants = true;
    a.wantSlice = slice.index;
    a.wantGroup = group;
    return changetype<Table>(0);
  }
  const table = tableMake(a);
  if (changetype<usize>(table)) {
    table.expected = slice.slab ? 0 : rowsExpected(a, slice, group);
    tableSet(a, slice, group, table);
  }
  return table;
}

/** The table of the key group, made when it is not there; null when there is no memory, or it is in a file and has to come back first. */
@inline export function tableFor(a: Aggregation, slice: Slice, group: u32): Table {
  const table = tableAt(a, slice, group);
  return changetype<usize>(table) ? table : tableNew(a, slice, group);
}

/** Finds or inserts the key of kept row `i`, by the index of its table; 0 when there is no memory. */
export function findOrInsert(a: Aggregation, slice: Slice, group: u32, i: u32, hash: u32): usize {
  const table = tableFor(a, slice, group);
  if (!changetype<usize>(table) || !tableIndex(a, table)) return 0;
  const row = find(a, table, i, hash);
  return row ? row : insert(a, slice, table, group, i, hash);
}

/**
 * The same where the direct index of the slice knows every key but NULL: what it has not got is new, unless a row
 * before it in the block has inserted it.
 */
export function insertUnknown(a: Aggregation, slice: Slice, group: u32, i: u32, hash: u32): usize {
  const entry = <u64>(load<i64>(keyColumn(0) + (<usize>i << 3)) - slice.directBase);
  if (entry < <u64>slice.directEntries) {
    const row: usize = load<u32>(<usize>slice.direct + (<usize>entry << 2));
    if (row) return row;
  }
  const table = tableFor(a, slice, group);
  return changetype<usize>(table) ? insert(a, slice, table, group, i, hash) : 0;
}

/** The key group of a state row. */
export function groupOfRow(a: Aggregation, row: usize): u32 {
  if (a.hashAt) return load<u8>(row + a.hashAt, 4);
  if (!a.grouped) return 0;
  const isNull = (load<u32>(row, ROW_FLAGS) & 1) != 0;
  return group_end(group_add(0, isNull ? GROUP_WORD_NULL : load<u64>(row, ROW_KEYS)));
}

function slotRemove(a: Aggregation, table: Table, row: usize): void {
  memory.fill(row, 0, a.slotBytes);
  table.rows--;
  a.rows--;
}

/** Takes back the rows that were inserted for kept rows from `from` on, the last one first. */
export function insertUndo(a: Aggregation, from: u32): void {
  while (inserted) {
    const i = load<u32>(blockInserted() + (<usize>(inserted - 1) << 2));
    if (i < from) return;
    inserted--;
    const row: usize = load<u32>(blockAddresses() + (<usize>i << 2)), slice = changetype<Slice>(rowSlice(i));
    const table = tableAt(a, slice, groupOfRow(a, row));
    if (a.fixedKey && !nullsAt(i)) directRemove(a, slice, load<i64>(row, ROW_KEYS));
    if (table.order) orderRemoveLast(a, table);
    if (row - <usize>slice.slab < <usize>slice.slabBytes) slotRemove(a, table, row);
    else tableRemoveLast(a, table, row);
    slice.rows--;
  }
}
