// POOL: items of one size, from pages that are freed together.
//
//   PAGE   0           4           32
//          +-----------+-----------+--------------
//          | next u32  | bytes u32 | items …
//          +-----------+-----------+--------------
import { block_size, state_force } from "../memory";
import { Space, spaceGive } from "../state/space";

@unmanaged
export class Pool {
  itemBytes: u32; // a multiple of 16
  free: u32; // list of items, each with the address of the next in front
  freeItems: u32;
  pages: u32;
}

const PAGE_HEADER: u32 = 32;
const PAGE_BYTES_MIN: u32 = 4096;
const PAGE_BYTES_MAX: u32 = 1 << 16;
const ITEMS_A_PAGE_MIN: u32 = 8;

/** Makes sure that `items` can be taken; false when the memory's maximum is reached. */
export function poolReserve(space: Space, pool: Pool, items: u32): bool {
  while (pool.freeItems < items) if (!pageAdd(space, pool)) return false;
  return true;
}

function pageAdd(space: Space, pool: Pool): bool {
  let bytes = pool.pages ? load<u32>(pool.pages, 4) << 1 : PAGE_BYTES_MIN;
  if (bytes > PAGE_BYTES_MAX) bytes = PAGE_BYTES_MAX;
  const least = PAGE_HEADER + ITEMS_A_PAGE_MIN * pool.itemBytes;
  if (bytes < least) bytes = <u32>block_size(least);
  const page = state_force(bytes);
  if (!page) return false;
  space.bytes += <u32>block_size(bytes);
  store<u32>(page, pool.pages);
  store<u32>(page, bytes, 4);
  pool.pages = <u32>page;
  const end = page + bytes - pool.itemBytes;
  for (let item = page + PAGE_HEADER; item <= end; item += pool.itemBytes) poolGive(pool, item);
  return true;
}

/** An item, after poolReserve; its contents are undefined. */
@inline export function poolTake(pool: Pool): usize {
  const item: usize = pool.free;
  pool.free = load<u32>(item);
  pool.freeItems--;
  return item;
}

@inline export function poolGive(pool: Pool, item: usize): void {
  store<u32>(item, pool.free);
  pool.free = <u32>item;
  pool.freeItems++;
}

/** Frees all items. */
export function poolFree(space: Space, pool: Pool): void {
  for (let page: usize = pool.pages; page;) {
    const next: usize = load<u32>(page);
    spaceGive(space, page, load<u32>(page, 4));
    page = next;
  }
  pool.pages = 0;
  pool.free = 0;
  pool.freeItems = 0;
}
