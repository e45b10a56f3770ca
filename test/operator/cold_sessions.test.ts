import assert from "node:assert/strict";
import { endCold, holdsCold, runCold } from "./cold_run.ts";
import { type Form, OPERATOR_FORMS } from "./forms.ts";
import { seeds } from "./seeds.ts";

const SIZE = { boundBytes: 800_000, keys: 6_000, steps: 56, stepMs: 20 };

function sessionOf(name: string, more: { gapMs: number; maxMs?: number; changes?: boolean }): Form {
  const form = OPERATOR_FORMS.get(name)!, { changes = false, ...own } = more;
  assert.ok(form.plan.op === "session");
  return { ...form, plan: { ...form.plan, maxMs: 0, ...own }, changes: [changes] };
}

const FORMS: readonly (readonly [string, Form])[] = [
  ["rows", sessionOf("sessions of rows", { gapMs: 400 })],
  ["rows of a changelog", sessionOf("sessions of rows", { gapMs: 500, changes: true })],
  ["aggregates", sessionOf("sessions", { gapMs: 300 })],
  ["aggregates of a changelog, with a bound", sessionOf("sessions", { gapMs: 300, maxMs: 500, changes: true })],
];

for (const [name, form] of FORMS) {
  for (const hot of [false, true]) {
    Deno.test(`sessions of several times their bound are what they would be in memory, over checkpoints and restarts: ${name}, ${hot ? "hot" : "uniform"} keys`, () =>
      holdsCold(form, { ...SIZE, hot }));
  }
}

Deno.test("keys with rows that are too long to leave keep their sessions, over checkpoints and restarts", () => {
  seeds(1, (seed) => {
    const form = sessionOf("sessions of rows", { gapMs: 400 });
    const { coldest } = runCold(form, {
      ...SIZE,
      boundBytes: 2_000_000,
      keys: 12_000,
      steps: 70,
      hot: false,
      long: true,
    }, seed);
    assert.ok(coldest > 500, `at most ${coldest} rows were cold`);
  });
});

for (const [name, form] of FORMS.filter((_, i) => i % 2 === 0)) {
  Deno.test(`all sessions that have left come out in their order when the input ends, within the bound: ${name}`, () => {
    seeds(1, (seed) => {
      const gap = { ...form, plan: { ...form.plan, gapMs: 100_000 } } as Form;
      const { stateBytes } = endCold(gap, { ...SIZE, hot: false }, seed);
      assert.ok(stateBytes < SIZE.boundBytes / 4);
    });
  });
}
