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

Deno.test("decimals in structures, lists and maps have all their digits too, beside what else is in them", async () => {
  const big = "1234567890123456789.0123456789";
  const text = await linesOf(
    `SELECT {'n': ${big}::DECIMAL(38, 10), 'l': [1, 2], 'o': {'d': 0.07::DECIMAL(4, 2)}} AS s, [2.5::DECIMAL(4, 2), NULL] AS l,
      [[3.3::DECIMAL(30, 4)]] AS ll, [{'p': 0.10::DECIMAL(5, 2), 'q': 'x'}] AS ls, MAP {'k': ${big}::DECIMAL(38, 10), 'z': NULL} AS m,
      [9007199254740993] AS whole, 0.07::DECIMAL(4, 2) AS d`,
  );
  const expected =
    `{"s":{"n":${big},"l":[1,2],"o":{"d":0.07}},"l":[2.50,null],"ll":[[3.3000]],"ls":[{"p":0.10,"q":"x"}],` +
    `"m":{"k":${big},"z":null},"whole":[9007199254740993],"d":0.07}\n`;
  assert.equal(text, expected);
});

Deno.test("nested values that are NULL are there as NULL, and bytes that are no text are in base64", async () => {
  const text = await linesOf(
    "SELECT * FROM (VALUES (1, NULL, NULL, 'x'::BLOB), (2, [NULL, 1.5::DECIMAL(4, 1)], {'a': NULL::DECIMAL(4, 1), 'b': 1}, '\\xFF\\x00'::BLOB)) AS t (k, l, s, b)",
  );
  assert.equal(
    text,
    `{"k":1,"l":null,"s":null,"b":"x"}\n{"k":2,"l":[null,1.5],"s":{"a":null,"b":1},"b":"/wA="}\n`,
  );
});
