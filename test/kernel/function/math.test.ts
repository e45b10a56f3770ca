import assert from "node:assert/strict";
import { type Column, type DataType, decimal, DOUBLE, INT64 } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import type { Expression } from "../../../src/expr/mod.ts";
import {
  add,
  arcTangent,
  circular,
  cubeRoot,
  divide,
  exact,
  exponential,
  logarithm,
  multiply,
  negate,
  pi,
  type Real,
  squareRoot,
  unitsOff,
} from "../reference/real.ts";
import { randomOf, SEED, valuesOf } from "./run.ts";

/** Units in the last place that a result may be off. */
const UNITS_MAX = 0.85;
const SAMPLES = 60;

const ONE = exact(1), TWO = exact(2), TEN = exact(10);
const leg = (x: Real) => squareRoot(multiply(add(ONE, x), add(ONE, negate(x))));
const halves = (x: Real) => [exponential(x), divide(ONE, exponential(x))];
const cathetus = (y: Real, x: Real) =>
  x.digits === 0n ? divide(pi, y.digits < 0n ? negate(TWO) : TWO) : arcTangent(y, x);

interface Subject {
  readonly of: (...args: Real[]) => Real;
  /** Ranges that random arguments are taken from; null: any finite double that is not 0. */
  readonly ranges: readonly (readonly [number, number] | null)[];
}

const ROUND: Subject["ranges"] = [null, [-10, 10], [-1e6, 1e6], [-0.8, 0.8]];
const SUBJECTS: Record<string, Subject> = {
  exp: { of: exponential, ranges: [[-745, 709.7], [-1, 1], [-1e-9, 1e-9]] },
  ln: { of: logarithm, ranges: [[5e-324, 1e-307], [0.5, 1.5], [0.9999999, 1.0000001], [1, 1.7e308]] },
  log2: { of: (x) => divide(logarithm(x), logarithm(TWO)), ranges: [[5e-324, 1e-307], [0.5, 1.5], [1, 1.7e308]] },
  log10: { of: (x) => divide(logarithm(x), logarithm(TEN)), ranges: [[5e-324, 1e-307], [0.5, 1.5], [1, 1.7e308]] },
  sin: { of: (x) => circular(x).sin, ranges: ROUND },
  cos: { of: (x) => circular(x).cos, ranges: ROUND },
  tan: { of: (x) => divide(circular(x).sin, circular(x).cos), ranges: ROUND },
  cot: { of: (x) => divide(circular(x).cos, circular(x).sin), ranges: [[-10, 10], [-1e6, 1e6], [-0.8, 0.8]] },
  asin: { of: (x) => cathetus(x, leg(x)), ranges: [[-1, 1], [0.999999, 1], [-1e-6, 1e-6]] },
  acos: { of: (x) => cathetus(leg(x), x), ranges: [[-1, 1], [0.999999, 1], [-1, -0.9999]] },
  atan: { of: (x) => arcTangent(x, ONE), ranges: [null, [-4, 4]] },
  sinh: {
    of: (x) => divide(add(halves(x)[0], negate(halves(x)[1])), TWO),
    ranges: [[-710, 710], [-4, 4], [-0.1, 0.1]],
  },
  cosh: { of: (x) => divide(add(...halves(x) as [Real, Real]), TWO), ranges: [[-710, 710], [-4, 4], [-0.1, 0.1]] },
  tanh: {
    of: (x) => divide(add(halves(x)[0], negate(halves(x)[1])), add(halves(x)[0], halves(x)[1])),
    ranges: [[-25, 25], [-1, 1], [-0.25, 0.25]],
  },
  cbrt: { of: cubeRoot, ranges: [null, [-10, 10], [-1e-307, 1e-307]] },
  radians: { of: (x) => divide(multiply(x, pi), exact(180)), ranges: [[-1e300, 1e300], [-720, 720]] },
  degrees: { of: (x) => divide(multiply(x, exact(180)), pi), ranges: [[-1e300, 1e300], [-7, 7]] },
};

const call = (name: string, ...names: string[]): Expression => ({
  call: name,
  args: names.map((column) => ({ column })),
});
const columns = (...types: DataType[]): Column[] =>
  types.map((type, i) => ({ name: "abcdef"[i], type, nullable: true }));

function doubleOf(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

for (const [at, [name, { of, ranges }]] of Object.entries(SUBJECTS).entries()) {
  Deno.test(`${name} is off by less than ${UNITS_MAX} units in the last place (seed ${SEED})`, () => {
    const { bits, unit } = randomOf(SEED + at);
    const args = ranges.flatMap((range) =>
      Array.from({ length: SAMPLES }, () => range ? range[0] + unit() * (range[1] - range[0]) : doubleOf(bits()))
    ).filter((x) => Number.isFinite(x) && x !== 0);
    const found = valuesOf(call(name, "a"), columns(DOUBLE), args.map((x) => [x])) as number[];
    args.forEach((x, i) => {
      const off = unitsOff(found[i], of(exact(x)));
      assert.ok(off < UNITS_MAX, `${name}(${x}) is ${found[i]}, off by ${off}`);
    });
  });
}

const PAIRS: Record<string, { of: (a: Real, b: Real) => Real; ranges: readonly (readonly [number, number])[] }> = {
  power: {
    of: (x, y) => exponential(multiply(y, logarithm(x))),
    ranges: [[0, 10], [-200, 200], [0.99999, 1.00001], [-1e7, 1e7], [1, 1e300], [-1, 1]],
  },
  log: { of: (b, x) => divide(logarithm(x), logarithm(b)), ranges: [[0, 10], [0, 1e9], [0.5, 1.5], [0, 1e-300]] },
  atan2: { of: arcTangent, ranges: [[-1, 1], [-1, 1], [-1e300, 1e300], [-1e-300, 1e300], [-5, 5], [-1e9, 1e9]] },
};

for (const [at, [name, { of, ranges }]] of Object.entries(PAIRS).entries()) {
  Deno.test(`${name} is off by less than ${UNITS_MAX} units in the last place (seed ${SEED})`, () => {
    const { unit } = randomOf(SEED + 100 + at),
      within = ([low, high]: readonly [number, number]) => low + unit() * (high - low);
    const rows: [number, number][] = [];
    for (let i = 0; i < ranges.length; i += 2) {
      for (let n = 0; n < SAMPLES; n++) rows.push([within(ranges[i]), within(ranges[i + 1])]);
    }
    const found = valuesOf(call(name, "a", "b"), columns(DOUBLE, DOUBLE), rows) as number[];
    rows.forEach(([x, y], i) => {
      const off = unitsOff(found[i], of(exact(x), exact(y)));
      assert.ok(off < UNITS_MAX, `${name}(${x}, ${y}) is ${found[i]}, off by ${off}`);
    });
  });
}

Deno.test("elementary functions take what is no ordinary number as ECMAScript does, signs of 0 included", () => {
  const odd = [0, -0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 1e308, -1e308, 5e-324, -5e-324, Infinity, -Infinity, NaN, 1e20];
  const names = [
    "exp",
    "ln",
    "log2",
    "log10",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "cbrt",
  ];
  for (const name of names) {
    const host = name === "ln" ? Math.log : Reflect.get(Math, name) as (x: number) => number;
    const found = valuesOf(call(name, "a"), columns(DOUBLE), odd.map((x) => [x])) as number[];
    odd.forEach((x, i) => near(found[i], host(x), `${name}(${x})`));
  }
  // Without the smallest, of which the host loses signs
  const larger = odd.filter((x) => Math.abs(x) !== 5e-324), pairs = larger.flatMap((a) => larger.map((b) => [a, b]));
  for (const [name, host] of [["power", Math.pow], ["atan2", Math.atan2]] as const) {
    const found = valuesOf(call(name, "a", "b"), columns(DOUBLE, DOUBLE), pairs) as number[];
    pairs.forEach(([a, b], i) => near(found[i], host(a, b), `${name}(${a}, ${b})`));
  }
});

/** The same but for the last digits. */
function near(found: number, expected: number, what: string) {
  const same = Object.is(found, expected) || Math.abs(found - expected) <= Math.abs(expected) * 1e-14;
  assert.ok(same && Object.is(Math.sign(found), Math.sign(expected)), `${what} is ${found}, not ${expected}`);
}

Deno.test("results that are exact are exact", () => {
  const tens = Array.from({ length: 617 }, (_, i) => Number(`1e${i - 308}`)).filter((x) => x >= 1);
  assert.deepEqual(valuesOf(call("log10", "a"), columns(DOUBLE), tens.slice(0, 23).map((x) => [x])), [
    ...Array.from({ length: 23 }, (_, i) => i),
  ]);
  const twos = Array.from({ length: 2098 }, (_, i) => i - 1074);
  assert.deepEqual(valuesOf(call("log2", "a"), columns(DOUBLE), twos.map((n) => [2 ** n])), twos);
  assert.deepEqual(
    valuesOf(call("power", "a", "b"), columns(DOUBLE, DOUBLE), twos.map((n) => [2, n])),
    twos.map((n) => 2 ** n),
  );
  const powers = [[3, 30], [7, 18], [10, 22], [-5, 3], [1.5, 20], [0.25, -0.5], [49, 0.5]] as const;
  assert.deepEqual(valuesOf(call("power", "a", "b"), columns(DOUBLE, DOUBLE), powers), [
    3 ** 30,
    7 ** 18,
    1e22,
    -125,
    3 ** 20 / 2 ** 20,
    2,
    7,
  ]);
  assert.deepEqual(valuesOf(call("log", "a", "b"), columns(DOUBLE, DOUBLE), [[2, 8], [3, 81], [10, 0.01]]), [3, 4, -2]);
  assert.deepEqual(valuesOf(call("cbrt", "a"), columns(DOUBLE), [[27], [-8e300], [1e-300]]), [3, -2e100, 1e-100]);
});

Deno.test("whole numbers and decimals are widened, and NULL stays NULL", () => {
  const rows: Value[][] = [[1n, 100n], [null, 50n], [0n, null]];
  assert.deepEqual(valuesOf(call("exp", "a"), columns(INT64, INT64), rows), [Math.E, null, 1]);
  assert.deepEqual(valuesOf(call("power", "a", "b"), columns(decimal(9, 2), INT64), [[150n, 2n], [null, 1n]]), [
    2.25,
    null,
  ]);
});
