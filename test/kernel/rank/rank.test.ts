import assert from "node:assert/strict";
import { DOUBLE, INT64, STRING, TIMESTAMP } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import { Ranking, type RankSpec } from "../../../src/kernel/rank.ts";
import fc from "../../deps/fast_check.ts";
import { type Change, textOf } from "../group/reference.ts";
import { changesOf } from "../group/run.ts";
import { loadOperators, VARIANTS } from "../load.ts";
import { randomOf } from "../numbers.ts";
import { vectorOf } from "../vectors.ts";
import { ReferenceRanks } from "./reference.ts";

const full = () => new Error("full");
const TYPES = [STRING, INT64, DOUBLE, STRING];
const PICKS = [3, 0, 1, 2];

const values = fc.tuple(
  fc.constantFrom<Value>("a", "b", null),
  fc.constantFrom<Value>(0n, 1n, 2n, 3n, null),
  fc.constantFrom<Value>(0, 0.5, NaN, null),
  fc.constantFrom<Value>("x", "a text that is longer than its reference", "", null),
);
const order = fc.uniqueArray(
  fc.record({ column: fc.constantFrom(1, 2, 3), desc: fc.boolean(), nullsLast: fc.boolean() }),
  { minLength: 1, maxLength: 3, selector: ({ column }) => column },
);

function changelog(all: readonly (readonly Value[])[], retracts: boolean, random: () => number): Change[] {
  const alive: (readonly Value[])[] = [], changes: Change[] = [];
  for (const one of all) {
    changes.push({ kind: random() < 0.8 ? 0 : 2, values: one });
    alive.push(one);
    while (retracts && alive.length > 0 && random() < 0.45) {
      const [gone] = alive.splice(Math.floor(random() * alive.length), 1);
      changes.push({ kind: random() < 0.5 ? 1 : 3, values: gone });
    }
  }
  return changes;
}

const text = ({ kind, values, cause }: Change & { readonly cause: number }) => `${cause} ${kind} ${values.map(textOf)}`;

for (const variant of VARIANTS) {
  Deno.test(`each row gives what it changes among the ranks that are seen, as a sorted list has it (${variant})`, () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 2),
        order,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3 }),
        fc.boolean(),
        fc.boolean(),
        fc.array(values, { minLength: 1, maxLength: 300, size: "max" }),
        fc.integer(),
        fc.integer({ min: 1, max: 200 }),
        (keys, order, from, more, number, retracts, all, seed, cut) => {
          const spec: RankSpec = {
            types: TYPES,
            keys,
            order,
            from,
            to: from + more,
            number,
            retracts,
            end: null,
            ttlMs: 0,
          };
          const changes = changelog(all, retracts, randomOf(seed));
          const kernel = loadOperators(variant), ranking = new Ranking(kernel, spec, PICKS);
          const reference = new ReferenceRanks(spec, PICKS);
          for (let at = 0; at < changes.length; at += cut) {
            const part = changes.slice(at, at + cut);
            const columns = TYPES.map((type, i) => vectorOf(kernel, type, part.map(({ values }) => values[i])));
            const kinds = kernel.arena(part.length + 64);
            part.forEach(({ kind }, i) => kernel.bytes[kinds + i] = kind);
            ranking.push({ rows: part.length, columns, selection: 0, selected: part.length, kinds });
            const got = [];
            for (let out = ranking.pull(full); out; out = ranking.pull(full)) {
              got.push(...changesOf(kernel, out, out.causes));
            }
            const expected = part.flatMap((change, cause) =>
              reference.push(change).map((made) => ({ ...made, cause }))
            );
            assert.deepEqual(got.map(text), expected.map(text));
            kernel.reset();
          }
          ranking.close();
          assert.equal(kernel.fn("state_bytes")(), 0);
        },
      ),
      { numRuns: 150 },
    );
  });
}

Deno.test("rows of a window come by rank when the watermark has passed it, and are forgotten", () => {
  const kernel = loadOperators();
  const spec: RankSpec = {
    types: [TIMESTAMP, STRING, INT64],
    keys: 1,
    order: [{ column: 2, desc: true, nullsLast: true }],
    from: 1,
    to: 2,
    number: true,
    retracts: false,
    end: 0,
    ttlMs: 0,
  };
  const ranking = new Ranking(kernel, spec, [0, 1, 2]);
  const push = (...rows: (readonly Value[])[]) => {
    kernel.reset();
    const columns = spec.types.map((type, i) => vectorOf(kernel, type, rows.map((row) => row[i])));
    ranking.push({ rows: rows.length, columns, selection: 0, selected: rows.length, kinds: 0 });
    assert.equal(ranking.pull(full), null);
  };
  const advance = (watermark: number) => {
    ranking.advance(watermark);
    const got = [];
    for (let out = ranking.pull(full); out; out = ranking.pull(full)) got.push(...changesOf(kernel, out));
    return got.map(({ values }) => values);
  };
  push([2000n, "later", 1n], [1000n, "low", 1n], [1000n, "high", 9n], [1000n, "middle", 5n], [1000n, "same", 5n]);
  assert.deepEqual(advance(998), []);
  assert.deepEqual(advance(999), [[1000n, "high", 9n, 1n], [1000n, "middle", 5n, 2n]]);
  push([1000n, "late", 10n], [2000n, "more", null]);
  assert.equal(ranking.lateRows, 1);
  assert.deepEqual(advance(Infinity), [[2000n, "later", 1n, 1n], [2000n, "more", null, 2n]]);
  assert.equal(ranking.stateRows, 0);
  ranking.close();
  assert.equal(kernel.fn("state_bytes")(), 0);
});

Deno.test("with ties all rows that equal the best one of a window come in their order, and none without a value", () => {
  const rows = fc.array(fc.tuple(fc.constantFrom(1000n, 2000n), fc.constantFrom<Value>(1n, 2n, 3n, null)), {
    maxLength: 60,
  });
  fc.assert(fc.property(rows, fc.boolean(), fc.integer({ min: 1, max: 30 }), (rows, desc, cut) => {
    const kernel = loadOperators(), types = [TIMESTAMP, INT64, INT64];
    const order = [{ column: 1, desc, nullsLast: true }], rest = { number: false, retracts: false, ttlMs: 0 };
    const ranking = new Ranking(kernel, { types, keys: 1, order, from: 1, to: 1, end: 0, ties: true, ...rest }, [
      0,
      1,
      2,
    ]);
    const all = rows.map(([end, value], i) => [end, value, BigInt(i)]);
    for (let at = 0; at < all.length; at += cut) {
      const part = all.slice(at, at + cut),
        columns = types.map((type, i) => vectorOf(kernel, type, part.map((row) => row[i])));
      ranking.push({ rows: part.length, columns, selection: 0, selected: part.length, kinds: 0 });
      assert.equal(ranking.pull(full), null);
      kernel.reset();
    }
    const expected = [1000n, 2000n].flatMap((end) => {
      const own = all.filter(([at, value]) => at === end && value !== null),
        values = own.map(([, value]) => Number(value));
      const best = desc ? Math.max(...values) : Math.min(...values);
      return own.filter(([, value]) => Number(value) === best);
    });
    assert.equal(ranking.stateRows, expected.length);
    ranking.advance(Infinity);
    const got = [];
    for (let out = ranking.pull(full); out; out = ranking.pull(full)) got.push(...changesOf(kernel, out));
    assert.deepEqual(got.map(({ values }) => values), expected);
    ranking.close();
    assert.equal(kernel.fn("state_bytes")(), 0);
  }));
});

Deno.test("rows that are older than the time to live are forgotten, and those behind them move up", () => {
  const kernel = loadOperators();
  const order = [{ column: 0, desc: true, nullsLast: true }];
  const spec = {
    types: [INT64],
    keys: 0,
    order,
    from: 1,
    to: 1,
    number: false,
    retracts: true,
    end: null,
    ttlMs: 1000,
  };
  const ranking = new Ranking(kernel, spec, [0]);
  const push = (value: bigint) => {
    kernel.reset();
    ranking.push({ rows: 1, columns: [vectorOf(kernel, INT64, [value])], selection: 0, selected: 1, kinds: 0 });
    const got = [];
    for (let out = ranking.pull(full); out; out = ranking.pull(full)) got.push(...changesOf(kernel, out));
    return got.map(({ kind, values }) => [kind, ...values]);
  };
  assert.deepEqual(push(9n), [[0, 9n]]);
  ranking.advance(0);
  ranking.advance(500);
  assert.deepEqual(push(3n), []);
  ranking.advance(1000);
  assert.equal(ranking.stateRows, 1);
  assert.deepEqual(push(4n), [[1, 3n], [2, 4n]]);
  ranking.close();
});
