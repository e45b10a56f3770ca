// SHELF: rows that nothing has asked for lately leave memory for a file of the task, and come back when their keys are asked for. What an
// operator keeps of a key, all of its rows in all of its stores, is a bundle: it leaves and comes back together, so that a key of which one row is
// in memory is there with all of them. Operators say what takes a row out of all that finds it, and what puts rows that are back in there again.
//
// Rows that nobody asks for by their key until their time has come may leave by themselves, under a hash of their own.
//
// A bundle is one RECORD or several; those of a key come back together, in whatever order. After a restore each row is a record of its own.
//
//   RECORD  0           4           8          12          16          20           24          32
//           +-----------+-----------+----------+-----------+-----------+------------+-----------+-----------+-----
//           | bytes u32 | check u32 | hash u32 | hash ×    | epoch u32 | rows u24,  | stamp i64 | IMAGE     | …
//           | in all    | of what   | of the   | SPREAD    | cuts when | flags u8,  |           |           |
//           |           | is behind | key      | u32       | it left   | from below |           |           |
//           +-----------+-----------+----------+-----------+-----------+------------+-----------+-----------+-----
//   IMAGE   bytes u32 in all, side u32, address u32 at which the row lay, bytes u32 of the row; the ROW with its texts (row.ts), padded to 16; what
//           the operator keeps of it elsewhere (seal)
//
//   stamp   the least time of rows that were in the list of their side until now; i64.MAX_VALUE: there was none. Rows that are back are in
//           no list (the older one of such a row is itself): who runs the file is told by stamps when a row's time may have come. Of operators
//           whose rows come out by times, the least one of those that wait: rows that are back wait where the others do
//
// A record is read by the process that wrote it, and by none else.
import { block_alloc, block_free, state_room } from "../memory";
import { COLUMN_DATA, COLUMN_VALIDITY } from "../layout";
import { chars_size } from "../frame/gather";
import { columnAt } from "./cell";
import { Index, indexFindAll, indexHash, indexNext } from "./index_rows";
import { HASH_NONE, keysHash } from "./keys";
import { ROW_HOT, ROW_NEXT, ROW_PLACE } from "./row";
import { Store } from "./store";

export const RECORD_CHECK: usize = 4;
export const RECORD_HASH: usize = 8;
export const RECORD_EPOCH: usize = 16;
export const RECORD_STATE: usize = 20;
export const RECORD_STAMP: usize = 24;
export const RECORD_HEADER: u32 = 32;
export const IMAGE_SIDE: usize = 4;
export const IMAGE_FROM: usize = 8;
export const IMAGE_ROW: usize = 12;
export const IMAGE_HEADER: u32 = 16;
/** A row of the record has changed since the last cut. */
export const STATE_CHANGED: u32 = 1;
/** One of its rows is none of the operator's rows: it only knows of a key. */
export const STATE_KEY: u32 = 2;
export const STATE_ROWS: u32 = 8;
/** A second word of the hash, for who needs more bits of it. */
export const SPREAD: u32 = 0x9E3779B1;
export const CHECK_SEED: u64 = 0x6b657973;

/** What an index may grow by at once: two segments and the list of them. */
const INDEX_BYTES: u64 = 1 << 17;
/** What one row may add to slots, heaps and chains. */
const ROW_OVERHEAD_BYTES: u64 = 64;
/** What a row that begins something of its key may add to that. */
const KEY_OVERHEAD_BYTES: u64 = 128;
/** Pages that are not full yet. */
const PAGES_BYTES: u64 = 1 << 16;

/**
 * One store of the operator. Where rows hang on rows that stand for their keys, those are the last side, and the others have no index: functions of the
 * operator find one from the other (shelfUnder).
 */
@unmanaged
export class Shelved {
  store: u32;
  index: u32; // that has each row under its key; 0: it hangs on the row of its key, or nothing of it has left yet
  listAt: u32; // offset in a row of the links of the list by which it goes; 0: there is none
  stampAt: u32; // offset in a row of the i64 that the list is ordered by
  seal: u32; // (owner, row, image, behind) → bytes: writes what the operator keeps of the row elsewhere into its image and behind it; image 0: tells how long
  unseal: u32; // (owner, row, behind) → false without memory: takes it from there
  due: u32; // (owner, row) → when it has to be back
}

const SHELVED: u32 = 28;

@unmanaged
export class Shelf {
  owner: u32;
  sides: u32;
  hand: u32; // the side that rows leave next
  wants: u32; // bytes of the bundle that the last step had no room for
  settle: u32; // functions of the operator, as the table of functions numbers them: (owner) → nothing is named by what came out last
  drop: u32; // (owner, side, row): takes a row out of all that finds it; it is not freed
  put: u32; // (owner, side, list, count) → false without memory: puts rows in that are in nothing yet
  isOver: u32; // (owner, side, row) → its time has come
  asideAt: u32; // how far shelf_aside has come
  waits: u32; // (owner, side, row) → the time at which it comes out, i64.MAX_VALUE: it waits for none; 0: rows are in lists, or stay until they are taken
  keyOf: u32; // (owner, row) → the row of its key
  chain: u32; // (owner, row of a key) → the first of the rows that hang on it, which are linked by their first word
  stays: u32; // (owner, row of a key) → it may not leave now
  alone: u32; // (owner, row) → the hash of its own by which it leaves by itself, ALONE_NOT: with the others of its key, ALONE_STAYS: it may not leave now
}

// Rows that leave by themselves
export const ALONE_NOT: u32 = 0;
export const ALONE_STAYS: u32 = 1;

export const SHELF_BYTES: u32 = 64;

/** A shelf of so many sides, which shelfSide describes; 0 without memory. */
export function shelfMake(owner: usize, sides: u32, settle: u32, drop: u32, put: u32, isOver: u32): usize {
  const address = block_alloc(SHELF_BYTES + sides * SHELVED);
  if (!address) return 0;
  memory.fill(address, 0, SHELF_BYTES + sides * SHELVED);
  const shelf = changetype<Shelf>(address);
  shelf.owner = <u32>owner;
  shelf.sides = sides;
  shelf.settle = settle;
  shelf.drop = drop;
  shelf.put = put;
  shelf.isOver = isOver;
  return address;
}

/** Its rows come out by times, which `waits` tells. */
export function shelfWaits(address: usize, waits: u32): void {
  changetype<Shelf>(address).waits = waits;
}

/** Some of its rows leave by themselves, as `alone` tells: they are asked for by their time alone. */
export function shelfAlone(address: usize, alone: u32): void {
  changetype<Shelf>(address).alone = alone;
}

/** A row leaves by itself, or not: ALONE_NOT, ALONE_STAYS, or the hash that takes the place of that of its key. */
@inline export function aloneHash(shelf: Shelf, row: usize): u32 {
  return shelf.alone ? call_indirect<u32>(shelf.alone, <usize>shelf.owner, row) : ALONE_NOT;
}

/** The side at `i` is this store, whose rows are found by `index`. It takes memory whatever its bound: room is made before. */
export function shelfSide(address: usize, i: u32, s: Store, index: Index, listAt: u32, stampAt: u32): void {
  const side = sideAt(changetype<Shelf>(address), i);
  side.store = <u32>changetype<usize>(s);
  side.index = <u32>changetype<usize>(index);
  side.listAt = listAt;
  side.stampAt = stampAt;
  s.force = true;
}

/** Rows of the first side, which is this store, hang on those of the last one. */
export function shelfUnder(address: usize, s: Store, keyOf: u32, chain: u32, stays: u32): void {
  const shelf = changetype<Shelf>(address);
  sideAt(shelf, 0).store = <u32>changetype<usize>(s);
  shelf.keyOf = keyOf;
  shelf.chain = chain;
  shelf.stays = stays;
  s.force = true;
}

/** What an operator keeps of the rows of a side elsewhere leaves with them; 0: nothing has to be taken from there, or no row has a time. */
export function shelfSeal(address: usize, i: u32, seal: u32, unseal: u32, due: u32): void {
  const side = sideAt(changetype<Shelf>(address), i);
  side.seal = seal;
  side.unseal = unseal;
  side.due = due;
}

export function shelfFree(address: usize): void {
  if (address) block_free(address, SHELF_BYTES + changetype<Shelf>(address).sides * SHELVED);
}

@inline export function sideAt(shelf: Shelf, i: u32): Shelved {
  return changetype<Shelved>(changetype<usize>(shelf) + SHELF_BYTES + i * SHELVED);
}

@inline export function storeAt(side: Shelved): Store {
  return changetype<Store>(<usize>side.store);
}

/** The index that has the keys of a side. */
@inline export function indexAt(shelf: Shelf, side: Shelved): Index {
  return changetype<Index>(<usize>(side.index ? side.index : sideAt(shelf, shelf.sides - 1).index));
}

/** The row by which that index has the key of a row. */
@inline export function keyRowOf(shelf: Shelf, side: Shelved, row: usize): usize {
  return side.index ? row : call_indirect<usize>(shelf.keyOf, <usize>shelf.owner, row);
}

/** The row behind another one of its key. */
@inline export function nextOf(shelf: Shelf, side: Shelved, row: usize): usize {
  return side.index ? indexNext(indexAt(shelf, side), row) : load<u32>(row, ROW_NEXT);
}

/** The row is in no list, since it has been away. */
@inline export function isUnlisted(side: Shelved, row: usize): bool {
  return load<u32>(row + side.listAt) == <u32>row;
}

/** Bytes that selected rows of a batch take in a store at most. */
export function storeNeeds(s: Store, columns: usize, selection: usize, selected: u32): u64 {
  let texts: u64 = 0;
  for (let i: u32 = 0; i < s.texts; i++) {
    const column = columnAt(columns, load<u32>(<usize>s.textList + (<usize>i << 2)));
    texts += chars_size(load<u32>(column, COLUMN_DATA), load<u32>(column, COLUMN_VALIDITY), selection, selected);
  }
  // A place is larger than its row by a quarter at most, or by 15 bytes; one outside of pages by its half.
  const bytes = <u64>selected * (<u64>s.fixedBytes + ROW_OVERHEAD_BYTES) + (texts << 1);
  // Blocks of memory are powers of two, so that the last of each kind may be half empty.
  return bytes + (bytes >> 2) + min<u64>(bytes, PAGES_BYTES + INDEX_BYTES);
}

/** Bytes that new rows may take. */
export function shelf_room(): f64 {
  return <f64>state_room();
}

/** Bytes of state that selected rows of a batch of a side take at most, by the COLUMNs of its store; keys that they hang on begin with the same ones. */
export function shelf_need(address: usize, side: u32, columns: usize, selection: usize, selected: u32): f64 {
  const shelf = changetype<Shelf>(address), own = sideAt(shelf, side);
  let bytes = storeNeeds(storeAt(own), columns, selection, selected);
  if (shelf.keyOf && !own.index) {
    bytes += storeNeeds(storeAt(sideAt(shelf, shelf.sides - 1)), columns, selection, selected) + <u64>selected * KEY_OVERHEAD_BYTES;
  }
  return <f64>bytes;
}

/** Bytes of the bundle that shelf_evict had no room for; 0: there was none. */
export function shelf_wants(address: usize): u32 {
  return changetype<Shelf>(address).wants;
}

/**
 * Hashes (u32 each, to `out`) of those selected rows of a batch whose keys have no row here; how many. `list`: the key's columns in the batch, 0:
 * those of the store. `hashes` and `heads` have room for a u32 a row. The rows that are there have been asked for.
 */
export function shelf_absent(
  address: usize, side: u32, columns: usize, list: usize, selection: usize, count: u32, hashes: usize, heads: usize, out: usize,
): u32 {
  const shelf = changetype<Shelf>(address), own = sideAt(shelf, side), index = indexAt(shelf, own);
  let found: u32 = 0;
  call_indirect<void>(shelf.settle, <usize>shelf.owner);
  if (!list) list = index.list;
  keysHash(columns, list, index.keys, index.nullsEqual, selection, count, storeAt(own).seed, hashes);
  memory.fill(out, 0, <usize>count << 2);
  for (let i: u32 = 0; i < shelf.sides; i++) {
    if (!sideAt(shelf, i).index) continue;
    indexFindAll(indexAt(shelf, sideAt(shelf, i)), hashes, columns, list, selection, count, heads);
    for (let k: u32 = 0; k < count; k++) {
      const row: usize = load<u32>(heads + (<usize>k << 2));
      if (!row) continue;
      store<u16>(row, load<u16>(row, ROW_PLACE) | <u16>ROW_HOT, ROW_PLACE);
      store<u32>(out + (<usize>k << 2), 1);
    }
  }
  for (let k: u32 = 0; k < count; k++) {
    const hash = load<u32>(hashes + (<usize>k << 2));
    if (load<u32>(out + (<usize>k << 2)) || hash == HASH_NONE) continue;
    store<u32>(out + (<usize>found << 2), hash);
    found++;
  }
  return found;
}

/** The hash by which the key of a row leaves; HASH_NONE: it stays. */
@inline export function leavingHash(shelf: Shelf, side: Shelved, row: usize): u32 {
  return indexHash(indexAt(shelf, side), keyRowOf(shelf, side, row));
}
