// DIRECT INDEX: an accelerator for one fixed-size key whose values of a slice lie close together, as identifiers do.
// Entry (key − base) is the address of the key's row, or 0; it skips hash and group. The rows stay where they are, in
// the tables of their key groups.
import { block_is_new } from "../memory";
import { ROW_FLAGS, ROW_KEYS } from "../state/row";
import { spaceGive, spaceTake } from "../state/space";
import { PAGE_HEADER, PAGE_NEXT, pageUsed } from "../state/table";
import { DIRECT_ENTRIES_MAX, growAhead, growBegin, growEnd, growStep, growsSlowly } from "./direct_grow";
import { Slice, tableAt } from "./slice";
import { Aggregation, DIRECT_SLICES_MAX } from "./spec";

/** An index this small is made whatever its use. */
const ENTRIES_ALWAYS: u32 = 1024;
/** Entries for each row at most. */
const ENTRIES_A_ROW_MAX: u32 = 8;
/** Of the entries that an index has to spare, the part that lies on the side to which keys have not grown. */
const SPARE_SHIFT: u32 = 3;

@inline function places(a: Aggregation): usize {
  return changetype<usize>(a) + offsetof<Aggregation>("direct0");
}

/** Gives a slice a place among the few that have a direct index; the lowest one loses its own for good. */
function place(a: Aggregation, slice: Slice): void {
  const list = places(a);
  let lowest: usize = list;
  for (let at = list; at < list + (DIRECT_SLICES_MAX << 2); at += 4) {
    const other: usize = load<u32>(at);
    if (!other) {
      store<u32>(at, <u32>changetype<usize>(slice));
      return;
    }
    if (changetype<Slice>(other).index < changetype<Slice>(<usize>load<u32>(lowest)).index) lowest = at;
  }
  const loser = changetype<Slice>(<usize>load<u32>(lowest));
  directFree(a, loser);
  loser.directOff = true;
  store<u32>(lowest, <u32>changetype<usize>(slice));
}

export function directFree(a: Aggregation, slice: Slice): void {
  growEnd(a, slice);
  if (!slice.direct) return;
  spaceGive(a, slice.direct, slice.directEntries << 2);
  slice.direct = 0;
  slice.directWhole = false;
  const list = places(a);
  for (let at = list; at < list + (DIRECT_SLICES_MAX << 2); at += 4) {
    if (load<u32>(at) == <u32>changetype<usize>(slice)) store<u32>(at, 0);
  }
}

/** Entries of the slice's index, as a model for the next one; 0 without an index, or when it was hardly used. */
export function directModel(slice: Slice): u32 {
  if (!slice.direct || slice.directEntries / ENTRIES_A_ROW_MAX > slice.rows + ENTRIES_ALWAYS) return 0;
  return slice.directEntries;
}

/** The slice ends. */
export function directEnd(a: Aggregation, slice: Slice): void {
  if (slice.direct && !directModel(slice)) a.hintEntries = 0;
  directFree(a, slice);
}

/** An empty index for keys from `base` on; without memory the slice simply has none. */
function make(a: Aggregation, slice: Slice, base: i64, entries: u32): bool {
  const address = spaceTake(a, entries << 2);
  if (!address) return false;
  if (!block_is_new()) memory.fill(address, 0, <usize>entries << 2);
  place(a, slice);
  slice.direct = <u32>address;
  slice.directEntries = entries;
  slice.directBase = base;
  return true;
}

/** A new slice starts with an index like that of the one before. */
export function directStart(a: Aggregation, slice: Slice): void {
  if (a.fixedKey && a.hintEntries && !a.hintSlots) slice.directWhole = make(a, slice, a.hintBase, a.hintEntries);
}

/** Enters the rows that the slice has. */
function fill(a: Aggregation, slice: Slice): void {
  for (let group = a.groupFrom; group < a.groupTo; group++) {
    const table = tableAt(a, slice, group);
    if (!changetype<usize>(table)) continue;
    for (let page: usize = table.first; page; page = load<u32>(page, PAGE_NEXT)) {
      const end = page + PAGE_HEADER + pageUsed(table, page);
      for (let row = page + PAGE_HEADER; row < end; row += a.rowBytes) {
        if (load<u32>(row, ROW_FLAGS) & 1) continue;
        const entry = <u64>(load<i64>(row, ROW_KEYS) - slice.directBase);
        if (entry < <u64>slice.directEntries) store<u32>(<usize>slice.direct + (<usize>entry << 2), <u32>row);
      }
    }
  }
}

/** Makes the index anew around the keys of the slice, if they are dense enough. */
function renew(a: Aggregation, slice: Slice, upwards: bool): void {
  const whole = slice.directWhole;
  slice.directWhole = false;
  const range = <u64>(slice.keyMax - slice.keyMin);
  if (range >= <u64>DIRECT_ENTRIES_MAX || slice.directOff || (slice.grow && !whole)) return;
  const needed = <u32>range + 1;
  if (needed > ENTRIES_ALWAYS && needed / ENTRIES_A_ROW_MAX > slice.rows) return;
  let entries: u32 = 1 << (32 - clz(needed + (needed >> 1)));
  if (entries > DIRECT_ENTRIES_MAX) entries = DIRECT_ENTRIES_MAX;
  const spare = <i64>((entries - needed) >>> SPARE_SHIFT);
  const base = upwards ? slice.keyMin - spare : slice.keyMax + spare - <i64>entries + 1;
  if (!whole && growsSlowly(a, slice)) {
    growBegin(a, slice, base, entries);
    return;
  }
  growEnd(a, slice);
  renewNow(a, slice, base, entries, whole);
}

function renewNow(a: Aggregation, slice: Slice, base: i64, entries: u32, whole: bool): void {
  const old: usize = slice.direct, oldBase = slice.directBase, oldEntries = slice.directEntries;
  const address = spaceTake(a, entries << 2);
  if (!address) return;
  if (!block_is_new()) memory.fill(address, 0, <usize>entries << 2);
  const shift = <u64>(oldBase - base), keeps = old && whole && oldEntries <= entries && shift <= <u64>(entries - oldEntries);
  if (keeps) memory.copy(address + (<usize>shift << 2), old, <usize>oldEntries << 2);
  directEnter(a, slice, <u32>address, base, entries);
  if (!keeps) fill(a, slice);
}

/** Makes an index that knows every key of the slice its own, in place of the one that it has. */
export function directEnter(a: Aggregation, slice: Slice, address: u32, base: i64, entries: u32): void {
  if (slice.direct) spaceGive(a, slice.direct, slice.directEntries << 2);
  else place(a, slice);
  slice.direct = address;
  slice.directEntries = entries;
  slice.directBase = base;
  slice.directWhole = true;
  a.hintBase = base;
  a.hintEntries = entries;
}

/** Between two blocks: goes on with the index that is being made, or begins one ahead of its time. */
@inline export function directTend(a: Aggregation, slice: Slice): void {
  if (slice.grow) growStep(a, slice);
  else growAhead(a, slice);
}

/** Gives the slice an index of the keys that it has, if they are dense enough. */
export function directRenew(a: Aggregation, slice: Slice): void {
  renew(a, slice, true);
}

/** Takes note of a key (not NULL) that has got a row. */
export function directAdd(a: Aggregation, slice: Slice, key: i64, row: usize): void {
  const upwards = key > slice.keyMax;
  if (key < slice.keyMin) slice.keyMin = key;
  if (upwards) slice.keyMax = key;
  if (slice.slab) {
    if (slice.direct) directMoved(slice, key, row);
    return;
  }
  if (slice.direct) {
    const entry = <u64>(key - slice.directBase);
    if (entry < <u64>slice.directEntries) {
      store<u32>(<usize>slice.direct + (<usize>entry << 2), <u32>row);
      return;
    }
  }
  renew(a, slice, upwards);
  if (!slice.direct) return;
  const entry = <u64>(key - slice.directBase);
  if (entry < <u64>slice.directEntries) store<u32>(<usize>slice.direct + (<usize>entry << 2), <u32>row);
}

/** The index of the slice has the key (not NULL) if it is there at all: what an index has a place for it knows, whole or not. */
@inline export function isDirect(slice: Slice, key: i64): bool {
  return slice.direct != 0 && <u64>(key - slice.directBase) < <u64>slice.directEntries;
}

/** The row of a key lies elsewhere now. */
export function directMoved(slice: Slice, key: i64, row: usize): void {
  if (isDirect(slice, key)) store<u32>(<usize>slice.direct + (<usize>(key - slice.directBase) << 2), <u32>row);
}

/** Rows leave for a slab: the index is asked for those that have not left, and grows no more. */
export function directLeave(a: Aggregation, slice: Slice): void {
  growEnd(a, slice);
  slice.directWhole = false;
}

/** Forgets a key whose row is taken back. */
export function directRemove(a: Aggregation, slice: Slice, key: i64): void {
  // It may have been looked at where another row will be
  growEnd(a, slice);
  if (!slice.direct) return;
  const entry = <u64>(key - slice.directBase);
  if (entry < <u64>slice.directEntries) store<u32>(<usize>slice.direct + (<usize>entry << 2), 0);
}
