// A row finds its session: one that it lies in or near, several that it joins to one, or a new one.
import { noteLate } from "../batch/late";
import { rowEqualsBatch } from "../rows/compare";
import { rowEncode, rowFree } from "../rows/encode";
import { heapPushAs } from "../rows/heap";
import { indexAdd } from "../rows/index_rows";
import { ROW_GROUP, ROW_SEQ, rowOrder } from "../rows/row";
import { storeGive, storeTake } from "../rows/store";
import { noteGoneName, rowTouch } from "../rows/touch";
import {
  FIRST_ROW, KEY_SESSIONS, KEY_TICKET, LAST, LAST_ROW, NEXT, ROWS, ROW_FOLLOWING, ROW_SESSION, SESSION_BYTES, SESSION_KEY, SESSION_NAME,
  SESSION_ORDER, SESSION_TOLD, START, TICKET_BYTES, TICKET_EARLIEST, TICKET_ENTRIES, TICKET_KEY,
  Sessions, endOf, heapOf, indexOf, keyStoreOf, rowStoreOf,
} from "./spec";

@inline function following(row: usize): usize {
  return load<u32>(row, ROW_FOLLOWING);
}

/** Whether a row at `t` belongs to the session. */
@inline function touches(s: Sessions, session: usize, t: i64): bool {
  const start = load<i64>(session, START), last = load<i64>(session, LAST);
  if (t < start - s.gap || t > last + s.gap) return false;
  return s.max == 0 || max<i64>(last, t) - min<i64>(start, t) < s.max;
}

/** Whether two sessions that a row bridges may become one: else it is of the first, and the other stays as it is. */
@inline function fits(s: Sessions, a: usize, b: usize): bool {
  if (s.max == 0) return true;
  return max<i64>(load<i64>(a, LAST), load<i64>(b, LAST)) - min<i64>(load<i64>(a, START), load<i64>(b, START)) < s.max;
}

/** The row belongs to another session. */
function move(row: usize, to: usize): void {
  rowTouch(row);
  store<u32>(row, <u32>to, ROW_SESSION);
}

/** Puts the rows of two sessions into one list in the order of their arrival. */
function mergeRows(to: usize, from: usize): void {
  let a: usize = load<u32>(to, FIRST_ROW), b: usize = load<u32>(from, FIRST_ROW), last: usize = 0;
  while (a || b) {
    const takeA = a != 0 && (b == 0 || load<u64>(a, ROW_SEQ) < load<u64>(b, ROW_SEQ)), row = takeA ? a : b;
    if (takeA) a = following(a);
    else b = following(b);
    if (!takeA) move(row, to);
    if (last) store<u32>(last, <u32>row, ROW_FOLLOWING);
    else store<u32>(to, <u32>row, FIRST_ROW);
    last = row;
  }
  store<u32>(last, 0, ROW_FOLLOWING);
  store<u32>(to, <u32>last, LAST_ROW);
  store<u32>(to, load<u32>(to, ROWS) + load<u32>(from, ROWS), ROWS);
}

/** A session that a drain has handed out ends otherwise than with its time. */
function noteEnd(s: Sessions, session: usize): void {
  if (!load<u32>(session, SESSION_TOLD)) return;
  const key: usize = load<u32>(session, SESSION_KEY);
  noteGoneName(keyStoreOf(s), (<u64>load<u8>(key, ROW_GROUP) << 57) | load<u64>(session, SESSION_NAME));
}

export function freeSession(s: Sessions, session: usize): void {
  storeGive(keyStoreOf(s), session, SESSION_BYTES);
  s.sessions--;
}

/** The word behind which a session belongs that is new, or begins earlier now. */
let link: usize = 0;

/** Where sessions have a bound they may overlap, so that one may begin before others in front of it once an older row has come. */
function place(key: usize, session: usize): void {
  let at = key + KEY_SESSIONS;
  while (load<u32>(at) != <u32>session) at = <usize>load<u32>(at) + NEXT;
  store<u32>(at, load<u32>(session, NEXT));
  seek(key, load<i64>(session, START), load<u64>(session, SESSION_NAME));
  store<u32>(session, load<u32>(link), NEXT);
  store<u32>(link, <u32>session);
}

/** Finds the word behind which a session belongs that begins at `start`. */
function seek(key: usize, start: i64, name: u64): void {
  link = key + KEY_SESSIONS;
  for (let at: usize = load<u32>(link); at; at = load<u32>(link)) {
    const begins = load<i64>(at, START);
    if (begins > start || (begins == start && load<u64>(at, SESSION_NAME) > name)) break;
    link = at + NEXT;
  }
}

/** The open session of the key that a row at `t` belongs to, joined with those that it bridges; 0 = there is none. */
function findSession(s: Sessions, key: usize, t: i64, watermark: i64): usize {
  let target: usize = 0, from = key + KEY_SESSIONS, moved = false;
  link = from;
  for (let session: usize = load<u32>(from); session; session = load<u32>(from)) {
    // The watermark has passed it, though it has not left yet, or would have with a row that old in it: it takes no more rows
    const frozen = endOf(s, session) - 1 <= watermark || (s.max != 0 && t + s.max - 1 <= watermark);
    if (!frozen && touches(s, session, t) && (!target || fits(s, target, session))) {
      if (target) {
        mergeRows(target, session);
        store<i64>(target, max<i64>(load<i64>(target, LAST), load<i64>(session, LAST)), LAST);
        store<u32>(from, load<u32>(session, NEXT));
        noteEnd(s, session);
        freeSession(s, session);
        continue;
      }
      target = session;
      if (t < load<i64>(session, START)) {
        store<i64>(session, t, START);
        moved = s.max != 0;
      }
      if (t > load<i64>(session, LAST)) store<i64>(session, t, LAST);
    }
    if (load<i64>(session, START) <= t) link = session + NEXT;
    from = session + NEXT;
  }
  if (target && moved) place(key, target);
  return target;
}

/** Puts a session of another row of the same key where it belongs. */
export function take(s: Sessions, key: usize, session: usize): void {
  seek(key, load<i64>(session, START), load<u64>(session, SESSION_NAME));
  store<u32>(session, load<u32>(link), NEXT);
  store<u32>(link, <u32>session);
  store<u32>(session, <u32>key, SESSION_KEY);
}

/** A new session of the key at the place that findSession found; 0 when there is no memory. */
function addSession(s: Sessions, key: usize, t: i64, name: u64): usize {
  const session = storeTake(keyStoreOf(s), SESSION_BYTES);
  if (!session) return 0;
  memory.fill(session, 0, SESSION_BYTES);
  store<i64>(session, t, START);
  store<i64>(session, t, LAST);
  store<u32>(session, load<u32>(link), NEXT);
  store<u32>(link, <u32>session);
  store<u64>(session, name, SESSION_NAME);
  store<u32>(session, <u32>key, SESSION_KEY);
  store<u64>(session, rowOrder(key), SESSION_ORDER);
  s.sessions++;
  return session;
}

/** Makes sure that the heap has the session's key at its end or before; false when there is no memory. */
export function schedule(s: Sessions, session: usize): bool {
  const key: usize = load<u32>(session, SESSION_KEY), end = endOf(s, session), ticket = ticketOf(s, key);
  if (!ticket) return false;
  const entries = load<u32>(ticket, TICKET_ENTRIES);
  if (entries && load<i64>(ticket, TICKET_EARLIEST) <= end) return true;
  if (!heapPushAs(heapOf(s), end, load<u64>(session, SESSION_ORDER), ticket)) {
    if (!entries) giveTicket(s, key, ticket);
    return false;
  }
  store<u32>(ticket, entries + 1, TICKET_ENTRIES);
  store<i64>(ticket, end, TICKET_EARLIEST);
  return true;
}

/** The ticket of a key; 0 without memory. */
function ticketOf(s: Sessions, key: usize): usize {
  const old: usize = load<u32>(key, KEY_TICKET);
  if (old) return old;
  const ticket = storeTake(keyStoreOf(s), TICKET_BYTES);
  if (!ticket) return 0;
  store<u32>(ticket, <u32>key, TICKET_KEY);
  store<u32>(ticket, 0, TICKET_ENTRIES);
  store<u32>(key, <u32>ticket, KEY_TICKET);
  return ticket;
}

/** Frees a ticket of which the heap has no entry; `key` 0: it is of none. */
export function giveTicket(s: Sessions, key: usize, ticket: usize): void {
  storeGive(keyStoreOf(s), ticket, TICKET_BYTES);
  if (key) store<u32>(key, 0, KEY_TICKET);
}

/** The key of row `r`, which is not there yet; 0 when there is no memory. */
export function addKey(s: Sessions, columns: usize, r: u32, hash: u32, group: u8, arrival: u64): usize {
  const keys = keyStoreOf(s), key = rowEncode(keys, columns, r, hash, arrival);
  if (!key) return 0;
  store<u8>(key, group, ROW_GROUP);
  if (indexAdd(indexOf(s), key)) return key;
  rowFree(keys, key);
  return 0;
}

/** A session of the key that begins at `start`, behind those that begin no later; 0 without memory. */
export function openSession(s: Sessions, key: usize, start: i64, name: u64): usize {
  seek(key, start, name);
  return addSession(s, key, start, name);
}

/** Puts a row between the others of its session, by its arrival. */
export function insert(session: usize, row: usize): void {
  const last: usize = load<u32>(session, LAST_ROW), seq = load<u64>(row, ROW_SEQ);
  if (!last || load<u64>(last, ROW_SEQ) < seq) {
    append(session, row);
    return;
  }
  let before: usize = 0, behind: usize = load<u32>(session, FIRST_ROW);
  for (; load<u64>(behind, ROW_SEQ) < seq; behind = following(behind)) before = behind;
  store<u32>(row, <u32>behind, ROW_FOLLOWING);
  store<u32>(row, <u32>session, ROW_SESSION);
  if (before) store<u32>(before, <u32>row, ROW_FOLLOWING);
  else store<u32>(session, <u32>row, FIRST_ROW);
  store<u32>(session, load<u32>(session, ROWS) + 1, ROWS);
}

/** Puts a row behind the others of its session. */
export function append(session: usize, row: usize): void {
  const last: usize = load<u32>(session, LAST_ROW);
  store<u32>(row, 0, ROW_FOLLOWING);
  store<u32>(row, <u32>session, ROW_SESSION);
  if (last) store<u32>(last, <u32>row, ROW_FOLLOWING);
  else store<u32>(session, <u32>row, FIRST_ROW);
  store<u32>(session, <u32>row, LAST_ROW);
  store<u32>(session, load<u32>(session, ROWS) + 1, ROWS);
}

/** The watermark has passed all sessions of the key. */
function isOver(s: Sessions, key: usize, watermark: i64): bool {
  let session: usize = load<u32>(key, KEY_SESSIONS);
  while (session && endOf(s, session) - 1 <= watermark) session = load<u32>(session, NEXT);
  return !session;
}

/** Adds row `r` of the batch with time `t`; false when there is no memory, and then it is not added. */
export function add(
  s: Sessions, found: usize, columns: usize, r: u32, hash: u32, group: u8, t: i64, watermark: i64,
): bool {
  const isLate = t + s.gap - 1 <= watermark;
  if (!found && isLate) {
    s.late++;
    noteLate(r);
    return true;
  }
  const key = found ? found : addKey(s, columns, r, hash, group, s.seq);
  if (!key) return false;
  // A key whose sessions are all gone, or about to go, begins anew: that it is still there does not show
  if (isOver(s, key, watermark)) store<u64>(key, s.seq, ROW_SEQ);
  rowTouch(key);
  let session = findSession(s, key, t, watermark);
  if (!session && isLate) {
    s.late++;
    noteLate(r);
    return true;
  }
  const row = rowEncode(rowStoreOf(s), columns, r, 0, s.seq++);
  if (!row) return false;
  if (!session) session = addSession(s, key, t, load<u64>(row, ROW_SEQ));
  if (!session || !schedule(s, session)) {
    rowFree(rowStoreOf(s), row);
    return false;
  }
  append(session, row);
  return true;
}

/** A row of the session that equals row `r` of the batch, its time apart, leaves it; false when there is none. */
function unlink(s: Sessions, session: usize, columns: usize, r: u32): bool {
  let before: usize = 0;
  for (let row: usize = load<u32>(session, FIRST_ROW); row; before = row, row = following(row)) {
    if (!rowEqualsBatch(rowStoreOf(s), row, columns, r, s.others, s.otherCount)) continue;
    if (before) store<u32>(before, <u32>following(row), ROW_FOLLOWING);
    else store<u32>(session, <u32>following(row), FIRST_ROW);
    if (!following(row)) store<u32>(session, <u32>before, LAST_ROW);
    store<u32>(session, load<u32>(session, ROWS) - 1, ROWS);
    rowFree(rowStoreOf(s), row);
    return true;
  }
  return false;
}

/**
 * Takes row `r` back: out of the session that it would belong to, whatever time it has there, as a delete may come with a time of its own. A session
 * keeps its bounds until its last row is taken back.
 */
export function remove(s: Sessions, key: usize, columns: usize, r: u32, t: i64): void {
  let from = key + KEY_SESSIONS;
  for (let session: usize = key ? load<u32>(from) : 0; session; from = session + NEXT, session = load<u32>(from)) {
    if (!touches(s, session, t) || !unlink(s, session, columns, r)) continue;
    if (load<u32>(session, ROWS)) return;
    store<u32>(from, load<u32>(session, NEXT));
    noteEnd(s, session);
    freeSession(s, session);
    return;
  }
  s.unknown++;
}

/** The word that has the session of the key that ends first, which is there: where sessions have a bound, they may overlap. */
export function earliest(s: Sessions, key: usize): usize {
  let best = key + KEY_SESSIONS;
  if (!s.max) return best;
  for (let session: usize = load<u32>(best); load<u32>(session, NEXT); session = load<u32>(session, NEXT)) {
    const next: usize = load<u32>(session, NEXT);
    if (endOf(s, next) < endOf(s, load<u32>(best))) best = session + NEXT;
  }
  return best;
}

/** The session at a word has left. */
export function dropAt(s: Sessions, at: usize): void {
  const session: usize = load<u32>(at);
  store<u32>(at, load<u32>(session, NEXT));
  freeSession(s, session);
}
