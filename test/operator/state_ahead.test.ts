import assert from "node:assert/strict";
import type { OperatorState } from "../../src/core/state.ts";
import { randomOf } from "../kernel/numbers.ts";
import { mergeSteps, restoreSteps, stepsText, type TableStep, withoutSums } from "../kernel/state_steps.ts";
import { stepsOf } from "./form_steps.ts";
import { Task } from "./form_task.ts";
import { type Form, OPERATOR_FORMS } from "./forms.ts";
import { drained, Rounds, stateOf } from "./rounds.ts";
import { seeds } from "./seeds.ts";

const STEPS = 48, AMOUNT = { texts: 300, rows: 120 };

/** Operators that keep nothing, or whose rows go to any task or to all. */
function hasNone({ plan }: Form): boolean {
  return ["filter", "project", "union", "unnest", "assign", "lookup"].includes(plan.op) ||
    ("nullAware" in plan && plan.nullAware);
}

for (const [name, form] of OPERATOR_FORMS) {
  if (hasNone(form)) continue;
  Deno.test(`what rounds in front of cuts and cuts give is the state, whatever happens between their steps: ${name}`, () => {
    seeds(1, (seed) => {
      const random = randomOf(seed), undisturbed = new Task(form, 0, 1), rounds = new Rounds(random);
      let task = new Task(form, 0, 1), chain: TableStep[] = [];
      const cut = () => {
        const [whole, steps] = rounds.cut(task);
        chain = whole ? steps : [...chain, ...steps];
      };
      for (const [i, step] of stepsOf(form, seed, STEPS, AMOUNT).entries()) {
        assert.deepEqual(task.run(step), undisturbed.run(step), `step ${i}`);
        if (i % 6 > 1) rounds.go(task);
        if (i % 6 !== 5) continue;
        cut();
        if (random() < 0.5) continue;
        task.close();
        task = new Task(form, 0, 1);
        restoreSteps(task.kernel, stateOf(task), chain);
      }
      rounds.go(task);
      cut();
      const twin = new Task(form, 0, 1);
      restoreSteps(twin.kernel, stateOf(twin), chain);
      assert.deepEqual(stepsText(drained(twin, true)), stepsText(drained(task, true)));
      for (const one of [task, twin, undisturbed]) one.close();
    });
  });
}

/** A task, with what its checkpoints have since the last whole one. */
interface Kept {
  readonly task: Task;
  readonly rounds: Rounds;
  chain: TableStep[];
}

function tasksOf(form: Form, random: () => number, tasks: number): Kept[] {
  return Array.from({ length: tasks }, (_, i) => ({
    task: new Task(form, i, tasks),
    rounds: new Rounds(random),
    chain: [],
  }));
}

/** What the checkpoints of all tasks have, as those of one: of tables with one row, the last of each task. */
function merged({ tables }: OperatorState, all: readonly Kept[]): TableStep[] {
  const single = (step: TableStep) => tables.find(({ name }) => name === step.table)!.keys === 0;
  return mergeSteps(
    tables,
    all.map(({ chain }) => {
      return chain.filter((step, i) => !single(step) || !chain.slice(i + 1).some(({ table }) => table === step.table));
    }),
  );
}

for (const [name, form] of OPERATOR_FORMS) {
  if (hasNone(form) || !form.splits) continue;
  Deno.test(`tasks that come and go share what rounds and cuts gave: ${name}`, () => {
    seeds(1, (seed) => {
      const random = randomOf(seed), undisturbed = new Task(form, 0, 1);
      let all = tasksOf(form, random, 1 + Math.floor(random() * 4));
      for (const [i, step] of stepsOf(form, seed, STEPS / 2, AMOUNT).entries()) {
        const got = all.flatMap(({ task }) => task.run(step)).sort();
        assert.deepEqual(got, undisturbed.run(step).sort(), `step ${i} of ${all.length} tasks`);
        for (const { task, rounds } of all) if (i % 4 > 0) rounds.go(task);
        if (i % 4 !== 3) continue;
        for (const kept of all) {
          const [whole, steps] = kept.rounds.cut(kept.task);
          kept.chain = whole ? steps : [...kept.chain, ...steps];
        }
        if (random() < 0.5) continue;
        const state = stateOf(all[0].task), steps = merged(state, all), next = 1 + Math.floor(random() * 4);
        for (const { task } of all) task.close();
        all = tasksOf(form, random, next);
        for (const [i, kept] of all.entries()) {
          const own = i === 0 ? steps : withoutSums(state.tables, steps);
          restoreSteps(kept.task.kernel, stateOf(kept.task), own, (group) => kept.task.owns(group));
          // What follows lies on a checkpoint of its own
          kept.chain = drained(kept.task, true);
        }
      }
      assert.equal(all.reduce((sum, { task }) => sum + task.operator.stateRows, 0), undisturbed.operator.stateRows);
      for (const one of [undisturbed, ...all.map(({ task }) => task)]) one.close();
    });
  });
}
