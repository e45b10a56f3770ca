// STORE: the rows of one schema, the memory they lie in, and how many there are. It is made from a SPEC that
// TypeScript or another kernel writes:
//
//   SPEC  0             4           8          16
//         +-------------+-----------+----------+---------------------------------
//         | columns u32 | words u32 | seed u64 | for each column: type u32, scale u32
//         +-------------+-----------+----------+---------------------------------
import { block_alloc, block_free, block_size, state_alloc, state_force, state_free } from "../memory";
import { isVariable } from "../types";
import { ROW_WORDS } from "./row";
import { SLAB_CLASSES, SLAB_CLASS_BYTES, slabsFree } from "./slab";

const SPEC_COLUMNS: usize = 0;
const SPEC_WORDS: usize = 4;
const SPEC_SEED: usize = 8;
const SPEC_TYPES: usize = 16;

@unmanaged
export class Store {
  bytes: u32; // of state memory: rows, their pages, and what indices, heaps and the like of this store hold
  rows: u32;
  seed: u64; // of keyed hashes; stores whose keys meet have the same
  columns: u32;
  types: u32; // address of u32 type, u32 scale for each column
  words: u32; // u32 words of the operator in each row
  nullsAt: u32; // offset in a row of the null bits
  cellsAt: u32; // offset in a row of the cells
  fixedBytes: u32; // of a row without the bytes of its strings
  texts: u32; // columns of strings and bytes
  textList: u32; // address of their numbers, u32 each
  classes: u32; // address of SLAB_CLASS (slab.ts)
  pages: u32; // list of all pages, the newest first
  lastPage: u32;
  bigs: u32; // list of rows that lie outside of pages
  hand: u32; // the page that rows leave next (shelf.ts), and the row outside of pages; 0: the round is over
  handBig: u32;
  groupList: u32; // address of the numbers of the columns that make the key group
  groupKeys: u32;
  gone: u32; // of rows that were handed out by a drain and are gone (changes.ts): u64 each
  goneCount: u32;
  goneRoom: u32;
  scanPage: u32; // how far a drain has come
  scanRow: u32;
  scanBig: u32;
  scanGone: u32;
  scanAll: bool; // rows that have not changed are handed out, too
  admitting: bool; // a round hands out everything: it may be past the places of rows that come back (shelf_back.ts)
  scanAgain: bool; // behind that, those that have changed meanwhile
  map: u32; // while rows are restored (restore.ts)
  mapRoom: u32;
  mapUsed: u32;
  lost: bool; // what is gone could not be remembered: the next drain hands out everything
  force: bool; // memory is taken whatever the bound of state: who sets it has asked for room before
  aside: bool; // its memory is no state, and its rows have the key groups that they came with: they wait to be restored elsewhere
  seekList: u32; // what a look has found (seek.ts): rows, u32 each; 0: there is none under way
  seekRoom: u32;
  seekCount: u32;
  seekHash: u32;
  seekOwn: u32; // address of the numbers of the columns that are the key, u32 each, and how many; 0: rows have its hash
  seekKeys: u32;
  seekMissed: bool; // rows have come for which the list had no room
  seekPage: u32; // how far it has come
  seekRow: u32;
  seekBig: u32;
  blockBytes: u32; // of this instance
}

@inline export function isText(type: u32): bool {
  return isVariable(type);
}

@inline export function storeType(s: Store, column: u32): u32 {
  return load<u32>(<usize>s.types + (<usize>column << 3));
}

@inline export function storeScale(s: Store, column: u32): u32 {
  return load<u32>(<usize>s.types + (<usize>column << 3), 4);
}

/** State memory that counts as the store's; 0 when the state's bound or the memory's maximum is reached. */
export function storeTake(s: Store, bytes: u32): usize {
  const address = s.aside ? block_alloc(bytes) : s.force ? state_force(bytes) : state_alloc(bytes);
  if (address) s.bytes += <u32>block_size(bytes);
  return address;
}

/** Gives back what storeTake gave; `bytes` as it was asked for. */
export function storeGive(s: Store, address: usize, bytes: u32): void {
  s.bytes -= <u32>block_size(bytes);
  if (s.aside) block_free(address, bytes);
  else state_free(address, bytes);
}

/** A store without rows from the SPEC at `spec`; 0 when there is no memory. */
export function storeMake(spec: usize): usize {
  const columns = load<u32>(spec, SPEC_COLUMNS), words = load<u32>(spec, SPEC_WORDS);
  const head: u32 = (offsetof<Store>() + 15) & ~15;
  const bytes = head + columns * 12 + 4 + SLAB_CLASSES * SLAB_CLASS_BYTES;
  const address = block_alloc(bytes);
  if (!address) return 0;
  memory.fill(address, 0, bytes);
  const s = changetype<Store>(address);
  s.blockBytes = bytes;
  s.columns = columns;
  s.words = words;
  s.seed = load<u64>(spec, SPEC_SEED);
  s.types = <u32>address + head;
  s.textList = s.types + (columns << 3);
  s.classes = s.textList + ((columns + 1) << 2);
  memory.copy(s.types, spec + SPEC_TYPES, <usize>columns << 3);
  for (let i: u32 = 0; i < columns; i++) {
    if (!isText(storeType(s, i))) continue;
    store<u32>(<usize>s.textList + (<usize>s.texts << 2), i);
    s.texts++;
  }
  s.nullsAt = <u32>ROW_WORDS + (words << 2);
  s.cellsAt = (s.nullsAt + (((columns + 31) >>> 5) << 2) + 7) & ~7;
  s.fixedBytes = s.cellsAt + (columns << 3);
  return address;
}

/** Key groups of the rows come from the columns that `list` names (u32 each), which stay there. */
export function storeGroups(s: Store, list: usize, keys: u32): void {
  s.groupList = <u32>list;
  s.groupKeys = keys;
}

/** Frees every row and the store itself; what indices and heaps of it hold is freed by themselves, before. */
export function storeFree(s: Store): void {
  slabsFree(s);
  if (s.goneRoom) storeGive(s, s.gone, s.goneRoom << 3);
  if (s.mapRoom) storeGive(s, s.map, s.mapRoom << 2);
  if (s.seekList) block_free(s.seekList, (s.seekRoom + s.seekKeys) << 2);
  block_free(changetype<usize>(s), s.blockBytes);
}
