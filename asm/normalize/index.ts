// Normalize room: rows that replace each other by key become a changelog that says what was there before. The newest row
// of each key is kept; +I and +U are the key's new row, −D takes it away by its key alone, and −U says nothing.
//
//   SPEC  0          8
//         +----------+------------------------
//         | keys u32 | SPEC of the rows (rows/)      keys are the first columns of the rows
//         +----------+------------------------
//   PUSH  columns, selection, selected, kinds: u32 each
import { arena_alloc, block_alloc, block_free } from "../memory";
import { rowEqualsBatch } from "../rows/compare";
import { rowEncode, rowFree } from "../rows/encode";
import { batchEntry, rowsGather } from "../rows/gather";
import { Index, indexAdd, indexFind, indexFree, indexMake, indexRemove, indexReplace } from "../rows/index_rows";
import { keysHash } from "../rows/keys";
import { shelfFree } from "../rows/shelf";
import { rowRename } from "../rows/touch";
import { Store, storeFree, storeGroups, storeMake } from "../rows/store";

export { normalize_shelf } from "./shelf";
export { normalize_index, normalize_put_scalars, normalize_restored, normalize_scalars, normalize_settle, normalize_store } from "./state";

const NO_MEMORY: i32 = -1;
const DONE: i32 = -2;
const STATE_FULL: i32 = -3;
const OUT_ROWS: u32 = 8192;

const INSERT: u8 = 0;
const BEFORE: u8 = 1;
const AFTER: u8 = 2;
const DELETE: u8 = 3;

@unmanaged
export class Normalize {
  store: u32;
  index: u32;
  keys: u32;
  keyList: u32; // address of u32 column numbers 0, 1, … of the keys
  blockBytes: u32;
  input: u32; // address of the PUSH at hand; 0 = none
  next: u32;
  hashes: u32;
  entries: u32; // what comes out (rows/gather.ts), and its kinds and causes
  kinds: u32;
  causes: u32;
  used: u32;
  doomed: u32; // rows that were replaced, linked by their first word: what came out last may refer to them
  seq: u64;
  shelf: u32; // 0: its rows do not leave memory
}

@inline export function storeOf(n: Normalize): Store {
  return changetype<Store>(<usize>n.store);
}

@inline export function indexOf(n: Normalize): Index {
  return changetype<Index>(<usize>n.index);
}

/** An instance without rows; 0 when there is no memory. */
export function normalize_create(spec: usize): usize {
  const keys = load<u32>(spec), head: u32 = (offsetof<Normalize>() + 7) & ~7, bytes = head + ((keys + 1) << 2);
  const address = block_alloc(bytes);
  if (!address) return 0;
  memory.fill(address, 0, bytes);
  const n = changetype<Normalize>(address);
  n.blockBytes = bytes;
  n.keys = keys;
  n.keyList = <u32>address + head;
  for (let i: u32 = 0; i < keys; i++) store<u32>(<usize>n.keyList + (<usize>i << 2), i);
  n.store = <u32>storeMake(spec + 8);
  if (n.store) storeGroups(storeOf(n), n.keyList, keys);
  if (n.store) n.index = <u32>indexMake(storeOf(n), n.keyList, keys, true, 0);
  if (n.index) return address;
  if (n.store) storeFree(storeOf(n));
  block_free(address, bytes);
  return 0;
}

/** Begins with a batch; false when there is no memory. */
export function normalize_push(address: usize, push: usize): bool {
  const n = changetype<Normalize>(address), count = load<u32>(push, 8);
  n.input = <u32>push;
  n.next = 0;
  n.hashes = <u32>arena_alloc(<usize>count << 2);
  if (!n.hashes) return false;
  keysHash(load<u32>(push), n.keyList, n.keys, true, load<u32>(push, 4), count, storeOf(n).seed, n.hashes);
  return true;
}

@inline function emit(n: Normalize, kind: u8, entry: u32, cause: u32): void {
  const i: usize = n.used;
  n.used++;
  store<u32>(<usize>n.entries + (i << 2), entry);
  store<u8>(<usize>n.kinds + i, kind);
  store<u32>(<usize>n.causes + (i << 2), cause);
}

function doom(n: Normalize, row: usize): void {
  store<u32>(row, n.doomed);
  n.doomed = <u32>row;
}

function remove(n: Normalize, row: usize, r: u32): void {
  if (!row) return;
  emit(n, DELETE, <u32>row, r);
  indexRemove(indexOf(n), row);
  doom(n, row);
}

function replace(n: Normalize, row: usize, columns: usize, r: u32, hash: u32): bool {
  const s = storeOf(n);
  if (row && rowEqualsBatch(s, row, columns, r, 0, 0)) return true;
  const fresh = rowEncode(s, columns, r, hash, n.seq++);
  if (!fresh) return false;
  if (row) {
    indexReplace(indexOf(n), row, fresh);
    rowRename(row, fresh);
    emit(n, BEFORE, <u32>row, r);
    doom(n, row);
  } else if (!indexAdd(indexOf(n), fresh)) {
    rowFree(s, fresh);
    return false;
  }
  emit(n, row ? AFTER : INSERT, batchEntry(r), r);
  return true;
}

/** One row of the batch; false when there is no memory. */
function take(n: Normalize, at: u32): bool {
  const push: usize = n.input, selection: usize = load<u32>(push, 4), kinds: usize = load<u32>(push, 12);
  const r = selection ? load<u32>(selection + (<usize>at << 2)) : at, columns: usize = load<u32>(push);
  const kind = kinds ? load<u8>(kinds + r) : INSERT, hash = load<u32>(<usize>n.hashes + (<usize>at << 2));
  if (kind == BEFORE) return true;
  const row = indexFind(indexOf(n), hash, columns, n.keyList, r);
  if (kind != DELETE) return replace(n, row, columns, r, hash);
  remove(n, row, r);
  return true;
}

/** What came out last may no more refer to rows that were replaced. */
export function dropDoomed(n: Normalize): void {
  while (n.doomed) {
    const row: usize = n.doomed;
    n.doomed = load<u32>(row);
    rowFree(storeOf(n), row);
  }
}

function begin(n: Normalize): bool {
  dropDoomed(n);
  n.used = 0;
  n.entries = <u32>arena_alloc(<usize>OUT_ROWS << 2);
  n.kinds = <u32>arena_alloc(OUT_ROWS);
  n.causes = <u32>arena_alloc(<usize>OUT_ROWS << 2);
  return n.entries != 0 && n.kinds != 0 && n.causes != 0;
}

/** Works the batch in until there are enough results, for normalize_out: how many. DONE at its end. */
export function normalize_pull(address: usize): i32 {
  const n = changetype<Normalize>(address);
  if (!n.input) return DONE;
  if (!begin(n)) return NO_MEMORY;
  const count = load<u32>(n.input, 8);
  for (; n.next < count && n.used + 2 <= OUT_ROWS; n.next++) if (!take(n, n.next)) return STATE_FULL;
  if (n.next == count && !n.used) n.input = 0;
  return n.used ? <i32>n.used : DONE;
}

/** Gathers what the last pull found as rank_out does (rank/index.ts), without a rank. */
export function normalize_out(
  address: usize, columns: usize, picks: usize, picked: u32, out: usize, to: usize,
): bool {
  const n = changetype<Normalize>(address);
  store<u32>(to, n.kinds);
  store<u32>(to, n.causes, 4);
  return rowsGather(storeOf(n), columns, n.entries, n.used, picks, picked, out, false);
}

export function normalize_state_rows(address: usize): u32 {
  return storeOf(changetype<Normalize>(address)).rows;
}

export function normalize_state_bytes(address: usize): u32 {
  return storeOf(changetype<Normalize>(address)).bytes;
}

/** Frees everything. */
export function normalize_free(address: usize): void {
  const n = changetype<Normalize>(address);
  shelfFree(n.shelf);
  indexFree(indexOf(n));
  storeFree(storeOf(n));
  block_free(address, n.blockBytes);
}
