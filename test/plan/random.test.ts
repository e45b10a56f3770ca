import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { RdxError } from "../../src/core/errors.ts";
import { analysePlan, compilePlan, loweringOf, parsePlan } from "../../src/plan/compile.ts";
import { explainPlan, formatExplanation } from "../../src/plan/explain.ts";
import type { LogicalNode } from "../../src/plan/logical.ts";
import { lowerPlan } from "../../src/plan/lower.ts";
import type { PhysicalPlan } from "../../src/plan/physical.ts";
import { existingPath } from "../../src/plan/problems.ts";
import type { Resolved } from "../../src/plan/resolved.ts";
import { compareState } from "../../src/plan/state.ts";
import type { Json } from "./catalog.ts";
import { Dice, RANDOM_CATALOG, randomPlan, randomRows } from "./random_plan.ts";
import type { Row } from "./reference/expression.ts";
import { runNodes } from "./reference/run.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

Deno.test("optimised plans give every sink the columns and the rows of the plan as it was written", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const dice = new Dice(seed), plan = randomPlan(dice, 8);
      const { resolved, written, optimized, physical } = analysePlan(plan, RANDOM_CATALOG);
      const lowering = loweringOf(resolved, RANDOM_CATALOG),
        plain = lowerPlan("random", { nodes: written, read: allOf(resolved) }, lowering);
      const streams = new Map([["a", randomRows(dice)], ["b", randomRows(dice)]]);
      const rowsOf = (id: string) => streams.get(resolved.sources.find((one) => one.id === id)!.stream!)!;
      const run = (nodes: readonly LogicalNode[], { sources }: PhysicalPlan) =>
        sorted(
          runNodes(nodes, rowsOf, new Map(sources.map(({ id, columns }) => [id, columns.map(({ name }) => name)]))),
        );
      for (const { id, columns, changes, upsertKeys } of physical.sinks) {
        const before = plain.sinks.find((one) => one.id === id)!;
        assert.deepEqual(columns, before.columns, `columns of ${id}`);
        assert.deepEqual([changes, upsertKeys], [before.changes, before.upsertKeys]);
        const known = resolved.nodes.find(({ node }) => node.id === id)!;
        assert.deepEqual(
          columns.map(({ name, type }) => [name, type]),
          known.columns.map(({ name, type }) => [name, type]),
        );
      }
      assert.deepEqual(run(optimized.nodes, physical), run(written, plain));
    }),
    { numRuns: 150 },
  );
});

Deno.test("random plans have every operator", () => {
  const met = new Set<string>();
  for (let seed = 0; seed < 150; seed++) {
    for (const node of analysePlan(randomPlan(new Dice(seed), 8), RANDOM_CATALOG).optimized.nodes) {
      met.add(node.op === "session" && node.calls ? "session with calls" : node.op);
    }
  }
  const keyed = ["aggregate", "session", "session with calls", "group", "join", "rank", "over"];
  assert.deepEqual(["filter", "project", "union", "assign", ...keyed].filter((op) => !met.has(op)), []);
});

/** All columns of all sources. */
function allOf({ sources }: Resolved): Map<string, string[]> {
  return new Map(sources.map(({ id, columns }) => [id, columns.map(({ name }) => name)]));
}

/** Rows of each sink in an order that only their cells decide. */
function sorted(sinks: ReadonlyMap<string, readonly Row[]>): Record<string, string[]> {
  const text = (row: Row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => a < b ? -1 : 1));
  return Object.fromEntries([...sinks].map(([id, rows]) => [id, rows.map(text).sort()]));
}

Deno.test("what tells rows apart does, in the rows of random plans", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const dice = new Dice(seed), plan = randomPlan(dice, 6);
      const { resolved, written } = analysePlan(plan, RANDOM_CATALOG);
      const streams = new Map([["a", randomRows(dice)], ["b", randomRows(dice)]]);
      const rowsOf = (id: string) => streams.get(resolved.sources.find((one) => one.id === id)!.stream!)!;
      for (const [id, rows] of runNodes(written, rowsOf, allOf(resolved))) {
        const keys = resolved.nodes.find(({ node }) => node.id === id)!.upsertKeys;
        if (keys === null) continue;
        const seen = rows.map((row) => JSON.stringify(keys.map((key) => row[key])));
        assert.equal(new Set(seen).size, seen.length, `${id} by ${keys}`);
      }
    }),
    { numRuns: 100 },
  );
});

Deno.test("random plans are their own normal form, survive JSON, can be explained, and have the state that they have", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const json = randomPlan(new Dice(seed), 7), { plan, physical } = compilePlan(json, RANDOM_CATALOG);
      assert.deepEqual(parsePlan(json, RANDOM_CATALOG.sinkKinds), plan);
      assert.deepEqual(compilePlan(plan, RANDOM_CATALOG), { plan, physical });
      assert.deepEqual(JSON.parse(JSON.stringify(physical)), physical);
      assert.deepEqual(structuredClone(physical), physical);
      assert.equal(compareState(physical, physical).verdict, "same");
      const explanation = explainPlan(json, RANDOM_CATALOG), text = formatExplanation(explanation);
      for (const { id } of explanation.nodes) assert.ok(text.includes(` ${id}`), `${id} is not explained`);
      assert.doesNotMatch(text, /undefined|NaN|\[object/);
    }),
    { numRuns: 60 },
  );
});

Deno.test("operators read different nodes that stand before them, by columns that these have", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { physical } = compilePlan(randomPlan(new Dice(seed), 9), RANDOM_CATALOG);
      const known = new Map(physical.sources.map(({ id, columns }) => [id, columns.length]));
      for (
        const operator of [...physical.operators, ...physical.sinks.map((sink) => ({ ...sink, inputs: [sink.input] }))]
      ) {
        assert.equal(new Set(operator.inputs).size, operator.inputs.length);
        for (const input of operator.inputs) assert.ok(known.has(input), `${operator.id} reads ${input}`);
        assert.ok(operator.columns.length > 0);
        if (!("op" in operator)) continue;
        const places = JSON.stringify(operator, (key, value) => key === "keys" || key === "args" ? value : value);
        assert.doesNotMatch(
          places,
          /"(keys|args|leftKeys|rightKeys)":\[[^\]]*-1/,
          `${operator.id} reads a column that is not there`,
        );
        if (operator.op === "union") {
          assert.deepEqual(
            operator.inputs.map((id) => known.get(id)),
            operator.inputs.map(() => operator.columns.length),
          );
        }
        known.set(operator.id, operator.columns.length);
      }
    }),
    { numRuns: 60 },
  );
});

/** Every place in a JSON value, as the keys that lead there. */
function placesOf(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, one]) => placesOf(one, [...at, key]))];
}

Deno.test("a random plan with any place replaced by anything compiles or is refused at places that exist", () => {
  const garbage = fc.oneof(
    fc.anything(),
    fc.constantFrom<unknown>(...["s0", "n1", "k", "ts", "window_end", "count", "left", 0, -1, 1.5, null, [], {}, true]),
    fc.constantFrom<unknown>({ column: "k" }, { column: "ts" }, ["k"], ["s0", "s1"], { kind: "session", gap_ms: 1 }),
  );
  let refused = 0;
  fc.assert(
    fc.property(seeds, fc.nat(), garbage, (seed, place, value) => {
      const plan = structuredClone(randomPlan(new Dice(seed), 6)),
        places = placesOf(plan).filter((at) => at.length > 0);
      const at = places[place % places.length], owner = at.slice(0, -1).reduce((one, key) => one[key] as Json, plan);
      owner[at[at.length - 1]] = value;
      try {
        compilePlan(plan, RANDOM_CATALOG);
      } catch (thrown) {
        assert.ok(thrown instanceof RdxError && thrown.code === "invalid_plan", `threw ${thrown}`);
        refused++;
        for (const { path = "", reason } of thrown.details) assert.equal(existingPath(plan, path), path, reason);
      }
    }),
    { numRuns: 400 },
  );
  assert.ok(refused > 100, `only ${refused} plans were refused`);
});
