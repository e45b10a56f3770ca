// PARTS, the rows of a slice in one key group, leave memory as PIECES for a file of the task, and stay there until their slice goes. Rows that
// come for such a part begin anew, as if its keys had never been there: what a key has in all is put together when somebody asks
// (cold_merge.ts), which is exact for every call but sums of doubles: where there are such (`inOrder`), a push stops in front of the first row for a
// part that has left, and goes on when that is back. A piece is read by the process that wrote it, and by none else.
//
//   PIECE   0           4           8           16          20         24           32
//           +-----------+-----------+-----------+-----------+----------+------------+------------------------------------
//           | bytes u32 | check u32 | slice i64 | group u32 | rows u32 | changed    | records: image of a row, texts of
//           | in all    | of what   |           |           |          | u64: since | its keys, of its calls, padded to 16
//           |           | is behind |           |           |          | the cut    |
//           +-----------+-----------+-----------+-----------+----------+------------+------------------------------------
import { hash_bytes } from "../hash/keyed";
import { state_room } from "../memory";
import { rowsList } from "../state/order";
import { ROW_FLAGS, ROW_KEYS, ROW_MARK } from "../state/row";
import { Table, tableFree } from "../state/table";
import { blockReady, blockStates } from "./block";
import { directRemove } from "./direct";
import { growEnd } from "./direct_grow";
import { STORED } from "./fire";
import { hopGroupForget, hopOf, hopReset, versionOf } from "./hop";
import { chunksFree, hotRemove, spareFree } from "./seal";
import { slabGive } from "./slab";
import { Slice, isCold, setCold, sliceAt, tableAt, tableSet } from "./slice";
import { Aggregation, OP_MIN_BYTES, callAt, isBytes, isPresent, keyCell, keyType } from "./spec";
import { Cursor } from "./window_rows";

const CHECK: usize = 4;
const SLICE: usize = 8;
const GROUP: usize = 16;
const ROWS: usize = 20;
const CHANGED: usize = 24;
export const PIECE_HEADER: u32 = 32;
const CHECK_SEED: u64 = 0x77696e646f77;

/** Rows that are listed together. */
const LIST_ROWS: u32 = 1024;
/** Sizes of parts are told by the powers of two that they reach. */
const SIZES: u32 = 32;
/** What leaves is that of which something has left already. */
const COLD_ALONE: u32 = 255;

/**
 * Rows may leave; entries of hopping windows go when less than `room` bytes are left. `inOrder`: a part of which rows have left has to come back before
 * something is added to it, as sums of doubles want it.
 */
export function agg_cold_on(aggregation: usize, room: f64, inOrder: bool): void {
  const a = changetype<Aggregation>(aggregation);
  a.coldRoom = <u32>room;
  a.inOrder = inOrder;
}

/** Bytes that new rows may take. */
export function agg_cold_room(): f64 {
  return <f64>state_room();
}

/** Length of the text of a key's cell. */
@inline export function keyLength(a: Aggregation, row: usize, k: u32): u32 {
  return isBytes(keyType(a, k)) ? load<u32>(row + keyCell(k), 4) : 0;
}

/** Length of the text of a call's cell; 0 where there is none. */
@inline export function callLength(a: Aggregation, row: usize, i: u32): u32 {
  const call = callAt(a, i);
  return call.op >= OP_MIN_BYTES && isPresent(a, call, row) ? load<u32>(row + call.cell, 4) : 0;
}

/** Bytes of the texts of a row. */
export function textBytes(a: Aggregation, row: usize): u32 {
  let bytes: u32 = 0;
  for (let k: u32 = 0; k < a.keys; k++) bytes += keyLength(a, row, k);
  if (a.variable) for (let i: u32 = 0; i < a.calls; i++) bytes += callLength(a, row, i);
  return bytes;
}

function writeRecord(a: Aggregation, row: usize, to: usize, bytes: u32): void {
  store<u64>(to + bytes - 16, 0);
  store<u64>(to + bytes - 16, 0, 8);
  memory.copy(to, row, a.slotBytes);
  let at = to + a.slotBytes;
  for (let k: u32 = 0; k < a.keys; k++) {
    const length = keyLength(a, row, k);
    if (length) memory.copy(at, load<u32>(row + keyCell(k)), length);
    at += length;
  }
  for (let i: u32 = 0; a.variable && i < a.calls; i++) {
    const length = callLength(a, row, i);
    if (length) memory.copy(at, load<u32>(row + callAt(a, i).cell), length);
    at += length;
  }
}

@inline export function checkOf(piece: usize): u32 {
  return <u32>hash_bytes(piece + SLICE, load<u32>(piece) - <u32>SLICE, CHECK_SEED);
}

/** Whether a piece is whole, and what it is said to be. */
export function isPiece(piece: usize, bytes: u32, group: u32): bool {
  return load<u32>(piece) == bytes && load<u32>(piece, CHECK) == checkOf(piece) && load<u32>(piece, GROUP) == group;
}

@inline export function pieceRows(piece: usize): u32 {
  return load<u32>(piece, ROWS);
}

/** Writes rows of a table from the one numbered `first` on as a piece of `room` bytes at most; 0 when there is not room for one. */
export function writePiece(a: Aggregation, table: Table, index: i64, group: u32, first: u32, to: usize, room: u32): u32 {
  const list = blockStates();
  let bytes = PIECE_HEADER, rows: u32 = 0, changed: u64 = 0;
  for (let full = false; !full;) {
    const listed = rowsList(a, table, first + rows, list, LIST_ROWS);
    if (!listed) break;
    for (let i: u32 = 0; i < listed; i++) {
      const row: usize = load<u32>(list + (<usize>i << 2)), size = (a.slotBytes + textBytes(a, row) + 15) & ~15;
      full = bytes + size > room;
      if (full) break;
      writeRecord(a, row, to + bytes, size);
      if (load<u32>(row, ROW_MARK) > STORED) changed = 1;
      bytes += size;
      rows++;
    }
  }
  if (!rows) return 0;
  store<u32>(to, bytes);
  store<i64>(to, index, SLICE);
  store<u32>(to, group, GROUP);
  store<u32>(to, rows, ROWS);
  store<u64>(to, changed, CHANGED);
  store<u32>(to, checkOf(to), CHECK);
  return bytes;
}

/** Memory that is given back when the part leaves. */
function partBytes(a: Aggregation, table: Table): u32 {
  let bytes = table.rows * a.rowBytes + (table.index ? (table.mask + 1) << 2 : 0);
  for (let block: usize = table.bytesBlocks; block; block = load<u32>(block)) bytes += load<u32>(block, 4);
  return bytes;
}

/** Its memory is given back when all of its parts have left. */
@inline function isOne(slice: Slice): bool {
  return (slice.slab | slice.chunks) != 0;
}

function sliceTotal(a: Aggregation, slice: Slice): u32 {
  let bytes: u32 = 0;
  for (let group = a.groupFrom; group < a.groupTo; group++) {
    const table = tableAt(a, slice, group);
    if (changetype<usize>(table)) bytes += partBytes(a, table);
  }
  return bytes;
}

@inline function sizeOf(bytes: u32): u32 {
  return bytes ? 31 - <u32>clz(bytes) : 0;
}

/** Adds what could leave to `sizes`: f64 bytes for each power of two that the parts reach, SIZES of them. */
export function agg_cold_sizes(aggregation: usize, sizes: usize): void {
  const a = changetype<Aggregation>(aggregation);
  memory.fill(sizes, 0, SIZES << 3);
  for (let i: u32 = 0; i < a.sliceCount; i++) {
    const slice = sliceAt(a, i);
    if (isOne(slice)) {
      addSize(sizes, sliceTotal(a, slice));
      continue;
    }
    for (let group = a.groupFrom; group < a.groupTo; group++) {
      const table = tableAt(a, slice, group);
      if (changetype<usize>(table) && table.rows) addSize(sizes, partBytes(a, table));
    }
  }
}

function addSize(sizes: usize, bytes: u32): void {
  const at = sizes + (<usize>sizeOf(bytes) << 3);
  store<f64>(at, load<f64>(at) + <f64>bytes);
}

/**
 * Begins to let parts leave that reach the power `size` of two, or, COLD_ALONE, those of which something has left; false while windows are under way whose
 * rows refer to them. What hopping windows have under way goes first.
 */
export function agg_cold_begin(aggregation: usize, size: u32): bool {
  const a = changetype<Aggregation>(aggregation);
  if ((a.hop && changetype<Cursor>(<usize>a.fire).active) || !blockReady()) return false;
  if (a.hop && hopOf(a).owner && size != COLD_ALONE) hopReset(a);
  a.version++;
  spareFree(a);
  // Rows that come back are no rows of a slab
  if (a.inOrder) a.slabs = false;
  a.leaveSize = size;
  a.leaveSlice = 0;
  a.leaveGroup = a.groupFrom;
  a.leaveRow = 0;
  return true;
}

/** A record of the table is too long, or windows that have fired still need what its rows were. */
function mustStay(a: Aggregation, slice: Slice, table: Table, room: u32): bool {
  // Rows in slabs have none
  const versions = a.hop != 0 && a.versionFirst != 0 && !slice.slab;
  if (!versions && a.fixedKey && !a.variable) return false;
  const list = blockStates();
  for (let first: u32 = 0; first < table.rows;) {
    const rows = rowsList(a, table, first, list, LIST_ROWS);
    for (let i: u32 = 0; i < rows; i++) {
      const row: usize = load<u32>(list + (<usize>i << 2));
      if (versions && versionOf(a, row)) return true;
      if (PIECE_HEADER + a.slotBytes + textBytes(a, row) + 15 > room) return true;
    }
    first += rows;
  }
  return false;
}

function leaves(a: Aggregation, slice: Slice, table: Table, group: u32, room: u32): bool {
  if (!changetype<usize>(table) || !table.rows) return false;
  if (a.leaveSize == COLD_ALONE) {
    if (!isCold(slice, group)) return false;
  } else if (sizeOf(isOne(slice) ? a.leaveTotal : partBytes(a, table)) < a.leaveSize) {
    return false;
  }
  return !mustStay(a, slice, table, room);
}

/** Rows of a table find no use any more where they are known beside it. */
function forgetRows(a: Aggregation, slice: Slice, table: Table): void {
  growEnd(a, slice);
  if (!slice.slab && !slice.direct) return;
  const list = blockStates(), slab = <usize>slice.slab, size = <usize>slice.slabBytes;
  for (let first: u32 = 0; first < table.rows;) {
    const rows = rowsList(a, table, first, list, LIST_ROWS);
    for (let i: u32 = 0; i < rows; i++) {
      const row: usize = load<u32>(list + (<usize>i << 2));
      if (slice.direct && !(load<u32>(row, ROW_FLAGS) & 1)) directRemove(a, slice, load<i64>(row, ROW_KEYS));
      if (row - slab < size) memory.fill(row, 0, a.slotBytes);
    }
    first += rows;
  }
}

/** All rows of the slice have left: so does what they lay in. */
function emptied(a: Aggregation, slice: Slice): void {
  for (let group = a.groupFrom; group < a.groupTo; group++) if (changetype<usize>(tableAt(a, slice, group))) return;
  hotRemove(a, slice);
  slabGive(a, slice.slab, slice.slabSlots);
  slabGive(a, slice.next, slice.nextSlots);
  slice.slab = slice.slabSlots = slice.slabBytes = 0;
  slice.next = slice.nextSlots = 0;
  slice.moves = 0;
  slice.slabOff = true;
  chunksFree(a, slice);
}

function left(a: Aggregation, slice: Slice, table: Table, group: u32): void {
  if (a.hop) hopGroupForget(a, group);
  forgetRows(a, slice, table);
  slice.rows -= table.rows;
  tableFree(a, table);
  tableSet(a, slice, group, changetype<Table>(0));
  setCold(a, slice, group);
  if (isOne(slice)) emptied(a, slice);
}

/** Frees a table whose rows were all taken back. */
function emptyDrop(a: Aggregation, slice: Slice, table: Table, group: u32): void {
  if (!changetype<usize>(table) || table.rows) return;
  tableFree(a, table);
  tableSet(a, slice, group, changetype<Table>(0));
  if (isOne(slice)) emptied(a, slice);
}

/** Goes on with parts that leave: PIECES at `to`, `room` bytes at most, the same each time; returns the bytes, 0 at the end. */
export function agg_cold_leave(aggregation: usize, to: usize, room: u32): u32 {
  const a = changetype<Aggregation>(aggregation);
  let written: u32 = 0;
  while (a.leaveSlice < a.sliceCount) {
    const slice = sliceAt(a, a.leaveSlice), group = a.leaveGroup;
    if (group == a.groupTo) {
      a.leaveSlice++;
      a.leaveGroup = a.groupFrom;
      continue;
    }
    if (group == a.groupFrom && !a.leaveRow) a.leaveTotal = isOne(slice) ? sliceTotal(a, slice) : 0;
    const table = tableAt(a, slice, group);
    if (!a.leaveRow && !leaves(a, slice, table, group, room)) {
      emptyDrop(a, slice, table, group);
      a.leaveGroup++;
      continue;
    }
    const bytes = writePiece(a, table, slice.index, group, a.leaveRow, to + written, room - written);
    if (!bytes) break;
    a.leaveRow += pieceRows(to + written);
    written += bytes;
    if (a.leaveRow < table.rows) continue;
    left(a, slice, table, group);
    a.leaveGroup++;
    a.leaveRow = 0;
  }
  return written;
}

/** Numbers (f64) of the slices from `first` on and before `end` at `out`, `most` of them; how many. */
export function agg_cold_slices(aggregation: usize, first: f64, end: f64, out: usize, most: u32): u32 {
  const a = changetype<Aggregation>(aggregation);
  let count: u32 = 0;
  for (let i: u32 = 0; i < a.sliceCount && count < most; i++) {
    const index = <f64>sliceAt(a, i).index;
    if (index < first || index >= end) continue;
    store<f64>(out + (<usize>count << 3), index);
    count++;
  }
  return count;
}

/** Whether something has left in part: nothing else may be done until it has left wholly. */
export function agg_cold_inside(aggregation: usize): bool {
  const a = changetype<Aggregation>(aggregation);
  if (a.leaveRow) return true;
  return a.inOrder && a.leaveSlice < a.sliceCount && a.leaveGroup != a.groupFrom && isOne(sliceAt(a, a.leaveSlice));
}
