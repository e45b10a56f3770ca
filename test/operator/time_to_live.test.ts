import assert from "node:assert/strict";
import { bounded } from "./cold_run.ts";
import { stepsOf } from "./form_steps.ts";
import { Task } from "./form_task.ts";
import { type Form, OPERATOR_FORMS } from "./forms.ts";

const SEED = 20_261_130;

/** How long keys or rows of a form live; 0: as long as there is input. Where groups are told at ticks, the end of the input is the last of these. */
function timeToLiveMs({ plan }: Form): number {
  if (plan.op === "group") return plan.emit.mode === "changes" ? plan.emit.ttlMs : 0;
  if (plan.op === "rank") return plan.mode.mode === "changes" ? plan.mode.ttlMs : 0;
  return plan.op === "join" && plan.mode.mode === "regular" ? plan.mode.ttlMs : 0;
}

const FORMS = [...OPERATOR_FORMS].filter(([, form]) => timeToLiveMs(form) > 0);

Deno.test(`what came before the first watermark lives from it on (seed ${SEED})`, () => {
  for (const [name, form] of FORMS) {
    const task = new Task(form, 0, 1), first = 1_000_000, last = first + timeToLiveMs(form) - 1;
    for (const step of stepsOf(form, SEED, 12)) task.run({ ...step, watermark: -Infinity });
    const { stateRows } = task.operator;
    for (const watermark of [first, last, last + 1]) {
      task.run({ input: 0, rows: [], tick: false, watermark });
      assert.equal(task.operator.stateRows, watermark > last ? 0 : stateRows, `${name}, ${watermark} of ${last}`);
    }
    task.close();
  }
});

Deno.test(`the end of the input passes every time to live, where watermarks came before it and where none did (seed ${SEED})`, () => {
  assert.ok(FORMS.length > 8, `${FORMS.length} forms`);
  for (const [name, form] of FORMS) {
    for (const watermarks of [true, false]) {
      for (const task of [new Task(form, 0, 1), bounded(form, 1 << 20)]) {
        for (const step of stepsOf(form, SEED, 12)) {
          task.run({ ...step, watermark: watermarks ? step.watermark : -Infinity });
        }
        const { stateRows } = task.operator, how = `${name}, ${watermarks ? "with" : "without"} watermarks`;
        assert.ok(stateRows > 0, how);
        task.run({ input: 0, rows: [], tick: false, watermark: Infinity });
        assert.equal(task.operator.stateRows, 0, `${how}: of ${stateRows} rows`);
        task.close();
      }
    }
  }
});
