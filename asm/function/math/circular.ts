// Sines and their inverses.
import { fastSum, low, product, quotient, sum, times } from "./pair";
import { quadrant, reduce, reducedLow } from "./reduce";

const PI: f64 = 3.141592653589793;
const PI_LOW: f64 = 1.2246467991473532e-16;
const HALF_PI: f64 = 1.5707963267948966;
const HALF_PI_LOW: f64 = 6.123233995736766e-17;
/** Below it sin(x), tan(x), asin(x) and atan(x) are x. */
const SMALL: f64 = 1.0 / 1073741824.0;
/** atan(i / 8) in two parts. */
const ATANS: usize = memory.data<f64>([
  0, 0, 0.12435499454676144, -3.1253241424539383e-18, 0.24497866312686414, 1.0698755618734451e-17,
  0.35877067027057225, -2.4623815582638635e-17, 0.4636476090008061, 2.2698777452961687e-17, 0.5585993153435624,
  -5.4556305485916264e-18, 0.6435011087932844, 1.5834785051444286e-17, 0.7188299996216245, -2.1478388444456983e-17,
  0.7853981633974483, 3.061616997868383e-17,
], 16);

/** sin(r + rLow) as a pair, |r| up to pi / 4. */
function sinPair(r: f64, rLow: f64): f64 {
  const z = r * r;
  const tail = -1.0 / 6 + z * (1.0 / 120 + z * (-1.0 / 5040 + z * (1.0 / 362880 + z * (-1.0 / 39916800 + z * (
    1.0 / 6227020800 + z * (-1.0 / 1307674368000 + z * (1.0 / 355687428096000)))))));
  return fastSum(r, rLow * (1 - 0.5 * z) + r * z * tail);
}

/** cos(r + rLow) as a pair, |r| up to pi / 4. */
function cosPair(r: f64, rLow: f64): f64 {
  const square = product(r, r), half = 0.5 * square, halfLow = 0.5 * low, z = square;
  const tail = 1.0 / 24 + z * (-1.0 / 720 + z * (1.0 / 40320 + z * (-1.0 / 3628800 + z * (1.0 / 479001600 + z * (
    -1.0 / 87178291200 + z * (1.0 / 20922789888000))))));
  const first = fastSum(1, -half);
  return fastSum(first, low + (z * z * tail - r * rLow - halfLow));
}

export function sin(x: f64): f64 {
  if (!(abs(x) < Infinity)) return NaN;
  if (abs(x) < SMALL) return x;
  const r = reduce(x), rLow = reducedLow;
  const value = quadrant & 1 ? cosPair(r, rLow) : sinPair(r, rLow);
  return quadrant & 2 ? -value : value;
}

export function cos(x: f64): f64 {
  if (!(abs(x) < Infinity)) return NaN;
  const r = reduce(x), rLow = reducedLow;
  const value = quadrant & 1 ? sinPair(r, rLow) : cosPair(r, rLow);
  return (quadrant + 1) & 2 ? -value : value;
}

/** The tangent, or with `inverse` the cotangent. */
export function tan(x: f64, inverse: bool): f64 {
  if (!(abs(x) < Infinity)) return NaN;
  if (abs(x) < SMALL) return inverse ? 1 / x : x;
  const r = reduce(x), s = sinPair(r, reducedLow), sLow = low, c = cosPair(r, reducedLow), cLow = low;
  const odd = <bool>(quadrant & 1);
  const value = odd == inverse ? quotient(s, sLow, c, cLow) : quotient(c, cLow, s, sLow);
  return odd ? -value : value;
}

/**
 * atan(n / d) as a pair, for 0 ≤ n ≤ d: atan(i / 8) for the nearest i, and atan(t) for the rest, with
 * t = (n - d i / 8) / (d + n i / 8).
 */
function atanPair(n: f64, nLow: f64, d: f64, dLow: f64): f64 {
  const i = nearest(n / d * 8), c = i * 0.125;
  const cd = product(c, d), cdLow = low, above = sum(n, -cd), aboveLow = low + (nLow - cdLow - c * dLow);
  const cn = product(c, n), cnLow = low, below = sum(d, cn), belowLow = low + (dLow + cnLow + c * nLow);
  const t = quotient(above, aboveLow, below, belowLow), tLow = low, z = t * t;
  const tail = z * (-1.0 / 3 + z * (1.0 / 5 + z * (-1.0 / 7 + z * (1.0 / 9 + z * (-1.0 / 11 + z * (1.0 / 13 + z * (
    -1.0 / 15)))))));
  const at = ATANS + (<usize>i << 4), high = fastSum(load<f64>(at), t);
  return fastSum(high, low + (load<f64>(at, 8) + tLow * (1 - z) + t * tail));
}

/** The angle of a vector whose sides are not negative, as a pair. */
function angle(y: f64, yLow: f64, x: f64, xLow: f64): f64 {
  if (y <= x) return atanPair(y, yLow, x, xLow);
  const rest = atanPair(x, xLow, y, yLow), restLow = low, high = sum(HALF_PI, -rest);
  return fastSum(high, low + (HALF_PI_LOW - restLow));
}

export function atan(x: f64): f64 {
  if (x != x || abs(x) < SMALL) return x;
  if (abs(x) > 1e300) return copysign<f64>(HALF_PI, x);
  return copysign<f64>(angle(abs(x), 0, 1, 0), x);
}

/** The angle of the vector (x, y), from -pi to pi. */
export function atan2(y: f64, x: f64): f64 {
  if (x != x || y != y) return NaN;
  let above = abs(y), ahead = abs(x);
  const back = reinterpret<i64>(x) < 0;
  if (above == Infinity && ahead == Infinity) above = ahead = 1;
  else if (above == Infinity || (ahead == 0 && above > 0)) return copysign<f64>(HALF_PI, y);
  else if (above == 0 || ahead == Infinity) return copysign<f64>(back ? PI : 0, y);
  // Scaled by powers of 2, so that no product is too large or too small
  const largest = max(above, ahead), scale: f64 = largest > 1e150 ? 1e-200 : largest < 1e-150 ? 1e200 : 1;
  const factor = scale == 1 ? 1 : reinterpret<f64>(reinterpret<u64>(scale) & 0x7ff0000000000000);
  above *= factor;
  ahead *= factor;
  if (!back && above < ahead * SMALL) return y / x;
  let result = above < ahead * 1e-40 ? 0 : angle(above, 0, ahead, 0), resultLow = low;
  if (back) {
    if (result == 0) resultLow = 0;
    result = sum(PI, -result) + (low + (PI_LOW - resultLow));
  }
  return copysign<f64>(result, y);
}

/** sqrt(1 - x^2) as a pair. */
function legPair(x: f64): f64 {
  const square = product(x, x), squareLow = low, rest = sum(1, -square), restLow = low - squareLow;
  if (rest <= 0) {
    low = 0;
    return 0;
  }
  const root = sqrt(rest), p = product(root, root);
  return fastSum(root, (((rest - p) - low) + restLow) / (2 * root));
}

export function asin(x: f64): f64 {
  const magnitude = abs(x);
  if (!(magnitude <= 1)) return NaN;
  if (magnitude < SMALL) return x;
  const leg = legPair(magnitude);
  return copysign<f64>(angle(magnitude, 0, leg, low), x);
}

export function acos(x: f64): f64 {
  const magnitude = abs(x);
  if (!(magnitude <= 1)) return NaN;
  const leg = legPair(magnitude), result = angle(leg, low, magnitude, 0), resultLow = low;
  if (x >= 0) return result;
  return sum(PI, -result) + (low + (PI_LOW - resultLow));
}

/** x degrees in radians, or with `inverse` x radians in degrees. */
export function converted(x: f64, inverse: bool): f64 {
  const high = inverse ? 57.29577951308232 : 0.017453292519943295;
  const lower = inverse ? -1.9878495670576283e-15 : 2.9486522708701687e-19;
  // Where parts would overflow or vanish the plain product is as good as can be
  if (!(abs(x) < 1e290 && abs(x) > 1e-290)) return x * high;
  return times(x, 0, high, lower);
}
