// Arithmetic of decimals of which one at least is wide (asm/decimal/cell.ts): exact through 256 bits. Operands are wide
// or cells of 8 bytes, int64 among these as decimals of scale 0. What has more digits than the result's precision is NULL.
import { arena_alloc } from "../memory";
import { storeMagnitude, storeWide, WIDE_BYTES } from "../decimal/cell";
import {
  addTo, divideBy, giveInt, giveWide, isZero, m0, m1, m2, m3, multiplyBy, negative, orderOf, restOf, scaleDown, scaleUp,
  takeCell, takeMagnitude, HALF_UP,
} from "../decimal/number";
import { high, low, multiply128 } from "./int128";
import {
  cellStep, dataOf, joinValidity, newBits, newCells, newValidity, NO_MEMORY, OK, rowBits, settle, validWord, wordsOf,
} from "./register";
import { refAddress, setRef } from "./text";

const ADD: u32 = 0;
const SUB: u32 = 1;
const MUL: u32 = 2;
const DIV: u32 = 3;

/** Code bits that say which of a, b and the result are wide. */
const A_WIDE: u32 = 8;
const B_WIDE: u32 = 16;
const OUT_WIDE: u32 = 32;

/** Points the cells of `out` to 16 bytes each; false when there is no memory. */
export function newWideCells(rows: u32, out: usize): bool {
  const cells = newCells(rows, out), all = <usize>wordsOf(rows) << 6;
  let bytes = arena_alloc(all << 4);
  if (!cells || !bytes) return false;
  for (let row: usize = 0; row < all; row++, bytes += WIDE_BYTES) setRef(cells + (row << 3), bytes, WIDE_BYTES);
  return true;
}

/** Writes the number at hand to a cell of the result; whether it has too many digits. */
@inline export function giveCell(cell: usize, wide: bool, precision: u32): bool {
  return wide ? giveWide(refAddress(cell), precision) : giveInt(cell, precision);
}

/** Takes x and y, and computes x <op> y; whether that has no result. */
@inline function compute(op: u32, code: u32, x: usize, y: usize): bool {
  takeCell(y, (code & B_WIDE) != 0);
  if (op != MUL && !scaleUp((code >>> 18) & 63)) return true;
  const sign = negative, y0 = m0, y1 = m1, y2 = m2, y3 = m3;
  if (op > MUL && isZero()) return true;
  takeCell(x, (code & A_WIDE) != 0);
  // A dividend beyond 256 bits has a quotient of more than 38 digits
  if (op != MUL && !scaleUp((code >>> 12) & 63)) return true;
  if (op == ADD || op == SUB) addTo(sign != (op == SUB), y3, y2, y1, y0);
  else if (op == MUL) multiplyBy(sign, y1, y0);
  else if (op == DIV) divideBy(sign, y1, y0);
  else restOf(y3, y2, y1, y0);
  scaleDown(code >>> 24, HALF_UP);
  return false;
}

@inline function computeAll(op: u32, code: u32, rows: u32, out: usize, a: usize, b: usize, failures: usize): void {
  const wide = (code & OUT_WIDE) != 0, precision = (code >>> 6) & 63, words = wordsOf(rows);
  let left = dataOf(a), right = dataOf(b), to = dataOf(out);
  const leftStep = cellStep(a), rightStep = cellStep(b);
  for (let w: u32 = 0; w < words; w++, left += leftStep, right += rightStep, to += 512) {
    let failed: u64 = 0;
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3;
      const bad = compute(op, code, left + row, right + row) || giveCell(to + row, wide, precision);
      failed |= <u64>bad << ctz(open);
    }
    store<u64>(failures + (<usize>w << 3), failed);
  }
}

/** x <op> y of 64 bits each, which always fits 127: no scale changes. */
@inline function giveExact(op: u32, x: i64, y: i64, to: usize): void {
  if (op == MUL) {
    multiply128(<u64>(x < 0 ? 0 - x : x), <u64>(y < 0 ? 0 - y : y));
    storeMagnitude(to, (x ^ y) < 0, high, low);
    return;
  }
  const result = op == ADD ? <u64>x + <u64>y : <u64>x - <u64>y;
  const carry = op == ADD ? i64(result < <u64>x) : -i64(<u64>x < <u64>y);
  storeWide(to, (x >> 63) + (op == ADD ? y >> 63 : -(y >> 63)) + carry, result);
}

/** The same for all rows: narrow operands of one scale, or factors, whose result has room for whatever comes out. */
@inline function computeExact(op: u32, rows: u32, out: usize, a: usize, b: usize): i32 {
  const words = wordsOf(rows), leftStep = cellStep(a), rightStep = cellStep(b);
  let left = dataOf(a), right = dataOf(b), to = dataOf(out);
  for (let w: u32 = 0; w < words; w++, left += leftStep, right += rightStep, to += 512) {
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3;
      giveExact(op, load<i64>(left + row), load<i64>(right + row), refAddress(to + row));
    }
  }
  return OK;
}

/** Whether operands are narrow, the result is wide, and neither changes its scale. */
@inline function isExact(code: u32): bool {
  return (code & 7) <= MUL && (code & (A_WIDE | B_WIDE | OUT_WIDE)) == OUT_WIDE && code >>> 12 == 0;
}

/**
 * a <op> b. Code: op (0 +, 1 −, 2 ×, 3 ÷, 4 remainder) | wide operands and result << 3 | precision << 6 | x << 12 | y << 18 |
 * drop << 24: a × 10^x <op> b × 10^y, then without its last `drop` digits, halves away from zero as quotients. Remainders
 * have the sign of a. Division by 0 is NULL.
 */
export function expr_wide(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, b, 0)) return NO_MEMORY;
  if (!((code & OUT_WIDE) != 0 ? newWideCells(rows, out) : newCells(rows, out) != 0)) return NO_MEMORY;
  const op = code & 7;
  if (isExact(code)) {
    if (op == ADD) return computeExact(ADD, rows, out, a, b);
    return op == SUB ? computeExact(SUB, rows, out, a, b) : computeExact(MUL, rows, out, a, b);
  }
  const failures = newValidity(rows);
  if (!failures) return NO_MEMORY;
  if (op == ADD) computeAll(ADD, code, rows, out, a, b, failures);
  else if (op == SUB) computeAll(SUB, code, rows, out, a, b, failures);
  else if (op == MUL) computeAll(MUL, code, rows, out, a, b, failures);
  else if (op == DIV) computeAll(DIV, code, rows, out, a, b, failures);
  else computeAll(4, code, rows, out, a, b, failures);
  return settle(rows, out, failures);
}

/**
 * a × 10^up / 10^down, or a / 10^down × 10^up. Code: down first | mode << 1 | wide << 3 | precision << 6 | up << 12 |
 * down << 18; modes as expr_decimal_rescale. Precision 0: whatever fits i64.
 */
export function expr_wide_rescale(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  const wide = (code & OUT_WIDE) != 0, from = (code & A_WIDE) != 0;
  if (!joinValidity(rows, out, a, 0, 0)) return NO_MEMORY;
  if (!(wide ? newWideCells(rows, out) : newCells(rows, out) != 0)) return NO_MEMORY;
  const failures = newValidity(rows), words = wordsOf(rows), step = cellStep(a);
  if (!failures) return NO_MEMORY;
  const downFirst = (code & 1) != 0, mode = (code >>> 1) & 3, precision = (code >>> 6) & 63;
  const up = (code >>> 12) & 63, down = code >>> 18;
  for (let w: u32 = 0; w < words; w++) {
    let failed: u64 = 0;
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3;
      takeCell(dataOf(a) + <usize>w * step + row, from);
      if (downFirst) scaleDown(down, mode);
      let bad = !scaleUp(up);
      if (!downFirst) scaleDown(down, mode);
      bad = bad || giveCell(dataOf(out) + (<usize>w << 9) + row, wide, precision);
      failed |= <u64>bad << ctz(open);
    }
    store<u64>(failures + (<usize>w << 3), failed);
  }
  return settle(rows, out, failures);
}

/** Codes: 0 −a, 1 absolute value, of wide decimals. */
export function expr_wide_sign(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newWideCells(rows, out)) return NO_MEMORY;
  const words = wordsOf(rows), step = cellStep(a);
  for (let w: u32 = 0; w < words; w++) {
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3;
      takeCell(dataOf(a) + <usize>w * step + row, true);
      takeMagnitude(code == 0 && !negative, m3, m2, m1, m0);
      giveWide(refAddress(dataOf(out) + (<usize>w << 9) + row), 38);
    }
  }
  return OK;
}

/** The order of x × 10^up and y × 10^down: negative, 0 or positive. */
function order(x: usize, y: usize, code: u32): i32 {
  takeCell(y, (code & B_WIDE) != 0);
  scaleUp((code >>> 12) & 63);
  const below = negative, y0 = m0, y1 = m1, y2 = m2, y3 = m3;
  takeCell(x, (code & A_WIDE) != 0);
  scaleUp((code >>> 6) & 63);
  if (negative != below) return negative ? -1 : 1;
  const found = orderOf(y3, y2, y1, y0);
  return negative ? -found : found;
}

/** a <op> b: bool. Code: op as expr_compare_int | wide operands << 3 | x << 6 | y << 12: compares a × 10^x with b × 10^y. */
export function expr_wide_compare(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, b, 0)) return NO_MEMORY;
  const bits = newBits(rows, out), op = code & 7, words = wordsOf(rows);
  if (!bits) return NO_MEMORY;
  // Bits of the orders for which the operator holds: 1 below, 2 equal, 4 above
  const holds: u32 = op == 0 ? 2 : op == 1 ? 5 : op == 2 ? 1 : op == 3 ? 3 : op == 4 ? 4 : 6;
  for (let w: u32 = 0; w < words; w++) {
    const left = dataOf(a) + <usize>w * cellStep(a), right = dataOf(b) + <usize>w * cellStep(b);
    let word: u64 = 0;
    for (let open = validWord(a, w) & validWord(b, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3;
      word |= <u64>((holds >>> (order(left + row, right + row, code) + 1)) & 1) << ctz(open);
    }
    store<u64>(bits + (<usize>w << 3), word);
  }
  return OK;
}
