// Three-valued logic, a word of 64 rows at a time. NULL is a bit 0 in the validity; its value bit is undefined.
import {
  ALL, bitStep, dataOf, joinValidity, newBits, newValidity, NO_MEMORY, OK, rowBits, setValidity, validityOf,
  validWord, wordsOf,
} from "./register";

export const AND: u32 = 0;
export const OR: u32 = 1;

@inline function valueWord(register: usize, w: u32): u64 {
  return load<u64>(dataOf(register) + <usize>w * bitStep(register));
}

/** Codes: 0 AND (false wins over NULL), 1 OR (true wins over NULL). */
export function expr_logic(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  const bits = newBits(rows, out), words = wordsOf(rows);
  if (!bits) return NO_MEMORY;
  if (!validityOf(a) && !validityOf(b)) {
    setValidity(out, 0);
    for (let w: u32 = 0; w < words; w++) {
      const x = valueWord(a, w), y = valueWord(b, w);
      store<u64>(bits + (<usize>w << 3), code == AND ? x & y : x | y);
    }
    return OK;
  }
  const validity = newValidity(rows);
  if (!validity) return NO_MEMORY;
  let missing: u64 = 0;
  for (let w: u32 = 0; w < words; w++) {
    const x = valueWord(a, w), y = valueWord(b, w), vx = validWord(a, w), vy = validWord(b, w);
    // What decides alone: false for AND, true for OR
    const decided = code == AND ? (vx & ~x) | (vy & ~y) : (vx & x) | (vy & y);
    const valid = (vx & vy) | decided;
    store<u64>(bits + (<usize>w << 3), code == AND ? ~decided : decided);
    store<u64>(validity + (<usize>w << 3), valid);
    missing |= ~valid & rowBits(rows, w);
  }
  setValidity(out, missing ? validity : 0);
  return OK;
}

/** NOT a; NULL stays NULL. */
export function expr_not(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0)) return NO_MEMORY;
  const bits = newBits(rows, out), words = wordsOf(rows);
  if (!bits) return NO_MEMORY;
  for (let w: u32 = 0; w < words; w++) store<u64>(bits + (<usize>w << 3), ~valueWord(a, w));
  return OK;
}

/** Codes: 0 IS NULL, 1 IS NOT NULL, of any type. Never NULL. */
export function expr_is_null(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  setValidity(out, 0);
  const bits = newBits(rows, out), words = wordsOf(rows);
  if (!bits) return NO_MEMORY;
  const invert: u64 = code ? 0 : ALL;
  for (let w: u32 = 0; w < words; w++) store<u64>(bits + (<usize>w << 3), validWord(a, w) ^ invert);
  return OK;
}

/** Codes: 0 IS TRUE, 1 IS NOT TRUE, 2 IS FALSE, 3 IS NOT FALSE. Never NULL. */
export function expr_is_bool(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  setValidity(out, 0);
  const bits = newBits(rows, out), words = wordsOf(rows);
  if (!bits) return NO_MEMORY;
  const flip: u64 = code & 2 ? ALL : 0, invert: u64 = code & 1 ? ALL : 0;
  for (let w: u32 = 0; w < words; w++) {
    store<u64>(bits + (<usize>w << 3), ((valueWord(a, w) ^ flip) & validWord(a, w)) ^ invert);
  }
  return OK;
}
