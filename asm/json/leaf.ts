// The leaves of the row that is parsed strictly
//
//  0       4     8      12       16
//  +-------+-----+------+--------+
//  | start | end | kind | column |   LEAVES_MAX times
//  +-------+-----+------+--------+
export const LEARNED_SIZE: i32 = 16;
export const LEARNED_START: i32 = 0;
export const LEARNED_END: i32 = 4;
export const LEARNED_KIND: i32 = 8;
export const LEARNED_COLUMN: i32 = 12;
/** Leaves that a row may have for a template. */
export const LEAVES_MAX: i32 = 256;

let leaves: usize = 0;
export let leafCount: i32 = 0;
/** Whether the row at hand can still become a template. */
export let recording: bool = false;
let paused: bool = false;

export function use_leaves(at: usize): void {
  leaves = at;
}

/** Begins a row whose leaves are recorded, or are not. */
@inline export function begin_recording(wanted: bool): void {
  recording = wanted;
  paused = false;
  leafCount = 0;
}

/** Leaves out what follows, for it is part of one leaf. */
@inline export function pause_recording(pause: bool): void {
  paused = pause;
}

export function stop_recording(): void {
  recording = false;
}

/** Adds a leaf, if there is room. */
@inline export function record(kind: i32, start: usize, end: usize, column: usize): void {
  if (!recording || paused) return;
  if (leafCount == LEAVES_MAX) {
    recording = false;
    return;
  }
  const at = leaf_at(leafCount++);
  store<u32>(at, <u32>start);
  store<u32>(at, <u32>end, LEARNED_END);
  store<i32>(at, kind, LEARNED_KIND);
  store<u32>(at, <u32>column, LEARNED_COLUMN);
}

@inline export function leaf_at(i: i32): usize {
  return leaves + (<usize>i << 4);
}
