import assert from "node:assert/strict";
import { randomOf } from "../kernel/numbers.ts";
import { onDisk, type Size, stepsOf, wholeText } from "./cold_run.ts";
import { type Step, Task } from "./form_task.ts";
import { OPERATOR_FORMS } from "./forms.ts";
import { seeds } from "./seeds.ts";

const SEEDS = Number(Deno.env.get("RDX_NEIGHBOURS") ?? 5), OPERATORS = 3, BOUND_BYTES = 1_600_000;
const SIZE: Size = { boundBytes: BOUND_BYTES, keys: 6000, steps: 32, stepMs: 5, hot: false };
const NAMES = [
  "group of cells",
  "group of texts",
  "group of sets",
  "group of lists, changelog",
  "group of time to live",
  "group of windows",
  "tumbling windows",
  "hopping windows",
  "sessions of rows",
  "rank",
  "rank of a changelog",
  "rank of windows",
  "upserts",
  "inner join",
  "left join of changelogs",
  "full interval join",
  "left window join",
  "over all rows",
  "over all until a time",
  "over a range",
  "over rows by time",
  "over rows",
];

/** Steps of an operator, of which each is done once. */
class Steps {
  readonly #steps: Iterator<Step>;

  constructor(readonly bounded: Task, readonly memory: Task, random: () => number) {
    this.#steps = stepsOf(bounded.form, random, SIZE);
  }

  /** Does the next one; false: there is none. */
  next(during: () => void): boolean {
    const { done, value: step } = this.#steps.next();
    if (done) return false;
    assert.deepEqual(this.bounded.run(step, during), this.memory.run(step), `watermark ${step.watermark}`);
    return true;
  }

  close(): void {
    this.bounded.close();
    this.memory.close();
  }
}

/** Runs operators in one task whose state has a bound, and each in memory; the most rows that were on disk. */
function runShared(names: readonly string[], boundBytes: number, random: () => number): number {
  let shared: Task | null = null, most = 0;
  const all = names.map((name) => {
    const form = OPERATOR_FORMS.get(name)!;
    const bounded = new Task(form, 0, 1, (kernel) => {
      kernel.cold = onDisk;
      kernel.limitState(boundBytes);
    }, shared?.kernel);
    shared ??= bounded;
    return new Steps(bounded, new Task(form, 0, 1), random);
  });
  try {
    let left = new Set(all);
    // One has the memory for itself for a while, then another
    while (left.size > 0) {
      const first = [...left][Math.floor(random() * left.size)], turns = 1 + Math.floor(random() * 12);
      for (let turn = 0; turn < turns && left.has(first); turn++) {
        const below = all.filter((one) => one !== first), nested = random() < 0.5;
        let times = 0;
        // What is behind an operator works while its rows are under way
        const during = () => {
          if (!nested || times++ > 1) return;
          below[0].next(() => void (times++ < 2 && below[1].next(() => {})));
        };
        if (!first.next(during)) left = new Set([...left].filter((one) => one !== first));
      }
      most = Math.max(most, all.reduce((sum, { bounded }) => sum + bounded.operator.cold!.rows, 0));
    }
    for (const { bounded, memory } of all) assert.deepEqual(wholeText(bounded), wholeText(memory));
  } catch (thrown) {
    throw new Error(`${names}: ${thrown instanceof Error ? thrown.message : thrown}`, { cause: thrown });
  } finally {
    for (const one of all) one.close();
  }
  return most;
}

Deno.test("operators of one task that share little memory make room for each other, also while one of them is at work", () => {
  let cold = 0;
  seeds(SEEDS, (seed) => {
    const random = randomOf(seed),
      names = Array.from({ length: OPERATORS }, () => {
        return NAMES[Math.floor(random() * NAMES.length)];
      });
    if (runShared(names, BOUND_BYTES, random) > 1000) cold++;
  });
  assert.ok(cold * 2 > SEEDS, `of ${cold} of ${SEEDS} runs rows were on disk`);
});

Deno.test("an operator behind two at work which have all of the memory, and what may be taken beyond it, goes on", () => {
  for (const seed of [7, 8]) {
    const random = randomOf(seed), names = ["inner join", "sessions of rows", "group of time to live"];
    // As many as choose the operators of a run
    for (let i = 0; i < OPERATORS; i++) random();
    assert.ok(runShared(names, 1_000_000, random) > 1000, `seed ${seed}`);
  }
});
