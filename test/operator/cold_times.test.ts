import assert from "node:assert/strict";
import { OPERATOR_FORMS } from "./forms.ts";
import { runCold } from "./cold_run.ts";
import { seeds } from "./seeds.ts";

/** What comes out at times: those of a row leave memory some thirty steps behind it. */
const SIZE = { boundBytes: 800_000, keys: 10_000, steps: 70, stepMs: 3, ends: true };
const FORMS: readonly string[] = [
  "inner interval join",
  "full interval join",
  "anti interval join",
  "left ASOF join",
  "inner temporal join",
  "left temporal join",
  "inner window join",
  "full window join",
  "semi window join",
  "anti window join of changelogs",
  "full window join of changelogs",
  "rank of windows",
  "shared ranks of windows",
  "ties",
];
const HOT: readonly string[] = ["full interval join", "left temporal join", "full window join"];

for (const name of FORMS) {
  const form = OPERATOR_FORMS.get(name)!;
  for (const hot of HOT.includes(name) ? [false, true] : [false]) {
    Deno.test(
      `rows of several times the bound come out as they would from memory, over checkpoints and restarts: ${name}, ${
        hot ? "hot" : "uniform"
      } keys`,
      () => {
        seeds(1, (seed) => {
          const { coldest, reads, restarts } = runCold(form, { ...SIZE, hot }, seed);
          assert.ok(coldest > 500, `at most ${coldest} rows were cold`);
          assert.ok(reads > 100, `${reads} rows were read`);
          return `${restarts} restarts`;
        });
      },
    );
  }
}
