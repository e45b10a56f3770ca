import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { INT64, STRING } from "../../../src/core/schema.ts";
import type { StreamDeclaration } from "../../../src/runtime/service.ts";
import { until } from "../../until.ts";
import { BASE, durableTest, list, rowsOf } from "./dead_run.ts";
import type { DurableRun } from "../durable_run.ts";

const COLUMNS: StreamDeclaration["columns"] = [
  { name: "key", type: STRING, nullable: false },
  { name: "value", type: INT64, nullable: false },
];

/** Rows with the name of their key, `front` stands between the stream and the lookup. */
function planOf(front: readonly Record<string, unknown>[]) {
  const above = front.length === 0 ? "source" : String(front.at(-1)!.id);
  return {
    rdx: 1,
    nodes: [
      { id: "source", op: "source", stream: "s", idle_timeout_ms: 0 },
      ...front,
      {
        id: "dim",
        op: "lookup",
        input: [above],
        type: "left",
        table: { kind: "sqlite", path: "dim.db", table: "dim" },
        on: [{ left: "key", right: "id" }],
        columns: [{ name: "id", type: "string", as: "dim_id" }, { name: "name", type: "string", nullable: true }],
        cache_rows: 0,
        on_error: "dead_letter",
      },
      { id: "sink", op: "sink", input: ["dim"], sink: { kind: "file", path: "out.ndjson", format: "ndjson" } },
    ],
  };
}

function linesWith(life: DurableRun, count: number): Promise<Record<string, unknown>[]> {
  return until(async () => {
    const lines = (await life.file("out.ndjson")).trim().split("\n").filter((line) => line !== "");
    return lines.length >= count && lines.map((line) => JSON.parse(line));
  }, 5);
}

async function openRows(life: DurableRun, count: number): Promise<void> {
  await until(() => life.engine.streams.get("s").deadOpen === count, 5);
}

durableTest(
  "a row whose lookup could not be answered goes through again by itself once its table is mended",
  async (life) => {
    const db = new DatabaseSync(`${life.folder}/dim.db`);
    // What SQLite has for b is no text.
    db.exec("CREATE TABLE dim (id TEXT PRIMARY KEY, name); INSERT INTO dim VALUES ('a', 'first'), ('b', 7)");
    life.engine.streams.put("s", { ...BASE, columns: COLUMNS, retryMs: [400, 400, 400, 400, 400, 400, 400] });
    const where = { call: "ge", args: [{ column: "value" }, { literal: 0 }] };
    const plan = planOf([{ id: "where", op: "filter", input: ["source"], where }]);
    await life.engine.pipelines.put("named", plan, { start: "earliest", state: "keep" });
    await life.send("s", [{ key: "a", value: 1 }, { key: "b", value: 2 }]);
    await linesWith(life, 1);
    await openRows(life, 1);
    assert.deepEqual(rowsOf(await list(life), "pipeline", "format", "offset", "raw"), [
      'named json -1 {"key":"b","value":2}',
    ]);
    db.exec("UPDATE dim SET name = 'second' WHERE id = 'b'");
    const lines = await linesWith(life, 2);
    assert.deepEqual(lines.map(({ value, name }) => [value, name]), [[1, "first"], [2, "second"]]);
    await openRows(life, 0);
    db.close();
  },
);

durableTest("a row that was changed on its way to its lookup is no row of its stream, and says so", async (life) => {
  const db = new DatabaseSync(`${life.folder}/dim.db`);
  db.exec("CREATE TABLE dim (id TEXT PRIMARY KEY, name); INSERT INTO dim VALUES ('b', 7)");
  life.engine.streams.put("s", { ...BASE, columns: COLUMNS });
  const twice = { call: "mul", args: [{ column: "value" }, { literal: 2 }] };
  const columns = [{ expr: { column: "key" }, as: "key" }, { expr: twice, as: "value" }];
  const plan = planOf([{ id: "project", op: "project", input: ["source"], columns }]);
  await life.engine.pipelines.put("named", plan, { start: "earliest", state: "keep" });
  await life.send("s", [{ key: "b", value: 2 }]);
  await openRows(life, 1);
  const { replayed, failed, errors } = await life.engine.dead.replay("s", {});
  assert.deepEqual([replayed, failed], [0, 1]);
  assert.match(errors[0].reason, /^Cannot be replayed: pipeline named had changed it before it left it out/);
  assert.equal(life.engine.streams.get("s").end, 1);
  db.close();
});
