// The texts that functions make: one behind the other in chunks of the batch arena. A text that outgrows its chunk
// moves to a larger one, so that nobody needs to know its length beforehand.
import { arena_alloc } from "../memory";
import { setRef } from "../expr/text";

const CHUNK: usize = 1 << 16;

/** Bytes of the longest text that a function makes. */
let limit: usize = 1 << 24;
let start: usize = 0;
let end: usize = 0;

/** Where the next byte of the text goes. */
export let to: usize = 0;
/** Set when the arena gave no memory. */
export let outOfMemory: bool = false;

/** Bounds the texts that functions make; a longer one is NULL. */
export function fn_limit(bytes: usize): void {
  limit = bytes;
}

/** Forgets the chunk: another batch may have begun. */
export function beginChars(): void {
  start = end = to = 0;
  outOfMemory = false;
}

/** Begins a text; what was written and not kept is given up. */
export function openText(): void {
  to = start;
}

/** Makes sure that n more bytes of the text fit at `to`; false when the text is too long or memory is out. */
export function room(n: usize): bool {
  if (n <= end - to) return true;
  const length = to - start;
  if (n > limit || length + n > limit) return false;
  const size = max(CHUNK, (length + n) << 1), chunk = arena_alloc(size);
  if (!chunk) {
    outOfMemory = true;
    return false;
  }
  memory.copy(chunk, start, length);
  start = chunk;
  to = chunk + length;
  end = chunk + size;
  return true;
}

/** Moves `to` behind what was written there. */
@inline export function wrote(behind: usize): void {
  to = behind;
}

/** Appends one byte, for which there is room. */
@inline export function putByte(byte: u32): void {
  store<u8>(to++, byte);
}

/** Bytes that are copied by two loads and stores: most pieces are short, and memory.copy is a call of the host's. */
const SHORT: usize = 32;

/** Appends n bytes; false when they do not fit. Reads and writes up to 32 bytes behind them, where chunks have slack. */
export function put(from: usize, n: usize): bool {
  if (!room(n)) return false;
  // Without a chunk there is no room for anything, not even for slack
  if (!n) return true;
  if (n > SHORT) memory.copy(to, from, n);
  else if (ASC_FEATURE_SIMD) {
    const low = v128.load(from), high = v128.load(from, 16);
    v128.store(to, low);
    v128.store(to, high, 16);
  } else {
    for (let i: usize = 0; i < n; i += 8) store<u64>(to + i, load<u64>(from + i));
  }
  to += n;
  return true;
}

/** Bytes of the text so far. */
@inline export function written(): usize {
  return to - start;
}

/** Ends the text; `ref` refers to it. */
export function keepText(ref: usize): void {
  setRef(ref, start, to - start);
  start = to;
}
