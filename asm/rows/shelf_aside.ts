// While rows are restored (restore.ts), they leave for the file one by one, each with the hash of its key, and are put into nothing: what comes later
// finds them by their names, which who runs the file knows.
import { rowKeyHash, HASH_NONE } from "./keys";
import { rowFree } from "./encode";
import { mapAt, mapEmpty } from "./restore";
import { ALONE_NOT, Shelf, aloneHash, indexAt, sideAt, storeAt } from "./shelf";
import { isLong, recordAlone, recordsBegin, recordsEnd } from "./shelf_leave";
import { rowForget } from "./touch";

/** Begins to let the restored rows of a side leave. */
export function shelf_aside_begin(address: usize): void {
  changetype<Shelf>(address).asideAt = 0;
}

/** The next ones leave as records at `to`, up to `room` bytes, of which a record takes less. Returns the bytes; 0: that is all. */
export function shelf_aside(address: usize, number: u32, to: usize, room: u32, epoch: u32): u32 {
  const shelf = changetype<Shelf>(address), side = sideAt(shelf, number), s = storeAt(side), index = indexAt(shelf, side);
  recordsBegin(to, room, epoch);
  for (; shelf.asideAt < s.mapRoom; shelf.asideAt++) {
    const row = mapAt(s, shelf.asideAt);
    if (!row) continue;
    const hash = rowKeyHash(s, row, index.list, index.keys, index.nullsEqual);
    if (hash == HASH_NONE || isLong(shelf, side, row)) continue;
    store<u32>(row + index.linkAt, hash, 8);
    const alone = aloneHash(shelf, row);
    if (!recordAlone(shelf, number, row, alone == ALONE_NOT ? hash : alone, true)) break;
    mapEmpty(s, shelf.asideAt);
    rowForget(row);
    rowFree(s, row);
  }
  return <u32>(recordsEnd() - to);
}

/** Hashes of the keys of restored rows of a side that are in memory, u32 each to `to`, which has room for all rows; how many. */
export function shelf_stayed(address: usize, number: u32, to: usize): u32 {
  const shelf = changetype<Shelf>(address), side = sideAt(shelf, number), s = storeAt(side), index = indexAt(shelf, side);
  let found: u32 = 0;
  for (let i: u32 = 0; i < s.mapRoom; i++) {
    const row = mapAt(s, i), hash = row ? rowKeyHash(s, row, index.list, index.keys, index.nullsEqual) : HASH_NONE;
    if (hash == HASH_NONE) continue;
    store<u32>(to + (<usize>found << 2), hash);
    found++;
  }
  return found;
}

/** Rows of a side that are in memory. */
export function shelf_rows(address: usize, number: u32): u32 {
  return storeAt(sideAt(changetype<Shelf>(address), number)).rows;
}
