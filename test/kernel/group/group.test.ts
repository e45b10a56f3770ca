import assert from "node:assert/strict";
import { BOOL, INT64, STRING, TIMESTAMP } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import { GroupAggregate, type GroupSpec } from "../../../src/kernel/group.ts";
import fc from "../../deps/fast_check.ts";
import { loadOperators, VARIANTS } from "../load.ts";
import { randomOf } from "../numbers.ts";
import { call, calls, changelog, rows, TYPES } from "./arbitrary.ts";
import { type Change, ReferenceGroups, textOf } from "./reference.ts";
import { batchOf, changesOf } from "./run.ts";

const full = () => new Error("full");
for (const variant of VARIANTS) {
  Deno.test(`each row gives what it changes in its group, as a reference that computes all anew has it (${variant})`, () => {
    fc.assert(
      fc.property(
        fc.array(calls, { minLength: 0, maxLength: 5 }),
        fc.constantFrom<readonly number[]>([], [0], [1], [0, 1], [5], [3, 0], [7]),
        fc.boolean(),
        fc.boolean(),
        rows,
        fc.integer(),
        fc.integer({ min: 1, max: 400 }),
        (list, keys, retracts, upsert, all, seed, cut) => {
          const spec: GroupSpec = {
            types: TYPES,
            keys,
            calls: list,
            retracts,
            upsert,
            end: null,
            final: false,
            latenessMs: 0,
            ttlMs: 0,
          };
          const changes = changelog(all, retracts, randomOf(seed));
          const kernel = loadOperators(variant),
            group = new GroupAggregate(kernel, spec),
            reference = new ReferenceGroups(spec);
          for (let from = 0; from < changes.length; from += cut) {
            const part = changes.slice(from, from + cut);
            group.push(batchOf(kernel, spec, part));
            const got = [];
            for (let out = group.pull(full); out; out = group.pull(full)) {
              got.push(...changesOf(kernel, out, out.causes));
            }
            const expected = part.flatMap((change, cause) =>
              reference.push(change).map((made) => ({ ...made, cause, upsert }))
            );
            assert.deepEqual(
              got.map(({ kind, values, cause }) =>
                `${cause} ${kind} ${kind === 3 ? values.slice(0, keys.length).map(textOf) : values.map(textOf)}`
              ),
              expected.map(({ kind, values, cause }) =>
                `${cause} ${kind} ${kind === 3 ? values.slice(0, keys.length).map(textOf) : values.map(textOf)}`
              ),
            );
            kernel.reset();
          }
          assert.equal(group.stateRows, reference.groups.size);
          group.close();
          assert.equal(kernel.fn("state_bytes")(), 0);
        },
      ),
      { numRuns: 150 },
    );
  });
}

Deno.test("each of many calls over the same column counts the values that have come for it, and no other's", () => {
  for (const many of [1, 11, 12, 13, 32, 40]) {
    const kernel = loadOperators(), random = randomOf(many);
    const spec: GroupSpec = {
      types: [INT64, ...Array.from({ length: many }, () => BOOL)],
      keys: [],
      calls: Array.from({ length: many }, (_, i) => ({ ...call("count", 0, true, false), filter: 1 + i })),
      retracts: false,
      upsert: true,
      end: null,
      final: false,
      latenessMs: 0,
      ttlMs: 0,
    };
    const group = new GroupAggregate(kernel, spec), come = spec.calls.map(() => new Set<Value>());
    for (let round = 0; round < 40; round++) {
      const changes = Array.from({ length: 20 }, (): Change => {
        const value = BigInt(Math.floor(random() * 60));
        return { kind: 0, values: [value, ...spec.calls.map(() => random() < 0.1)] };
      });
      group.push(batchOf(kernel, spec, changes));
      let last: readonly Value[] = [];
      for (let out = group.pull(full); out; out = group.pull(full)) {
        last = changesOf(kernel, out).at(-1)?.values ?? last;
      }
      for (const { values } of changes) come.forEach((set, i) => values[1 + i] && set.add(values[0]));
      if (last.length > 0) {
        assert.deepEqual(
          last,
          come.map(({ size }) => BigInt(size)),
          `${many} calls, round ${round}`,
        );
      }
      kernel.reset();
    }
    group.close();
    assert.equal(kernel.fn("state_bytes")(), 0);
  }
});

Deno.test("final results come by window end and key group, and with a lateness what late rows change", () => {
  const kernel = loadOperators();
  const spec: GroupSpec = {
    types: [TIMESTAMP, STRING, INT64],
    keys: [0, 1],
    calls: [call("sum", 2, false, false), call("count", 2, true, false)],
    retracts: true,
    upsert: false,
    end: 0,
    final: true,
    latenessMs: 100,
    ttlMs: 0,
  };
  const group = new GroupAggregate(kernel, spec);
  const push = (...changes: Change[]) => {
    kernel.reset();
    group.push(batchOf(kernel, spec, changes));
    const got = [];
    for (let out = group.pull(full); out; out = group.pull(full)) got.push(...changesOf(kernel, out));
    return got.map(({ kind, values }) => [kind, ...values]);
  };
  const advance = (watermark: number) => {
    group.advance(watermark);
    const got = [];
    for (let out = group.fire(); out; out = group.fire()) got.push(...changesOf(kernel, out));
    return got.map(({ values }) => values);
  };
  const row = (end: bigint, key: string, value: bigint, kind = 0): Change => ({ kind, values: [end, key, value] });
  assert.deepEqual(push(row(2000n, "a", 1n), row(1000n, "b", 5n), row(1000n, "a", 3n), row(1000n, "a", 3n)), []);
  assert.deepEqual(push(row(1000n, "c", 9n), row(1000n, "c", 9n, 3)), []);
  assert.deepEqual(advance(998), []);
  const first = advance(999);
  assert.deepEqual(first.toSorted((x, y) => String(x[1]) < String(y[1]) ? -1 : 1), [[1000n, "a", 6n, 1n], [
    1000n,
    "b",
    5n,
    1n,
  ]]);
  assert.deepEqual(advance(1000), []);
  assert.deepEqual(push(row(1000n, "b", 2n), row(1000n, "d", 4n), row(2000n, "a", 1n)), [
    [1, 1000n, "b", 5n, 1n],
    [2, 1000n, "b", 7n, 2n],
    [0, 1000n, "d", 4n, 1n],
  ]);
  assert.deepEqual(push(row(1000n, "d", 4n, 3)), [[3, 1000n, "d", 4n, 1n]]);
  assert.deepEqual(advance(1099), []);
  assert.deepEqual(push(row(1000n, "b", 2n)), []);
  assert.equal(group.lateRows, 1);
  assert.deepEqual(advance(Infinity), [[2000n, "a", 2n, 1n]]);
  assert.equal(group.stateRows, 0);
  group.close();
  assert.equal(kernel.fn("state_bytes")(), 0);
});

Deno.test("groups that nothing has changed for their time to live are forgotten without a word", () => {
  const kernel = loadOperators();
  const spec: GroupSpec = {
    types: [INT64],
    keys: [0],
    calls: [call("count", -1, false, false)],
    retracts: false,
    upsert: true,
    end: null,
    final: false,
    latenessMs: 0,
    ttlMs: 1000,
  };
  const group = new GroupAggregate(kernel, spec);
  const push = (...keys: bigint[]) => {
    kernel.reset();
    group.push(batchOf(kernel, spec, keys.map((key) => ({ kind: 0, values: [key] }))));
    const got = [];
    for (let out = group.pull(full); out; out = group.pull(full)) got.push(...changesOf(kernel, out));
    return got.map(({ kind, values }) => [kind, ...values]);
  };
  assert.deepEqual(push(1n, 2n), [[0, 1n, 1n], [0, 2n, 1n]]);
  group.advance(500);
  assert.deepEqual(push(2n), [[2, 2n, 2n]]);
  group.advance(1499);
  assert.equal(group.stateRows, 2);
  group.advance(1500);
  assert.equal(group.stateRows, 0);
  assert.deepEqual(push(2n), [[0, 2n, 1n]]);
  group.close();
});

Deno.test("variances of what is there agree with their definition, whatever was taken back", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(2, 3, 4),
      rows,
      fc.integer(),
      (arg, all, seed) => {
        const small = all.map((row) =>
          row.map((value, i) => i === 2 && value !== null ? BigInt.asIntN(8, value as bigint) : value)
        );
        const spec: GroupSpec = {
          types: TYPES,
          keys: [0],
          calls: ["var_pop", "var_samp", "stddev_pop", "stddev_samp"].map((fn) => call(fn, arg, false, false)),
          retracts: true,
          upsert: true,
          end: null,
          final: false,
          latenessMs: 0,
          ttlMs: 0,
        };
        const kernel = loadOperators(), group = new GroupAggregate(kernel, spec), reference = new ReferenceGroups(spec);
        const changes = changelog(small, true, randomOf(seed)), last = new Map<string, readonly Value[]>();
        group.push(batchOf(kernel, spec, changes));
        for (let out = group.pull(full); out; out = group.pull(full)) {
          for (const { kind, values } of changesOf(kernel, out)) {
            if (kind === 3) last.delete(textOf(values[0]));
            else last.set(textOf(values[0]), values);
          }
        }
        for (const change of changes) reference.push(change);
        assert.equal(last.size, reference.groups.size);
        for (const kept of reference.groups.values()) {
          const expected = reference.results(kept), got = last.get(textOf(expected[0]))!;
          expected.forEach((value, i) => {
            if (typeof value !== "number") return assert.deepEqual(got[i], value);
            const most = 1e-5 * Math.max(1, Math.abs(value)) + (arg === 3 ? 10 : 0);
            assert.ok(Math.abs(Number(got[i]) - value) <= most, `${got[i]} is far from ${value}`);
          });
        }
        group.close();
      },
    ),
    { numRuns: 60 },
  );
});
