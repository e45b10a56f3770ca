// GHOSTS: entries of a heap whose rows are gone, by (order, row): open addressing, at most half full. What is in it twice is there twice.
//
//   slot  order u64, row u32, 1 = taken u32
import { block_alloc, block_free } from "../memory";
import { Store, storeGive, storeTake } from "./store";

const SLOT: u32 = 16;
const SLOTS_MIN: u32 = 64;

@unmanaged
export class Ghosts {
  store: u32;
  count: u32;
  mask: u32;
  slots: u32;
}

@inline function slotAt(g: Ghosts, i: u32): usize {
  return <usize>g.slots + i * SLOT;
}

@inline function isTaken(g: Ghosts, i: u32): bool {
  return load<u32>(slotAt(g, i), 12) != 0;
}

/** The slot in which an entry is looked for first. */
@inline function homeOf(g: Ghosts, order: u64, row: u32): u32 {
  const mixed = (order ^ (<u64>row << 29) ^ (order >> 31)) * 0x9E3779B97F4A7C15;
  return <u32>(mixed >> 32) & g.mask;
}

function slotsTake(g: Ghosts, slots: u32): usize {
  const fresh = storeTake(changetype<Store>(<usize>g.store), slots * SLOT);
  if (fresh) memory.fill(fresh, 0, slots * SLOT);
  return fresh;
}

/** None yet; their memory counts as the store's. 0 when there is no memory. */
export function ghostsMake(s: Store): usize {
  const address = block_alloc(offsetof<Ghosts>());
  if (!address) return 0;
  const g = changetype<Ghosts>(address);
  g.store = <u32>changetype<usize>(s);
  g.count = 0;
  g.mask = SLOTS_MIN - 1;
  g.slots = <u32>slotsTake(g, SLOTS_MIN);
  if (g.slots) return address;
  block_free(address, offsetof<Ghosts>());
  return 0;
}

export function ghostsFree(g: Ghosts): void {
  storeGive(changetype<Store>(<usize>g.store), g.slots, (g.mask + 1) * SLOT);
  block_free(changetype<usize>(g), offsetof<Ghosts>());
}

function put(g: Ghosts, order: u64, row: u32): void {
  let i = homeOf(g, order, row);
  while (isTaken(g, i)) i = (i + 1) & g.mask;
  const slot = slotAt(g, i);
  store<u64>(slot, order);
  store<u32>(slot, row, 8);
  store<u32>(slot, 1, 12);
}

function grow(g: Ghosts): bool {
  const old = <usize>g.slots, slots = g.mask + 1, fresh = slotsTake(g, slots << 1);
  if (!fresh) return false;
  g.slots = <u32>fresh;
  g.mask = (slots << 1) - 1;
  for (let slot = old; slot < old + slots * SLOT; slot += SLOT) {
    if (load<u32>(slot, 12)) put(g, load<u64>(slot), load<u32>(slot, 8));
  }
  storeGive(changetype<Store>(<usize>g.store), old, slots * SLOT);
  return true;
}

/** Adds one; false when there is no memory. */
export function ghostAdd(g: Ghosts, order: u64, row: u32): bool {
  if ((g.count + 1) << 1 > g.mask + 1 && !grow(g)) return false;
  put(g, order, row);
  g.count++;
  return true;
}

/** Takes one out; false: it is not there. */
export function ghostTake(g: Ghosts, order: u64, row: u32): bool {
  if (!g.count) return false;
  for (let i = homeOf(g, order, row); isTaken(g, i); i = (i + 1) & g.mask) {
    const slot = slotAt(g, i);
    if (load<u64>(slot) != order || load<u32>(slot, 8) != row) continue;
    close(g, i);
    g.count--;
    return true;
  }
  return false;
}

/** Empties a slot; those behind it close up. */
function close(g: Ghosts, i: u32): void {
  let gap = i;
  for (let next = (i + 1) & g.mask; isTaken(g, next); next = (next + 1) & g.mask) {
    const slot = slotAt(g, next), home = homeOf(g, load<u64>(slot), load<u32>(slot, 8));
    if (((next - home) & g.mask) < ((next - gap) & g.mask)) continue;
    memory.copy(slotAt(g, gap), slot, SLOT);
    gap = next;
  }
  store<u32>(slotAt(g, gap), 0, 12);
}
