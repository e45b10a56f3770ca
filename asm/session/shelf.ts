// Sessions leave memory key by key with their rows (rows/shelf.ts): the row of a key is the one that rows hang on. Its sessions leave as they lie, behind
// its image; rows leave with the names of theirs in the place of their words, as checkpoints have them.
import { block_alloc, block_free } from "../memory";
import { indexAdd, indexFindRow, indexHash, indexRemove } from "../rows/index_rows";
import { rowFree } from "../rows/encode";
import { heapSweep } from "../rows/heap";
import { listed, restoredCount, restoredEnd, restoredRows } from "../rows/restore";
import { ROW_NEXT, ROW_SEQ } from "../rows/row";
import { shelfMake, shelfSeal, shelfSide, shelfUnder } from "../rows/shelf";
import { isLong, recordAlone, recordsBegin, recordsEnd } from "../rows/shelf_leave";
import { sideAt, Shelf } from "../rows/shelf";
import { rowsSortByNumber } from "../rows/sort";
import { storeGive, storeTake } from "../rows/store";
import { rowForget } from "../rows/touch";
import { earliest, freeSession, giveTicket, insert, schedule, take } from "./add";
import { dropDoomed } from "./index";
import {
  FIRST_ROW, KEY_SESSIONS, KEY_TICKET, LAST_ROW, NEXT, ROWS, ROW_FOLLOWING, ROW_SESSION, SESSION_BYTES, SESSION_KEY, SESSION_NAME, SESSION_TOLD,
  Sessions, TICKET_ENTRIES, TICKET_KEY, endOf, heapOf, indexOf, keyStoreOf, rowStoreOf,
} from "./spec";
import { sessionOf, tell } from "./state";

const ROWS_SIDE: u32 = 0;
const KEYS_SIDE: u32 = 1;
/** The heap is gone through when it has more entries of keys that have left than others, and so many. */
const ORPHANS_MIN: u32 = 1024;

/** The shelf of sessions; 0 without memory. */
export function session_shelf(address: usize): usize {
  const s = changetype<Sessions>(address);
  s.shelf = <u32>shelfMake(address, 2, settle.index, drop.index, put.index, isOver.index);
  if (!s.shelf) return 0;
  shelfSide(s.shelf, KEYS_SIDE, keyStoreOf(s), indexOf(s), 0, 0);
  shelfUnder(s.shelf, rowStoreOf(s), keyOf.index, chain.index, stays.index);
  shelfSeal(s.shelf, KEYS_SIDE, sealKey.index, unsealKey.index, due.index);
  shelfSeal(s.shelf, ROWS_SIDE, sealRow.index, 0, 0);
  return s.shelf;
}

function settle(owner: usize): void {
  dropDoomed(changetype<Sessions>(owner));
}

function keyOf(_owner: usize, row: usize): usize {
  return load<u32>(<usize>load<u32>(row, ROW_SESSION), SESSION_KEY);
}

/** Links the rows of all sessions of a key. */
function chain(_owner: usize, key: usize): usize {
  let first: usize = 0;
  for (let session: usize = load<u32>(key, KEY_SESSIONS); session; session = load<u32>(session, NEXT)) {
    for (let row: usize = load<u32>(session, FIRST_ROW); row; row = load<u32>(row, ROW_FOLLOWING)) {
      store<u32>(row, <u32>first, ROW_NEXT);
      first = row;
    }
  }
  return first;
}

function firstEnd(s: Sessions, key: usize): i64 {
  return endOf(s, load<u32>(earliest(s, key)));
}

/** A key without sessions waits for its entry in the heap, one whose session has ended for that to come out. */
function stays(owner: usize, key: usize): bool {
  const s = changetype<Sessions>(owner);
  return !load<u32>(key, KEY_SESSIONS) || firstEnd(s, key) - 1 <= s.until;
}

/** The watermark at which its first session ends. */
function due(owner: usize, key: usize): i64 {
  return firstEnd(changetype<Sessions>(owner), key) - 1;
}

function sealRow(_owner: usize, row: usize, image: usize, _behind: usize): u32 {
  if (image) store<u64>(image, load<u64>(<usize>load<u32>(row, ROW_SESSION), SESSION_NAME), ROW_FOLLOWING);
  return 0;
}

/** In the words of the image are how many sessions there are, and where. */
function sealKey(_owner: usize, key: usize, image: usize, behind: usize): u32 {
  let count: u32 = 0;
  for (let session: usize = load<u32>(key, KEY_SESSIONS); session; session = load<u32>(session, NEXT), count++) {
    if (image) memory.copy(behind + count * SESSION_BYTES, session, SESSION_BYTES);
  }
  const bytes = count * SESSION_BYTES;
  if (image) {
    store<u32>(image, count, KEY_SESSIONS);
    store<u32>(image, <u32>(behind - image), KEY_TICKET);
    if (bytes & 15) store<u64>(behind + bytes, 0);
  }
  return (bytes + 15) & ~15;
}

/** Of sessions that come back a drain is taken to have told: that one is gone which it has not is told for nothing. */
function unsealKey(owner: usize, key: usize, behind: usize): bool {
  const s = changetype<Sessions>(owner), count = load<u32>(key, KEY_SESSIONS);
  let link = key + KEY_SESSIONS;
  store<u32>(key, 0, KEY_TICKET);
  for (let i: u32 = 0; i < count; i++) {
    const session = storeTake(keyStoreOf(s), SESSION_BYTES);
    store<u32>(link, <u32>session);
    if (!session) return false;
    memory.copy(session, behind + i * SESSION_BYTES, SESSION_BYTES);
    store<u32>(session, 0, NEXT);
    store<u32>(session, 0, FIRST_ROW);
    store<u32>(session, 0, LAST_ROW);
    store<u32>(session, 0, ROWS);
    store<u32>(session, <u32>key, SESSION_KEY);
    store<u32>(session, 1, SESSION_TOLD);
    s.sessions++;
    link = session + NEXT;
  }
  return true;
}

/** The keys that the heap is gone through for. */
let sweeping: Sessions = changetype<Sessions>(0);

function isOrphan(ticket: usize): bool {
  if (load<u32>(ticket, TICKET_KEY)) return false;
  const entries = load<u32>(ticket, TICKET_ENTRIES) - 1;
  store<u32>(ticket, entries, TICKET_ENTRIES);
  sweeping.orphans--;
  if (!entries) giveTicket(sweeping, 0, ticket);
  return true;
}

/** Rows go with the sessions that they hang on. */
function drop(owner: usize, side: u32, key: usize): void {
  const s = changetype<Sessions>(owner), ticket: usize = load<u32>(key, KEY_TICKET), heap = heapOf(s);
  if (side == ROWS_SIDE) return;
  for (let session: usize = load<u32>(key, KEY_SESSIONS); session;) {
    const next: usize = load<u32>(session, NEXT);
    freeSession(s, session);
    session = next;
  }
  indexRemove(indexOf(s), key);
  if (!ticket) return;
  store<u32>(ticket, 0, TICKET_KEY);
  s.orphans += load<u32>(ticket, TICKET_ENTRIES);
  if (s.orphans < ORPHANS_MIN || s.orphans << 1 < heap.size) return;
  sweeping = s;
  heapSweep(heap, isOrphan);
}

function isOver(_owner: usize, _side: u32, _row: usize): bool {
  return false;
}

/** While tables are restored, sessions of one key may come back from several records. */
function putKey(s: Sessions, key: usize): bool {
  const index = indexOf(s), keys = keyStoreOf(s), found = indexFindRow(index, indexHash(index, key), keys, key, s.keyList);
  if (!found) return indexAdd(index, key) && schedule(s, load<u32>(earliest(s, key)));
  for (let session: usize = load<u32>(key, KEY_SESSIONS); session;) {
    const next: usize = load<u32>(session, NEXT);
    take(s, found, session);
    session = next;
  }
  rowForget(key);
  rowFree(keys, key);
  return schedule(s, load<u32>(earliest(s, found)));
}

function put(owner: usize, side: u32, list: usize, count: u32): bool {
  const s = changetype<Sessions>(owner);
  if (side == KEYS_SIDE) {
    for (let i: u32 = 0; i < count; i++) if (!putKey(s, listed(list, i))) return false;
    return true;
  }
  if (!rowsSortByNumber(list, count, <u32>ROW_SEQ)) return false;
  for (let i: u32 = 0; i < count; i++) {
    const session = sessionOf(s, listed(list, i));
    if (!session) return false;
    insert(session, listed(list, i));
  }
  return true;
}

// Keys that leave while tables are restored: none of them has a row yet
let aside: usize = 0;
let asideCount: u32 = 0;
let asideNext: u32 = 0;
let asideBytes: u32 = 0;

/** Begins to let all restored keys leave; false without memory. */
export function session_aside_begin(address: usize): bool {
  const keys = keyStoreOf(changetype<Sessions>(address)), list = restoredRows(keys), count = restoredCount;
  if (!list) return false;
  asideBytes = count << 2;
  aside = block_alloc(asideBytes + 4);
  if (aside) memory.copy(aside, list, asideBytes);
  restoredEnd(keys, list);
  asideCount = count;
  asideNext = 0;
  return aside != 0;
}

/** The next ones leave as records at `to`, as shelf_aside has it. */
export function session_aside(address: usize, to: usize, room: u32, epoch: u32): u32 {
  const s = changetype<Sessions>(address), shelf = changetype<Shelf>(<usize>s.shelf), index = indexOf(s);
  recordsBegin(to, room, epoch);
  for (; asideNext < asideCount; asideNext++) {
    const key = listed(aside, asideNext);
    if (isLong(shelf, sideAt(shelf, KEYS_SIDE), key)) continue;
    if (!recordAlone(shelf, KEYS_SIDE, key, indexHash(index, key), false)) break;
    drop(address, KEYS_SIDE, key);
    rowForget(key);
    rowFree(keyStoreOf(s), key);
  }
  return <u32>(recordsEnd() - to);
}

/** Hashes of the keys that have stayed, u32 each to `out`, which has room for all of them; how many. */
export function session_aside_end(address: usize, out: usize): u32 {
  const s = changetype<Sessions>(address), keys = keyStoreOf(s), list = restoredRows(keys), count = restoredCount;
  for (let i: u32 = 0; list && i < count; i++) store<u32>(out + (<usize>i << 2), indexHash(indexOf(s), listed(list, i)));
  if (list) restoredEnd(keys, list);
  block_free(aside, asideBytes + 4);
  aside = 0;
  return list ? count : 0;
}

/** The sessions of keys that were made readable where they are (shelf_thaw), as session_look has them; `list` 0: only how many there are. */
export function session_sealed(address: usize, keys: usize, count: u32, list: usize, out: usize, most: u32): u32 {
  const s = changetype<Sessions>(address);
  let found: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const key = listed(keys, i), sessions = load<u32>(key, KEY_SESSIONS), first = key + load<u32>(key, KEY_TICKET);
    for (let k: u32 = 0; k < sessions; k++, found++) if (list) tell(s, key, first + k * SESSION_BYTES, list, out, found, most);
  }
  return found;
}
