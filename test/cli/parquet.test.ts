import assert from "node:assert/strict";
import { parquetLines } from "../../src/cli/input/parquet.ts";
import { DuckDBInstance } from "../deps/duckdb.ts";

/** The lines of what DuckDB writes for a query. */
async function linesOf(sql: string): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".parquet" });
  try {
    const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
    await duckdb.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`);
    duckdb.closeSync();
    let text = "";
    for await (const part of parquetLines(await Deno.readFile(path))) text += new TextDecoder().decode(part);
    return text;
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("decimals of Parquet files have all their digits, of every width that these have", async () => {
  const types = ["DECIMAL(4, 2)", "DECIMAL(9, 0)", "DECIMAL(18, 2)", "DECIMAL(38, 8)"];
  const rows = [
    ["1.15", "999999999", "9999999999999999.99", "123456789012345678901234567890.12345678"],
    ["-0.07", "-7", "-9999999999999999.99", "-999999999999999999999999999999.99999999"],
    ["0.00", "0", "0.01", "-0.00000001"],
  ];
  const values = rows.map((row) => `(${row.map((text, i) => `'${text}'::${types[i]}`).join(", ")}, 'x')`);
  const expected = rows.map(([a, b, c, d]) => `{"a":${a},"b":${b},"c":${c},"d":${d},"s":"x"}\n`);
  const none = `{"a":null,"b":null,"c":null,"d":null,"s":null}\n`;
  assert.equal(
    await linesOf(`SELECT * FROM (VALUES ${values.join(", ")}, (NULL, NULL, NULL, NULL, NULL)) AS t (a, b, c, d, s)`),
    expected.join("") + none,
  );
});

Deno.test("structures around decimals are read as before", async () => {
  const text = await linesOf(
    "SELECT {'n': 1.5::DECIMAL(4, 2), 'l': [1, 2]} AS s, [2.5::DECIMAL(4, 2)] AS l, 0.07::DECIMAL(4, 2) AS d",
  );
  assert.equal(text, `{"s":{"n":1.5,"l":[1,2]},"l":[2.5],"d":0.07}\n`);
});
