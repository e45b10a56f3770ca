import assert from "node:assert/strict";
import { call, col, type Json, lit } from "./catalog.ts";
import { columnsOf, factsOf, lagsOf, namesAt, operatorOf, operatorsOf } from "./facts.ts";
import { count, FLIGHTS_SOURCE, plan, refuses, renamed, tumble, UNTIMED_SOURCE } from "./refusals.ts";

const LEFT = renamed("l", "f", "l_"), RIGHT = renamed("r", "g", "r_");
const SOURCES: readonly Json[] = [
  FLIGHTS_SOURCE,
  { id: "g", op: "source", stream: "flights", delay_ms: 0 },
  LEFT,
  RIGHT,
];
const ON = [{ left: "l_origin", right: "r_origin" }];
const WITHIN = { left: "l_ts", right: "r_ts", lower_ms: -5000, upper_ms: 2000 };
const join = (more: Json = {}, input = ["l", "r"]): Json => ({
  id: "j",
  op: "join",
  input,
  type: "inner",
  on: ON,
  ...more,
});
const joined = (more: Json = {}) => plan([...SOURCES, join(more)]);

/** Both sides in windows of a minute, under names of their own. */
const windowed = (id: string, input: string, mark: string, more: Json = {}): Json[] => [
  tumble(`${id}w`, input, more),
  {
    id,
    op: "project",
    input: [`${id}w`],
    columns: ["window_start", "window_end", "window_time", "origin"].map((name) => ({
      as: mark + name,
      expr: col(name),
    })),
  },
];
const PAIRS = ["window_start", "window_end"].map((name) => ({ left: `l_${name}`, right: `r_${name}` }));
const windowJoin = (more: Json = {}, right: Json = {}) =>
  plan([
    FLIGHTS_SOURCE,
    { id: "g", op: "source", stream: "flights", delay_ms: 0 },
    ...windowed("l", "f", "l_"),
    ...windowed("r", "g", "r_", right),
    join({ on: [...ON, ...PAIRS], window: { left: "l_window_end", right: "r_window_end" }, ...more }),
  ]);

Deno.test("a join gives the columns of both sides, where a side that may be missing can be NULL", () => {
  const left = "l_ts timestamp, l_origin string, l_delay int64?",
    right = "r_ts timestamp, r_origin string, r_delay int64?";
  const may = (columns: string) => columns.split(", ").map((one) => one.endsWith("?") ? one : `${one}?`).join(", ");
  const typed = (type: string) => columnsOf(joined({ type }), "j");
  assert.equal(typed("inner"), `${left}, ${right}`);
  assert.equal(typed("left"), `${left}, ${may(right)}`);
  assert.equal(typed("right"), `${may(left)}, ${right}`);
  assert.equal(typed("full"), `${may(left)}, ${may(right)}`);
  for (const type of ["semi", "anti"]) assert.equal(typed(type), left);
});

Deno.test("a regular join gives changes where a row may wait for its match, and ends event time", () => {
  const changes = ["inner", "left", "right", "full", "semi", "anti"].map((type) =>
    factsOf(joined({ type }), "j").changes
  );
  assert.deepEqual(changes, [false, true, true, true, false, true]);
  assert.deepEqual(lagsOf(joined(), "j"), {});
  const { mode, leftKeys, rightKeys, leftColumns, rightColumns } = operatorOf(joined({ ttl_ms: 7 }), "join");
  assert.deepEqual(mode, { mode: "regular", ttlMs: 7 });
  assert.deepEqual([namesAt(leftColumns, leftKeys), namesAt(rightColumns, rightKeys)], [["l_origin"], ["r_origin"]]);
});

Deno.test("an interval join keeps both event times, as far behind as a row may wait", () => {
  const interval = joined({ within: WITHIN });
  assert.deepEqual(lagsOf(interval, "j"), { l_ts: 5000, r_ts: 5000 });
  // A row that met nobody comes out behind the watermark.
  assert.deepEqual(lagsOf(joined({ type: "left", within: WITHIN }), "j"), { l_ts: 5001 });
  const future = joined({ within: { ...WITHIN, lower_ms: 1000, upper_ms: 3000 } });
  assert.deepEqual(lagsOf(future, "j"), { l_ts: 3000, r_ts: 3000 });
  for (const type of ["inner", "left", "right", "full", "semi", "anti"]) {
    assert.equal(factsOf(joined({ type, within: WITHIN }), "j").changes, false);
  }
  const { mode, lagMs, sources } = operatorOf(interval, "join");
  assert.deepEqual(mode, { mode: "interval", leftTime: 0, rightTime: 0, lowerMs: -5000, upperMs: 2000 });
  assert.deepEqual([lagMs, sources], [0, ["f", "g"]]);
});

Deno.test("windows behind an interval join wait for its lag, whichever of its times they go by", () => {
  const behind = (time: string) =>
    plan([...SOURCES, join({ within: WITHIN }), tumble("w", "j", { time }), count("a", "w", [])]);
  const { lagMs, emit, sources } = operatorOf(behind("r_ts"), "group");
  assert.deepEqual([lagMs, sources], [5000, ["f", "g"]]);
  assert.deepEqual(emit, { mode: "final", end: 1, latenessMs: 0 });
  assert.equal(operatorOf(behind("l_ts"), "assign").lagMs, 5000);
});

Deno.test("two interval joins in a row add their lags", () => {
  const third = renamed("x", "f", "x_");
  const two = plan([...SOURCES, third, join({ within: WITHIN }), {
    ...join({ within: { left: "r_ts", right: "x_ts", lower_ms: 0, upper_ms: 1000 }, on: [] }, ["j", "x"]),
    id: "k",
  }]);
  assert.deepEqual(lagsOf(two, "k"), { r_ts: 6000, x_ts: 6000 });
  assert.deepEqual(operatorsOf(two).filter(({ op }) => op === "join").map(({ lagMs }) => lagMs), [0, 5000]);
});

Deno.test("a join with the newest row keeps the left time, and the left side's keys and changes", () => {
  const keyed: Json = {
    id: "g",
    op: "source",
    stream: "flights",
    delay_ms: 0,
    primary_key: ["origin"],
    changes: "upsert",
  };
  const temporal = (as_of: Json) =>
    plan([FLIGHTS_SOURCE, keyed, LEFT, join({ as_of, on: [{ left: "l_origin", right: "origin" }] }, ["l", "g"])]);
  const versions = temporal({ left: "l_ts", right: "ts", kind: "temporal" });
  assert.deepEqual(lagsOf(versions, "j"), { l_ts: 1 });
  assert.equal(factsOf(versions, "j").changes, false);
  const { mode, rightChanges, rightUnique, inputs } = operatorOf(versions, "join");
  assert.equal(mode.mode, "temporal");
  assert.deepEqual([rightChanges, rightUnique], [true, true]);
  assert.ok(inputs[1] !== "g$upsert" && !operatorsOf(versions).some(({ op }) => op === "normalize"));
  const asof = joined({ type: "left", as_of: { left: "l_ts", right: "r_ts", kind: "asof" } });
  assert.equal(operatorOf(asof, "join").mode.mode, "asof");
  assert.deepEqual(lagsOf(asof, "j"), { l_ts: 1 });
});

Deno.test("a window join gives rows once, at the end of their window, and keeps its columns", () => {
  const { changes, windows } = factsOf(windowJoin(), "j");
  assert.equal(changes, false);
  assert.deepEqual(windows.map(({ start, end }) => [start, end]), [
    ["l_window_start", "l_window_end"],
    ["r_window_start", "r_window_end"],
  ]);
  assert.deepEqual(lagsOf(windowJoin(), "j"), { l_window_time: 0, r_window_time: 0 });
  assert.deepEqual(lagsOf(windowJoin({ type: "left" }), "j"), { l_window_time: 0 });
  const { mode, leftColumns, rightColumns } = operatorOf(windowJoin(), "join");
  assert.ok(mode.mode === "window");
  assert.deepEqual(namesAt(leftColumns, [mode.leftEnd]).concat(namesAt(rightColumns, [mode.rightEnd])), [
    "l_window_end",
    "r_window_end",
  ]);
});

Deno.test("what tells rows apart behind a join follows from the keys of its sides", () => {
  const one = (id: string, input: string, as: string): Json[] => [
    count(`${id}a`, input, ["origin"]),
    {
      id,
      op: "project",
      input: [`${id}a`],
      columns: [{ as: `${as}_origin`, expr: col("origin") }, { as, expr: col("n") }],
    },
  ];
  const keyed = (type: string, on: Json[] = [{ left: "a_origin", right: "b_origin" }]) =>
    plan([FLIGHTS_SOURCE, UNTIMED_SOURCE, ...one("l", "f", "a"), ...one("r", "u", "b"), join({ type, on })]);
  const keys = (type: string, on?: Json[]) => factsOf(keyed(type, on), "j").upsertKeys;
  assert.deepEqual(keys("inner"), ["a_origin"]);
  assert.deepEqual(keys("left"), ["a_origin"]);
  assert.deepEqual(keys("right"), ["b_origin"]);
  assert.deepEqual(keys("full"), ["a_origin", "b_origin"]);
  assert.deepEqual(keys("semi"), ["a_origin"]);
  assert.deepEqual(keys("inner", [{ left: "a", right: "b" }]), ["a_origin", "b_origin"]);
  const { leftUnique, rightUnique, leftChanges, rightChanges } = operatorOf(keyed("inner"), "join");
  assert.deepEqual([leftUnique, rightUnique, leftChanges, rightChanges], [true, true, true, true]);
  assert.equal(factsOf(joined(), "j").upsertKeys, null);
});

Deno.test("a column that a join names as event time becomes that of a source without one", () => {
  const untimed = renamed("r", "u", "r_");
  const { sources } = factsOf(plan([FLIGHTS_SOURCE, UNTIMED_SOURCE, LEFT, untimed, join({ within: WITHIN })]), "j");
  assert.deepEqual(sources.map(({ id, time }) => [id, time]), [["f", "ts"], ["u", "ts"]]);
});

Deno.test("a residual condition is over the columns of both, and of semi joins too", () => {
  const where = call("gt", col("l_delay"), col("r_delay"));
  for (const type of ["inner", "semi", "full"]) assert.ok(operatorOf(joined({ type, where }), "join").where);
});

const keyless = { as_of: { left: "l_ts", right: "r_ts", kind: "temporal" } };
refuses([
  {
    what: "a join whose sides have a column of one name",
    plan: plan([FLIGHTS_SOURCE, UNTIMED_SOURCE, join({ on: [] }, ["f", "u"])]),
    path: "nodes[2].input[1]",
    reason: /^Both sides have columns "ts", "origin", /,
    hint: /^Rename them by a projection between u and this join$/,
  },
  {
    what: "a comparison of different types",
    plan: joined({ on: [{ left: "l_origin", right: "r_delay" }] }),
    path: "nodes[4].on[0]",
    reason: /^Cannot compare l_origin, which is string, with r_delay, which is int64$/,
    hint: /^Cast/,
  },
  {
    what: "an unknown column of a side",
    plan: joined({ on: [{ left: "l_orign", right: "r_origin" }] }),
    path: "nodes[4].on[0].left",
    reason: /^Unknown column "l_orign"$/,
    hint: /mean l_origin/,
  },
  {
    what: "a residual condition that is none",
    plan: joined({ where: col("l_delay") }),
    path: "nodes[4].where",
    reason: /^Expected a condition/,
  },
  {
    what: "two bounds of a join",
    plan: joined({ within: WITHIN, as_of: keyless.as_of }),
    path: "nodes[4].as_of",
    reason: /^The join has within already$/,
  },
  {
    what: "a time to live of a join that time bounds",
    plan: joined({ within: WITHIN, ttl_ms: 5 }),
    path: "nodes[4].ttl_ms",
    reason: /^State is bounded by within$/,
  },
  {
    what: "bounds that no row meets",
    plan: joined({ within: { ...WITHIN, lower_ms: 3000 } }),
    path: "nodes[4].within.lower_ms",
    reason: /^Expected at most upper_ms \(2000\), got 3000/,
  },
  {
    what: "an interval join over a column that is no event time",
    plan: plan([...SOURCES.slice(0, 3), {
      ...RIGHT,
      columns: [{ as: "r_ts", expr: call("coalesce", col("ts"), col("scheduled")) }, {
        as: "r_origin",
        expr: col("origin"),
      }],
    }, join({ within: WITHIN })]),
    path: "nodes[4].within.right",
    reason: /^Cannot use r_ts as event time: it is computed after source g$/,
  },
  {
    what: "an interval join behind a regular join",
    plan: plan([...SOURCES, renamed("x", "f", "x_"), join(), {
      ...join({ within: { ...WITHIN, right: "x_ts" }, on: [] }, ["j", "x"]),
      id: "k",
    }]),
    path: "nodes[6].within.left",
    reason: /^Cannot use l_ts as event time: join j has none, for its rows wait for others of any age$/,
    hint: /before it/,
  },
  {
    what: "an interval join of rows that may be taken back",
    plan: plan([FLIGHTS_SOURCE, LEFT, {
      id: "c",
      op: "source",
      stream: "untimed",
      time: "scheduled",
      changes: "upsert",
      primary_key: ["origin"],
    }, {
      ...join({ within: { ...WITHIN, right: "scheduled" }, on: [{ left: "l_origin", right: "origin" }] }, ["l", "c"]),
    }]),
    path: "nodes[3].input[1]",
    reason: /^An interval join takes rows that are only inserted, and those of c may be taken back$/,
  },
  {
    what: "versions without a key",
    plan: joined(keyless),
    path: "nodes[4].input[1]",
    reason: /^Cannot join versions of r: nothing tells its rows apart$/,
    hint: /"primary_key"/,
  },
  {
    what: "versions by a part of their key",
    plan: plan([
      FLIGHTS_SOURCE,
      { id: "g", op: "source", stream: "flights", primary_key: ["origin", "destination"] },
      LEFT,
      {
        ...join(
          { as_of: { left: "l_ts", right: "ts", kind: "temporal" }, on: [{ left: "l_origin", right: "origin" }] },
          ["l", "g"],
        ),
      },
    ]),
    path: "nodes[3].on",
    reason: /^The key of g is origin, destination, and on lacks destination$/,
  },
  {
    what: "a full join with the newest row",
    plan: joined({ type: "full", as_of: { ...keyless.as_of, kind: "asof" } }),
    path: "nodes[4].type",
    reason: /is inner or left, not full$/,
  },
  {
    what: "a window join of different windows",
    plan: windowJoin({}, { size_ms: 30_000 }),
    path: "nodes[6].window",
    reason: /^Cannot join rows of a tumbling window of 1 min with rows of a tumbling window of 30 s$/,
  },
  {
    what: "a window join that does not compare the windows",
    plan: windowJoin({ on: ON }),
    path: "nodes[6].on",
    reason: /compares window_start and window_end/,
  },
  {
    what: "a window join by a column that is no window's end",
    plan: windowJoin({ window: { left: "l_window_end", right: "r_window_time" } }),
    path: "nodes[6].window.right",
    reason: /^Column r_window_time of r is not the end of a window$/,
  },
  {
    what: "NOT IN of a join that is no anti join",
    plan: joined({ null_aware: true }),
    path: "nodes[4].null_aware",
    reason: /has no meaning of its own in a join of type inner/,
  },
  {
    what: "NOT IN by two columns",
    plan: joined({ type: "anti", null_aware: true, on: [...ON, { left: "l_delay", right: "r_delay" }] }),
    path: "nodes[4].null_aware",
    reason: /compares one column/,
  },
  {
    what: "a join of one",
    plan: plan([FLIGHTS_SOURCE, join({}, ["f"])]),
    path: "nodes[1].input",
    reason: /^Expected at least 2 items, got 1$/,
    hint: /two nodes before/,
  },
]);

Deno.test("a condition behind a join moves to the side that it concerns, unless that side may be missing", () => {
  const filtered = (more: Json, column: string) => {
    const where = call("gt", col(column), lit(5));
    const operators = operatorsOf(plan([...SOURCES, join(more), { id: "x", op: "filter", input: ["j"], where }]));
    const order = operators.map(({ op, id }) => op === "filter" || op === "join" ? id : null).filter((id) =>
      id !== null
    );
    return order.join(" ");
  };
  assert.equal(filtered({}, "l_delay"), "x j");
  assert.equal(filtered({}, "r_delay"), "x j");
  assert.equal(filtered({ type: "left" }, "l_delay"), "x j");
  assert.equal(filtered({ type: "left" }, "r_delay"), "j x");
  assert.equal(filtered({ type: "full" }, "l_delay"), "j x");
  assert.equal(filtered({ type: "anti" }, "l_delay"), "x j");
  assert.equal(filtered({ as_of: { left: "l_ts", right: "r_ts", kind: "asof" } }, "r_delay"), "j x");
});
