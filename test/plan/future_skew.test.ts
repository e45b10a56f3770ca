import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { compareState } from "../../src/plan/state.ts";
import { CATALOG, type Json, planOf, sinkOf } from "./catalog.ts";

const FILE = {
  connector: { kind: "file", path: "f.ndjson", format: "ndjson" },
  columns: [{ name: "at", type: "int64" }],
  time: "at",
};

function bound(source: Json): number {
  return compilePlan(planOf(["source", null, source], sinkOf("source")), CATALOG).physical.sources[0].futureSkewMs;
}

Deno.test("how far times may be ahead is the node's bound, then the stream's; time of arrival and files have none", () => {
  assert.equal(bound({ stream: "flights" }), 3_600_000);
  assert.equal(bound({ stream: "flights", future_skew_ms: 5 }), 5);
  assert.equal(bound({ stream: "flights", future_skew_ms: 0 }), 0);
  assert.equal(bound({ stream: "untimed" }), 0);
  assert.equal(bound({ stream: "untimed", time: "ts" }), 3_600_000);
  assert.equal(bound(FILE), 0);
});

Deno.test("another bound goes on with the state that is there", () => {
  const plan = (future_skew_ms: number) =>
    compilePlan(planOf(["source", null, { stream: "flights", future_skew_ms }], sinkOf("source")), CATALOG).physical;
  assert.equal(compareState(plan(5), plan(6)).verdict, "compatible");
});

for (
  const [what, source, reason] of [
    ["without event time", { stream: "untimed", future_skew_ms: 9 }, /needs event time/],
    ["of a file", { ...FILE, future_skew_ms: 9 }, /file have no arrival/],
  ] as const
) {
  Deno.test(`a bound of times ${what} is refused`, () => {
    assert.throws(() => bound(source), (thrown) => {
      assert.ok(thrown instanceof RdxError);
      const [{ path, node, reason: said, hint }] = thrown.details;
      assert.deepEqual([path, node], ["nodes[0].future_skew_ms", "source"]);
      assert.match(said, reason);
      return hint !== undefined;
    });
  });
}
