import { compilePlan } from "../../src/plan/compile.ts";
import { catalogOf, inputsOf, STORED } from "../contract/state_inputs.ts";
import fc from "../deps/fast_check.ts";
import { streamColumns } from "../reference/engine_run.ts";
import { anyChoices, randomPlan } from "../reference/random_plan.ts";
import { anySeeds, rowsOf } from "../reference/random_rows.ts";
import { Lives } from "./lives.ts";

/** A random plan over random rows. */
export interface RandomLives {
  /** The same each time it is called: nothing has happened yet. */
  readonly make: () => Lives;
  /** The plan, for messages. */
  readonly text: string;
}

/** Plans that keep something, with what comes for them. */
export function anyLives(): fc.Arbitrary<RandomLives> {
  const seeds = fc.tuple(anySeeds(120), anySeeds(60), anySeeds(60)),
    cuts = fc.array(fc.nat({ max: 4 }), { maxLength: 5 });
  return fc.tuple(anyChoices(5), seeds, cuts, fc.nat()).map(([choices, seeds, cuts, seed]) => {
    const { plan, sources } = randomPlan(choices, STORED), { physical } = compilePlan(plan, catalogOf(sources));
    const own = physical.sources.map(({ id }) => sources.find((source) => source.id === id)!);
    const inputs = inputsOf(own, own.map((source) => rowsOf(source, seeds[sources.indexOf(source)])), cuts);
    const chunks = own.map((_, i) =>
      inputs.flatMap((input) => input.kind === "chunk" && input.source === i ? [input.frames] : [])
    );
    const positions = physical.sources.map(({ columns }, i) => {
      const names = streamColumns(own[i]).map(({ name }) => name);
      return columns.map(({ name }) => names.indexOf(name));
    });
    return { make: () => new Lives(physical, positions, chunks, seed), text: JSON.stringify(plan.nodes) };
  });
}
