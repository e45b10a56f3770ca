// Kernels of elementary functions: doubles to doubles, with one NaN.
import {
  cellStep, dataOf, joinValidity, NAN_BITS, newCells, NO_MEMORY, OK, wordsOf,
} from "../../expr/register";
import { acos, asin, atan, atan2, converted, cos, sin, tan } from "./circular";
import { cbrt, cosh, exp, ln, log10, log2, logOf, power, sinh, tanh } from "./exponential";

function one(code: u32, x: f64): f64 {
  switch (code) {
    case 0: return exp(x);
    case 1: return ln(x);
    case 2: return log2(x);
    case 3: return log10(x);
    case 4: return sin(x);
    case 5: return cos(x);
    case 6: return tan(x, false);
    case 7: return tan(x, true);
    case 8: return asin(x);
    case 9: return acos(x);
    case 10: return atan(x);
    case 11: return sinh(x);
    case 12: return cosh(x);
    case 13: return tanh(x);
    case 14: return cbrt(x);
    case 15: return converted(x, false);
    default: return converted(x, true);
  }
}

@inline function storeResult(at: usize, x: f64): void {
  store<u64>(at, x == x ? reinterpret<u64>(x) : NAN_BITS);
}

/**
 * Codes: 0 exp, 1 ln, 2 log2, 3 log10, 4 sin, 5 cos, 6 tan, 7 cot, 8 asin, 9 acos, 10 atan, 11 sinh, 12 cosh, 13 tanh,
 * 14 cbrt, 15 radians of degrees, 16 degrees of radians.
 */
export function fn_math(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  let from = dataOf(a), to = dataOf(out);
  const step = cellStep(a);
  for (let w = wordsOf(rows); w > 0; w--, from += step, to += 512) {
    for (let row: usize = 0; row < 512; row += 8) storeResult(to + row, one(code, load<f64>(from + row)));
  }
  return OK;
}

/** Codes: 0 a to the power of b, 1 the logarithm of b to the base a, 2 the angle of the vector (b, a). */
export function fn_math_two(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, b, 0) || !newCells(rows, out)) return NO_MEMORY;
  let left = dataOf(a), right = dataOf(b), to = dataOf(out);
  const leftStep = cellStep(a), rightStep = cellStep(b);
  for (let w = wordsOf(rows); w > 0; w--, left += leftStep, right += rightStep, to += 512) {
    for (let row: usize = 0; row < 512; row += 8) {
      const x = load<f64>(left + row), y = load<f64>(right + row);
      storeResult(to + row, code == 0 ? power(x, y) : code == 1 ? logOf(x, y) : atan2(x, y));
    }
  }
  return OK;
}
