import { COLUMNS_MAX } from "../../core/limits.ts";
import { type Column as DataColumn, TIMESTAMP } from "../../core/schema.ts";
import { nameOfCall } from "./calls.ts";
import type { Expression } from "../../expr/mod.ts";
import type * as ast from "../ast.ts";
import { type Column, ColumnMaker } from "./column.ts";
import { CONNECTOR_ALIASES, CONNECTORS, type ConnectorSpec, type OptionValue, readOptions } from "./connectors.ts";
import { ExpressionBinder } from "./expression.ts";
import { nearest } from "../../core/nearest.ts";
import type { Report } from "./report.ts";
import { quoted, resolvePath, Scope } from "./scope.ts";
import { delayOf } from "./time_bounds.ts";
import { typeNamed } from "./types.ts";
import { NO_FUNCTIONS, type UserFunctions } from "./user_function.ts";
import type { Places, Value } from "./value.ts";
import { ValueMaker } from "./value.ts";

/** A table of the script: what CREATE TABLE says of it. */
export interface TableDefinition {
  readonly name: string;
  readonly what: "TABLE" | "STREAM";
  readonly at: ast.Span;
  readonly columns: readonly TableColumn[];
  readonly time: { readonly column: string; readonly delayMs: number } | null;
  readonly primaryKey: readonly string[] | null;
  /** Null: the script does not say it. */
  readonly partitionBy: readonly string[] | null;
  readonly connector: ConnectorSpec;
  /** As the script calls it. */
  readonly connectorName: string;
  readonly options: ReadonlyMap<string, OptionValue>;
  /** The same as they were written. */
  readonly written: readonly ast.Option[];
}

/** What a column without a value is: it is never written. */
const NEVER: Expression = { literal: null, type: "timestamp" };

/** A column that rows have, or one that is computed of these: `expr` names them by their names. */
export interface TableColumn extends DataColumn {
  readonly expr: Expression | null;
  /** `p AS PROCTIME()`: rows do not have it, and it has no value. */
  readonly isArrival?: boolean;
  readonly at: ast.Span;
}

/** Binds CREATE TABLE; null with its problems. */
export function bindTable(
  statement: ast.CreateTable,
  report: Report,
  places: Places,
  functions: UserFunctions = NO_FUNCTIONS,
): TableDefinition | null {
  const name = statement.name.parts.map((part) => part.name).join(".");
  const connector = connectorOf(statement, report);
  const options = connector && readOptions(statement.with, connector.spec, connector.name, report);
  const columns = columnsOfTable(statement, report, places, functions);
  if (connector === null || options === null || columns === null) return null;
  const partitionBy = partitionsOf(statement, connector.spec, columns, report);
  if (partitionBy === undefined) return null;
  const time = statement.watermark && timeOf(statement.watermark, columns, report, places);
  const primaryKey = keyOf(statement, columns, report);
  if (time === null && statement.watermark !== null) return null;
  if (primaryKey === undefined) return null;
  const { what, at } = statement;
  const known = columns.map((column) => primaryKey?.includes(column.name) ? { ...column, nullable: false } : column);
  return {
    name,
    what,
    at,
    columns: known,
    time,
    primaryKey,
    partitionBy,
    connector: connector.spec,
    connectorName: connector.name,
    options,
    written: statement.with,
  };
}

/** The table with further options, which take the place of its own; null with problems. */
export function withOptions(
  table: TableDefinition,
  more: readonly ast.Option[],
  report: Report,
): TableDefinition | null {
  if (more.length === 0) return table;
  const names = new Set(more.map(({ key }) => key.toLowerCase()));
  const written = [...table.written.filter(({ key }) => !names.has(key.toLowerCase())), ...more];
  const options = readOptions(written, table.connector, table.connectorName, report);
  return options && { ...table, options, written };
}

function connectorOf(statement: ast.CreateTable, report: Report): { spec: ConnectorSpec; name: string } | null {
  const option = statement.with.find(({ key }) => key.toLowerCase() === "connector");
  if (option === undefined) return { spec: CONNECTORS.stream, name: "stream" };
  const { value, valueAt } = option, lower = value.toLowerCase();
  const name = Object.hasOwn(CONNECTOR_ALIASES, lower) ? CONNECTOR_ALIASES[lower] : lower;
  if (statement.what === "STREAM" && name !== "stream") {
    return report.add(valueAt, `A STREAM is a stream, not a ${value}`, "Write CREATE TABLE");
  }
  if (Object.hasOwn(CONNECTORS, name)) return { spec: CONNECTORS[name], name: value };
  const names = [...Object.keys(CONNECTORS), ...Object.keys(CONNECTOR_ALIASES)], near = nearest(value, names);
  return report.add(
    valueAt,
    `Unknown connector '${value}'`,
    near ? `Did you mean '${near}'?` : `There are: ${names.join(", ")}`,
  );
}

function columnsOfTable(
  statement: ast.CreateTable,
  report: Report,
  places: Places,
  functions: UserFunctions,
): TableColumn[] | null {
  const { columns } = statement, found = new Map<string, TableColumn>();
  let sound = true;
  const add = (column: TableColumn) => {
    if (found.has(column.name)) {
      report.add(column.at, `Column ${quoted(column.name)} is named twice`);
      sound = false;
    } else found.set(column.name, column);
  };
  for (const column of columns) {
    if (column.kind === "metadata") {
      report.add(column.at, "This connector gives no metadata", "Leave the column out");
      sound = false;
    } else if (column.kind === "physical") {
      const type = typeNamed(column.type, report);
      if (type === null) sound = false;
      else add({ name: column.name.name, type, nullable: !column.type.notNull, expr: null, at: column.name.at });
    }
  }
  const scope = new TableScope([...found.values()], functions);
  const computed = columns.filter((column) => column.kind === "computed");
  for (const { name, expr, at } of computed) {
    if (expr.kind === "call" && nameOfCall(expr) === "proctime") {
      add({ name: name.name, type: TIMESTAMP, nullable: false, expr: NEVER, isArrival: true, at: name.at });
      continue;
    }
    const value = scope.bind(expr, `column ${name.name}`, report, places);
    if (value === null || value.type === null) {
      if (value) report.add(at, "NULL has no type here", "Give it one: CAST(NULL AS STRING)");
      sound = false;
      continue;
    }
    const column = {
      name: name.name,
      type: value.type,
      nullable: value.nullable,
      expr: scope.named(value, places),
      at: name.at,
    };
    add(column);
    scope.add(column);
  }
  // CREATE TABLE … AS takes the columns of its query.
  if (found.size === 0 && sound && statement.query === null) {
    return report.add(statement.name.at, "A table has columns", "Write CREATE TABLE t (id BIGINT, …)");
  }
  if (found.size > COLUMNS_MAX) {
    return report.add(statement.name.at, `The table has ${found.size} columns: at most ${COLUMNS_MAX}`);
  }
  return sound ? columns.map((column) => found.get(column.name.name)!) : null;
}

/** The columns of a table while it is declared. */
class TableScope {
  readonly #maker = new ColumnMaker();
  readonly #columns = new Map<string, { readonly column: Column; readonly expr: Expression | null }>();

  constructor(columns: readonly TableColumn[], private readonly functions: UserFunctions = NO_FUNCTIONS) {
    for (const column of columns) this.add(column);
  }

  add({ name, expr, ...type }: TableColumn): void {
    const column = this.#maker.make(name, type);
    this.#columns.set(column.id, { column, expr });
  }

  get scope(): Scope {
    return new Scope([{
      names: [],
      columns: [...this.#columns.values()].map(({ column }) => ({ name: column.name, column })),
    }]);
  }

  bind(expression: ast.Expression, clause: string, report: Report, places: Places): Value | null {
    return new ExpressionBinder(new ValueMaker(report, places, this.functions), { scope: this.scope, clause }).bind(
      expression,
    );
  }

  /** The expression by the names of the columns that rows have: computed ones are put in their places. */
  named({ expr }: Value, places: Places): Expression {
    return places.rename(expr, (id) => {
      const { column, expr } = this.#columns.get(id)!;
      return expr ?? column.name;
    });
  }
}

/** WATERMARK FOR ts AS ts - INTERVAL '5' SECOND. */
function timeOf(
  { column: { parts, at: nameAt }, expr, at }: ast.Watermark,
  columns: readonly TableColumn[],
  report: Report,
  places: Places,
): TableDefinition["time"] {
  const table = new TableScope(columns), column = resolvePath(table.scope, parts, nameAt, report);
  if (column === null) return null;
  const { kind } = column.type;
  if (kind !== "timestamp" && kind !== "int64") {
    const hint = `Compute one: ts AS TO_TIMESTAMP(${quoted(column.name)}), and WATERMARK FOR ts`;
    return report.add(nameAt, `Cannot use ${column.name} as event time: it is ${kind}`, hint);
  }
  if (expr.kind === "call" && expr.name.parts[0].name.toUpperCase() === "SOURCE_WATERMARK") {
    return report.add(
      expr.at,
      "Sources give no watermark of their own here",
      `Write ${quoted(column.name)} - INTERVAL '5' SECOND`,
    );
  }
  const value = table.bind(expr, "WATERMARK", report, places);
  if (value === null) return null;
  const delayMs = delayOf(value.expr, column.id);
  if (delayMs !== null) return { column: column.name, delayMs };
  return report.add(
    at,
    "A watermark is its column, or its column less an interval",
    `Write ${quoted(column.name)} - INTERVAL '5' SECOND`,
  );
}

/** What PARTITIONED BY says of a stream, null without it; undefined with a problem. */
function partitionsOf(
  { partitionedBy }: ast.CreateTable,
  { kind }: ConnectorSpec,
  columns: readonly TableColumn[],
  report: Report,
): readonly string[] | null | undefined {
  if (partitionedBy.length === 0) return null;
  if (kind !== "stream") {
    report.note(partitionedBy[0].at, "PARTITIONED BY has no effect here");
    return null;
  }
  let sound = true;
  for (const { name, at } of partitionedBy) {
    if (columns.some((column) => column.name === name && column.expr === null)) continue;
    const names = columns.filter(({ expr }) => expr === null).map((column) => column.name);
    report.add(at, `There is no column ${quoted(name)} that rows have`, `Columns: ${names.join(", ")}`);
    sound = false;
  }
  return sound ? partitionedBy.map(({ name }) => name) : undefined;
}

/** The primary key, null without one; undefined with a problem. */
function keyOf(
  { primaryKey }: ast.CreateTable,
  columns: readonly TableColumn[],
  report: Report,
): readonly string[] | null | undefined {
  if (primaryKey === null) return null;
  const scope = new TableScope(columns).scope, names: string[] = [];
  let sound = true;
  for (const part of primaryKey.columns) {
    const column = resolvePath(scope, [part], part.at, report),
      found = columns.find(({ name }) => name === column?.name);
    if (found?.expr) {
      report.add(part.at, `A primary key is of columns that rows have: ${part.name} is computed`);
    }
    if (!found || found.expr) sound = false;
    else names.push(found.name);
  }
  return sound ? names : undefined;
}
