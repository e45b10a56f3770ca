// TABLE: the rows of one (slice, key group), in order of insertion, with an open-addressing index of their own. It
// grows by itself, so that no rehash is longer than one key group takes, and it is freed as a whole. The index may
// lag behind the rows, until it is asked.
//
//   index   u32 entries, linear probing, about half full at most; 0 = empty
//
//            31     28 27                   0
//            +--------+---------------------+
//            | tag: high bits of the hash   |  address of the row / 16
//            +--------+---------------------+
//
//   pages   a list of blocks, each twice as long as the one before, up to PAGE_BYTES_MAX
//
//            0           4            8           12           16       32
//            +-----------+------------+-----------+------------+--------+------------
//            | next u32  | bytes u32  | used u32  | stored u32 | unused | rows …
//            +-----------+------------+-----------+------------+--------+------------
//            bytes 0: the page lies in memory of somebody else (tableAdopt), and no more rows go there
//
// Where an operator keeps rows in memory of its own, the table has a list of the order of all its rows (order.ts);
// the pages and the index are then for the others.
import { orderFree } from "./order";
import { ROW_KEYS, rowCopy, rowHash } from "./row";
import { Space, spaceGive, spaceTake } from "./space";

export const PAGE_NEXT: usize = 0;
export const PAGE_BYTES: usize = 4;
const PAGE_USED: usize = 8;
/** See order.ts. */
export const PAGE_STORED: usize = 12;
export const PAGE_HEADER: u32 = 32;
const PAGE_BYTES_MIN: u32 = 256;
const PAGE_BYTES_MAX: u32 = 1 << 16;
const INDEX_ENTRIES_MIN: u32 = 8;

@unmanaged
export class Table {
  index: u32; // address of the entries; 0 = there is none yet
  mask: u32; // entries − 1
  indexed: u32; // so many of the first rows of the pages are in the index
  rows: u32;
  paged: u32; // rows in the pages
  expected: u32; // rows that it may come to
  next: u32; // address of the next row
  end: u32; // end of the last page
  first: u32; // pages
  last: u32;
  bytesAt: u32; // where the next owned bytes go
  bytesEnd: u32;
  bytesBlocks: u32; // list of blocks of owned bytes, the newest first
  order: u32; // pages of the order of rows (order.ts); 0 = it is that of the pages
  orderNext: u32; // where the next row is listed
  orderEnd: u32; // end of the last of those pages
}

export const TABLE_BYTES: u32 = 64;

@inline export function entryOf(row: usize, hash: u32): u32 {
  return (hash & 0xf0000000) | (<u32>row >>> 4);
}

@inline export function rowOfEntry(entry: u32): usize {
  return <usize>(entry << 4);
}

@inline export function tagDiffers(entry: u32, hash: u32): bool {
  return ((entry ^ hash) & 0xf0000000) != 0;
}

/** Bytes of rows in a page. Of the last page the header does not know it: that is where rows are appended. */
@inline export function pageUsed(table: Table, page: usize): u32 {
  return page == <usize>table.last ? table.next - <u32>page - PAGE_HEADER : load<u32>(page, PAGE_USED);
}

@inline function powerOfTwo(least: u32): u32 {
  return least <= 1 ? 1 : 1 << (32 - clz(least - 1));
}

/**
 * Whether an index of so many entries has room for so many rows: about half of them, tables more or fewer by where they lie, since those
 * of a slice have about as many rows each, and would all grow in the same moment.
 */
@inline function hasRoom(table: Table, rows: u32, entries: u32): bool {
  return rows << 1 <= entries - (entries >>> 3) + (entries >>> 9) * ((<u32>changetype<usize>(table) >>> 6) & 127);
}

/** An empty table; null when there is no memory. */
export function tableMake(space: Space): Table {
  const address = spaceTake(space, TABLE_BYTES);
  if (address) memory.fill(address, 0, TABLE_BYTES);
  return changetype<Table>(address);
}

@inline function put(index: usize, mask: u32, hash: u32, row: usize): void {
  let at = hash & mask;
  while (load<u32>(index + (<usize>at << 2))) at = (at + 1) & mask;
  store<u32>(index + (<usize>at << 2), entryOf(row, hash));
}

/**
 * Replaces the index by an empty one of `entries`; false when there is no memory, and then nothing has
 * changed.
 */
function indexRenew(space: Space, table: Table, entries: u32): bool {
  const index = spaceTake(space, entries << 2);
  if (!index) return false;
  memory.fill(index, 0, <usize>entries << 2);
  if (table.index) spaceGive(space, table.index, (table.mask + 1) << 2);
  table.index = <u32>index;
  table.mask = entries - 1;
  table.indexed = 0;
  return true;
}

/** Enters the rows that the index does not have yet. */
function indexFill(space: Space, table: Table): void {
  let skip = table.indexed * space.rowBytes;
  for (let page: usize = table.first; page; page = load<u32>(page, PAGE_NEXT)) {
    const used = pageUsed(table, page);
    for (let at = skip; at < used; at += space.rowBytes) {
      const row = page + PAGE_HEADER + at;
      put(table.index, table.mask, rowHash(space, row), row);
    }
    skip = skip > used ? skip - used : 0;
  }
  table.indexed = table.paged;
}

/**
 * Brings the index up to date, with room for one more row; false when there is no memory. It is called before the
 * index is looked at: tables whose rows are found in another way never get one.
 */
@inline export function tableIndex(space: Space, table: Table): bool {
  if (table.indexed == table.paged && table.index && hasRoom(table, table.paged + 1, table.mask + 1)) return true;
  return indexUpdate(space, table);
}

function indexUpdate(space: Space, table: Table): bool {
  const rows = table.paged + 1;
  if (!table.index || !hasRoom(table, rows, table.mask + 1)) {
    let entries = max<u32>(powerOfTwo(max<u32>(rows, table.expected) << 1), INDEX_ENTRIES_MIN);
    if (!hasRoom(table, rows, entries)) entries <<= 1;
    if (!indexRenew(space, table, entries)) return false;
  }
  indexFill(space, table);
  return true;
}

function pageAdd(space: Space, table: Table): bool {
  let bytes = table.last ? load<u32>(table.last, PAGE_BYTES) << 1 : PAGE_HEADER + table.expected * space.rowBytes;
  if (bytes < PAGE_BYTES_MIN) bytes = PAGE_BYTES_MIN;
  if (bytes > PAGE_BYTES_MAX) bytes = PAGE_BYTES_MAX;
  const one = PAGE_HEADER + space.rowBytes;
  bytes = powerOfTwo(bytes < one ? one : bytes);
  const page = spaceTake(space, bytes);
  if (!page) return false;
  store<u32>(page, 0, PAGE_NEXT);
  store<u32>(page, bytes, PAGE_BYTES);
  store<u32>(page, 0, PAGE_USED);
  store<u32>(page, 0, PAGE_STORED);
  if (table.last) {
    store<u32>(table.last, pageUsed(table, table.last), PAGE_USED);
    store<u32>(table.last, <u32>page, PAGE_NEXT);
  }
  if (!table.first) table.first = <u32>page;
  table.last = <u32>page;
  table.next = <u32>page + PAGE_HEADER;
  table.end = <u32>page + bytes;
  return true;
}

/** Makes sure that tableAppend finds memory for one row. False: nothing has changed. */
@inline export function tableReserve(space: Space, table: Table): bool {
  return table.next + space.rowBytes <= table.end || pageAdd(space, table);
}

/**
 * Appends a row of a key of one cell where there is a place for it, and leaves the index behind; 0 when there is none.
 */
@inline export function tableAppendCell(space: Space, table: Table, cell: i64): usize {
  const row: usize = table.next;
  if (table.next + space.rowBytes > table.end) return 0;
  rowCopy(row, space.template, space.rowBytes);
  store<i64>(row, cell, ROW_KEYS);
  table.next += space.rowBytes;
  table.paged++;
  table.rows++;
  space.rows++;
  return row;
}

/** Appends a row, a copy of the space's template, after tableReserve. */
export function tableAppend(space: Space, table: Table, hash: u32, group: u32): usize {
  const row: usize = table.next;
  rowCopy(row, space.template, space.rowBytes);
  if (space.hashAt) {
    store<u32>(row + space.hashAt, hash);
    store<u8>(row + space.hashAt, group, 4);
  }
  table.next += space.rowBytes;
  if (table.indexed == table.paged && table.index && hasRoom(table, table.paged + 1, table.mask + 1)) {
    put(table.index, table.mask, hash, row);
    table.indexed++;
  }
  table.paged++;
  table.rows++;
  space.rows++;
  return row;
}

/** Takes back the row that was appended last. Its probe chain ends with it, so the entry just becomes empty. */
export function tableRemoveLast(space: Space, table: Table, row: usize): void {
  if (table.indexed == table.paged) {
    const hash = rowHash(space, row), entry = entryOf(row, hash);
    let at = hash & table.mask;
    while (load<u32>(<usize>table.index + (<usize>at << 2)) != entry) at = (at + 1) & table.mask;
    store<u32>(<usize>table.index + (<usize>at << 2), 0);
    table.indexed--;
  }
  let page: usize = table.first;
  while (row < page || row >= page + load<u32>(page, PAGE_BYTES)) page = load<u32>(page, PAGE_NEXT);
  if (page == table.last) table.next = <u32>row;
  else store<u32>(page, load<u32>(page, PAGE_USED) - space.rowBytes, PAGE_USED);
  table.paged--;
  table.rows--;
  space.rows--;
}

function pagesFree(space: Space, table: Table): void {
  for (let page: usize = table.first; page;) {
    const next: usize = load<u32>(page, PAGE_NEXT), bytes = load<u32>(page, PAGE_BYTES);
    if (bytes) spaceGive(space, page, bytes);
    page = next;
  }
}

/** Writes the header of a page that lies in memory of somebody else, with `used` bytes of rows. */
export function pageMake(page: usize, used: u32): void {
  store<u32>(page, 0, PAGE_NEXT);
  store<u32>(page, 0, PAGE_BYTES);
  store<u32>(page, used, PAGE_USED);
  store<u32>(page, 0, PAGE_STORED);
}

/** Gives the table pages made by pageMake, which have all of its rows in their order, in place of what it has. */
export function tableAdopt(space: Space, table: Table, first: usize): void {
  pagesFree(space, table);
  if (table.order) orderFree(space, table);
  if (table.index) spaceGive(space, table.index, (table.mask + 1) << 2);
  let last = first;
  while (load<u32>(last, PAGE_NEXT)) last = load<u32>(last, PAGE_NEXT);
  table.first = <u32>first;
  table.last = <u32>last;
  table.next = <u32>last + PAGE_HEADER + load<u32>(last, PAGE_USED);
  table.end = table.next;
  table.paged = table.rows;
  table.expected = table.rows;
  table.index = 0;
  table.mask = 0;
  table.indexed = 0;
  table.order = 0;
  table.orderNext = 0;
  table.orderEnd = 0;
}

/** Frees the table with its rows, its index and its bytes. */
export function tableFree(space: Space, table: Table): void {
  space.rows -= table.rows;
  pagesFree(space, table);
  for (let block: usize = table.bytesBlocks; block;) {
    const next: usize = load<u32>(block);
    spaceGive(space, block, load<u32>(block, 4));
    block = next;
  }
  if (table.order) orderFree(space, table);
  if (table.index) spaceGive(space, table.index, (table.mask + 1) << 2);
  spaceGive(space, changetype<usize>(table), TABLE_BYTES);
}
