import assert from "node:assert/strict";
import { type DataType, DOUBLE, INT64, STRING, TIMESTAMP } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import { type RankFunction, Ranking, type RankSpec } from "../../../src/kernel/rank.ts";
import type { Kernel } from "../../../src/kernel/module.ts";
import fc from "../../deps/fast_check.ts";
import { type Change, textOf } from "../group/reference.ts";
import { changesOf } from "../group/run.ts";
import { leavingOperators } from "../cold_kernel.ts";
import { loadOperators, VARIANTS } from "../load.ts";
import { randomOf } from "../numbers.ts";
import { vectorOf } from "../vectors.ts";
import { ReferenceRanks } from "./reference.ts";

const full = () => new Error("full");

/** Where rows are: in memory, or they leave it in front of half of the batches. */
const PLACES: readonly (readonly [string, () => Kernel])[] = [
  ["in memory", () => loadOperators()],
  ["on their way out and back", () => {
    let turn = 0;
    return leavingOperators(() => turn++ % 4 < 2);
  }],
];
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
        fc.constantFrom<RankFunction>("row_number", "rank", "dense_rank"),
        fc.constantFrom(0, 1, 2),
        order,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3 }),
        fc.boolean(),
        fc.boolean(),
        fc.array(values, { minLength: 1, maxLength: 300, size: "max" }),
        fc.integer(),
        fc.integer({ min: 1, max: 200 }),
        (fn, keys, order, from, more, number, retracts, all, seed, cut) => {
          const spec: RankSpec = {
            types: TYPES,
            keys,
            order,
            from,
            to: from + more,
            fn,
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

for (const [where, kernelOf] of PLACES) {
  Deno.test(`with ties all rows that equal the best one of a window come in their order, and none without a value: ${where}`, () => {
    const rows = fc.array(fc.tuple(fc.constantFrom(1000n, 2000n), fc.constantFrom<Value>(1n, 2n, 3n, null)), {
      maxLength: 60,
    });
    fc.assert(fc.property(rows, fc.boolean(), fc.integer({ min: 1, max: 30 }), (rows, desc, cut) => {
      const kernel = kernelOf(), types = [TIMESTAMP, INT64, INT64];
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
}

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

/** Pushes rows, all of one batch, and gives what comes of them, with how many batches that was. */
function pushed(
  kernel: Kernel,
  ranking: Ranking,
  types: readonly DataType[],
  rows: readonly (readonly Value[])[],
  kind = 0,
) {
  kernel.reset();
  const columns = types.map((type, i) => vectorOf(kernel, type, rows.map((row) => row[i])));
  const kinds = kernel.arena(rows.length + 64);
  kernel.bytes.fill(kind, kinds, kinds + rows.length);
  ranking.push({ rows: rows.length, columns, selection: 0, selected: rows.length, kinds });
  return drained(kernel, ranking);
}

function drained(kernel: Kernel, ranking: Ranking) {
  const changes = [];
  let batches = 0;
  for (let out = ranking.pull(full); out; out = ranking.pull(full), batches++) changes.push(...changesOf(kernel, out));
  return { changes: changes.map(({ kind, values }) => [kind, ...values]), batches };
}

Deno.test("one row that moves more rows than a batch holds tells them all, a row's new rank right behind its old one", () => {
  const kernel = loadOperators(), types = [INT64, INT64], ROWS = 30_000;
  const order = [{ column: 0, desc: true, nullsLast: true }];
  const spec = { types, keys: 0, order, from: 1, to: 2, fn: "dense_rank", number: true, end: null, ttlMs: 0 } as const;
  const ranking = new Ranking(kernel, { ...spec, retracts: true }, [0, 1]);
  for (let at = 0; at < ROWS; at += 8192) {
    const rows = Array.from({ length: Math.min(8192, ROWS - at) }, (_, i) => [5n, BigInt(at + i)]);
    assert.equal(pushed(kernel, ranking, types, rows).changes.length, rows.length);
  }
  const moved = (from: bigint, to: bigint) =>
    Array.from({ length: ROWS }, (_, i) => [[1, 5n, BigInt(i), from], [2, 5n, BigInt(i), to]]).flat();
  const better = pushed(kernel, ranking, types, [[9n, 0n]]);
  assert.deepEqual(better.changes, [[0, 9n, 0n, 1n], ...moved(1n, 2n)]);
  assert.ok(better.batches > 1);
  const best = pushed(kernel, ranking, types, [[10n, 0n]]);
  assert.deepEqual(best.changes.slice(0, 4), [[0, 10n, 0n, 1n], [1, 9n, 0n, 1n], [2, 9n, 0n, 2n], [3, 5n, 0n, 2n]]);
  assert.equal(best.changes.length, 3 + ROWS);
  const back = pushed(kernel, ranking, types, [[10n, 0n]], 3);
  assert.deepEqual(back.changes.slice(0, 4), [[3, 10n, 0n, 1n], [1, 9n, 0n, 2n], [2, 9n, 0n, 1n], [0, 5n, 0n, 2n]]);
  assert.deepEqual(pushed(kernel, ranking, types, [[9n, 0n]], 3).changes, [[3, 9n, 0n, 1n], ...moved(2n, 1n)]);
  ranking.close();
  assert.equal(kernel.fn("state_bytes")(), 0);
});

Deno.test("rows that no rank brings back are forgotten, however many share it", () => {
  const kernel = loadOperators(), types = [INT64, INT64], order = [{ column: 0, desc: true, nullsLast: true }];
  const spec = { types, keys: 0, order, from: 1, to: 2, number: false, retracts: false, end: null, ttlMs: 0 } as const;
  const ranking = new Ranking(kernel, { ...spec, fn: "rank" }, [0, 1]);
  pushed(kernel, ranking, types, Array.from({ length: 8000 }, (_, i) => [5n, BigInt(i)]));
  pushed(kernel, ranking, types, [[6n, 0n]]);
  assert.equal(ranking.stateRows, 8001);
  assert.equal(pushed(kernel, ranking, types, [[7n, 0n]]).changes.length, 8001);
  assert.deepEqual(pushed(kernel, ranking, types, [[5n, 0n]]).changes, []);
  assert.equal(ranking.stateRows, 2);
  ranking.close();
  assert.equal(kernel.fn("state_bytes")(), 0);
});

for (const [where, kernelOf] of PLACES) {
  Deno.test(`rows of a window come by shared ranks, as a sorted list has them: ${where}`, () => {
    const rows = fc.array(fc.tuple(fc.constantFrom(1000n, 2000n), fc.constantFrom<Value>(1n, 2n, 3n, 4n, null)), {
      maxLength: 60,
    });
    const fn = fc.constantFrom<RankFunction>("rank", "dense_rank"), place = fc.integer({ min: 1, max: 3 });
    fc.assert(fc.property(rows, fn, place, place, fc.boolean(), (rows, fn, from, more, retracts) => {
      const kernel = kernelOf(), types = [TIMESTAMP, INT64, INT64], to = from + more - 1;
      const order = [{ column: 1, desc: true, nullsLast: true }], rest = { number: true, retracts, ttlMs: 0, end: 0 };
      const ranking = new Ranking(kernel, { types, keys: 1, order, from, to, fn, ...rest }, [0, 1, 2]);
      const all = rows.map(([end, value], i): [bigint, Value, bigint] => [end, value, BigInt(i)]);
      assert.deepEqual(pushed(kernel, ranking, types, all).changes, []);
      const gone = retracts ? all.filter((_, i) => i % 3 === 0) : [];
      assert.deepEqual(pushed(kernel, ranking, types, gone, 3).changes, []);
      const height = (value: Value) => value === null ? -1 : Number(value);
      const expected = [1000n, 2000n].flatMap((end) => {
        const own = all.filter((row) => row[0] === end && !gone.includes(row));
        return own.toSorted((a, b) => height(b[1]) - height(a[1])).flatMap((row) => {
          const before = own.filter((other) => height(other[1]) > height(row[1])).map((other) => height(other[1]));
          const rank = (fn === "rank" ? before.length : new Set(before).size) + 1;
          return rank >= from && rank <= to ? [[0, ...row, BigInt(rank)]] : [];
        });
      });
      ranking.advance(Infinity);
      assert.deepEqual(drained(kernel, ranking).changes, expected);
      assert.equal(ranking.stateRows, 0);
      ranking.close();
      assert.equal(kernel.fn("state_bytes")(), 0);
    }));
  });
}

Deno.test("rows that share a rank and are older than the time to live are forgotten", () => {
  const kernel = loadOperators(), types = [INT64, INT64], order = [{ column: 0, desc: true, nullsLast: true }];
  const spec = { types, keys: 0, order, from: 1, to: 3, number: true, retracts: true, end: null, ttlMs: 1000 } as const;
  const ranking = new Ranking(kernel, { ...spec, fn: "rank" }, [0, 1]);
  ranking.advance(0);
  pushed(kernel, ranking, types, [[9n, 0n], [5n, 0n]]);
  ranking.advance(500);
  pushed(kernel, ranking, types, [[9n, 1n], [9n, 2n], [5n, 1n]]);
  ranking.advance(1000);
  assert.equal(ranking.stateRows, 3);
  assert.deepEqual(pushed(kernel, ranking, types, [[9n, 2n]], 3).changes, [[3, 9n, 2n, 1n], [1, 5n, 1n, 3n], [
    2,
    5n,
    1n,
    2n,
  ]]);
  assert.deepEqual(pushed(kernel, ranking, types, [[7n, 0n]]).changes, [[0, 7n, 0n, 2n], [1, 5n, 1n, 2n], [
    2,
    5n,
    1n,
    3n,
  ]]);
  ranking.close();
});
