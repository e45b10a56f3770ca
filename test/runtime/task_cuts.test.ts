import assert from "node:assert/strict";
import { AHEAD_HELD_BYTES_MAX, AHEAD_TURN_BYTES, CUT_HELD_BYTES_MAX, CUT_TAKEN_BYTES } from "../../src/core/limits.ts";
import { TaskCuts } from "../../src/runtime/task/task_cuts.ts";
import type { SavedStep } from "../../src/store.ts";

const FACTS = { tables: [], tickedMs: 7, reached: [] };

function rows(bytes: number): SavedStep {
  return { node: "a", table: "t", kind: "upsert", frame: new ArrayBuffer(bytes), rows: 1, columns: [] };
}

Deno.test("who asks before the task has come to its cut gets what it knows there, then all steps in their order, then the end", async () => {
  const cuts = new TaskCuts(() => {}), facts = cuts.facts(5), steps = [rows(8), rows(16), rows(24)];
  cuts.begin(5, FACTS, performance.now());
  assert.equal(await facts, FACTS);
  const first = cuts.next(5);
  cuts.put([steps[0]]);
  assert.deepEqual((await first).steps, [steps[0]]);
  cuts.put(steps.slice(1));
  cuts.put([]);
  assert.deepEqual((await cuts.next(5)).steps, steps.slice(1));
  const { steps: none, stoodMs } = await cuts.next(5);
  assert.deepEqual(none, []);
  assert.ok(stoodMs > 0);
});

Deno.test("a task that holds too much has room again when some of it is taken, about so much at a time", async () => {
  let room = 0;
  const cuts = new TaskCuts(() => void room++), count = CUT_HELD_BYTES_MAX / (CUT_TAKEN_BYTES / 2);
  cuts.begin(1, FACTS, 0);
  for (let i = 0; i < count; i++) {
    assert.equal(cuts.full, false);
    cuts.put([rows(CUT_TAKEN_BYTES / 2)]);
  }
  assert.equal(cuts.full, true);
  assert.equal((await cuts.next(1)).steps.length, 2);
  assert.deepEqual([cuts.full, room], [false, 1]);
});

Deno.test("what nobody asks for any more is not kept, also when the task comes to it later", async () => {
  const cuts = new TaskCuts(() => {});
  cuts.begin(1, FACTS, 0);
  cuts.put([rows(8)]);
  const asked = cuts.next(1);
  assert.equal((await asked).steps.length, 1);
  const waits = cuts.next(1);
  cuts.leave(1);
  assert.deepEqual(await waits, { steps: [], stoodMs: 0 });
  assert.equal(cuts.wanted, false);
  cuts.leave(3);
  cuts.begin(2, FACTS, 0);
  assert.equal(cuts.wanted, false);
  cuts.begin(4, FACTS, 0);
  assert.equal(cuts.wanted, true);
});

Deno.test("who waits for a task that ends is told", async () => {
  const cuts = new TaskCuts(() => {}), facts = cuts.facts(1);
  cuts.end();
  await assert.rejects(facts, /The task has ended/);
  await assert.rejects(cuts.facts(2), /The task has ended/);
});

Deno.test("who asks while somebody before is being told gets what comes behind: nobody is told of the end in front of the last steps", async () => {
  const cuts = new TaskCuts(() => {}), step = rows(8);
  cuts.begin(1, FACTS, 0);
  const first = cuts.next(1);
  for (let i = 0; i < 10; i++) await Promise.resolve(); // it waits now
  cuts.put([step]);
  cuts.put([]);
  const second = cuts.next(1);
  assert.deepEqual((await first).steps, [step]);
  assert.deepEqual((await second).steps, []);
});

Deno.test("what is set aside in front of a cut is taken once it is much, many steps together, and the cut has what is left", async () => {
  const cuts = new TaskCuts(() => {}), count = AHEAD_TURN_BYTES / (CUT_TAKEN_BYTES / 2), told: SavedStep[][] = [];
  cuts.beginAhead();
  const first = cuts.nextAhead();
  void first.then(({ steps }) => told.push([...steps]));
  const steps = Array.from({ length: count + 3 }, () => rows(CUT_TAKEN_BYTES / 2));
  for (const step of steps.slice(0, count - 1)) cuts.putAhead([step], 1);
  for (let i = 0; i < 10; i++) await Promise.resolve();
  assert.deepEqual(told, [], "so little may wait for the cut");
  cuts.putAhead(steps.slice(count - 1, count), 5);
  assert.deepEqual(await first, { steps: steps.slice(0, 2), enough: false });
  const second = cuts.nextAhead();
  cuts.putAhead(steps.slice(count, count + 1), 1);
  cuts.enoughAhead();
  assert.deepEqual(await second, { steps: [], enough: true });
  // Until the cut has come more may be set aside, which nobody asks for in front of it
  cuts.putAhead(steps.slice(count + 1, count + 2), 1);
  cuts.begin(1, FACTS, performance.now());
  cuts.put(steps.slice(count + 2));
  cuts.put([]);
  const left: SavedStep[] = [];
  for (let turn = await cuts.next(1); turn.steps.length > 0; turn = await cuts.next(1)) left.push(...turn.steps);
  assert.deepEqual(left, steps.slice(2));
  assert.ok((await cuts.next(1)).stoodMs >= 5, "the longest step counts");
});

Deno.test("a task that has set too much aside in front of a cut has room again when some is taken", async () => {
  const cuts = new TaskCuts(() => {}), count = AHEAD_HELD_BYTES_MAX / (CUT_TAKEN_BYTES / 2);
  cuts.beginAhead();
  for (let i = 0; i < count; i++) {
    assert.equal(cuts.aheadFull, false);
    cuts.putAhead([rows(CUT_TAKEN_BYTES / 2)], 0);
  }
  assert.equal(cuts.aheadFull, true);
  assert.deepEqual([(await cuts.nextAhead()).enough, cuts.aheadFull], [false, false], "some of it is left");
  cuts.endAhead();
  assert.deepEqual(await cuts.nextAhead(), { steps: [], enough: true });
});

Deno.test("who waits for what is set aside in front of a cut is told when nobody wants it any more, or the task ends", async () => {
  const cuts = new TaskCuts(() => {});
  cuts.beginAhead();
  const left = cuts.nextAhead();
  cuts.putAhead([rows(8)], 0);
  cuts.leave(-1);
  assert.deepEqual(await left, { steps: [], enough: true });
  cuts.beginAhead();
  const ended = cuts.nextAhead();
  cuts.end();
  await assert.rejects(ended, /The task has ended/);
});
