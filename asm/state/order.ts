// ORDER: the addresses of all rows of a table in order of insertion, for tables some of whose rows lie elsewhere.
//
//   pages   a list of blocks, each twice as long as the one before, up to PAGE_BYTES_MAX
//
//            0           4            8
//            +-----------+------------+--------------------
//            | next u32  | bytes u32  | row addresses u32 …
//            +-----------+------------+--------------------
import { Space, spaceGive, spaceTake } from "./space";
import { PAGE_HEADER, PAGE_NEXT, Table, pageUsed } from "./table";

const NEXT: usize = 0;
const BYTES: usize = 4;
const HEADER: u32 = 8;
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
    const next = <usize>load<u32>(page, NEXT), end: u32 = next ? <u32>page + load<u32>(page, BYTES) : table.orderNext;
    const used = end - <u32>page - HEADER;
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

/**
 * Lists the addresses of up to `most` rows in order of insertion, from the one numbered `first` on, as u32 at `list`;
 * returns how many.
 */
export function rowsList(space: Space, table: Table, first: u32, list: usize, most: u32): u32 {
  return table.order ? listOrder(table, first, list, most) : listPages(space, table, first, list, most);
}
