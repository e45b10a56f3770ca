import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { Row } from "../../src/client/rdx/types.ts";
import { chartFields, seriesLabel } from "../../web/model/chart_fields.ts";
import { ColumnPlaces } from "../../web/model/column_places.ts";
import { edgeSentence, watermarkText } from "../../web/model/flow.ts";
import { compactNumber } from "../../web/model/format.ts";
import { layoutGraph } from "../../web/model/graph_layout.ts";
import { ordered, RowOrder } from "../../web/model/row_order.ts";
import { TIME_STEPS_MS, timeTicks } from "../../web/model/time_ticks.ts";
import { parseThreshold, reached, StatValue, wantedKey } from "../../web/model/stat_value.ts";

const column = (name: string, type: string) => ({ name, type, nullable: true });
const entry = (row: Row) => ({ key: "", row, open: null });

Deno.test("lines are sorted by a column, NULL last either way, equal ones as they came", () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.integer({ min: 0, max: 9 }), { nil: null })),
      fc.boolean(),
      (values, descending) => {
        const lines = values.map((n, i) => entry({ n, i }));
        const sorted = ordered(lines, [column("n", "int64")], { sort: { column: "n", descending }, filter: "" }).map((
          { row },
        ) => row!);
        const sign = descending ? -1 : 1, rank = (n: unknown) => n === null ? Infinity : sign * (n as number);
        const expected = lines.map(({ row }) => row!).sort((a, b) =>
          rank(a.n) - rank(b.n) || (a.i as number) - (b.i as number)
        );
        assert.deepEqual(sorted, expected);
      },
    ),
    { verbose: 1 },
  );
});

Deno.test("text, times and big integers have an order of their own", () => {
  const by = (type: string, values: unknown[]) =>
    ordered(values.map((v) => entry({ v })), [column("v", type)], {
      sort: { column: "v", descending: false },
      filter: "",
    }).map(({ row }) => row!.v);
  assert.deepEqual(by("string", ["b", "B", null, "a"]), ["B", "a", "b", null]);
  assert.deepEqual(by("timestamp", [3, null, 1]), [1, 3, null]);
  assert.deepEqual(by("int64", [2n ** 60n, 5, -(2n ** 61n)]), [-(2n ** 61n), 5, 2n ** 60n]);
  assert.deepEqual(by("decimal(10,2)", ["10.00", "9.50"]), ["9.50", "10.00"]);
  assert.deepEqual(by("int64", [2n ** 62n + 1n, 2n ** 62n, 2n ** 62n - 1n]), [
    2n ** 62n - 1n,
    2n ** 62n,
    2n ** 62n + 1n,
  ]);
  const large = "12345678901234567890123456789.0";
  assert.deepEqual(by("decimal(38,2)", [`${large}2`, `-${large}1`, `${large}1`, `-${large}2`, null]), [
    `-${large}2`,
    `-${large}1`,
    `${large}1`,
    `${large}2`,
    null,
  ]);
});

Deno.test("the filter finds text as it is and as it is shown, whatever its case", () => {
  const lines = [entry({ city: "Zürich", n: 12345 }), entry({ city: null, n: 7 })],
    columns = [column("city", "string"), column("n", "int64")];
  const found = (filter: string) => ordered(lines, columns, { sort: null, filter }).length;
  assert.deepEqual(["zürich", "ZÜR", "12345", "null", "x", ""].map(found), [1, 1, 1, 1, 0, 2]);
});

Deno.test("ordering takes a tenth of the time at most, and is not repeated while nothing changed", () => {
  const order = new RowOrder(), rows = { list: () => (lists++, []), members: 1, version: 1 }, now = () => clock += 10;
  let lists = 1, clock = 0;
  const update = () => order.update(rows, [column("n", "int64")], [], now);
  order.want({ sort: { column: "n", descending: false }, filter: "" });
  update();
  update();
  assert.equal(lists, 2);
  rows.version++;
  assert.equal(update().later, true);
  assert.equal(lists, 2);
  clock += 1000;
  assert.equal(update().later, false);
  assert.equal(lists, 3);
});

Deno.test("columns between two edges are those that a walk from the left finds", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(60), { minLength: 1, maxLength: 50 }),
      fc.nat(6000),
      fc.nat(1500),
      fc.nat(49),
      fc.nat(60),
      (characters, left, width, grown, size) => {
        const places = new ColumnPlaces(characters);
        places.leftPx(Math.min(3, characters.length));
        places.fit(Math.min(grown, characters.length - 1), size);
        const { first, end } = places.between(left, left + width);
        let x = 0;
        const expected: number[] = [];
        characters.forEach((_, i) => {
          const right = x + places.widthPxOf(i);
          if (right > left && x < left + width) expected.push(i);
          assert.equal(places.leftPx(i), x);
          x = right;
        });
        assert.deepEqual(Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i), expected);
      },
    ),
    { verbose: 1 },
  );
});

Deno.test("every edge of a graph leads to a later layer, and no two nodes share a place", () => {
  const graph = fc.integer({ min: 1, max: 12 }).chain((n) =>
    fc.tuple(fc.constant(n), fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: 20 }))
  );
  fc.assert(
    fc.property(graph, ([n, pairs]) => {
      const ids = Array.from({ length: n }, (_, i) => `n${i}`);
      const edges = pairs.filter(([a, b]) => a !== b).map(([a, b]) => ({
        from: `n${Math.min(a, b)}`,
        to: `n${Math.max(a, b)}`,
      }));
      const { nodes, bends, layers, places } = layoutGraph(ids, edges);
      edges.forEach(({ from, to }, i) => {
        const distance = nodes.get(to)!.layer - nodes.get(from)!.layer;
        assert.ok(distance >= 1);
        assert.equal(bends[i].length, distance - 1);
      });
      const taken = new Set([...nodes.values(), ...bends.flat()].map(({ layer, place }) => `${layer} ${place}`));
      assert.equal(taken.size, n + bends.flat().length);
      for (const { layer, place } of nodes.values()) assert.ok(layer < layers && Math.abs(place) <= (places - 1) / 2);
    }),
    { verbose: 1 },
  );
});

Deno.test("a graph with a circle or unknown nodes is drawn all the same", () => {
  const { nodes } = layoutGraph(["a", "b"], [{ from: "a", to: "b" }, { from: "b", to: "a" }, { from: "x", to: "a" }]);
  assert.equal(nodes.size, 2);
});

Deno.test("an edge tells its rate, its lag by the server's clock, and what waits", () => {
  const edge = {
    from: "a",
    to: "b",
    rows: 12345,
    rows_per_second: 99.6,
    watermark: "2026-01-01T00:00:00.000Z",
    queue_rows: 3,
  };
  const now = Date.UTC(2026, 0, 1, 0, 0, 5);
  assert.equal(edgeSentence(edge, now), `a to b: 100 rows/s, ${compactNumber(12345)} rows in all, lag 5 s, 3 waiting`);
  assert.deepEqual([null, "infinity", "2001-01-01T00:00:00.000Z"].map((text) => watermarkText(text, now)), [
    "no rows yet",
    "end of input",
    "at 2001-01-01 00:00:00",
  ]);
});

const windowed = (start: number, key: string, n: number | null) => ({
  window_start: start,
  window_end: start + 1,
  key,
  n,
});

Deno.test("a figure folds the newest window and remembers those before", () => {
  for (
    const [fold, now, past] of [
      ["sum", 7, [3, 30]],
      ["avg", 3.5, [1.5, 15]],
      ["min", 3, [1, 10]],
      ["max", 4, [2, 20]],
      ["count", 3, [2, 2]],
    ] as const
  ) {
    const stat = new StatValue("n", fold);
    for (const [start, n] of [[1, 1], [1, 2], [2, 10], [2, 20], [3, 3], [3, 4]]) {
      stat.put(windowed(start, `key ${n}`, n), ["key"]);
    }
    stat.put(windowed(3, "null", null), ["key"]);
    stat.put(windowed(1, "late", 99), ["key"]);
    assert.deepEqual([stat.value, stat.past], [now, past], fold);
  }
});

Deno.test("the last value stays as it is, and without windows each change is a point", () => {
  const stat = new StatValue("n", "last");
  for (let i = 0; i < 100; i++) {
    stat.put({ n: 2n ** 62n + BigInt(i) }, []);
    stat.settle();
  }
  assert.equal(stat.value, 2n ** 62n + 99n);
  assert.equal(stat.past.length, 60);
});

Deno.test("thresholds say in words what is reached", () => {
  const from = parseThreshold("80", "warn"), below = parseThreshold("<5", "bad");
  assert.ok(from && below && typeof from === "object" && typeof below === "object");
  assert.deepEqual([reached(80, from), reached(79, from), reached(4, below), reached(5, below), reached(NaN, from)], [
    "80 or more",
    null,
    "below 5",
    null,
    null,
  ]);
  assert.match(parseThreshold("high", "warn") as string, /^Cannot read warn="high"/);
});

Deno.test("a chart finds its columns by the view's, and says what it lacks", () => {
  const columns = [
    column("window_start", "timestamp"),
    column("window_end", "timestamp"),
    column("city", "string"),
    column("n", "int64"),
    column("m", "double"),
  ];
  const found = chartFields(columns, ["city"], { kind: "line", x: null, y: [], by: null });
  assert.ok(typeof found === "object");
  assert.deepEqual([found.x.name, found.y, found.by.map(({ name }) => name), found.aligned], ["window_start", ["n"], [
    "city",
  ], true]);
  assert.equal(seriesLabel(found, { city: null }), "NULL");
  const wish = { kind: "line" as const, x: null, y: [], by: null };
  assert.match(chartFields(columns, ["city"], { ...wish, y: ["k"] }) as string, /no column k: it has window_start/);
  assert.match(chartFields(columns, ["city"], { ...wish, y: ["city"] }) as string, /expected a number, it is string/);
  assert.match(chartFields([column("a", "string")], [], wish) as string, /no column of times/);
  assert.match(chartFields(columns.slice(0, 3), ["city"], wish) as string, /no column of numbers/);
  assert.match(chartFields(columns, ["city"], { ...wish, kind: "band", y: ["n"] }) as string, /two columns/);
});

Deno.test("ticks of times lie on the UTC calendar, between both ends, one step apart", () => {
  const time = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2200, 0, 1) });
  fc.assert(
    fc.property(
      time,
      fc.constantFrom(...TIME_STEPS_MS),
      fc.double({ min: 0.1, max: 12, noNaN: true }),
      (from, step, steps) => {
        const to = from + step * steps, ticks = timeTicks(from, to, step);
        for (const [i, at] of ticks.entries()) {
          assert.ok(at >= from && at <= to);
          if (i > 0) assert.ok(at - ticks[i - 1] <= step && at - ticks[i - 1] > 0.88 * step);
          if (step >= 31 * 86_400_000) assert.match(new Date(at).toISOString(), /-01T00:00:00.000Z$/);
          else assert.equal(Math.abs(at % step), 0);
        }
        assert.ok(ticks.length >= Math.floor(steps) && ticks.length <= steps * 1.15 + 1);
      },
    ),
    { verbose: 1 },
  );
});

Deno.test("the key of a figure is named as it is, with commas, or as a JSON array where values contain commas", () => {
  assert.deepEqual(wantedKey(null, 2), []);
  assert.deepEqual(wantedKey('["Oslo, Norway"]', 1), ['["Oslo, Norway"]']);
  assert.deepEqual(wantedKey("Oslo, Norway", 1), ["Oslo, Norway"]);
  assert.deepEqual(wantedKey("Oslo, 2", 2), ["Oslo", "2"]);
  assert.deepEqual(wantedKey('["Oslo, Norway", 2, null, ""]', 4), ["Oslo, Norway", "2", "null", ""]);
  assert.deepEqual(wantedKey("[a, b", 2), ["[a", "b"]);
  assert.deepEqual(wantedKey("7", 2), ["7"]);
});
