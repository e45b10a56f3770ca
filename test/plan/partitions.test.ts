import assert from "node:assert/strict";
import { INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Catalog } from "../../src/plan/catalog.ts";
import { STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { explainPlan } from "../../src/plan/explain.ts";
import { isPartitions, writtenSource } from "../../src/plan/partitions.ts";
import { compareState } from "../../src/plan/state.ts";

function catalog(partitions: number): Catalog {
  const columns = [
    { name: "ts", type: TIMESTAMP, nullable: false },
    { name: "key", type: STRING, nullable: true },
    { name: "value", type: INT64, nullable: true },
  ];
  const stream = { columns, time: "ts", delayMs: 5, futureSkewMs: 0, partitions };
  return { stream: (name) => name === "s" ? stream : null, sinkKinds: STANDARD_SINKS };
}

const PLAN = {
  rdx: 1,
  name: "p",
  nodes: [
    { id: "in", op: "source", stream: "s" },
    {
      id: "sums",
      op: "aggregate",
      input: ["in"],
      keys: ["key"],
      aggs: [{ fn: "sum", arg: { column: "value" }, as: "t" }],
    },
    { id: "out", op: "sink", input: ["sums"], sink: { kind: "view", name: "v" } },
    { id: "all", op: "sink", input: ["in"], sink: { kind: "discard" } },
  ],
};

Deno.test("each partition of a stream is a source of its own, and what reads the stream reads them together", () => {
  const { sources, operators, sinks } = compilePlan(PLAN, catalog(3)).physical;
  assert.deepEqual(sources.map(({ id, partition }) => [id, partition]), [
    ["in", { index: 0, count: 3 }],
    ["in$p1", { index: 1, count: 3 }],
    ["in$p2", { index: 2, count: 3 }],
  ]);
  const [together, sums] = operators, ids = sources.map(({ id }) => id);
  assert.deepEqual([together.op, together.id, together.inputs], ["union", "in$all", ids]);
  assert.deepEqual([sums.inputs, sums.sources], [["in$all"], ids]);
  assert.equal(sinks.find(({ id }) => id === "all")!.input, "in$all");
  assert.deepEqual(["in", "in$p2", "in$all", "in$out", "in$p0", "in$p2$late1"].map(writtenSource), [
    ...["in", "in", "in", "in$out", "in$p0", "in$p2$late1"],
  ]);
  assert.deepEqual(["in", "in$p1", "in$all", "$all"].map(isPartitions), [false, false, true, true]);
});

Deno.test("a stream of one partition is read as it was", () => {
  const { sources, operators } = compilePlan(PLAN, catalog(1)).physical;
  assert.deepEqual([sources.map(({ id, partition }) => [id, partition]), operators.map(({ id }) => id)], [
    [["in", undefined]],
    ["sums"],
  ]);
});

Deno.test("a plan keeps its state when its stream has more partitions", () => {
  const [before, after] = [1, 4].map((count) => compilePlan(PLAN, catalog(count)).physical);
  const { verdict, differences } = compareState(before, after);
  assert.deepEqual([verdict, differences], ["compatible", []]);
});

Deno.test("an explanation has a stream once, whatever its partitions, and says how many there are", () => {
  const { nodes, paths } = explainPlan(PLAN, catalog(3));
  assert.deepEqual(nodes.map(({ id }) => id), ["in", "sums", "out", "all"]);
  assert.deepEqual(paths.map(({ source, sink }) => [source, sink]), [["in", "out"], ["in", "all"]]);
  assert.ok(nodes[0].notes.includes("3 partitions, each with a watermark of its own"));
});
