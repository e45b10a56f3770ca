// The newest rows by key as a table (rows/changes.ts).
import { indexRestore, restoredEach } from "../rows/restore";
import { ARRIVAL_END } from "../rows/row";
import { Normalize, dropDoomed, indexOf, storeOf } from "./index";

/** The index that has each row under its key. */
export function normalize_index(address: usize): usize {
  return changetype<usize>(indexOf(changetype<Normalize>(address)));
}

export function normalize_store(address: usize): usize {
  return changetype<usize>(storeOf(changetype<Normalize>(address)));
}

/** In front of a cut. */
export function normalize_settle(address: usize): void {
  dropDoomed(changetype<Normalize>(address));
}

/** Arrivals so far, i64. */
export function normalize_scalars(address: usize, to: usize): void {
  store<u64>(to, changetype<Normalize>(address).seq);
}

export function normalize_put_scalars(address: usize, from: usize): bool {
  changetype<Normalize>(address).seq = load<u64>(from);
  return load<u64>(from) < ARRIVAL_END;
}

function putRow(owner: usize, row: usize): bool {
  const n = changetype<Normalize>(owner);
  return indexRestore(storeOf(n), indexOf(n), row);
}

/** All rows are there; false without memory. */
export function normalize_restored(address: usize): bool {
  return restoredEach(storeOf(changetype<Normalize>(address)), 0, address, putRow);
}
