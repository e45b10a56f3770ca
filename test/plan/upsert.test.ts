import assert from "node:assert/strict";
import { explainPlan, formatExplanation } from "../../src/plan/explain.ts";
import { analysePlan } from "../../src/plan/compile.ts";
import { call, CATALOG, col, type Json, lit } from "./catalog.ts";

const SOURCE = { id: "s", op: "source", stream: "flights" };
const GROUP = { id: "g", op: "aggregate", input: ["s"], keys: ["origin"], aggs: [{ fn: "count", as: "n" }] };
const view = (input: string, id = "v"): Json => ({ id, op: "sink", input: [input], sink: { kind: "view", name: id } });
const project = (...columns: Json[]): Json => ({ id: "p", op: "project", input: ["g"], columns });

function plan(...nodes: Json[]): Json {
  return { rdx: 1, name: "t", nodes: [SOURCE, ...nodes] };
}

function upserts(json: Json): (boolean | undefined)[] {
  return analysePlan(json, CATALOG).physical.operators.flatMap((one) => one.op === "group" ? [one.upsert] : []);
}

Deno.test("a group in front of views that tell its rows apart says nothing of the rows before updates", () => {
  assert.deepEqual(upserts(plan(GROUP, view("g"))), [true]);
  const twice = { as: "n", expr: call("mul", col("n"), lit(2)) };
  const renamed = plan(GROUP, project({ as: "from", expr: col("origin") }, twice), view("p"), view("g", "w"));
  assert.deepEqual(upserts(renamed), [true]);
  assert.match(formatExplanation(explainPlan(renamed, CATALOG)), /updates come without the rows before them/);
});

Deno.test("a group whose rows before updates somebody needs gives them", () => {
  const kept = project({ as: "n", expr: col("n") });
  assert.deepEqual(upserts(plan(GROUP, kept, view("p"))), [undefined], "its key is gone");
  const filtered = { id: "f", op: "filter", input: ["g"], where: call("gt", col("n"), lit(1)) };
  assert.deepEqual(upserts(plan(GROUP, filtered, view("f"))), [undefined], "a row may leave the filter");
  const again = { ...GROUP, id: "h", input: ["g"], keys: ["n"], aggs: [{ fn: "count", as: "m" }] };
  assert.deepEqual(upserts(plan(GROUP, again, view("h"), view("g", "w"))), [undefined, true]);
});
