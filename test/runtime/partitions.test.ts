import assert from "node:assert/strict";
import { PARTITIONS_MAX } from "../../src/core/limits.ts";
import { RdxError } from "../../src/core/errors.ts";
import type { LogFollower, ReplayedRows, StreamDeclaration } from "../../src/runtime/service.ts";
import { seeded } from "../sim/pool.ts";
import { until } from "../until.ts";
import { DurableRun, type LifeOptions } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";
import { textOfRanges } from "./rows.ts";

const KEEP = { start: "earliest", state: "keep" } as const;
const BY_KEY: StreamDeclaration = { ...EVENTS, partitions: 4, partitionBy: ["key"] };

type Row = { readonly ts: number; readonly key: string; readonly value: number };

/** Sums and counts by key, as changes; with `more` also the greatest value. */
function sumsPlan(more = false) {
  const aggs = [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "value" }, as: "total" }];
  if (more) aggs.push({ fn: "max", arg: { column: "value" }, as: "most" });
  return {
    rdx: 1,
    nodes: [
      { id: "in", op: "source", stream: "events", idle_timeout_ms: 0 },
      { id: "sums", op: "aggregate", input: ["in"], keys: ["key"], aggs },
      { id: "view", op: "sink", input: ["sums"], sink: { kind: "view", name: "sums" } },
    ],
  };
}

/** Counts by windows of 10 s. */
function windowsPlan(idleTimeoutMs: number) {
  const window = { kind: "tumble", time: "ts", size_ms: 10_000 };
  return {
    rdx: 1,
    nodes: [
      { id: "in", op: "source", stream: "events", idle_timeout_ms: idleTimeoutMs },
      { id: "win", op: "window", input: ["in"], window },
      { id: "counts", op: "aggregate", input: ["win"], keys: ["key"], aggs: [{ fn: "count", as: "n" }] },
      { id: "view", op: "sink", input: ["counts"], sink: { kind: "view", name: "counts" } },
    ],
  };
}

function partitionTest(
  behaviour: string,
  run: (life: DurableRun) => Promise<void> | void,
  options: LifeOptions = {},
): void {
  Deno.test(behaviour, () => DurableRun.with(async (life) => await run(life), options));
}

function refused(code: string, message: RegExp) {
  return (thrown: unknown) => {
    assert.ok(thrown instanceof RdxError, String(thrown));
    assert.equal(thrown.code, code);
    assert.match([thrown.message, ...thrown.details.map(({ reason }) => reason)].join("; "), message);
    return true;
  };
}

/** What a follower gives: offset, partition and row of each. */
async function followed(follower: LogFollower): Promise<[offset: number, partition: number, row: string][]> {
  const rows: [number, number, string][] = [];
  for (let piece = await follower.next(); piece; piece = await follower.next()) {
    const { offset, partition } = piece;
    textOfRanges([piece.range]).forEach((text, i) => rows.push([offset + i, partition, text]));
  }
  return rows;
}

async function all(life: DurableRun, partition?: number) {
  const only = partition === undefined ? {} : { partition };
  return await followed(
    await life.engine.streams.follow("events", { from: "earliest", to: null, follow: false, ...only }),
  );
}

/** As the view shows them. */
function sumsOf(rows: readonly Row[]): string[] {
  const sums = new Map<string, { n: number; total: number }>();
  for (const { key, value } of rows) {
    const { n, total } = sums.get(key) ?? { n: 0, total: 0 };
    sums.set(key, { n: n + 1, total: total + value });
  }
  return [...sums].map(([key, { n, total }]) => `"${key}" ${n}n ${total}n`).sort();
}

/** Keys, counts and sums alone. */
function sumsIn(life: DurableRun, view = "sums"): string[] {
  return life.view(view).rows.map((text) => text.split(" ").slice(0, 3).join(" ")).sort();
}

function randomRows(random: (below: number) => number, count: number): Row[] {
  return Array.from(
    { length: count },
    () => ({ ts: random(100_000), key: `k${random(9)}`, value: random(1000) }),
  );
}

partitionTest(
  "rows with equal keys lie in one partition whoever sends them, and a request is one record across all",
  async (life) => {
    life.engine.streams.put("events", BY_KEY);
    const rows = randomRows(seeded(5), 60), first = await life.send("events", rows.slice(0, 40));
    assert.equal(first.offset, 0);
    assert.ok(first.partitions!.length > 1, JSON.stringify(first.partitions));
    assert.equal(first.partitions!.reduce((sum, one) => sum + one.rows, 0), 40);
    await life.restart(2);
    await life.send("events", rows.slice(40), { producer: "p", sequence: 0 });
    assert.equal(life.engine.streams.get("events").partitions, 4);
    const there = await all(life), of = new Map<string, number>();
    assert.equal(there.length, 60);
    for (const [i, [offset, partition, text]] of there.entries()) {
      assert.equal(offset, i);
      const key = /k\d/.exec(text)![0];
      assert.equal(of.get(key) ?? partition, partition, key);
      of.set(key, partition);
    }
    assert.ok(new Set(of.values()).size > 1);
    for (let partition = 0; partition < 4; partition++) {
      assert.deepEqual(await all(life, partition), there.filter((row) => row[1] === partition));
    }
  },
);

partitionTest(
  "a request goes to one partition as a whole: that which it names, its producer's, or the next in turn",
  async (life) => {
    life.engine.streams.put("events", { ...EVENTS, partitions: 3 });
    const body = () => new TextEncoder().encode(JSON.stringify({ ts: 1, key: "a", value: 1 }));
    const send = async (more: { partition?: number; producer?: string; sequence?: number }) => {
      const request = { body: body(), format: "ndjson", autoCreate: false, ...more } as const;
      return (await life.engine.streams.ingest("events", request)).partitions![0].partition;
    };
    assert.deepEqual([await send({}), await send({}), await send({}), await send({})], [0, 1, 2, 0]);
    assert.equal(await send({ partition: 2 }), 2);
    const own = await send({ producer: "sensor-7", sequence: 0 });
    await life.restart();
    assert.deepEqual(
      [await send({ producer: "sensor-7", sequence: 0 }), await send({ producer: "sensor-7", sequence: 1 })],
      [own, own],
    );
    await assert.rejects(() => send({ partition: 3 }), refused("invalid", /no partition 3: the stream has 0 to 2/));
    life.engine.streams.put("events", { ...EVENTS, partitionBy: ["key"] });
    await assert.rejects(() => send({ partition: 1 }), refused("invalid", /go by key/));
  },
);

partitionTest("partitions that cannot be are refused, and none is taken away", (life) => {
  const { streams } = life.engine;
  for (const partitions of [0, 1.5, PARTITIONS_MAX + 1]) {
    assert.throws(() => streams.put("events", { ...EVENTS, partitions }), refused("invalid_plan", /partitions/));
  }
  assert.throws(
    () => streams.put("events", { ...EVENTS, partitionBy: ["nothing"] }),
    refused("invalid_plan", /no column/),
  );
  streams.put("events", { ...EVENTS, partitions: 3 });
  assert.throws(() => streams.put("events", { ...EVENTS, partitions: 2 }), refused("conflict", /there can be more/));
  assert.equal(streams.put("events", EVENTS).stream.partitions, 3);
});

partitionTest(
  "rows of one partition do not make those of another late, and one without rows holds results back for its idle timeout alone",
  async (life) => {
    const { streams, pipelines } = life.engine;
    streams.put("events", { ...EVENTS, partitions: 3 });
    await pipelines.put("windows", windowsPlan(50), KEEP);
    const send = async (partition: number, rows: readonly Row[]) => {
      const body = new TextEncoder().encode(rows.map((row) => JSON.stringify(row)).join("\n"));
      await streams.ingest("events", { body, format: "ndjson", autoCreate: false, partition });
    };
    await send(0, [{ ts: 1000, key: "a", value: 1 }, { ts: 95_000, key: "a", value: 1 }]);
    await send(1, [{ ts: 2000, key: "a", value: 1 }, { ts: 30_000, key: "b", value: 1 }]);
    await life.settled();
    assert.deepEqual(life.view("counts").rows, []);
    const { partitions } = pipelines.get("windows");
    assert.deepEqual(
      partitions.map(({ source, partition, position, watermark, lagRows }) => [
        ...[source, partition, position, watermark, lagRows],
      ]),
      [["in", 0, 4, 95_000, 0], ["in", 1, 4, 30_000, 0], ["in", 2, 4, null, 0]],
    );
    await until(() => life.view("counts").rows.length > 0, 10);
    assert.equal(life.view("counts").rows[0], '0n 10000n "a" 2n');
    assert.equal(pipelines.get("windows").lateRows, 0);
  },
);

const seed = 20261130;
partitionTest(
  `whatever ends the process, and with any number of workers, each row of all partitions counts once (seed ${seed})`,
  async (life) => {
    const random = seeded(seed), sent: Row[] = [];
    life.engine.streams.put("events", BY_KEY);
    await life.engine.pipelines.put("sums", sumsPlan(), KEEP);
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 6; i++) {
        const rows = randomRows(random, 1 + random(40));
        sent.push(...rows);
        await life.send("events", rows);
        if (random(4) === 0) await life.checkpoint("sums");
      }
      if (random(2) === 0) await life.settled();
      await life.restart(1 + random(3));
      await life.settled();
      assert.deepEqual(sumsIn(life), sumsOf(sent), `round ${round}`);
    }
    const { partitions } = life.engine.pipelines.get("sums");
    assert.deepEqual(partitions.map(({ position }) => position), partitions.map(() => sent.length));
  },
);

partitionTest(
  "a stream that gets more partitions is read on as it is, and by a changed plan in all of them, each row once",
  async (life) => {
    const random = seeded(77), sent: Row[] = [];
    const send = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const rows = randomRows(random, 12);
        sent.push(...rows);
        await life.send("events", rows);
      }
    };
    life.engine.streams.put("events", { ...EVENTS, partitions: 2, partitionBy: ["key"] });
    await life.engine.pipelines.put("sums", sumsPlan(), KEEP);
    await send(5);
    await life.checkpoint("sums");
    life.engine.streams.put("events", { ...EVENTS, partitions: 5, partitionBy: ["key"] });
    await send(5);
    await life.settled();
    assert.deepEqual(sumsIn(life), sumsOf(sent));
    assert.equal(life.engine.pipelines.get("sums").partitions.length, 2);
    await life.restart(2);
    await send(5);
    // What is on its way when the plan changes counts once, too.
    const { notes } = await life.engine.pipelines.put("sums", sumsPlan(true), KEEP);
    assert.equal(notes.length > 0, true);
    await send(5);
    await life.settled();
    assert.equal(life.engine.pipelines.get("sums").partitions.length, 5);
    assert.deepEqual(sumsIn(life), sumsOf(sent));
    const before = sumsIn(life);
    await life.restart(1);
    await life.settled();
    assert.deepEqual(sumsIn(life), before);
    await life.checkpoint("sums");
    await send(3);
    await life.restart(2);
    await life.settled();
    assert.deepEqual(sumsIn(life), sumsOf(sent));
  },
);

/** Sends rows to a partition, and keeps what was sent. */
async function sendTo(life: DurableRun, partition: number, rows: readonly Row[], sent: Row[]): Promise<void> {
  const body = new TextEncoder().encode(rows.map((row) => JSON.stringify(row)).join("\n"));
  await life.engine.streams.ingest("events", { body, format: "ndjson", autoCreate: false, partition });
  sent.push(...rows);
}

partitionTest(
  "a plan that reads more partitions does again behind a restart what it did, also when the stream has got still more since",
  async (life) => {
    const random = seeded(13), sent: Row[] = [];
    const send = (partition: number) => sendTo(life, partition, randomRows(random, 5), sent);
    life.engine.streams.put("events", { ...EVENTS, partitions: 3 });
    await life.engine.pipelines.put("sums", sumsPlan(), KEEP);
    for (const partition of [0, 1, 2, 0]) await send(partition);
    await life.checkpoint("sums");
    life.engine.streams.put("events", { ...EVENTS, partitions: 5 });
    await life.engine.pipelines.put("sums", sumsPlan(true), KEEP);
    life.engine.streams.put("events", { ...EVENTS, partitions: 8 });
    // The input of partitions 0 and 5 has rows before those at which the one of 0, 3 and 6 would go on.
    for (const partition of [1, 5, 4, 7, 3, 6, 0, 2, 5]) await send(partition);
    await life.settled();
    assert.deepEqual(sumsIn(life), sumsOf(sent));
    await life.restart(2);
    await life.settled();
    assert.deepEqual(life.engine.pipelines.list().map(({ state, reason }) => [state, reason]), [["running", null]]);
    assert.deepEqual(sumsIn(life), sumsOf(sent));
    await life.engine.pipelines.put("sums", sumsPlan(), KEEP);
    await send(7);
    await life.settled();
    assert.equal(life.engine.pipelines.get("sums").partitions.length, 8);
    assert.deepEqual(sumsIn(life), sumsOf(sent));
  },
);

partitionTest(
  "a stream that gets partitions while a plan that reads more is on its way has it refused, and each row counts once",
  async (life) => {
    const random = seeded(14), sent: Row[] = [], { streams, pipelines } = life.engine;
    streams.put("events", { ...EVENTS, partitions: 2 });
    await pipelines.put("sums", sumsPlan(), KEEP);
    streams.put("events", { ...EVENTS, partitions: 3 });
    for (const partition of [0, 1, 2, 0]) await sendTo(life, partition, randomRows(random, 5), sent);
    const changing = pipelines.put("sums", sumsPlan(true), KEEP).then(() => null, (thrown: unknown) => thrown);
    // By now it is read, and waits for the tasks
    for (let turns = 0; turns < 50; turns++) await null;
    streams.put("events", { ...EVENTS, partitions: 7 });
    for (const partition of [4, 5, 6, 1]) await sendTo(life, partition, randomRows(random, 5), sent);
    refused("conflict", /has 7 partitions now, and had 3 when the plan was read: deploy it again$/)(await changing);
    await life.settled();
    assert.deepEqual(sumsIn(life), sumsOf(sent));
    await pipelines.put("sums", sumsPlan(true), KEEP);
    await sendTo(life, 6, randomRows(random, 5), sent);
    await life.settled();
    assert.equal(pipelines.get("sums").partitions.length, 7);
    assert.deepEqual(sumsIn(life), sumsOf(sent));
  },
);

partitionTest("savepoints carry the places in all partitions, also to another name", async (life) => {
  const random = seeded(8), sent = randomRows(random, 80);
  life.engine.streams.put("events", BY_KEY);
  await life.engine.pipelines.put("sums", sumsPlan(), KEEP);
  await life.send("events", sent.slice(0, 50));
  await life.settled();
  const { pieces } = await life.engine.savepoints.read("sums", null);
  const bytes = new Uint8Array(await new Response(ReadableStream.from(pieces)).arrayBuffer());
  await life.engine.pipelines.delete("sums");
  await life.send("events", sent.slice(50));
  await life.engine.savepoints.restore("again", ReadableStream.from([bytes]), "saved");
  await life.settled();
  assert.equal(life.engine.pipelines.get("again").partitions.length, 4);
  assert.equal(life.engine.pipelines.get("again").rowsIn, 80);
  assert.deepEqual(sumsIn(life, "again"), sumsOf(sent));
});

partitionTest("a savepoint of a stream that has more partitions since goes on with each row once", async (life) => {
  const random = seeded(15), sent: Row[] = [], { streams, pipelines, savepoints } = life.engine;
  const send = (partition: number) => sendTo(life, partition, randomRows(random, 5), sent);
  streams.put("events", { ...EVENTS, partitions: 2 });
  await pipelines.put("sums", sumsPlan(), KEEP);
  for (const partition of [0, 1, 1]) await send(partition);
  await life.settled();
  const { pieces } = await savepoints.read("sums", null);
  const bytes = new Uint8Array(await new Response(ReadableStream.from(pieces)).arrayBuffer());
  streams.put("events", { ...EVENTS, partitions: 5 });
  for (const partition of [2, 4, 0, 3, 1]) await send(partition);
  for (const under of ["saved", "deployed"] as const) {
    await savepoints.restore("sums", ReadableStream.from([bytes]), "saved", under);
    await life.settled();
    assert.deepEqual(sumsIn(life), sumsOf(sent), under);
  }
});

const replaySeed = 4;
partitionTest(
  `a replay takes of each partition what the slice has of it, and what was done behind a checkpoint as it was done (seed ${replaySeed})`,
  async (life) => {
    const random = seeded(replaySeed), sent: Row[] = [], { streams, pipelines, replays } = life.engine;
    streams.put("events", BY_KEY);
    await pipelines.put("sums", sumsPlan(), KEEP);
    const send = async () => {
      const rows = randomRows(random, 10 + random(20));
      sent.push(...rows);
      await life.send("events", rows);
    };
    for (let i = 0; i < 6; i++) await send();
    const at = await life.checkpoint("sums");
    for (let i = 0; i < 6; i++) await send();
    await life.settled();
    const stored = (await all(life)).map(([, , text]) => {
      const [, key, value] = text.split(" ");
      return { ts: 0, key: key.replaceAll('"', ""), value: Number(value.replace("n", "")) };
    });
    assert.deepEqual(sumsOf(stored), sumsOf(sent));
    for (let round = 0; round < 10; round++) {
      const from = random(sent.length + 1), to = from + random(sent.length + 1 - from);
      const found = await rowsOf(await replays.pipeline("sums", { from, to }));
      assert.deepEqual(found, sumsOf(stored.slice(from, to)), `${from} to ${to}`);
    }
    assert.deepEqual(await rowsOf(await replays.pipeline("sums", { at })), sumsIn(life));
  },
  { workers: 2 },
);

/** The last rows that a replay gives of each key. */
async function rowsOf(run: ReplayedRows): Promise<string[]> {
  const rows = new Map<string, string>();
  for await (const { ranges } of run.outputs()) {
    for (const text of textOfRanges(ranges)) rows.set(text.split(" ")[0], text);
  }
  return [...rows.values()].sort();
}
