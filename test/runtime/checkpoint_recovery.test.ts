import assert from "node:assert/strict";
import { until } from "../until.ts";
import { DurableRun, type LifeOptions } from "./durable_run.ts";
import { EVENTS, windowsPlan } from "./engine_run.ts";

const HOW = { start: "earliest", state: "keep" } as const;

function event(ts: number, key = "a", value = 1) {
  return { ts, key, value };
}

const source = { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 };

/** Sums by key of rows that are at least so much, as changes. */
function sumsPlan(least: number) {
  const where = { call: "ge", args: [{ column: "value" }, { literal: least }] };
  const aggs = [{ fn: "sum", arg: { column: "value" }, as: "total" }];
  return {
    rdx: 1,
    nodes: [
      source,
      { id: "where", op: "filter", input: ["source"], where },
      { id: "sums", op: "aggregate", input: ["where"], keys: ["key"], aggs },
      { id: "view", op: "sink", input: ["sums"], sink: { kind: "view", name: "sums" } },
    ],
  };
}

function checkpointTest(behaviour: string, run: (life: DurableRun) => Promise<void>, options: LifeOptions = {}): void {
  Deno.test(behaviour, () => DurableRun.with(run, options));
}

async function send(life: DurableRun, from: number, count = 20): Promise<void> {
  for (let i = from; i < from + count; i++) {
    await life.send("events", [event(i * 5, "abc"[i % 3], i), event(i * 5, "d", i)]);
  }
}

function folderOf(life: DurableRun, room: string, name: string): string[] {
  return [...Deno.readDirSync(`${life.folder}/data/${room}/${name}`)].map((entry) => entry.name).sort();
}

/** Writes over the last bytes of the newest file of a checkpoint. */
function damage(life: DurableRun, name: string, number: number): void {
  const folder = `${life.folder}/data/checkpoints/order/${name}/${number}`;
  const files = [...Deno.readDirSync(folder)].map((entry) => `${folder}/${entry.name}`).filter((path) =>
    !path.endsWith(".json")
  );
  const path = files.at(-1)!, bytes = Deno.readFileSync(path);
  bytes[bytes.length >> 1] ^= 0xff;
  Deno.writeFileSync(path, bytes);
}

checkpointTest("a damaged checkpoint is said, and the one before it is gone on from", async (life) => {
  life.engine.streams.put("events", EVENTS);
  await life.engine.pipelines.put("sums", sumsPlan(0), HOW);
  const numbers: number[] = [];
  for (let round = 0; round < 5; round++) {
    await send(life, round * 20);
    numbers.push(await life.checkpoint("sums"));
  }
  await send(life, 100);
  await life.settled();
  const before = life.view("sums");
  await life.engine.close();
  damage(life, "sums", numbers[4]);
  await life.start();
  const { checkpoint, state } = life.engine.pipelines.get("sums");
  assert.deepEqual([state, checkpoint!.restored], ["running", numbers[3]]);
  assert.deepEqual(life.view("sums"), before);
  assert.ok(
    life.said.some((line) => line.includes(`cannot go on from its checkpoint ${numbers[4]}`)),
    life.said.join("\n"),
  );
  // Later ones lie on the good one
  await send(life, 120);
  const next = await life.checkpoint("sums");
  await life.settled();
  const after = life.view("sums");
  await life.restart(2);
  assert.equal(life.engine.pipelines.get("sums").checkpoint!.restored, next);
  assert.deepEqual(life.view("sums"), after);
});

checkpointTest(
  "without a good checkpoint the whole log is done again, and where it is not there any more that is said",
  async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("sums", sumsPlan(0), HOW);
    await send(life, 0);
    const first = await life.checkpoint("sums");
    await life.settled();
    const before = life.view("sums");
    await life.engine.close();
    damage(life, "sums", first);
    await life.start();
    assert.equal(life.engine.pipelines.get("sums").checkpoint!.restored, null);
    assert.deepEqual(life.view("sums"), before);
    // The plan before the change goes with the checkpoints that it led to
    await life.engine.pipelines.put("sums", sumsPlan(3), HOW);
    const numbers: number[] = [];
    for (let round = 1; round < 5; round++) {
      await send(life, round * 20);
      numbers.push(await life.checkpoint("sums"));
    }
    await life.engine.close();
    for (const number of numbers.slice(-3)) damage(life, "sums", number);
    await life.start();
    const { state, reason } = life.engine.pipelines.get("sums");
    assert.equal(state, "failed");
    assert.match(
      reason!,
      /none of its 3 checkpoints can be used: put a copy of them in their place, or deploy it anew/,
    );
    await life.engine.pipelines.put("sums", sumsPlan(3), { start: "earliest", state: "fresh" });
    await life.settled();
    assert.equal(life.engine.pipelines.get("sums").state, "running");
    assert.equal(life.view("sums").rows.length, 4);
  },
);

checkpointTest("a changed plan goes on from a checkpoint of either plan", async (life) => {
  life.engine.streams.put("events", EVENTS);
  const plans = [0, 7, 30];
  for (const [i, least] of plans.entries()) {
    await life.engine.pipelines.put("sums", sumsPlan(least), HOW);
    await life.engine.pipelines.put("windows", windowsPlan({ kind: "view", name: "windows" }, { where: least }), HOW);
    await send(life, i * 20);
    if (i !== 1) { for (const name of ["sums", "windows"]) await life.checkpoint(name); }
    if (i === 2) continue;
    // The next plan comes behind a checkpoint, with and without rows between
    await life.restart(1 + i);
  }
  await send(life, 60, 5);
  await life.settled();
  const before = [life.view("sums"), life.view("windows")];
  for (const workers of [1, 3]) {
    await life.restart(workers);
    assert.deepEqual([life.view("sums"), life.view("windows")], before);
  }
  await life.engine.pipelines.put("sums", sumsPlan(0), HOW);
  await life.restart();
  await send(life, 65, 5);
  await life.settled();
  const after = life.view("sums");
  await life.restart();
  assert.deepEqual(life.view("sums"), after);
});

checkpointTest("what lies before the oldest checkpoint goes, and no more than three are kept", async (life) => {
  life.engine.streams.put("events", EVENTS);
  await life.engine.pipelines.put("sums", sumsPlan(0), HOW);
  const numbers: number[] = [];
  for (let round = 0; round < 6; round++) {
    await send(life, round * 20);
    numbers.push(await life.checkpoint("sums"));
  }
  const kept = folderOf(life, "checkpoints", "order/sums").filter((number) =>
    folderOf(life, "checkpoints", `order/sums/${number}`).includes("manifest.json")
  );
  assert.deepEqual(kept.map(Number).sort((a, b) => a - b), numbers.slice(-3));
  await life.engine.pipelines.delete("sums");
  await life.restart();
  assert.throws(() => folderOf(life, "checkpoints", "order/sums"), Deno.errors.NotFound);
});

checkpointTest("an orderly end takes a checkpoint, so that nothing is done again", async (life) => {
  life.engine.streams.put("events", EVENTS);
  await life.engine.pipelines.put("sums", sumsPlan(0), HOW);
  await send(life, 0);
  await life.engine.drain();
  const before = life.view("sums"), { number, problem } = life.engine.pipelines.get("sums").checkpoint!;
  assert.equal(problem, null);
  await life.restart(2);
  assert.equal(life.engine.pipelines.get("sums").checkpoint!.restored, number);
  assert.deepEqual(life.view("sums"), before);
  assert.equal(life.engine.pipelines.find("sums")!.number, number);
});

checkpointTest(
  "checkpoints are taken at an interval while rows come, and none when there is nothing new",
  async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("sums", sumsPlan(0), HOW);
    const number = () => life.engine.pipelines.get("sums").checkpoint!.number ?? 0;
    for (let round = 0; round < 3; round++) {
      const before = number();
      await send(life, round * 20);
      await until(() => number() > before);
    }
    await until(() => number() === life.engine.pipelines.find("sums")!.number);
    const { takenMs } = life.engine.pipelines.get("sums").checkpoint!;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(life.engine.pipelines.get("sums").checkpoint!.takenMs, takenMs);
    assert.match(life.engine.metrics(), /^rdx_checkpoint_seconds_count\{pipeline="sums"\} [1-9]/m);
  },
  { intervalMs: 20 },
);

checkpointTest("frames of rows go on from a checkpoint", async (life) => {
  life.engine.streams.put("events", EVENTS);
  const over = {
    id: "over",
    op: "over",
    input: ["source"],
    keys: ["key"],
    frame: { kind: "rows", preceding: 2 },
    aggs: [{ fn: "sum", arg: { column: "value" }, as: "total" }],
  };
  const plan = {
    rdx: 1,
    nodes: [source, over, { id: "view", op: "sink", input: ["over"], sink: { kind: "view", name: "over" } }],
  };
  await life.engine.pipelines.put("over", plan, HOW);
  await send(life, 0);
  const number = await life.checkpoint("over");
  await send(life, 1);
  await life.settled();
  const before = life.view("over");
  await life.restart();
  assert.equal(life.engine.pipelines.get("over").checkpoint!.restored, number);
  assert.deepEqual(life.view("over"), before);
});

checkpointTest(
  "a pipeline that is through with its input takes a last checkpoint, and does nothing again after a restart",
  async (life) => {
    const lines = Array.from({ length: 100 }, (_, i) => JSON.stringify({ key: "abc"[i % 3], value: i, ts: i * 500 }));
    await Deno.writeTextFile(`${life.folder}/in.ndjson`, lines.join("\n"));
    const columns = [["key", "string"], ["value", "int64"], ["ts", "timestamp"]].map(([name, type]) => ({
      name,
      type,
      nullable: false,
    }));
    const connector = { kind: "file", path: "in.ndjson", format: "ndjson" };
    const nodes = [
      { id: "source", op: "source", connector, columns, time: "ts" },
      { id: "w", op: "window", input: ["source"], window: { kind: "tumble", size_ms: 10_000 } },
      { id: "a", op: "aggregate", input: ["w"], keys: ["key"], aggs: [{ fn: "count", as: "n" }] },
      { id: "view", op: "sink", input: ["a"], sink: { kind: "view", name: "counts" } },
      { id: "file", op: "sink", input: ["a"], sink: { kind: "file", path: "out.ndjson", format: "ndjson" } },
    ];
    await life.engine.pipelines.put("counts", { rdx: 1, nodes }, HOW);
    await life.engine.pipelines.find("counts")!.settled();
    const { state, checkpoint } = life.engine.pipelines.get("counts");
    assert.equal(state, "completed");
    assert.equal(checkpoint!.number, life.engine.pipelines.find("counts")!.number);
    const before = [life.view("counts"), await life.file("out.ndjson")];
    assert.ok(String(before[1]).length > 100);
    await life.restart();
    await life.engine.pipelines.find("counts")!.settled();
    const again = life.engine.pipelines.get("counts");
    assert.equal(again.state, "completed");
    assert.deepEqual([again.checkpoint!.restored, again.rowsIn], [checkpoint!.number, 100]);
    assert.deepEqual([life.view("counts"), await life.file("out.ndjson")], before);
    assert.match(
      life.engine.pipelines.explain("counts").text,
      /after a restart it goes on from its newest checkpoint \(one is taken at an orderly end\)/,
    );
  },
);
