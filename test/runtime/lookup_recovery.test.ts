import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { until } from "../until.ts";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";

/** Rows of `events` with what a table outside says of their keys. */
const PLAN = {
  rdx: 1,
  nodes: [
    { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 },
    {
      id: "dim",
      op: "lookup",
      input: ["source"],
      type: "left",
      table: { kind: "sqlite", path: "dim.db", table: "dim" },
      on: [{ left: "key", right: "id" }],
      columns: [{ name: "id", type: "string", as: "dim_id" }, { name: "name", type: "string", nullable: true }],
      cache_rows: 0,
    },
    { id: "sink", op: "sink", input: ["dim"], sink: { kind: "file", path: "out.ndjson", format: "ndjson" } },
  ],
};

Deno.test("answers of tables outside are those that there were, also when the tables say something else now", () =>
  DurableRun.with(async (life) => {
    const db = new DatabaseSync(`${life.folder}/dim.db`);
    db.exec(
      "CREATE TABLE dim (id TEXT PRIMARY KEY, name TEXT); INSERT INTO dim VALUES ('a', 'first'), ('b', 'second')",
    );
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("named", PLAN, { start: "earliest", state: "keep" });
    const send = (ts: number) => life.send("events", ["a", "b", "c"].map((key, i) => ({ ts: ts + i, key, value: ts })));
    const written = async (lines: number) => {
      await until(async () => (await life.file("out.ndjson")).split("\n").length > lines, 5);
      return await life.file("out.ndjson");
    };
    await send(0);
    await send(10);
    const before = await written(6);
    db.exec("UPDATE dim SET name = 'other'");
    await life.restart();
    assert.equal(await life.file("out.ndjson"), before);
    await send(20);
    const after = await written(9);
    assert.ok(after.startsWith(before));
    assert.match(after.slice(before.length), /"other"/);
    db.close();
  }));

Deno.test("rows that waited for an answer at a checkpoint have it asked for again, though nothing else comes", () =>
  DurableRun.with(async (life) => {
    let answers = false, asked = 0;
    const never = Promise.withResolvers<Response>();
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
      asked++;
      const id = new URL(request.url).pathname.slice(1);
      return answers ? Response.json({ id, name: `name of ${id}` }) : never.promise;
    });
    const [source, dim, sink] = PLAN.nodes, table = { kind: "http", url: `http://127.0.0.1:${server.addr.port}/{id}` };
    const nodes = [source, { ...dim, table, cache_rows: 100 }, sink];
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("named", { ...PLAN, nodes }, { start: "earliest", state: "keep" });
    await life.send("events", [{ ts: 1, key: "a", value: 1 }, { ts: 2, key: "b", value: 2 }]);
    await until(() => asked > 0);
    await life.settled();
    await life.checkpoint("named");
    answers = true;
    await life.restart();
    await until(async () => (await life.file("out.ndjson")).split("\n").length > 2);
    const rows = (await life.file("out.ndjson")).trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(rows.map(({ key, name }) => [key, name]), [["a", "name of a"], ["b", "name of b"]]);
    never.resolve(new Response(null, { status: 204 }));
    await server.shutdown();
  }));
