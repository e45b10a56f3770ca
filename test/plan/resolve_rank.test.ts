import assert from "node:assert/strict";
import { OVER_ROWS_MAX } from "../../src/core/limits.ts";
import { call, col, type Json, lit } from "./catalog.ts";
import { columnsOf, factsOf, lagsOf, namesAt, operatorOf, operatorsOf } from "./facts.ts";
import { count, FLIGHTS_SOURCE, plan, refuses, tumble } from "./refusals.ts";

const rank = (more: Json = {}, input = "f"): Json => ({
  id: "r",
  op: "rank",
  input: [input],
  keys: ["origin"],
  order: [],
  to: 1,
  ...more,
});
const ranked = (more: Json = {}) => plan([FLIGHTS_SOURCE, rank(more)]);
const DELAY = [{ column: "delay", desc: true }];

const over = (more: Json = {}, input = "f"): Json => ({
  id: "o",
  op: "over",
  input: [input],
  keys: ["origin"],
  frame: { kind: "rows", preceding: 2 },
  aggs: [{ fn: "sum", arg: "delay", as: "s" }],
  ...more,
});
const overs = (more: Json = {}) => plan([FLIGHTS_SOURCE, over(more)]);

Deno.test("the first rows of each key in the order of the log stay, and event time with them", () => {
  const { changes, upsertKeys } = factsOf(ranked({ to: 3 }), "r");
  assert.deepEqual([changes, upsertKeys], [false, null]);
  assert.deepEqual(factsOf(ranked(), "r").upsertKeys, ["origin"]);
  assert.deepEqual(lagsOf(ranked(), "r"), { ts: 0 });
  assert.equal(operatorOf(ranked(), "rank").retracts, false);
});

Deno.test("better rows take the places of others, which ends event time but for that of the newest of each key", () => {
  const best = ranked({ order: DELAY, to: 3, as: "place", ttl_ms: 5 });
  const { changes, upsertKeys } = factsOf(best, "r");
  assert.deepEqual([changes, upsertKeys], [true, ["origin", "place"]]);
  assert.deepEqual(lagsOf(best, "r"), {});
  assert.match(columnsOf(best, "r"), /, place int64$/);
  const { mode, order, columns, number, from, to } = operatorOf(best, "rank");
  assert.deepEqual([mode, number, from, to], [{ mode: "changes", ttlMs: 5 }, true, 1, 3]);
  assert.deepEqual([namesAt(columns, order.map(({ column }) => column)), order[0].desc, order[0].nullsLast], [
    ["delay"],
    true,
    true,
  ]);
  const newest = ranked({ order: [{ column: "ts", desc: true }] });
  assert.deepEqual([lagsOf(newest, "r"), factsOf(newest, "r").changes], [{ ts: 0 }, true]);
});

Deno.test("rows that share their rank are told apart by what tells them apart before, and are no newest ones", () => {
  const shared = ranked({ order: DELAY, to: 3, as: "place", fn: "rank" });
  assert.deepEqual([factsOf(shared, "r").changes, factsOf(shared, "r").upsertKeys], [true, null]);
  assert.equal(operatorOf(shared, "rank").fn, "rank");
  assert.equal(operatorOf(ranked(), "rank").fn, "row_number");
  assert.deepEqual(lagsOf(ranked({ order: [{ column: "ts", desc: true }], fn: "dense_rank" }), "r"), {});
});

Deno.test("an order says where NULL goes, and else counts it as the least value", () => {
  const nulls = (one: unknown) => operatorOf(ranked({ order: [one] }), "rank").order[0];
  assert.deepEqual(nulls("delay"), { column: nulls("delay").column, desc: false, nullsLast: false });
  assert.equal(nulls({ column: "delay", desc: true }).nullsLast, true);
  assert.equal(nulls({ column: "delay", desc: true, nulls_last: false }).nullsLast, false);
});

Deno.test("the best of a window come once, at its end", () => {
  const top = plan([
    FLIGHTS_SOURCE,
    tumble("w", "f"),
    count("a", "w", ["origin", "window_time"]),
    rank({
      keys: ["window_start", "window_end"],
      order: [{ column: "n", desc: true }],
      to: 3,
      window_end: "window_end",
    }, "a"),
  ]);
  const { changes, windows, upsertKeys } = factsOf(top, "r");
  assert.deepEqual([changes, windows.map(({ end }) => end)], [false, ["window_end"]]);
  assert.deepEqual(upsertKeys, ["window_start", "window_end", "window_time", "origin"]);
  assert.deepEqual(lagsOf(top, "r"), { window_time: 0 });
  const { mode, columns, keys } = operatorOf(top, "rank");
  assert.ok(mode.mode === "window");
  assert.deepEqual(namesAt(columns, [mode.end, ...keys]), ["window_end", "window_start", "window_end"]);
});

Deno.test("rows in windows that wait for their end may lag by its length", () => {
  const top = plan([
    FLIGHTS_SOURCE,
    tumble("w", "f"),
    rank({ keys: ["window_end"], order: DELAY, window_end: "window_end" }, "w"),
  ]);
  assert.deepEqual(lagsOf(top, "r"), { ts: 60_000, window_time: 0 });
});

Deno.test("a rank keeps only columns that are used behind it", () => {
  const narrow = plan([FLIGHTS_SOURCE, rank({ order: DELAY }), {
    id: "p",
    op: "project",
    input: ["r"],
    columns: ["distance"],
  }]);
  const [front, { columns }] = operatorsOf(narrow);
  assert.equal(front.op, "project");
  assert.deepEqual(columns.map(({ name }) => name), ["origin", "delay", "distance"]);
});

Deno.test("a condition on the keys moves before a rank, one on what is ranked does not", () => {
  const order = (where: Json) =>
    operatorsOf(plan([FLIGHTS_SOURCE, rank({ order: DELAY }), { id: "x", op: "filter", input: ["r"], where }])).map((
      { op },
    ) => op);
  assert.deepEqual(order(call("eq", col("origin"), lit("SFO"))), ["filter", "rank"]);
  assert.deepEqual(order(call("gt", col("delay"), lit(3))), ["rank", "filter"]);
  const both = call("and", call("gt", col("delay"), lit(3)), call("eq", col("origin"), lit("SFO")));
  assert.deepEqual(order(both), ["filter", "rank", "filter"]);
});

Deno.test("rows with what those before them come to are inserts that keep their event time", () => {
  const ranged = overs({ time: "ts", frame: { kind: "range", preceding: 60_000 } });
  assert.match(columnsOf(ranged, "o"), /, scheduled timestamp, s int64\?$/);
  assert.deepEqual([factsOf(ranged, "o").changes, lagsOf(ranged, "o")], [false, { ts: 0 }]);
  const { time, frame, keys, calls, columns } = operatorOf(ranged, "over");
  assert.deepEqual([namesAt(columns, [time, ...keys]), frame], [["ts", "origin"], {
    kind: "range",
    preceding: 60_000,
  }]);
  assert.deepEqual(namesAt(columns, calls[0].args), ["delay"]);
  const log = operatorOf(overs({ frame: { kind: "rows", preceding: null } }), "over");
  assert.deepEqual([log.time, log.frame.preceding], [-1, -1]);
});

Deno.test("what is computed for an over is not among its columns", () => {
  const aggs = [{
    fn: "max",
    arg: call("mul", col("delay"), lit(2)),
    as: "m",
    filter: call("gt", col("delay"), lit(1)),
  }];
  const computed = overs({ aggs });
  assert.match(columnsOf(computed, "o"), /, scheduled timestamp, m int64\?$/);
  assert.deepEqual(operatorsOf(computed).map(({ id }) => id), ["o$args", "o", "o$out"]);
});

Deno.test("windows that go by the time of an over stay windows behind it", () => {
  const around = (time: string) => {
    const before = [FLIGHTS_SOURCE, tumble("w", "f")];
    return plan([
      ...before,
      over({ time, frame: { kind: "range", preceding: 5 } }, "w"),
      count("a", "o", ["window_start", "window_end"]),
    ]);
  };
  for (const time of ["ts", "window_time"]) assert.equal(factsOf(around(time), "a").changes, false);
});

refuses([
  {
    what: "a shared rank without an order",
    plan: ranked({ fn: "rank" }),
    path: "nodes[1].order",
    reason: /all rows would be of rank 1/,
  },
  { what: "a number of rows that is none", plan: ranked({ fn: "ntile" }), path: "nodes[1].fn", reason: /row_number/ },
  {
    what: "a rank from behind its end",
    plan: ranked({ from: 3, to: 2 }),
    path: "nodes[1].from",
    reason: /^Expected at most to \(2\), got 3$/,
  },
  {
    what: "a rank by an unknown column",
    plan: ranked({ order: ["dely"] }),
    path: "nodes[1].order[0]",
    reason: /^Unknown column "dely"$/,
    hint: /mean delay/,
  },
  {
    what: "a key of a rank twice",
    plan: ranked({ keys: ["origin", "origin"] }),
    path: "nodes[1].keys[1]",
    reason: /named twice/,
  },
  {
    what: "a rank under a name that is taken",
    plan: ranked({ as: "delay" }),
    path: "nodes[1].as",
    reason: /there already/,
  },
  { what: "a rank of no row", plan: ranked({ to: 0 }), path: "nodes[1].to", reason: /^Expected at least 1, got 0$/ },
  {
    what: "a window rank by a column that is no window's end",
    plan: ranked({ keys: ["ts"], window_end: "ts" }),
    path: "nodes[1].window_end",
    reason: /^Column ts is not the end of a window$/,
  },
  {
    what: "a window rank whose keys lack the window",
    plan: plan([FLIGHTS_SOURCE, tumble("w", "f"), rank({ window_end: "window_end" }, "w")]),
    path: "nodes[2].keys",
    reason: /^The keys lack window_end/,
  },
  {
    what: "a time to live of a window rank",
    plan: plan([
      FLIGHTS_SOURCE,
      tumble("w", "f"),
      rank({ keys: ["window_end"], window_end: "window_end", ttl_ms: 1 }, "w"),
    ]),
    path: "nodes[2].ttl_ms",
    reason: /forgotten with their window/,
  },
  {
    what: "a window of rows of any age",
    plan: plan([FLIGHTS_SOURCE, rank({ order: DELAY }), tumble("w", "r"), count("a", "w", [])]),
    path: "nodes[2].window",
    reason: /^There is no event time here: rank r has none, for rows of any age may come back$/,
  },
  {
    what: "an over of rows that may be taken back",
    plan: plan([FLIGHTS_SOURCE, count("a", "f", ["origin"]), over({ aggs: [{ fn: "max", arg: "n", as: "m" }] }, "a")]),
    path: "nodes[2].input[0]",
    reason: /^Cannot aggregate over the rows before each row of a: they may be taken back$/,
  },
  {
    what: "a range without a time",
    plan: overs({ frame: { kind: "range", preceding: 5 } }),
    path: "nodes[1].frame",
    reason: /^A range of time needs a column of event time$/,
  },
  {
    what: "an over by another time than the event time",
    plan: overs({ time: "scheduled" }),
    path: "nodes[1].time",
    reason: /^Cannot use scheduled as event time: the event time of source f is ts$/,
  },
  {
    what: "an over of too many rows",
    plan: overs({ frame: { kind: "rows", preceding: OVER_ROWS_MAX + 1 } }),
    path: "nodes[1].frame.preceding",
    reason: /^Expected at most \d+ rows/,
  },
  { what: "an over of nothing", plan: overs({ aggs: [] }), path: "nodes[1].aggs", reason: /^Expected at least 1 item/ },
  {
    what: "an over under a name that is taken",
    plan: overs({ aggs: [{ fn: "count", as: "origin" }] }),
    path: "nodes[1].aggs[0].as",
    reason: /there already/,
  },
  {
    what: "a frame of half a row",
    plan: overs({ frame: { kind: "rows", preceding: 0.5 } }),
    path: "nodes[1].frame.preceding",
    reason: /^Expected/,
  },
]);
