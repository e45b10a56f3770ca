// Entries by key where keys are dense: a list of u32, one for each slot of the slab that slices have had last (slab.ts), found without a
// hash and without a look at the entry. It may lack any entry, which is then found by its bucket (hop_index.ts) and noted.
import { ROW_FLAGS, ROW_KEYS } from "../state/row";
import { spaceGive } from "../state/space";
import { Hop, hopTake } from "./hop";
import { Aggregation } from "./spec";

/** Where the list has the entry of a row's key; 0 when it has no place for it. */
@inline function placeOf(hop: Hop, row: usize): usize {
  const slot = <u64>(load<i64>(row, ROW_KEYS) - hop.directBase);
  return slot < <u64>hop.directSlots && !(load<u32>(row, ROW_FLAGS) & 1) ? <usize>hop.direct + (<usize>slot << 2) : 0;
}

/** The entry of the row's key; 0 when it is not in the list. */
@inline export function directFind(hop: Hop, row: usize): usize {
  const place = placeOf(hop, row);
  return place ? <usize>load<u32>(place) : 0;
}

/** Notes the entry of the row's key; 0 = there is none any more. */
@inline export function directSet(hop: Hop, row: usize, entry: usize): void {
  const place = placeOf(hop, row);
  if (place) store<u32>(place, <u32>entry);
}

/** Frees the list. */
export function directDrop(a: Aggregation, hop: Hop): void {
  if (hop.directSlots) spaceGive(a, hop.direct, hop.directSlots << 2);
  hop.direct = 0;
  hop.directSlots = 0;
}

/** Begins a new list when slices have a slab for other keys; without memory there is none. */
export function directAdapt(a: Aggregation, hop: Hop): void {
  if (!a.hintSlots || (hop.directSlots == a.hintSlots && hop.directBase == a.hintSlabBase)) return;
  directDrop(a, hop);
  const list = hopTake(a, a.hintSlots << 2);
  if (!list) return;
  memory.fill(list, 0, <usize>a.hintSlots << 2);
  hop.direct = <u32>list;
  hop.directSlots = a.hintSlots;
  hop.directBase = a.hintSlabBase;
}
