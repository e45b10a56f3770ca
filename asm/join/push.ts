// PUSH: a batch that TypeScript hands over, and what it gets back. The batch stays where it is until its steps are done.
import { arena_alloc, state_room } from "../memory";
import { keysGroups, keysHash } from "../rows/keys";
import { Index, indexFindAll, indexTouch } from "../rows/index_rows";
import { storeNeeds } from "../rows/shelf";
import { timeOf } from "../aggregate/window";
import { INTERVAL, Join, REGULAR, Side, indexOf, storeOf } from "./spec";
import { judgeBatch } from "./judge";

@unmanaged
export class Push {
  side: u32; // 0: left, 1: right
  columns: u32; // 4: address of COLUMNs
  selection: u32; // 8
  selected: u32; // 12
  kinds: u32; // 16: address of a byte a row, or 0
  running: u32; // 20: address of i64 a row, or 0: the rows meet the watermark as it is
  before: f64; // 24
  others: f64; // 32
  delay: f64; // 40
}

export const PUSH_DONE: u32 = 0;
/** The state has no room for the batch; nothing has changed. */
export const PUSH_FULL: u32 = 1;
/** The memory's maximum is reached; nothing has changed. */
export const PUSH_NO_MEMORY: u32 = 2;

/** Steps of the batch before it are left. */
export const PUSH_BUSY: u32 = 3;

@inline export function ownSide(j: Join): Side {
  return j.side == 0 ? j.left : j.right;
}

@inline export function otherSide(j: Join): Side {
  return j.side == 0 ? j.right : j.left;
}

/** Number in the batch of the selected row at position `i`. */
@inline export function rowNumber(j: Join, i: u32): u32 {
  return j.selection ? load<u32>(<usize>j.selection + (<usize>i << 2)) : i;
}

@inline export function kindOf(j: Join, row: u32): u32 {
  return j.rowKinds ? <u32>load<u8>(<usize>j.rowKinds + row) : 0;
}

@inline export function hashOf(j: Join, i: u32): u32 {
  return load<u32>(<usize>j.hashes + (<usize>i << 2));
}

function hash(j: Join, side: Side): bool {
  const s = storeOf(side), bytes = <usize>j.selected << 2, keys = j.keys;
  j.hashes = <u32>arena_alloc(bytes);
  j.heads = <u32>arena_alloc(bytes);
  j.groups = <u32>arena_alloc(j.selected);
  if (!j.hashes || !j.heads || !j.groups) return false;
  keysHash(j.columns, side.keyList, keys, false, j.selection, j.selected, s.seed, j.hashes);
  keysGroups(j.columns, side.keyList, keys, j.selection, j.selected, j.groups);
  j.sames = 0;
  if (!side.same) return true;
  j.sames = <u32>arena_alloc(bytes);
  if (!j.sames) return false;
  keysHash(j.columns, side.allList, s.columns, true, j.selection, j.selected, s.seed, j.sames);
  indexTouch(changetype<Index>(<usize>side.same), j.sames, j.selected);
  return true;
}

/** Takes a batch; its rows are worked on in steps. */
export function pushBegin(j: Join, push: Push): u32 {
  j.side = push.side;
  j.columns = push.columns;
  j.selection = push.selection;
  j.selected = push.selected;
  j.rowKinds = push.kinds;
  j.running = push.running;
  j.before = timeOf(push.before);
  j.others = timeOf(push.others);
  j.delay = timeOf(push.delay);
  const own = ownSide(j), other = otherSide(j);
  j.next = 0;
  j.open = false;
  j.made = false;
  // Where rows leave memory, room has been made
  const full = !j.shelf && storeNeeds(storeOf(own), j.columns, j.selection, j.selected) > <u64>state_room();
  if (full || !hash(j, own) || !judgeBatch(j, own)) {
    j.selected = 0;
    return full ? PUSH_FULL : PUSH_NO_MEMORY;
  }
  if (j.mode == REGULAR || j.mode == INTERVAL) {
    if (!j.nullAware) indexFindAll(indexOf(other), j.hashes, j.columns, own.keyList, j.selection, j.selected, j.heads);
  }
  if (own.index) indexTouch(indexOf(own), j.hashes, j.selected);
  return PUSH_DONE;
}
