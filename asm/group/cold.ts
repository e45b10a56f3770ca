// Rows that nothing has asked for lately leave as RECORDs for a file of the task, and come back when their keys are asked for. A record is
// the row as it lies in memory, with the texts that it refers to behind it: it is read by the process that wrote it, and by none else.
//
//   RECORD  0           4           8           16          20          24         32
//           +-----------+-----------+-----------+-----------+-----------+----------+---------------+------------------+
//           | bytes u32 | check u32 | hash u64  | epoch u32 | state u32 | unused   | ROW (spec.ts) | texts of keys,   |
//           | in all    | of what   | of the    | cuts when | flags of  |          |               | of calls, padded |
//           |           | is behind | key       | it left   | the row   |          |               | to 16            |
//           +-----------+-----------+-----------+-----------+-----------+----------+---------------+------------------+
//
// Only groups whose rows hold nothing but cells and texts do this: no sets, lists, sketches, windows, ticks or times to live.
import { state_room } from "../memory";
import { COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY } from "../layout";
import { hash_bytes } from "../hash/keyed";
import { BLOCK_ROWS, hashOf, setNumber } from "./block";
import { dropDoomed } from "./drop";
import { INDEX_TABLES, indexAdd, indexPlaces, indexRemove, indexThing } from "./index_table";
import { find, freeBytes, freeKey, hashKeys, ownBytes, rowHash, validAt } from "./keys";
import { poolGive, poolTake } from "./pool";
import {
  Group, OP_FIRST_BYTES, OP_LAST_BYTES, OP_MAX_BYTES, OP_MIN_BYTES, ROW_HASH, ROW_HOT, ROW_STATE, ROW_STORED, callAt, isBytes, keyCell, keyType, rowPool,
} from "./spec";

const CHECK: usize = 4;
const HASH: usize = 8;
const EPOCH: usize = 16;
const STATE: usize = 20;
const HEADER: usize = 32;

/** What one step of the hand looks at. */
const STEP_LOOKS: u32 = 1 << 14;
/** Of an index entry, and what it takes beside while a table of the index grows. */
const ENTRY_BYTES: u32 = 24;
const CHECK_SEED: u64 = 0x636f6c64;

// Answers
const DONE: i32 = 0;
const DAMAGED: i32 = 1;
const NO_MEMORY: i32 = 2;

@inline function isText(op: u32): bool {
  return op == OP_MIN_BYTES || op == OP_MAX_BYTES || op == OP_FIRST_BYTES || op == OP_LAST_BYTES;
}

@inline function listed(list: usize, i: u32): usize {
  return load<u32>(list + (<usize>i << 2));
}

/** Length of the text of a key's cell. */
@inline function keyLength(g: Group, row: usize, k: u32): u32 {
  return isBytes(keyType(g, k)) ? load<u32>(row + keyCell(k), 4) : 0;
}

/** Length of the text of a call's cell; 0 where there is none. */
@inline function callLength(g: Group, row: usize, i: u32): u32 {
  const call = callAt(g, i), cell = row + call.cell;
  return isText(call.op) && load<i64>(cell, 8) ? load<u32>(cell, 4) : 0;
}

function recordBytes(g: Group, row: usize): u32 {
  let bytes = <u32>HEADER + g.rowBytes;
  for (let k: u32 = 0; k < g.keys; k++) bytes += keyLength(g, row, k);
  for (let i: u32 = 0; i < g.calls; i++) bytes += callLength(g, row, i);
  return (bytes + 15) & ~15;
}

@inline function checkOf(record: usize): u32 {
  return <u32>hash_bytes(record + HASH, load<u32>(record) - <u32>HASH, CHECK_SEED);
}

function writeRecord(g: Group, row: usize, to: usize, bytes: u32, epoch: u32): void {
  store<u64>(to + bytes - 16, 0);
  store<u64>(to + bytes - 16, 0, 8);
  store<u32>(to, bytes);
  store<u64>(to, rowHash(g, row), HASH);
  store<u32>(to, epoch, EPOCH);
  store<u32>(to, load<u32>(row, ROW_STATE) & ~ROW_HOT, STATE);
  store<u64>(to, 0, 24);
  memory.copy(to + HEADER, row, g.rowBytes);
  let at = to + HEADER + g.rowBytes;
  for (let k: u32 = 0; k < g.keys; k++) {
    const length = keyLength(g, row, k);
    if (length) memory.copy(at, load<u32>(row + keyCell(k)), length);
    at += length;
  }
  for (let i: u32 = 0; i < g.calls; i++) {
    const length = callLength(g, row, i);
    if (length) memory.copy(at, load<u32>(row + callAt(g, i).cell), length);
    at += length;
  }
  store<u32>(to, checkOf(to), CHECK);
}

/** Frees the texts of a row's calls and keys. */
function freeTexts(g: Group, row: usize): void {
  for (let i: u32 = 0; i < g.calls; i++) if (callLength(g, row, i)) freeBytes(g, row + callAt(g, i).cell);
  freeKey(g, row);
}

/** Bytes that new rows may take: what the bound leaves, and rows that were given back. */
export function group_room(group: usize): f64 {
  const g = changetype<Group>(group);
  return <f64>state_room() + <f64>rowPool(g).idle * <f64>g.rowBytes;
}

/** Bytes of state that selected rows of a batch take at most, by the COLUMNs of their keys and, where there are any, of their arguments. */
export function group_need(group: usize, keys: usize, args: usize, selection: usize, count: u32): f64 {
  const g = changetype<Group>(group);
  let bytes = <f64>count * <f64>(g.rowBytes + ENTRY_BYTES);
  for (let k: u32 = 0; k < g.keys; k++) bytes += textBytes(keys + k * COLUMN_SIZE, selection, count);
  if (!args) return bytes;
  for (let i: u32 = 0; i < g.calls; i++) if (isText(callAt(g, i).op)) bytes += textBytes(args + i * COLUMN_SIZE, selection, count);
  return bytes;
}

function textBytes(column: usize, selection: usize, count: u32): f64 {
  if (!isBytes(load<u32>(column, COLUMN_TYPE))) return 0;
  const data: usize = load<u32>(column, COLUMN_DATA), validity: usize = load<u32>(column, COLUMN_VALIDITY);
  let bytes: f64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const number = selection ? load<u32>(selection + (<usize>i << 2)) : i;
    // A block is of a power of two
    if (validAt(validity, number)) bytes += 32 + 2 * <f64>load<u32>(data + (<usize>number << 3), 4);
  }
  return bytes;
}

/** Hashes (u64 each, to `out`) of those selected rows of a batch whose keys have no row here; how many. */
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
      if (row) store<u32>(row, load<u32>(row, ROW_STATE) | ROW_HOT, ROW_STATE);
      else {
        store<u64>(out + (<usize>found << 3), hashOf(i));
        found++;
      }
    }
  }
  return found;
}

/**
 * Moves the hand on: rows that are hot are so no more, others leave as records at `to`, up to `room` bytes. Returns the bytes; 0: this step
 * has found none. A row for whose record `room` is not enough stays.
 */
export function group_evict(group: usize, to: usize, room: u32, epoch: u32): u32 {
  const g = changetype<Group>(group);
  let written: u32 = 0;
  dropDoomed(g);
  for (let looks = STEP_LOOKS; looks; looks--) {
    if (g.handPlace >= indexPlaces(g.rowsIndex, g.handTable)) {
      g.handTable = (g.handTable + 1) % INDEX_TABLES;
      g.handPlace = 0;
      continue;
    }
    const row = indexThing(g.rowsIndex, g.handTable, g.handPlace);
    if (!row) {
      g.handPlace++;
      continue;
    }
    const state = load<u32>(row, ROW_STATE);
    if (state & ROW_HOT) {
      store<u32>(row, state & ~ROW_HOT, ROW_STATE);
      g.handPlace++;
      continue;
    }
    const bytes = recordBytes(g, row);
    if (bytes > room - written) {
      if (written) break;
      g.handPlace++;
      continue;
    }
    writeRecord(g, row, to + written, bytes, epoch);
    written += bytes;
    // Those behind it close up
    indexRemove(g.rowsIndex, row);
    freeTexts(g, row);
    poolGive(rowPool(g), row);
    g.rows--;
  }
  return written;
}

/** Steps after which the hand has come by every row twice. */
export function group_rounds(group: usize): u32 {
  const g = changetype<Group>(group);
  let places: u32 = 0;
  for (let t: u32 = 0; t < INDEX_TABLES; t++) places += indexPlaces(g.rowsIndex, t) + 1;
  return 2 * (places / STEP_LOOKS + 1);
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
  const row = poolTake(g, rowPool(g));
  if (!row) return false;
  memory.copy(row, record + HEADER, g.rowBytes);
  // At a cut all that has changed is handed out, what has left as well
  const state = load<u32>(record, EPOCH) == epoch ? load<u32>(record, STATE) : ROW_STORED;
  store<u32>(row, state | ROW_HOT, ROW_STATE);
  if (!ownTexts(g, row, record + HEADER + g.rowBytes) || !indexAdd(g, g.rowsIndex, load<u32>(row, ROW_HASH), row)) {
    poolGive(rowPool(g), row);
    return false;
  }
  g.rows++;
  return true;
}

/** Takes rows back in, whose RECORDs are listed (u32 each). `epoch`: cuts so far. */
export function group_admit(group: usize, list: usize, count: u32, epoch: u32): i32 {
  const g = changetype<Group>(group);
  for (let i: u32 = 0; i < count; i++) {
    const record = listed(list, i);
    if (load<u32>(record, CHECK) != checkOf(record)) return DAMAGED;
    if (!admit(g, record, epoch)) return NO_MEMORY;
  }
  return DONE;
}

/** Makes the rows in listed RECORDs readable where they are, and puts their addresses in the places of the records'. */
export function group_thaw(group: usize, list: usize, count: u32): i32 {
  const g = changetype<Group>(group);
  for (let i: u32 = 0; i < count; i++) {
    const record = listed(list, i), row = record + HEADER;
    if (load<u32>(record, CHECK) != checkOf(record)) return DAMAGED;
    let at = row + g.rowBytes;
    for (let k: u32 = 0; k < g.keys; k++) {
      if (!isBytes(keyType(g, k))) continue;
      store<u32>(row + keyCell(k), <u32>at);
      at += keyLength(g, row, k);
    }
    for (let c: u32 = 0; c < g.calls; c++) {
      const length = callLength(g, row, c);
      if (!length) continue;
      store<u32>(row + callAt(g, c).cell, <u32>at);
      at += length;
    }
    store<u32>(list + (<usize>i << 2), <u32>row);
  }
  return DONE;
}
