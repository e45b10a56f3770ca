// SESSIONS: rows of a key that lie at most a gap apart, put together as windows. Rows wait in state until the watermark
// passes the end of their session (its last time + the gap); then they leave with its bounds.
//
//   SPEC  0          4           8         16        24             28
//         +----------+-----------+---------+---------+--------------+--------+------------+-----------------
//         | keys u32 | time      | gap f64 | max f64 | bytes of the | unused | SPEC of    | SPEC of the
//         |          | column    |         |         | first SPEC   |        | the keys   | rows (rows/)
//         +----------+-----------+---------+---------+--------------+--------+------------+-----------------
//         keys are the first columns of the rows; max: how long a session may be, 0 = as long as it goes on
//
//   words of a key   0      its first session; they follow each other by their starts
//                    1      its TICKET, by which the heap has it; 0 = none yet
//   words of a row   0      the next row of its session, in the order of their arrival
//                    1      its session
//
//   SESSION   0            8           16         20          24         28         32          40       44         48
//             +------------+-----------+----------+-----------+----------+----------+-----------+--------+----------+-----------+
//             | start i64  | last i64  | next u32 | first row | last row | rows u32 | name i64  | key u32| told u32 | order u64 |
//             +------------+-----------+----------+-----------+----------+----------+-----------+--------+----------+-----------+
//             name: the arrival of the row that opened it; told: a drain has handed it out (state.ts); order: the rowOrder of its key
//             when it was opened, by which it leaves among those that end with it
//
//   TICKET    0          4             8
//             +----------+-------------+---------------+  entries: how many the heap has of it; a key without sessions is freed behind the last
//             | key u32  | entries u32 | earliest i64  |  earliest: the least time among them
//             +----------+-------------+---------------+  key 0: it has left memory (shelf.ts), and has another one when it is back
import { block_alloc, block_free } from "../memory";
import { ROW_WORDS } from "../rows/row";
import { Heap, heapFree, heapMake } from "../rows/heap";
import { Index, indexFree, indexMake } from "../rows/index_rows";
import { shelfFree } from "../rows/shelf";
import { Store, storeFree, storeGroups, storeMake } from "../rows/store";

export const SESSION_BYTES: u32 = 56;
export const START: usize = 0;
export const LAST: usize = 8;
export const NEXT: usize = 16;
export const FIRST_ROW: usize = 20;
export const LAST_ROW: usize = 24;
export const ROWS: usize = 28;
export const SESSION_NAME: usize = 32;
export const SESSION_KEY: usize = 40;
export const SESSION_TOLD: usize = 44;
export const SESSION_ORDER: usize = 48;

export const KEY_SESSIONS: usize = ROW_WORDS;
export const KEY_TICKET: usize = ROW_WORDS + 4;
export const TICKET_BYTES: u32 = 16;
export const TICKET_KEY: usize = 0;
export const TICKET_ENTRIES: usize = 4;
export const TICKET_EARLIEST: usize = 8;
export const ROW_FOLLOWING: usize = ROW_WORDS;
export const ROW_SESSION: usize = ROW_WORDS + 4;

@unmanaged
export class Sessions {
  keyStore: u32;
  rowStore: u32;
  index: u32; // of the keys
  heap: u32; // tickets of keys by the end of their first session
  orphans: u32; // entries of it whose keys have left memory
  shelf: u32; // 0 = nothing leaves memory
  keyList: u32; // address of u32 column numbers 0, 1, … of the keys
  keys: u32;
  timeColumn: u32;
  others: u32; // address of u32 numbers of all columns but that of the time
  otherCount: u32;
  blockBytes: u32;
  gap: i64;
  max: i64;
  watermark: i64;
  until: i64; // sessions leave up to here: the watermark, where none of them are away (shelf.ts)
  seq: u64;
  input: u32; // address of the PUSH at hand (index.ts); 0 = none
  next: u32;
  hashes: u32;
  groups: u32;
  leaving: u32; // rows that are to come out of the session that has ended: the next one
  leavingStart: i64;
  leavingEnd: i64;
  doomed: u32; // rows that came out last, linked by their first word
  entries: u32; // what comes out: rows u32, starts i64, ends i64
  starts: u32;
  ends: u32;
  used: u32;
  late: u32;
  nullTime: u32;
  unknown: u32;
  sessions: u32; // that are open
  scanKey: u32; // how far a drain has come (state.ts)
  scanSession: u32;
}

@inline export function keyStoreOf(s: Sessions): Store {
  return changetype<Store>(<usize>s.keyStore);
}

@inline export function rowStoreOf(s: Sessions): Store {
  return changetype<Store>(<usize>s.rowStore);
}

@inline export function indexOf(s: Sessions): Index {
  return changetype<Index>(<usize>s.index);
}

@inline export function heapOf(s: Sessions): Heap {
  return changetype<Heap>(<usize>s.heap);
}

/** The first time that is behind a session: a gap behind its last row, or when it is as long as it may be. */
@inline export function endOf(s: Sessions, session: usize): i64 {
  const end = load<i64>(session, LAST) + s.gap;
  return s.max ? min<i64>(end, load<i64>(session, START) + s.max) : end;
}

/** An instance without rows; 0 when there is no memory. */
export function specRead(spec: usize): usize {
  const keys = load<u32>(spec), columns = load<u32>(spec + 32 + load<u32>(spec, 24));
  const head: u32 = (offsetof<Sessions>() + 7) & ~7, others = head + ((keys + 1) << 2), bytes = others + (columns << 2);
  const address = block_alloc(bytes);
  if (!address) return 0;
  memory.fill(address, 0, bytes);
  const s = changetype<Sessions>(address);
  s.blockBytes = bytes;
  s.keys = keys;
  s.timeColumn = load<u32>(spec, 4);
  s.gap = i64(load<f64>(spec, 8));
  s.max = i64(load<f64>(spec, 16));
  s.watermark = s.until = i64.MIN_VALUE;
  s.keyList = <u32>address + head;
  for (let i: u32 = 0; i < keys; i++) store<u32>(<usize>s.keyList + (<usize>i << 2), i);
  s.others = <u32>address + others;
  for (let c: u32 = 0; c < columns; c++) {
    if (c == s.timeColumn) continue;
    store<u32>(<usize>s.others + (<usize>s.otherCount << 2), c);
    s.otherCount++;
  }
  s.keyStore = <u32>storeMake(spec + 32);
  s.rowStore = <u32>storeMake(spec + 32 + load<u32>(spec, 24));
  if (s.rowStore) storeGroups(rowStoreOf(s), s.keyList, keys);
  if (s.keyStore) storeGroups(keyStoreOf(s), s.keyList, keys);
  if (s.keyStore) s.index = <u32>indexMake(keyStoreOf(s), s.keyList, keys, true, 0);
  if (s.keyStore) s.heap = <u32>heapMake(keyStoreOf(s));
  if (s.rowStore && s.index && s.heap) return address;
  specFree(s);
  return 0;
}

export function specFree(s: Sessions): void {
  shelfFree(s.shelf);
  if (s.heap) heapFree(heapOf(s));
  if (s.index) indexFree(indexOf(s));
  if (s.keyStore) storeFree(keyStoreOf(s));
  if (s.rowStore) storeFree(rowStoreOf(s));
  block_free(changetype<usize>(s), s.blockBytes);
}
