import assert from "node:assert/strict";
import { compilePlan } from "../../src/plan/compile.ts";
import { frontPrograms, settleShares, sharedWith, ShareKeys } from "../../src/plan/share_points.ts";
import { call, CATALOG, col, FLIGHTS, type Json, lit, planOf, SOURCE } from "./catalog.ts";

const text = FLIGHTS.find(({ type }) => type.kind === "string")!.name;
const test = (pattern: string) => call("regexp", col(text), lit(pattern));
const VIEW = { sink: { kind: "view", name: "v" } };
const physical = (where: Json, ...columns: Json[]) =>
  compilePlan(
    planOf(
      SOURCE,
      ["f", "source", { op: "filter", where }],
      ["p", "f", { op: "project", columns: columns.map((expr, i) => ({ as: `c${i}`, expr })) }],
      ["v", "p", { op: "sink", ...VIEW }],
    ),
    CATALOG,
  ).physical;
const shares = (a: ReturnType<typeof physical>, b: ReturnType<typeof physical>) =>
  Object.fromEntries(sharedWith(a, new Map([["b", b]])));

Deno.test("equal costly tests are shared, whatever the nodes are called and whatever else is tested; others are not", () => {
  const one = physical(test("a+b"), col(text));
  assert.deepEqual(shares(one, physical(call("and", test("a+b"), call("eq", col(text), lit("x"))), col(text))), {
    f: ["b"],
  });
  assert.deepEqual(shares(one, physical(test("a+c"), col(text))), {});
  const cheap = call("eq", col(text), lit("x"));
  assert.deepEqual(shares(physical(cheap, col(text)), physical(cheap, col(text))), {});
});

Deno.test("a column is what it is computed of: a step behind other steps is shared where the values in front are the same", () => {
  const made = call("regexp_replace", col(text), lit("[ab]"), lit("c"));
  const behind = (made: Json) =>
    compilePlan(
      planOf(
        SOURCE,
        ["p", "source", { op: "project", columns: [{ as: "made", expr: made }] }],
        ["f", "p", { op: "filter", where: call("regexp", col("made"), lit("c+d")) }],
        ["v", "f", { op: "sink", ...VIEW }],
      ),
      CATALOG,
    ).physical;
  assert.notDeepEqual(shares(behind(made), behind(made)), {});
  assert.deepEqual(shares(behind(made), behind(call("regexp_replace", col(text), lit("[ab]"), lit("d")))), {});
});

Deno.test("the largest part that programs have in common is what they share, and each knows how many others want it", () => {
  const keys = new ShareKeys(), both = call("and", test("a+b"), test("c+d"));
  const plans = [physical(both, col(text)), physical(both, col(text)), physical(test("c+d"), col(text))];
  const fronts = plans.map((plan) => frontPrograms(plan, keys)), places = settleShares(fronts.flat());
  // The whole test of the first two; the third finds its part of it nowhere: the first two do not ask for it.
  assert.equal(places.length, 2);
  assert.equal(new Set(places.map(({ key }) => key)).size, 1);
  for (const { front, instruction } of places) assert.equal(front.points[instruction]!.others, 1);
  settleShares(fronts.slice(1).flat());
  const [second] = fronts[1].filter(({ points }) => points.some((point) => point && point.key !== 0));
  assert.deepEqual(second.points.filter((point) => point && point.key !== 0).map((point) => point!.others), [1]);
});
