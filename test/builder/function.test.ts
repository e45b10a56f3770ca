import assert from "node:assert/strict";
import {
  batchFunction,
  bool,
  decimal,
  double,
  int64,
  nullable,
  pipeline,
  string,
  timestamp,
  values,
  view,
} from "../../src/builder/mod.ts";
import { RdxError } from "../../src/core/errors.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { CATALOG } from "../plan/catalog.ts";

const module = "file:///functions/score.ts";
const score = batchFunction({ module, name: "score", takes: [int64(), double()], returns: double() });
const fits = batchFunction({ module, name: "fits", takes: [string(), timestamp()], returns: bool() });
const source = () =>
  values([[1, 2.5, "x", 0, "1.50"]], {
    a: int64(),
    b: nullable(double()),
    t: string(),
    at: timestamp(),
    d: decimal(9, 2),
  });

Deno.test("a declared function is called like any other, and its calls carry it", () => {
  const plan = pipeline("p").from(source())
    .filter((r) => fits(r.t, r.at))
    .map((r) => ({
      s: score(r.a, r.b).mul(2),
      more: score(5, r.d),
      none: score(null, 0.5),
      again: fits("x", new Date(0)),
    }))
    .to(view("p")).toPlan();
  const reference = { module, export: "score", takes: ["int64", "double"], returns: "double" };
  const [, filter, project] = plan.nodes;
  assert.ok(filter.op === "filter" && project.op === "project");
  assert.deepEqual(filter.where, {
    call: "fits",
    args: [{ column: "t" }, { column: "at" }],
    function: { module, export: "fits", takes: ["string", "timestamp"], returns: "bool" },
  });
  assert.deepEqual(project.columns.map((column) => typeof column === "string" ? column : column.expr).slice(0, 3), [
    {
      call: "mul",
      args: [{ call: "score", args: [{ column: "a" }, { column: "b" }], function: reference }, { literal: 2 }],
    },
    { call: "score", args: [{ literal: 5 }, { column: "d" }], function: reference },
    { call: "score", args: [{ literal: null }, { literal: 0.5 }], function: reference },
  ]);
  const { columns } = compilePlan(plan, CATALOG).physical.operators.at(-1)!;
  assert.deepEqual(columns.map(({ name, type, nullable }) => [name, type.kind, nullable]), [
    ["s", "double", true],
    ["more", "double", true],
    ["none", "double", true],
    ["again", "bool", true],
  ]);
});

Deno.test("arguments of other kinds, too few and too many of them, and results in wrong places do not compile", () => {
  const wrong = pipeline("p").from(source());
  const never = () => {
    // @ts-expect-error A text is no int64.
    wrong.map((r) => ({ s: score(r.t, r.b) }));
    // @ts-expect-error A double is no int64.
    wrong.map((r) => ({ s: score(r.b, r.b) }));
    // @ts-expect-error One argument is missing.
    wrong.map((r) => ({ s: score(r.a) }));
    // @ts-expect-error One is too much.
    wrong.map((r) => ({ s: score(r.a, r.b, r.b) }));
    // @ts-expect-error A filter takes a condition.
    wrong.filter((r) => score(r.a, r.b));
    // @ts-expect-error User functions have no decimals.
    batchFunction({ module, name: "f", takes: [decimal(9, 2)], returns: double() });
  };
  assert.equal(typeof never, "function");
});

Deno.test("what the compiler was talked out of is refused at deploy", () => {
  const loose = score as unknown as (...args: unknown[]) => ReturnType<typeof score>;
  const plan = pipeline("p").from(source()).map((r) => ({ s: loose(r.t, r.b) })).to(view("p")).toPlan();
  assert.throws(() => compilePlan(plan, CATALOG), (thrown) => {
    assert.ok(thrown instanceof RdxError && thrown.code === "invalid_plan");
    assert.deepEqual(thrown.details.map(({ path, reason }) => [path, reason]), [
      ["nodes[1].columns[0].expr.args[0]", "score cannot take string here"],
    ]);
    return true;
  });
});

Deno.test("a function cannot have the name of one of the language, or none", () => {
  const named = (name: string) => () => batchFunction({ module, name, takes: [int64()], returns: int64() });
  assert.throws(named("abs"), /^TypeError: abs is a function of the language: a user function needs another name$/);
  assert.throws(named("my score"), /^TypeError: Cannot call a function "my score"/);
});
