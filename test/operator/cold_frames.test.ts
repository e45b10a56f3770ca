import assert from "node:assert/strict";
import { randomOf } from "../kernel/numbers.ts";
import { bounded, holdsCold, onDisk, type Size, stepsOf } from "./cold_run.ts";
import { type Form, OPERATOR_FORMS } from "./forms.ts";

/** A form whose frames have this length, of so few aggregates that its rows are what takes the memory. `keyed` false: all rows are of one key. */
function formOf(name: string, preceding: number, keyed = true): Form {
  const form = OPERATOR_FORMS.get(name)!, { plan } = form;
  assert.ok(plan.op === "over");
  const inputs = plan.columns.length - plan.calls.length, calls = plan.calls.slice(0, 1);
  const columns = plan.columns.slice(0, inputs + 1), keys = keyed ? plan.keys : [];
  return { ...form, plan: { ...plan, keys, columns, calls, frame: { ...plan.frame, preceding } } };
}

/** Rows come up to 100 ms ahead of the watermark, 400 a step: what a step's milliseconds are says how many of them wait. */
const WAITING: Size = { boundBytes: 1_000_000, keys: 2000, steps: 70, stepMs: 1, hot: false, ends: true };
const FRAMES: Size = { ...WAITING, stepMs: 40 };

const FORMS: readonly (readonly [string, Form, Size])[] = [
  ["that wait, of frames of all rows", formOf("over all until a time", -1), WAITING],
  ["that wait, of frames of a number of rows", formOf("over rows by time", 3), WAITING],
  ["that wait, of ranges", formOf("over a range", 10), WAITING],
  ["that wait, of one key", formOf("over all until a time", -1, false), WAITING],
  ["that wait, of one key and a number of rows", formOf("over rows by time", 3, false), WAITING],
  ["of ranges", formOf("over a range", 2000), FRAMES],
  ["of ranges of one key", formOf("over a range", 2000, false), FRAMES],
  ["of a number of rows by time", formOf("over rows by time", 20), FRAMES],
  ["of a number of rows as they come", formOf("over rows", 20), FRAMES],
];

for (const [name, form, size] of FORMS) {
  for (const hot of form.plan.op === "over" && form.plan.keys.length > 0 ? [false, true] : [false]) {
    Deno.test(
      `rows of four times their bound come out as they would in memory, over checkpoints and restarts: ${name}, ${
        hot ? "hot" : "uniform"
      } keys`,
      () => holdsCold(form, { ...size, hot }, 9000),
    );
  }
}

/** What a form says when all that is read from the working file that it opens as this one is damaged: rows have one, their aggregates another. */
function saidOf(form: Form, size: Size, damaged: number): string {
  let opened = 0;
  const task = bounded(form, size.boundBytes, () => {
    const real = onDisk();
    if (opened++ !== damaged) return real;
    return { ...real, read: (at, into) => (real.read(at, into), into[into.length - 20] ^= 16, into.length) };
  });
  try {
    for (const step of stepsOf(form, randomOf(2), size)) task.run(step);
    task.run({ input: 0, rows: [], tick: false, watermark: Infinity });
    return "nothing";
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } finally {
    task.close();
  }
}

for (const [name, form, size] of FORMS) {
  Deno.test(`a row that comes back damaged is no row: the operator says so: ${name}`, () => {
    const said = [0, 1].map((file) => saidOf(form, size, file));
    assert.ok(said.includes("The file with cold rows of state is damaged: the checksum of rows is wrong"), `${said}`);
  });
}
