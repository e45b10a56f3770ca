import assert from "node:assert/strict";
import { Receiver } from "../sink/receiver.ts";
import { until } from "../until.ts";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";

const HOW = { start: "earliest", state: "keep" } as const;

function plan(least: number, sink: Record<string, unknown>) {
  const where = { call: "ge", args: [{ column: "value" }, { literal: least }] };
  return {
    rdx: 1,
    nodes: [
      { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 },
      { id: "where", op: "filter", input: ["source"], where },
      { id: "sink", op: "sink", input: ["where"], sink },
    ],
  };
}

/** Whether something has come to an end, looked at later. */
function watched(act: Promise<unknown>): { readonly done: () => boolean } {
  let done = false;
  act.finally(() => done = true).catch(() => {});
  return { done: () => done };
}

/** What `act` resolves to, which must not hang. */
async function soon<T>(act: Promise<T>): Promise<T> {
  await until(watched(act).done);
  return await act;
}

/** A pipeline p that has sent ten rows, and does two more again, for a receiver that does not take them; and q beside it. */
async function withStuck(
  act: Receiver["act"],
  run: (life: DurableRun, receiver: Receiver) => Promise<void>,
  change?: (life: DurableRun, receiver: Receiver) => Promise<void>,
): Promise<void> {
  const receiver = await Receiver.start();
  try {
    await DurableRun.with(async (life) => {
      life.engine.streams.put("events", EVENTS);
      await life.engine.pipelines.put("p", plan(0, { kind: "webhook", url: receiver.url }), HOW);
      await life.engine.pipelines.put("q", plan(0, { kind: "view", name: "q" }), HOW);
      const send = (value: number) => life.send("events", [{ ts: value, key: "a", value }]);
      for (let value = 0; value < 10; value++) await send(value);
      await life.settled();
      await change?.(life, receiver);
      receiver.act = () => ({ status: 503 });
      for (const value of [10, 11]) await send(value);
      await until(() => life.engine.pipelines.get("p").sinks[0].trouble !== null);
      await life.engine.close();
      // What was delivered is noted soon: a crash may take that.
      if (change) await Deno.remove(`${life.folder}/data/sink`, { recursive: true });
      receiver.act = act;
      await life.open();
      await until(() => life.engine.pipelines.get("q").state === "running");
      assert.equal(life.engine.pipelines.get("p").state, "recovering");
      await run(life, receiver);
    });
  } finally {
    await receiver.close();
  }
}

Deno.test("a pipeline that cannot do again what it did, since its sink does not write, keeps no other from being deployed, changed and deleted", async () => {
  // It does not answer before it is told to.
  const answers = Promise.withResolvers<{ status: number }>();
  await withStuck(() => answers.promise, async (life, receiver) => {
    const { engine } = life, { pipelines } = engine;
    assert.ok((await soon(pipelines.put("r", plan(3, { kind: "view", name: "r" }), HOW))).created);
    await until(() => life.view("r").rows.length === 9);
    await soon(pipelines.put("q", plan(5, { kind: "view", name: "q" }), HOW));
    await soon(pipelines.delete("q"));
    // One that goes on with its state waits for that as a whole.
    const changed = pipelines.put("p", plan(11, { kind: "webhook", url: receiver.url }), HOW);
    const { done } = watched(changed);
    await life.send("events", [{ ts: 12, key: "a", value: 3 }, { ts: 12, key: "a", value: 12 }]);
    await soon(pipelines.delete("r"));
    assert.equal(done(), false);
    answers.resolve({ status: 200 });
    assert.deepEqual((await soon(changed)).created, false);
    await life.settled();
    await soon(engine.recovered);
    assert.equal(engine.readiness().ready, true);
    const values = (receiver.rows as { value: number }[]).map(({ value }) => value);
    // Rows may be taken under the old plan or under the new one, each once.
    assert.deepEqual(values.filter((value) => value !== 3), [0, 1, 2, ...[4, 5, 6, 7, 8, 9, 10, 11, 12]]);
    assert.equal(receiver.doubled, 0);
    await life.checkpoint("p");
  });
});

Deno.test("a pipeline that is stuck in what it does again can be deleted, or begun afresh", async () => {
  await withStuck(() => ({ status: 503 }), async (life, receiver) => {
    const { pipelines } = life.engine;
    await until(() => /; p cannot write to a sink/.test(life.engine.readiness().reason));
    const fresh = plan(0, { kind: "view", name: "p" });
    await soon(pipelines.put("p", fresh, { start: "earliest", state: "fresh" }));
    await until(() => life.view("p").rows.length === 12);
    await soon(life.engine.recovered);
    assert.equal(life.engine.readiness().ready, true);
    await life.checkpoint("p");
    await life.restart();
    assert.equal(life.view("p").rows.length, 12);
    assert.equal(receiver.rows.length, 10);
  });
  await withStuck(() => ({ status: 503 }), async (life) => {
    assert.equal(life.engine.readiness().ready, false);
    await soon(life.engine.pipelines.delete("p"));
    await soon(life.engine.recovered);
    assert.deepEqual([life.engine.pipelines.list().length, life.engine.readiness().ready], [1, true]);
  });
});

/** What p becomes behind its newest checkpoint: its webhook with another filter, and a view of a stream that it did not read before. */
function changedPlan(url: string) {
  const { nodes } = plan(3, { kind: "webhook", url });
  const more = [
    { id: "other", op: "source", stream: "others", idle_timeout_ms: 0 },
    { id: "shown", op: "sink", input: ["other"], sink: { kind: "view", name: "others" } },
  ];
  return { rdx: 1, nodes: [...nodes, ...more] };
}

async function changed(life: DurableRun, receiver: Receiver): Promise<void> {
  await life.checkpoint("p");
  // Something is done again under the first plan, which does not get through.
  await life.send("events", [{ ts: 20, key: "a", value: 9 }]);
  await life.settled();
  life.engine.streams.put("others", EVENTS);
  await life.engine.pipelines.put("p", changedPlan(receiver.url), HOW);
  await life.send("others", [{ ts: 1, key: "b", value: 1 }]);
  await life.settled();
}

Deno.test("a pipeline whose plan has changed since its newest checkpoint, and whose sink does not write what it does again, keeps no other waiting", async () => {
  const answers = Promise.withResolvers<{ status: number }>();
  await withStuck(() => answers.promise, async (life, receiver) => {
    const { engine } = life, { pipelines } = engine;
    assert.ok((await soon(pipelines.put("r", plan(3, { kind: "view", name: "r" }), HOW))).created);
    await until(() => life.view("r").rows.length === 10);
    await soon(pipelines.put("q", plan(5, { kind: "view", name: "q" }), HOW));
    await soon(pipelines.delete("q"));
    // What it is about to read and to write again is its own meanwhile.
    await assert.rejects(pipelines.put("s", plan(0, { kind: "view", name: "others" }), HOW), /belongs to pipeline p/);
    assert.throws(() => engine.streams.delete("others"), /is read by p/);
    assert.throws(() => life.view("others"), /comes back with pipeline p/);
    answers.resolve({ status: 200 });
    await soon(engine.recovered);
    assert.equal(engine.readiness().ready, true);
    await life.send("events", [{ ts: 21, key: "a", value: 2 }, { ts: 21, key: "a", value: 12 }]);
    await life.settled();
    const values = (receiver.rows as { value: number }[]).map(({ value }) => value);
    assert.deepEqual(values, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 10, 11, 12]);
    assert.equal(life.view("others").rows.length, 1);
    await life.checkpoint("p");
    await life.restart();
    assert.equal(life.view("others").rows.length, 1);
    assert.equal(receiver.doubled, 1);
  }, changed);
});

Deno.test("a pipeline that is stuck under a plan before its last can be deleted, or begun afresh", async () => {
  await withStuck(() => ({ status: 503 }), async (life, receiver) => {
    const { engine } = life, fresh = plan(0, { kind: "view", name: "p" });
    await soon(engine.pipelines.put("p", fresh, { start: "earliest", state: "fresh" }));
    await until(() => life.view("p").rows.length === 13);
    await soon(engine.recovered);
    engine.streams.delete("others");
    await life.checkpoint("p");
    await life.restart();
    assert.equal(life.view("p").rows.length, 13);
    assert.equal(receiver.rows.length, 11);
  }, changed);
  await withStuck(() => ({ status: 503 }), async (life) => {
    await soon(life.engine.pipelines.delete("p"));
    await soon(life.engine.recovered);
    life.engine.streams.delete("others");
    assert.deepEqual([life.engine.pipelines.list().length, life.engine.readiness().ready], [1, true]);
  }, changed);
});

/** The same, where what p does again under its first plan is refused for good. */
async function withFailed(run: (life: DurableRun, receiver: Receiver) => Promise<void>): Promise<void> {
  const answers = Promise.withResolvers<{ status: number }>();
  await withStuck(() => answers.promise, async (life, receiver) => {
    answers.resolve({ status: 422 });
    await until(() => life.engine.pipelines.get("p").state === "failed");
    await soon(life.engine.recovered);
    receiver.act = () => ({ status: 200 });
    await run(life, receiver);
  }, changed);
}

Deno.test("a pipeline that has failed under a plan before its last goes on when its last plan is deployed again, and keeps what that reads and writes until then", async () => {
  await withFailed(async (life, receiver) => {
    const { engine } = life, { pipelines } = engine, last = changedPlan(receiver.url);
    const { nodes } = pipelines.get("p").plan as { nodes: { id: string }[] };
    assert.deepEqual(nodes.map(({ id }) => id), last.nodes.map(({ id }) => id));
    await assert.rejects(pipelines.put("s", plan(0, { kind: "view", name: "others" }), HOW), /belongs to pipeline p/);
    assert.throws(() => engine.streams.delete("others"), /is read by p/);
    // Nobody waits for it.
    assert.throws(() => life.view("others"), /There is no view others/);
    assert.deepEqual(engine.views.list().map(({ name }) => name), ["q"]);
    const { created, notes } = await soon(pipelines.put("p", last, HOW));
    assert.deepEqual([created, notes], [false, ["It had failed, and goes on from its newest checkpoint"]]);
    await soon(engine.recovered);
    await until(() => pipelines.get("p").state === "running" && pipelines.get("p").sinks.length === 2);
    await life.settled();
    const values = (receiver.rows as { value: number }[]).map(({ value }) => value);
    assert.deepEqual(values, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 10, 11]);
    assert.equal(life.view("others").rows.length, 1);
    await life.checkpoint("p");
    await life.restart();
    assert.equal(life.view("others").rows.length, 1);
  });
});

Deno.test("a pipeline that has failed under a plan before its last begins afresh with that one, and gives back what its last read and wrote", async () => {
  await withFailed(async (life, receiver) => {
    const { engine } = life;
    const first = plan(0, { kind: "webhook", url: receiver.url });
    const { notes } = await soon(engine.pipelines.put("p", first, HOW));
    assert.match(notes[0], /had failed, and begins afresh with another plan/);
    engine.streams.delete("others");
    await engine.pipelines.put("s", plan(0, { kind: "view", name: "others" }), HOW);
    await life.settled();
    assert.equal(engine.pipelines.get("p").state, "running");
    assert.equal(receiver.rows.length, 11 + 13);
    await life.restart();
    assert.equal(receiver.rows.length, 11 + 13);
  });
});
