// Matching by trying, for texts that are not long: the first way through the machine by its priorities. A step that
// several lead to is marked with its place when it is tried, and not tried there again: so no more is done than steps times
// characters (Cox, "Regular Expression Matching: the Virtual Machine Approach", 2009).
import {
  ascii, classOf, firstStep, holds, inSet, inSetOf, markCount, NO_MARK, OP_CHARACTER, OP_MATCH, OP_SAVE, OP_SET,
  OP_SPLIT, stepCount, steps, takesWord, width, wordAt,
} from "./program";
import { nthByte } from "../text/scan";

/** Steps times places up to which there is room. */
export const PAIRS_MAX: u32 = 1 << 16;
/** Bytes of the two scratch areas: a bit for each marked step and place; an entry of 8 bytes for each step and place. */
export const MARK_BYTES: usize = PAIRS_MAX >>> 3;
export const STACK_BYTES: usize = (PAIRS_MAX + 64) << 3;
/** An entry that restores a slot, not one that goes on at a step. */
const RESTORE: u32 = 0x80000000;
/** In the argument of a run: it goes to the byte in the other bits. */
const STOP: u32 = 0x80;
/** More than any class. */
const NO_CLASS: u32 = 256;

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

/** Whether a marked step is tried at a place for the first time. */
function isNew(mark: u32, at: usize): bool {
  const marked = <usize>markCount;
  if (at > farthest) {
    // What is reached for the first time has no marks yet
    const to = (marked * (at + 1 - base)) >>> 3;
    for (let byte = ((marked * (farthest + 1 - base)) >>> 3) + 1; byte <= to; byte++) store<u8>(marks + byte, 0);
    farthest = at;
  }
  const bit = marked * (at - base) + <usize>mark, byte = marks + (bit >>> 3), value = <u32>load<u8>(byte);
  const one = <u32>1 << <u32>(bit & 7);
  store<u8>(byte, value | one);
  return !(value & one);
}

/** Behind the character at `at`, which classOf has looked at. */
@inline function behind(at: usize): usize {
  return at + (load<u8>(at) < 0x80 ? 1 : width);
}

/** Behind the characters from `at` on that a step takes. */
function behindRun(code: usize, at: usize, end: usize): usize {
  const classes = ascii, one = <u32>load<u8>(code) == OP_CHARACTER ? <u32>load<u8>(code, 1) : NO_CLASS;
  while (at < end) {
    const found = classOf(classes, at);
    if (one == NO_CLASS ? !inSet(code, found) : found != one) break;
    at = behind(at);
  }
  return at;
}

/** The first such byte from `at` on, or the end. */
@inline function stopAt(at: usize, end: usize, byte: u32): usize {
  const found = nthByte(at, end, <u8>byte, 0);
  return found ? found : end;
}

/** Whether there is a match from `at` on, in the text in [start, end); slots tell where it and its groups are. */
export function tryFrom(at: usize, start: usize, end: usize): bool {
  // Globals are read from memory each time: what does not change is kept here
  const code = steps, classes = ascii, bottom = stack, places = slots;
  let top = bottom, here = code + (<usize>firstStep << 3);
  store<u32>(places, <u32>at);
  while (true) {
    const head = load<u64>(here), op = <u32>head & 0xff, argument = (<u32>head >>> 8) & 0xff, mark = <u32>head >>> 16;
    const other = <u32>(head >> 48);
    let on = mark == NO_MARK || isNew(mark, at);
    if (on) {
      here = code + (<usize>((head >> 32) & 0xffff) << 3);
      if (op == OP_SAVE) {
        const place = places + (<usize>argument << 2);
        store<u32>(top, argument | RESTORE);
        store<u32>(top, load<u32>(place), 4);
        top += 8;
        store<u32>(place, <u32>at);
      } else if (op == OP_SPLIT) {
        if (argument) {
          at = argument & STOP ? stopAt(at, end, argument & ~STOP) : behindRun(here, at, end);
          here = code + (<usize>other << 3);
        } else {
          store<u32>(top, other);
          store<u32>(top, <u32>at, 4);
          top += 8;
        }
      } else if (op == OP_CHARACTER && other) {
        const word = wordAt(other), taken = takesWord(word, at, end);
        on = taken != 0;
        at += taken;
        here = code + (<usize>load<u16>(word, 6) << 3);
      } else if (op <= OP_SET) {
        if (op == OP_MATCH) {
          store<u32>(places, <u32>at, 4);
          return true;
        }
        on = at < end;
        if (on) {
          const found = classOf(classes, at);
          on = op == OP_CHARACTER ? found == argument : inSetOf(other, found);
          at = behind(at);
        }
      } else {
        on = holds(argument, at, start, end);
      }
    }
    while (!on) {
      if (top == bottom) return false;
      top -= 8;
      const entry = load<u32>(top);
      if (entry & RESTORE) {
        store<u32>(places + (<usize>(entry & ~RESTORE) << 2), load<u32>(top, 4));
      } else {
        here = code + (<usize>entry << 3);
        at = load<u32>(top, 4);
        on = true;
      }
    }
  }
}
