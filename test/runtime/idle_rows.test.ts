import assert from "node:assert/strict";
import { seeded } from "../sim/pool.ts";
import { IDLE_TIMEOUT_MS, IdleWorld, someTurns } from "./idle_world.ts";

function idleTest(behaviour: string, partitions: number, run: (world: IdleWorld) => Promise<void>, overlap?: number) {
  Deno.test(behaviour, async () => {
    const world = new IdleWorld(partitions, overlap);
    await run(world);
    world.checkOrder();
    await world.close();
  });
}

idleTest("a row on its way to disk is not late by the idle marks that are made meanwhile", 1, async (world) => {
  await world.through();
  world.pass(IDLE_TIMEOUT_MS);
  assert.equal(world.marks.length, 1);
  world.clock.advance(300);
  const held = world.disk.held = [] as (() => void)[], sentMs = world.clock.now(), sent = world.send();
  await someTurns();
  assert.equal(held.length, 1);
  for (let i = 0; i < 5; i++) world.pass(700);
  assert.ok(world.marks.every(({ watermark }) => watermark <= sentMs), JSON.stringify(world.marks));
  world.disk.held = null;
  held[0]();
  await sent;
  world.finish();
  assert.equal(world.taken.length, 2);
  // From here on nothing is under way, and time goes on.
  world.pass(IDLE_TIMEOUT_MS);
  assert.ok(world.marks.at(-1)!.watermark > sentMs);
});

for (const jumpMs of [-3_600_000, -700, 86_400_000]) {
  idleTest(
    `no row is late when the wall clock is set by ${jumpMs} ms while its source is idle, and back`,
    1,
    async (world) => {
      const { clock, taken } = world, arrival = () => taken.at(-1)!.arrivalMs;
      await world.through();
      const firstMs = arrival();
      for (let i = 0; i < 3; i++) world.pass(IDLE_TIMEOUT_MS);
      clock.jump(jumpMs);
      world.pass(IDLE_TIMEOUT_MS);
      await world.through();
      const setMs = arrival(), passedMs = 4 * IDLE_TIMEOUT_MS;
      assert.ok(setMs > firstMs + 0.89 * passedMs, `${setMs - firstMs} of ${passedMs} ms`);
      for (let i = 0; i < 3; i++) world.pass(IDLE_TIMEOUT_MS);
      clock.jump(-jumpMs);
      world.pass(IDLE_TIMEOUT_MS);
      await world.through();
      assert.ok(arrival() > setMs + 0.89 * passedMs, `${arrival() - setMs} of ${passedMs} ms`);
      assert.equal(taken.length, 3);
      assert.ok(world.marks.length >= 4);
    },
  );
}

for (const where of ["decoded", "synced"] as const) {
  idleTest(`a row sent before the timeout keeps its source awake while it is ${where}`, 1, async (world) => {
    await world.through();
    world.clock.advance(IDLE_TIMEOUT_MS - 1);
    const waiting = [] as (() => void)[];
    if (where === "decoded") world.decoding = waiting;
    else world.disk.held = waiting;
    const sent = world.send();
    await someTurns();
    assert.equal(waiting.length, 1);
    for (let i = 0; i < 4; i++) world.pass(IDLE_TIMEOUT_MS);
    assert.deepEqual([world.marks, world.sequencer.isIdle("in 0")], [[], false]);
    world.decoding = world.disk.held = null;
    waiting[0]();
    await sent;
    world.finish();
    world.pass(IDLE_TIMEOUT_MS - 1);
    assert.deepEqual(world.marks, [], "its silence begins behind the row");
    world.pass(1);
    assert.equal(world.marks.length, 1);
  });
}

idleTest(
  "a row that is synced beside another, and before it, is not late by the marks that are made meanwhile",
  1,
  async (world) => {
    await world.through();
    world.pass(IDLE_TIMEOUT_MS);
    const held = world.disk.held = [] as (() => void)[], sent = [world.send()];
    await someTurns();
    world.pass(400);
    sent.push(world.send());
    await someTurns();
    assert.equal(held.length, 2, "both are synced at a time");
    held[1]();
    await someTurns();
    world.pass(IDLE_TIMEOUT_MS);
    assert.equal(world.taken.length, 1, "it is told behind the first");
    world.disk.held = null;
    held[0]();
    await Promise.all(sent);
    world.finish();
    assert.equal(world.taken.length, 3);
  },
  1,
);

idleTest("a row of one partition is not late by the marks of all while it is on its way to disk", 3, async (world) => {
  for (const partition of [0, 1, 2]) await world.through(partition);
  world.pass(IDLE_TIMEOUT_MS);
  assert.equal(world.marks.length, 3);
  const held = world.disk.held = [] as (() => void)[], sent = world.send(1);
  await someTurns();
  for (let i = 0; i < 4; i++) world.pass(IDLE_TIMEOUT_MS);
  world.disk.held = null;
  held[0]();
  await sent;
  world.finish();
  assert.equal(world.taken.length, 4);
});

idleTest("a silent partition becomes idle also while rows of others are always on their way", 2, async (world) => {
  for (const partition of [0, 1]) await world.through(partition);
  const held = world.disk.held = [] as (() => void)[], sent = [world.send(0)];
  for (let i = 0; i < 20; i++) {
    await someTurns();
    world.clock.advance(100);
    sent.push(world.send(0));
    await someTurns();
    held.shift()!();
    await someTurns();
    world.finish();
    assert.notEqual(world.stream.underWay.sinceMs, Infinity);
    world.sequencer.idleTick();
    world.finish();
  }
  const marks = world.marks.filter(({ source }) => source === 1);
  assert.ok(marks.length >= 5, `${marks.length} marks`);
  world.disk.held = null;
  while (held.length > 0) held.shift()!();
  await Promise.all(sent);
});

const seed = Math.floor(Math.random() * 2 ** 31);
for (const partitions of [1, 3]) {
  Deno.test(`whatever takes long, no row of ${partitions} is late by an idle mark (seed ${seed})`, async () => {
    const random = seeded(seed), world = new IdleWorld(partitions, 1), sent: Promise<unknown>[] = [];
    await world.through();
    const held = world.disk.held = [] as (() => void)[], decoding = world.decoding = [] as (() => void)[];
    const letGo = (list: (() => void)[]) => list.splice(random(list.length), 1)[0]?.();
    for (let step = 0; step < 150; step++) {
      const what = random(6);
      if (random(5) === 0) world.clock.jump([-3_600_000, -300, 250, 1_800_000][random(4)]);
      if (what === 0) sent.push(world.send(random(partitions)));
      else if (what === 1) letGo(decoding);
      else if (what === 2) letGo(held);
      else if (what === 3) world.finish();
      else world.pass(random(2) * random(IDLE_TIMEOUT_MS) + random(50));
      await someTurns(random(4) * 3);
    }
    world.disk.held = world.decoding = null;
    const done = Promise.all(sent);
    while (world.stream.underWay.sinceMs < Infinity) {
      letGo(decoding);
      letGo(held);
      await someTurns(3);
    }
    await done;
    world.finish();
    world.pass(IDLE_TIMEOUT_MS);
    assert.ok(world.marks.length > 0);
    world.checkOrder(`seed ${seed}:`);
    await world.close();
  });
}
