import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { until } from "../until.ts";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";

type Options = Record<string, unknown>;

function plan(...sinks: Options[]) {
  return {
    rdx: 1,
    nodes: [
      { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 },
      ...sinks.map((sink, i) => ({ id: `sink${i}`, op: "sink", input: ["source"], sink })),
    ],
  };
}

/** An address that nobody may ask. */
const INNER = { kind: "webhook", url: "http://10.11.12.13:9/rows" };

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

async function withEvents(run: (life: DurableRun) => Promise<void>): Promise<void> {
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.send("events", [{ ts: 1, key: "a", value: 1 }]);
    await run(life);
  });
}

for (const state of ["keep", "fresh"] as const) {
  Deno.test(`a deploy that is refused for one sink has made nothing of the others, and what had its name goes on (${state})`, async () => {
    await withEvents(async (life) => {
      const { pipelines } = life.engine, how = { start: "earliest", state } as const;
      const table = (table: string) => ({ kind: "sqlite", path: `${life.folder}/new.db`, table });
      const file = { kind: "file", path: `${life.folder}/out.ndjson`, format: "ndjson" };
      const refused = { code: "invalid_plan", message: /inner network/ };
      await assert.rejects(pipelines.put("p", plan(table("t"), file, INNER), how), refused);
      assert.deepEqual(await namesIn(life.folder), ["data"]);
      assert.deepEqual(pipelines.list(), []);
      // Beside one that is there, and a table that is.
      await pipelines.put("p", plan(table("t")), how);
      await life.settled();
      await assert.rejects(pipelines.put("p", plan(table("t"), table("more"), INNER), how), refused);
      await life.send("events", [{ ts: 2, key: "a", value: 2 }]);
      await life.settled();
      await until(() => pipelines.get("p").rowsOut === 2);
      using database = new DatabaseSync(`${life.folder}/new.db`, { readOnly: true });
      const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
      assert.deepEqual(tables.map(({ name }) => name), ["_rdx_sinks", "t"]);
      assert.equal(database.prepare("SELECT count(*) AS runs FROM _rdx_sinks").get()!.runs, 1);
    });
  });
}

Deno.test("a table, a file and a folder of files that cannot be written refuse a deploy before another sink is made", async () => {
  await withEvents(async (life) => {
    const { pipelines } = life.engine,
      how = { start: "earliest", state: "keep" } as const,
      path = `${life.folder}/a.db`;
    const made = { kind: "sqlite", path, table: "made" }, before = await namesIn(life.folder);
    await Deno.writeTextFile(`${life.folder}/there.arrow`, "rows");
    const others: readonly [Options, RegExp][] = [
      [{ kind: "sqlite", path: `${life.folder}/no/a.db`, table: "t" }, /No such file/],
      [{ kind: "sqlite", path: `${life.folder}/there.arrow`, table: "t" }, /not a database/],
      [{ kind: "file", path: `${life.folder}/no/out.csv`, format: "csv" }, /No such file/],
      [{ kind: "file", path: `${life.folder}/there.arrow`, format: "arrow" }, /ends only once/],
      [{ kind: "files", path: `${life.folder}/there.arrow`, format: "csv" }, /there\.arrow/],
      [{ ...INNER, url: "http://127.0.0.1:9/", headers: { token: { env: "RDX_SECRET_NONE" } } }, /RDX_SECRET_NONE/],
    ];
    for (const [sink, reason] of others) {
      await assert.rejects(pipelines.put("p", plan(made, sink), how), { message: reason }, JSON.stringify(sink));
      assert.deepEqual(await namesIn(life.folder), [...before, "there.arrow"], JSON.stringify(sink));
    }
  });
});

Deno.test("a savepoint whose plan is refused for one sink has made nothing of the others, and what had its name goes on", async () => {
  await withEvents(async (life) => {
    const { pipelines, savepoints } = life.engine, how = { start: "earliest", state: "keep" } as const;
    const folder = `${life.folder}/gone`, path = `${life.folder}/new.db`;
    await Deno.mkdir(folder);
    const file = { kind: "file", path: `${folder}/out.ndjson`, format: "ndjson" };
    await pipelines.put("p", plan({ kind: "sqlite", path, table: "t" }, file), how);
    await life.settled();
    const { pieces } = await savepoints.read("p", null);
    const saved = new Uint8Array(await new Response(ReadableStream.from(pieces)).arrayBuffer());
    const restored = () => savepoints.restore("p", ReadableStream.from([saved.slice()]), "saved");
    await pipelines.delete("p");
    await Deno.remove(path);
    await Deno.remove(folder, { recursive: true });
    await assert.rejects(restored, { message: /No such file/ });
    assert.deepEqual(await namesIn(life.folder), ["data"]);
    assert.deepEqual(pipelines.list(), []);
    await pipelines.put("p", plan({ kind: "view", name: "seen" }), how);
    await life.settled();
    await assert.rejects(restored, { message: /No such file/ });
    assert.deepEqual(await namesIn(life.folder), ["data"]);
    await until(() => pipelines.get("p").state === "running");
    await life.send("events", [{ ts: 2, key: "a", value: 2 }]);
    await life.settled();
    assert.equal(life.view("seen").rows.length, 2);
    await life.restart();
    assert.equal(life.view("seen").rows.length, 2);
    await Deno.mkdir(folder);
    await life.engine.savepoints.restore("p", ReadableStream.from([saved.slice()]), "saved");
    await life.settled();
    assert.deepEqual((await namesIn(life.folder)).slice(0, 3), ["data", "gone", "new.db"]);
  });
});
