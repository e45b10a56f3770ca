import fc from "../deps/fast_check.ts";
import { RdxError } from "../../src/core/errors.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { streamColumns } from "../reference/engine_run.ts";
import { anyChoices, randomPlan } from "../reference/random_plan.ts";
import { anySeeds, rowsOf } from "../reference/random_rows.ts";
import { catalogOf, inputsOf, STORED } from "./state_inputs.ts";
import { StateRun, type Step } from "./state_run.ts";

/** Where damage is, and what: each number is taken modulo what there is. */
type Damage = readonly [kind: number, step: number, byte: number, value: number];

/** A drain that no operator gave. */
function damaged(steps: readonly Step[], [kind, at, byte, value]: Damage): Step[] {
  const i = at % steps.length, step = steps[i], other = steps[(i + 1 + value) % steps.length];
  switch (kind % 6) {
    case 0:
      return steps.filter((_, k) => k !== i);
    case 1:
      return [...steps, step];
    case 2:
      return steps.with(i, { ...step, frame: step.frame && (other.frame ?? step.frame) });
    case 3:
      return steps.with(i, { ...step, table: other.table });
    case 4:
      return steps.with(i, {
        node: step.node,
        table: step.table,
        kind: "expire",
        frame: null,
        below: BigInt(value) << 20n,
      });
    default:
      return steps.with(i, { ...step, frame: step.frame && overwritten(step.frame, byte, value) });
  }
}

/** Values of a frame behind its head, 8 bytes at a time: lengths of texts and the places of columns stay as they are. */
function overwritten(frame: ArrayBuffer, at: number, value: number): ArrayBuffer {
  const copy = frame.slice(0), words = new DataView(copy), last = Math.max(0, copy.byteLength - 64 * (1 + at % 4));
  words.setBigInt64(last - last % 8, BigInt(value) - 2n, true);
  return copy;
}

Deno.test("tables that no operator gave are refused, or taken for what they say, but never end a kernel", () => {
  const damage: fc.Arbitrary<Damage> = fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.oneof(fc.nat({ max: 300 }), fc.nat()));
  fc.assert(
    fc.property(anyChoices(3), anySeeds(60), fc.nat(), damage, (choices, seeds, until, damage) => {
      const { plan, sources } = randomPlan(choices, STORED), { physical } = compilePlan(plan, catalogOf(sources));
      const own = physical.sources.map(({ id }) => sources.find((source) => source.id === id)!);
      const positions = physical.sources.map(({ columns }, i) => {
        const names = streamColumns(own[i]).map(({ name }) => name);
        return columns.map(({ name }) => names.indexOf(name));
      });
      const inputs = inputsOf(own, own.map((source) => rowsOf(source, seeds)), [7]),
        run = new StateRun(physical, positions);
      const cut = until % inputs.length;
      inputs.slice(0, cut).forEach((input) => run.send(input));
      const steps = run.drain(true, 20), next = new StateRun(physical, positions, run);
      run.close();
      if (steps.length > 0) goOn(next, damaged(steps, damage), inputs.slice(cut));
      next.close();
    }),
    { numRuns: Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 150) },
  );
});

/** Only what says what is wrong may be thrown, and only while the tables are taken in. */
function goOn(run: StateRun, steps: readonly Step[], inputs: ReturnType<typeof inputsOf>): void {
  try {
    run.restore(steps);
  } catch (thrown) {
    if (thrown instanceof RdxError) return;
    throw thrown;
  }
  for (const input of inputs) run.send(input);
  run.drain(true);
}
