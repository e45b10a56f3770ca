import assert from "node:assert/strict";
import { DOUBLE, INT64, STRING } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import { GroupAggregate, type GroupSpec } from "../../../src/kernel/group.ts";
import { loadOperators } from "../load.ts";
import { randomOf } from "../numbers.ts";
import { batchOf, changesOf } from "./run.ts";

const SEED = 20260101;

/** The last result of one call over all of the values. */
function resultOf(
  fn: string,
  params: readonly number[],
  type: GroupSpec["types"][number],
  values: readonly Value[],
): Value {
  const kernel = loadOperators();
  const spec: GroupSpec = {
    types: [INT64, type],
    keys: [0],
    calls: [{ fn, args: [1], distinct: false, filter: -1, params }],
    retracts: false,
    upsert: true,
    end: 0,
    final: true,
    latenessMs: 0,
    ttlMs: 0,
  };
  const group = new GroupAggregate(kernel, spec), full = () => new Error("full");
  for (let from = 0; from < values.length; from += 8192) {
    kernel.reset();
    group.push(
      batchOf(kernel, spec, values.slice(from, from + 8192).map((value) => ({ kind: 0, values: [10n, value] }))),
    );
    assert.equal(group.pull(full), null);
  }
  group.advance(Infinity);
  const [row] = changesOf(kernel, group.fire()!);
  assert.equal(group.fire(), null);
  group.close();
  assert.equal(kernel.fn("state_bytes")(), 0);
  return row.values[1];
}

for (const different of [0, 1, 32, 33, 500, 10_000, 200_000]) {
  Deno.test(`${different} different values are counted within 5 %, three standard errors (seed ${SEED})`, () => {
    const random = randomOf(SEED + different);
    const values = Array.from({ length: different }, (_, i) => BigInt(i) * 7919n);
    const repeated = [
      ...values,
      ...Array.from({ length: 1000 }, () => values[Math.floor(random() * different)] ?? null),
    ];
    const texts = repeated.map((value) => value === null ? null : `user-${value}`);
    for (const [type, all] of [[INT64, repeated], [STRING, texts]] as const) {
      const found = Number(resultOf("approx_count_distinct", [], type, all));
      if (different <= 32) assert.equal(found, different);
      else assert.ok(Math.abs(found - different) <= 0.05 * different, `${found} of ${different}`);
    }
  });
}

for (
  const [name, draw] of [
    ["uniform", (random: () => number) => random() * 1000],
    ["exponential", (random: () => number) => -Math.log(1 - random())],
    ["of both signs", (random: () => number) => (random() - 0.4) * 10 ** Math.floor(random() * 9)],
    ["whole", (random: () => number) => Math.floor(random() * 10) - 3],
    ["far apart", (random: () => number) => 10 ** (random() * 30 - 15)],
  ] as const
) {
  Deno.test(`percentiles of values that are ${name} are within 1 % of the exact ones (seed ${SEED})`, () => {
    const random = randomOf(SEED), values = Array.from({ length: 20_000 }, () => draw(random));
    const sorted = values.toSorted((a, b) => a - b);
    for (const p of [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1]) {
      const exact = sorted[Math.floor(p * (sorted.length - 1))];
      const found = resultOf("percentile", [p], DOUBLE, values) as number;
      assert.ok(Math.abs(found - exact) <= 0.0100001 * Math.abs(exact), `p ${p}: ${found} is not near ${exact}`);
    }
  });
}

Deno.test(`counts of the most frequent values are too high by their errors at most, and those by n / counters (seed ${SEED})`, () => {
  const random = randomOf(SEED), k = 12, counters = 120;
  const values = Array.from({ length: 50_000 }, () => Math.floor(random() ** 6 * 5000));
  const exact = new Map<string, number>();
  for (const value of values) exact.set(`v "${value}"`, (exact.get(`v "${value}"`) ?? 0) + 1);
  const text = resultOf("approx_top_k", [k], STRING, values.map((value) => `v "${value}"`));
  const found = JSON.parse(text as string) as { value: string; count: number; error: number }[];
  assert.equal(found.length, k);
  for (const { value, count, error } of found) {
    assert.ok(count - error <= exact.get(value)! && exact.get(value)! <= count, `${value}: ${count}, ${error}`);
    assert.ok(error <= values.length / counters);
  }
  const sure = [...exact].filter(([, count]) => count > values.length / counters).map(([value]) => value);
  for (const value of sure.slice(0, k)) assert.ok(found.some((one) => one.value === value) || sure.length > k, value);
  assert.deepEqual(found.map(({ count }) => count), found.map(({ count }) => count).toSorted((a, b) => b - a));
  const numbers = JSON.parse(resultOf("approx_top_k", [2], DOUBLE, [1.5, 2, 1.5, -0, 0, 0]) as string);
  assert.deepEqual(numbers, [{ value: 0, count: 3, error: 0 }, { value: 1.5, count: 2, error: 0 }]);
});
