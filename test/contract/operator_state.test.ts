import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { streamColumns } from "../reference/engine_run.ts";
import { KIND_COLUMN } from "../reference/random_flow.ts";
import { anyChoices, randomPlan } from "../reference/random_plan.ts";
import { anySeeds, rowsOf } from "../reference/random_rows.ts";
import { catalogOf, inputsOf, STORED } from "./state_inputs.ts";
import { StateRun, type Step, tablesText } from "./state_run.ts";

Deno.test("an operator that takes in what another one gave out goes on as that one does", () => {
  const seeds = fc.tuple(anySeeds(80), anySeeds(30), anySeeds(30));
  const small = fc.array(fc.nat({ max: 30 }), { maxLength: 6 });
  // What happens behind each message: nothing, a drain, or a drain into an operator that goes on in its place
  const acts = fc.array(fc.constantFrom("none", "drain", "restart"), { minLength: 1, maxLength: 20 });
  const sizes = fc.constantFrom(8192, 3);
  fc.assert(
    fc.property(anyChoices(4), seeds, small, acts, sizes, (choices, seeds, cuts, acts, rowsMax) => {
      const { plan, sources } = randomPlan(choices, STORED), { physical } = compilePlan(plan, catalogOf(sources));
      const order = physical.sources.map(({ id }) => sources.findIndex((source) => source.id === id));
      const own = order.map((i) => sources[i]), rows = order.map((i) => rowsOf(sources[i], seeds[i]));
      const positions = physical.sources.map(({ columns }, i) => {
        const names = streamColumns(own[i]).map(({ name }) => name);
        return columns.map(({ name }) => names.indexOf(name));
      });
      assert.ok(positions.every((list) => list.every((at) => at >= 0)), KIND_COLUMN);
      const undisturbed = new StateRun(physical, positions), steps: Step[] = [];
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
