import type { DatabaseSync } from "node:sqlite";
import { identifier } from "../client/sqlite/names.ts";
import { RdxError } from "../core/errors.ts";
import { type Column, formatType } from "../core/schema.ts";
import type { SqliteTarget } from "./sqlite.ts";
import { declaredType, keeps } from "./sqlite_cells.ts";

/** A table as it is ready to be written. */
export interface ReadyTable {
  /** How the table declares each column. */
  readonly declared: readonly string[];
  /** Rows of one key are told apart by SQLite itself. */
  readonly isUnique: boolean;
}

interface Found {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly dflt_value: unknown;
  readonly pk: number;
  readonly hidden: number;
}

/** Makes the table, or checks that it takes the rows. Throws RdxError that says what to do. */
export function readyTable(database: DatabaseSync, target: SqliteTarget): ReadyTable {
  const { table, columns, keys } = target;
  // NULL equals nothing for SQLite: rows whose keys may be NULL are told apart by who writes them.
  const isUnique = keys !== null && keys.length > 0 && keys.every((key) => !columnOf(columns, key).nullable);
  const folded = columns.map(({ name }) => name.toLowerCase());
  const twice = columns.find((_, i) => folded.indexOf(folded[i]) !== i);
  if (twice) throw invalid(`Columns that differ in case alone are one for SQLite: name ${twice.name} otherwise`);
  const select = "SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE";
  const there = database.prepare(select).get(table);
  if (!there) makeTable(database, target, isUnique);
  else if (there.type !== "table") {
    throw invalid(`${table} in ${target.path} is a ${there.type}, and no table to write to`);
  }
  const found = database.prepare("SELECT * FROM pragma_table_xinfo(?)").all(table) as unknown as Found[];
  const declared = columns.map((column) => checkColumn(column, found, target));
  checkOthers(found, folded, target);
  if (isUnique && !hasUnique(database, table, keys, found)) {
    const names = keys.join(", ");
    throw invalid(
      `Table ${table} in ${target.path} does not tell rows apart by ${names}: CREATE UNIQUE INDEX … ON ${
        identifier(table)
      } (${keys.map(identifier).join(", ")}), or name another table`,
    );
  }
  return { declared, isUnique };
}

function columnOf(columns: readonly Column[], name: string): Column {
  return columns.find((column) => column.name === name)!;
}

function invalid(message: string): RdxError {
  return new RdxError("invalid_plan", message);
}

function makeTable(database: DatabaseSync, { table, columns, keys }: SqliteTarget, isUnique: boolean): void {
  const names = keys?.map(identifier).join(", ") ?? "";
  const parts = columns.map(({ name, type, nullable }) =>
    // A double that is no number is NULL in SQLite.
    `${identifier(name)} ${declaredType(type)}${nullable || type.kind === "double" ? "" : " NOT NULL"}`
  );
  if (isUnique) parts.push(`PRIMARY KEY (${names})`);
  database.exec(`CREATE TABLE ${identifier(table)} (${parts.join(", ")})`);
  if (!isUnique && names !== "") {
    database.exec(`CREATE INDEX ${identifier(`${table}_rdx_keys`)} ON ${identifier(table)} (${names})`);
  }
}

/** How the table declares the column. */
function checkColumn({ name, type }: Column, found: readonly Found[], { table, path }: SqliteTarget): string {
  const own = found.find((one) => one.name.toLowerCase() === name.toLowerCase()), where = `Table ${table} in ${path}`;
  if (!own) {
    throw invalid(
      `${where} has no column ${name}: ALTER TABLE ${identifier(table)} ADD COLUMN ${identifier(name)} ${
        declaredType(type)
      }, or name another table`,
    );
  }
  if (own.hidden !== 0) {
    throw invalid(`${where} computes column ${name} by itself: leave it out, or name another table`);
  }
  if (keeps(own.type, type)) return own.type;
  throw invalid(
    `${where} has column ${name} as ${own.type}, which does not keep ${
      formatType(type)
    }: CAST it, or name another table whose column is ${declaredType(type)}`,
  );
}

/** Columns that are not written need something to be in them. */
function checkOthers(found: readonly Found[], written: readonly string[], { table, path }: SqliteTarget): void {
  const isNumbered = ({ pk, type }: Found) => pk === 1 && /^\s*INTEGER\s*$/i.test(type);
  const missing = found.find((one) =>
    !written.includes(one.name.toLowerCase()) && one.notnull === 1 && one.dflt_value === null && one.hidden === 0 &&
    !isNumbered(one)
  );
  if (!missing) return;
  throw invalid(
    `Table ${table} in ${path} needs a value in ${missing.name}, which is not written: give it one, a DEFAULT there, or name another table`,
  );
}

/** Whether a primary key or an index of the table tells rows apart by just these columns. */
function hasUnique(database: DatabaseSync, table: string, keys: readonly string[], found: readonly Found[]): boolean {
  const wanted = keys.map((key) => key.toLowerCase()).sort().join("\n");
  const isWanted = (names: readonly string[]) => names.map((name) => name.toLowerCase()).sort().join("\n") === wanted;
  if (isWanted(found.filter(({ pk }) => pk > 0).map(({ name }) => name))) return true;
  const indexes = database.prepare('SELECT name FROM pragma_index_list(?) WHERE "unique" = 1 AND partial = 0').all(
    table,
  );
  return indexes.some(({ name }) => {
    const columns = database.prepare("SELECT name FROM pragma_index_info(?)").all(String(name));
    return columns.every((column) => column.name !== null) && isWanted(columns.map((column) => String(column.name)));
  });
}
