// ORDER: the addresses of all rows of a table in order of insertion, for tables some of whose rows lie elsewhere.
//
//   pages   a list of blocks, each twice as long as the one before, up to PAGE_BYTES_MAX
//
//            0           4            8            12       16
//            +-----------+------------+------------+--------+--------------------
//            | next u32  | bytes u32  | stored u32 | unused | row addresses u32 …
//            +-----------+------------+------------+--------+--------------------
//
//   stored   of the first page: so many of the first rows a listing for a checkpoint has been through; where there is no list, it is in the first page of rows
import { Space, spaceGive, spaceTake } from "./space";
import { PAGE_HEADER, PAGE_NEXT, PAGE_STORED, Table, pageUsed } from "./table";

const NEXT: usize = 0;
const BYTES: usize = 4;
const STORED: usize = 8;
const HEADER: u32 = 16;
const PAGE_BYTES_MIN: u32 = 256;
const PAGE_BYTES_MAX: u32 = 1 << 16;

/** The last page of a table that has one. */
function lastPage(table: Table): usize {
  let page: usize = table.order;
  while (load<u32>(page, NEXT)) page = load<u32>(page, NEXT);
  return page;
}

function pageAdd(space: Space, table: Table): bool {
  const last: usize = table.order ? lastPage(table) : 0;
  const twice = last ? load<u32>(last, BYTES) << 1 : PAGE_BYTES_MIN;
  const bytes = twice > PAGE_BYTES_MAX ? PAGE_BYTES_MAX : twice, page = spaceTake(space, bytes);
  if (!page) return false;
  store<u32>(page, 0, NEXT);
  store<u32>(page, bytes, BYTES);
  store<u32>(page, 0, STORED);
  if (last) store<u32>(last, <u32>page, NEXT);
  else table.order = <u32>page;
  table.orderNext = <u32>page + HEADER;
  table.orderEnd = <u32>page + bytes;
  return true;
}

/** Makes sure that orderAdd finds room for one row; false when there is no memory. */
@inline export function orderReserve(space: Space, table: Table): bool {
  return table.orderNext < table.orderEnd || pageAdd(space, table);
}

/** Lists a row behind the others, after orderReserve. */
@inline export function orderAdd(table: Table, row: usize): void {
  store<u32>(table.orderNext, <u32>row);
  table.orderNext += 4;
}

/** Takes the row that was listed last from the list. */
export function orderRemoveLast(space: Space, table: Table): void {
  const page = lastPage(table);
  if (table.orderNext == <u32>page + HEADER) pageRemove(space, table, page);
  table.orderNext -= 4;
}

/** Frees the last page, which is empty, behind another one. */
function pageRemove(space: Space, table: Table, page: usize): void {
  let before: usize = table.order;
  while (<usize>load<u32>(before, NEXT) != page) before = load<u32>(before, NEXT);
  store<u32>(before, 0, NEXT);
  spaceGive(space, page, load<u32>(page, BYTES));
  table.orderEnd = <u32>before + load<u32>(before, BYTES);
  table.orderNext = table.orderEnd;
}

/** Frees the list. */
export function orderFree(space: Space, table: Table): void {
  for (let page: usize = table.order; page;) {
    const next: usize = load<u32>(page, NEXT);
    spaceGive(space, page, load<u32>(page, BYTES));
    page = next;
  }
}

/** Addresses of up to `most` rows from the one numbered `first` on, of a table that has a list. */
function listOrder(table: Table, first: u32, list: usize, most: u32): u32 {
  let skip = first << 2, listed: u32 = 0;
  for (let page: usize = table.order; page && listed < most; page = load<u32>(page, NEXT)) {
    const used = listUsed(table, page);
    if (skip >= used) {
      skip -= used;
      continue;
    }
    const rows = min<u32>((used - skip) >>> 2, most - listed);
    memory.copy(list + (<usize>listed << 2), page + HEADER + skip, <usize>rows << 2);
    listed += rows;
    skip = 0;
  }
  return listed;
}

/** The same of a table whose rows are all in its pages. */
function listPages(space: Space, table: Table, first: u32, list: usize, most: u32): u32 {
  let skip = first * space.rowBytes, listed: u32 = 0;
  for (let page: usize = table.first; page && listed < most; page = load<u32>(page, PAGE_NEXT)) {
    const used = pageUsed(table, page);
    if (skip >= used) {
      skip -= used;
      continue;
    }
    const end = page + PAGE_HEADER + used;
    for (let row = page + PAGE_HEADER + skip; row < end && listed < most; row += space.rowBytes) {
      store<u32>(list + (<usize>listed << 2), <u32>row);
      listed++;
    }
    skip = 0;
  }
  return listed;
}

/** A stretch of a table's rows: where the addresses of so many are, u32 each, if the table has a list; else where they lie, one behind the other. */
export let spanAt: usize = 0;
export let spanRows: u32 = 0;
let spanPage: usize = 0;

/** Stretches that `page` and those behind it have; the first of them with a row, from `skip` bytes behind its begin on. */
function spanEnter(table: Table, page: usize, skip: u32): void {
  const listed = table.order != 0;
  spanRows = 0;
  for (; page; page = load<u32>(page + (listed ? NEXT : PAGE_NEXT))) {
    const used = listed ? listUsed(table, page) : pageUsed(table, page);
    if (skip < used) {
      spanPage = page;
      spanAt = page + (listed ? HEADER : PAGE_HEADER) + skip;
      spanRows = used - skip;
      return;
    }
    skip -= used;
  }
}

/** Begins with the stretch that has the row numbered `first`: `spanRows` is 0 at the end. */
export function spanFind(space: Space, table: Table, first: u32): void {
  const bytes = table.order ? 4 : space.rowBytes;
  spanEnter(table, table.order ? table.order : table.first, first * bytes);
  spanRows /= bytes;
}

/** Goes on behind so many rows of the stretch. */
export function spanPass(space: Space, table: Table, rows: u32): void {
  const bytes = table.order ? 4 : space.rowBytes;
  spanAt += <usize>rows * bytes;
  spanRows -= rows;
  if (spanRows) return;
  spanEnter(table, load<u32>(spanPage + (table.order ? NEXT : PAGE_NEXT)), 0);
  spanRows /= bytes;
}

/** Bytes of addresses in a page of a list. */
@inline function listUsed(table: Table, page: usize): u32 {
  return (load<u32>(page, NEXT) ? <u32>page + load<u32>(page, BYTES) : table.orderNext) - <u32>page - HEADER;
}

/**
 * Lists the addresses of up to `most` rows in order of insertion, from the one numbered `first` on, as u32 at `list`;
 * returns how many.
 */
export function rowsList(space: Space, table: Table, first: u32, list: usize, most: u32): u32 {
  return table.order ? listOrder(table, first, list, most) : listPages(space, table, first, list, most);
}

/** How many of the first rows of the table a listing for a checkpoint has been through; they stay what they are as long as the table does. */
export function rowsStored(table: Table): u32 {
  if (table.order) return load<u32>(table.order, STORED);
  return table.first ? load<u32>(table.first, PAGE_STORED) : 0;
}

export function rowsStoredSet(table: Table, rows: u32): void {
  if (table.order) store<u32>(table.order, rows, STORED);
  else if (table.first) store<u32>(table.first, rows, PAGE_STORED);
}
