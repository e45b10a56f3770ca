import assert from "node:assert/strict";
import { setUp } from "./sequencer_world.ts";

Deno.test("numbers go on from where they were told, no more than the window are in flight, and it is refilled by halves", () => {
  const { sequencer, inputs: [a], sent } = setUp({ window: 3, after: 41 });
  a.chunks = 5;
  sequencer.pump();
  assert.deepEqual(sent.map(({ number }) => number), [42, 43, 44]);
  assert.equal(sequencer.inFlight, 3);
  sequencer.pump();
  assert.equal(sent.length, 3);
  sequencer.finished(42);
  sequencer.pump();
  assert.equal(sent.length, 3);
  sequencer.finished(43);
  sequencer.pump();
  assert.deepEqual(sent.map(({ number }) => number), [42, 43, 44, 45, 46]);
  assert.equal(sequencer.number, 46);
});

Deno.test("of several sources with data the one with the lowest watermark goes first", () => {
  const { sequencer, inputs: [a, b], clocks, sent } = setUp({ window: 2 });
  a.chunks = 4;
  b.chunks = 4;
  sequencer.pump();
  assert.deepEqual(sent.map(({ source }) => source), [0, 0]);
  clocks[0].observe(5000);
  sequencer.finished(1);
  sequencer.finished(2);
  sequencer.pump();
  assert.deepEqual(sent.slice(2).map(({ source }) => source), [1, 1]);
  clocks[1].observe(6000);
  sequencer.finished(3);
  sequencer.finished(4);
  sequencer.pump();
  assert.deepEqual(sent.slice(4).map(({ source }) => source), [0, 0]);
});

Deno.test("a source without data does not hold back one that has some", () => {
  const { sequencer, inputs: [, b], sent } = setUp();
  b.chunks = 1;
  sequencer.pump();
  assert.deepEqual(sent.map(({ source }) => source), [1]);
});

Deno.test("a finished chunk is released to its source, an idle mark is not", () => {
  const { sequencer, inputs: [a], clocks, clock } = setUp({ idleTimeoutMs: 1000 });
  a.chunks = 2;
  sequencer.pump();
  clocks[0].observe(50_000);
  sequencer.finished(1);
  sequencer.finished(2);
  assert.deepEqual(a.released, [10, 20]);
  clock.advance(1000);
  sequencer.idleTick();
  sequencer.finished(3);
  assert.deepEqual(a.released, [10, 20]);
});

Deno.test("an idle source advances by the time that has passed, never to now", () => {
  const { sequencer, inputs: [a], clocks, clock, sent, order } = setUp({ idleTimeoutMs: 1000 });
  a.chunks = 1;
  sequencer.pump();
  clocks[0].observe(1_000_100);
  clock.advance(10_000);
  sequencer.finished(1);
  clock.advance(999);
  sequencer.idleTick();
  assert.equal(sent.length, 1, "before its timeout a source is not idle");
  clock.advance(1);
  sequencer.idleTick();
  assert.deepEqual(sent[1], { number: 2, source: 0, watermark: 1_001_000 });
  clocks[0].raise(1_001_000);
  sequencer.finished(2);
  clock.advance(500);
  sequencer.idleTick();
  assert.deepEqual(sent[2], { number: 3, source: 0, watermark: 1_001_500 });
  assert.deepEqual(order.map(({ kind }) => kind), ["chunk", "idle", "idle"]);
});

Deno.test("what came after a silence starts the silence anew", () => {
  const { sequencer, inputs: [a], clocks, clock, sent } = setUp({ idleTimeoutMs: 1000 });
  a.chunks = 1;
  sequencer.pump();
  clocks[0].observe(5100);
  sequencer.finished(1);
  clock.advance(900);
  a.chunks = 1;
  sequencer.pump();
  clocks[0].observe(7100);
  sequencer.finished(2);
  clock.advance(900);
  sequencer.idleTick();
  assert.equal(sent.length, 2);
  clock.advance(100);
  sequencer.idleTick();
  assert.deepEqual(sent[2], { number: 3, source: 0, watermark: 8000 });
});

Deno.test("a source is not idle while its chunks are in flight, however long that takes", () => {
  const { sequencer, inputs: [a], clocks, clock, sent } = setUp({ idleTimeoutMs: 1000 });
  a.chunks = 1;
  clocks[0].observe(5000);
  sequencer.pump();
  clock.advance(60_000);
  sequencer.idleTick();
  assert.equal(sent.length, 1);
  sequencer.finished(1);
  sequencer.idleTick();
  assert.equal(sent.length, 1, "the time in flight is no silence");
});

Deno.test("a busy source does not keep a silent one from becoming idle", () => {
  const { sequencer, inputs: [a], clocks, clock, sent } = setUp({ idleTimeoutMs: 1000, watermarks: [900, 4900] });
  a.chunks = 1;
  sequencer.pump();
  clocks[0].observe(5000);
  clock.advance(2000);
  sequencer.idleTick();
  assert.deepEqual(sent.slice(1), [{ number: 2, source: 1, watermark: 6900 }]);
});

Deno.test("at most one idle mark of a source is in flight, and none beyond the window", () => {
  const { sequencer, inputs: [a], clock, sent } = setUp({ window: 2, idleTimeoutMs: 1000, watermarks: [900, 900] });
  clock.advance(1000);
  sequencer.idleTick();
  sequencer.idleTick();
  assert.deepEqual(sent.map(({ source }) => source), [0, 1]);
  a.chunks = 2;
  sequencer.finished(1);
  sequencer.finished(2);
  sequencer.pump();
  clock.advance(5000);
  sequencer.idleTick();
  assert.equal(sent.length, 4, "two chunks fill the window");
});

Deno.test("a source whose producers are refused is not idle, and its silence begins when they no longer are", () => {
  const { sequencer, inputs: [a], clock, sent } = setUp({ idleTimeoutMs: 1000, watermarks: [900] });
  a.refusing = true;
  clock.advance(5000);
  sequencer.idleTick();
  a.refusing = false;
  clock.advance(999);
  sequencer.idleTick();
  assert.equal(sent.length, 0);
  clock.advance(1);
  sequencer.idleTick();
  assert.deepEqual(sent, [{ number: 1, source: 0, watermark: 1900 }]);
});

Deno.test("a silence is no longer than up to when something came that is still on its way", () => {
  const { sequencer, inputs: [a], clock, sent } = setUp({ idleTimeoutMs: 1000, watermarks: [900] });
  clock.advance(1200);
  a.underWaySinceMs = clock.monotonic();
  clock.advance(5000);
  sequencer.idleTick();
  assert.deepEqual(sent, [{ number: 1, source: 0, watermark: 2100 }]);
  assert.equal(sequencer.isIdle("a"), true);
  a.underWaySinceMs = 999;
  assert.equal(sequencer.isIdle("a"), false);
});

Deno.test("a source by arrival is nowhere where its next row may come, however much time passes", () => {
  const { sequencer, inputs: [a], clock, sent } = setUp({ idleTimeoutMs: 1000, watermarks: [900], byArrival: true });
  a.nextArrivalMs = 2500;
  clock.advance(5000);
  sequencer.idleTick();
  // Watermarks of these sources are 100 behind.
  assert.deepEqual(sent, [{ number: 1, source: 0, watermark: 2400 }]);
});

Deno.test("a source whose rows are being read from where they are kept is not idle, however long that takes", () => {
  const { sequencer, inputs: [a], clock, sent } = setUp({ idleTimeoutMs: 1000, watermarks: [900] });
  a.reading = true;
  clock.advance(5000);
  sequencer.idleTick();
  assert.deepEqual([sent, sequencer.isIdle("a")], [[], false]);
  a.reading = false;
  sequencer.idleTick();
  assert.deepEqual(sent, [{ number: 1, source: 0, watermark: 5900 }]);
});

Deno.test("of partitions that are read from where they are kept, one is idle only where it is further on than another that is not", () => {
  const { sequencer, inputs: [a, b, c], clocks, clock, sent } = setUp({
    ...{ idleTimeoutMs: 1000, watermarks: [900, 800, 700], partitions: true, window: 8 },
  });
  a.chunks = 1;
  sequencer.pump();
  clocks[0].observe(5100);
  sequencer.finished(1);
  a.reading = b.reading = c.reading = true;
  clock.advance(5000);
  sequencer.idleTick();
  assert.deepEqual(["a", "b", "c"].map(sequencer.isIdle, sequencer), [true, false, true]);
  assert.deepEqual(sent.slice(1), [{ number: 2, source: 2, watermark: 800 }], "rows of b may come that a is ahead of");
  b.reading = c.reading = false;
  sequencer.idleTick();
  assert.deepEqual(["a", "b", "c"].map(sequencer.isIdle, sequencer), [false, true, true]);
});

Deno.test("an idle timeout of 0 means never, and so does a source that never gave a row", () => {
  const never = setUp({ idleTimeoutMs: 0, watermarks: [900] });
  never.clock.advance(1e9);
  never.sequencer.idleTick();
  assert.deepEqual(never.sent, []);
  const empty = setUp({ idleTimeoutMs: 1000 });
  empty.clock.advance(1e9);
  empty.sequencer.idleTick();
  assert.deepEqual(empty.sent, []);
});

Deno.test("the end of a source is a number of its own, and the order is complete when all have ended", () => {
  const { sequencer, inputs: [a, b], sent, order } = setUp();
  a.chunks = 1;
  a.ended = true;
  sequencer.pump();
  assert.deepEqual(sent, [{ number: 1, source: 0, watermark: null }, { number: 2, source: 0, watermark: Infinity }]);
  sequencer.finished(1);
  sequencer.finished(2);
  assert.equal(sequencer.complete, false);
  b.ended = true;
  sequencer.pump();
  assert.equal(sequencer.complete, false, "an end has to be finished too");
  sequencer.finished(3);
  assert.equal(sequencer.complete, true);
  assert.deepEqual(order, [
    { kind: "chunk", number: 1, source: "a", from: 0, to: 10, late: false },
    { kind: "end", number: 2, source: "a" },
    { kind: "end", number: 3, source: "b" },
  ]);
});

Deno.test("a source that ended in an earlier deployment needs no second end", () => {
  const { sequencer, inputs: [, b] } = setUp({ watermarks: [Infinity, 900] });
  b.ended = true;
  sequencer.pump();
  sequencer.finished(1);
  assert.equal(sequencer.complete, true);
});

Deno.test("ticks are numbered and written down, one at a time, and release nothing", () => {
  const { sequencer, inputs: [a], sent, order } = setUp({ window: 3 });
  a.chunks = 1;
  sequencer.pump();
  sequencer.tick(5000);
  sequencer.tick(6000);
  assert.deepEqual(sent, [{ number: 1, source: 0, watermark: null }, { number: 2, source: -1, watermark: null }]);
  assert.deepEqual(order[1], { kind: "tick", number: 2, nowMs: 5000 });
  sequencer.finished(1);
  sequencer.finished(2);
  assert.deepEqual([a.released, sequencer.inFlight], [[10], 0]);
  sequencer.tick(7000);
  assert.deepEqual(order.at(-1), { kind: "tick", number: 3, nowMs: 7000 });
});

Deno.test("no tick is told beyond the window, to a paused pipeline or behind the end of all sources", () => {
  const full = setUp({ window: 1 });
  full.inputs[0].chunks = 1;
  full.sequencer.pump();
  full.sequencer.tick(1);
  assert.equal(full.order.length, 1);
  const paused = setUp();
  paused.sequencer.pause();
  paused.sequencer.tick(1);
  paused.sequencer.resume();
  assert.equal(paused.order.length, 0);
  const ended = setUp();
  for (const input of ended.inputs) input.ended = true;
  ended.sequencer.pump();
  ended.sequencer.tick(1);
  assert.deepEqual(ended.order.map(({ kind }) => kind), ["end", "end"]);
  for (const number of [1, 2]) ended.sequencer.finished(number);
  assert.equal(ended.sequencer.complete, true);
});

Deno.test("a tick does not keep a silent source from becoming idle", () => {
  const { sequencer, clocks, clock, order } = setUp({ idleTimeoutMs: 1000, watermarks: [500, 500] });
  sequencer.tick(1);
  clock.advance(1500);
  sequencer.idleTick();
  assert.deepEqual(order.map(({ kind }) => kind), ["tick", "idle", "idle"]);
  assert.equal(clocks[0].watermark, 500);
});

Deno.test("a paused sequencer takes nothing and marks nothing until it is resumed", () => {
  const { sequencer, inputs: [a], clock, sent } = setUp({ watermarks: [900, 900] });
  a.chunks = 1;
  sequencer.pause();
  clock.advance(5000);
  sequencer.pump();
  sequencer.idleTick();
  assert.deepEqual(sent, []);
  sequencer.resume();
  sequencer.pump();
  assert.equal(sent.length, 1);
});

Deno.test("a cut has a number of its own, which is a mark of nothing new, and a full window does not keep it waiting", () => {
  const { sequencer, inputs: [a], sent, order } = setUp({ window: 2, watermarks: [40, 50] });
  a.chunks = 3;
  sequencer.pump();
  assert.equal(sequencer.inFlight, 2);
  assert.equal(sequencer.cut(true), 3);
  assert.deepEqual(sent.at(-1), { number: 3, source: 0, watermark: 40 });
  assert.deepEqual(order.at(-1), { kind: "idle", number: 3, source: "a", watermark: 40 });
  for (const number of [1, 2, 3]) sequencer.finished(number);
  sequencer.pump();
  assert.equal(sequencer.number, 4);
});

Deno.test("while a cut is near, little is in flight, and as much as before when it is through", () => {
  const { sequencer, inputs: [a] } = setUp({ window: 8, nearWindow: 2, watermarks: [40, 50] });
  a.chunks = 20;
  sequencer.pump();
  assert.equal(sequencer.inFlight, 8);
  sequencer.approach(true);
  for (let number = 1; number <= 7; number++) {
    sequencer.finished(number);
    sequencer.pump();
  }
  assert.equal(sequencer.inFlight, 2);
  sequencer.finished(8);
  sequencer.pump();
  assert.equal(sequencer.inFlight, 2, "one follows as soon as one is finished");
  sequencer.approach(false);
  sequencer.pump();
  assert.equal(sequencer.inFlight, 8);
});

Deno.test("an idle partition has the least watermark of those that are not idle, also one to which no row ever came", () => {
  const watermarks = [-Infinity, -Infinity, -Infinity];
  const { sequencer, inputs: [a, b], clocks, clock, sent } = setUp({ partitions: true, watermarks });
  a.chunks = b.chunks = 1;
  sequencer.pump();
  clocks[0].observe(5100);
  clocks[1].observe(9100);
  for (const { number } of sent.splice(0)) sequencer.finished(number);
  clock.advance(900);
  b.chunks = 1;
  sequencer.pump();
  clocks[1].observe(20_100);
  sequencer.finished(sent.splice(0)[0].number);
  clock.advance(100);
  sequencer.idleTick();
  assert.deepEqual(sent.map(({ source, watermark }) => [source, watermark]), [[0, 20_000], [2, 20_000]]);
  assert.deepEqual(["a", "b", "c", "none"].map((id) => sequencer.isIdle(id)), [true, false, true, false]);
});

Deno.test("when all partitions are idle, their watermarks go on with the time from where the others have left them", () => {
  const { sequencer, inputs: [a, b], clocks, clock, sent } = setUp({ partitions: true });
  const done = () =>
    sent.splice(0).map(({ number, source, watermark }) => {
      sequencer.finished(number);
      if (watermark !== null) clocks[source].raise(watermark);
      return [source, watermark];
    });
  a.chunks = 1;
  sequencer.pump();
  clocks[0].observe(5100);
  done();
  clock.advance(600);
  b.chunks = 1;
  sequencer.pump();
  clocks[1].observe(90_100);
  done();
  clock.advance(400);
  sequencer.idleTick();
  assert.deepEqual(done(), [[0, 90_000]]);
  clock.advance(600);
  sequencer.idleTick();
  // The second is silent since 1000 ms, the first stands where it was put since 600 ms.
  assert.deepEqual(done(), [[0, 90_600], [1, 91_000]]);
  assert.equal(sequencer.inFlight, 0);
});

Deno.test("sources that are no partitions of one stream do not lend each other their time", () => {
  const { sequencer, inputs: [a, b], clocks, clock, sent } = setUp();
  a.chunks = b.chunks = 1;
  sequencer.pump();
  clocks[0].observe(5100);
  clocks[1].observe(90_100);
  for (const { number } of sent.splice(0)) sequencer.finished(number);
  clock.advance(500);
  b.chunks = 1;
  sequencer.pump();
  sequencer.finished(sent.splice(0)[0].number);
  clock.advance(500);
  sequencer.idleTick();
  assert.deepEqual(sent.map(({ source, watermark }) => [source, watermark]), [[0, 6000]]);
});
