import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { until } from "../until.ts";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";
import { Receiver } from "../sink/receiver.ts";

const HOW = { start: "earliest", state: "keep" } as const;

/** Rows of `events` whose value is at least `least`, and the sinks that they go to. */
function plan(least: number, sinks: Readonly<Record<string, Record<string, unknown>>>) {
  const where = { call: "ge", args: [{ column: "value" }, { literal: least }] };
  return {
    rdx: 1,
    nodes: [
      { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 },
      { id: "where", op: "filter", input: ["source"], where },
      ...Object.entries(sinks).map(([id, sink]) => ({ id, op: "sink", input: ["where"], sink })),
    ],
  };
}

const table = { kind: "sqlite", path: "out.db", table: "rows" };
const parts = { kind: "files", path: "parts", format: "ndjson", roll_rows: 7 };

function valuesIn(life: DurableRun, table: string): number[] {
  using database = new DatabaseSync(`${life.folder}/out.db`);
  return database.prepare(`SELECT value FROM "${table}" ORDER BY rowid`).all().map(({ value }) => Number(value));
}

function valuesOfParts(life: DurableRun, folder = "parts"): number[] {
  const path = `${life.folder}/${folder}`, names = [...Deno.readDirSync(path)].map(({ name }) => name);
  const texts = names.filter((name) => name.startsWith("part-")).sort().map((name) =>
    Deno.readTextFileSync(`${path}/${name}`)
  );
  return texts.join("").trim().split("\n").filter(Boolean).map((line) => JSON.parse(line).value);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

async function send(life: DurableRun, from: number, to: number): Promise<void> {
  for (const value of range(from, to)) await life.send("events", [{ ts: value, key: "a", value }]);
  await life.settled();
}

Deno.test("tables and folders have every row once over restarts and changes of the plan, whose new sinks begin where they were added", async () => {
  await DurableRun.with(async (life) => {
    const { pipelines } = life.engine;
    life.engine.streams.put("events", EVENTS);
    await pipelines.put("p", plan(0, { table, parts }), HOW);
    await send(life, 0, 10);
    await life.restart();
    assert.deepEqual(valuesIn(life, "rows"), range(0, 10));
    await send(life, 10, 15);
    // The state of the plan goes on, and so do its sinks; one more begins.
    const more = { kind: "sqlite", path: "out.db", table: "more" };
    await life.engine.pipelines.put("p", plan(0, { table, parts, more }), HOW);
    await send(life, 15, 21);
    for (let restarts = 0; restarts < 2; restarts++) {
      await life.restart();
      assert.deepEqual(valuesIn(life, "rows"), range(0, 21));
      assert.deepEqual(valuesIn(life, "more"), range(15, 21));
    }
    // One that was left out and comes again is another run, behind what it had.
    await life.engine.pipelines.put("p", plan(0, { parts }), HOW);
    await send(life, 21, 24);
    await life.engine.pipelines.put("p", plan(0, { table, parts }), HOW);
    await send(life, 24, 30);
    await life.restart();
    await send(life, 30, 31);
    assert.deepEqual(valuesIn(life, "rows"), [...range(0, 21), ...range(24, 31)]);
    await life.engine.close();
    assert.deepEqual(valuesOfParts(life), range(0, 31));
    await life.start();
  });
});

Deno.test("a deployment that starts afresh does not take the numbers of the one before it for its own", async () => {
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("p", plan(0, { table, parts }), HOW);
    await send(life, 0, 6);
    await life.engine.pipelines.put("p", plan(3, { table, parts }), { start: "earliest", state: "fresh" });
    await life.settled();
    await life.restart();
    await send(life, 6, 8);
    await life.engine.pipelines.delete("p");
    await life.engine.pipelines.put("p", plan(7, { table, parts }), HOW);
    await life.settled();
    await life.restart();
    const expected = [...range(0, 6), ...range(3, 8), 7];
    assert.deepEqual(valuesIn(life, "rows"), expected);
    await life.engine.close();
    assert.deepEqual(valuesOfParts(life), expected);
    await life.start();
  });
});

Deno.test("changes of groups are in a table by their keys, also after restarts", async () => {
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    const aggs = [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "value" }, as: "total" }];
    const nodes = [
      { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 },
      { id: "groups", op: "aggregate", input: ["source"], keys: ["key"], aggs },
      { id: "sink", op: "sink", input: ["groups"], sink: { kind: "sqlite", path: "out.db", table: "totals" } },
    ];
    await life.engine.pipelines.put("p", { rdx: 1, nodes }, HOW);
    const expected = new Map<string, [number, number]>();
    for (let value = 0; value < 40; value++) {
      const key = "abcd"[value * 7 % 4], [n, total] = expected.get(key) ?? [0, 0];
      expected.set(key, [n + 1, total + value]);
      await life.send("events", [{ ts: value, key, value }]);
      if (value % 13 === 12) await life.restart();
    }
    await life.settled();
    using database = new DatabaseSync(`${life.folder}/out.db`);
    const rows = database.prepare("SELECT key, n, total FROM totals ORDER BY key").all();
    assert.deepEqual(
      rows.map(({ key, n, total }) => [key, [n, total]]),
      [...expected].sort(([a], [b]) => a < b ? -1 : 1),
    );
  });
});

Deno.test("a table whose rows are told apart otherwise by a changed plan is another, and is refused where it does not fit", async () => {
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    const start = { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 };
    const sink = { kind: "sqlite", path: "out.db", table: "counts" };
    const columns = ["key", { as: "n", expr: { column: "value" } }];
    const rows = [start, { id: "rows", op: "project", input: ["source"], columns }, {
      id: "sink",
      op: "sink",
      input: ["rows"],
      sink,
    }];
    const groups = [
      start,
      { id: "groups", op: "aggregate", input: ["source"], keys: ["key"], aggs: [{ fn: "count", as: "n" }] },
      { id: "sink", op: "sink", input: ["groups"], sink },
    ];
    await life.engine.pipelines.put("p", { rdx: 1, nodes: rows }, HOW);
    await send(life, 0, 3);
    await assert.rejects(life.engine.pipelines.put("p", { rdx: 1, nodes: groups }, HOW), {
      code: "invalid_plan",
      message: /does not tell rows apart by key: CREATE UNIQUE INDEX/,
    });
    // The plan before it goes on.
    await send(life, 3, 5);
    using database = new DatabaseSync(`${life.folder}/out.db`);
    assert.deepEqual(database.prepare("SELECT n FROM counts").all().map(({ n }) => n), range(0, 5));
    database.exec("DELETE FROM counts; CREATE UNIQUE INDEX by_key ON counts (key)");
    await life.engine.pipelines.put("p", { rdx: 1, nodes: groups }, HOW);
    await send(life, 5, 7);
    assert.deepEqual(database.prepare("SELECT key, n FROM counts").all().map((row) => ({ ...row })), [{
      key: "a",
      n: 2,
    }]);
  });
});

Deno.test("EXPLAIN of what runs says the guarantee of its paths, a table that does not fit is refused with the node", async () => {
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("p", plan(0, { table, parts }), HOW);
    const { text, json } = life.engine.pipelines.explain("p");
    assert.match(
      text,
      /exactly once, from source to here: rows are on the device .*; rows and their number are committed in one transaction/,
    );
    const { paths } = json as { paths: { sink: string; guarantee: string }[] };
    assert.deepEqual(paths.map(({ sink, guarantee }) => [sink, guarantee]), [
      ["table", "exactly once"],
      ["parts", "exactly once"],
    ]);
    using database = new DatabaseSync(`${life.folder}/out.db`);
    database.exec("CREATE TABLE other (ts TEXT)");
    const other = { other: { ...table, table: "other" } };
    await assert.rejects(
      life.engine.pipelines.put("q", plan(0, other), HOW),
      (thrown: Error & { details: unknown[] }) => {
        assert.match(thrown.message, /has no column key/);
        assert.equal((thrown.details[0] as { node: string }).node, "other");
        return true;
      },
    );
  });
});

async function withReceiver(run: (life: DurableRun, receiver: Receiver) => Promise<void>): Promise<void> {
  const receiver = await Receiver.start();
  try {
    await DurableRun.with((life) => run(life, receiver));
  } finally {
    await receiver.close();
  }
}

function valuesAt({ rows }: Receiver): number[] {
  return (rows as { value: number }[]).map(({ value }) => value);
}

Deno.test("a webhook that is not answered says so, holds its pipeline back, and goes on in the next process without sending again what was taken", async () => {
  await withReceiver(async (life, receiver) => {
    life.engine.streams.put("events", EVENTS);
    const hook = { kind: "webhook", url: receiver.url };
    await life.engine.pipelines.put("p", plan(0, { hook }), HOW);
    await send(life, 0, 5);
    await life.restart();
    await send(life, 5, 8);
    assert.deepEqual([valuesAt(receiver), receiver.doubled], [range(0, 8), 0]);
    receiver.act = () => ({ status: 503, body: "closed today" });
    for (const value of range(8, 12)) await life.send("events", [{ ts: value, key: "a", value }]);
    const info = () => life.engine.pipelines.get("p");
    await until(() => info().sinks[0].trouble !== null);
    assert.match(info().sinks[0].trouble!, /answers 503: closed today/);
    assert.deepEqual([info().state, info().sinks[0].name], ["running", receiver.url]);
    assert.match(life.engine.metrics(), /rdx_sink_requests_total\{pipeline="p",node="hook",outcome="failed"\} [1-9]/);
    const goesOn = () => receiver.act = () => ({ status: 200 });
    await life.engine.close();
    goesOn();
    await life.start();
    await until(() => receiver.rows.length === 12);
    await life.settled();
    assert.deepEqual([valuesAt(receiver), receiver.doubled], [range(0, 12), 0]);
  });
});

Deno.test("behind an outbox a receiver that is away does not hold back what else the pipeline writes, and has all of it in order later", async () => {
  await withReceiver(async (life, receiver) => {
    life.engine.streams.put("events", EVENTS);
    receiver.act = () => ({ status: 503 });
    const hook = { kind: "webhook", url: receiver.url, outbox: true, batch_rows: 3 };
    await life.engine.pipelines.put("p", plan(0, { hook, table }), HOW);
    for (let from = 0; from < 30; from += 10) {
      await send(life, from, from + 10);
      assert.deepEqual(valuesIn(life, "rows"), range(0, from + 10));
      await life.restart();
    }
    assert.deepEqual(receiver.rows, []);
    // Between two lives: what one is just sending when it ends is sent again by the next.
    await life.engine.close();
    receiver.act = () => ({ status: 200 });
    await life.start();
    await until(() => receiver.rows.length === 30);
    assert.deepEqual([valuesAt(receiver), receiver.doubled], [range(0, 30), 0]);
    const logs = () => [...Deno.readDirSync(`${life.folder}/data/sink`)].length;
    assert.equal(logs(), 2);
    await life.engine.pipelines.delete("p");
    await life.restart();
    assert.equal(logs(), 0);
  });
});

Deno.test("rows that a receiver refuses are in a stream of their own, once, and the pipeline goes on", async () => {
  await withReceiver(async (life, receiver) => {
    life.engine.streams.put("events", EVENTS);
    const isOdd = (row: unknown) => (row as { value: number }).value % 2 === 1;
    receiver.act = ({ rows }) => rows.some(isOdd) ? { status: 422, body: "odd" } : { status: 200 };
    const hook = { kind: "webhook", url: receiver.url, on_refused: "dead_letter", batch_rows: 1 };
    await life.engine.pipelines.put("p", plan(0, { hook }), HOW);
    for (let restarts = 0; restarts < 3; restarts++) {
      await send(life, restarts * 4, restarts * 4 + 4);
      await life.restart();
    }
    assert.deepEqual(valuesAt(receiver), range(0, 12).filter((value) => value % 2 === 0));
    const refused = await life.rows("p.hook.refused");
    assert.equal(refused.length, 6);
    refused.forEach((row, i) => {
      assert.match(row, /answers 422: odd/);
      assert.ok(row.includes(`\\"value\\":${i * 2 + 1}`) || row.includes(`"value":${i * 2 + 1}`), row);
    });
    assert.equal(life.engine.pipelines.get("p").state, "running");
    // Where they are not to be kept, the pipeline ends, and says why.
    await life.engine.pipelines.put("q", plan(0, { hook: { kind: "webhook", url: receiver.url } }), HOW);
    await until(() => life.engine.pipelines.get("q").state === "failed");
    assert.match(life.engine.pipelines.get("q").reason!, /Rows are refused: .* answers 422: odd/);
  });
});

Deno.test("a pipeline whose receiver has refused rows goes on when its plan is deployed again, with every row once, and begins afresh with another, and says which", async () => {
  await withReceiver(async (life, receiver) => {
    life.engine.streams.put("events", EVENTS);
    const hook = { kind: "webhook", url: receiver.url, batch_rows: 1 }, info = () => life.engine.pipelines.get("p");
    await life.engine.pipelines.put("p", plan(0, { hook, table, parts }), HOW);
    await send(life, 0, 5);
    await life.checkpoint("p");
    await send(life, 5, 8);
    receiver.act = () => ({ status: 422, body: "unknown" });
    await life.send("events", [{ ts: 8, key: "a", value: 8 }]);
    await until(() => info().state === "failed");
    await life.send("events", [{ ts: 9, key: "a", value: 9 }]);
    receiver.act = () => ({ status: 200 });
    const again = await life.engine.pipelines.put("p", plan(0, { hook, table, parts }), HOW);
    assert.deepEqual([again.created, again.notes], [false, ["It had failed, and goes on from its newest checkpoint"]]);
    await until(() => info().state === "running" && receiver.rows.length === 10);
    await send(life, 10, 12);
    assert.deepEqual([valuesAt(receiver), valuesIn(life, "rows")], [range(0, 12), range(0, 12)]);
    await life.checkpoint("p");
    // Another plan is another run.
    receiver.act = () => ({ status: 422 });
    await life.send("events", [{ ts: 12, key: "a", value: 12 }]);
    await until(() => info().state === "failed");
    receiver.act = () => ({ status: 200 });
    const { notes } = await life.engine.pipelines.put("p", plan(11, { hook, table }), HOW);
    assert.match(notes[0], /had failed, and begins afresh/);
    await send(life, 13, 14);
    // What was refused may have been in the others already.
    const had = [range(0, 12), range(0, 13)];
    const isOneOf = (values: readonly number[]) => had.some((one) => String(one) === String(values));
    const values = valuesIn(life, "rows");
    assert.deepEqual([isOneOf(values.slice(0, -3)), values.slice(-3)], [true, [11, 12, 13]], String(values));
    await life.engine.close();
    assert.ok(isOneOf(valuesOfParts(life)), String(valuesOfParts(life)));
    await life.start();
  });
});
