import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { referencesIn } from "../../src/kernel/user_functions.ts";
import type { Catalog } from "../../src/plan/catalog.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { explainPlan, formatExplanation } from "../../src/plan/explain.ts";
import { CATALOG, col, HOUR, type Json, lit, planOf, sinkOf, SOURCE } from "./catalog.ts";

const reference = (name: string, takes: string[], returns: string) => ({
  module: "file:///f/fs.ts",
  export: name,
  takes,
  returns,
});
const user = (name: string, takes: string[], returns: string, ...args: unknown[]): Json => ({
  call: name,
  args,
  function: reference(name, takes, returns),
});

/** User functions at every place of a plan that takes expressions. */
const PLAN = planOf(
  SOURCE,
  ["filter", "source", { where: user("fits", ["string"], "bool", col("origin")) }],
  ["project", "filter", {
    keep: true,
    columns: [{ as: "grade", expr: user("grade", ["double", "int64"], "string", col("distance"), lit(3)) }],
  }],
  ["window", "project", HOUR],
  ["aggregate", "window", {
    keys: ["grade"],
    aggs: [{
      fn: "sum",
      arg: user("weight", ["int64"], "double", col("delay")),
      as: "total",
      filter: user("counts", ["bool"], "bool", col("cancelled")),
    }],
  }],
  sinkOf("aggregate"),
);

Deno.test("user functions of filters, projections and aggregates are all in the physical plan, each once", () => {
  const names = referencesIn(compilePlan(PLAN, CATALOG).physical).map((one) => one.export);
  assert.deepEqual(names.sort(), ["counts", "fits", "grade", "weight"]);
});

Deno.test("a plan with user functions keeps them through its normal form", () => {
  const { plan } = compilePlan(PLAN, CATALOG);
  assert.deepEqual(compilePlan(JSON.parse(JSON.stringify(plan)), CATALOG).plan, plan);
  assert.match(JSON.stringify(plan), /"function":\{"module":"file:\/\/\/f\/fs\.ts","export":"fits"/);
});

Deno.test("functions that the process does not allow are refused at their places, all of them", () => {
  const functions: Catalog["functions"] = {
    refusal: (module) => module.endsWith("fs.ts") ? { reason: "not here", hint: "elsewhere" } : null,
    base: null,
  };
  assert.throws(() => compilePlan(PLAN, { ...CATALOG, functions }), (thrown) => {
    assert.ok(thrown instanceof RdxError && thrown.code === "invalid_plan", `threw ${thrown}`);
    assert.deepEqual(thrown.details.map(({ node, path, reason, hint }) => [node, path, reason, hint]), [
      ["filter", "nodes[1].where.function.module", "not here", "elsewhere"],
      ["project", "nodes[2].columns[0].expr.function.module", "not here", "elsewhere"],
      ["aggregate", "nodes[4].aggs[0].arg.function.module", "not here", "elsewhere"],
      ["aggregate", "nodes[4].aggs[0].filter.function.module", "not here", "elsewhere"],
    ]);
    return true;
  });
  const allowed = { ...functions, refusal: () => null };
  assert.deepEqual(compilePlan(PLAN, { ...CATALOG, functions: allowed }), compilePlan(PLAN, CATALOG));
});

Deno.test("a function within another's arguments is refused too", () => {
  const inner = user("g", ["int64"], "int64", col("delay"));
  const where = { call: "gt", args: [{ call: "abs", args: [inner] }, lit(1)] };
  const functions: Catalog["functions"] = { refusal: () => ({ reason: "no", hint: "no" }), base: null };
  const plan = planOf(SOURCE, ["filter", "source", { where }], sinkOf("filter"));
  assert.throws(() => compilePlan(plan, { ...CATALOG, functions }), (thrown) => {
    assert.ok(thrown instanceof RdxError);
    assert.equal(thrown.details[0].path, "nodes[1].where.args[0].args[0].function.module");
    return true;
  });
});

Deno.test("an explanation names each user function where it runs, and says what its purity hangs on", () => {
  const text = formatExplanation(explainPlan(PLAN, CATALOG));
  assert.match(
    text,
    /filter filter: fits\(origin\)\n.*fits\(string\): bool is a user function, fits of fs\.ts: pure if its code is/,
  );
  assert.match(text, /grade = grade\(distance, 3\)/);
  for (const name of ["fits", "grade", "weight", "counts"]) {
    assert.equal(text.split(`, ${name} of fs.ts: pure if its code is`).length, 2, name);
  }
});
