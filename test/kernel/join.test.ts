import assert from "node:assert/strict";
import type { Kernel } from "../../src/kernel/module.ts";
import { leavingOperators } from "./cold_kernel.ts";
import { anyCase, type Wishes } from "./join_arbitrary.ts";
import { assertSame, expected, run } from "./join_run.ts";
import { loadOperators, VARIANTS } from "./load.ts";
import { seeded } from "./random.ts";

/** In front of three of ten batches of joins whose rows may leave memory all do, but those of a key that has just been asked for. */
const OFTEN = 0.3;
let leaves = () => false;
const kernels = [
  ...VARIANTS.map((variant) => ({ variant, kernel: loadOperators(variant) })),
  { variant: "rows leave and come back", kernel: leavingOperators(() => leaves()) },
];
const stateBytes = (kernel: Kernel) => kernel.fn("state_bytes")() >>> 0;

/** Random logs, cut into batches and pulls in two ways, give what the reference gives, row by row. */
function holds(name: string, runs: number, wishes: Wishes): void {
  for (const { variant, kernel } of kernels) {
    Deno.test(`${name} (${variant})`, () => {
      let reads = 0;
      seeded(runs, (random) => {
        const test = anyCase(random, wishes), wanted = expected(test), held = stateBytes(kernel);
        leaves = () => random.chance(OFTEN);
        for (const got of [run(kernel, test, random), run(kernel, test, random)]) {
          assertSame(got, wanted);
          reads += got.reads;
        }
        assert.equal(stateBytes(kernel), held, "all state is freed at the end");
      });
      assert.equal(reads > 0, kernel.cold !== null && !wishes.nullAware, `${reads} rows came back`);
    });
  }
}

const order = "equal the reference row by row, in kinds, order and causes, however the log is cut";

holds(`regular joins of inserts ${order}`, 40, { mode: "regular" });
holds(`regular joins of changelogs ${order}`, 80, { mode: "regular", changes: true });
holds(`regular joins forget rows at the end of their time to live`, 40, { mode: "regular", changes: true, ttlMs: 30 });
holds(`NOT IN knows what NULL may equal`, 60, { mode: "regular", type: "anti", changes: true, nullAware: true });
holds(`window joins ${order}`, 80, { mode: "window" });
holds(`window joins of changelogs ${order}`, 40, { mode: "window", changes: true });
holds(`interval joins ${order}`, 100, { mode: "interval" });
holds(`temporal joins ${order}`, 80, { mode: "temporal", changes: true });
holds(`ASOF joins ${order}`, 60, { mode: "asof" });
