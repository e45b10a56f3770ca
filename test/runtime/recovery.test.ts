import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { until } from "../until.ts";
import { DurableRun } from "./durable_run.ts";
import { EVENTS, windowsPlan } from "./engine_run.ts";

const HOW = { start: "earliest", state: "keep" } as const;

function event(ts: number, key = "a", value = 1) {
  return { ts, key, value };
}

/** Rows as they came, and what they do to those before them. */
function filePlan(path: string, least: number) {
  const where = { call: "ge", args: [{ column: "value" }, { literal: least }] };
  return {
    rdx: 1,
    nodes: [
      { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 },
      { id: "where", op: "filter", input: ["source"], where },
      { id: "sink", op: "sink", input: ["where"], sink: { kind: "file", path, format: "ndjson" } },
    ],
  };
}

function durableTest(behaviour: string, run: (life: DurableRun) => Promise<void>): void {
  Deno.test(behaviour, () => DurableRun.with(run));
}

durableTest("streams are there again with their columns, rows, bad rows and producers", async (life) => {
  life.engine.streams.put("events", { ...EVENTS, retentionMs: 5000 });
  await life.send("events", [event(1), { ts: "never" }, event(2)], { producer: "p", sequence: 0 });
  await life.send("made", [{ n: 1 }]);
  await life.send("made", [{ n: 1.5, text: "x" }]);
  const before = life.engine.streams.list(),
    [rows, dead, made] = [await life.rows("events"), await life.rows("events.dead"), await life.rows("made")];
  assert.deepEqual([rows.length, dead.length, made], [2, 1, ["1n", '1.5 "x"']]);
  await life.restart();
  assert.deepEqual(
    life.engine.streams.list().map((stream) => ({ ...stream, bytesIn: 0 })),
    before.map((stream) => ({ ...stream, bytesIn: 0 })),
  );
  assert.deepEqual([await life.rows("events"), await life.rows("events.dead"), await life.rows("made")], [
    rows,
    dead,
    made,
  ]);
  const again = await life.send("events", [event(1), { ts: "never" }, event(2)], { producer: "p", sequence: 0 });
  assert.deepEqual([again.duplicate, again.accepted, again.rejected, again.durability], [true, 2, 1, "fsync"]);
  assert.equal((await life.rows("events.dead")).length, 1);
  await assert.rejects(life.send("events", [event(3)], { producer: "p", sequence: 2 }), { code: "conflict" });
  assert.equal((await life.send("events", [event(3)], { producer: "p", sequence: 1 })).offset, 2);
});

durableTest(
  "a pipeline that begins at a time takes what arrived from then on, and the same after a restart",
  async (life) => {
    life.engine.streams.put("events", EVENTS);
    const times: number[] = [];
    for (let i = 0; i < 6; i++) {
      await new Promise((resolve) => setTimeout(resolve, 3));
      times.push(Date.now());
      await life.send("events", [event(i, "a", i)]);
    }
    const start = { timeMs: times[3] };
    await life.engine.pipelines.put("rows", filePlan("rows.ndjson", 0), { ...HOW, start });
    await life.settled();
    const lines = (await life.file("rows.ndjson")).trim().split("\n").map((line) => JSON.parse(line).value);
    assert.deepEqual(lines, [3, 4, 5]);
    await life.restart();
    await life.send("events", [event(6, "a", 6)]);
    await life.settled();
    const again = (await life.file("rows.ndjson")).trim().split("\n").map((line) => JSON.parse(line).value);
    assert.deepEqual(again, [3, 4, 5, 6]);
  },
);

durableTest("views and files have the same after a restart, and go on", async (life) => {
  life.engine.streams.put("events", EVENTS);
  await life.engine.pipelines.put("windows", windowsPlan({ kind: "view", name: "windows" }), HOW);
  await life.engine.pipelines.put("rows", filePlan("rows.ndjson", 0), { ...HOW, sql: "SELECT 1" });
  for (let i = 0; i < 30; i++) await life.send("events", [event(i * 4, "ab"[i % 2], i)]);
  await life.settled();
  const view = life.view("windows"), file = await life.file("rows.ndjson");
  assert.ok(view.rows.length > 10);
  await life.restart();
  assert.deepEqual(life.view("windows"), view);
  assert.equal(await life.file("rows.ndjson"), file);
  assert.equal(life.engine.pipelines.get("rows").sql, "SELECT 1");
  assert.deepEqual(life.engine.readiness(), { ready: true, reason: "Ready", progress: null });
  await life.send("events", [event(500)]);
  await life.settled();
  assert.ok(life.view("windows").seq > view.seq);
  assert.equal(
    await life.file("rows.ndjson"),
    `${file}${JSON.stringify({ ts: "1970-01-01T00:00:00.500Z", key: "a", value: 1 })}\n`,
  );
});

durableTest("a plan that was changed under way is changed again at the same row", async (life) => {
  life.engine.streams.put("events", EVENTS);
  const plans = [0, 5, 2];
  for (const [i, where] of plans.entries()) {
    const view = await life.engine.pipelines.put(
      "windows",
      windowsPlan({ kind: "view", name: "windows" }, { where }),
      HOW,
    );
    await life.engine.pipelines.put("rows", filePlan("rows.ndjson", where), HOW);
    assert.equal(view.created, i === 0);
    for (let row = 0; row < 9; row++) await life.send("events", [event(100 * i + row * 6, "k", row)]);
    await life.settled();
  }
  const view = life.view("windows"), file = await life.file("rows.ndjson");
  assert.equal(file.trim().split("\n").length, 9 + 4 + 7);
  for (let restarts = 0; restarts < 2; restarts++) {
    await life.restart();
    assert.deepEqual([life.view("windows"), await life.file("rows.ndjson")], [view, file]);
  }
});

durableTest("results of ticks and of silence are the same after a restart", async (life) => {
  life.engine.streams.put("events", EVENTS);
  const plan = windowsPlan({ kind: "view", name: "early" });
  const nodes = plan.nodes.map((node) =>
    node.id === "source"
      ? { ...node, idle_timeout_ms: 300 }
      : node.id === "aggregate"
      ? { ...node, emit: { mode: "every", every_ms: 100 } }
      : node
  );
  await life.engine.pipelines.put("early", { rdx: 1, nodes }, HOW);
  await life.send("events", [event(Date.now()), event(Date.now() + 1, "b")]);
  await until(() => life.view("early").seq >= 1, 5);
  // Silence comes into the order too, also where it was long enough before a tick already
  await new Promise((resolve) => setTimeout(resolve, 500));
  await life.settled();
  const before = life.view("early");
  await life.restart();
  const { rows, seq } = life.view("early");
  assert.ok(seq >= before.seq, `${seq} after ${before.seq}`);
  assert.deepEqual(rows, before.rows);
});

durableTest("rows that a pipeline leaves out are kept once, however often it does it again", async (life) => {
  life.engine.streams.put("events", { ...EVENTS, futureSkewMs: 0 });
  life.engine.streams.keepLate("events");
  const plan = windowsPlan({ kind: "view", name: "windows" });
  const nodes = plan.nodes.map((node) => node.id === "source" ? { ...node, future_skew_ms: 1000 } : node);
  await life.engine.pipelines.put("windows", { rdx: 1, nodes }, HOW);
  await life.send("events", [event(100), event(200)]);
  await life.send("events", [event(5, "late"), event(300), event(6, "late")]);
  await life.send("events", [event(Date.now() + 1e9, "ahead")]);
  await life.settled();
  const before = [await life.rows("events.late"), await life.rows("events.dead")];
  assert.deepEqual(before.map(({ length }) => length), [2, 1]);
  for (let restarts = 0; restarts < 2; restarts++) {
    await life.restart();
    assert.deepEqual([await life.rows("events.late"), await life.rows("events.dead")], before);
  }
  await life.send("events", [event(7, "late")]);
  await life.settled();
  assert.equal((await life.rows("events.late")).length, 3);
});

durableTest("what was deleted does not come back, and its name is free", async (life) => {
  life.engine.streams.put("events", EVENTS);
  await life.send("events", [event(1), { bad: true }]);
  await life.engine.pipelines.put("windows", windowsPlan({ kind: "view", name: "windows" }), HOW);
  await life.engine.pipelines.delete("windows");
  life.engine.streams.delete("events");
  life.engine.streams.put("events", EVENTS);
  await life.send("events", [event(2)]);
  await life.restart();
  assert.deepEqual(life.engine.pipelines.list(), []);
  assert.deepEqual(life.engine.streams.list().map(({ name, end }) => [name, end]), [["events", 1]]);
  const folders = [...Deno.readDirSync(`${life.folder}/data/journal`)].map(({ name }) => name);
  assert.equal(folders.length, 1);
});

durableTest("a pipeline that begins anew begins where it was told", async (life) => {
  life.engine.streams.put("events", EVENTS);
  await life.send("events", [event(1), event(2)]);
  await life.engine.pipelines.put("rows", filePlan("all.ndjson", 0), HOW);
  await life.engine.pipelines.put("rows", filePlan("new.ndjson", 0), { start: "latest", state: "fresh" });
  await life.send("events", [event(3)]);
  await life.settled();
  const before = await life.file("new.ndjson");
  assert.equal(before.trim().split("\n").length, 1);
  await life.restart();
  assert.equal(await life.file("new.ndjson"), before);
});

durableTest(
  "a pipeline whose input is gone is listed with the reason, and keeps nobody from going on",
  async (life) => {
    await Deno.writeTextFile(`${life.folder}/in.ndjson`, '{"n":1}\n');
    const plan = {
      rdx: 1,
      nodes: [
        {
          id: "in",
          op: "source",
          connector: { kind: "file", path: "in.ndjson", format: "ndjson" },
          columns: [{ name: "n", type: "int64" }],
        },
        { id: "sink", op: "sink", input: ["in"], sink: { kind: "view", name: "file" } },
      ],
    };
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("file", plan, HOW);
    await life.engine.pipelines.put("rows", filePlan("rows.ndjson", 0), HOW);
    await life.send("events", [event(1)]);
    await life.settled();
    await Deno.remove(`${life.folder}/in.ndjson`);
    await life.restart();
    const { state, reason } = life.engine.pipelines.get("file");
    assert.equal(state, "failed");
    assert.match(reason!, /cannot be recovered: .*in\.ndjson/);
    const kept = await life.engine.states.get("file");
    assert.deepEqual([kept.state, kept.operators, kept.numbers], ["failed", [], []]);
    await assert.rejects(life.engine.states.digest("file", null), /Pipeline file is failed/);
    assert.ok(life.said.some((line) => line.includes("cannot be recovered")));
    assert.equal(life.engine.pipelines.get("rows").state, "running");
    await life.engine.pipelines.delete("file");
    await life.restart();
    assert.deepEqual(life.engine.pipelines.list().map(({ name }) => name), ["rows"]);
  },
);

durableTest("a journal that is damaged is refused, and so is one whose files are gone", async (life) => {
  life.engine.streams.put("events", EVENTS);
  for (let i = 0; i < 3; i++) await life.send("events", [event(i)]);
  await life.engine.close();
  const folder = `${life.folder}/data/journal/events/0`,
    [{ name }] = [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".seg"));
  const bytes = await Deno.readFile(`${folder}/${name}`), damaged = bytes.slice();
  damaged[200] ^= 4;
  await Deno.writeFile(`${folder}/${name}`, damaged);
  await assert.rejects(life.start(), (thrown) => thrown instanceof RdxError && /damaged/.test(thrown.message));
  assert.deepEqual(await Deno.readFile(`${folder}/${name}`), damaged);
  await Deno.rename(folder, `${life.folder}/away`);
  await assert.rejects(life.start(), /The files of journal\/events\/0 are missing/);
  await Deno.rename(`${life.folder}/away`, folder);
  await Deno.writeFile(`${folder}/${name}`, bytes);
  await life.start();
  assert.equal((await life.rows("events")).length, 3);
});

durableTest(
  "what a pipeline has taken is kept until a checkpoint has it, and one that has ended is there again",
  async (life) => {
    life.engine.streams.put("events", { ...EVENTS, retentionMs: 1 });
    await life.engine.pipelines.put("windows", windowsPlan({ kind: "view", name: "windows" }), HOW);
    const key = "k".repeat(2000);
    for (let i = 0; i < 6; i++) {
      await life.send("events", Array.from({ length: 300 }, (_, row) => event(i * 1000 + row, `${key}${row % 3}`)));
    }
    assert.equal(life.engine.streams.get("events").start, 0);
    await life.engine.streams.end("events");
    await until(() => life.engine.pipelines.get("windows").state === "completed", 5);
    const before = life.view("windows");
    await life.restart();
    assert.ok(life.engine.streams.get("events").start > 0, "its last checkpoint has all that it took");
    assert.deepEqual([life.view("windows"), life.engine.pipelines.get("windows").state], [before, "completed"]);
  },
);

durableTest(
  "a pipeline whose sink cannot be opened again has failed with the reason, and can be put anew",
  async (life) => {
    life.engine.streams.put("events", EVENTS);
    await Deno.mkdir(`${life.folder}/out`);
    await life.engine.pipelines.put("rows", filePlan("out/rows.ndjson", 0), HOW);
    await life.send("events", [event(1)]);
    await life.settled();
    await Deno.remove(`${life.folder}/out`, { recursive: true });
    await life.restart();
    const { state, reason } = life.engine.pipelines.get("rows");
    assert.equal(state, "failed");
    assert.match(reason!, /cannot be recovered: Cannot write file out\/rows\.ndjson/);
    assert.equal(life.engine.readiness().ready, true);
    await life.engine.pipelines.put("rows", filePlan("rows.ndjson", 0), HOW);
    await life.settled();
    assert.equal((await life.file("rows.ndjson")).split("\n").length, 2);
  },
);

durableTest("a file belongs to one pipeline, since that writes it again", async (life) => {
  life.engine.streams.put("events", EVENTS);
  await life.engine.pipelines.put("rows", filePlan("rows.ndjson", 0), HOW);
  await assert.rejects(life.engine.pipelines.put("other", filePlan("rows.ndjson", 0), HOW), {
    code: "conflict",
    message: /belongs to pipeline rows/,
  });
  await life.engine.pipelines.put("rows", filePlan("rows.ndjson", 1), HOW);
  await life.engine.pipelines.delete("rows");
  await life.engine.pipelines.put("other", filePlan("rows.ndjson", 0), HOW);
});
