// Places for rows. Rows of about the same size lie in pages of their own, so that small rows waste little and the
// places of rows that are gone are used again:
//
//   classes   multiples of 16 up to 128 bytes, then four sizes for each power of two, up to 8 KiB: at most a quarter
//             of a place lies waste; a larger row is a block of its own
//   PAGE      a block of places of one class, from 8 places up to 64 KiB; freed with its last row
//
//             0          4          8         12        16       20         24          28      32       36      48
//             +----------+----------+---------+---------+--------+----------+-----------+-------+--------+-------+----
//             | next, with a place  | next, prev of all | used   | free u32 | fresh u32 | end   | bytes  | class,| rows
//             | free, prev          |                   | places | list     | never used| u32   | u32    |changed|
//             +----------+----------+---------+---------+--------+----------+-----------+-------+--------+-------+----
//
//             changed u32 (at 40): some of its rows may have changed since the last cut
//
//   BIG       next u32, prev u32 of all such rows, bytes u32, unused u32; then the row
import { ROW_ALIVE, ROW_CHANGED, ROW_CLASS, ROW_PLACE, ROW_PLACE_MASK } from "./row";
import { Store, storeGive, storeTake } from "./store";

/** SLAB_CLASS: u32 address of the first page with a free place, u32 bytes of the page that was taken last. */
export const SLAB_CLASS_BYTES: u32 = 8;
export const SLAB_CLASSES: u32 = 32;
const PLACE_BYTES_MAX: u32 = 8192;
const BIG: u32 = 255;
const BIG_HEADER: u32 = 16;
const BIG_BYTES_MAX: u64 = 1 << 29;

const PAGE_NEXT: usize = 0;
const PAGE_PREV: usize = 4;
const PAGE_ALL_NEXT: usize = 8;
const PAGE_ALL_PREV: usize = 12;
const PAGE_USED: usize = 16;
const PAGE_FREE: usize = 20;
const PAGE_FRESH: usize = 24;
const PAGE_END: usize = 28;
const PAGE_BYTES: usize = 32;
const PAGE_CLASS: usize = 36;
const PAGE_CHANGED: usize = 40;
const PAGE_HEADER: u32 = 48;
const PAGE_BYTES_MIN: u32 = 1024;
const PAGE_BYTES_MAX: u32 = 1 << 16;
const PLACES_MIN: u32 = 8;

@inline function classOf(bytes: u32): u32 {
  if (bytes <= 128) return (bytes - 1) >>> 4;
  const log: u32 = 31 - clz(bytes - 1);
  return 8 + ((log - 7) << 2) + (((bytes - 1) >>> (log - 2)) - 4);
}

@inline function classBytes(kind: u32): u32 {
  if (kind < 8) return (kind + 1) << 4;
  return (((kind - 8) & 3) + 5) << (((kind - 8) >>> 2) + 5);
}

@inline function powerOfTwo(least: u32): u32 {
  return 1 << (32 - clz(least - 1));
}

/** Puts the page in front of those of its class that have a free place. */
function roomAdd(room: usize, page: usize): void {
  const first: usize = load<u32>(room);
  store<u32>(page, <u32>first, PAGE_NEXT);
  store<u32>(page, 0, PAGE_PREV);
  if (first) store<u32>(first, <u32>page, PAGE_PREV);
  store<u32>(room, <u32>page);
}

function roomRemove(room: usize, page: usize): void {
  const next: usize = load<u32>(page, PAGE_NEXT), prev: usize = load<u32>(page, PAGE_PREV);
  if (next) store<u32>(next, <u32>prev, PAGE_PREV);
  if (prev) store<u32>(prev, <u32>next, PAGE_NEXT);
  else store<u32>(room, <u32>next);
}

function pageMake(s: Store, kind: u32, room: usize): usize {
  let bytes = load<u32>(room, 4) << 1;
  if (!bytes) bytes = powerOfTwo(PAGE_HEADER + PLACES_MIN * classBytes(kind));
  if (bytes < PAGE_BYTES_MIN) bytes = PAGE_BYTES_MIN;
  if (bytes > PAGE_BYTES_MAX) bytes = PAGE_BYTES_MAX;
  const page = storeTake(s, bytes);
  if (!page) return 0;
  store<u32>(room, bytes, 4);
  store<u32>(page, s.pages, PAGE_ALL_NEXT);
  store<u32>(page, 0, PAGE_ALL_PREV);
  if (s.pages) store<u32>(s.pages, <u32>page, PAGE_ALL_PREV);
  else s.lastPage = <u32>page;
  s.pages = <u32>page;
  store<u32>(page, 0, PAGE_USED);
  store<u32>(page, 0, PAGE_FREE);
  store<u32>(page, <u32>page + PAGE_HEADER, PAGE_FRESH);
  store<u32>(page, <u32>page + bytes, PAGE_END);
  store<u32>(page, bytes, PAGE_BYTES);
  store<u32>(page, kind, PAGE_CLASS);
  store<u32>(page, 0, PAGE_CHANGED);
  roomAdd(room, page);
  return page;
}

function pageFree(s: Store, page: usize): void {
  const next: usize = load<u32>(page, PAGE_ALL_NEXT), prev: usize = load<u32>(page, PAGE_ALL_PREV);
  if (next) store<u32>(next, <u32>prev, PAGE_ALL_PREV);
  else s.lastPage = <u32>prev;
  if (prev) store<u32>(prev, <u32>next, PAGE_ALL_NEXT);
  else s.pages = <u32>next;
  if (s.scanPage == <u32>page) {
    s.scanPage = <u32>next;
    s.scanRow = 0;
  }
  if (s.seekPage == <u32>page) {
    s.seekPage = <u32>next;
    s.seekRow = 0;
  }
  if (s.hand == <u32>page) s.hand = <u32>prev;
  storeGive(s, page, load<u32>(page, PAGE_BYTES));
}

function bigTake(s: Store, bytes: u64): usize {
  if (bytes > BIG_BYTES_MAX) return 0;
  const all = <u32>bytes + BIG_HEADER, block = storeTake(s, all);
  if (!block) return 0;
  store<u32>(block, s.bigs);
  store<u32>(block, 0, 4);
  store<u32>(block, all, 8);
  if (s.bigs) store<u32>(s.bigs, <u32>block, 4);
  s.bigs = <u32>block;
  store<u16>(block + BIG_HEADER, <u16>(ROW_ALIVE | ROW_CHANGED), ROW_PLACE);
  store<u8>(block + BIG_HEADER, BIG, ROW_CLASS);
  return block + BIG_HEADER;
}

function bigGive(s: Store, row: usize): void {
  const block = row - BIG_HEADER, next: usize = load<u32>(block), prev: usize = load<u32>(block, 4);
  if (next) store<u32>(next, <u32>prev, 4);
  if (prev) store<u32>(prev, <u32>next);
  else s.bigs = <u32>next;
  if (s.scanBig == <u32>row) s.scanBig = <u32>placeNextBig(row);
  if (s.seekBig == <u32>row) s.seekBig = <u32>placeNextBig(row);
  if (s.handBig == <u32>row) s.handBig = next ? <u32>next + BIG_HEADER : 0;
  storeGive(s, block, load<u32>(block, 8));
}

/** A place for a row of `bytes`, with its place and class written, as one that has changed; 0 when there is no memory. */
export function placeTake(s: Store, bytes: u64): usize {
  if (bytes > PLACE_BYTES_MAX) return bigTake(s, bytes);
  const kind = classOf(<u32>bytes), size = classBytes(kind), room: usize = s.classes + kind * SLAB_CLASS_BYTES;
  let page: usize = load<u32>(room);
  if (!page) {
    page = pageMake(s, kind, room);
    if (!page) return 0;
  }
  let row: usize = load<u32>(page, PAGE_FREE), fresh = load<u32>(page, PAGE_FRESH);
  if (row) {
    store<u32>(page, load<u32>(row), PAGE_FREE);
  } else {
    row = fresh;
    fresh += size;
    store<u32>(page, fresh, PAGE_FRESH);
  }
  store<u32>(page, load<u32>(page, PAGE_USED) + 1, PAGE_USED);
  if (!load<u32>(page, PAGE_FREE) && fresh + size > load<u32>(page, PAGE_END)) roomRemove(room, page);
  store<u32>(page, 1, PAGE_CHANGED);
  store<u16>(row, <u16>(((row - page) >>> 4) | ROW_ALIVE | ROW_CHANGED), ROW_PLACE);
  store<u8>(row, <u8>kind, ROW_CLASS);
  return row;
}

@inline function pageOf(row: usize): usize {
  return row - (<usize>(load<u16>(row, ROW_PLACE) & ROW_PLACE_MASK) << 4);
}

/** Some row of the page that the row lies in has changed. */
export function placeTouch(row: usize): void {
  if (load<u8>(row, ROW_CLASS) != BIG) store<u32>(pageOf(row), 1, PAGE_CHANGED);
}

/** The first row in a place of its own; placeNextBig goes on. */
@inline export function placeFirstBig(s: Store): usize {
  return s.bigs ? <usize>s.bigs + BIG_HEADER : 0;
}

@inline export function placeNextBig(row: usize): usize {
  const next: usize = load<u32>(row - BIG_HEADER);
  return next ? next + BIG_HEADER : 0;
}

/** The page behind this one in the list of all that begins with `pages` of the store; 0 = it is the last. */
@inline export function pageNext(page: usize): usize {
  return load<u32>(page, PAGE_ALL_NEXT);
}

/** The page in front of it in the list: it is newer; 0 = it is the first. */
@inline export function pageNewer(page: usize): usize {
  return load<u32>(page, PAGE_ALL_PREV);
}

@inline export function pageFirstRow(page: usize): usize {
  return page + PAGE_HEADER;
}

/** Where the places that were ever used end, and how long each is. */
@inline export function pageEnd(page: usize): usize {
  return load<u32>(page, PAGE_FRESH);
}

@inline export function pageStep(page: usize): u32 {
  return classBytes(load<u32>(page, PAGE_CLASS));
}

@inline export function pageChanged(page: usize): bool {
  return load<u32>(page, PAGE_CHANGED) != 0;
}

@inline export function pageClean(page: usize): void {
  store<u32>(page, 0, PAGE_CHANGED);
}

@inline export function pageTouch(page: usize): void {
  store<u32>(page, 1, PAGE_CHANGED);
}

/** Gives a row's place back. */
export function placeGive(s: Store, row: usize): void {
  const kind: u32 = load<u8>(row, ROW_CLASS);
  if (kind == BIG) {
    bigGive(s, row);
    return;
  }
  const page = pageOf(row), room: usize = s.classes + kind * SLAB_CLASS_BYTES;
  const used = load<u32>(page, PAGE_USED) - 1, free = load<u32>(page, PAGE_FREE);
  const wasFull = !free && load<u32>(page, PAGE_FRESH) + classBytes(kind) > load<u32>(page, PAGE_END);
  if (!used) {
    if (!wasFull) roomRemove(room, page);
    pageFree(s, page);
    return;
  }
  store<u32>(page, used, PAGE_USED);
  store<u16>(row, 0, ROW_PLACE);
  store<u32>(row, free);
  store<u32>(page, <u32>row, PAGE_FREE);
  if (wasFull) roomAdd(room, page);
}

/** What a place for `bytes` takes; of rows outside of pages, all that is taken for them. */
export function placeBytes(bytes: u64): u64 {
  if (bytes <= PLACE_BYTES_MAX) return classBytes(classOf(<u32>bytes));
  return bytes > BIG_BYTES_MAX ? bytes : <u64>powerOfTwo(<u32>bytes + BIG_HEADER);
}

/** Bytes that the place of a row has. */
export function placeRoom(row: usize): u32 {
  const kind: u32 = load<u8>(row, ROW_CLASS);
  return kind == BIG ? load<u32>(row - BIG_HEADER, 8) - BIG_HEADER : classBytes(kind);
}

/** Frees all places, whatever lies in them. */
export function slabsFree(s: Store): void {
  while (s.pages) pageFree(s, s.pages);
  while (s.bigs) bigGive(s, <usize>s.bigs + BIG_HEADER);
  memory.fill(s.classes, 0, SLAB_CLASSES * SLAB_CLASS_BYTES);
  s.rows = 0;
}
