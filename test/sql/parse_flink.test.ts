import assert from "node:assert/strict";
import flink from "./parse_flink.json" with { type: "json" };
import { statement } from "./parse_cases.ts";

for (const { id, tables, query } of flink.cases) {
  Deno.test(`Flink's ${id} can be read, and so can its tables`, () => {
    for (const name of tables) {
      const columns = flink.schema.map((column) => column.replace(/^(?!WATERMARK)(\w+)/, "`$1`"));
      const table = statement(
        `CREATE TABLE ${name} (${columns.join(", ")}) WITH ('connector' = 'values')`,
        "create_table",
      );
      assert.equal(table.columns.length, 8);
      assert.equal(table.watermark?.column.parts[0].name, "rowtime");
    }
    assert.ok(["select", "set_operation"].includes(statement(query, "query_statement").query.body.kind));
  });
}

Deno.test("Flink's cases are all there", () => assert.equal(flink.cases.length, 95));
