// Folds a long text into a short one that has the same remainder by the polynomial of CRC-32C, with nothing but exclusive or ("Chorba", Russell, 2024). It needs a multiple of
// the polynomial with few terms: g = x^209 + x^144 + x^54 + x^39 + x^14 + 1 is the shortest with six. The square of a sum of bits is the sum of their squares, so that the terms
// of g^128, which is one too, lie whole words of 16 bytes apart: a word may be left out if it is added to those 65, 155, 170, 195 and 209 words behind it.
//
//   words    ├── left out, one after the other ──┼── the last 209 ──┤
//   block    ├─ 209 left out before ─┼─ a step of them ─┼─ 209 zeros ─┼─ residue: what the last have become ─┤
import { block_alloc } from "../memory";

const WORD: usize = 16;
const REACH: u32 = 209, REACH_BYTES: usize = 209 * 16;
/** Words that are left out before those that others need still are moved to the front. */
const STEP: u32 = 1024, STEP_BYTES: usize = 1024 * 16;
const RESIDUE_AT: usize = 2 * REACH_BYTES + STEP_BYTES;
let block: usize = 0;

/** Bytes of what `folded` returns. */
export const RESIDUE_BYTES: u32 = 209 * 16;

/** What is added to a word: the words left out that stand so far before it. `before`: the one 209 words before it. */
@inline function added(before: usize): v128 {
  const far = v128.xor(v128.load(before), v128.load(before, 14 * 16));
  const near = v128.xor(v128.load(before, 39 * 16), v128.load(before, 54 * 16));
  return v128.xor(v128.xor(far, near), v128.load(before, 144 * 16));
}

/**
 * RESIDUE_BYTES bytes at the address that it returns, whose remainder behind nothing is that of the `words` words of 16 bytes at `at` behind the remainder `crc`.
 * `words` is more than 209. Returns 0 without memory.
 */
export function folded(crc: u32, at: usize, words: u32): usize {
  if (!block) block = block_alloc(RESIDUE_AT + REACH_BYTES);
  if (!block) return 0;
  memory.fill(block, 0, REACH_BYTES);
  // A remainder is added to the four bytes behind it.
  v128.store(block + REACH_BYTES, v128.xor(v128.load(at), i32x4.replace_lane(i32x4.splat(0), 0, <i32>crc)));
  let from = at + WORD, to = block + WORD, left = words - REACH - 1, room = STEP - 1;
  for (;;) {
    const count = min(left, room), end = from + (<usize>count << 4);
    for (; from < end; from += WORD, to += WORD) v128.store(to, v128.xor(v128.load(from), added(to)), 209 * 16);
    left -= count;
    if (!left) break;
    memory.copy(block, block + STEP_BYTES, REACH_BYTES);
    to = block;
    room = STEP;
  }
  memory.fill(to + REACH_BYTES, 0, REACH_BYTES);
  for (let place: usize = 0; place < REACH_BYTES; place += WORD) {
    v128.store(block + RESIDUE_AT + place, v128.xor(v128.load(from + place), added(to + place)));
  }
  return block + RESIDUE_AT;
}
