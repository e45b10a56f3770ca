import assert from "node:assert/strict";
import {
  AHEAD_HELD_BYTES_MAX,
  AHEAD_REST_ROWS,
  AHEAD_SHARE_MAX,
  AHEAD_STEP_LONGEST_MS,
  AHEAD_STEP_LONGEST_SHARE_MAX,
  AHEAD_STEP_MS,
  AHEAD_STEP_SHORTEST_MS,
} from "../../src/core/limits.ts";
import type { SavedStep } from "../../src/store.ts";
import { AheadSteps } from "../../src/runtime/task/ahead_steps.ts";
import { TaskCuts } from "../../src/runtime/task/task_cuts.ts";

const FACTS = { tables: [], tickedMs: -Infinity, reached: [] };

/** A task with so much time of steps left in its first round, by a clock that goes on with each. */
class Run {
  nowMs = 1000;
  busy = true;
  readonly stepsMs: number[] = [];
  readonly cuts = new TaskCuts(() => {});
  readonly steps: AheadSteps;
  rounds = 1;

  constructor(public leftMs: number, readonly changesMs = 0) {
    const step: SavedStep = { node: "n", table: "t", kind: "clear" };
    const state = {
      ahead: () => {},
      drainAhead: (endMs: number) => {
        const ms = Math.min(endMs - this.nowMs, this.leftMs), steps = ms > 0 ? [step] : [];
        this.nowMs += ms;
        this.leftMs -= ms;
        this.stepsMs.push(ms);
        if (this.leftMs > 0) return { steps, left: "more" as const };
        this.rounds++;
        return { steps, left: "little" as const };
      },
    };
    this.steps = new AheadSteps({ state, cuts: this.cuts, busy: () => this.busy, now: () => this.nowMs });
  }

  /** Resolves when a cut may come, to how many steps were taken in front of it. */
  async begin(): Promise<number> {
    this.steps.begin(true);
    for (let taken = 0;;) {
      const { steps, enough } = await this.cuts.nextAhead();
      taken += steps.length;
      if (enough) return taken;
    }
  }

  /** A batch of rows is taken, which changes some state. */
  batch(ms: number, rows = AHEAD_REST_ROWS): void {
    this.nowMs += ms;
    this.leftMs += this.changesMs;
    this.steps.between(rows);
  }
}

Deno.test("a task whose rows never end is through with its first round after so many batches as its share says", async () => {
  const run = new Run(200), enough = run.begin(), batchMs = 0.5;
  let batches = 0, told = false;
  enough.then(() => told = true);
  for (; run.rounds === 1 && batches < 10_000; batches++) run.batch(batchMs);
  await enough;
  assert.equal(told, true);
  const most = 200 * (1 - AHEAD_SHARE_MAX) / AHEAD_SHARE_MAX / batchMs;
  assert.ok(batches <= most + 1, `${batches} batches of ${most}`);
  assert.ok(Math.max(...run.stepsMs) <= AHEAD_STEP_MS + 1e-9);
});

Deno.test("steps wait until they are worth their while, and none is longer than the bound after a long batch", () => {
  const run = new Run(50);
  void run.begin();
  run.batch(AHEAD_STEP_SHORTEST_MS * (1 - AHEAD_SHARE_MAX) / AHEAD_SHARE_MAX / 2);
  assert.deepEqual(run.stepsMs, []);
  run.batch(AHEAD_STEP_MS / AHEAD_STEP_LONGEST_SHARE_MAX / 2);
  assert.deepEqual(run.stepsMs, [AHEAD_STEP_MS]);
  run.batch(500);
  assert.deepEqual(run.stepsMs, [AHEAD_STEP_MS, AHEAD_STEP_LONGEST_MS]);
});

Deno.test("rounds follow each other until the cut, which has all of them, and then no step is taken", async () => {
  const run = new Run(3, 0.25), enough = run.begin();
  for (let i = 0; i < 50; i++) run.batch(2);
  const before = await enough;
  for (let i = 0; i < 50; i++) run.batch(2);
  assert.ok(run.rounds > 10, `${run.rounds} rounds`);
  const taken = run.stepsMs.filter((ms) => ms > 0).length;
  run.cuts.begin(7, FACTS, run.nowMs);
  run.batch(2);
  assert.equal(run.stepsMs.filter((ms) => ms > 0).length, taken);
  const behind = (await run.cuts.next(7)).steps.length;
  assert.deepEqual([before, behind], [0, taken], "so little waits for the cut");
});

Deno.test("behind a round that has left little, the next one waits for as many rows as are worth it", async () => {
  const run = new Run(1, 0.25), enough = run.begin();
  run.batch(2);
  await enough;
  assert.equal(run.rounds, 2);
  const few = AHEAD_REST_ROWS / 4;
  for (let batches = 1; batches <= 40; batches++) {
    run.batch(2, few);
    assert.equal(run.rounds, 2 + Math.floor(batches / 4));
  }
});

Deno.test("a task with nothing else to do takes one step after the other, and rests when nothing has changed", async () => {
  const run = new Run(AHEAD_STEP_MS * 2.5);
  run.busy = false;
  const enough = run.begin(), lefts = Array.from({ length: 4 }, () => run.steps.turn());
  await enough;
  assert.deepEqual(lefts, ["later", "later", "later", "nothing"]);
  assert.equal(run.cuts.ahead, true, "batches that come are still followed by steps");
});

Deno.test("a task with other work puts its turn off", () => {
  const run = new Run(100);
  void run.begin();
  assert.equal(run.steps.turn(), "later");
  assert.deepEqual(run.stepsMs, []);
});

Deno.test("while too much waits to be taken there are no steps, and then they go on", async () => {
  const run = new Run(200);
  run.steps.begin(true);
  run.cuts.putAhead([{
    node: "n",
    table: "t",
    kind: "upsert",
    frame: new ArrayBuffer(AHEAD_HELD_BYTES_MAX),
    rows: 1,
    columns: [],
  }], 0);
  run.batch(10);
  run.busy = false;
  assert.equal(run.steps.turn(), "nothing");
  assert.deepEqual([run.stepsMs, run.steps.goesOn()], [[], false]);
  const { steps, enough } = await run.cuts.nextAhead();
  assert.deepEqual([steps.length, enough], [1, false]);
  assert.deepEqual([run.steps.goesOn(), run.steps.goesOn()], [true, false], "one turn is enough");
  assert.equal(run.steps.turn(), "later");
  run.busy = true;
  run.batch(10);
  assert.equal(run.stepsMs.length, 2);
});
