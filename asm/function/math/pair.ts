// Numbers of twice the precision of a double: the unevaluated sum of two doubles (Dekker, "A floating-point technique
// for extending the available precision", 1971). A function returns the higher part and leaves the lower in `low`.
//
// Elementary functions compute a result with some 60 to 65 good bits as such a pair and round once, at the end: so
// they are off by little more than half a unit in the last place, and exact where the result is.

export let low: f64 = 0;

/** a + b exactly, where |a| is not below |b| (or a is 0). */
@inline export function fastSum(a: f64, b: f64): f64 {
  const sum = a + b;
  low = b - (sum - a);
  return sum;
}

/** a + b exactly. */
@inline export function sum(a: f64, b: f64): f64 {
  const s = a + b, t = s - a;
  low = (a - (s - t)) + (b - t);
  return s;
}

/** The upper half of the bits of x; |x| is below 2^996. */
@inline function upper(x: f64): f64 {
  const c = 134217729.0 * x;
  return c - (c - x);
}

/** a * b exactly; |a| and |b| are below 2^996, and nothing underflows. */
export function product(a: f64, b: f64): f64 {
  const p = a * b, a1 = upper(a), a0 = a - a1, b1 = upper(b), b0 = b - b1;
  low = ((a1 * b1 - p) + a1 * b0 + a0 * b1) + a0 * b0;
  return p;
}

/** (a, aLow) * (b, bLow). */
export function times(a: f64, aLow: f64, b: f64, bLow: f64): f64 {
  const p = product(a, b);
  return fastSum(p, low + (a * bLow + aLow * b));
}

/** (a, aLow) / (b, bLow). */
export function quotient(a: f64, aLow: f64, b: f64, bLow: f64): f64 {
  const q = a / b, p = product(q, b);
  return fastSum(q, (((a - p) - low) - q * bLow + aLow) / b);
}

/** x * 2^n, also where 2^n or the result is no normal number. */
export function scaled(x: f64, n: i32): f64 {
  if (n > 1023) {
    x *= 8.98846567431158e307; // 2^1023
    n -= 1023;
  } else if (n < -1022) {
    x *= 2.004168360008973e-292; // 2^-969: the last step alone may lose bits
    n += 969;
  }
  return x * reinterpret<f64>(<u64>(n + 1023) << 52);
}
