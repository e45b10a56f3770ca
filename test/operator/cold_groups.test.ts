import assert from "node:assert/strict";
import type { GroupPlan } from "../../src/operator/group.ts";
import { bounded, endCold, holdsCold } from "./cold_run.ts";
import { type InputRow, Task } from "./form_task.ts";
import { type Form, INPUT, OPERATOR_FORMS } from "./forms.ts";
import { seeds } from "./seeds.ts";

const SIZE = { boundBytes: 1_200_000, keys: 8_000, steps: 60, stepMs: 4 };

function formOf(name: string): Form {
  return OPERATOR_FORMS.get(name)!;
}

/** The calls of a form without windows, of windows. */
function windowsOf(name: string, emit: GroupPlan["emit"]): Form {
  const form = formOf(name), { plan } = form, end = INPUT.findIndex(({ name }) => name === "end");
  assert.ok(plan.op === "group");
  const columns = [INPUT[end], ...plan.columns];
  return { ...form, plan: { ...plan, keys: [end, ...plan.keys], columns, emit } };
}

const FINAL = { mode: "final", end: 0, latenessMs: 0 } as const;
const FORMS: readonly (readonly [string, Form, Partial<typeof SIZE>])[] = [
  ["cells", windowsOf("group of cells", FINAL), {}],
  ["cells, lateness", windowsOf("group of cells", { ...FINAL, latenessMs: 70 }), {}],
  ["cells, changes", windowsOf("group of cells, changelog", { mode: "changes", ttlMs: 0, end: 0 }), {}],
  ["texts", windowsOf("group of texts", FINAL), {}],
  ["lists of a changelog", windowsOf("group of lists, changelog", FINAL), { boundBytes: 2_500_000 }],
  ["sets of a changelog", formOf("group of windows"), { boundBytes: 3_000_000 }],
  ["sets of a changelog, lateness", formOf("group of windows, lateness"), { boundBytes: 3_000_000 }],
  ["sets of a changelog, early results", formOf("group of windows, ticks"), { boundBytes: 4_000_000 }],
];

for (const [name, form, more] of FORMS) {
  // Keys that are hot are found in memory, whatever they hold
  for (const hot of name.startsWith("cells") ? [false, true] : [false]) {
    Deno.test(`groups of windows of several times their bound are what they would be in memory, over checkpoints and restarts: ${name}, ${hot ? "hot" : "uniform"} keys`, () =>
      holdsCold(form, { ...SIZE, ...more, hot, ends: true }));
  }
}

for (const name of ["cells", "sets of a changelog"]) {
  Deno.test(`a window of several times the bound comes out in its order, within the bound: ${name}`, () => {
    seeds(1, (seed) => {
      const [, form, { boundBytes = SIZE.boundBytes }] = FORMS.find(([one]) => one === name)!;
      endCold(form, { ...SIZE, boundBytes, keys: 40_000, steps: 100, stepMs: 0, hot: false }, seed);
    });
  });
}

Deno.test("a window of several times the bound comes out where so many others are open that their ends are not told apart by the millisecond", () => {
  const form = windowsOf("group of cells", FINAL), memory = new Task(form, 0, 1), task = bounded(form, 1_200_000);
  const open = 2000, apart = 10_000n, width = 400;
  const rowOf = (key: string, end: bigint): InputRow => ({
    kind: 0,
    values: [key, 1n, 0.5, end, end - 1n, true, 5n, 10n ** 30n, new Uint8Array(3)],
  });
  const run = (rows: readonly InputRow[], watermark: number) => {
    const step = { input: 0, rows, tick: false, watermark };
    assert.deepEqual(task.run(step), memory.run(step), `watermark ${watermark}`);
  };
  for (let from = 0; from < open; from += width) {
    run(Array.from({ length: width }, (_, i) => rowOf(`key ${from + i}`, apart * BigInt(from + i + 1))), 0);
  }
  for (let from = 0; from < 12_000; from += width) {
    run(Array.from({ length: width }, (_, i) => rowOf(`another ${from + i} ${"x".repeat(40)}`, apart)), 0);
  }
  assert.ok(task.operator.cold!.rows > 9000, `${task.operator.cold!.rows} rows were cold`);
  for (const watermark of [Number(apart) - 2, Number(apart) - 1, 5 * Number(apart), Infinity]) run([], watermark);
  assert.equal(task.operator.stateRows, 0);
  task.close();
  memory.close();
});
