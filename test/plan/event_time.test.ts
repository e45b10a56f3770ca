import assert from "node:assert/strict";
import { call, col, HOUR, lit, planOf, sinkOf, SOURCE } from "./catalog.ts";
import { factsOf, lagsOf, operatorsOf } from "./facts.ts";
import { refuses } from "./refusals.ts";

Deno.test("event time plus a while is event time too, of its own, and windows take the other unless they name it", () => {
  const later = ["project", "source", {
    keep: true,
    columns: [{ as: "due", expr: call("add", col("ts"), lit(5000)) }],
  }] as const;
  const sooner = ["project", "source", {
    keep: true,
    columns: [{ as: "due", expr: call("sub", col("ts"), lit(5000)) }],
  }] as const;
  const counted = ["aggregate", "window", { keys: [], aggs: [{ fn: "count", as: "n" }] }] as const;
  assert.deepEqual(lagsOf(planOf(SOURCE, later, sinkOf("project")), "project"), { ts: 0, due: 0 });
  assert.deepEqual(lagsOf(planOf(SOURCE, sooner, sinkOf("project")), "project"), { ts: 0 });
  for (const time of ["ts", "due"]) {
    const own = time === "ts" ? HOUR.window : { ...HOUR.window, time };
    const plan = planOf(SOURCE, later, ["window", "project", { window: own }], counted, sinkOf("aggregate"));
    assert.equal(factsOf(plan, "window").time, time);
  }
});

const ARRIVAL = { id: "f", op: "source", stream: "flights", time: null };
const aggs = [{ fn: "count", as: "n" }];

Deno.test("a source may go by the time of arrival whatever its stream declares, beside one that goes by its event time", () => {
  const window = { kind: "tumble", size_ms: 1000 }, timed = { ...ARRIVAL, id: "g", time: "ts" };
  const counted = (id: string, from: string) => [
    { id: `${id}_window`, op: "window", input: [from], window },
    { id, op: "aggregate", input: [`${id}_window`], keys: ["origin"], aggs },
  ];
  const nodes = [ARRIVAL, timed, ...counted("a", "f"), ...counted("b", "g"), {
    id: "u",
    op: "union",
    input: ["a", "b"],
  }];
  const plan = {
    rdx: 1,
    name: "p",
    nodes: [...nodes, { id: "out", op: "sink", input: ["u"], sink: { kind: "discard" } }],
  };
  assert.deepEqual([lagsOf(plan, "f"), lagsOf(plan, "g")], [{}, { ts: 0 }]);
  const times = operatorsOf(plan).flatMap((one) => one.op === "aggregate" ? [one.time < 0] : []);
  assert.deepEqual(times, [true, false]);
});

refuses([{
  what: "a window by a time where the source goes by that of arrival",
  plan: planOf(
    ["source", null, { stream: "flights", time: null }],
    ["window", "source", { window: { ...HOUR.window, time: "ts" } }],
    ["aggregate", "window", { keys: [], aggs }],
    sinkOf("aggregate"),
  ),
  path: "nodes[1].window.time",
  reason: /rows of source source go by the time of their arrival/,
  hint: /another source node/,
}, {
  what: "a computed column, which may be a later time, lacks its arguments",
  plan: planOf(SOURCE, ["project", "source", { columns: [{ as: "x", expr: { call: "add" } }] }], sinkOf("project")),
  path: "nodes[1].columns[0].expr",
  reason: /^add needs args, an array/,
}]);
