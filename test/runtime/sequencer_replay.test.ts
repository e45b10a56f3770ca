import assert from "node:assert/strict";
import type { OrderRecord, OrderReplay } from "../../src/log.ts";
import { setUp } from "./sequencer_world.ts";

/** An order of an earlier process, of which `read` steps have been read. */
class SimReplay implements OrderReplay {
  read = Infinity;
  readonly #records: readonly OrderRecord[];
  #at = 0;

  constructor(records: readonly OrderRecord[]) {
    this.#records = records;
  }

  get last(): number {
    return this.#records.at(-1)?.number ?? 0;
  }

  peek(): OrderRecord | null {
    return this.#at < this.read ? this.#records[this.#at] ?? null : null;
  }

  shift(): void {
    this.#at++;
  }

  onReady(): () => void {
    return () => {};
  }

  close(): void {}
}

/** Steps of a life in which two sources gave rows, were silent, and one ended. */
function someLife() {
  const world = setUp({ window: 100, late: true }), { sequencer, inputs: [a, b], clock } = world;
  const finish = () => world.sent.slice(done).forEach(({ number }) => (done++, sequencer.finished(number)));
  let done = 0;
  a.chunks = 2;
  b.chunks = 1;
  sequencer.pump();
  world.clocks.forEach((one) => one.raise(5000));
  finish();
  clock.advance(3000);
  sequencer.idleTick();
  finish();
  sequencer.tick(7777);
  a.ended = true;
  sequencer.pump();
  finish();
  return world;
}

Deno.test("what an earlier process did is done again as it did it, before anything new is taken", () => {
  const life = someLife();
  assert.deepEqual(life.order.map(({ kind }) => kind), ["chunk", "chunk", "chunk", "idle", "idle", "tick", "end"]);
  const replay = new SimReplay(life.order),
    again = setUp({ window: 100, replay }),
    { sequencer, inputs: [a, b] } = again;
  // Rows of other sources are there earlier than then, and more of them.
  b.chunks = 5;
  replay.read = 2;
  sequencer.pump();
  assert.equal(again.sent.length, 0, "it waits for rows that it took first");
  a.chunks = 2;
  sequencer.pump();
  assert.equal(again.sent.length, 2);
  sequencer.tick(1);
  sequencer.idleTick();
  assert.equal(again.sent.length, 2, "nothing comes from the clock");
  replay.read = Infinity;
  sequencer.pump();
  assert.deepEqual(again.sent.slice(0, 7), life.sent);
  assert.equal(sequencer.repeating, false);
  // Then it goes on, and writes that down.
  assert.deepEqual(again.order.map(({ number, kind }) => [number, kind]), [[8, "chunk"], [9, "chunk"], [10, "chunk"], [
    11,
    "chunk",
  ]]);
});

Deno.test("a plan does again what it did up to the number at which another took its place", () => {
  const life = someLife(), replay = new SimReplay(life.order);
  const first = setUp({ window: 100, replay, until: 2 });
  for (const input of first.inputs) input.chunks = 9;
  first.sequencer.pump();
  assert.deepEqual([first.sequencer.number, first.sequencer.repeating, first.order.length], [2, true, 0]);
  const next = setUp({ window: 100, replay, after: 2 });
  // It goes on where the inputs stand.
  next.inputs.forEach((input, i) => {
    input.chunks = 9;
    for (const { source } of first.sent) if (source === i) input.take();
  });
  next.sequencer.pump();
  assert.deepEqual([...first.sent, ...next.sent].slice(0, 7), life.sent);
});

Deno.test("a plan takes nothing new behind the number at which another took its place, also where it has nothing to do again", () => {
  const { sequencer, inputs, clock, clocks, sent, order } = setUp({ window: 100, after: 2, until: 2 });
  for (const input of inputs) input.chunks = 9;
  sequencer.pump();
  for (const input of inputs) input.chunks = 0;
  clocks.forEach((one) => one.raise(5000));
  clock.advance(3000);
  sequencer.idleTick();
  sequencer.tick(7777);
  assert.deepEqual([sequencer.number, sent, order], [2, [], []]);
});

Deno.test("a chunk in quarantine is a mark of what its source has reached, and its rows are let go of when that is done", () => {
  const life = someLife(), chunk = life.order[1];
  assert.ok(chunk.kind === "chunk");
  const { number, source, from, to } = chunk;
  const quarantined = [{ number, source, input: "s", from, to, node: null, reason: "unreachable", atMs: 0 }];
  const again = setUp({ window: 100, replay: new SimReplay(life.order), quarantined });
  for (const input of again.inputs) input.chunks = 9;
  again.sequencer.pump();
  const at = "ab".indexOf(source), out = { number, source: at, watermark: -Infinity, out: [from, to] };
  assert.deepEqual(again.sent.slice(0, 7), life.sent.map((sent) => sent.number === number ? out : sent));
  const { released } = again.inputs[at];
  again.sequencer.finished(number);
  assert.deepEqual(released, [to]);
});

Deno.test("an order that does not fit is refused", () => {
  const gap = new SimReplay([{ kind: "tick", number: 2, nowMs: 5 }]);
  assert.throws(() => setUp({ replay: gap }).sequencer.pump(), /goes on with 2 behind 0/);
  const other = new SimReplay([{ kind: "end", number: 1, source: "gone" }]);
  assert.throws(() => setUp({ replay: other }).sequencer.pump(), /a source gone that it does not have/);
});
