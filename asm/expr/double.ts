// Arithmetic of f64 cells as IEEE 754 says, with one NaN: wasm leaves the bits of a NaN open, results do not.
import { cellStep, dataOf, joinValidity, NAN_BITS, newCells, NO_MEMORY, OK, wordsOf } from "./register";

const ADD: u32 = 0;
const SUB: u32 = 1;
const MUL: u32 = 2;
const DIV: u32 = 3;
const MOD: u32 = 4;

const NEG: u32 = 0;
const ABS: u32 = 1;
const FLOOR: u32 = 2;
const CEIL: u32 = 3;
const ROUND: u32 = 4;
const SQRT: u32 = 5;

const NANS: usize = memory.data<u64>([0x7ff8000000000000, 0x7ff8000000000000], 16);

/** Stores x, a NaN as the one that results hold. */
@inline function storeOne(out: usize, x: f64): void {
  store<u64>(out, x == x ? reinterpret<u64>(x) : NAN_BITS);
}

@inline function storeTwo(out: usize, x: v128): void {
  v128.store(out, v128.bitselect(x, v128.load(NANS), f64x2.eq(x, x)));
}

@inline function wordSimd(op: u32, a: usize, b: usize, out: usize): void {
  for (const end = out + 512; out < end; out += 16, a += 16, b += 16) {
    const x = v128.load(a), y = v128.load(b);
    if (op == ADD) storeTwo(out, f64x2.add(x, y));
    else if (op == SUB) storeTwo(out, f64x2.sub(x, y));
    else if (op == MUL) storeTwo(out, f64x2.mul(x, y));
    else storeTwo(out, f64x2.div(x, y));
  }
}

@inline function wordScalar(op: u32, a: usize, b: usize, out: usize): void {
  for (const end = out + 512; out < end; out += 8, a += 8, b += 8) {
    const x = load<f64>(a), y = load<f64>(b);
    if (op == ADD) storeOne(out, x + y);
    else if (op == SUB) storeOne(out, x - y);
    else if (op == MUL) storeOne(out, x * y);
    else if (op == DIV) storeOne(out, x / y);
    else storeOne(out, x % y);
  }
}

@inline function binaryAll(op: u32, rows: u32, out: usize, a: usize, b: usize): void {
  let left = dataOf(a), right = dataOf(b), to = dataOf(out);
  const leftStep = cellStep(a), rightStep = cellStep(b);
  for (let w = wordsOf(rows); w > 0; w--, to += 512, left += leftStep, right += rightStep) {
    if (ASC_FEATURE_SIMD && op != MOD) wordSimd(op, left, right, to);
    else wordScalar(op, left, right, to);
  }
}

/** a <code> b. Codes: 0 +, 1 -, 2 *, 3 /, 4 remainder with the sign of a. */
export function expr_double(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, b, 0) || !newCells(rows, out)) return NO_MEMORY;
  if (code == ADD) binaryAll(ADD, rows, out, a, b);
  else if (code == SUB) binaryAll(SUB, rows, out, a, b);
  else if (code == MUL) binaryAll(MUL, rows, out, a, b);
  else if (code == DIV) binaryAll(DIV, rows, out, a, b);
  else binaryAll(MOD, rows, out, a, b);
  return OK;
}

/** The nearest whole number, halves away from zero. */
@inline export function roundHalfUp(x: f64): f64 {
  const whole = trunc(x);
  return abs(x - whole) >= 0.5 ? whole + copysign<f64>(1, x) : whole;
}

@inline function unaryAll(op: u32, rows: u32, out: usize, a: usize): void {
  let from = dataOf(a), to = dataOf(out);
  const step = cellStep(a);
  for (let w = wordsOf(rows); w > 0; w--, from += step, to += 512) {
    for (let row: usize = 0; row < 512; row += 8) {
      const x = load<f64>(from + row);
      if (op == NEG) storeOne(to + row, -x);
      else if (op == ABS) storeOne(to + row, abs(x));
      else if (op == FLOOR) storeOne(to + row, floor(x));
      else if (op == CEIL) storeOne(to + row, ceil(x));
      else if (op == ROUND) storeOne(to + row, roundHalfUp(x));
      else storeOne(to + row, sqrt(x));
    }
  }
}

/** Codes: 0 -a, 1 absolute value, 2 floor, 3 ceiling, 4 nearest whole number (halves away from zero), 5 square root. */
export function expr_double_unary(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  if (code == NEG) unaryAll(NEG, rows, out, a);
  else if (code == ABS) unaryAll(ABS, rows, out, a);
  else if (code == FLOOR) unaryAll(FLOOR, rows, out, a);
  else if (code == CEIL) unaryAll(CEIL, rows, out, a);
  else if (code == ROUND) unaryAll(ROUND, rows, out, a);
  else unaryAll(SQRT, rows, out, a);
  return OK;
}
