import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { type PlanNode, RANK_FUNCTIONS } from "../../src/plan/plan.ts";
import { firstDebt } from "./changes.ts";
import { type LogEntry, runReference } from "./engine.ts";
import { streamColumns } from "./engine_run.ts";
import { FEATURES } from "./random_flow.ts";
import { anyChoices, randomPlan } from "./random_plan.ts";
import { anySeeds, rowsOf } from "./random_rows.ts";

/** What a node does, in one word or two. */
function nameOf(node: PlanNode): string {
  switch (node.op) {
    case "window":
      return node.window.kind;
    case "join": {
      const mode = node.within ? "interval" : node.as_of ? node.as_of.kind : node.window ? "window" : "regular";
      return `${mode} ${node.type}`;
    }
    case "rank":
      return `${node.window_end ? "window " : ""}${node.fn ?? "row_number"}`;
    case "source":
      return node.changes ? "changelog" : "source";
    default:
      return node.op;
  }
}

const TYPES = ["inner", "left", "right", "full", "semi", "anti"];
const ALL = [
  ...["source", "changelog", "filter", "project", "union", "aggregate", "tumble", "hop", "cumulate", "session", "sink"],
  ...RANK_FUNCTIONS.flatMap((fn) => [fn, `window ${fn}`]),
  ...["over", "unnest", "asof inner", "asof left"],
  ...TYPES.flatMap((type) => [`regular ${type}`, `window ${type}`]),
  ...TYPES.slice(0, 4).map((type) => `interval ${type}`),
];

Deno.test("random plans have everything in them, and the reference engine runs them all to changelogs that hold", () => {
  const met = new Map<string, number>(), withRows = new Map<string, number>();
  const arbitrary = fc.tuple(anyChoices(8), anySeeds(24), anySeeds(24), anySeeds(24));
  fc.assert(
    fc.property(arbitrary, ([choices, ...seeds]) => {
      const { plan, sources, changes } = randomPlan(choices, new Set(FEATURES));
      const streams = Object.fromEntries(sources.map((source) => [source.id, streamColumns(source)]));
      const log: LogEntry[] = [], rows = sources.map((source, i) => rowsOf(source, seeds[i]));
      for (let i = 0; i < 60; i++) {
        sources.forEach(({ id }, s) => i < rows[s].length && log.push({ source: id, ...rows[s][i] }));
      }
      for (const { id } of sources) log.push({ source: id, end: true });
      const found = runReference(plan, log, streams).get("out")!.rows;
      // A window may leave out a late row and not what takes it back.
      const owes = sources.some((source) => source.changes) && plan.nodes.some(({ op }) => op === "window");
      if (!owes) assert.equal(firstDebt(found), -1, JSON.stringify(plan.nodes));
      if (!changes) assert.ok(found.every(({ kind }) => kind === "+I"), JSON.stringify(plan.nodes));
      for (const node of plan.nodes) {
        const name = nameOf(node);
        met.set(name, (met.get(name) ?? 0) + 1);
        if (found.length > 0) withRows.set(name, (withRows.get(name) ?? 0) + 1);
      }
    }),
    { numRuns: 4500, seed: 6 },
  );
  const rare = ALL.filter((name) => (withRows.get(name) ?? 0) < 3);
  assert.deepEqual(rare, [], `met: ${JSON.stringify([...met])}`);
});
