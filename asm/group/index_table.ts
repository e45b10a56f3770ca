// INDEX: finds things by their hash, which is the first word of each. Sixty-four open-addressing tables by bits of the
// hash grow one by one, so that no rehash is long; what is removed leaves no gap.
//
//   table   0             4          8          12
//           +-------------+----------+----------+
//           | entries u32 | mask u32 | used u32 |      an entry: high bits of the hash, address / 16 (state/table.ts)
//           +-------------+----------+----------+
import { entryOf, rowOfEntry, tagDiffers } from "../state/table";
import { Space, spaceGive, spaceTake } from "../state/space";

const TABLES: u32 = 64;
const TABLE: u32 = 12;
const ENTRIES_MIN: u32 = 16;

/** Bytes of an index. */
export const INDEX_BYTES: u32 = TABLES * TABLE;

@inline function tableOf(index: usize, hash: u32): usize {
  return index + <usize>((hash >>> 22) & (TABLES - 1)) * TABLE;
}

/** The entry of the first thing that may have this hash, as indexNext goes on from; 0 = there is none. */
@inline export function indexFind(index: usize, hash: u32): u32 {
  const table = tableOf(index, hash), entries: usize = load<u32>(table);
  if (!entries) return 0;
  const mask = load<u32>(table, 4);
  let at = hash & mask;
  while (true) {
    const entry = load<u32>(entries + (<usize>at << 2));
    if (!entry) return 0;
    if (!tagDiffers(entry, hash) && load<u32>(rowOfEntry(entry)) == hash) return entry;
    at = (at + 1) & mask;
  }
}

/** The next thing with the same hash behind `entry`; 0 = there is none. */
export function indexNext(index: usize, hash: u32, entry: u32): u32 {
  const table = tableOf(index, hash), entries: usize = load<u32>(table), mask = load<u32>(table, 4);
  let at = hash & mask;
  while (load<u32>(entries + (<usize>at << 2)) != entry) at = (at + 1) & mask;
  while (true) {
    at = (at + 1) & mask;
    const next = load<u32>(entries + (<usize>at << 2));
    if (!next) return 0;
    if (!tagDiffers(next, hash) && load<u32>(rowOfEntry(next)) == hash) return next;
  }
}

function grow(space: Space, table: usize): bool {
  const old: usize = load<u32>(table), oldMask = load<u32>(table, 4);
  const count: u32 = old ? (oldMask + 1) << 1 : ENTRIES_MIN, fresh = spaceTake(space, count << 2);
  if (!fresh) return false;
  memory.fill(fresh, 0, <usize>count << 2);
  if (old) {
    for (let i: u32 = 0; i <= oldMask; i++) {
      const entry = load<u32>(old + (<usize>i << 2));
      if (!entry) continue;
      let at = load<u32>(rowOfEntry(entry)) & (count - 1);
      while (load<u32>(fresh + (<usize>at << 2))) at = (at + 1) & (count - 1);
      store<u32>(fresh + (<usize>at << 2), entry);
    }
    spaceGive(space, old, (oldMask + 1) << 2);
  }
  store<u32>(table, <u32>fresh);
  store<u32>(table, count - 1, 4);
  return true;
}

/** Adds a thing whose first word is `hash`; false when there is no memory, and then nothing has changed. */
export function indexAdd(space: Space, index: usize, hash: u32, thing: usize): bool {
  const table = tableOf(index, hash);
  const used = load<u32>(table, 8);
  if (!load<u32>(table) || used * 2 > load<u32>(table, 4)) {
    if (!grow(space, table)) return false;
  }
  const entries: usize = load<u32>(table), mask = load<u32>(table, 4);
  let at = hash & mask;
  while (load<u32>(entries + (<usize>at << 2))) at = (at + 1) & mask;
  store<u32>(entries + (<usize>at << 2), entryOf(thing, hash));
  store<u32>(table, used + 1, 8);
  return true;
}

/** Removes a thing that is there; those behind it close up. */
export function indexRemove(index: usize, thing: usize): void {
  const hash = load<u32>(thing), table = tableOf(index, hash), entries: usize = load<u32>(table);
  const mask = load<u32>(table, 4), entry = entryOf(thing, hash);
  let at = hash & mask;
  while (load<u32>(entries + (<usize>at << 2)) != entry) at = (at + 1) & mask;
  let gap = at;
  while (true) {
    at = (at + 1) & mask;
    const next = load<u32>(entries + (<usize>at << 2));
    if (!next) break;
    const home = load<u32>(rowOfEntry(next)) & mask;
    if (((at - home) & mask) < ((at - gap) & mask)) continue;
    store<u32>(entries + (<usize>gap << 2), next);
    gap = at;
  }
  store<u32>(entries + (<usize>gap << 2), 0);
  store<u32>(table, load<u32>(table, 8) - 1, 8);
}

/** Frees the tables of an index. */
export function indexFree(space: Space, index: usize): void {
  for (let i: u32 = 0; i < TABLES; i++) {
    const table = index + <usize>i * TABLE;
    if (load<u32>(table)) spaceGive(space, load<u32>(table), (load<u32>(table, 4) + 1) << 2);
    store<u32>(table, 0);
    store<u32>(table, 0, 4);
    store<u32>(table, 0, 8);
  }
}

/** How many tables there are, and how many places one has. */
export const INDEX_TABLES: u32 = TABLES;

@inline export function indexPlaces(index: usize, table: u32): u32 {
  const at = index + <usize>table * TABLE;
  return load<u32>(at) ? load<u32>(at, 4) + 1 : 0;
}

/** The thing at a place of a table; 0 = it is empty. */
@inline export function indexThing(index: usize, table: u32, place: u32): usize {
  const entries: usize = load<u32>(index + <usize>table * TABLE);
  return rowOfEntry(load<u32>(entries + (<usize>place << 2)));
}
