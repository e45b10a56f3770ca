import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { PointRing } from "../../web/model/point_ring.ts";
import { rank } from "../../web/model/ranking.ts";
import { SeriesSet } from "../../web/model/series.ts";

const label = (row: Readonly<Record<string, unknown>>) => String(row.key);

Deno.test("a ring of points is a sorted map that forgets its oldest", () => {
  const step = fc.record({ x: fc.nat(30), y: fc.integer(), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 25 }), (steps, most) => {
      const ring = new PointRing(2, most);
      let expected: [number, number][] = [];
      for (const { x, y, remove } of steps) {
        if (remove) {
          ring.remove(x);
          expected = expected.filter(([at]) => at !== x);
        } else {
          ring.put(x, [y, -y]);
          const known = expected.some(([at]) => at === x);
          // What is older than all of a full ring is not taken.
          if (known || expected.length < most || x > expected[0][0]) {
            expected = [...expected.filter(([at]) => at !== x), [x, y] as [number, number]].sort(([a], [b]) => a - b)
              .slice(-most);
          }
        }
        assert.deepEqual(
          Array.from({ length: ring.length }, (_, i) => [ring.x(i), ring.y(i, 0), ring.y(i, 1)]),
          expected.map(([at, v]) => [at, v, -v]),
        );
      }
    }),
    { verbose: 1 },
  );
});

Deno.test("columns for the chart are the points of the shown series along all their places in time", () => {
  const point = fc.record({
    key: fc.nat(3),
    x: fc.nat(40),
    y: fc.option(fc.integer({ min: -9, max: 9 }), { nil: NaN }),
  });
  fc.assert(
    fc.property(
      fc.array(point, { maxLength: 80 }),
      fc.integer({ min: 2, max: 12 }),
      fc.boolean(),
      (points, history, aligned) => {
        const set = new SeriesSet({ fields: 1, history, top: 4, aligned, label });
        const expected = new Map<string, Map<number, number>>();
        for (const { key, x, y } of [...points].sort((a, b) => a.x - b.x)) {
          set.put(`key ${key}`, x, [y], { key });
          const own = expected.get(`${key}`) ?? new Map<number, number>();
          expected.set(`${key}`, own.set(x, y));
          if (own.size > history) own.delete(own.keys().next().value!);
        }
        const xs = [...new Set([...expected.values()].flatMap((own) => [...own.keys()]))].sort((a, b) => a - b).slice(
          -history,
        );
        const { x, settled } = set.columns();
        assert.deepEqual(x, xs);
        set.places.forEach((series, place) => {
          const own = series && expected.get(series.label), none = aligned ? null : undefined;
          const values = xs.map((at) => !own?.has(at) ? none : Number.isNaN(own.get(at)!) ? null : own.get(at)!);
          assert.deepEqual(settled[place], values);
        });
      },
    ),
    { verbose: 1 },
  );
});

Deno.test("open windows begin at the last settled point and go when they close", () => {
  const set = new SeriesSet({ fields: 1, history: 10, top: 2, label });
  set.put("a", 1, [10], { key: "a" });
  set.put("a", 2, [20], { key: "a" });
  set.setOpen([{ key: "a", x: 4, values: [5], row: { key: "a" } }, { key: "a", x: 3, values: [7], row: { key: "a" } }]);
  assert.deepEqual(set.columns(), {
    x: [1, 2, 3, 4],
    settled: [[10, 20, null, null], [null, null, null, null]],
    open: [[undefined, 20, 7, 5], [undefined, undefined, undefined, undefined]],
  });
  set.put("a", 3, [30], { key: "a" });
  assert.deepEqual(set.columns().open[0], [undefined, undefined, 30, 5]);
  set.setOpen([]);
  assert.deepEqual(set.columns().x, [1, 2, 3]);
});

Deno.test("who is shown keeps its place until another is better by a tenth", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: -50, max: 100 }), { minLength: 6, maxLength: 6 }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 4 }),
      (rounds, top) => {
        const all = Array.from({ length: 6 }, () => ({ score: NaN })),
          places: ({ score: number } | null)[] = new Array(top).fill(null);
        for (const scores of rounds) {
          all.forEach((one, i) => one.score = scores[i] % 7 === 0 ? NaN : scores[i]);
          const before = [...places];
          rank(places, all);
          const valid = all.filter(({ score }) => !Number.isNaN(score)), shown = places.filter((one) => one !== null);
          assert.equal(shown.length, Math.min(top, valid.length));
          assert.equal(new Set(shown).size, shown.length);
          const weakest = Math.min(...shown.map(({ score }) => score)),
            outside = valid.filter((one) => !shown.includes(one));
          for (const { score } of outside) {
            assert.ok(
              !(score > weakest + Math.abs(weakest) / 10),
              `${score} is outside, ${weakest} inside`,
            );
          }
          // Whoever stays, stays in place.
          before.forEach((one, i) => assert.ok(one === null || !shown.includes(one) || places[i] === one));
          const again = [...places];
          rank(places, all);
          assert.deepEqual(places, again);
        }
      },
    ),
    { verbose: 1 },
  );
});

Deno.test("a thousand series are ranked by their mean, and those that have nothing new make room", () => {
  const set = new SeriesSet({ fields: 1, history: 50, top: 3, seriesMax: 1000, label });
  for (let x = 0; x < 120; x++) for (let i = 0; i < 1000; i++) set.put(`${i}`, x, [i + (x % 2)], { key: i });
  set.rank();
  assert.deepEqual(set.places.map((series) => series?.label).sort(), ["997", "998", "999"]);
  assert.equal(set.columns().x.length, 50);
  set.put("new", 120, [1], { key: "new" });
  assert.equal(set.leftOut, 1);
  for (let x = 121; x < 400; x++) for (let i = 500; i < 1000; i++) set.put(`${i}`, x, [i], { key: i });
  set.rank();
  assert.equal(set.size, 500);
});

Deno.test("a key with many points is shown before one that had a great value once", () => {
  const set = new SeriesSet({ fields: 1, history: 100, top: 1, label: (row) => String(row.key) });
  set.put("rare", 5, [400], { key: "rare" });
  for (let x = 0; x < 100; x++) set.put("often", x, [-10], { key: "often" });
  set.rank();
  assert.equal(set.places[0]?.label, "often");
});
