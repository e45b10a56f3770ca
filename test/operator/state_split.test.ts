import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { drainSteps, mergeSteps, restoreSteps, stepsText, type TableStep, withoutSums } from "../kernel/state_steps.ts";
import { stepsOf } from "./form_steps.ts";
import { Task } from "./form_task.ts";
import { type Form, OPERATOR_FORMS } from "./forms.ts";

/** All that tasks of a form know goes on in so many others. */
function moved(form: Form, from: readonly Task[], tasks: number, rowsMax: number): Task[] {
  const steps = from.map(({ kernel, operator: { state } }) => {
    return typeof state === "string" ? [] : drainSteps(kernel, state, true, rowsMax);
  });
  const [{ operator: { state } }] = from;
  assert.ok(typeof state === "object");
  const whole = mergeSteps(state.tables, steps);
  for (const task of from) task.close();
  return Array.from({ length: tasks }, (_, i) => {
    const task = new Task(form, i, tasks),
      own: readonly TableStep[] = i === 0 ? whole : withoutSums(state.tables, whole);
    assert.ok(typeof task.operator.state === "object");
    restoreSteps(task.kernel, task.operator.state, own, (group) => task.owns(group));
    return task;
  });
}

for (const [name, form] of OPERATOR_FORMS) {
  if (!form.splits) continue;
  Deno.test(`tasks that come and go share the state of an operator by key groups: ${name}`, () => {
    let lines = 0;
    const moves = fc.array(fc.constantFrom(0, 0, 1, 2, 3, 4), { minLength: 1, maxLength: 8 });
    const same = fc.property(fc.integer(), moves, fc.constantFrom(8192, 2), (seed, moves, rowsMax) => {
      const steps = stepsOf(form, seed, 24), undisturbed = new Task(form, 0, 1);
      let tasks = [new Task(form, 0, 1)];
      steps.forEach((step, i) => {
        const expected = undisturbed.run(step).sort(), got = tasks.flatMap((task) => task.run(step)).sort();
        assert.deepEqual(got, expected, `step ${i} of ${tasks.length} tasks`);
        lines += got.length;
        const late = tasks.reduce((sum, { operator: { counts } }) => sum + counts.late + counts.nullTime, 0);
        assert.equal(late, undisturbed.operator.counts.late + undisturbed.operator.counts.nullTime);
        const move = moves[i % moves.length];
        if (move > 0) tasks = moved(form, tasks, move, rowsMax);
      });
      tasks = moved(form, tasks, 1, rowsMax);
      const [{ kernel, operator: { state, stateRows } }] = tasks;
      assert.ok(typeof state === "object" && typeof undisturbed.operator.state === "object");
      assert.equal(stateRows, undisturbed.operator.stateRows);
      assert.equal(
        stepsText(drainSteps(kernel, state, true)).length,
        stepsText(drainSteps(undisturbed.kernel, undisturbed.operator.state, true)).length,
        "as many rows of state",
      );
      for (const task of [undisturbed, ...tasks]) task.close();
    });
    fc.assert(same, { numRuns: Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 3), endOnFailure: true });
    // Of some forms one run in ten gives nothing
    for (let more = 0; lines === 0 && more < 20; more++) fc.assert(same, { numRuns: 1, endOnFailure: true });
    assert.ok(lines > 0, "something came out");
  });
}
