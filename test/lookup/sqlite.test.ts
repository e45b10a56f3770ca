import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import {
  BOOL,
  BYTES,
  type Column,
  type DataType,
  decimal,
  DOUBLE,
  INT64,
  isDecimal,
  parseType,
  STRING,
  TIMESTAMP,
} from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { LOOKUP_ANSWER_ROWS_MAX, LOOKUP_THREADS_MAX } from "../../src/core/limits.ts";
import { type Lookup, LookupFailure, type LookupShape } from "../../src/lookup.ts";
import { sqliteLookup } from "../../src/lookup/sqlite.ts";
import { SqliteTable } from "../../src/lookup/sqlite_table_deno.ts";
import { startSqliteThread } from "../../src/lookup/sqlite_thread_deno.ts";
import { forever, keysOf, rowsOf } from "./frames.ts";

const url = new URL("../../workers/sqlite_deno.ts", import.meta.url);
const column = (name: string, type: DataType, nullable = true): Column => ({ name, type, nullable });
const id = column("id", INT64, false), name = column("name", STRING);

async function withTable(
  sql: string,
  shape: LookupShape,
  run: (lookup: Lookup, database: DatabaseSync, path: string) => Promise<void>,
  table = "dim",
): Promise<void> {
  const folder = await Deno.makeTempDir(), path = `${folder}/dim.db`, database = new DatabaseSync(path);
  database.exec(sql);
  const factory = sqliteLookup(() => startSqliteThread(url), (given) => `${folder}/${given}`);
  const lookup = factory.create({ path: "dim.db", table }, shape);
  try {
    await run(lookup, database, path);
  } finally {
    await lookup.close();
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const people = `CREATE TABLE dim (id INTEGER PRIMARY KEY, name TEXT);
  INSERT INTO dim VALUES (1, 'one'), (2, NULL), (9007199254740993, 'large'), (-5, 'minus');`;

Deno.test("rows come by the numbers of their keys, keys without rows do not come, whole numbers are exact", async () => {
  await withTable(people, { keys: [id], columns: [id, name] }, async (lookup) => {
    await lookup.open();
    const keys = keysOf([id], [[7n], [9007199254740993n], [2n], [9007199254740992n], [-5n]]);
    assert.deepEqual(rowsOf(await lookup.find(keys, forever)), [
      [1n, 9007199254740993n, "large"],
      [2n, 2n, null],
      [4n, -5n, "minus"],
    ]);
  });
});

Deno.test("of a key that is there more than once all rows come, in the order of the table", async () => {
  const sql = "CREATE TABLE dim (id INTEGER, name TEXT); CREATE INDEX by_id ON dim (id, name);" +
    "INSERT INTO dim VALUES (1, 'z'), (2, 'y'), (1, 'a'), (1, 'm')";
  await withTable(sql, { keys: [id], columns: [name] }, async (lookup) => {
    await lookup.open();
    assert.deepEqual(rowsOf(await lookup.find(keysOf([id], [[2n], [1n]]), forever)), [
      [0n, "y"],
      [1n, "z"],
      [1n, "a"],
      [1n, "m"],
    ]);
  });
});

Deno.test("keys of several columns of all types find their rows, in tables and views, under names that need quotes", async () => {
  const types: [string, DataType, string, Value][] = [
    ["i", INT64, "INTEGER", 7n],
    ['a "double"', DOUBLE, "REAL", 0.1],
    ["d", decimal(10, 2), "DECIMAL(10,2)", 1234n],
    ["w", decimal(38, 3), "TEXT", 12345678901234567890123456789012345678n],
    ["b", BOOL, "BOOLEAN", true],
    ["t", TIMESTAMP, "INTEGER", 1_700_000_000_123n],
    ["group", STRING, "TEXT", "ä'b\"c"],
    ["x", BYTES, "BLOB", new Uint8Array([0, 1, 255])],
  ];
  const columns = types.map(([name, type]) => column(name, type)), row = types.map(([, , , value]) => value);
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const sql = `CREATE TABLE base (${types.map(([name, , declared]) => `${quoted(name)} ${declared}`).join(", ")});
    CREATE VIEW "the view" AS SELECT * FROM base;`;
  await withTable(sql, { keys: columns, columns }, async (lookup, database) => {
    database.prepare(`INSERT INTO base VALUES (${types.map(() => "?").join(", ")})`)
      .run(
        7n,
        0.1,
        12.34,
        "12345678901234567890123456789012345.678",
        1n,
        1_700_000_000_123n,
        "ä'b\"c",
        new Uint8Array([0, 1, 255]),
      );
    await lookup.open();
    const other = row.with(0, 8n);
    assert.deepEqual(rowsOf(await lookup.find(keysOf(columns, [other, row]), forever)), [[1n, ...row]]);
  }, "the view");
});

Deno.test("times may be text, decimals text or REAL, doubles INTEGER, nested values JSON", async () => {
  const columns = [
    column("t", TIMESTAMP),
    column("d", decimal(6, 2)),
    column("f", DOUBLE),
    column("w", decimal(30, 2)),
    column("a", parseType("array<int64>")),
  ];
  const sql = `CREATE TABLE dim (id INTEGER, t, d, f, w TEXT, a TEXT); INSERT INTO dim VALUES
    (1, '2026-01-02 03:04:05', '12.5', 3, '-12345678901234567890.25', '[1, 2]'), (2, '2026-01-02', 0.1, 2.5, NULL, NULL),
    (3, '2026-01-02T03:04:05.678+01:00', 7, NULL, 0.5, '[ ]');`;
  await withTable(sql, { keys: [id], columns }, async (lookup) => {
    await lookup.open();
    assert.deepEqual(rowsOf(await lookup.find(keysOf([id], [[1n], [2n], [3n]]), forever)), [
      [0n, BigInt(Date.UTC(2026, 0, 2, 3, 4, 5)), 1250n, 3, -1234567890123456789025n, "[1,2]"],
      [1n, BigInt(Date.UTC(2026, 0, 2)), 10n, 2.5, null, null],
      [2n, BigInt(Date.UTC(2026, 0, 2, 2, 4, 5, 678)), 700n, null, 50n, "[]"],
    ]);
  });
});

Deno.test("a value of another type is a lasting failure that names column, value and type", async () => {
  const cases: [string, Column, RegExp][] = [
    ["'abc'", column("v", INT64), /Column v has the TEXT "abc", and it was declared as int64/],
    ["1.5", column("v", INT64), /has the REAL 1.5, .* int64/],
    ["5", column("v", STRING), /has the INTEGER 5, .* string/],
    ["2", column("v", BOOL), /has the INTEGER 2, .* bool/],
    ["'1.234'", column("v", decimal(6, 2)), /has the TEXT "1.234", .* decimal\(6,2\)/],
    ["99999999", column("v", decimal(6, 2)), /has the INTEGER 99999999, .* decimal\(6,2\)/],
    ["'{bad'", column("v", parseType("array<string>")), /has the TEXT "{bad", .* array<string>/],
    ["'{}'", column("v", parseType("array<string>")), /has the TEXT "{}", .* array<string>/],
    ["'[]'", column("v", parseType("row<a int64>")), /has the TEXT "\[\]", .* row<a int64>/],
    ["'soon'", column("v", TIMESTAMP), /has the TEXT "soon", .* timestamp/],
    ["x'00ff'", column("v", STRING), /has a BLOB of 2 bytes, .* string/],
    ["NULL", column("v", STRING, false), /Column v is NULL, and it was declared NOT NULL/],
  ];
  for (const [value, wanted, reason] of cases) {
    const sql = `CREATE TABLE dim (id INTEGER, v); INSERT INTO dim VALUES (1, ${value})`;
    await withTable(sql, { keys: [id], columns: [wanted] }, async (lookup) => {
      await lookup.open();
      await assert.rejects(lookup.find(keysOf([id], [[1n]]), forever), (thrown) => {
        assert.ok(thrown instanceof LookupFailure);
        assert.match(thrown.message, reason);
        assert.equal(thrown.lasting, true);
        return true;
      });
    });
  }
});

Deno.test("a row that makes no sense leaves the keys beside its own their answers", async () => {
  const sql =
    "CREATE TABLE dim (id INTEGER, v); INSERT INTO dim VALUES (1, 1), (2, 2), (2, 'two'), (2, 22), (3, NULL), (4, 4)";
  await withTable(sql, { keys: [id], columns: [column("v", INT64, false)] }, async (lookup) => {
    await lookup.open();
    assert.deepEqual(rowsOf(await lookup.find(keysOf([id], [[4n], [2n], [3n], [1n], [5n]]), forever)), [
      [0n, 4n],
      [3n, 1n],
      [-2n, 'Column v has the TEXT "two", and it was declared as int64'],
      [-3n, "Column v is NULL, and it was declared NOT NULL"],
    ]);
    await assert.rejects(lookup.find(keysOf([id], [[2n], [3n]]), forever), { name: "LookupFailure", lasting: true });
  });
});

Deno.test("a database, a table or a column that is missing is told when it is opened, with its name", async () => {
  const shape = { keys: [id], columns: [name] };
  await withTable(people, { ...shape, columns: [column("nome", STRING)] }, async (lookup) => {
    await assert.rejects(lookup.open(), /Table dim in .*dim\.db has no column nome: there are id, name/);
  });
  await withTable(people, { ...shape, keys: [column("key", INT64)] }, async (lookup) => {
    await assert.rejects(lookup.open(), { name: "RdxError", code: "invalid_plan" });
  });
  await withTable(people, shape, async (lookup) => {
    await assert.rejects(lookup.open(), /has no table dims: did you mean dim\?/);
  }, "dims");
  const nowhere = sqliteLookup(() => startSqliteThread(url), () => "/nowhere/at/all.db").create({
    path: "",
    table: "dim",
  }, shape);
  await assert.rejects(nowhere.open(), /Cannot read the database \/nowhere\/at\/all\.db/);
  await nowhere.close();
});

Deno.test("a column that holds values of another type by its declaration is told when the table is opened", async () => {
  const sql = "CREATE TABLE dim (id INTEGER, t TEXT, r DOUBLE PRECISION, d DATETIME, n NUMERIC, v VARCHAR(5), x)";
  const cases: [string, DataType, boolean, boolean][] = [
    ["id", INT64, true, true],
    ["id", STRING, false, false],
    ["id", DOUBLE, true, true],
    ["t", STRING, true, true],
    ["t", INT64, false, false],
    ["t", TIMESTAMP, false, true],
    ["t", decimal(6, 2), false, true],
    ["t", decimal(38, 2), true, true],
    ["n", decimal(38, 2), false, true],
    ["x", decimal(38, 2), true, true],
    ["t", BOOL, false, false],
    ["r", DOUBLE, true, true],
    ["r", STRING, false, false],
    ["d", STRING, true, true],
    ["d", TIMESTAMP, true, true],
    ["n", STRING, true, true],
    ["v", INT64, false, false],
    ["x", INT64, true, true],
    ["x", STRING, true, true],
  ];
  for (const [name, type, asKey, asColumn] of cases) {
    for (const [isKey, fits] of [[true, asKey], [false, asColumn]]) {
      const wanted = column(name, type), other = column("x", INT64);
      const shape = isKey ? { keys: [wanted], columns: [other] } : { keys: [other], columns: [wanted] };
      await withTable(sql, shape, async (lookup) => {
        const opened = lookup.open(), text = `${name} as ${type.kind}${isKey ? " of the key" : ""}`;
        if (fits) return await assert.doesNotReject(opened, text);
        await assert.rejects(
          opened,
          new RegExp(
            `Column ${name} of table dim in .* and was declared as ${isDecimal(type) ? "decimal" : type.kind}`,
          ),
          text,
        );
      });
    }
  }
});

Deno.test("a file that is no database is refused", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "this is no database, and long enough to be looked at as if it were one".repeat(20));
  const lookup = sqliteLookup(() => startSqliteThread(url), () => path).create({ path, table: "dim" }, {
    keys: [id],
    columns: [name],
  });
  await assert.rejects(lookup.open(), /file is not a database/);
  await lookup.close();
  await Deno.remove(path);
});

Deno.test("a database that somebody has locked is a failure that passes", async () => {
  await withTable(people, { keys: [id], columns: [name] }, async (lookup, database) => {
    await lookup.open();
    database.exec("BEGIN EXCLUSIVE");
    await assert.rejects(lookup.find(keysOf([id], [[1n]]), forever), { name: "LookupFailure", lasting: false });
    database.exec("COMMIT");
    assert.deepEqual(rowsOf(await lookup.find(keysOf([id], [[1n]]), forever)), [[0n, "one"]]);
  });
});

Deno.test("a table that is dropped meanwhile is a lasting failure", async () => {
  await withTable(people, { keys: [id], columns: [name] }, async (lookup, database) => {
    await lookup.open();
    database.exec("DROP TABLE dim");
    await assert.rejects(lookup.find(keysOf([id], [[1n]]), forever), { lasting: true, message: /no such table/ });
  });
});

Deno.test("ten thousand keys at once are answered, of one column and of many", async () => {
  const sql = `CREATE TABLE dim (id INTEGER, b INTEGER, c INTEGER, d INTEGER, name TEXT, PRIMARY KEY (id, b, c, d));
    WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
    INSERT INTO dim SELECT i, i, i, i, 'name ' || i FROM n`;
  for (const names of [["id"], ["id", "b", "c", "d"]]) {
    const keys = names.map((name) => column(name, INT64));
    await withTable(sql, { keys, columns: [name] }, async (lookup) => {
      await lookup.open();
      const wanted = Array.from({ length: 10_000 }, (_, i) => keys.map(() => BigInt(9999 - i)));
      const rows = rowsOf(await lookup.find(keysOf(keys, wanted), forever));
      assert.deepEqual(rows, wanted.map(([value], i) => [BigInt(i), `name ${value}`]));
    });
  }
});

Deno.test("an answer that is too large is a lasting failure, and what fits comes in several frames", async () => {
  const sql = (rows: number) =>
    `CREATE TABLE dim (id INTEGER, n INTEGER); WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO dim SELECT 1, i FROM n`;
  const shape = { keys: [id], columns: [column("n", INT64)] };
  await withTable(sql(LOOKUP_ANSWER_ROWS_MAX + 1), shape, async (lookup) => {
    await lookup.open();
    await assert.rejects(lookup.find(keysOf([id], [[1n]]), forever), {
      lasting: true,
      message: /more than 262144 rows/,
    });
  });
  await withTable(sql(40_000), shape, async (lookup) => {
    await lookup.open();
    const frames = await lookup.find(keysOf([id], [[1n]]), forever);
    assert.ok(frames.length > 1);
    assert.deepEqual(rowsOf(frames), Array.from({ length: 40_000 }, (_, i) => [0n, BigInt(i + 1)]));
  });
});

Deno.test("no more tables are open than there are threads for, and a closed one makes room", async () => {
  await withTable(people, { keys: [id], columns: [name] }, async (_, __, path) => {
    let running = 0;
    const inProcess = () => {
      const table = new SqliteTable();
      running++;
      return {
        open: (path: string, of: string, shape: LookupShape) => Promise.resolve(table.open(path, of, shape)),
        find: (keys: ArrayBuffer) => Promise.resolve(table.find(keys)),
        end: () => void running--,
      };
    };
    const factory = sqliteLookup(inProcess, () => path);
    const lookups = Array.from(
      { length: LOOKUP_THREADS_MAX },
      () => factory.create({ path, table: "dim" }, { keys: [id], columns: [name] }),
    );
    for (const lookup of lookups) await lookup.open();
    assert.equal(running, LOOKUP_THREADS_MAX);
    const more = factory.create({ path, table: "dim" }, { keys: [id], columns: [name] });
    await assert.rejects(more.open(), { code: "busy", message: /64 tables of SQLite already/ });
    await lookups[0].close();
    await more.open();
    assert.deepEqual(rowsOf(await more.find(keysOf([id], [[1n]]), forever)), [[0n, "one"]]);
    for (const lookup of [...lookups, more]) await lookup.close();
    assert.equal(running, 0);
  });
});

Deno.test("what nobody waits for any more is not asked, and a closed lookup answers nothing", async () => {
  await withTable(people, { keys: [id], columns: [name] }, async (lookup) => {
    await lookup.open();
    const ends = new AbortController();
    ends.abort(new Error("too late"));
    await assert.rejects(lookup.find(keysOf([id], [[1n]]), ends.signal), /too late/);
    const first = lookup.find(keysOf([id], [[1n]]), forever).catch(() => "closed");
    await lookup.close();
    await first;
    await assert.rejects(lookup.find(keysOf([id], [[1n]]), forever), { name: "LookupFailure" });
  });
});
