// The first match in a text: where the required text leads, by trying where the text is short enough, else by threads.
import { search as searchText } from "../../expr/search";
import { arena_alloc } from "../../memory";
import { beginTrying, fits, MARK_BYTES, STACK_BYTES, tryFrom } from "./backtrack";
import {
  anchored, ascii, canBegin, classAt, lead, middleState, openProgram, requiredAt, requiredBytes, rowEntries, setWidth,
  slotCount, table, UNBOUNDED, width,
} from "./program";
import { search as searchThreads, threadBytes } from "./threads";

/** The state where a text begins; 0 is where nothing can match any more, 1 where something has. */
const FIRST: u32 = 2;

/** Where the match and its groups begin and end, addresses u32; 0 where a group has no part in the match. */
export let slots: usize = 0;
let marks: usize = 0;
let stack: usize = 0;
let threads: usize = 0;

/** Takes a program in use, with scratch memory from the arena; false when there is none. */
export function beginRegexp(program: usize): bool {
  openProgram(program);
  slots = arena_alloc((<usize>slotCount << 2) + MARK_BYTES + STACK_BYTES + 64);
  marks = slots + (<usize>slotCount << 2);
  stack = (marks + MARK_BYTES + 15) & ~7;
  threads = 0;
  return slots != 0;
}

/** The first character that begins at `at` or behind it. */
@inline function firstOf(at: usize): usize {
  while ((load<u8>(at) & 0xc0) == 0x80) at++;
  return at;
}

/**
 * Whether the text in [start, end) has a match that begins at `from` or behind it: the first of them, as its priorities
 * have it. Slots tell where. -1 without memory.
 */
export function find(from: usize, start: usize, end: usize): i32 {
  if (requiredBytes) {
    const there = searchText(from, end, requiredAt, requiredBytes);
    if (!there) return 0;
    // No match begins more than `lead` bytes before the first copy of the required text
    if (lead != UNBOUNDED && there - from > <usize>lead) from = firstOf(there - <usize>lead);
  }
  if (anchored && from != start) return 0;
  if (!fits(end - from)) {
    if (!threads) threads = arena_alloc(threadBytes());
    return threads ? <i32>searchThreads(from, start, end, threads, slots) : -1;
  }
  // Pairs of slots, so that eight bytes at a time
  for (let slot: usize = 0; slot < <usize>slotCount << 2; slot += 8) store<u64>(slots + slot, 0);
  beginTrying(from, marks, stack, slots);
  if (anchored) return <i32>tryFrom(from, start, end);
  for (let at = from; at < end; at += width) {
    if (!canBegin(classAt(at))) continue;
    const bytes = width;
    if (tryFrom(at, start, end)) return 1;
    setWidth(bytes);
  }
  return <i32>tryFrom(end, start, end);
}

/** Whether the text has a match anywhere, by the table if there is one. -1 without memory. */
export function test(start: usize, end: usize): i32 {
  if (!table) return find(start, start, end);
  const states = table, classes = ascii, limit = rowEntries << 1;
  let at = start, state = FIRST * rowEntries;
  if (requiredBytes) {
    const there = searchText(start, end, requiredAt, requiredBytes);
    if (!there) return 0;
    if (lead != UNBOUNDED && there - start > <usize>lead) {
      at = firstOf(there - <usize>lead);
      state = middleState;
    }
  }
  while (at < end && state >= limit) {
    const byte = <u32>load<u8>(at), one = byte < 0x80 ? <u32>load<u8>(classes + <usize>byte) : classAt(at);
    at += byte < 0x80 ? 1 : width;
    state = load<u16>(states + (<usize>(state + one) << 1));
  }
  return state < limit ? <i32>(state != 0) : <i32>load<u16>(states + (<usize>(state + rowEntries - 1) << 1));
}
