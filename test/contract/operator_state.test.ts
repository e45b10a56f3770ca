import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { streamColumns } from "../reference/engine_run.ts";
import { KIND_COLUMN } from "../reference/random_flow.ts";
import { anyChoices, randomPlan } from "../reference/random_plan.ts";
import { anySeeds, rowsOf } from "../reference/random_rows.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { LeavingKernel } from "../kernel/cold_kernel.ts";
import { loadKernel } from "../kernel/load.ts";
import { randomOf } from "../kernel/numbers.ts";
import { catalogOf, inputsOf, STORED } from "./state_inputs.ts";
import { StateRun, type Step, tablesText } from "./state_run.ts";

/** Upserts of a round that is left in the middle. */
const LEFT_UPSERTS = 1;

/** A kernel whose state leaves memory at a part of all pushes. */
function leavingKernel(share: number, seed: number): Kernel {
  const random = randomOf(seed);
  return share > 0 ? new LeavingKernel(() => random() < share) : loadKernel();
}

Deno.test("an operator that takes in what another one gave out goes on as that one does, whatever of it is in a working file", () => {
  const seeds = fc.tuple(anySeeds(80), anySeeds(30), anySeeds(30));
  const small = fc.array(fc.nat({ max: 30 }), { maxLength: 6 });
  // What happens behind each message: nothing, a round in front of a drain, or some of it, or that and then nobody wants what it gave; a drain, or a
  // drain into an operator that goes on in its place
  const all = ["none", "ahead", "left", "abandoned", "drain", "restart"] as const;
  const acts = fc.array(fc.constantFrom(...all), { minLength: 1, maxLength: 20 });
  const sizes = fc.constantFrom(8192, 3), leaving = fc.tuple(fc.constantFrom(0, 0.4, 1), fc.nat());
  fc.assert(
    fc.property(
      anyChoices(4),
      seeds,
      small,
      acts,
      sizes,
      fc.boolean(),
      leaving,
      (choices, seeds, cuts, acts, rowsMax, empty, [share, seed]) => {
        const { plan, sources } = randomPlan(choices, STORED), { physical } = compilePlan(plan, catalogOf(sources));
        const order = physical.sources.map(({ id }) => sources.findIndex((source) => source.id === id));
        const own = order.map((i) => sources[i]), rows = order.map((i) => rowsOf(sources[i], seeds[i]));
        const positions = physical.sources.map(({ columns }, i) => {
          const names = streamColumns(own[i]).map(({ name }) => name);
          return columns.map(({ name }) => names.indexOf(name));
        });
        assert.ok(positions.every((list) => list.every((at) => at >= 0)), KIND_COLUMN);
        const undisturbed = new StateRun(physical, positions), steps: Step[] = [];
        let ahead: Step[] = [], begun = false, whole = false;
        let run = new StateRun(physical, positions, null, leavingKernel(share, seed));
        if (empty) {
          // A checkpoint that was taken in front of the first row
          steps.push(...run.drain(true, rowsMax).filter(({ kind }) => kind !== "clear"));
          const next = new StateRun(physical, positions, run, leavingKernel(share, seed));
          next.restore(steps);
          run.close();
          run = next;
        }
        inputsOf(own, rows, cuts).forEach((input, i) => {
          assert.deepEqual(run.send(input), undisturbed.send(input), `message ${i}, ${JSON.stringify(plan.nodes)}`);
          const act = acts[i % acts.length];
          if (act === "none") return;
          if (act === "ahead" || act === "left" || act === "abandoned") {
            const upserts = act === "ahead" ? Infinity : LEFT_UPSERTS;
            ahead.push(...run.ahead(whole && !begun, rowsMax, upserts));
            begun = act !== "abandoned";
            whole ||= !begun;
            if (!begun) ahead = [];
            return;
          }
          steps.push(...ahead, ...run.drain(whole, rowsMax, begun));
          ahead = [];
          begun = whole = false;
          if (act !== "restart") return;
          const next = new StateRun(physical, positions, run, leavingKernel(share, seed));
          next.restore(steps);
          run.close();
          run = next;
        });
        const twin = new StateRun(physical, positions, run, leavingKernel(share, seed)),
          tables = run.drain(true, rowsMax);
        twin.restore(tables);
        assert.deepEqual(tablesText(twin.drain(true)), tablesText(tables), JSON.stringify(plan.nodes));
        for (const one of [undisturbed, run, twin]) one.close();
      },
    ),
    { numRuns: Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 60) },
  );
});
