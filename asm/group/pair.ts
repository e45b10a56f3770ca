// Numbers as pairs of doubles, the second of which is what rounding cut off the first: 106 bits (Dekker 1971, Knuth). Sums
// that are kept so lose nothing of what comes when other parts of them go.

/** The second of the pair that a function gives; it returns the first. */
export let low: f64 = 0;

const SPLIT: f64 = 134217729; // 2^27 + 1

@inline function quick(a: f64, b: f64): f64 {
  const sum = a + b;
  low = b - (sum - a);
  return sum;
}

/** A pair plus a double. */
export function pairAdd(high: f64, rest: f64, x: f64): f64 {
  const near = high + x, part = near - high;
  return quick(near, rest + ((high - (near - part)) + (x - part)));
}

/** A pair less another. */
export function pairSubtract(high: f64, rest: f64, otherHigh: f64, otherRest: f64): f64 {
  const near = high - otherHigh, part = near - high;
  return quick(near, ((high - (near - part)) - (otherHigh + part)) + (rest - otherRest));
}

/** The product of two doubles. */
export function pairProduct(a: f64, b: f64): f64 {
  const bigA = SPLIT * a, bigB = SPLIT * b, aHigh = bigA - (bigA - a), bHigh = bigB - (bigB - b);
  const aLow = a - aHigh, bLow = b - bHigh, product = a * b;
  low = ((aHigh * bHigh - product) + aHigh * bLow + aLow * bHigh) + aLow * bLow;
  return product;
}

/** The product of a pair and a double. */
export function pairTimes(high: f64, rest: f64, x: f64): f64 {
  const product = pairProduct(high, x);
  return quick(product, low + rest * x);
}

/** The square of a pair. */
export function pairSquare(high: f64, rest: f64): f64 {
  const product = pairProduct(high, high);
  return quick(product, low + 2 * high * rest);
}
