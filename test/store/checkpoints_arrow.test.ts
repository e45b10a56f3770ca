import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { FrameView, type Value } from "../../src/core/frame.ts";
import { arrayOf, BOOL, decimal, DOUBLE, INT64, isDecimal, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { SavedTable } from "../../src/store.ts";
import { tableFromIPC } from "../deps/apache_arrow.ts";
import { DuckDBInstance } from "../deps/duckdb.ts";
import { factsOf, take, upserts } from "../contract/checkpoint_store.ts";
import { rowStep } from "../contract/checkpoint_tables.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";
import { fileStore, ROOT } from "./file_stores.ts";

const column = (name: string, type: typeof INT64, nullable = true) => ({ name, type, nullable });
const TABLE: SavedTable = {
  node: "totals",
  name: "groups",
  version: 1,
  columns: [
    column("$group", INT64, false),
    column("customer id", STRING),
    column("count", INT64),
    column("sum", decimal(12, 2)),
    column("wide", decimal(30, 3)),
    column("mean", DOUBLE),
    column("open", BOOL),
    column("last", TIMESTAMP),
    column("items", arrayOf(INT64)),
  ],
  keys: 2,
  expiry: -1,
};
const DUCK_TYPES = [
  "BIGINT",
  "VARCHAR",
  "BIGINT",
  "DECIMAL(18,2)",
  "DECIMAL(38,3)",
  "DOUBLE",
  "BOOLEAN",
  "BIGINT",
  "JSON",
];

/** A scaled decimal, as apache-arrow gives it, with its point. */
function pointed(digits: string, scale: number): string {
  const [, sign, number] = /^(-?)(\d+)$/.exec(digits)!, padded = number.padStart(scale + 1, "0");
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** A value as DuckDB shows it. */
function asDuckDB(value: Value, column: number): Value {
  const scale = { sum: 2, wide: 3 }[TABLE.columns[column].name];
  if (scale !== undefined && value !== null) return pointed(String(value), scale);
  return Object.is(value, -0) ? 0 : value;
}

/** The rows of a file that apache-arrow reads, as SQL literals. */
function literals(bytes: Uint8Array): { names: string[]; rows: string[][] } {
  const table = tableFromIPC(bytes), names = table.schema.fields.map(({ name }) => name);
  const rows = table.toArray().map((row) =>
    names.map((name) => {
      const value: unknown = row[name];
      if (value === null) return "NULL";
      const text = name === "sum"
        ? pointed(String(value), 2)
        : name === "wide"
        ? pointed(String(value), 3)
        : String(value);
      return `'${text.replaceAll("'", "''")}'`;
    })
  );
  return { names, rows };
}

Deno.test("frames without decimals are the bodies of record batches as they came, which others read", async () => {
  const disk = new SimDisk(seeded(1)), store = fileStore(disk), random = seeded(5);
  const table = { ...TABLE, columns: TABLE.columns.filter(({ type }) => !isDecimal(type)) };
  const steps = [upserts(random, table, 300), upserts(random, table, 300), upserts(random, table, 1)];
  await take(store, factsOf(1, [table]), steps);
  const bytes = disk.bytes(`${ROOT}/1/0-upserts.arrow`), read = tableFromIPC(bytes);
  const expected = steps.flatMap((step) => "frame" in step ? [new FrameView(step.frame)] : []).flatMap((view) =>
    Array.from({ length: view.rows }, (_, row) => table.columns.map((_, i) => view.value(row, i)))
  );
  const found = read.toArray().map((row) => table.columns.map(({ name }): unknown => row[name]));
  assert.deepEqual(found.map(String), expected.map(String));
  for (const step of steps) {
    if ("frame" in step) assert.ok(Buffer.from(bytes).includes(Buffer.from(step.frame)), "a frame was changed");
  }
  await store.close();
});

Deno.test("the files of a table are Arrow streams with its columns, which others read", async () => {
  const disk = new SimDisk(seeded(1)), store = fileStore(disk), random = seeded(2);
  const steps = [upserts(random, TABLE, 300), upserts(random, TABLE, 200)];
  const gone = rowStep(TABLE, "delete", [[5n, "a"], [6n, null]]);
  await take(store, factsOf(1, [TABLE]), [...steps, gone]);
  const { names, rows } = literals(disk.bytes(`${ROOT}/1/0-upserts.arrow`));
  assert.deepEqual(names, TABLE.columns.map(({ name }) => name));
  assert.equal(rows.length, 500);
  const deletes = tableFromIPC(disk.bytes(`${ROOT}/1/1-deletes.arrow`));
  assert.deepEqual(deletes.schema.fields.map(({ name }) => name), ["$group", "customer id"]);
  assert.equal(deletes.numRows, 2);
  const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
  await duckdb.run(`CREATE TABLE state (${names.map((name, i) => `"${name}" ${DUCK_TYPES[i]}`).join(", ")})`);
  await duckdb.run(`INSERT INTO state VALUES ${rows.map((row) => `(${row.join(", ")})`).join(", ")}`);
  const shown = names.map((name, i) => /DECIMAL|JSON/.test(DUCK_TYPES[i]) ? `"${name}"::VARCHAR` : `"${name}"`);
  const found = (await duckdb.runAndReadAll(`SELECT ${shown.join(", ")} FROM state ORDER BY rowid`)).getRows();
  const expected = steps.flatMap((step) => {
    if (!("frame" in step)) return [];
    const view = new FrameView(step.frame);
    return Array.from({ length: view.rows }, (_, row) => TABLE.columns.map((_, i) => asDuckDB(view.value(row, i), i)));
  });
  assert.deepEqual(found, expected);
  await store.close();
});
