// Lookup room: rows of a batch with those that a table outside has for their keys. What is known of keys is kept in two stores of
// rows/: an entry for each key that was asked for, and the table's rows.
//
//   entry  words  pin u32      number of the last batch that waits and needs it
//                 first u32    the first of its rows; 0 = none
//                 state u32    ASKED, ANSWERED, FAILED
//                 request u32  number of the question that it belongs to; 0 = nobody has asked yet
//                 turn u64     in the order in which entries were made and answered, which is that of what is asked and forgotten
//                 at i64       wall clock of the answer, epoch ms
//   row    words  next u32     the next row of the same key; 0 = it is the last
//                 entry u32    whose it is
//                 name u64     while it is restored: the number of the entry
//
//   CURSOR 0              4
//          +--------------+-----------+
//          | position u32 | row u32   |   the next position of a batch's rows, and the row of its key that is next; 0 = the first
//          +--------------+-----------+
//
// `heads` are the entries of the rows' keys as rows_find_all finds them (u32 each; 0 = none), `hashes` those of the keys: HASH_NONE is a
// key with NULL, which no row of the table has.
import { ROW_SEQ, ROW_WORDS } from "../rows/row";
import { indexRestore, listed, restoredCount, restoredEnd, restoredRows } from "../rows/restore";
import { rowsSortByTime } from "../rows/sort";
import { rowTouch } from "../rows/touch";
import { HASH_NONE } from "../rows/keys";
import { rowFree } from "../rows/encode";
import { Index, indexRemove } from "../rows/index_rows";
import { Store } from "../rows/store";

const PIN: usize = ROW_WORDS;
const FIRST: usize = ROW_WORDS + 4;
const STATE: usize = ROW_WORDS + 8;
const REQUEST: usize = ROW_WORDS + 12;
const TURN: usize = ROW_WORDS + 16;
const AT: usize = ROW_WORDS + 24;
const NEXT: usize = ROW_WORDS;
const ENTRY: usize = ROW_WORDS + 4;
const NAME: usize = ROW_WORDS + 8;

const ASKED: u32 = 0;
const FAILED: u32 = 2;

/** A time before all others, as running times have it. */
const NO_TIME: i64 = -(1 << 62);
/** Times beyond this (ECMAScript's limit of dates) are no times. */
const TIME_MAX: f64 = 8.64e15;

@inline function timeOf(watermark: f64): i64 {
  return watermark < -TIME_MAX ? NO_TIME : <i64>min(watermark, TIME_MAX);
}

/**
 * For each row of a batch the watermark that it meets, i64 each at `out`: of its running time (i64 each; 0: none) or what the source had
 * reached before, less the delay, and of the other sources.
 */
export function lookup_times(running: usize, rows: u32, before: f64, delay: f64, others: f64, out: usize): void {
  for (let i: u32 = 0; i < rows; i++) {
    const at: usize = <usize>i << 3, own = running ? <f64>load<i64>(running + at) : -Infinity;
    store<i64>(out + at, timeOf(min(max(own, before) - delay, others)));
  }
}

/** The first position of [from, count) whose key has no answer yet; `count`: all have. */
export function lookup_ready(heads: usize, hashes: usize, from: u32, count: u32): u32 {
  for (let i = from; i < count; i++) {
    const at: usize = <usize>i << 2, head: usize = load<u32>(heads + at);
    if (head ? load<u32>(head, STATE) == ASKED : load<u32>(hashes + at) != HASH_NONE) return i;
  }
  return count;
}

/** The next position of [from, count) whose key is not among the entries; `count`: there is none. */
export function lookup_unknown(heads: usize, hashes: usize, from: u32, count: u32): u32 {
  for (let i = from; i < count; i++) {
    const at: usize = <usize>i << 2;
    if (!load<u32>(heads + at) && load<u32>(hashes + at) != HASH_NONE) return i;
  }
  return count;
}

/** The entries of [from, count) are needed by the batch `pin`, and by those before it. */
export function lookup_pin(heads: usize, from: u32, count: u32, pin: u32): void {
  for (let i = from; i < count; i++) {
    const head: usize = load<u32>(heads + (<usize>i << 2));
    if (!head) continue;
    rowTouch(head);
    store<u32>(head, pin, PIN);
  }
}

export function lookup_pinned(entry: usize): u32 {
  return load<u32>(entry, PIN);
}

export function lookup_state(entry: usize): u32 {
  return load<u32>(entry, STATE);
}

/** The question of an entry has been answered, or cannot be. */
export function lookup_settle(entry: usize, state: u32, turn: f64, at: f64): void {
  rowTouch(entry);
  store<u32>(entry, state, STATE);
  store<u64>(entry, <u64>turn, TURN);
  store<i64>(entry, <i64>at, AT);
}

/** An entry is new, and will be asked for in its turn. */
export function lookup_queue(entry: usize, turn: f64): void {
  rowTouch(entry);
  store<u64>(entry, <u64>turn, TURN);
}

export function lookup_ask(entry: usize, request: u32): void {
  rowTouch(entry);
  store<u32>(entry, request, REQUEST);
}

/** Puts a row of the table behind the last one of an entry; `last` 0: it is the first. */
export function lookup_append(entry: usize, last: usize, row: usize): void {
  store<u32>(row, <u32>entry, ENTRY);
  if (last) store<u32>(last, <u32>row, NEXT);
  else store<u32>(entry, <u32>row, FIRST);
}

/** The rows of an entry, u32 each at `to`, `most` of them: how many. */
export function lookup_rows(entry: usize, to: usize, most: u32): u32 {
  let found: u32 = 0;
  for (let row: usize = load<u32>(entry, FIRST); row && found < most; row = load<u32>(row, NEXT), found++) {
    store<u32>(to + (<usize>found << 2), <u32>row);
  }
  return found;
}

// Answers of lookup_restored
const DONE: i32 = 0;
const DAMAGED: i32 = 1;
const NO_MEMORY: i32 = 2;

/** The entry of this number in a list that is sorted by them; 0 = there is none. */
function entryOf(list: usize, count: u32, number: u64): usize {
  let low: u32 = 0, high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<u64>(listed(list, middle), ROW_SEQ) < number) low = middle + 1;
    else high = middle;
  }
  return low < count && load<u64>(listed(list, low), ROW_SEQ) == number ? listed(list, low) : 0;
}

/** Gives entries their rows, in the order in which these came. */
function appendAll(entries: usize, entryCount: u32, rows: usize, count: u32): i32 {
  if (!rowsSortByTime(rows, count, <u32>NAME)) return NO_MEMORY;
  let entry: usize = 0, last: usize = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row = listed(rows, i), number = load<u64>(row, NAME);
    if (!entry || load<u64>(entry, ROW_SEQ) != number) {
      entry = entryOf(entries, entryCount, number);
      last = 0;
    }
    if (!entry) return DAMAGED;
    lookup_append(entry, last, row);
    last = row;
  }
  return DONE;
}

/** All entries and rows are there: they are put into the index and to each other. */
export function lookup_restored(entries: usize, index: usize, rows: usize): i32 {
  const s = changetype<Store>(entries), r = changetype<Store>(rows), list = restoredRows(s), count = restoredCount;
  if (!list) return NO_MEMORY;
  let all = rowsSortByTime(list, count, 0);
  for (let i: u32 = 0; all && i < count; i++) all = indexRestore(s, changetype<Index>(index), listed(list, i));
  const rowList = all ? restoredRows(r) : 0;
  const status = rowList ? appendAll(list, count, rowList, restoredCount) : NO_MEMORY;
  if (rowList) restoredEnd(r, rowList);
  restoredEnd(s, list);
  return status;
}

/** All entries in their turns, u32 each in a block that rows_listed_end frees; 0 without memory. */
export function lookup_turns(entries: usize): usize {
  const s = changetype<Store>(entries), list = restoredRows(s);
  if (!list || rowsSortByTime(list, restoredCount, <u32>TURN)) return list;
  restoredEnd(s, list);
  return 0;
}

/** Forgets an entry with its rows; returns how many these are. */
export function lookup_drop(entries: usize, index: usize, rows: usize, entry: usize): u32 {
  let dropped: u32 = 0;
  for (let row: usize = load<u32>(entry, FIRST); row; dropped++) {
    const next: usize = load<u32>(row, NEXT);
    rowFree(changetype<Store>(rows), row);
    row = next;
  }
  indexRemove(changetype<Index>(index), entry);
  rowFree(changetype<Store>(entries), entry);
  return dropped;
}

/** Writes the positions of [from, to) whose question was not answered to `out` (u32 each); returns how many there are. */
export function lookup_failed(heads: usize, from: u32, to: u32, out: usize): u32 {
  let count: u32 = 0;
  for (let i = from; i < to; i++) {
    const head: usize = load<u32>(heads + (<usize>i << 2));
    if (!head || load<u32>(head, STATE) != FAILED) continue;
    store<u32>(out + (<usize>count << 2), i);
    count++;
  }
  return count;
}

/**
 * Pairs of rows and table's rows from the CURSOR on up to position `to`, `most` of them at most: numbers of the batch's rows at `rows`, addresses
 * of the table's at `found` (u32 each). `padded`: a row without any is paired with 0. `failed` false: rows whose question was not
 * answered are left out. Returns how many there are.
 */
export function lookup_pairs(
  cursor: usize, heads: usize, selection: usize, to: u32, padded: bool, failed: bool, most: u32, rows: usize, found: usize,
): u32 {
  let at = load<u32>(cursor), next: usize = load<u32>(cursor, 4), count: u32 = 0;
  while (at < to && count < most) {
    const head: usize = load<u32>(heads + (<usize>at << 2)), row = selection ? load<u32>(selection + (<usize>at << 2)) : at;
    if (!next) next = head ? load<u32>(head, FIRST) : 0;
    if (!next) {
      if (padded && (failed || !head || load<u32>(head, STATE) != FAILED)) {
        store<u32>(rows + (<usize>count << 2), row);
        store<u32>(found + (<usize>count << 2), 0);
        count++;
      }
      at++;
      continue;
    }
    for (; next && count < most; count++) {
      store<u32>(rows + (<usize>count << 2), row);
      store<u32>(found + (<usize>count << 2), <u32>next);
      next = load<u32>(next, NEXT);
    }
    if (!next) at++;
  }
  store<u32>(cursor, at);
  store<u32>(cursor, <u32>next, 4);
  return count;
}

/** Whether the numbers at `rows` are 0, 1, … `count` − 1. */
export function lookup_plain(rows: usize, count: u32): bool {
  for (let i: u32 = 0; i < count; i++) if (load<u32>(rows + (<usize>i << 2)) != i) return false;
  return true;
}
