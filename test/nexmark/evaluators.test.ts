import assert from "node:assert/strict";
import { type DuckDBConnection, DuckDBInstance } from "../deps/duckdb.ts";
import { NEXMARK_TABLES, type NexmarkTable } from "../../src/source/nexmark.ts";
import { BATCH_SQL } from "./batch_sql.ts";
import { EVALUATORS } from "./evaluate/mod.ts";
import { eventsOf, tableBytes } from "./events.ts";
import { assertSameRows, linesOf } from "./rows_text.ts";
import { SCALE } from "./scale.ts";

const COLUMNS: Readonly<Record<NexmarkTable, string>> = {
  person:
    "id BIGINT, name VARCHAR, emailAddress VARCHAR, creditCard VARCHAR, city VARCHAR, state VARCHAR, dateTime BIGINT, extra VARCHAR",
  auction:
    "id BIGINT, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT, dateTime BIGINT, expires BIGINT, seller BIGINT, category BIGINT, extra VARCHAR",
  bid: "auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime BIGINT, extra VARCHAR",
};

async function loadTables(duckdb: DuckDBConnection): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rdx-nexmark-" });
  try {
    for (const table of NEXMARK_TABLES) {
      const path = `${folder}/${table}.ndjson`;
      await Deno.writeFile(path, tableBytes({ ...SCALE, table }));
      const types = COLUMNS[table].split(", ").map((column) => column.replace(/^(\w+) (\w+)$/, "$1: '$2'"));
      const source = `read_json('${path}', format = 'newline_delimited', columns = {${types.join(", ")}})`;
      await duckdb.run(`CREATE TABLE ${table} AS SELECT * FROM ${source}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("every evaluator answers what DuckDB answers over the whole stream", async (test) => {
  const duckdb = await (await DuckDBInstance.create(":memory:")).connect(), events = eventsOf(SCALE);
  await loadTables(duckdb);
  const alone = Object.keys(EVALUATORS).filter((name) => !(name in BATCH_SQL));
  assert.deepEqual(alone, ["q12"]);
  for (const [name, sql] of Object.entries(BATCH_SQL)) {
    await test.step(name, async () => {
      const found = linesOf(EVALUATORS[name](events));
      const expected = linesOf((await duckdb.runAndReadAll(sql)).getRows());
      assert.ok(expected.length > 0, "the query has an answer");
      assertSameRows(found, expected, name);
    });
  }
  assert.equal(EVALUATORS.q12(events).reduce((sum, [, count]) => sum + Number(count), 0), events.bids.length);
  duckdb.closeSync();
});
