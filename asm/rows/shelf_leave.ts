// Rows leave a shelf page by page, the oldest page first: a page whose keys were mostly asked for since the hand came by is left out once, any other
// one is emptied as a whole, so that its memory is free for whatever comes. With a row go all rows of its key.
import { hash_bytes } from "../hash/keyed";
import { indexFindRow, indexNext } from "./index_rows";
import { HASH_NONE } from "./keys";
import { ROW_ALIVE, ROW_CHANGED, ROW_HOT, ROW_PLACE, rowCell, rowIsNull } from "./row";
import { rowFree } from "./encode";
import {
  ALONE_NOT, ALONE_STAYS, CHECK_SEED, IMAGE_FROM, IMAGE_HEADER, IMAGE_ROW, IMAGE_SIDE, RECORD_CHECK, RECORD_EPOCH, RECORD_HASH, RECORD_HEADER, RECORD_STAMP, RECORD_STATE, SPREAD,
  STATE_CHANGED, STATE_KEY, STATE_ROWS, Shelf, Shelved, aloneHash, indexAt, isUnlisted, keyRowOf, leavingHash, nextOf, sideAt, storeAt,
} from "./shelf";
import { pageEnd, pageFirstRow, pageNewer, pageStep, placeFirstBig, placeNextBig } from "./slab";
import { Store } from "./store";
import { rowForget } from "./touch";

/** What one step of the hand looks at. */
const STEP_LOOKS: u32 = 1 << 13;
/** A record is no longer than a chunk in which files are gone through (COLD_CHUNK_BYTES of core/limits.ts). */
const RECORD_BYTES_MAX: u32 = 1 << 16;
/** A bundle that is longer stays in memory. */
const BUNDLE_BYTES_MAX: u64 = 16 << 20;

/** First rows of the bundle at hand, u32 each a side: there are two at most. */
const HEADS: usize = memory.data(16, 16);

/** Hashes of keys that have to stay, by their last bits: their rows are many. */
const STAY: usize = memory.data(256, 16);
const STAY_MASK: u32 = 63;

// The step at hand
let at: usize = 0;
let end: usize = 0;
let epochs: u32 = 0;
/** The record that is written; 0 = none. */
let record: usize = 0;

@inline function headAt(side: u32): usize {
  return load<u32>(HEADS + (<usize>side << 2));
}

/** Bytes of a row with its texts. */
function rowLength(s: Store, row: usize): u32 {
  let bytes = s.fixedBytes;
  const list = <usize>s.textList;
  for (let i: u32 = 0; i < s.texts; i++) {
    const column = load<u32>(list + (<usize>i << 2));
    if (!rowIsNull(s, row, column)) bytes += <u32>(rowCell(s, row, column) >> 32);
  }
  return bytes;
}

/** Bytes of the image of a row. `raw`: it is as it comes, and nothing of it is elsewhere. */
function imageBytes(shelf: Shelf, side: Shelved, row: usize, raw: bool): u32 {
  const bytes = IMAGE_HEADER + ((rowLength(storeAt(side), row) + 15) & ~15);
  return side.seal && !raw ? bytes + call_indirect<u32>(side.seal, <usize>shelf.owner, row, <usize>0, <usize>0) : bytes;
}

function endRecord(): void {
  if (!record) return;
  const bytes = <u32>(at - record);
  store<u32>(record, bytes);
  store<u32>(record, <u32>hash_bytes(record + RECORD_HASH, bytes - <u32>RECORD_HASH, CHECK_SEED), RECORD_CHECK);
  record = 0;
}

function beginRecord(hash: u32): void {
  endRecord();
  record = at;
  store<u32>(at, hash, RECORD_HASH);
  store<u32>(at, hash * SPREAD, RECORD_HASH + 4);
  store<u32>(at, epochs, RECORD_EPOCH);
  store<u32>(at, 0, RECORD_STATE);
  store<i64>(at, i64.MAX_VALUE, RECORD_STAMP);
  at += RECORD_HEADER;
}

/** The time at which something may be due of a row that leaves; i64.MAX_VALUE: there is none. */
function stampOf(shelf: Shelf, side: Shelved, number: u32, row: usize): i64 {
  if (shelf.waits) return call_indirect<i64>(shelf.waits, <usize>shelf.owner, number, row);
  if (side.due) return call_indirect<i64>(side.due, <usize>shelf.owner, row);
  return side.listAt && !isUnlisted(side, row) ? load<i64>(row + side.stampAt) : i64.MAX_VALUE;
}

/** Writes a row behind those of the record at hand, or as the first one of the next. */
function writeImage(shelf: Shelf, number: u32, row: usize, hash: u32, raw: bool): void {
  const side = sideAt(shelf, number), length = rowLength(storeAt(side), row), padded = IMAGE_HEADER + ((length + 15) & ~15);
  const bytes = imageBytes(shelf, side, row, raw);
  if (!record || at - record + bytes > RECORD_BYTES_MAX) beginRecord(hash);
  store<u64>(at + padded - 16, 0);
  store<u64>(at + padded - 16, 0, 8);
  store<u32>(at, bytes);
  store<u32>(at, number, IMAGE_SIDE);
  store<u32>(at, <u32>row, IMAGE_FROM);
  store<u32>(at, length, IMAGE_ROW);
  memory.copy(at + IMAGE_HEADER, row, length);
  if (side.seal && !raw) call_indirect<u32>(side.seal, <usize>shelf.owner, row, at + <usize>IMAGE_HEADER, at + padded);
  const changed = load<u16>(row, ROW_PLACE) & <u16>ROW_CHANGED ? STATE_CHANGED : 0;
  const key = shelf.keyOf && side.index ? STATE_KEY : 0;
  store<u32>(record, (load<u32>(record, RECORD_STATE) | changed | key) + (1 << STATE_ROWS), RECORD_STATE);
  store<i64>(record, min<i64>(load<i64>(record, RECORD_STAMP), stampOf(shelf, side, number, row)), RECORD_STAMP);
  at += bytes;
}

/** Finds the first rows of the key of a row; false: it may not leave. */
function findHeads(shelf: Shelf, own: Shelved, row: usize, hash: u32): bool {
  if (shelf.keyOf) {
    const key = keyRowOf(shelf, own, row);
    if (call_indirect<bool>(shelf.stays, <usize>shelf.owner, key)) return false;
    store<u32>(HEADS, <u32>call_indirect<usize>(shelf.chain, <usize>shelf.owner, key));
    store<u32>(HEADS, <u32>key, 4);
    return true;
  }
  const list = <usize>indexAt(shelf, own).list;
  for (let i: u32 = 0; i < shelf.sides; i++) {
    store<u32>(HEADS + (<usize>i << 2), <u32>indexFindRow(indexAt(shelf, sideAt(shelf, i)), hash, storeAt(own), row, list));
  }
  return true;
}

/** Finds the rows of the key of a row; returns what their records take, 0: they have to stay. */
function bundleBytes(shelf: Shelf, own: Shelved, row: usize, hash: u32): u64 {
  let bytes: u64 = RECORD_HEADER, used: u32 = RECORD_HEADER;
  if (!findHeads(shelf, own, row, hash)) return 0;
  for (let i: u32 = 0; i < shelf.sides; i++) {
    const side = sideAt(shelf, i);
    for (let one = headAt(i); one; one = nextOf(shelf, side, one)) {
      const image = imageBytes(shelf, side, one, false);
      if (image > RECORD_BYTES_MAX - RECORD_HEADER) return 0;
      if (used + image > RECORD_BYTES_MAX) {
        bytes += RECORD_HEADER;
        used = RECORD_HEADER;
      }
      bytes += image;
      used += image;
      if (bytes > BUNDLE_BYTES_MAX) return 0;
    }
  }
  return bytes > <u64>RECORD_HEADER ? bytes : 0;
}

/** Records are written from `to` on, up to `room` bytes. */
export function recordsBegin(to: usize, room: u32, epoch: u32): void {
  at = to;
  end = to + room;
  epochs = epoch;
  record = 0;
}

/** Where the next record will be. */
export function recordsEnd(): usize {
  return at;
}

/** Writes a row as a record of its own, `raw`: as it is; false when there is no room. */
export function recordAlone(shelf: Shelf, number: u32, row: usize, hash: u32, raw: bool): bool {
  if (RECORD_HEADER + imageBytes(shelf, sideAt(shelf, number), row, raw) > <u32>(end - at)) return false;
  writeImage(shelf, number, row, hash, raw);
  endRecord();
  return true;
}

/** A row is too long for a record. */
export function isLong(shelf: Shelf, side: Shelved, row: usize): bool {
  return imageBytes(shelf, side, row, !side.index) > RECORD_BYTES_MAX - RECORD_HEADER;
}

// What became of a bundle
const LEFT: u32 = 0;
const STAYS: u32 = 1;
const NO_ROOM: u32 = 2;

/** A row leaves by itself. */
function leaveAlone(shelf: Shelf, row: usize, hash: u32): u32 {
  const side = sideAt(shelf, shelf.hand), bytes = RECORD_HEADER + imageBytes(shelf, side, row, false);
  if (hash == ALONE_STAYS || bytes > RECORD_BYTES_MAX) return STAYS;
  if (!recordAlone(shelf, shelf.hand, row, hash, false)) {
    shelf.wants = bytes;
    return NO_ROOM;
  }
  call_indirect<void>(shelf.drop, <usize>shelf.owner, shelf.hand, row);
  // It is not gone
  rowForget(row);
  rowFree(storeAt(side), row);
  return LEFT;
}

/** The key of a row of the side leaves, or the row alone. */
function leave(shelf: Shelf, own: Shelved, row: usize): u32 {
  const alone = aloneHash(shelf, row);
  if (alone != ALONE_NOT) return leaveAlone(shelf, row, alone);
  const hash = leavingHash(shelf, own, row);
  const stay = STAY + (<usize>(hash & STAY_MASK) << 2);
  if (hash == HASH_NONE || load<u32>(stay) == hash) return STAYS;
  const bytes = bundleBytes(shelf, own, row, hash);
  if (!bytes) {
    store<u32>(stay, hash);
    return STAYS;
  }
  if (bytes > <u64>(end - at)) {
    shelf.wants = <u32>bytes;
    return NO_ROOM;
  }
  for (let i: u32 = 0; i < shelf.sides; i++) {
    const side = sideAt(shelf, i);
    for (let one = headAt(i); one; one = nextOf(shelf, side, one)) writeImage(shelf, i, one, hash, false);
  }
  endRecord();
  for (let i: u32 = 0; i < shelf.sides; i++) {
    const side = sideAt(shelf, i), s = storeAt(side);
    for (let one = headAt(i); one;) {
      const next = nextOf(shelf, side, one);
      call_indirect<void>(shelf.drop, <usize>shelf.owner, i, one);
      // It is not gone
      rowForget(one);
      rowFree(s, one);
      one = next;
    }
  }
  return LEFT;
}

@inline function isThere(row: usize): bool {
  return (load<u16>(row, ROW_PLACE) & <u16>ROW_ALIVE) != 0;
}

@inline function isHot(row: usize): bool {
  return (load<u16>(row, ROW_PLACE) & <u16>ROW_HOT) != 0;
}

@inline function cool(row: usize): void {
  store<u16>(row, load<u16>(row, ROW_PLACE) & ~<u16>ROW_HOT, ROW_PLACE);
}

/** Most keys whose first rows lie here were asked for: that is forgotten, and the page stays this time. */
function isSpared(shelf: Shelf, side: Shelved, page: usize): bool {
  const index = indexAt(shelf, side), stop = pageEnd(page), step = pageStep(page);
  let heads: u32 = 0, hot: u32 = 0;
  for (let row = pageFirstRow(page); row < stop; row += step) {
    if (!isThere(row)) continue;
    hot += u32(isHot(keyRowOf(shelf, side, row)));
    const isAlone = !side.index || aloneHash(shelf, row) != ALONE_NOT;
    heads += isAlone ? 1 : u32(indexNext(index, load<u32>(row + index.linkAt, 4)) == 0);
  }
  if (hot << 1 <= heads) return false;
  for (let row = pageFirstRow(page); row < stop; row += step) if (isThere(row)) cool(keyRowOf(shelf, side, row));
  return true;
}

/** Empties a page, which goes when no row has to stay; false when there is no room for a bundle. */
function emptyPage(shelf: Shelf, side: Shelved, page: usize): bool {
  const s = storeAt(side), stop = pageEnd(page), step = pageStep(page);
  for (let row = pageFirstRow(page); row < stop; row += step) {
    if (!isThere(row)) continue;
    if (leave(shelf, side, row) == NO_ROOM) return false;
    // The page is gone: the hand is at the next one
    if (s.hand != <u32>page) return true;
  }
  s.hand = <u32>pageNewer(page);
  return true;
}

/** Rows that lie outside of pages leave as pages do; false when there is no room. */
function emptyBigs(shelf: Shelf, side: Shelved): bool {
  const s = storeAt(side);
  while (s.handBig) {
    const row: usize = s.handBig, key = keyRowOf(shelf, side, row);
    if (isHot(key)) cool(key);
    else if (leave(shelf, side, row) == NO_ROOM) return false;
    if (s.handBig == <u32>row) s.handBig = <u32>placeNextBig(row);
  }
  return true;
}

/** The hand begins with the next side. */
function turn(shelf: Shelf): void {
  shelf.hand = (shelf.hand + 1) % shelf.sides;
  const s = storeAt(sideAt(shelf, shelf.hand));
  s.hand = s.lastPage;
  s.handBig = <u32>placeFirstBig(s);
}

/**
 * Moves the hand on: keys leave as records at `to`, up to `room` bytes. Returns the bytes; 0: this step has found none, or `room` is not enough for a
 * bundle of shelf_wants bytes. `epoch`: cuts so far.
 */
export function shelf_evict(address: usize, to: usize, room: u32, epoch: u32): u32 {
  const shelf = changetype<Shelf>(address);
  call_indirect<void>(shelf.settle, <usize>shelf.owner);
  recordsBegin(to, room, epoch);
  shelf.wants = 0;
  memory.fill(STAY, 0, 256);
  for (let looks: i32 = STEP_LOOKS; looks > 0;) {
    const side = sideAt(shelf, shelf.hand), s = storeAt(side), page: usize = s.hand;
    if (!page) {
      if (!emptyBigs(shelf, side)) break;
      turn(shelf);
      looks -= <i32>(STEP_LOOKS >> 2);
      continue;
    }
    looks -= <i32>((pageEnd(page) - pageFirstRow(page)) / pageStep(page)) + 1;
    if (isSpared(shelf, side, page)) s.hand = <u32>pageNewer(page);
    else if (!emptyPage(shelf, side, page)) break;
  }
  return <u32>(at - to);
}

/** Steps after which the hand has come by every row twice. */
export function shelf_rounds(address: usize): u32 {
  const shelf = changetype<Shelf>(address);
  let looks: u32 = 0;
  for (let i: u32 = 0; i < shelf.sides; i++) {
    const s = storeAt(sideAt(shelf, i));
    for (let page: usize = s.lastPage; page; page = pageNewer(page)) {
      looks += <u32>((pageEnd(page) - pageFirstRow(page)) / pageStep(page)) + 1;
    }
    looks += STEP_LOOKS;
  }
  return 2 * (looks / (STEP_LOOKS >> 2) + 1);
}
