// Rows that wait and their sessions as tables. Rows are those of their store (rows/changes.ts), each with the name of its session;
// sessions are named by the key group and the arrival of the row that opened them, and change with the rows of their keys.
import { rows_changed } from "../rows/changes";
import { indexFind, indexFindRow } from "../rows/index_rows";
import { keysHash, rowKeyHash } from "../rows/keys";
import { restoredEach, restoredMap } from "../rows/restore";
import { ARRIVAL_END, ROW_SEQ } from "../rows/row";
import { rowSetGroup, rowTouch } from "../rows/touch";
import { addKey, earliest, insert, openSession, schedule } from "./add";
import { dropDoomed } from "./index";
import {
  FIRST_ROW, KEY_SESSIONS, LAST, NEXT, ROW_FOLLOWING, ROW_SESSION, SESSION_NAME, SESSION_TOLD, START, Sessions, endOf, indexOf, keyStoreOf, rowStoreOf,
} from "./spec";

const DONE: i32 = 0;
const DAMAGED: i32 = 1;
const NO_MEMORY: i32 = 2;
const KEY: usize = memory.data(4, 4);
const HASH: usize = memory.data(4, 4);
const ROW: usize = memory.data(4, 4);

export function session_row_store(address: usize): usize {
  return changetype<usize>(rowStoreOf(changetype<Sessions>(address)));
}

export function session_key_store(address: usize): usize {
  return changetype<usize>(keyStoreOf(changetype<Sessions>(address)));
}

/** The index that has each key. */
export function session_index(address: usize): usize {
  return changetype<usize>(indexOf(changetype<Sessions>(address)));
}

/** In front of a cut. */
export function session_settle(address: usize): void {
  const s = changetype<Sessions>(address);
  dropDoomed(s);
  s.scanKey = 0;
  s.scanSession = 0;
}

/** Arrivals so far, watermark, late rows, rows without a time, unknown rows: i64 each. */
export function session_scalars(address: usize, to: usize): void {
  const s = changetype<Sessions>(address);
  store<u64>(to, s.seq);
  store<i64>(to, s.watermark, 8);
  store<i64>(to, s.late, 16);
  store<i64>(to, s.nullTime, 24);
  store<i64>(to, s.unknown, 32);
}

export function session_put_scalars(address: usize, from: usize): bool {
  const s = changetype<Sessions>(address);
  s.seq = load<u64>(from);
  s.watermark = s.until = load<i64>(from, 8);
  s.late = load<u32>(from, 16);
  s.nullTime = load<u32>(from, 24);
  s.unknown = load<u32>(from, 32);
  return s.seq < ARRIVAL_END;
}

@inline function put(to: usize, i: u32, value: i64): void {
  store<i64>(to + (<usize>i << 3), value);
}

/**
 * The next sessions of keys that have changed, after rows_cut of the store of the keys: their keys' rows at `list`, and their names, the keys'
 * arrivals, starts, last times and ends in columns of i64 that follow each other at `out`, each with room for `most`. How many, as rows_changed has it.
 * `stays`: nothing changes until the next step; else the key at hand is told again.
 */
export function session_changed(address: usize, list: usize, out: usize, most: u32, stays: bool): i32 {
  const s = changetype<Sessions>(address);
  let found: u32 = 0;
  while (found < most) {
    if (!s.scanSession) {
      const keys = rows_changed(s.keyStore, KEY, 1);
      if (keys <= 0) return found ? <i32>found : keys;
      s.scanKey = load<u32>(KEY);
      s.scanSession = load<u32>(s.scanKey, KEY_SESSIONS);
      continue;
    }
    const session: usize = s.scanSession;
    tell(s, s.scanKey, session, list, out, found, most);
    store<u32>(session, 1, SESSION_TOLD);
    s.scanSession = load<u32>(session, NEXT);
    found++;
  }
  if (!stays && s.scanSession) rowTouch(s.scanKey);
  if (!stays) s.scanSession = 0;
  return <i32>found;
}

/** The sessions of listed keys, as session_changed tells them: `most` of them, how many. Nothing changes. */
export function session_look(address: usize, keys: usize, count: u32, list: usize, out: usize, most: u32): u32 {
  const s = changetype<Sessions>(address);
  let found: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const key: usize = load<u32>(keys + (<usize>i << 2));
    for (let session: usize = load<u32>(key, KEY_SESSIONS); session && found < most; session = load<u32>(session, NEXT)) {
      tell(s, key, session, list, out, found++, most);
    }
  }
  return found;
}

/** Rows of the sessions of a key, u32 each at `to`, `most` of them: how many. */
export function session_look_rows(key: usize, to: usize, most: u32): u32 {
  let found: u32 = 0;
  for (let session: usize = load<u32>(key, KEY_SESSIONS); session; session = load<u32>(session, NEXT)) {
    for (let row: usize = load<u32>(session, FIRST_ROW); row && found < most; row = load<u32>(row, ROW_FOLLOWING), found++) {
      store<u32>(to + (<usize>found << 2), <u32>row);
    }
  }
  return found;
}

export function tell(s: Sessions, key: usize, session: usize, list: usize, out: usize, at: u32, most: u32): void {
  const column = <usize>most << 3;
  store<u32>(list + (<usize>at << 2), <u32>key);
  put(out, at, load<i64>(session, SESSION_NAME));
  put(out + column, at, load<i64>(key, ROW_SEQ));
  put(out + 2 * column, at, load<i64>(session, START));
  put(out + 3 * column, at, load<i64>(session, LAST));
  put(out + 4 * column, at, endOf(s, session));
}

/** The key of row `r` of the batch, made when it is not there; 0 without memory. */
function keyOf(s: Sessions, columns: usize, r: u32, arrival: u64): usize {
  store<u32>(ROW, r);
  keysHash(columns, s.keyList, s.keys, true, ROW, 1, keyStoreOf(s).seed, HASH);
  const found = indexFind(indexOf(s), load<u32>(HASH), columns, s.keyList, r);
  if (found) return found;
  const key = addKey(s, columns, r, load<u32>(HASH), 0, arrival);
  if (key) rowSetGroup(keyStoreOf(s), key);
  return key;
}

/** Sessions as session_changed gives them, with the COLUMNs of their keys. */
export function session_put(
  address: usize, columns: usize, names: usize, arrivals: usize, starts: usize, lasts: usize, count: u32,
): i32 {
  const s = changetype<Sessions>(address);
  for (let i: u32 = 0; i < count; i++) {
    const at = <usize>i << 3, arrival = load<u64>(arrivals + at), key = keyOf(s, columns, i, arrival);
    if (!key) return NO_MEMORY;
    if (load<u64>(key, ROW_SEQ) != arrival) return DAMAGED;
    const session = openSession(s, key, load<i64>(starts + at), load<u64>(names + at));
    if (!session) return NO_MEMORY;
    store<i64>(session, load<i64>(lasts + at), LAST);
    store<u32>(session, 1, SESSION_TOLD);
  }
  return DONE;
}

/** The session that a row names in the place of its words; 0 = there is none. */
export function sessionOf(s: Sessions, row: usize): usize {
  const rows = rowStoreOf(s), hash = rowKeyHash(rows, row, s.keyList, s.keys, true);
  const key = indexFindRow(indexOf(s), hash, rows, row, s.keyList), name = load<u64>(row, ROW_FOLLOWING);
  let session: usize = key ? load<u32>(key, KEY_SESSIONS) : 0;
  while (session && load<u64>(session, SESSION_NAME) != name) session = load<u32>(session, NEXT);
  return session;
}

/** A row names no session, or a session has no rows. */
let isDamaged: bool = false;

function putRow(owner: usize, row: usize): bool {
  const session = sessionOf(changetype<Sessions>(owner), row);
  isDamaged = !session;
  if (session) insert(session, row);
  return session != 0;
}

/** Puts a key into the heap. */
function timeKey(owner: usize, key: usize): bool {
  const s = changetype<Sessions>(owner), first: usize = load<u32>(key, KEY_SESSIONS);
  isDamaged = !first;
  return first != 0 && schedule(s, load<u32>(earliest(s, key)));
}

/** All rows and sessions are there: what is in memory, or came back to what is. */
export function session_restored(address: usize): i32 {
  const s = changetype<Sessions>(address);
  isDamaged = false;
  if (restoredMap(rowStoreOf(s), 0, address, putRow) && restoredEach(keyStoreOf(s), 0, address, timeKey)) return DONE;
  return isDamaged ? DAMAGED : NO_MEMORY;
}
