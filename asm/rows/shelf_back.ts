// Rows come back to a shelf, or are read where their records are.
import { block_alloc, block_free } from "../memory";
import { hash_bytes } from "../hash/keyed";
import { indexNext } from "./index_rows";
import { keyEqualsBatch } from "./keys";
import { ROW_ALIVE, ROW_CHANGED, ROW_CLASS, ROW_HOT, ROW_PLACE, ROW_PLACE_MASK, ROW_STORED, rowIsNull } from "./row";
import {
  CHECK_SEED, IMAGE_FROM, IMAGE_HEADER, IMAGE_ROW, IMAGE_SIDE, RECORD_CHECK, RECORD_EPOCH, RECORD_HASH, RECORD_HEADER, RECORD_STATE, STATE_ROWS, Shelf, Shelved,
  indexAt, isUnlisted, sideAt, storeAt,
} from "./shelf";
import { rowFree } from "./encode";
import { slotsOfHash } from "./segment";
import { placeTake } from "./slab";
import { Store } from "./store";

// Answers
const DONE: i32 = 0;
const DAMAGED: i32 = 1;
const NO_MEMORY: i32 = 2;

/** First rows of chains with one hash that are looked at together. */
const HEADS_MAX: u32 = 64;
const HEADS: usize = memory.data(256, 16);

@inline function listed(list: usize, i: u32): usize {
  return load<u32>(list + (<usize>i << 2));
}

@inline function isWhole(record: usize): bool {
  const bytes = load<u32>(record);
  return load<u32>(record, RECORD_CHECK) == <u32>hash_bytes(record + RECORD_HASH, bytes - <u32>RECORD_HASH, CHECK_SEED);
}

/** The texts of a row lie behind it, wherever it lay before. */
function moveTexts(s: Store, row: usize, from: u32): void {
  const list = <usize>s.textList;
  for (let i: u32 = 0; i < s.texts; i++) {
    const column = load<u32>(list + (<usize>i << 2)), cell = row + s.cellsAt + (<usize>column << 3);
    if (!rowIsNull(s, row, column)) store<u32>(cell, load<u32>(cell) - from + <u32>row);
  }
}

/** Takes a row in from its image, as one that is in nothing; 0 without memory. */
function takeRow(shelf: Shelf, side: Shelved, image: usize, isCurrent: bool): usize {
  const s = storeAt(side), bytes = load<u32>(image, IMAGE_ROW), row = placeTake(s, bytes), listAt = side.listAt;
  if (!row) return 0;
  const place = load<u16>(row, ROW_PLACE) & <u16>ROW_PLACE_MASK, kind = load<u8>(row, ROW_CLASS);
  let flags = isCurrent ? load<u16>(image + IMAGE_HEADER, ROW_PLACE) & <u16>(ROW_CHANGED | ROW_STORED) : <u16>ROW_STORED;
  if (s.admitting) flags |= <u16>ROW_CHANGED;
  memory.copy(row, image + IMAGE_HEADER, bytes);
  store<u16>(row, place | flags | <u16>(ROW_ALIVE | ROW_HOT), ROW_PLACE);
  store<u8>(row, kind, ROW_CLASS);
  moveTexts(s, row, load<u32>(image, IMAGE_FROM));
  if (listAt) store<u32>(row + listAt, <u32>row);
  s.rows++;
  const behind = image + IMAGE_HEADER + ((bytes + 15) & ~15);
  return side.unseal && !call_indirect<bool>(side.unseal, <usize>shelf.owner, row, behind) ? 0 : row;
}

/** Takes in the rows of a side from records, to `rows` (u32 each); how many, −1 without memory. */
function takeRows(shelf: Shelf, number: u32, list: usize, count: u32, epoch: u32, rows: usize): i32 {
  const side = sideAt(shelf, number);
  let found: i32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const record = listed(list, i), end = record + load<u32>(record), isCurrent = load<u32>(record, RECORD_EPOCH) == epoch;
    for (let image = record + RECORD_HEADER; image < end; image += load<u32>(image)) {
      if (load<u32>(image, IMAGE_SIDE) != number) continue;
      const row = takeRow(shelf, side, image, isCurrent);
      if (!row) return -1;
      store<u32>(rows + (<usize>found << 2), <u32>row);
      found++;
    }
  }
  return found;
}

/**
 * Takes rows back in, whose RECORDs are listed (u32 each): all that there are of their keys. `epoch`: cuts so far. Without memory nothing goes on,
 * and so it is with rows that are damaged. `bare`: they are put into nothing.
 */
export function shelf_admit(address: usize, list: usize, count: u32, epoch: u32, bare: bool): i32 {
  const shelf = changetype<Shelf>(address);
  let rows: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (!isWhole(listed(list, i))) return DAMAGED;
    rows += load<u32>(listed(list, i), RECORD_STATE) >>> STATE_ROWS;
  }
  const bytes = <usize>(rows + 1) << 2, back = block_alloc(bytes);
  if (!back) return NO_MEMORY;
  let status = DONE;
  // Keys come before what hangs on them
  for (let left = shelf.sides; left && status == DONE; left--) {
    const i = left - 1, found = takeRows(shelf, i, list, count, epoch, back);
    if (found < 0 || (!bare && !call_indirect<bool>(shelf.put, <usize>shelf.owner, i, back, <u32>found))) status = NO_MEMORY;
  }
  block_free(back, bytes);
  return status;
}

/**
 * Makes the rows of a side in listed RECORDs readable where they are, and lists them (u32 each, to `to`): those that have changed since the cut
 * before the last, `epoch` − 1, or, `whole`, all; with `columns`, only those whose key is that of the first row of a batch, as `batchList` names its
 * columns. How many; −1: a record is damaged. The rows of a record are made readable once.
 */
export function shelf_thaw(
  address: usize, side: u32, list: usize, count: u32, epoch: u32, whole: bool, columns: usize, batchList: usize, to: usize,
): i32 {
  const shelf = changetype<Shelf>(address), s = storeAt(sideAt(shelf, side)), index = indexAt(shelf, sideAt(shelf, side));
  let found: i32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const record = listed(list, i), end = record + load<u32>(record);
    if (!isWhole(record)) return -1;
    for (let image = record + RECORD_HEADER; image < end; image += load<u32>(image)) {
      const row = image + IMAGE_HEADER;
      if (load<u32>(image, IMAGE_SIDE) != side) continue;
      if (!whole && !(load<u16>(row, ROW_PLACE) & <u16>ROW_CHANGED && load<u32>(record, RECORD_EPOCH) == epoch)) continue;
      moveTexts(s, row, load<u32>(image, IMAGE_FROM));
      if (columns && !keyEqualsBatch(s, row, index.list, columns, batchList, index.keys, 0)) continue;
      store<u32>(to + (<usize>found << 2), <u32>row);
      found++;
    }
  }
  return found;
}

/**
 * Rows that have been away go when their time has come: those with the listed hashes of keys (u32 each). The least time of each hash's rows that stay
 * and are in no list, i64 each to `out`; i64.MAX_VALUE: there is none.
 */
export function shelf_lapse(address: usize, hashes: usize, count: u32, out: usize): void {
  const shelf = changetype<Shelf>(address);
  call_indirect<void>(shelf.settle, <usize>shelf.owner);
  for (let i: u32 = 0; i < count; i++) {
    let least = i64.MAX_VALUE;
    for (let k: u32 = 0; k < shelf.sides; k++) least = min<i64>(least, lapse(shelf, k, load<u32>(hashes + (<usize>i << 2))));
    store<i64>(out + (<usize>i << 3), least);
  }
}

function lapse(shelf: Shelf, number: u32, hash: u32): i64 {
  const side = sideAt(shelf, number), s = storeAt(side), index = indexAt(shelf, side);
  if (!side.listAt) return i64.MAX_VALUE;
  let least = i64.MAX_VALUE;
  const heads = slotsOfHash(index, hash, HEADS, HEADS_MAX);
  for (let i: u32 = 0; i < heads; i++) {
    for (let row = listed(HEADS, i); row;) {
      const next = indexNext(index, row);
      if (isUnlisted(side, row)) {
        if (call_indirect<bool>(shelf.isOver, <usize>shelf.owner, number, row)) {
          call_indirect<void>(shelf.drop, <usize>shelf.owner, number, row);
          rowFree(s, row);
        } else least = min<i64>(least, load<i64>(row + side.stampAt));
      }
      row = next;
    }
  }
  return least;
}
