// Real numbers to some three hundred bits, by whole numbers alone: what elementary functions are held against.

/** digits * 2^exponent. */
export interface Real {
  readonly digits: bigint;
  readonly exponent: number;
}

/** Bits of the results that count. */
const BITS = 300;

const magnitude = (x: bigint) => x < 0n ? -x : x;
const shift = (x: bigint, by: number) => by >= 0 ? x << BigInt(by) : x >> BigInt(-by);
export const bitLength = (x: bigint) => magnitude(x).toString(2).length;

/** A finite double, exactly. */
export function exact(x: number): Real {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0), biased = Number((bits >> 52n) & 0x7ffn), fraction = bits & 0xfffffffffffffn;
  const digits = biased === 0 ? fraction : fraction | 1n << 52n;
  return { digits: x < 0 ? -digits : digits, exponent: Math.max(biased, 1) - 1075 };
}

/** Where the highest bit of a number other than 0 stands. */
const top = ({ digits, exponent }: Real) => bitLength(digits) + exponent;
/** As a whole number of 2^-places. */
const fixed = ({ digits, exponent }: Real, places: number) => shift(digits, exponent + places);

export function divide(a: Real, b: Real): Real {
  const by = 2 * BITS + Math.max(0, bitLength(b.digits) - bitLength(a.digits));
  return { digits: (a.digits << BigInt(by)) / b.digits, exponent: a.exponent - by - b.exponent };
}

export function multiply(a: Real, b: Real): Real {
  return { digits: a.digits * b.digits, exponent: a.exponent + b.exponent };
}

export function add(a: Real, b: Real): Real {
  const exponent = Math.min(a.exponent, b.exponent);
  return { digits: shift(a.digits, a.exponent - exponent) + shift(b.digits, b.exponent - exponent), exponent };
}

export const negate = ({ digits, exponent }: Real): Real => ({ digits: -digits, exponent });

function root(x: bigint): bigint {
  if (x < 2n) return x;
  let guess = 1n << BigInt((bitLength(x) + 1) >> 1);
  while (true) {
    const next = (guess + x / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

export function squareRoot({ digits, exponent }: Real): Real {
  const by = 2 * BITS + (exponent & 1);
  return { digits: root(digits << BigInt(by)), exponent: (exponent - by) / 2 };
}

export function cubeRoot(x: Real): Real {
  const by = 900 + ((x.exponent % 3) + 3) % 3, target = magnitude(x.digits) << BigInt(by);
  let guess = 1n << BigInt(Math.ceil(bitLength(target) / 3));
  for (let next = guess;; guess = next) {
    next = (2n * guess + target / (guess * guess)) / 3n;
    if (next >= guess) break;
  }
  return { digits: x.digits < 0n ? -guess : guess, exponent: (x.exponent - by) / 3 };
}

/** Whole numbers of 2^-places: the sum of x^(2n+1) / (2n+1), with changing signs or not. */
function arcSeries(x: bigint, places: number, alternating: boolean): bigint {
  if (x < 0n) return -arcSeries(-x, places, alternating);
  const square = x * x >> BigInt(places);
  let sum = 0n, power = x;
  for (let n = 0n; power !== 0n; n++) {
    sum += (alternating && n % 2n === 1n ? -power : power) / (2n * n + 1n);
    power = power * square >> BigInt(places);
  }
  return sum;
}

const constants = new Map<string, bigint>();

function constant(name: string, places: number, compute: () => bigint): bigint {
  const key = `${name} ${places}`, found = constants.get(key) ?? compute();
  constants.set(key, found);
  return found;
}

const ln2 = (places: number) =>
  constant("ln2", places, () => 2n * arcSeries((1n << BigInt(places)) / 3n, places, false));

function piFixed(places: number): bigint {
  return constant("pi", places, () => {
    const more = places + 16, one = 1n << BigInt(more);
    return (16n * arcSeries(one / 5n, more, true) - 4n * arcSeries(one / 239n, more, true)) >> 16n;
  });
}

export const pi: Real = { digits: piFixed(2 * BITS), exponent: -2 * BITS };

/** ln(x) for x above 0. */
export function logarithm(x: Real): Real {
  const k = top(x) - 1, places = 2 * BITS, one = 1n << BigInt(places);
  const m = fixed({ digits: x.digits, exponent: x.exponent - k }, places);
  const [near, by] = m > one * 3n / 2n ? [m >> 1n, k + 1] : [m, k];
  const series = 2n * arcSeries(((near - one) << BigInt(places)) / (near + one), places, false);
  return { digits: series + BigInt(by) * ln2(places), exponent: -places };
}

/** e^x for |x| below 2^12. */
export function exponential(x: Real): Real {
  const places = 2 * BITS, value = fixed(x, places), k = value / ln2(places);
  let term = 1n << BigInt(places), sum = 0n;
  const rest = value - k * ln2(places);
  for (let n = 1n; term !== 0n; n++) {
    sum += term;
    term = (term * rest >> BigInt(places)) / n;
    if (term === -1n) break;
  }
  return { digits: sum, exponent: Number(k) - places };
}

/** sin(x) and cos(x). */
export function circular(x: Real): { sin: Real; cos: Real } {
  const places = 2 * BITS + Math.max(0, -top(x)), far = places + Math.max(0, top(x)) + 16;
  const half = piFixed(far) >> 1n,
    value = fixed(x, far),
    n = (2n * value + half) / (2n * half) - (value < 0n ? 1n : 0n);
  const r = (value - n * half) >> BigInt(far - places), square = r * r >> BigInt(places);
  let term = r, sine = 0n, cosine = 0n, other = 1n << BigInt(places);
  for (let i = 1n; magnitude(term) > 1n || magnitude(other) > 1n; i += 2n) {
    cosine += other;
    sine += term;
    other = -(other * square >> BigInt(places)) / (i * (i + 1n));
    term = -(term * square >> BigInt(places)) / ((i + 1n) * (i + 2n));
  }
  const at = Number(((n % 4n) + 4n) % 4n), real = (digits: bigint): Real => ({ digits, exponent: -places });
  const [s, c] = [real(sine), real(cosine)];
  return [{ sin: s, cos: c }, { sin: c, cos: negate(s) }, { sin: negate(s), cos: negate(c) }, {
    sin: negate(c),
    cos: s,
  }][at];
}

/** The angle of the vector (x, y), neither of them 0. */
export function arcTangent(y: Real, x: Real): Real {
  const above = { ...y, digits: magnitude(y.digits) }, ahead = { ...x, digits: magnitude(x.digits) };
  const steep = add(above, negate(ahead)).digits > 0n, ratio = steep ? divide(ahead, above) : divide(above, ahead);
  const places = 2 * BITS + Math.max(0, -top(ratio)), one = 1n << BigInt(places);
  let t = fixed(ratio, places);
  for (let i = 0; i < 4; i++) t = (t << BigInt(places)) / (one + root((one << BigInt(places)) + t * t));
  let angle = arcSeries(t, places, true) << 4n;
  if (steep) angle = (piFixed(places) >> 1n) - angle;
  if (x.digits < 0n) angle = piFixed(places) - angle;
  return { digits: y.digits < 0n ? -angle : angle, exponent: -places };
}

/** How far a double is from a number, in units of the last place that a double near the number has. */
export function unitsOff(found: number, expected: Real): number {
  const limit = 1n << 1024n;
  if (!Number.isFinite(found)) {
    const rounded = shift(expected.digits, expected.exponent) >= limit - (1n << 970n);
    const lower = shift(expected.digits, expected.exponent) <= -limit + (1n << 970n);
    return (found > 0 ? rounded : lower) ? 0 : Infinity;
  }
  const unit = Math.max(top(expected) - 53, -1074), difference = add(exact(found), negate(expected));
  return Number(shift(magnitude(difference.digits), difference.exponent - unit + 40)) / 2 ** 40;
}
