// Matching all ways at once, one character after another, for texts of any length (Pike's machine; Cox, "Regular Expression
// Matching: the Virtual Machine Approach", 2009). A thread is a step and the slots of its way; of those at one step the
// first by priority stays.
import {
  anchored, canBegin, classAt, firstStep, holds, inSet, OP_ASSERT, OP_CHARACTER, OP_MATCH, OP_SAVE, OP_SET, OP_SPLIT,
  slotCount, stepCount, steps, width,
} from "./program";

// A list of threads: how many u32, then the steps u32 in order of priority; for each step its place in the list u32, and its
// slots. A place counts where the list has the step there (Briggs and Torczon's sparse sets).
let ordered: usize = 0;
let places: usize = 0;
let slotsOf: usize = 0;

let here: usize = 0;
let ahead: usize = 0;
let listBytes: usize = 0;
let work: usize = 0;
let stack: usize = 0;

/** Bytes of scratch memory that a machine needs here. */
export function threadBytes(): usize {
  return 2 * listSize() + (<usize>slotCount << 2) + (<usize>stepCount + 1) * 16;
}

function listSize(): usize {
  return 8 + <usize>stepCount * (8 + (<usize>slotCount << 2));
}

/** Points at the parts of a list. */
function use(list: usize): void {
  ordered = list + 8;
  places = ordered + (<usize>stepCount << 2);
  slotsOf = places + (<usize>stepCount << 2);
}

@inline function slotsAt(step: u32): usize {
  return slotsOf + ((<usize>step * <usize>slotCount) << 2);
}

/** Whether the list in use, which is `list`, gets the step for the first time. */
function enter(list: usize, step: u32): bool {
  const count = load<u32>(list), place = load<u32>(places + (<usize>step << 2));
  if (place < count && load<u32>(ordered + (<usize>place << 2)) == step) return false;
  store<u32>(places + (<usize>step << 2), count);
  store<u32>(ordered + (<usize>count << 2), step);
  store<u32>(list, count + 1);
  return true;
}

/** Adds the ways from a step on, with the slots in `work`, up to steps that take a character or match. */
function follow(list: usize, first: u32, at: usize, start: usize, end: usize): void {
  let top = stack;
  store<u64>(top, first);
  top += 16;
  while (top > stack) {
    top -= 16;
    let step = load<u32>(top);
    if (load<u32>(top, 4)) {
      store<u32>(work + (<usize>step << 2), load<u32>(top, 8));
      continue;
    }
    while (enter(list, step)) {
      const code = steps + (<usize>step << 3), op = <u32>load<u8>(code);
      if (op == OP_SPLIT) {
        store<u64>(top, load<u16>(code, 6));
        top += 16;
      } else if (op == OP_SAVE) {
        const slot = <u32>load<u8>(code, 1), place = work + (<usize>slot << 2);
        store<u32>(top, slot);
        store<u32>(top, 1, 4);
        store<u32>(top, load<u32>(place), 8);
        top += 16;
        store<u32>(place, <u32>at);
      } else if (op != OP_ASSERT || !holds(load<u8>(code, 1), at, start, end)) {
        if (op != OP_ASSERT) memory.copy(slotsAt(step), work, <usize>slotCount << 2);
        break;
      }
      step = load<u16>(code, 4);
    }
  }
}

/** The first match that begins at `from` or behind it; slots tell where it and its groups are. */
export function search(from: usize, start: usize, end: usize, scratch: usize, slots: usize): bool {
  listBytes = listSize();
  here = scratch;
  ahead = scratch + listBytes;
  work = ahead + listBytes;
  stack = work + (<usize>slotCount << 2);
  // Places of sparse sets may hold anything, but what tests see must not depend on it
  memory.fill(scratch, 0, 2 * listBytes);
  let matched = false, at = from;
  while (true) {
    const one = at < end ? classAt(at) : 0, bytes = width;
    if (!matched && (!anchored || at == start) && (at == end || canBegin(one))) {
      memory.fill(work, 0, <usize>slotCount << 2);
      store<u32>(work, <u32>at);
      use(here);
      follow(here, firstStep, at, start, end);
    }
    store<u32>(ahead, 0);
    const count = load<u32>(here);
    for (let i: u32 = 0; i < count; i++) {
      use(here);
      const step = load<u32>(ordered + (<usize>i << 2)), code = steps + (<usize>step << 3), op = <u32>load<u8>(code);
      if (op == OP_MATCH) {
        memory.copy(slots, slotsAt(step), <usize>slotCount << 2);
        store<u32>(slots, <u32>at, 4);
        matched = true;
        break; // what comes behind has less priority
      }
      const taken = op == OP_CHARACTER ? one == <u32>load<u8>(code, 1) : op == OP_SET && inSet(code, one);
      if (taken && at < end) {
        memory.copy(work, slotsAt(step), <usize>slotCount << 2);
        use(ahead);
        follow(ahead, load<u16>(code, 4), at + bytes, start, end);
      }
    }
    const swap = here;
    here = ahead;
    ahead = swap;
    if (at == end || (!load<u32>(here) && (matched || anchored))) return matched;
    at += bytes;
  }
}
