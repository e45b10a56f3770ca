import assert from "node:assert/strict";
import { RANGE_BYTES, RANGE_FIRST_BYTES, RANGE_LEAST_BYTES, RANGE_MS_MAX } from "../../src/core/limits.ts";
import { RangePace } from "../../src/runtime/range_pace.ts";
import { until } from "../until.ts";
import { DurableRun } from "./durable_run.ts";

const FIRST = RANGE_FIRST_BYTES / RANGE_BYTES, LEAST = RANGE_LEAST_BYTES / RANGE_BYTES;

/** Ranges one behind the other, each of which takes so long for each usual length; returns the share of the one behind them. */
function paced(pace: RangePace, count: number, msOf: (i: number) => number, source = 0): number {
  for (let i = 0; i < count; i++) {
    const share = pace.shareOf(source);
    pace.began(i, source);
    pace.took(i, msOf(i) * share);
  }
  return pace.shareOf(source);
}

Deno.test("ranges begin short and become as long as tasks are through with in time, never longer than usual", () => {
  const pace = new RangePace();
  assert.equal(pace.shareOf(0), FIRST);
  assert.equal(paced(pace, 1, () => 1), FIRST * 2);
  assert.equal(paced(pace, 20, () => 1), 1);
  assert.equal(pace.shareOf(1), FIRST, "another source has its own pace");
  assert.equal(paced(pace, 1, () => 0), 1);
  const share = paced(pace, 200, () => RANGE_MS_MAX * 8);
  assert.ok(Math.abs(share - 1 / 8) < 0.01, `${share}`);
});

Deno.test("rows that take very long have the shortest ranges, and long ones again once they do not", () => {
  const pace = new RangePace();
  assert.equal(paced(pace, 3, () => RANGE_MS_MAX * 1e6), LEAST);
  assert.equal(paced(pace, 300, () => RANGE_MS_MAX / 2), 1);
});

Deno.test("one range for which the processor was away does not make others short", () => {
  const pace = new RangePace();
  paced(pace, 50, () => RANGE_MS_MAX);
  const share = paced(pace, 20, (i) => RANGE_MS_MAX * (i === 0 ? 4 : 1));
  assert.ok(share > 0.75, `${share}`);
});

Deno.test("a number that is no range says nothing", () => {
  const pace = new RangePace();
  pace.took(1, 1e9);
  assert.equal(pace.shareOf(0), FIRST);
});

const KEYS = 1000, PASSING = 100, ROWS = 300_000;

/** Counts beside sums of the same rows: each of them changes both inputs of the join. */
const JOINED = {
  rdx: 1,
  nodes: [
    {
      id: "source",
      op: "source",
      connector: { kind: "file", path: "rows.ndjson", format: "ndjson" },
      columns: ["k", "v"].map((name) => ({ name, type: "int64", nullable: false })),
    },
    {
      id: "some",
      op: "filter",
      input: ["source"],
      where: { call: "lt", args: [{ column: "k" }, { literal: PASSING }] },
    },
    { id: "counts", op: "aggregate", input: ["some"], keys: ["k"], aggs: [{ fn: "count", as: "n" }] },
    { id: "totals", op: "aggregate", input: ["some"], keys: ["k"], aggs: [{ fn: "sum", arg: "v", as: "total" }] },
    {
      id: "right",
      op: "project",
      input: ["totals"],
      columns: [{ as: "of", expr: { column: "k" } }, { as: "total", expr: { column: "total" } }],
      keep: false,
    },
    { id: "join", op: "join", input: ["counts", "right"], type: "inner", on: [{ left: "k", right: "of" }] },
    { id: "sink", op: "sink", input: ["join"], sink: { kind: "view", name: "joined" } },
  ],
};

Deno.test("a cut of a join whose rows take long lies within its file, and another process goes on from there", () =>
  DurableRun.with(async (life) => {
    const line = (i: number) => `{"k":${i % KEYS},"v":${i},"more":"${"x".repeat(20)}"}\n`;
    const text = Array.from({ length: ROWS }, (_, i) => line(i)).join("");
    await Deno.writeTextFile(`${life.folder}/rows.ndjson`, text);
    await life.engine.pipelines.put("joined", JOINED, { start: "earliest", state: "keep" });
    const pipeline = life.engine.pipelines.find("joined")!, [input] = pipeline.inputs;
    await until(() => pipeline.meter.rowsIn > 0, 1);
    await pipeline.approach.begin();
    const { offset } = input;
    pipeline.approach.end();
    assert.ok(offset > 0 && offset < text.length * 3 / 4, `${offset} of ${text.length} bytes lie in front of a cut`);
    const number = await life.checkpoint("joined");
    await life.restart();
    assert.equal(life.engine.pipelines.get("joined").checkpoint?.restored, number);
    await until(() => life.engine.pipelines.get("joined").state === "completed", 2);
    const times = ROWS / KEYS,
      each = Array.from({ length: PASSING }, (_, k) => {
        const total = times * k + KEYS * times * (times - 1) / 2;
        return `${k}n ${times}n ${k}n ${total}n`;
      });
    assert.equal(life.engine.pipelines.get("joined").rowsIn, ROWS);
    assert.deepEqual(life.view("joined").rows.toSorted(), each.toSorted());
  }));
