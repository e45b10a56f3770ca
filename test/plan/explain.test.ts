import assert from "node:assert/strict";
import { explainPlan, formatExplanation } from "../../src/plan/explain.ts";
import { formatExpression } from "../../src/plan/format.ts";
import type { Expression } from "../../src/expr/mod.ts";
import { call, CATALOG, col, COUNT, HOUR, lit, planOf, sinkOf, SOURCE } from "./catalog.ts";

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
│  effectively once, end to end
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
│  effectively once, end to end
│  idle
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
    ["sink", "sink", ["aggregate"], "discard", ["inserts only", "effectively once, end to end"]],
  ]);
  assert.deepEqual(nodes[1].columns, [{ name: "ts", type: "timestamp", nullable: false }]);
  assert.deepEqual(JSON.parse(JSON.stringify(nodes)), nodes);
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
