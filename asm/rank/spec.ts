// RANK: the first rows of each key by an order: ROW_NUMBER() OVER (PARTITION BY … ORDER BY …) BETWEEN from AND to. The
// rows of a key are a chain of its index, in their order; equal ones in that of their arrival.
//
//   SPEC  0          4         8        12          16          20        24        32
//         +----------+---------+--------+-----------+-----------+---------+---------+--------------+-------
//         | keys u32 | from    | to     | flags u32 | orders    | end     | ttl f64 | the store's  | ORDER
//         |          | u32     | u32    |           | u32       | column  |         | SPEC (rows/) |
//         +----------+---------+--------+-----------+-----------+---------+---------+--------------+-------
//         keys are the first columns of the store
//
//   words of a row   0, 1   older, newer: rows of one window, or all rows in the order of their arrival
//                    2, 3   watermark at its arrival, i64
//                    4      rows of the chain, of the first row in it alone
//                    5, 6   where ranks are shared: the last row and the number of rows of a run (runs.ts), of its first row alone
import { TIME_START } from "../aggregate/window";
import { block_alloc, block_free } from "../memory";
import { ROW_PREV, ROW_NEXT, ROW_WORDS } from "../rows/row";
import { Index, indexMake, indexFree } from "../rows/index_rows";
import { shelfFree } from "../rows/shelf";
import { Store, storeFree, storeGroups, storeMake } from "../rows/store";

export const FLAG_NUMBER: u32 = 1; // the rank comes as a column behind the others
export const FLAG_RETRACTS: u32 = 2; // rows may be taken back, so that those behind `to` are kept
export const FLAG_WINDOWED: u32 = 4; // results come when the watermark passes the window's end, once
export const FLAG_EXPIRES: u32 = 8; // rows are forgotten when they are old
export const FLAG_TIES: u32 = 16; // all rows that equal the first one in the order, and none that has a NULL there
export const FLAG_SHARED: u32 = 32; // rows that are equal in the order share their rank
export const FLAG_DENSE: u32 = 64; // and no rank is left out behind them

export const LIST_AT: u32 = <u32>ROW_WORDS;
export const TOUCHED_AT: usize = ROW_WORDS + 8;
const LENGTH_AT: usize = ROW_WORDS + 16;

@unmanaged
export class Rank {
  store: u32;
  index: u32;
  keyList: u32; // address of u32 column numbers 0, 1, … of the keys
  order: u32; // address of the ORDER
  orders: u32;
  keys: u32;
  from: u32;
  to: u32;
  flags: u32;
  endColumn: u32;
  blockBytes: u32;
  input: u32; // address of the PUSH at hand (push.ts); 0 = none
  next: u32; // its next selected position
  hashes: u32; // of its selected rows
  groups: u32;
  doomed: u32; // rows that were taken out and that what came out last may refer to, linked by their first word
  seq: u64;
  ttl: i64;
  watermark: i64;
  begun: i64; // the first watermark: what came before it lives from then on
  oldest: u32; // LIST of all rows, where they expire
  newest: u32;
  ends: u32; // windows that are open (window.ts)
  endCount: u32;
  endCapacity: u32;
  heads: u32; // chains that are handed out: their first rows, how many, how far, and which row is next
  headCount: u32;
  headAt: u32;
  current: u32;
  position: u32;
  entries: u32; // what comes out (emit.ts)
  kinds: u32;
  causes: u32;
  ranks: u32;
  walkRow: u32; // where what the last row changes among those behind it goes on (shared.ts); 0 = it is told
  walkEnd: u32; // the last row of its run
  walkRows: u32; // rows of the run when the walk came to it
  walkRank: u32; // what its rank was
  walkShift: i32; // what is added to the rank
  walkHead: u32; // the first row of the chain
  walkTime: i64; // the end of its window
  walkCause: u32;
  used: u32;
  late: u32;
  unknown: u32; // rows that were taken back without being there
  shelf: u32; // 0: its rows do not leave memory
  held: bool; // of windows that the watermark has passed, only rows in front of `until` come out: others may have left memory
  until: i64; // a window's end
  untilGroup: u32; // and a key group
  fired: u32; // key groups in front of it are handed out
}

@inline export function has(rank: Rank, flag: u32): bool {
  return (rank.flags & flag) != 0;
}

@inline export function storeOf(rank: Rank): Store {
  return changetype<Store>(<usize>rank.store);
}

@inline export function indexOf(rank: Rank): Index {
  return changetype<Index>(<usize>rank.index);
}

@inline export function touched(row: usize): i64 {
  return load<i64>(row, TOUCHED_AT);
}

@inline export function setTouched(row: usize, time: i64): void {
  store<i64>(row, time, TOUCHED_AT);
}

@inline export function lengthOf(head: usize): u32 {
  return load<u32>(head, LENGTH_AT);
}

@inline export function setLength(head: usize, length: u32): void {
  store<u32>(head, length, LENGTH_AT);
}

/** Whether the time to live of a row has passed. */
export function isOld(rank: Rank, row: usize): bool {
  // Before the first watermark there is no time that could have passed
  const since = touched(row) <= TIME_START ? rank.begun : touched(row);
  return since > TIME_START && since + rank.ttl <= rank.watermark;
}

/** Whether the row is the first of its chain. */
@inline export function isHead(row: usize): bool {
  return load<u32>(<usize>load<u32>(row, ROW_PREV), ROW_NEXT) == 0;
}

/** An instance without rows; 0 when there is no memory. */
export function specRead(spec: usize): usize {
  const keys = load<u32>(spec), orders = load<u32>(spec, 16);
  const head: u32 = (offsetof<Rank>() + 15) & ~15, keyList = head, order = keyList + ((keys + 2) << 2);
  const bytes = order + ((orders + 1) << 3), address = block_alloc(bytes);
  if (!address) return 0;
  memory.fill(address, 0, bytes);
  const rank = changetype<Rank>(address);
  rank.blockBytes = bytes;
  rank.keys = keys;
  rank.from = load<u32>(spec, 4);
  rank.to = load<u32>(spec, 8);
  rank.flags = load<u32>(spec, 12);
  rank.orders = orders;
  rank.endColumn = load<u32>(spec, 20);
  rank.keyList = <u32>address + keyList;
  rank.order = <u32>address + order;
  rank.watermark = i64.MIN_VALUE;
  rank.begun = i64.MIN_VALUE;
  for (let i: u32 = 0; i < keys; i++) store<u32>(<usize>rank.keyList + (<usize>i << 2), i);
  const columns = load<u32>(spec, 32);
  memory.copy(rank.order, spec + 48 + (<usize>columns << 3), <usize>orders << 3);
  rank.store = <u32>storeMake(spec + 32);
  if (rank.store) storeGroups(storeOf(rank), rank.keyList, keys);
  if (rank.store) rank.index = <u32>indexMake(storeOf(rank), rank.keyList, keys, true, 0);
  if (rank.index) return address;
  if (rank.store) storeFree(storeOf(rank));
  block_free(address, bytes);
  return 0;
}

export function specFree(rank: Rank): void {
  shelfFree(rank.shelf);
  indexFree(indexOf(rank));
  storeFree(storeOf(rank));
  block_free(changetype<usize>(rank), rank.blockBytes);
}
