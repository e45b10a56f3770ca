import {
  ALL, bitStep, cellStep, dataOf, newBits, newCells, newValidity, NO_MEMORY, OK, rowBits, setValidity, validityOf,
  validWord, wordsOf,
} from "./register";

/** Codes of expr_select: bit 0: values are bits, not cells of 8 bytes; bit 1: NULL where the condition is NULL. */
const BITS: u32 = 1;
const STRICT: u32 = 2;

/** Copies 64 cells: from `a` where `take` has a 1, else from `b`. */
@inline function selectCells(take: u64, a: usize, b: usize, out: usize): void {
  if (take == ALL || take == 0) {
    memory.copy(out, take ? a : b, 512);
    return;
  }
  for (let row = 0; row < 64; row++, take >>= 1, a += 8, b += 8, out += 8) {
    store<u64>(out, select<u64>(load<u64>(a), load<u64>(b), <bool>(take & 1)));
  }
}

/** Where the bool `a` is true the value of `b`, else (also where it is NULL) that of `c`. */
export function expr_select(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  const bits = (code & BITS) != 0, strict = (code & STRICT) != 0 && validityOf(a) != 0;
  const data = bits ? newBits(rows, out) : newCells(rows, out);
  const nullable = strict || validityOf(b) != 0 || validityOf(c) != 0;
  const validity = nullable ? newValidity(rows) : 0;
  if (!data || (nullable && !validity)) return NO_MEMORY;
  const words = wordsOf(rows), condition = dataOf(a), conditionStep = bitStep(a);
  let missing: u64 = 0;
  for (let w: u32 = 0; w < words; w++) {
    const sure = validWord(a, w), take = load<u64>(condition + <usize>w * conditionStep) & sure;
    if (bits) {
      const x = load<u64>(dataOf(b) + <usize>w * bitStep(b)), y = load<u64>(dataOf(c) + <usize>w * bitStep(c));
      store<u64>(data + (<usize>w << 3), (x & take) | (y & ~take));
    } else {
      selectCells(take, dataOf(b) + <usize>w * cellStep(b), dataOf(c) + <usize>w * cellStep(c), data + (<usize>w << 9));
    }
    if (nullable) {
      const valid = ((validWord(b, w) & take) | (validWord(c, w) & ~take)) & (strict ? sure : ALL);
      missing |= ~valid & rowBits(rows, w);
      store<u64>(validity + (<usize>w << 3), valid);
    }
  }
  setValidity(out, missing ? validity : 0);
  return OK;
}

/** Makes a column of `rows` rows of the constant `a`. Codes: 0 cells, 1 bits. */
export function expr_broadcast(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  const data = code ? newBits(rows, out) : newCells(rows, out);
  const validity = validityOf(a) ? newValidity(rows) : 0;
  if (!data || (validityOf(a) && !validity)) return NO_MEMORY;
  const words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++) {
    if (code) store<u64>(data + (<usize>w << 3), load<u64>(dataOf(a)));
    else memory.copy(data + (<usize>w << 9), dataOf(a), 512);
    if (validity) store<u64>(validity + (<usize>w << 3), load<u64>(validityOf(a)));
  }
  setValidity(out, validity);
  return OK;
}
