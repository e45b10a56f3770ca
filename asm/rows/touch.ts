// What changes between two cuts (changes.ts): flags of rows and pages say what was added or written over, a list what is gone.
import { ROW_CHANGED, ROW_GROUP, ROW_PLACE, ROW_SEQ, ROW_STORED } from "./row";
import { placeTouch } from "./slab";
import { Store, storeGive } from "./store";
import { rowKeyGroup } from "./keys";
import { block_size, state_force } from "../memory";

const GONE_MIN: u32 = 64;

function mark(row: usize): void {
  store<u16>(row, load<u16>(row, ROW_PLACE) | <u16>ROW_CHANGED, ROW_PLACE);
  placeTouch(row);
}

/** What a table says of a stored row is about to change. */
@inline export function rowTouch(row: usize): void {
  if (!(load<u16>(row, ROW_PLACE) & ROW_CHANGED)) mark(row);
}

/** When the row goes, nobody has to be told: a range of the table goes with it. */
@inline export function rowForget(row: usize): void {
  store<u16>(row, load<u16>(row, ROW_PLACE) & <u16>~ROW_STORED, ROW_PLACE);
}

/** The row belongs to a table as it is: a drain has handed it out, or it came from one. */
@inline export function rowStored(row: usize): void {
  store<u16>(row, (load<u16>(row, ROW_PLACE) | <u16>ROW_STORED) & <u16>~ROW_CHANGED, ROW_PLACE);
}

/** `to` takes the place of `from` in the table: it has its name, and nobody is told that `from` goes. */
export function rowRename(from: usize, to: usize): void {
  store<u64>(to, load<u64>(from, ROW_SEQ), ROW_SEQ);
  store<u16>(to, load<u16>(to, ROW_PLACE) | (load<u16>(from, ROW_PLACE) & <u16>ROW_STORED), ROW_PLACE);
  rowForget(from);
}

/** The key group of a row: a kernel that has no use for it does not write it. */
export function rowGroup(s: Store, row: usize): u32 {
  if (s.aside && !s.groupKeys) return load<u8>(row, ROW_GROUP);
  return s.groupKeys ? rowKeyGroup(s, row, s.groupList, s.groupKeys) : 0;
}

/** Key group and arrival as one number, as rowOrder makes it. */
@inline export function rowName(s: Store, row: usize): u64 {
  return (<u64>rowGroup(s, row) << 57) | load<u64>(row, ROW_SEQ);
}

function grow(s: Store): bool {
  const room = s.goneRoom ? s.goneRoom << 1 : GONE_MIN, fresh = state_force(room << 3);
  if (!fresh) return false;
  s.bytes += <u32>block_size(room << 3);
  if (s.goneRoom) {
    memory.copy(fresh, s.gone, <usize>s.goneCount << 3);
    storeGive(s, s.gone, s.goneRoom << 3);
  }
  s.gone = <u32>fresh;
  s.goneRoom = room;
  return true;
}

/** Remembers that a row is gone, whatever the bound of state: it makes room itself. Without memory all is handed out anew. */
export function noteGone(s: Store, row: usize): void {
  noteGoneName(s, rowName(s, row));
}

/** The same of what has this name. */
export function noteGoneName(s: Store, name: u64): void {
  if (s.lost) return;
  if (s.goneCount == s.goneRoom && !grow(s)) {
    s.lost = true;
    return;
  }
  store<u64>(<usize>s.gone + (<usize>s.goneCount << 3), name);
  s.goneCount++;
}

/** Forgets what is gone, and gives its memory back. */
export function forgetGone(s: Store): void {
  if (s.goneRoom) storeGive(s, s.gone, s.goneRoom << 3);
  s.gone = 0;
  s.goneCount = 0;
  s.goneRoom = 0;
  s.lost = false;
}

/** Writes the key group that the columns of a row make. */
@inline export function rowSetGroup(s: Store, row: usize): void {
  store<u8>(row, <u8>rowGroup(s, row), ROW_GROUP);
}
