// Logarithms, exponentials and powers.
import { fastSum, low, product, scaled, sum, times, quotient } from "./pair";

// ln 2 in two parts: the first has 11 zeros at its end, so that its product with an exponent is exact
const LN2_HIGH: f64 = 0.6931471805598903;
const LN2_LOW: f64 = 5.497923018708371e-14;
const LOG2_E: f64 = 1.4426950408889634;
const LOG2_E_LOW: f64 = 2.0355273740931033e-17;
const LOG10_E: f64 = 0.4342944819032518;
const LOG10_E_LOW: f64 = 1.098319650216765e-17;
const SQRT_HALF_BITS: u64 = 0x3fe6a09e667f3bcd;
const FRACTION: u64 = 0x000fffffffffffff;
const TWO_54: f64 = 18014398509481984.0;
/** Beyond these the exponential is no finite number other than 0. */
const EXP_MAX: f64 = 709.782712893384;
const EXP_MIN: f64 = -745.1332191019412;

/**
 * ln(x) of a finite x above 0, as a pair: x = m * 2^k with m around 1, and ln(m) = 2s (1 + z/3 + z^2/5 + …) where
 * s = (m - 1) / (m + 1) and z = s^2.
 */
export function logPair(x: f64): f64 {
  let k = 0;
  if (reinterpret<u64>(x) <= FRACTION) {
    x *= TWO_54;
    k = -54;
  }
  const bits = reinterpret<i64>(x), up = <i32>((bits - <i64>SQRT_HALF_BITS) >> 52);
  k += up;
  const m = reinterpret<f64>(bits - (<i64>up << 52)), f = m - 1;
  const d = sum(m, 1), s = quotient(f, 0, d, low), sLow = low;
  const z = product(s, s), zLow = low + 2 * s * sLow;
  const tail = z * (1.0 / 5 + z * (1.0 / 7 + z * (1.0 / 9 + z * (1.0 / 11 + z * (1.0 / 13 + z * (1.0 / 15 +
    z * (1.0 / 17 + z * (1.0 / 19 + z * (1.0 / 21 + z * (1.0 / 23 + z * (1.0 / 25)))))))))));
  const third = fastSum(0.3333333333333333, tail), thirdLow = low + 1.850371707708594e-17;
  const sz = times(s, sLow, z, zLow), szLow = low;
  const rest = times(sz, szLow, third, thirdLow), restLow = low;
  const whole = fastSum(s, rest), wholeLow = low + sLow + restLow;
  const high = sum(<f64>k * LN2_HIGH, 2 * whole), highLow = low;
  return fastSum(high, highLow + (2 * wholeLow + <f64>k * LN2_LOW));
}

/** What logarithms give where logPair cannot be asked: 0, negative numbers, infinity, NaN. */
@inline function isSpecial(x: f64): bool {
  return !(x > 0 && x < Infinity);
}

@inline function specialLog(x: f64): f64 {
  return x == 0 ? -Infinity : x < 0 ? NaN : x;
}

export function ln(x: f64): f64 {
  return isSpecial(x) ? specialLog(x) : logPair(x);
}

export function log2(x: f64): f64 {
  if (isSpecial(x)) return specialLog(x);
  const high = logPair(x);
  return times(high, low, LOG2_E, LOG2_E_LOW);
}

export function log10(x: f64): f64 {
  if (isSpecial(x)) return specialLog(x);
  const high = logPair(x);
  return times(high, low, LOG10_E, LOG10_E_LOW);
}

/** The logarithm of x to a base, as the quotient of their logarithms. */
export function logOf(base: f64, x: f64): f64 {
  if (isSpecial(base) || isSpecial(x) || base == 1) return ln(x) / ln(base);
  const divisor = logPair(base), divisorLow = low, dividend = logPair(x);
  return quotient(dividend, low, divisor, divisorLow);
}

/** The power of 2 that the pair of expPair is to be multiplied with. */
export let expScale: i32 = 0;

/** e^(x + xLow) / 2^expScale as a pair around 1; |x| is below 800. */
export function expPair(x: f64, xLow: f64): f64 {
  const k = nearest(x * LOG2_E);
  expScale = <i32>k;
  const r = sum(x - k * LN2_HIGH, xLow - k * LN2_LOW), rLow = low;
  const square = product(r, r) * 0.5, squareLow = low * 0.5;
  const rest = r * r * r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120 + r * (1.0 / 720 + r * (1.0 / 5040 + r * (
    1.0 / 40320 + r * (1.0 / 362880 + r * (1.0 / 3628800 + r * (1.0 / 39916800 + r * (1.0 / 479001600 + r * (
    1.0 / 6227020800 + r * (1.0 / 87178291200))))))))))));
  const first = fastSum(1, r), firstLow = low, second = fastSum(first, square);
  return fastSum(second, firstLow + (low + (squareLow + rLow * (1 + r) + rest)));
}

function exponential(x: f64, xLow: f64): f64 {
  if (x > EXP_MAX + 1) return Infinity;
  if (x < EXP_MIN - 1) return 0;
  return scaled(expPair(x, xLow), expScale);
}

export function exp(x: f64): f64 {
  return x != x ? x : exponential(x, 0);
}

/** Whether y is a whole number: 0 no, 1 an even one, 2 an odd one. */
function wholeness(y: f64): i32 {
  if (abs(y) >= 9007199254740992.0) return 1;
  if (trunc(y) != y) return 0;
  return <i64>y & 1 ? 2 : 1;
}

/** x^y, by the rules of ECMAScript and Java: 1 or -1 to the power of infinity is NaN. */
export function power(x: f64, y: f64): f64 {
  if (y == 0) return 1;
  if (x != x || y != y) return NaN;
  const magnitude = abs(x), whole = wholeness(y);
  if (abs(y) == Infinity && magnitude == 1) return NaN;
  if (x < 0 && !whole && abs(y) != Infinity && magnitude != Infinity) return NaN;
  const negative = whole == 2 && reinterpret<i64>(x) < 0;
  let result: f64;
  if (magnitude == 0 || magnitude == Infinity || abs(y) >= 18446744073709551616.0) {
    if (magnitude == 1) result = 1;
    else result = (magnitude > 1) == (y > 0) ? Infinity : 0;
  } else {
    const high = logPair(magnitude), highLow = low, p = product(high, y), pLow = low + highLow * y;
    result = exponential(p, pLow);
  }
  return negative ? -result : result;
}

/** sinh(x) - x and cosh(x) - 1 as x * z * sinhTail(z) and z * coshTail(z), z = x^2 up to 1. */
function sinhTail(z: f64): f64 {
  return 1.0 / 6 + z * (1.0 / 120 + z * (1.0 / 5040 + z * (1.0 / 362880 + z * (1.0 / 39916800 + z * (
    1.0 / 6227020800 + z * (1.0 / 1307674368000 + z * (1.0 / 355687428096000 + z * (1.0 / 121645100408832000))))))));
}

function coshTail(z: f64): f64 {
  return 0.5 + z * (1.0 / 24 + z * (1.0 / 720 + z * (1.0 / 40320 + z * (1.0 / 3628800 + z * (1.0 / 479001600)))));
}

/** (e^x + sign * e^-x) / 2 for x of 0 and above; x is not small where the sign is -1. */
function halfSum(x: f64, sign: f64): f64 {
  if (x > EXP_MAX + 2) return Infinity;
  const high = expPair(x, 0), highLow = low, k = expScale;
  if (k > 31) return scaled(high, k - 1);
  const e = scaled(high, k - 1), eLow = scaled(highLow, k - 1), inverse = quotient(0.25, 0, e, eLow) * sign;
  const inverseLow = low * sign, s = fastSum(e, inverse);
  return s + (low + (eLow + inverseLow));
}

export function sinh(x: f64): f64 {
  if (x != x) return x;
  const magnitude = abs(x);
  if (magnitude < 1) return x + x * (x * x) * sinhTail(x * x);
  return copysign<f64>(halfSum(magnitude, -1), x);
}

export function cosh(x: f64): f64 {
  return x != x ? x : halfSum(abs(x), 1);
}

export function tanh(x: f64): f64 {
  if (x != x) return x;
  const magnitude = abs(x), z = x * x;
  if (magnitude < 0.25) {
    const s = z * sinhTail(z), c = z * coshTail(z);
    return x + x * ((s - c) / (1 + c));
  }
  if (magnitude > 22) return copysign<f64>(1, x);
  const high = expPair(2 * magnitude, 0), highLow = low;
  const e = scaled(high, expScale), eLow = scaled(highLow, expScale);
  const above = sum(e, -1), aboveLow = low + eLow, below = sum(e, 1), belowLow = low + eLow;
  return copysign<f64>(quotient(above, aboveLow, below, belowLow), x);
}

/** The cube root, of negative numbers too. */
export function cbrt(x: f64): f64 {
  let magnitude = abs(x), scale: f64 = 1;
  if (!(magnitude < Infinity) || magnitude == 0) return x;
  // By 2^600, so that no product vanishes or overflows
  if (magnitude < 1e-150) {
    magnitude *= 4.149515568880993e180;
    scale = 6.223015277861142e-61;
  } else if (magnitude > 1e150) {
    magnitude *= 2.4099198651028841e-181;
    scale = 1.6069380442589903e60;
  }
  // A third of the exponent is near; three steps of Newton are near enough for the last, which is exact
  let root = reinterpret<f64>(reinterpret<u64>(magnitude) / 3 + 0x2a9f7893782da1ce);
  for (let i = 0; i < 4; i++) root -= (root - magnitude / (root * root)) / 3;
  const square = product(root, root), squareLow = low, cube = product(square, root), cubeLow = low + squareLow * root;
  root += ((magnitude - cube) - cubeLow) / (3 * square);
  return copysign<f64>(root * scale, x);
}
