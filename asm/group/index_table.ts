// INDEX: finds things by their hash. Open-addressing tables by the top bits of the hash
// grow one by one, each at a load of its own, so that no rehash is long and no two come together; what is removed leaves no
// gap. A slot has the hash beside the address, so that neither looking for a thing nor growing reads other things. A TABLE alone serves few things.
//
//   table   0             4          8          12                 slot   0             4          8
//           +-------------+----------+----------+                         +-------------+----------+
//           | slots u32   | mask u32 | used u32 |                         | address u32 | hash u32 |   address 0 = empty
//           +-------------+----------+----------+                         +-------------+----------+
import { Space, spaceGive, spaceTake } from "../state/space";

const TABLES: u32 = 256;
const TABLE: u32 = 12;
const SLOTS_MIN: u32 = 8;

/** Bytes of an index. */
export const INDEX_BYTES: u32 = TABLES * TABLE;

/** The table of an index in which a thing with this hash is. */
@inline export function indexTable(index: usize, hash: u32): usize {
  return index + <usize>(hash >>> 24) * TABLE;
}

@inline function slotAt(slots: usize, at: u32): usize {
  return slots + (<usize>at << 3);
}

@inline function slotOf(thing: usize, hash: u32): u64 {
  return (<u64>hash << 32) | <u64>thing;
}

/** What lies where a thing with this hash is looked for first, be it that or another; 0 = nothing. */
@inline export function tableFirst(table: usize, hash: u32): usize {
  const slots: usize = load<u32>(table);
  return slots ? <usize>load<u32>(slotAt(slots, hash & load<u32>(table, 4))) : 0;
}

@inline export function indexFirst(index: usize, hash: u32): usize {
  return tableFirst(indexTable(index, hash), hash);
}

/** The first thing with this hash; 0 = there is none. */
@inline export function tableFind(table: usize, hash: u32): usize {
  const slots: usize = load<u32>(table);
  if (!slots) return 0;
  const mask = load<u32>(table, 4);
  let at = hash & mask;
  while (true) {
    const slot = load<u64>(slotAt(slots, at));
    if (!slot) return 0;
    if (<u32>(slot >> 32) == hash) return <usize><u32>slot;
    at = (at + 1) & mask;
  }
}

@inline export function indexFind(index: usize, hash: u32): usize {
  return tableFind(indexTable(index, hash), hash);
}

/** The next thing with the same hash behind `thing`; 0 = there is none. */
export function tableNext(table: usize, hash: u32, thing: usize): usize {
  const slots: usize = load<u32>(table), mask = load<u32>(table, 4);
  const own = slotOf(thing, hash);
  let at = hash & mask;
  while (load<u64>(slotAt(slots, at)) != own) at = (at + 1) & mask;
  while (true) {
    at = (at + 1) & mask;
    const slot = load<u64>(slotAt(slots, at));
    if (!slot) return 0;
    if (<u32>(slot >> 32) == hash) return <usize><u32>slot;
  }
}

@inline export function indexNext(index: usize, hash: u32, thing: usize): usize {
  return tableNext(indexTable(index, hash), hash, thing);
}

/** Makes a table one of so many slots, a power of two that is more than there are. */
function grow(space: Space, table: usize, count: u32): bool {
  const old: usize = load<u32>(table), oldMask = load<u32>(table, 4), fresh = spaceTake(space, count << 3);
  if (!fresh) return false;
  memory.fill(fresh, 0, <usize>count << 3);
  if (old) {
    for (let i: u32 = 0; i <= oldMask; i++) {
      const slot = load<u64>(slotAt(old, i));
      if (!slot) continue;
      let at = <u32>(slot >> 32) & (count - 1);
      while (load<u64>(slotAt(fresh, at))) at = (at + 1) & (count - 1);
      store<u64>(slotAt(fresh, at), slot);
    }
    spaceGive(space, old, (oldMask + 1) << 3);
  }
  store<u32>(table, <u32>fresh);
  store<u32>(table, count - 1, 4);
  return true;
}

/** So many of its slots a table uses: nine of sixteen, and up to five of thirty-two more. */
@inline function usedMax(index: usize, table: usize): u32 {
  const count = load<u32>(table, 4) + 1;
  return (count * 9 >>> 4) + ((count * 5 >>> 5) * (<u32>(table - index) / TABLE) >>> 8);
}

/** Makes a table, which is one alone, large enough for so many things; false when there is no memory. */
export function tableReserve(space: Space, table: usize, things: u32): bool {
  const there: u32 = load<u32>(table) ? load<u32>(table, 4) + 1 : 0;
  let count = max<u32>(there, SLOTS_MIN);
  while (things > count * 9 >>> 4) count <<= 1;
  // Without memory one is fuller, as long as a look at it has an end
  return count == there || grow(space, table, count) || things < there;
}

/** Adds a thing with this hash to a table that has room for it. */
@inline export function tableAdd(table: usize, hash: u32, thing: usize): void {
  const slots: usize = load<u32>(table), mask = load<u32>(table, 4);
  let at = hash & mask;
  while (load<u64>(slotAt(slots, at))) at = (at + 1) & mask;
  store<u64>(slotAt(slots, at), slotOf(thing, hash));
  store<u32>(table, load<u32>(table, 8) + 1, 8);
}

/** Adds a thing with this hash; false when there is no memory, and then nothing has changed. */
export function indexAdd(space: Space, index: usize, hash: u32, thing: usize): bool {
  const table = indexTable(index, hash);
  if (!load<u32>(table)) {
    if (!grow(space, table, SLOTS_MIN)) return false;
  } else if (load<u32>(table, 8) >= usedMax(index, table)) {
    if (!grow(space, table, (load<u32>(table, 4) + 1) << 1)) return false;
  }
  tableAdd(table, hash, thing);
  return true;
}

/** Adds all that a table alone has; false when there is no memory. */
export function indexTakeAll(space: Space, index: usize, table: usize): bool {
  const slots: usize = load<u32>(table), mask = load<u32>(table, 4);
  for (let i: u32 = 0; i <= mask; i++) {
    const slot = load<u64>(slotAt(slots, i));
    if (slot && !indexAdd(space, index, <u32>(slot >> 32), <usize><u32>slot)) return false;
  }
  return true;
}

/** Removes a thing that is there; those behind it close up. */
export function tableRemove(table: usize, hash: u32, thing: usize): void {
  const slots: usize = load<u32>(table), mask = load<u32>(table, 4), own = slotOf(thing, hash);
  let at = hash & mask;
  while (load<u64>(slotAt(slots, at)) != own) at = (at + 1) & mask;
  let gap = at;
  while (true) {
    at = (at + 1) & mask;
    const next = load<u64>(slotAt(slots, at));
    if (!next) break;
    const home = <u32>(next >> 32) & mask;
    if (((at - home) & mask) < ((at - gap) & mask)) continue;
    store<u64>(slotAt(slots, gap), next);
    gap = at;
  }
  store<u64>(slotAt(slots, gap), 0);
  store<u32>(table, load<u32>(table, 8) - 1, 8);
}

@inline export function indexRemove(index: usize, hash: u32, thing: usize): void {
  tableRemove(indexTable(index, hash), hash, thing);
}

/** Frees the slots of a table. */
export function tableFree(space: Space, table: usize): void {
  if (load<u32>(table)) spaceGive(space, load<u32>(table), (load<u32>(table, 4) + 1) << 3);
  store<u32>(table, 0);
  store<u32>(table, 0, 4);
  store<u32>(table, 0, 8);
}

/** Frees the tables of an index. */
export function indexFree(space: Space, index: usize): void {
  for (let i: u32 = 0; i < TABLES; i++) tableFree(space, index + <usize>i * TABLE);
}

/** How many tables there are, and how many places one has. */
export const INDEX_TABLES: u32 = TABLES;

@inline export function indexPlaces(index: usize, table: u32): u32 {
  const at = index + <usize>table * TABLE;
  return load<u32>(at) ? load<u32>(at, 4) + 1 : 0;
}

/** The thing at a place of a table; 0 = it is empty. */
@inline export function indexThing(index: usize, table: u32, place: u32): usize {
  const slots: usize = load<u32>(index + <usize>table * TABLE);
  return load<u32>(slotAt(slots, place));
}
