import { OPERATOR_FORMS } from "./forms.ts";
import { holdsCold } from "./cold_run.ts";

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
      () => holdsCold(form, { ...SIZE, hot }),
    );
  }
}
