import assert from "node:assert/strict";
import { holdsCold } from "./cold_run.ts";
import { type Form, OPERATOR_FORMS } from "./forms.ts";

/** A form without the aggregates that hold more than single values: of a batch all rows are worked at once. */
function plainOf(name: string): Form {
  const form = OPERATOR_FORMS.get(name)!, { plan } = form;
  assert.ok(plan.op === "over");
  const inputs = plan.columns.length - plan.calls.length,
    kept = [...plan.calls.keys()].filter((i) => !plan.calls[i].distinct);
  const columns = [...plan.columns.slice(0, inputs), ...kept.map((i) => plan.columns[inputs + i])];
  return { ...form, plan: { ...plan, columns, calls: kept.map((i) => plan.calls[i]) } };
}

// Rows that wait for the watermark have a part of the memory, and those of frames
const SIZES = [
  ["over all rows, sets", { boundBytes: 600_000, keys: 10_000, steps: 49, stepMs: 6 }],
  ["over all until a time, sets", { boundBytes: 1_500_000, keys: 20_000, steps: 70, stepMs: 40 }],
  ["over a range, sets", { boundBytes: 1_500_000, keys: 10_000, steps: 70, stepMs: 20 }],
  ["over rows by time, sets", { boundBytes: 6_000_000, keys: 6_000, steps: 70, stepMs: 10 }],
  ["over rows, sets", { boundBytes: 6_000_000, keys: 6_000, steps: 70, stepMs: 10 }],
  ["over all rows", { boundBytes: 800_000, keys: 10_000, steps: 49, stepMs: 6 }],
  ["over all until a time", { boundBytes: 2_000_000, keys: 20_000, steps: 70, stepMs: 40 }],
  ["over all rows by time", { boundBytes: 2_000_000, keys: 20_000, steps: 70, stepMs: 40 }],
] as const;

for (const [name, size] of SIZES) {
  const [plain, sets] = name.split(", "), form = sets ? OPERATOR_FORMS.get(plain)! : plainOf(plain);
  for (const hot of sets ? [false] : [false, true]) {
    Deno.test(
      `aggregates of keys of several times their bound are what they would be in memory, over checkpoints and restarts: ${name}, ${
        hot ? "hot" : "uniform"
      } keys`,
      () => holdsCold(form, { ...size, hot }),
    );
  }
}
