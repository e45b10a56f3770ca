import assert from "node:assert/strict";
import { explainPlan, formatExplanation } from "../../src/plan/explain.ts";
import { formatExpression } from "../../src/plan/format.ts";
import type { Expression } from "../../src/expr/mod.ts";
import { call, CATALOG, col, COUNT, HOUR, type Json, lit, planOf, sinkOf, SOURCE } from "./catalog.ts";
import { count, FLIGHTS_SOURCE, plan, renamed, tumble } from "./refusals.ts";

const PLAN = planOf(
  SOURCE,
  ["filter", "source", {
    where: call("and", call("gt", col("delay"), lit(0)), call("ne", col("origin"), lit("O'Hare"))),
  }],
  ["window", "filter", { window: { kind: "hop", size_ms: 86_400_000, slide_ms: 3_600_000 } }],
  ["aggregate", "window", {
    keys: ["origin"],
    aggs: [{ fn: "avg", arg: "delay", as: "mean" }, { fn: "count", as: "n" }],
  }],
  ["sink_view", "aggregate", { sink: { kind: "view", name: "delays" } }],
  sinkOf("filter", "sink_raw"),
);

/** What holds of the rows of streams while nobody knows where they are kept. */
const JOURNALED =
  "rows are in the journal of a data directory before they are acknowledged, senders that number what they send repeat nothing";

Deno.test("an explanation is a tree from each sink to its source, with columns, windows and what the runtime knows", () => {
  const facts = {
    workers: 2,
    shared: [{ stream: "flights", pipelines: ["a", "b"] }],
    notes: [{ node: "sink_raw", note: "idle" }],
  };
  const text = formatExplanation(explainPlan(PLAN, CATALOG, facts));
  assert.equal(
    text,
    `pipeline p
sink sink_view: view, name delays
│  inserts only
│  effectively once, from source to here: ${JOURNALED}; a view takes every number once
│  → window_start timestamp, window_end timestamp, origin string, mean double?, n int64
└─ aggregate aggregate: mean = avg(delay), n = count(*) by origin
   │  hopping window of 1 d every 1 h by ts, slices shared
   │  128 key groups over 2 workers
   │  one phase
   │  keeps a row for each key and slice until the watermark has passed its last window
   │  → window_start timestamp, window_end timestamp, origin string, mean double?, n int64
   └─ filter filter: delay > 0 and origin <> 'O''Hare'
      │  → ts timestamp, origin string, destination string, delay int64?, distance double, cancelled bool, scheduled timestamp
      └─ source source: stream flights, event time ts, dead if over 1 h ahead of arrival, watermark 1 s behind, idle after 5 s
            decoded once, shared by a, b
            → ts timestamp, origin string, destination string, delay int64?, distance double, cancelled bool, scheduled timestamp
sink sink_raw: discard
│  inserts only
│  idle
│  effectively once, from source to here: ${JOURNALED}; nothing is kept
│  → ts timestamp, origin string, destination string, delay int64?, distance double, cancelled bool, scheduled timestamp
└─ filter filter (as above)
`,
  );
});

Deno.test("an explanation in JSON has one entry a step, inputs first, and says what was optimised", () => {
  const plan = planOf(
    SOURCE,
    ["project", "source", { columns: ["ts", { as: "half", expr: call("div", col("distance"), lit(2)) }] }],
    ["window", "project", HOUR],
    ["aggregate", "window", { ...COUNT, keys: [] }],
    sinkOf("aggregate"),
  );
  const { pipeline, nodes } = explainPlan(plan, CATALOG);
  assert.equal(pipeline, "p");
  assert.deepEqual(nodes.map(({ id, op, inputs, does, notes }) => [id, op, inputs, does, notes]), [
    [
      "source",
      "source",
      [],
      "stream flights, event time ts, dead if over 1 h ahead of arrival, watermark 1 s behind, idle after 5 s",
      [
        "reads 1 of 7 columns",
      ],
    ],
    ["project", "project", ["source"], "ts", []],
    ["aggregate", "aggregate", ["project"], "n = count(*)", [
      "tumbling window of 1 h by ts",
      "no keys: one key group",
      "one phase",
      "keeps a row for each key and slice until the watermark has passed its last window",
    ]],
    ["sink", "sink", ["aggregate"], "discard", ["inserts only"]],
  ]);
  assert.deepEqual(nodes[1].columns, [{ name: "ts", type: "timestamp", nullable: false }]);
  assert.deepEqual(JSON.parse(JSON.stringify(nodes)), nodes);
});

const NEAR: readonly Json[] = [
  FLIGHTS_SOURCE,
  { id: "g", op: "source", stream: "untimed", time: "ts" },
  renamed("l", "f", "l_"),
  renamed("r", "g", "r_"),
  {
    id: "near",
    op: "join",
    input: ["l", "r"],
    type: "left",
    on: [{ left: "l_origin", right: "r_origin" }],
    within: { left: "l_ts", right: "r_ts", lower_ms: -60_000, upper_ms: 3_600_000 },
  },
];

Deno.test("an explanation of a join shows both branches, what was moved before it, how far time lags and what is kept", () => {
  const aggs = [{ fn: "count", arg: "r_origin", distinct: true, as: "n" }];
  const text = formatExplanation(explainPlan(
    plan([
      ...NEAR,
      { id: "late", op: "filter", input: ["near"], where: call("gt", col("l_delay"), lit(5)) },
      tumble("w", "late"),
      count("per", "w", ["l_origin"], { aggs }),
    ]),
    CATALOG,
  ));
  assert.equal(
    text,
    `pipeline p
sink per_sink: discard
│  inserts only
│  effectively once, from f to here: ${JOURNALED}; nothing is kept
│  effectively once, from g to here: ${JOURNALED}; nothing is kept
│  → window_start timestamp, window_end timestamp, l_origin string, n int64
└─ group per: n = count(distinct r_origin) by window_start, window_end, l_origin, at the end of the window
   │  keeps a row for each group and each of its different values until the end of its window
   │  → window_start timestamp, window_end timestamp, l_origin string, n int64
   └─ assign w: tumbling window of 1 min by l_ts
      │  → l_ts timestamp, l_origin string, r_origin string?, window_start timestamp, window_end timestamp, window_time timestamp
      └─ project w$in1: l_ts, l_origin, r_origin
         │  → l_ts timestamp, l_origin string, r_origin string?
         └─ join near: left, l_origin = r_origin, r_ts from l_ts − 1 min to l_ts + 1 h
            │  event time behind the watermark: l_ts 3600001 ms
            │  keeps rows of left for 1 h and rows of right for 1 min of event time
            │  → l_ts timestamp, l_origin string, r_ts timestamp?, r_origin string?
            ├─ project l: l_ts = ts, l_origin = origin
            │  │  → l_ts timestamp, l_origin string
            │  └─ filter late: delay > 5
            │     │  moved before l, near
            │     │  → ts timestamp, origin string, delay int64?
            │     └─ source f: stream flights, event time ts, dead if over 1 h ahead of arrival, watermark 1 s behind, idle after 5 s
            │           reads 3 of 7 columns
            │           → ts timestamp, origin string, delay int64?
            └─ project r: r_ts = ts, r_origin = origin
               │  → r_ts timestamp, r_origin string
               └─ source g: stream untimed, event time ts, dead if over 1 h ahead of arrival, idle after 5 s
                     reads 2 of 7 columns
                     → ts timestamp, origin string
`,
  );
});

/** What an explanation says of one node. */
function saidOf(nodes: readonly Json[], id: string, sinks?: readonly string[]): string[] {
  const { does, notes } = explainPlan(plan(nodes, sinks), CATALOG).nodes.find((node) => node.id === id)!;
  return [does, ...notes];
}

Deno.test("state without bound is said to be, with what would bound it", () => {
  assert.deepEqual(saidOf([FLIGHTS_SOURCE, count("a", "f", ["origin"])], "a"), [
    "n = count(*) by origin, at every row",
    "changes by origin",
    "event time ends here",
    "keeps a row for each group without bound: ttl_ms would forget groups",
  ]);
  const bounded = saidOf([FLIGHTS_SOURCE, count("a", "f", ["origin"], { ttl_ms: 60_000, two_phase: true })], "a");
  assert.ok(bounded.includes("keeps a row for each group until 1 min after its last row"));
  assert.ok(bounded.includes("one phase: two_phase is for windows with shared slices"));
  const { within: _, ...regular } = NEAR[4];
  assert.deepEqual(saidOf([...NEAR.slice(0, 4), regular], "near"), [
    "left, l_origin = r_origin",
    "changes of rows that no key tells apart",
    "event time ends here",
    "keeps all rows of left and all rows of right without bound: ttl_ms would forget rows",
  ]);
});

Deno.test("ranks, overs, sessions and unions are explained in a line", () => {
  const rank: Json = {
    id: "r",
    op: "rank",
    input: ["f"],
    keys: ["origin"],
    order: [{ column: "delay", desc: true }],
    to: 3,
    as: "n",
  };
  assert.deepEqual(saidOf([FLIGHTS_SOURCE, rank], "r"), [
    "n = rows 1 to 3 by origin in the order of delay desc",
    "changes by origin, n",
    "event time ends here",
    "keeps 3 rows of each key without bound: ttl_ms would forget keys",
  ]);
  assert.deepEqual(saidOf([FLIGHTS_SOURCE, { ...rank, fn: "dense_rank" }], "r"), [
    "n = dense ranks 1 to 3 by origin in the order of delay desc",
    "changes of rows that no key tells apart",
    "event time ends here",
    "keeps all rows of the first 3 ranks of each key without bound: ttl_ms would forget keys",
  ]);
  const aggs = [{ fn: "avg", arg: "delay", as: "m" }], range = { kind: "range", preceding: 5000 };
  const over: Json = { id: "o", op: "over", input: ["f"], keys: ["origin"], time: "ts", frame: range, aggs };
  assert.deepEqual(saidOf([FLIGHTS_SOURCE, over], "o"), [
    "m = avg(delay) by origin over the last 5 s of ts",
    "keeps the rows of the last 5 s",
  ]);
  const window = { kind: "session", gap_ms: 60_000, keys: ["origin"], max_ms: 3_600_000 };
  const session = [FLIGHTS_SOURCE, { id: "w", op: "window", input: ["f"], window }, count("a", "w", ["origin"])];
  assert.deepEqual(saidOf(session, "a"), [
    "n = count(*) in sessions of ts by origin that end after a gap of 1 min, at most 1 h long",
    "keeps a row for each open session",
  ]);
  const union = [FLIGHTS_SOURCE, { id: "g", op: "source", stream: "untimed", time: "ts" }, {
    id: "n",
    op: "union",
    input: ["f", "g"],
  }];
  assert.deepEqual(saidOf(union, "n"), ["all rows of f, g"]);
});

Deno.test("what is done once for several nodes is said, and what a file gives to those who follow it", () => {
  const twice = [FLIGHTS_SOURCE, count("a", "f", ["origin"]), count("b", "f", ["origin"])];
  assert.ok(saidOf(twice, "a", ["a", "b"]).includes("done once for a, b"));
  const sink: Json = { id: "s", op: "sink", input: ["f"], sink: { kind: "file", path: "x", format: "csv" } };
  const { notes } = explainPlan({ rdx: 1, name: "p", nodes: [FLIGHTS_SOURCE, sink] }, CATALOG).nodes[1];
  assert.deepEqual(notes, ["inserts only"]);
});

Deno.test("every path from a source to a sink has its guarantee: of the source, of what the process keeps and of the sink", () => {
  const file: Json = {
    id: "r",
    op: "source",
    connector: { kind: "values", rows: [[1]] },
    columns: [{ name: "delay", type: "int64" }],
  };
  const out = (id: string, input: string, sink: Json): Json => ({ id, op: "sink", input: [input], sink });
  const nodes = [
    FLIGHTS_SOURCE,
    file,
    { id: "of_f", op: "project", input: ["f"], columns: ["delay"] },
    { id: "both", op: "union", input: ["of_f", "r"] },
    out("a", "both", { kind: "file", path: "x", format: "csv" }),
    out("b", "f", { kind: "stdout", format: "csv" }),
  ];
  const pathsWith = (durability?: "fsync" | "os" | "none") =>
    explainPlan({ rdx: 1, name: "p", nodes }, CATALOG, durability ? { durability } : {}).paths;
  for (const durability of ["fsync", "os", undefined] as const) {
    const paths = pathsWith(durability);
    assert.deepEqual(paths.map(({ source, sink, guarantee }) => [source, sink, guarantee]), [
      ["f", "a", "exactly once"],
      ["r", "a", "exactly once"],
      ["f", "b", "at least once"],
    ]);
    const [journaled, made, shown] = paths.map(({ why }) => why);
    const survives = { fsync: /^rows are on the device before/, os: /a power cut takes the newest/ };
    assert.match(journaled, durability ? survives[durability] : /^rows are in the journal of a data directory/);
    assert.match(journaled, /compared with what is there, byte by byte/);
    assert.match(made, durability ? /^rows are made again, in the order that is kept; / : /kept in a data directory; /);
    assert.match(shown, /; what was shown is shown again$/);
  }
  const lost = pathsWith("none");
  assert.deepEqual(new Set(lost.map(({ guarantee }) => guarantee)), new Set(["once in this process"]));
  assert.match(lost[0].why, /nothing outlives the process/);
});

Deno.test("what a restart has is said of what runs where something outlives the process", () => {
  const sink: Json = { id: "out", op: "sink", input: ["f"], sink: { kind: "stdout", format: "csv" } };
  const plan = { rdx: 1, name: "p", nodes: [FLIGHTS_SOURCE, sink] };
  const recovery = (checkpointIntervalMs: number) => explainPlan(plan, CATALOG, { checkpointIntervalMs });
  assert.match(
    recovery(2500).recovery!,
    /goes on from its newest checkpoint \(one is taken every 2.5 s, and at an orderly end\)/,
  );
  assert.match(recovery(0).recovery!, /one is taken at an orderly end/);
  assert.match(formatExplanation(recovery(1000)), /^pipeline p\nafter a restart it goes on/);
  assert.equal(explainPlan(plan, CATALOG).recovery, null);
  assert.doesNotMatch(formatExplanation(explainPlan(plan, CATALOG)), /after a restart/);
});

Deno.test("expressions are written with as few parentheses as keep their meaning", () => {
  const text = (expression: unknown) => formatExpression(expression as Expression);
  const a = col("a"), b = col("b"), c = col("c");
  assert.equal(text(call("sub", a, call("sub", b, c))), "a - (b - c)");
  assert.equal(text(call("sub", call("sub", a, b), c)), "a - b - c");
  assert.equal(text(call("mul", call("add", a, b), c)), "(a + b) * c");
  assert.equal(text(call("or", call("and", a, b), c)), "a and b or c");
  assert.equal(text(call("and", a, call("or", b, c))), "a and (b or c)");
  assert.equal(text(call("eq", call("eq", a, b), c)), "(a = b) = c");
  assert.equal(text(call("case", a, lit(1), lit(null))), "case when a then 1 else null end");
  assert.equal(text({ call: "cast", args: [col("odd name")], type: "int64" }), 'cast("odd name" as int64)');
  assert.equal(text({ literal: "9007199254740993", type: "int64" }), "9007199254740993");
  assert.equal(text({ literal: "2026-01-01", type: "timestamp" }), "timestamp '2026-01-01'");
});
