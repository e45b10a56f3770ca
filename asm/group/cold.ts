// Rows that nothing has asked for lately leave as RECORDs for a file of the task, and come back when their keys are asked for. A record is
// the row as it lies in memory, with the texts that it refers to behind it: it is read by the process that wrote it, and by none else.
//
//   RECORD  0           4           8           12          16          20          24          32
//           +-----------+-----------+-----------+-----------+-----------+-----------+-----------+---------------+------------------+
//           | bytes u32 | check u32 | hash u32  | hash ×    | epoch u32 | state u32 | stamp i64 | ROW (spec.ts) | texts of keys,   |
//           | in all    | of what   | of the    | SPREAD    | cuts when | flags of  | last      |               | of calls, padded |
//           |           | is behind | key       | u32       | it left   | the row   | change,   |               | to 16            |
//           +-----------+-----------+-----------+-----------+-----------+-----------+-----------+---------------+------------------+
//
// What a row holds beside cells and texts goes with it (cold_held.ts). Rows that wait for a tick stay. A row that is back is not in the order
// of last changes (expire.ts) until something changes it: who runs the file is told by stamps when its time may have come. Of rows of windows the
// stamp is when they have to be back, to come out or to go (windows.ts).
import { state_room } from "../memory";
import { COLUMN_SIZE } from "../layout";
import { BLOCK_ROWS, hashOf, setNumber } from "./block";
import { admitPart, heldLeast, heldNeed, leave, leaveShort, leavingBytes, thawWhole, thawPart } from "./cold_held";
import {
  COLD_EPOCH, COLD_HEADER, COLD_STATE, callLength, finishRecord, isText, isWhole, keyLength, recordTexts, startRecord, textBytes, textsBytes, writeTexts,
} from "./cold_record";
import { rowChanged, rowFree } from "./dirty";
import { dropDoomed, freeRow } from "./drop";
import { isOver, unlink } from "./expire";
import { INDEX_TABLES, indexAdd, indexFind, indexNext, indexPlaces, indexRemove, indexThing } from "./index_table";
import { find, freeBytes, freeKey, hashKeys, ownBytes, takeRoom } from "./keys";
import {
  FLAG_EXPIRES, FLAG_WINDOWED, Group, ROW_CHANGED_CUT, ROW_FLAGS, ROW_HASH, ROW_HOT, ROW_NEWER, ROW_OLDER, ROW_STATE, ROW_STORED, ROW_TOUCHED, callAt, has, isBytes,
  keyCell, keyType, rowPool,
} from "./spec";
import { windowBack, windowLeft, windowWaits } from "./windows";

/** What one step of the hand looks at. */
const STEP_LOOKS: u32 = 1 << 14;
/** How hot a row can be: so often the hand goes by. */
const HOT_MAX: u8 = 3;
/** Of an index entry, and what it takes beside while a table of the index grows; of a table with one entry. */
const ENTRY_BYTES: u32 = 24;
const TABLE_BYTES: u32 = 64;

// Answers
const DONE: i32 = 0;
const DAMAGED: i32 = 1;
const NO_MEMORY: i32 = 2;

@inline function listed(list: usize, i: u32): usize {
  return load<u32>(list + (<usize>i << 2));
}

/** Bytes of the record of a row that holds nothing beside its texts. */
function recordBytes(g: Group, row: usize): u32 {
  return (<u32>COLD_HEADER + g.rowBytes + textsBytes(g, row) + 15) & ~15;
}

function leaveAlone(g: Group, row: usize, to: usize, epoch: u32): void {
  startRecord(g, row, to, epoch, load<u32>(row, ROW_STATE) & ROW_FLAGS, true);
  finishRecord(to, writeTexts(g, row, to + COLD_HEADER + g.rowBytes));
  // Those behind it close up
  indexRemove(g.rowsIndex, load<u32>(row, ROW_HASH), row);
  if (has(g, FLAG_EXPIRES)) unlink(g, row);
  if (has(g, FLAG_WINDOWED)) windowLeft(g, row);
  freeTexts(g, row);
  rowFree(g, row);
  g.rows--;
}

/** Frees the texts of a row's calls and keys. */
function freeTexts(g: Group, row: usize): void {
  for (let i: u32 = 0; i < g.calls; i++) if (callLength(g, row, i)) freeBytes(g, row + callAt(g, i).cell);
  freeKey(g, row);
}

/** Rows leave memory with what they hold; there are none yet. */
export function group_cools(group: usize): void {
  changetype<Group>(group).cools = true;
}

/** Bytes that new rows may take: what the bound leaves, and, where they hold nothing, rows that were given back. */
export function group_room(group: usize): f64 {
  const g = changetype<Group>(group);
  if (g.heldAt) return <f64>state_room();
  return <f64>state_room() + <f64>rowPool(g).idle * <f64>g.rowBytes;
}

/**
 * Bytes of state that selected rows of a batch take at most, by the COLUMNs of their keys and, where there are any, of their arguments and sets; but
 * where there are sketches only the first row's may grow: group_pull stops where there is no room for more.
 */
export function group_need(group: usize, keys: usize, args: usize, sets: usize, selection: usize, count: u32): f64 {
  const g = changetype<Group>(group);
  return needOf(g, keys, args, sets, selection, 0, count, min<u32>(count, 1));
}

function needOf(g: Group, keys: usize, args: usize, sets: usize, selection: usize, from: u32, count: u32, growing: u32): f64 {
  let bytes = g.heldAt ? heldNeed(g, args, sets, selection, from, count, growing) : <f64>count * <f64>(g.rowBytes + ENTRY_BYTES);
  // The last page may have room for one row only, whatever its block is
  bytes += <f64>min<u32>(count, INDEX_TABLES) * <f64>TABLE_BYTES + <f64>(g.rowBytes << 1);
  for (let k: u32 = 0; k < g.keys; k++) bytes += textBytes(keys + k * COLUMN_SIZE, selection, from, count);
  if (!args) return bytes;
  for (let i: u32 = 0; i < g.calls; i++) if (isText(callAt(g, i).op)) bytes += textBytes(args + i * COLUMN_SIZE, selection, from, count);
  return bytes;
}

/** Bytes of the bound that such rows lack, beside the places of rows that wait to be taken. */
export function group_lacks(group: usize, keys: usize, args: usize, sets: usize, selection: usize, count: u32): f64 {
  const g = changetype<Group>(group);
  let bytes = needOf(g, keys, args, sets, selection, 0, count, min<u32>(count, 1)) - <f64>state_room();
  if (!g.heldAt) bytes -= <f64>min<u32>(count, rowPool(g).idle) * <f64>g.rowBytes;
  return max<f64>(0, bytes);
}

/** How many of `count` rows from the selection's place `from` on there is room for, whatever they make of what their groups hold; 0: for none. */
export function fitting(g: Group, keys: usize, args: usize, sets: usize, selection: usize, from: u32, count: u32): u32 {
  let rows = count;
  while (rows && <f64>state_room() < needOf(g, keys, args, sets, selection, from, rows, rows)) rows >>>= 1;
  return rows;
}

/** Bytes that a row which comes back takes however short its records are. */
export function group_least(group: usize): u32 {
  return heldLeast(changetype<Group>(group));
}

/** Hashes (u32 each, to `out`) of those selected rows of a batch whose keys have no row here; how many. */
export function group_absent(group: usize, keys: usize, selection: usize, count: u32, out: usize): u32 {
  const g = changetype<Group>(group);
  let found: u32 = 0;
  dropDoomed(g);
  for (let from: u32 = 0; from < count; from += BLOCK_ROWS) {
    const rows = min<u32>(BLOCK_ROWS, count - from);
    for (let i: u32 = 0; i < rows; i++) {
      setNumber(i, selection ? load<u32>(selection + (<usize>(from + i) << 2)) : from + i);
    }
    hashKeys(g, keys, rows);
    for (let i: u32 = 0; i < rows; i++) {
      const row = find(g, keys, i);
      // What is asked for again and again stays longer than what has come once
      if (row) store<u8>(row, min<u8>(load<u8>(row, ROW_HOT) + 1, HOT_MAX), ROW_HOT);
      else {
        store<u32>(out + (<usize>found << 2), <u32>hashOf(i));
        found++;
      }
    }
  }
  return found;
}

/** The row has changed since the last tick. */
@inline function waits(g: Group, row: usize): bool {
  return g.turnAt != 0 && load<u64>(row + g.turnAt) != 0;
}

/** tryLeave: there is no room for the row. */
export const NO_ROOM: u32 = 0xffffffff;

/** A row that waits for nothing leaves behind `written` bytes at `to`, where it may; returns the bytes, 0: it stays, for now. */
export function tryLeave(g: Group, row: usize, to: usize, written: u32, room: u32, epoch: u32): u32 {
  if (waits(g, row)) return 0;
  // Of a window it has to be told first whether the row may leave
  const short = g.heldAt && !has(g, FLAG_WINDOWED) ? leaveShort(g, row, to + written, room - written, epoch) : 0;
  if (short) return short;
  const bytes = g.heldAt ? leavingBytes(g, row) : recordBytes(g, row);
  if (bytes > room - written && (written || (g.heldAt && bytes))) {
    if (!written) g.wants = bytes;
    return NO_ROOM;
  }
  if (!bytes || bytes > room - written || (has(g, FLAG_WINDOWED) && !windowWaits(g, row))) return 0;
  if (g.heldAt) return leave(g, row, to + written, epoch);
  leaveAlone(g, row, to + written, epoch);
  return bytes;
}

/**
 * Moves the hand on: rows that are hot are less so, others leave as records at `to`, up to `room` bytes. Returns the bytes; 0: this step
 * has found none, or `room` is not enough for one that wants group_wants bytes. A row that is too long for a record stays.
 */
export function group_evict(group: usize, to: usize, room: u32, epoch: u32): u32 {
  const g = changetype<Group>(group);
  let written: u32 = 0;
  g.wants = 0;
  dropDoomed(g);
  for (let looks = STEP_LOOKS; looks; looks--) {
    if (g.handPlace >= indexPlaces(g.rowsIndex, g.handTable)) {
      g.handTable = (g.handTable + 1) % INDEX_TABLES;
      g.handPlace = 0;
      continue;
    }
    const row = indexThing(g.rowsIndex, g.handTable, g.handPlace);
    if (!row || waits(g, row)) {
      g.handPlace++;
      continue;
    }
    if (load<u8>(row, ROW_HOT)) {
      store<u8>(row, load<u8>(row, ROW_HOT) - 1, ROW_HOT);
      g.handPlace++;
      continue;
    }
    const bytes = tryLeave(g, row, to, written, room, epoch);
    if (bytes == NO_ROOM) break;
    // Where it has left, those behind it have closed up
    if (bytes) written += bytes;
    else g.handPlace++;
  }
  return written;
}

/** Bytes that the last step had not room for; 0: it had room. */
export function group_wants(group: usize): u32 {
  return changetype<Group>(group).wants;
}

/** Steps after which the hand has come by every row so often that none is hot. */
export function group_rounds(group: usize): u32 {
  const g = changetype<Group>(group);
  let places: u32 = 0;
  for (let t: u32 = 0; t < INDEX_TABLES; t++) places += indexPlaces(g.rowsIndex, t) + 1;
  return (<u32>HOT_MAX + 1) * (places / STEP_LOOKS + 1);
}

/** Makes the texts of a record's row its own; false without memory, and then it has none. */
function ownTexts(g: Group, row: usize, from: usize): bool {
  for (let k: u32 = 0; k < g.keys; k++) {
    const length = keyLength(g, row, k);
    if (!isBytes(keyType(g, k))) continue;
    if (!ownBytes(g, row + keyCell(k), from, length)) return false;
    from += length;
  }
  for (let i: u32 = 0; i < g.calls; i++) {
    const length = callLength(g, row, i);
    if (!length) continue;
    if (!ownBytes(g, row + callAt(g, i).cell, from, length)) return false;
    from += length;
  }
  return true;
}

/** Texts that are out of reach are not freed: without memory nothing goes on. */
function admit(g: Group, record: usize, epoch: u32): bool {
  const row = takeRoom(g);
  if (!row) return false;
  memory.copy(row, record + COLD_HEADER, g.rowBytes);
  // At a cut all that has changed is handed out, what has left as well
  const flags = load<u32>(record, COLD_EPOCH) == epoch ? load<u32>(record, COLD_STATE) : ROW_STORED;
  store<u32>(row, flags & ROW_STORED, ROW_STATE);
  store<u8>(row, 1, ROW_HOT);
  store<u32>(row, 0, ROW_NEWER);
  store<u32>(row, 0, ROW_OLDER);
  if (!ownTexts(g, row, record + COLD_HEADER + g.rowBytes) || !indexAdd(g, g.rowsIndex, load<u32>(row, ROW_HASH), row)) {
    rowFree(g, row);
    return false;
  }
  g.rows++;
  if (has(g, FLAG_WINDOWED) && !windowBack(g, row)) return false;
  if (g.admitting || flags & ROW_CHANGED_CUT) rowChanged(g, row);
  return true;
}

/** Takes rows back in, whose RECORDs are listed (u32 each), later parts in front of earlier ones. `epoch`: cuts so far. */
export function group_admit(group: usize, list: usize, count: u32, epoch: u32): i32 {
  const g = changetype<Group>(group);
  for (let i: u32 = 0; i < count; i++) {
    const record = listed(list, i);
    if (!isWhole(record)) return DAMAGED;
    if (!(g.heldAt ? admitPart(g, record, epoch) : admit(g, record, epoch))) return NO_MEMORY;
  }
  return DONE;
}

/**
 * Makes the rows in listed RECORDs readable where they are, and puts their addresses in the places of the records'; where parts are listed, each as
 * a row of its own, or, `whole`, all of a row as one, for which later parts come in front of earlier ones. How many rows; −1: a record is damaged.
 */
export function group_thaw(group: usize, list: usize, count: u32, whole: bool): i32 {
  const g = changetype<Group>(group);
  for (let i: u32 = 0; i < count; i++) if (!isWhole(listed(list, i))) return -1;
  if (g.heldAt && whole) return thawWhole(g, list, count);
  for (let i: u32 = 0; i < count; i++) {
    const record = listed(list, i);
    if (g.heldAt) thawPart(g, record);
    else recordTexts(g, record + COLD_HEADER);
    store<u32>(list + (<usize>i << 2), <u32>(record + COLD_HEADER));
  }
  return <i32>count;
}

/**
 * Rows that have been away go when their time has come: those whose keys have the listed hashes (u32 each). The least last change of each hash's rows
 * that stay and are in no order, i64 each to `out`; i64.MAX_VALUE: there is none.
 */
export function group_lapse(group: usize, hashes: usize, count: u32, out: usize): void {
  const g = changetype<Group>(group);
  dropDoomed(g);
  for (let i: u32 = 0; i < count; i++) {
    const hash = load<u32>(hashes + (<usize>i << 2));
    let least = i64.MAX_VALUE;
    for (let row = indexFind(g.rowsIndex, hash); row;) {
      const next = indexNext(g.rowsIndex, hash, row), isAway = !load<u32>(row, ROW_NEWER) && g.newest != <u32>row;
      if (isAway && isOver(g, row)) {
        freeRow(g, row);
        // Those behind it close up
        row = indexFind(g.rowsIndex, hash);
        continue;
      }
      if (isAway) least = min<i64>(least, load<i64>(row, ROW_TOUCHED));
      row = next;
    }
    store<i64>(out + (<usize>i << 3), least);
  }
}

/** The first watermark, from which what came before it lives; −∞: there was none yet. */
export function group_begun(group: usize): f64 {
  const begun = changetype<Group>(group).begun;
  return begun == i64.MIN_VALUE ? -Infinity : <f64>begun;
}
