import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import type { Catalog } from "../../src/plan/catalog.ts";
import { streamColumns } from "../reference/engine_run.ts";
import { type Feature, FEATURES, KIND_COLUMN, type RandomSource } from "../reference/random_flow.ts";
import { anyChoices, randomPlan } from "../reference/random_plan.ts";
import { anySeeds, rowsOf, type StreamRow } from "../reference/random_rows.ts";
import { frameOfRows } from "../runtime/rows.ts";
import { type Input, StateRun, type Step, tablesText } from "./state_run.ts";

/** Features whose operators replay what they were given: they have no tables. */
function isStored(feature: Feature): boolean {
  return !["group", "group_by_window", "distinct", "grouping_sets", "over"].includes(feature);
}

/** What RDX_RANDOM_FEATURES lists, to look into one thing. */
const features = new Set((Deno.env.get("RDX_RANDOM_FEATURES")?.split(" ") ?? FEATURES.filter(isStored)) as Feature[]);
const TICK_MS = 1_000_000;

function catalogOf(sources: readonly RandomSource[]): Catalog {
  const streams = new Map(sources.map((source) => [source.id, source]));
  return {
    stream: (name) => {
      const source = streams.get(name);
      return source ? { columns: streamColumns(source), time: "ts", delayMs: source.delayMs, futureSkewMs: 0 } : null;
    },
    sinkKinds: new Map([["collect", { changes: "all" as const, options: { type: "object", properties: {} } }]]),
  };
}

/** Chunks of the sources by turns, with ticks between them, and the ends. */
function inputsOf(
  sources: readonly RandomSource[],
  rows: readonly (readonly StreamRow[])[],
  cuts: readonly number[],
): Input[] {
  const inputs: Input[] = [], at = sources.map(() => 0);
  const left = () => sources.flatMap((_, i) => at[i] < rows[i].length ? [i] : []);
  for (let turn = 0, open = left(); open.length > 0; turn++, open = left()) {
    const source = open[turn % open.length], from = at[source];
    at[source] = Math.min(rows[source].length, from + 1 + (cuts.length === 0 ? 0 : cuts[turn % cuts.length]));
    const { changes } = sources[source], columns = streamColumns(sources[source]);
    const values = rows[source].slice(from, at[source]).map(({ kind, values }) => changes ? [...values, kind] : values);
    const frames = [{ frame: frameOfRows(columns, values), arrivalMs: 0 }];
    inputs.push({ kind: "chunk", source, frames, range: null, late: false });
    if (turn % 5 === 4) inputs.push({ kind: "tick", nowMs: (turn + 1) * TICK_MS });
  }
  return [...inputs, ...sources.map((_, source): Input => ({ kind: "mark", source, watermark: Infinity }))];
}

Deno.test("an operator that takes in what another one gave out goes on as that one does", () => {
  const seeds = fc.tuple(anySeeds(80), anySeeds(30), anySeeds(30));
  const small = fc.array(fc.nat({ max: 30 }), { maxLength: 6 });
  // What happens behind each message: nothing, a drain, or a drain into an operator that goes on in its place
  const acts = fc.array(fc.constantFrom("none", "drain", "restart"), { minLength: 1, maxLength: 20 });
  const sizes = fc.constantFrom(8192, 3);
  fc.assert(
    fc.property(anyChoices(4), seeds, small, acts, sizes, (choices, seeds, cuts, acts, rowsMax) => {
      const { plan, sources } = randomPlan(choices, features), { physical } = compilePlan(plan, catalogOf(sources));
      const order = physical.sources.map(({ id }) => sources.findIndex((source) => source.id === id));
      const own = order.map((i) => sources[i]), rows = order.map((i) => rowsOf(sources[i], seeds[i]));
      const positions = physical.sources.map(({ columns }, i) => {
        const names = streamColumns(own[i]).map(({ name }) => name);
        return columns.map(({ name }) => names.indexOf(name));
      });
      assert.ok(positions.every((list) => list.every((at) => at >= 0)), KIND_COLUMN);
      const undisturbed = new StateRun(physical, positions), steps: Step[] = [];
      if (undisturbed.replays) {
        undisturbed.close();
        fc.pre(false);
      }
      let run = new StateRun(physical, positions);
      inputsOf(own, rows, cuts).forEach((input, i) => {
        assert.deepEqual(run.send(input), undisturbed.send(input), `message ${i}, ${JSON.stringify(plan.nodes)}`);
        const act = acts[i % acts.length];
        if (act === "none") return;
        const drained = run.drain(false, rowsMax);
        steps.push(...drained);
        if (act !== "restart") return;
        const next = new StateRun(physical, positions, run);
        next.restore(steps);
        run.close();
        run = next;
      });
      const twin = new StateRun(physical, positions, run), tables = run.drain(true, rowsMax);
      twin.restore(tables);
      assert.deepEqual(tablesText(twin.drain(true)), tablesText(tables), JSON.stringify(plan.nodes));
      for (const one of [undisturbed, run, twin]) one.close();
    }),
    { numRuns: Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 60) },
  );
});
