import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { CATALOG, col, type Json, planOf, sinkOf, SOURCE } from "./catalog.ts";

const PASS = { where: col("cancelled") };
const VIEW = { sink: { kind: "view", name: "v" } };

/** `[what, plan, details as node, path, reason, and the hint's beginning if there is one]` */
const ERRORS: readonly [string, Json, readonly (readonly (string | RegExp)[])[]][] = [
  ["an unknown input", planOf(SOURCE, sinkOf("sorce")), [
    ["sink", "nodes[1].input[0]", "Unknown node sorce", "Did you mean source?"],
    ["source", "nodes[0]", "No sink reads source source", "Connect"],
  ]],
  ["an id twice", planOf(SOURCE, SOURCE, sinkOf("source")), [
    ["source", "nodes[1].id", "Id source is used twice", "nodes[0] has it too"],
  ]],
  ["a cycle", planOf(["filter_a", "filter_b", PASS], ["filter_b", "filter_a", PASS], sinkOf("filter_b")), [
    ["filter_a", "nodes[0].input", "Node filter_a is on a cycle", "Rows flow one way"],
  ]],
  ["a node that reads itself", planOf(["filter", "filter", PASS], sinkOf("filter")), [
    ["filter", "nodes[0].input", "Node filter is on a cycle", "Rows flow one way"],
  ]],
  ["a node that no sink reads", planOf(SOURCE, ["filter", "source", PASS], sinkOf("source")), [
    ["filter", "nodes[1]", "No sink reads filter filter", "Connect"],
  ]],
  ["no sink", planOf(SOURCE), [["", "nodes", "The plan has no sink", "Add one"]]],
  ["a node behind a sink", planOf(SOURCE, sinkOf("source", "sink_a"), sinkOf("sink_a", "sink_b")), [
    ["sink_b", "nodes[2].input[0]", "Cannot read from sink_a: a sink gives no rows on", "Read from the input"],
  ]],
  ["two sinks into one view", planOf(SOURCE, ["sink_a", "source", VIEW], ["sink_b", "source", VIEW]), [
    ["sink_b", "nodes[2].sink.name", "Sink sink_a writes to this view too", "Give each sink"],
  ]],
];

for (const [name, plan, expected] of ERRORS) {
  Deno.test(`the graph is refused: ${name}`, () => {
    assert.throws(() => compilePlan(plan, CATALOG), (thrown) => {
      assert.ok(thrown instanceof RdxError && thrown.code === "invalid_plan");
      assert.equal(thrown.details.length, expected.length, JSON.stringify(thrown.details, null, 1));
      thrown.details.forEach((detail, i) => {
        const [node, path, reason, hint] = expected[i];
        assert.deepEqual([detail.node ?? "", detail.path], [node, path]);
        if (reason instanceof RegExp) assert.match(detail.reason, reason);
        else assert.equal(detail.reason, reason);
        assert.ok(detail.hint?.startsWith(hint as string), detail.hint);
      });
      return true;
    });
  });
}

Deno.test("nodes may stand in any order, and two sinks may share a target that takes both", () => {
  const { physical } = compilePlan(
    planOf(sinkOf("filter", "sink_a"), ["filter", "source", PASS], sinkOf("source", "sink_b"), SOURCE),
    CATALOG,
  );
  assert.deepEqual(physical.operators.map(({ id, inputs }) => [id, inputs[0]]), [["filter", "source"]]);
  assert.deepEqual(physical.sinks.map(({ id, input }) => [id, input]), [["sink_a", "filter"], ["sink_b", "source"]]);
});

Deno.test("several sources, each with a branch of its own, make one plan", () => {
  const { physical } = compilePlan(
    planOf(SOURCE, ["source_2", null, { stream: "untimed" }], sinkOf("source"), sinkOf("source_2", "sink_2")),
    CATALOG,
  );
  assert.deepEqual(physical.sources.map(({ id, time }) => [id, time]), [["source", 0], ["source_2", -1]]);
});
