// Rows that hold sets, lists or sketches leave memory with them, as one RECORD (cold.ts) or several: the number of the part is in `state`, behind the
// flags, and each part has the row, the first also its texts, then what it has of what the row holds (image.ts).
import { batchForget, heldTell } from "./batch";
import {
  COLD_HEADER, COLD_EPOCH, COLD_STATE, callLength, finishRecord, isText, keyLength, recordTexts, startRecord, textBytes, textsBytes, writeTexts,
} from "./cold_record";
import { rowChanged, rowFree } from "./dirty";
import { dropEntries } from "./distinct";
import { slabLeast } from "./entries";
import { freeCalls } from "./drop";
import { unlink } from "./expire";
import { heldAdmit, heldBytes, heldClear, heldClose, heldHeaps, heldThaw, heldWrite, heldWriteShort, sectionsBytes } from "./image";
import { indexAdd, indexFind, indexNext, indexRemove } from "./index_table";
import { freeKey, ownBytes, takeRoom } from "./keys";
import { sketchGrowth, sketchLeast } from "./sketch";
import { COLUMN_SIZE } from "../layout";
import {
  FLAG_EXPIRES, FLAG_WINDOWED, Group, OP_HEAP_MAX, OP_HEAP_MIN, OP_LIST, OP_SKETCH, ROW_CHANGED_CUT, ROW_FLAGS, ROW_GROUP, ROW_HASH, ROW_HOT, ROW_NEWER, ROW_OLDER,
  ROW_PLACE, ROW_STATE, ROW_STORED, callAt, has, isBytes, keyCell, keyType, rowNumber, rowPool, setAt,
} from "./spec";
import { windowBack, windowLeft } from "./windows";

/** Flags are in front of the number of a part. */
const PART_BITS: u32 = 4;
/** A row that takes more with all that it holds stays in memory. */
const BUNDLE_BYTES_MAX: u32 = 16 << 20;
/** Of an index entry, and what it takes beside while a table of the index grows. */
const ENTRY_BYTES: u32 = 24;
/** What a value may take in a heap, and what it takes in a sketch most of the time, beside its text. */
const HEAP_BYTES: u32 = 16;
const SKETCH_BYTES: u32 = 64;

let row: usize = 0;
let start: usize = 0;
let epochs: u32 = 0;
let flags: u32 = 0;

@inline export function partOf(record: usize): u32 {
  return load<u32>(record, COLD_STATE) >>> PART_BITS;
}

@inline function padded(bytes: u32): u32 {
  return (bytes + 7) & ~7;
}

function openPart(g: Group, part: u32): usize {
  if (part) start = finishRecord(start, heldClose(g));
  startRecord(g, row, start, epochs, flags | (part << PART_BITS), part == 0);
  const image = start + COLD_HEADER, behind = image + g.rowBytes;
  if (!part) return start + padded(<u32>(writeTexts(g, row, behind) - start));
  // Its texts are those of the first part
  for (let k: u32 = 0; k < g.keys; k++) if (isBytes(keyType(g, k))) store<u64>(image + keyCell(k), 0);
  for (let i: u32 = 0; i < g.calls; i++) if (isText(callAt(g, i).op)) store<u64>(image + callAt(g, i).cell, 0);
  return behind;
}

/** Bytes that a row takes at most when it leaves; 0: it stays. */
export function leavingBytes(g: Group, row: usize): u32 {
  const bytes = heldBytes(g, row, padded(<u32>COLD_HEADER + g.rowBytes + textsBytes(g, row)));
  return bytes > BUNDLE_BYTES_MAX ? 0 : bytes;
}

/** The row leaves as one record at `to`, of `room` bytes at most, which 16 divides; returns how many bytes it is, 0: it has not left. */
export function leaveShort(g: Group, leaving: usize, to: usize, room: u32, epoch: u32): u32 {
  const first = padded(<u32>COLD_HEADER + g.rowBytes + textsBytes(g, leaving));
  if (first + sectionsBytes(g) > room) return 0;
  row = leaving;
  start = to;
  epochs = epoch;
  flags = load<u32>(row, ROW_STATE) & ROW_FLAGS;
  const held = heldWriteShort(g, row, first, room, openPart);
  if (!held) return 0;
  if (batchForget(g, row)) store<u32>(to, load<u32>(to, COLD_STATE) | ROW_CHANGED_CUT, COLD_STATE);
  const end = finishRecord(to, held);
  dropLeft(g);
  return <u32>(end - to);
}

/** What has left is not in memory any more. */
function dropLeft(g: Group): void {
  indexRemove(g.rowsIndex, load<u32>(row, ROW_HASH), row);
  if (has(g, FLAG_EXPIRES)) unlink(g, row);
  if (has(g, FLAG_WINDOWED)) windowLeft(g, row);
  freeCalls(g, row, false);
  for (let s: u32 = 0; s < g.sets; s++) dropEntries(g, setAt(g, s), row, false);
  freeKey(g, row);
  rowFree(g, row);
  g.rows--;
}

/** The row leaves as records at `to`; returns how many bytes they are. */
export function leave(g: Group, leaving: usize, to: usize, epoch: u32): u32 {
  row = leaving;
  start = to;
  epochs = epoch;
  flags = load<u32>(row, ROW_STATE) & ROW_FLAGS;
  // What a drain is about to hand out it hands out at the cut
  if (batchForget(g, row)) flags |= ROW_CHANGED_CUT;
  // It moves `start` to the last part
  const held = heldWrite(g, row, padded(<u32>COLD_HEADER + g.rowBytes + textsBytes(g, row)), openPart);
  const end = finishRecord(start, held);
  dropLeft(g);
  return <u32>(end - to);
}

/** Where what a record has of what its row holds begins. */
function heldAt(g: Group, record: usize): usize {
  return record + padded(<u32>COLD_HEADER + g.rowBytes + textsBytes(g, record + COLD_HEADER));
}

/** The row of a record, if another part of it is in memory; 0: there is none. */
function find(g: Group, image: usize): usize {
  const hash = load<u32>(image, ROW_HASH), number = rowNumber(g, image), group = load<u8>(image, ROW_GROUP);
  for (let one = indexFind(g.rowsIndex, hash); one; one = indexNext(g.rowsIndex, hash, one)) {
    if (rowNumber(g, one) == number && load<u8>(one, ROW_GROUP) == group) return one;
  }
  return 0;
}

/** A row as a record has it, without texts and without what it holds; 0 without memory. */
function create(g: Group, record: usize, isCurrent: bool): usize {
  const row = takeRoom(g), image = record + COLD_HEADER;
  if (!row) return 0;
  memory.copy(row, image, g.rowBytes);
  heldClear(g, row);
  for (let k: u32 = 0; k < g.keys; k++) if (isBytes(keyType(g, k))) store<u64>(row + keyCell(k), 0);
  for (let i: u32 = 0; i < g.calls; i++) if (isText(callAt(g, i).op)) store<u64>(row + callAt(g, i).cell, 0);
  // At a cut all that has changed is handed out, what has left as well
  const flags = isCurrent ? load<u32>(record, COLD_STATE) & ROW_FLAGS : ROW_STORED;
  store<u32>(row, flags & ROW_STORED, ROW_STATE);
  store<u8>(row, 1, ROW_HOT);
  store<u16>(row, 0, ROW_PLACE);
  store<u32>(row, 0, ROW_NEWER);
  store<u32>(row, 0, ROW_OLDER);
  if (!isCurrent) heldTell(g, row, g.seq, g.toldWholes);
  if (!indexAdd(g, g.rowsIndex, load<u32>(row, ROW_HASH), row)) {
    rowFree(g, row);
    return 0;
  }
  g.rows++;
  if (has(g, FLAG_WINDOWED) && !windowBack(g, row)) return 0;
  if (g.admitting || flags & ROW_CHANGED_CUT) rowChanged(g, row);
  return row;
}

/** Makes the texts of a record those of its row; false without memory. */
function ownTexts(g: Group, row: usize, record: usize): bool {
  const image = record + COLD_HEADER;
  let from = image + g.rowBytes;
  for (let k: u32 = 0; k < g.keys; k++) {
    const length = keyLength(g, image, k);
    if (length && !ownBytes(g, row + keyCell(k), from, length)) return false;
    from += length;
  }
  for (let i: u32 = 0; i < g.calls; i++) {
    const length = callLength(g, image, i);
    if (length && !ownBytes(g, row + callAt(g, i).cell, from, length)) return false;
    from += length;
  }
  return true;
}

/** A part comes back; those behind it, which have greater numbers, are there. False without memory, and then nothing goes on. */
export function admitPart(g: Group, record: usize, epoch: u32): bool {
  const image = record + COLD_HEADER, isCurrent = load<u32>(record, COLD_EPOCH) == epoch;
  let row = find(g, image);
  if (!row) row = create(g, record, isCurrent);
  if (!row) return false;
  if (!partOf(record) && !ownTexts(g, row, record)) return false;
  return heldAdmit(g, row, heldAt(g, record), !isCurrent);
}

/** Makes a part readable where it is, as a row of its own. */
export function thawPart(g: Group, record: usize): void {
  const row = record + COLD_HEADER, held = heldAt(g, record);
  recordTexts(g, row);
  heldClear(g, row);
  store<u16>(row, 0, ROW_PLACE);
  heldThaw(g, row, held);
}

/** The first part of the row of a record, among those that are listed; 0: it is not there. */
function firstOf(g: Group, record: usize, list: usize, count: u32): usize {
  const image = record + COLD_HEADER;
  for (let i: u32 = 0; i < count; i++) {
    const one: usize = load<u32>(list + (<usize>i << 2)), other = one + COLD_HEADER;
    if (partOf(one) || rowNumber(g, other) != rowNumber(g, image)) continue;
    if (load<u8>(image, ROW_GROUP) == load<u8>(other, ROW_GROUP)) return other;
  }
  return 0;
}

/**
 * The same of rows with all of their parts, the last ones first: what each holds is that of one row. How many rows, which take the places of the
 * records in the list; −1: a part is missing, or there is no memory.
 */
export function thawWhole(g: Group, list: usize, count: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    const record: usize = load<u32>(list + (<usize>i << 2));
    if (!partOf(record)) heldClear(g, record + COLD_HEADER);
  }
  let found: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const record: usize = load<u32>(list + (<usize>i << 2)), row = firstOf(g, record, list, count), held = heldAt(g, record);
    if (!row) return -1;
    heldThaw(g, row, held);
  }
  for (let i: u32 = 0; i < count; i++) {
    const record: usize = load<u32>(list + (<usize>i << 2)), row = record + COLD_HEADER;
    if (partOf(record)) continue;
    recordTexts(g, row);
    if (!heldHeaps(g, row)) return -1;
    store<u32>(list + (<usize>found << 2), <u32>row);
    found++;
  }
  return <i32>found;
}

/**
 * Bytes of state that rows of a batch from the place `from` of its selection on take at most, when sketches grow for `growing` of them; what rows that
 * were given back leave is not counted.
 */
export function heldNeed(g: Group, args: usize, sets: usize, selection: usize, from: u32, count: u32, growing: u32): f64 {
  const idle = rowPool(g).idle;
  let bytes = <f64>(count > idle ? count - idle : 0) * <f64>g.rowBytes + <f64>count * <f64>ENTRY_BYTES;
  if (!args) return bytes;
  for (let s: u32 = 0; s < g.sets; s++) {
    // With what is beside them where there is room for more
    bytes += <f64>count * <f64>(ENTRY_BYTES + 2 * slabLeast(setAt(g, s).size)) + textBytes(sets + s * COLUMN_SIZE, selection, from, count);
  }
  for (let i: u32 = 0; i < g.calls; i++) {
    const op = callAt(g, i).op;
    if (op == OP_HEAP_MIN || op == OP_HEAP_MAX) bytes += <f64>count * <f64>HEAP_BYTES;
    else if (op == OP_LIST) bytes += <f64>count * 64 + 2 * textBytes(args + i * COLUMN_SIZE, selection, from, count);
    else if (op == OP_SKETCH) {
      bytes += <f64>growing * <f64>sketchGrowth(callAt(g, i)) + <f64>(count - growing) * <f64>SKETCH_BYTES;
      bytes += textBytes(args + i * COLUMN_SIZE, selection, from, count);
    }
  }
  return bytes;
}

/** What of a row that comes back takes room however short its records are. */
export function heldLeast(g: Group): u32 {
  let bytes: u32 = 0;
  for (let i: u32 = 0; i < g.calls; i++) if (callAt(g, i).op == OP_SKETCH) bytes += sketchLeast(callAt(g, i));
  return bytes;
}
