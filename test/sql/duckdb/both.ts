import { compileSqlOrThrow } from "../../../src/sql/mod.ts";
import type { DataType } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import { STANDARD_SINKS } from "../../../src/plan/catalog.ts";
import { CaseEngine, CATALOG } from "../../cases/case_engine.ts";
import { type DuckDBConnection, DuckDBInstance } from "../../deps/duckdb.ts";
import type { Table } from "./tables.ts";

const NAME = "result";

/** The same tables in both engines. */
export class Both {
  readonly #engine: CaseEngine;
  readonly #duckdb: DuckDBConnection;
  readonly #folder: string;
  readonly #declared: string;

  private constructor(engine: CaseEngine, duckdb: DuckDBConnection, folder: string, declared: string) {
    this.#engine = engine;
    this.#duckdb = duckdb;
    this.#folder = folder;
    this.#declared = declared;
  }

  static async open(tables: readonly Table[]): Promise<Both> {
    const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
    const folder = await Deno.makeTempDir({ prefix: "rdx-duckdb-" });
    await duckdb.run("SET TimeZone = 'UTC'");
    for (const { name, columns, rows } of tables) {
      const path = `${folder}/${name}.ndjson`, names = Object.keys(columns);
      const objects = rows.map((row) => JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i]]))));
      await Deno.writeTextFile(path, objects.map((line) => `${line}\n`).join(""));
      const types = Object.entries(columns).map(([name, kind]) => `${name}: '${DUCK_TYPES[kind] ?? kind}'`);
      const source = `read_json('${path}', format = 'newline_delimited', columns = {${types.join(", ")}})`;
      await duckdb.run(`CREATE TABLE ${name} AS SELECT * FROM ${source}`);
    }
    const declared = tables.map((table) => declarationOf(table, `${folder}/${table.name}.ndjson`)).join("");
    return new Both(await CaseEngine.start(1), duckdb, folder, declared);
  }

  /** The rows of a query here, as texts, in the order that it asks for. */
  async here(sql: string): Promise<string[]> {
    const script = `${this.#declared}${sql}`, catalog = { ...CATALOG, sinkKinds: STANDARD_SINKS };
    const compiled = compileSqlOrThrow(script, catalog, {
      name: NAME,
      sink: { kind: "view", name: NAME },
      whole: true,
    });
    const { plan, results: [{ hidden, offset, limit }] } = compiled.pipelines[0];
    const { rows, types } = await this.#engine.view(plan, NAME), shown = types.length - hidden;
    const wanted = rows.slice(offset, limit === null ? undefined : offset + limit);
    return wanted.map((row) => row.slice(0, shown).map((value, c) => textOf(value, types[c])).join(" | "));
  }

  /** The rows that DuckDB gives. */
  async there(sql: string): Promise<string[]> {
    const rows = (await this.#duckdb.runAndReadAll(sql)).getRows();
    return rows.map((row) => row.map(duckText).join(" | "));
  }

  async close(): Promise<void> {
    this.#duckdb.closeSync();
    await this.#engine.close();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

const DUCK_TYPES: Readonly<Record<string, string>> = {
  "STRING": "VARCHAR",
  "TIMESTAMP(3)": "TIMESTAMP",
};

function declarationOf({ name, columns, time }: Table, path: string): string {
  const all = Object.entries(columns).map(([column, kind]) => `${column} ${kind}`);
  if (time !== null) all.push(`WATERMARK FOR ${time} AS ${time} - INTERVAL '0.001' SECOND`);
  return `CREATE TABLE ${name} (${
    all.join(", ")
  }) WITH ('connector' = 'file', 'path' = '${path}', 'format' = 'json');\n`;
}

/** Digits in which doubles have to agree: sums of them depend on the order. */
const DIGITS = 10;

function doubleText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(DIGITS));
  return String(rounded === 0 ? 0 : rounded);
}

function decimalText(digits: bigint, scale: number): string {
  const all = String(digits < 0n ? -digits : digits).padStart(scale + 1, "0"), cut = all.length - scale;
  const fraction = all.slice(cut).replace(/0+$/, "");
  return `${digits < 0n ? "-" : ""}${all.slice(0, cut)}${fraction === "" ? "" : `.${fraction}`}`;
}

function textOf(value: Value, { kind, scale = 0 }: DataType): string {
  if (value === null) return "NULL";
  if (kind === "timestamp") return new Date(Number(value)).toISOString();
  if (kind === "decimal" || kind === "decimal128") return decimalText(value as bigint, scale);
  if (value instanceof Uint8Array) return value.toHex();
  return typeof value === "number" ? doubleText(value) : String(value);
}

function duckText(value: unknown): string {
  if (value === null) return "NULL";
  if (typeof value === "number") return doubleText(value);
  if (typeof value !== "object") return String(value);
  if ("micros" in value) return new Date(Number(value.micros as bigint / 1000n)).toISOString();
  if ("days" in value && !("months" in value)) return new Date(Number(value.days) * 86_400_000).toISOString();
  if ("scale" in value && "value" in value) return decimalText(value.value as bigint, Number(value.scale));
  if ("bytes" in value) return (value.bytes as Uint8Array<ArrayBuffer>).toHex();
  return String(value);
}
