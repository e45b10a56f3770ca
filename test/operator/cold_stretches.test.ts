import assert from "node:assert/strict";
import { bounded } from "./cold_run.ts";
import { type InputRow, Task } from "./form_task.ts";
import { OPERATOR_FORMS } from "./forms.ts";

/** Times of rows that wait, so many and so far apart that a due time of each has a stretch of its own, and that stretches have to be wide. */
const STRETCHES = 2000, APART = 100_000_000;
/** What comes out together takes several times the bound, at times that a wide stretch has in one small part. */
const FIRST = 10_001, TIMES = 16, TIME_STEP = 7, CROWD = 12_000;
const WIDTH = 400, BOUND_BYTES = 1_200_000;

const FORMS: readonly string[] = [
  "inner interval join",
  "full interval join",
  "left ASOF join",
  "inner temporal join",
  "full window join",
  "anti window join of changelogs",
  "rank of windows",
  "shared ranks of windows",
];

function rowOf(key: string, time: number): InputRow {
  const at = BigInt(time);
  return { kind: 0, values: [key, 1n, 0.5, at, at, true, 5n, 10n ** 30n, new Uint8Array(3)] };
}

for (const name of FORMS) {
  Deno.test(`rows that take several times the bound come out at their times where as many others wait for years: ${name}`, () => {
    const form = OPERATOR_FORMS.get(name)!, memory = new Task(form, 0, 1), task = bounded(form, BOUND_BYTES);
    let coldest = 0;
    const run = (input: number, rows: readonly InputRow[], watermark: number) => {
      const step = { input, rows, tick: false, watermark };
      assert.deepEqual(task.run(step), memory.run(step), `watermark ${watermark}`);
      coldest = Math.max(coldest, task.operator.cold!.rows);
    };
    const many = (from: number, row: (i: number) => InputRow) => Array.from({ length: WIDTH }, (_, i) => row(from + i));
    for (const input of form.changes.keys()) {
      for (let from = 0; from < STRETCHES; from += WIDTH) {
        run(input, many(from, (i) => rowOf(`key ${i}`, APART * (i + 1))), 0);
      }
      for (let from = 0; from < CROWD; from += WIDTH) {
        const timeOf = (i: number) => FIRST + i % TIMES * TIME_STEP;
        run(input, many(from, (i) => rowOf(`another ${i} ${"x".repeat(40)}`, timeOf(i))), 0);
      }
    }
    assert.ok(coldest > 9000, `${coldest} rows were cold`);
    const last = FIRST + (TIMES - 1) * TIME_STEP, own = [FIRST - 1, FIRST, FIRST + 3 * TIME_STEP, last, last + 1];
    for (const watermark of [...own, 2 * APART, 5 * APART + 1, Infinity]) run(0, [], watermark);
    task.close();
    memory.close();
  });
}
