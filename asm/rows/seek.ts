// A look for the rows of a key through a store without an index, in steps, between which rows come and go. Whoever puts rows into the store or takes
// them out of it tells, so that what is listed is at every moment what there is of the key in front of the place that the look has come to, and what
// has come behind it since.
import { block_alloc, block_free } from "../memory";
import { keyEqualsBatch, keysHash, rowKeyHash } from "./keys";
import { ROW_ALIVE, ROW_HASH, ROW_PLACE } from "./row";
import { pageEnd, pageFirstRow, pageNext, pageStep, placeFirstBig, placeNextBig } from "./slab";
import { Store } from "./store";

const HASH: usize = memory.data(4, 4);

@inline function storeAt(address: usize): Store {
  return changetype<Store>(address);
}

@inline function listed(s: Store, i: u32): usize {
  return load<u32>(<usize>s.seekList + (<usize>i << 2));
}

function isListed(s: Store, row: usize): bool {
  for (let i: u32 = 0; i < s.seekCount; i++) if (listed(s, i) == row) return true;
  return false;
}

function list(s: Store, row: usize): void {
  store<u32>(<usize>s.seekList + (<usize>s.seekCount << 2), <u32>row);
  s.seekCount++;
}

/** A row has come. Its key is compared with the next step. */
export function seekAdd(s: Store, row: usize): void {
  const hash = s.seekKeys ? rowKeyHash(s, row, s.seekOwn, s.seekKeys, true) : load<u32>(row, ROW_HASH);
  if (hash != s.seekHash) return;
  if (s.seekCount < s.seekRoom) list(s, row);
  else s.seekMissed = true;
}

/** A row goes. */
export function seekDrop(s: Store, row: usize): void {
  if (!s.seekKeys && load<u32>(row, ROW_HASH) != s.seekHash) return;
  for (let i: u32 = 0; i < s.seekCount; i++) {
    if (listed(s, i) != row) continue;
    const at = <usize>s.seekList + (<usize>i << 2);
    s.seekCount--;
    memory.copy(at, at + 4, <usize>(s.seekCount - i) << 2);
    return;
  }
}

/** Bytes of the list, and of the numbers of the columns behind it. */
@inline function listBytes(s: Store): u32 {
  return (s.seekRoom + s.seekKeys) << 2;
}

function begin(s: Store): void {
  s.seekMissed = false;
  s.seekPage = s.pages;
  s.seekRow = 0;
  s.seekBig = <u32>placeFirstBig(s);
}

function end(s: Store): void {
  if (s.seekList) block_free(s.seekList, listBytes(s));
  s.seekList = 0;
  s.seekPage = s.seekBig = 0;
}

/**
 * Begins a look for `most` rows of the key in the first row of `columns`, as `batchList` names its columns (u32 each; `own`: those of the store); one that was
 * not ended is. `hashed`: the hashes of the store's rows are those of the key, where NULL equals NULL. False without memory.
 */
export function rows_seek(
  address: usize, columns: usize, own: usize, batchList: usize, keys: u32, hashed: bool, most: u32,
): bool {
  const s = storeAt(address);
  end(s);
  s.seekRoom = most;
  s.seekKeys = hashed ? 0 : keys;
  s.seekList = <u32>block_alloc(listBytes(s));
  if (!s.seekList) return false;
  s.seekOwn = s.seekList + (most << 2);
  memory.copy(s.seekOwn, own, <usize>s.seekKeys << 2);
  keysHash(columns, batchList, keys, true, 0, 1, s.seed, HASH);
  s.seekHash = load<u32>(HASH);
  s.seekCount = 0;
  begin(s);
  return true;
}

/** Takes rows out of the list that have come with the hash, but not with the key. */
function sift(s: Store, own: usize, columns: usize, batchList: usize, keys: u32): void {
  const count = s.seekCount;
  s.seekCount = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row = listed(s, i);
    if (keyEqualsBatch(s, row, own, columns, batchList, keys, 0)) list(s, row);
  }
}

/** Whether a place has a row of the key that is not listed: in front of the place the look has come to it is when it has come since. */
function isNew(s: Store, row: usize, own: usize, columns: usize, batchList: usize, keys: u32): bool {
  if (!(load<u16>(row, ROW_PLACE) & <u16>ROW_ALIVE) || (!s.seekKeys && load<u32>(row, ROW_HASH) != s.seekHash)) return false;
  return keyEqualsBatch(s, row, own, columns, batchList, keys, 0) && !isListed(s, row);
}

/**
 * Goes on with a look by `looks` places; true: what is listed is all that there is, or as much as was asked for. `list` (u32 each) has the store's columns
 * of the key.
 */
export function rows_seek_next(address: usize, columns: usize, own: usize, batchList: usize, keys: u32, looks: u32): bool {
  const s = storeAt(address);
  sift(s, own, columns, batchList, keys);
  // Of what did not fit something may have its turn now
  if (s.seekMissed && s.seekCount < s.seekRoom) begin(s);
  while (s.seekPage && s.seekCount < s.seekRoom && looks) {
    const page: usize = s.seekPage, last = pageEnd(page), step = pageStep(page);
    let row: usize = s.seekRow ? <usize>s.seekRow : pageFirstRow(page);
    for (; row < last && s.seekCount < s.seekRoom && looks; row += step, looks--) {
      if (isNew(s, row, own, columns, batchList, keys)) list(s, row);
    }
    s.seekRow = <u32>row;
    if (row < last) break;
    s.seekPage = <u32>pageNext(page);
    s.seekRow = 0;
  }
  while (!s.seekPage && s.seekBig && s.seekCount < s.seekRoom && looks) {
    const row: usize = s.seekBig;
    looks--;
    if (isNew(s, row, own, columns, batchList, keys)) list(s, row);
    s.seekBig = <u32>placeNextBig(row);
  }
  return s.seekCount == s.seekRoom || (!s.seekPage && !s.seekBig);
}

/** Ends a look. The rows that it has found go to `to`, u32 each, `most` of them; how many. */
export function rows_sought(address: usize, to: usize, most: u32): u32 {
  const s = storeAt(address), count = min<u32>(s.seekCount, most);
  memory.copy(to, s.seekList, <usize>count << 2);
  end(s);
  return count;
}
