// Matching by trying, for texts that are not long: the first way through the machine by its priorities. A step that
// several lead to is marked with its place when it is tried, and not tried there again: so no more is done than steps times
// characters (Cox, "Regular Expression Matching: the Virtual Machine Approach", 2009).
import {
  classAt, firstStep, holds, inSet, markCount, NO_MARK, OP_ASSERT, OP_CHARACTER, OP_MATCH, OP_SAVE, OP_SET, OP_SPLIT,
  stepCount, steps, width,
} from "./program";

/** Steps times places up to which there is room. */
export const PAIRS_MAX: u32 = 1 << 16;
/** Bytes of the two scratch areas: a bit for each marked step and place; an entry of 8 bytes for each step and place. */
export const MARK_BYTES: usize = PAIRS_MAX >>> 3;
export const STACK_BYTES: usize = (PAIRS_MAX + 64) << 3;
/** An entry that restores a slot, not one that goes on at a step. */
const RESTORE: u32 = 0x80000000;

let marks: usize = 0;
let stack: usize = 0;
let slots: usize = 0;
/** Where the text of this search begins, and the last place that marks were set for. */
let base: usize = 0;
let farthest: usize = 0;

/** Whether a text of so many bytes can be matched here. */
export function fits(bytes: usize): bool {
  return <u64>stepCount * <u64>(bytes + 1) <= <u64>PAIRS_MAX;
}

/** Begins a search from `from` on; nothing is marked. */
export function beginTrying(from: usize, markArea: usize, stackArea: usize, slotArea: usize): void {
  marks = markArea;
  stack = stackArea;
  slots = slotArea;
  base = from;
  farthest = from;
  for (let byte: usize = 0; byte <= <usize>markCount >>> 3; byte += 8) store<u64>(marks + byte, 0);
}

/** Forgets the marks of places that are reached for the first time. */
function forget(at: usize): void {
  const from = (<usize>markCount * (farthest + 1 - base)) >>> 3, to = (<usize>markCount * (at + 1 - base)) >>> 3;
  for (let byte = from + 1; byte <= to; byte++) store<u8>(marks + byte, 0);
  farthest = at;
}

/** Whether a marked step is tried at a place for the first time. */
@inline function isNew(mark: u32, at: usize): bool {
  if (at > farthest) forget(at);
  const bit = <usize>markCount * (at - base) + <usize>mark, byte = marks + (bit >>> 3), value = <u32>load<u8>(byte);
  const one = <u32>1 << <u32>(bit & 7);
  if (value & one) return false;
  store<u8>(byte, value | one);
  return true;
}

/** Behind the characters from `at` on that a step takes. */
@inline function behindRun(code: usize, at: usize, end: usize): usize {
  if (<u32>load<u8>(code) == OP_CHARACTER) {
    const one = <u32>load<u8>(code, 1);
    while (at < end && classAt(at) == one) at += width;
  } else {
    while (at < end && inSet(code, classAt(at))) at += width;
  }
  return at;
}

/** Whether there is a match from `at` on, in the text in [start, end); slots tell where it and its groups are. */
export function tryFrom(at: usize, start: usize, end: usize): bool {
  let top = stack, step = firstStep;
  store<u32>(slots, <u32>at);
  while (true) {
    const here = steps + (<usize>step << 3), op = <u32>load<u8>(here), mark = <u32>load<u16>(here, 2);
    let on = mark == NO_MARK || isNew(mark, at);
    if (on) {
      step = load<u16>(here, 4);
      if (op == OP_CHARACTER) {
        on = at < end && classAt(at) == <u32>load<u8>(here, 1);
        at += width;
      } else if (op == OP_SET) {
        on = at < end && inSet(here, classAt(at));
        at += width;
      } else if (op == OP_SPLIT && load<u8>(here, 1)) {
        at = behindRun(steps + (<usize>step << 3), at, end);
        step = load<u16>(here, 6);
      } else if (op == OP_SPLIT) {
        store<u32>(top, load<u16>(here, 6));
        store<u32>(top, <u32>at, 4);
        top += 8;
      } else if (op == OP_SAVE) {
        const slot = <u32>load<u8>(here, 1), place = slots + (<usize>slot << 2);
        store<u32>(top, slot | RESTORE);
        store<u32>(top, load<u32>(place), 4);
        top += 8;
        store<u32>(place, <u32>at);
      } else if (op == OP_ASSERT) {
        on = holds(load<u8>(here, 1), at, start, end);
      } else {
        store<u32>(slots, <u32>at, 4);
        return op == OP_MATCH;
      }
    }
    while (!on) {
      if (top == stack) return false;
      top -= 8;
      const entry = load<u32>(top);
      if (entry & RESTORE) {
        store<u32>(slots + (<usize>(entry & ~RESTORE) << 2), load<u32>(top, 4));
      } else {
        step = entry;
        at = load<u32>(top, 4);
        on = true;
      }
    }
  }
}
