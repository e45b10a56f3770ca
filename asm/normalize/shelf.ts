// The newest rows leave memory key by key (rows/shelf.ts).
import { indexAdd, indexRemove } from "../rows/index_rows";
import { shelfMake, shelfSide } from "../rows/shelf";
import { Normalize, dropDoomed, indexOf, storeOf } from "./index";

/** The shelf of its rows; 0 without memory. */
export function normalize_shelf(address: usize): usize {
  const n = changetype<Normalize>(address);
  n.shelf = <u32>shelfMake(address, 1, settle.index, drop.index, put.index, isOver.index);
  if (n.shelf) shelfSide(n.shelf, 0, storeOf(n), indexOf(n), 0, 0);
  return n.shelf;
}

function settle(owner: usize): void {
  dropDoomed(changetype<Normalize>(owner));
}

function drop(owner: usize, _side: u32, row: usize): void {
  indexRemove(indexOf(changetype<Normalize>(owner)), row);
}

function isOver(_owner: usize, _side: u32, _row: usize): bool {
  return false;
}

function put(owner: usize, _side: u32, list: usize, count: u32): bool {
  const index = indexOf(changetype<Normalize>(owner));
  for (let i: u32 = 0; i < count; i++) if (!indexAdd(index, load<u32>(list + (<usize>i << 2)))) return false;
  return true;
}
