// POOL: things of one size, side by side in pages that grow; what is given back is handed out again first.
//
//   page   0           4            16
//          +-----------+------------+---------------------
//          | next u32  | bytes u32  | things of `size` …
//          +-----------+------------+---------------------
//
// Things are aligned to 16, so that an index entry has room for a tag beside the address.
import { block_size } from "../memory";
import { Space, spaceGive, spaceTake } from "../state/space";

const NEXT: usize = 0;
const BYTES: usize = 4;
const HEADER: u32 = 16;
const PAGE_BYTES_MIN: u32 = 1024;
const PAGE_BYTES_MAX: u32 = 1 << 16;

@unmanaged
export class Pool {
  size: u32; // of one thing, a multiple of 16
  free: u32; // list of those that were given back, linked by their first word
  at: u32; // where the next new one lies
  end: u32; // of the last page
  pages: u32; // the newest first
  idle: u32; // so many were given back and wait
}

function pageAdd(space: Space, pool: Pool): bool {
  const before = pool.pages ? load<u32>(pool.pages, BYTES) << 1 : PAGE_BYTES_MIN;
  const most = pool.size * 4 > PAGE_BYTES_MAX ? pool.size * 4 : PAGE_BYTES_MAX;
  let bytes = before > most ? most : before;
  if (bytes < HEADER + pool.size) bytes = HEADER + pool.size;
  let page = spaceTake(space, bytes);
  // Where little room is left, it is a shorter one
  for (const least = <u32>block_size(HEADER + pool.size); !page && bytes > least;) {
    bytes = bytes >> 1 > least ? bytes >> 1 : least;
    page = spaceTake(space, bytes);
  }
  if (!page) return false;
  store<u32>(page, pool.pages, NEXT);
  store<u32>(page, bytes, BYTES);
  pool.pages = <u32>page;
  pool.at = <u32>page + HEADER;
  pool.end = <u32>page + bytes;
  return true;
}

/** A thing with undefined contents; 0 when there is no memory. */
@inline export function poolTake(space: Space, pool: Pool): usize {
  const free: usize = pool.free;
  if (free) {
    pool.free = load<u32>(free);
    pool.idle--;
    return free;
  }
  if (pool.end - pool.at < pool.size && !pageAdd(space, pool)) return 0;
  const thing: usize = pool.at;
  pool.at += pool.size;
  return thing;
}

@inline export function poolGive(pool: Pool, thing: usize): void {
  store<u32>(thing, pool.free);
  pool.free = <u32>thing;
  pool.idle++;
}

/** Frees the page behind another one, none of whose things waits to be handed out. */
export function poolDrop(space: Space, before: u32, page: u32): void {
  store<u32>(before, load<u32>(page, NEXT), NEXT);
  spaceGive(space, page, load<u32>(page, BYTES));
}

/** Nothing that was given back waits. */
@inline export function poolForget(pool: Pool): void {
  pool.free = pool.idle = 0;
}

/** Frees all pages. */
export function poolFree(space: Space, pool: Pool): void {
  for (let page: usize = pool.pages; page;) {
    const next: usize = load<u32>(page, NEXT);
    spaceGive(space, page, load<u32>(page, BYTES));
    page = next;
  }
  pool.pages = pool.free = pool.at = pool.end = pool.idle = 0;
}

/** The newest page, and the one behind another; 0 = there is none. */
@inline export function poolFirst(pool: Pool): u32 {
  return pool.pages;
}

@inline export function poolNext(page: u32): u32 {
  return load<u32>(page, NEXT);
}

/** Where the things of a page begin. */
@inline export function poolPlace(page: u32): u32 {
  return page ? page + HEADER : 0;
}

/** Where those end that were ever taken. */
@inline export function poolEnd(pool: Pool, page: u32): usize {
  return page == pool.pages ? pool.at : page + load<u32>(page, BYTES);
}
