import { FrameBuilder, FrameView, type Value } from "../../src/core/frame.ts";
import { arrayOf, BOOL, BYTES, type Column, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { SavedStep, SavedTable } from "../../src/store.ts";
import type { Random } from "../sim/pool.ts";

const TYPES = [INT64, DOUBLE, decimal(7, 2), decimal(30, 4), BOOL, TIMESTAMP, STRING, BYTES, arrayOf(INT64)];
const WORDS = ["", "a", "été", "🜚 x", "0".repeat(300)];

/** Any table: its key begins with the key group, and it may have rows that expire; or it has one row and no key. */
export function randomTable(random: Random, node: string, name: string): SavedTable {
  const column = (name: string, nullable: boolean): Column => ({ name, type: TYPES[random(TYPES.length)], nullable });
  const values = Array.from({ length: 1 + random(4) }, (_, i) => column(`value ${i}`, random(2) === 0));
  const shared = { node, name, version: 1 + random(3) };
  if (random(5) === 0) return { ...shared, columns: values, keys: 0, expiry: -1 };
  const keys = Array.from({ length: random(3) }, (_, i) => column(`key ${i}`, true));
  const ends = random(2) === 0, columns = [{ name: "$group", type: INT64, nullable: false }, ...keys];
  if (ends) columns.push({ name: "$end", type: TIMESTAMP, nullable: random(2) === 0 });
  const expiry = ends ? columns.length - 1 : -1;
  return { ...shared, columns: [...columns, ...values], keys: 1 + keys.length + (ends ? random(2) : 0), expiry };
}

/** Any value that a cell of the column may have; `few`: one of some, so that keys meet again. */
function randomValue(random: Random, { type, nullable }: Column, few: boolean): Value {
  if (nullable && random(5) === 0) return null;
  switch (type.kind) {
    case "double":
      return few ? random(3) : [NaN, -0, 0, Infinity, 1 / 3, random(1e9)][random(6)];
    case "bool":
      return random(2) === 0;
    case "string":
      return type.nested ? JSON.stringify([random(few ? 3 : 1e6)]) : WORDS[random(few ? 3 : WORDS.length)];
    case "bytes":
      return Uint8Array.from({ length: random(few ? 2 : 40) }, () => random(few ? 2 : 256));
    case "decimal":
      // State may hold more digits than its column promises.
      return few ? BigInt(random(3)) : [1n, -1n][random(2)] * [0n, 1n, BigInt(random(1e9)), 10n ** 18n - 1n][random(4)];
    case "decimal128":
      return few ? BigInt(random(3)) : [1n, -1n][random(2)] * [0n, 1n, BigInt(random(1e9)), 10n ** 38n - 1n][random(4)];
    default:
      return BigInt(few ? random(4) : random(1e9)) * (random(7) === 0 ? -1n : 1n);
  }
}

/** A row with any values. */
export function randomRow(random: Random, { columns, keys }: SavedTable): Value[] {
  return columns.map((column, i) =>
    column.name === "$group"
      ? BigInt(random(128))
      : column.name === "$end"
      ? ended(random, column)
      : randomValue(random, column, i < keys)
  );
}

function ended(random: Random, { nullable }: Column): bigint | null {
  return nullable && random(6) === 0 ? null : BigInt(random(100));
}

/** A step with these rows: all of their columns, or those of the key alone. */
export function rowStep(table: SavedTable, kind: "upsert" | "delete", rows: readonly (readonly Value[])[]): SavedStep {
  const columns = kind === "upsert" ? table.columns : table.columns.slice(0, table.keys);
  const builder = new FrameBuilder(columns);
  for (const row of rows) builder.append(row.slice(0, columns.length));
  return { kind, node: table.node, table: table.name, columns, frame: builder.finish(), rows: rows.length };
}

/** Any step for a table. */
export function randomStep(random: Random, table: SavedTable, rowsMax = 40): SavedStep {
  const { node, name, keys, expiry } = table, named = { node, table: name };
  const what = random(12);
  if (what === 0) return { kind: "clear", ...named };
  if (what <= 2 && expiry >= 0) return { kind: "expire", ...named, below: BigInt(random(60)) };
  const rows = Array.from({ length: keys === 0 ? 1 : random(rowsMax) }, () => randomRow(random, table));
  return rowStep(table, what <= 4 && keys > 0 ? "delete" : "upsert", rows);
}

/** Everything of a value, as text. */
function textOf(value: Value): string {
  if (value instanceof Uint8Array) return `bytes ${value.join()}`;
  return Object.is(value, -0) ? "number -0" : `${value === null ? "" : typeof value} ${value}`;
}

/** Tables as maps: what steps come to, as plainly as it can be said. */
export class TableModel {
  readonly #rows = new Map<string, Map<string, readonly Value[]>>();
  readonly #tables: readonly SavedTable[];

  constructor(tables: readonly SavedTable[]) {
    this.#tables = tables;
  }

  apply(step: SavedStep): void {
    const key = `${step.node} ${step.table}`, rows = this.#rows.get(key) ?? new Map<string, readonly Value[]>();
    this.#rows.set(key, rows);
    const { keys, expiry } = this.#tables.find(({ node, name }) => node === step.node && name === step.table)!;
    if (step.kind === "clear") return rows.clear();
    if (step.kind === "expire") {
      for (const [at, row] of rows) {
        const end = row[expiry];
        if (typeof end === "bigint" && end < step.below) rows.delete(at);
      }
      return;
    }
    const view = new FrameView(step.frame);
    for (let row = 0; row < view.rows; row++) {
      const values = view.types.map((_, column) => view.value(row, column));
      const at = values.slice(0, keys).map(textOf).join("|");
      if (step.kind === "delete") rows.delete(at);
      else rows.set(at, values);
    }
  }

  /** All rows, sorted. */
  text(): string[] {
    return [...this.#rows].flatMap(([table, rows]) =>
      [...rows.values()].map((row) => `${table}: ${row.map(textOf).join(" | ")}`)
    )
      .sort();
  }
}

/** What the steps of a checkpoint come to. */
export async function textOfSteps(tables: readonly SavedTable[], steps: AsyncIterable<SavedStep>): Promise<string[]> {
  const model = new TableModel(tables);
  for await (const step of steps) model.apply(step);
  return model.text();
}
