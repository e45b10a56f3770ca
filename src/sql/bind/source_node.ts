import { type Column as DataColumn, formatType, TIMESTAMP } from "../../core/schema.ts";
import { parseJson } from "./json.ts";
import type * as ast from "../ast.ts";
import type { PlacedColumn, Relation } from "./column.ts";
import type { BoundQuery, Context, TableReference } from "./context.ts";
import { formatOfFile } from "./file_format.ts";
import { resolvePath, Scope } from "./scope.ts";
import { optionsOf } from "./hints.ts";
import { type TableColumn, type TableDefinition, withOptions } from "./table.ts";

/** The rows of a stream that the catalogue knows; null with a problem. */
export function streamSource(stream: string, reference: TableReference, context: Context): BoundQuery | null {
  const { nodes, catalog, settings } = context, info = catalog.stream(stream)!, { name, time } = reference;
  const own = timeOf(reference, info.columns, context);
  if (time !== null && own === null) return null;
  const body = { stream, ...(own === null ? {} : { time: own }), ...idle(settings.idleTimeoutMs) };
  const node = nodes.plan.add("source", [], body, name.at);
  return rowsOf(node, info.columns, own ?? info.time, false, context);
}

/** The rows of a table of the script; null with a problem. */
export function sourceOf(declared: TableDefinition, reference: TableReference, context: Context): BoundQuery | null {
  const { report, nodes } = context, { connector } = declared;
  const table = withOptions(declared, optionsOf(reference.hints, context), report);
  if (table === null) return null;
  if (connector.looksUp) {
    const hint = `Write … JOIN ${table.name} FOR SYSTEM_TIME AS OF PROCTIME() ON a.key = ${table.name}.key`;
    return report.add(reference.name.at, `Rows are looked up in ${table.name}: it cannot be read as a whole`, hint);
  }
  if (!connector.reads) {
    return report.add(
      reference.name.at,
      `Table ${table.name} can only be written: its connector is ${table.connectorName}`,
    );
  }
  const own = timeOf(reference, table.columns, context);
  if (reference.time !== null && own === null) return null;
  const from = connectorOf(table, context), changes = changesOf(table, context);
  if (from === null || changes === null) return null;
  const time = own === null
    ? table.time
    : { column: own, delayMs: own === table.time?.column ? table.time.delayMs : 0 };
  const timeColumn = table.columns.find(({ name }) => name === time?.column);
  const early = timeColumn?.expr ? [timeColumn] : [];
  const body = {
    ...from,
    ...(early.length === 0 ? {} : { computed: early.map((column) => computed(column, context)) }),
    ...timing(table, time, early.length > 0 || own !== null),
    ...idle(numberOf(table, "idle-timeout") ?? context.settings.idleTimeoutMs),
    ...(connector.kind === "stream" ? {} : keyed(table)),
    ...changes,
  };
  const node = nodes.plan.add("source", [], body, reference.name.at);
  const physical = table.columns.filter(({ expr }) => expr === null);
  const bound = rowsOf(node, [...physical, ...early], time?.column ?? null, "changes" in changes, context);
  return withComputed(table, bound, early, context);
}

function timing(table: TableDefinition, time: TableDefinition["time"], isOwn: boolean) {
  // A stream's declaration has its event time, unless it is of this table alone.
  if (time === null || (table.connector.kind === "stream" && !isOwn)) return {};
  return { time: time.column, ...(time.delayMs === 0 ? {} : { delay_ms: time.delayMs }) };
}

function idle(ms: number | null) {
  return ms === null ? {} : { idle_timeout_ms: ms };
}

function keyed({ primaryKey }: TableDefinition) {
  return primaryKey === null ? {} : { primary_key: primaryKey };
}

function computed({ name, expr, at }: TableColumn, { values }: Context) {
  return values.places.mark({ as: name, expr: expr! }, at);
}

function numberOf({ options }: TableDefinition, name: string): number | null {
  const value = options.get(name)?.value;
  return typeof value === "number" ? value : null;
}

function textOf({ options }: TableDefinition, name: string): string | null {
  const value = options.get(name)?.value;
  return value === undefined ? null : String(value);
}

/** What a source node says of where rows come from; null with a problem. */
function connectorOf(table: TableDefinition, { report }: Context): Record<string, unknown> | null {
  const { connector: { kind }, options, name, at } = table,
    physical = table.columns.filter(({ expr }) => expr === null);
  if (kind === "stream") return { stream: textOf(table, "stream") ?? name };
  const columns = physical.map((column) => ({
    name: column.name,
    type: formatType(column.type),
    nullable: column.nullable,
  }));
  const missing = (option: string) =>
    report.add(at, `Table ${name} needs the option '${option}'`, `Add WITH (…, '${option}' = '…')`);
  switch (kind) {
    case "file": {
      const path = textOf(table, "path"), format = formatOfFile(table);
      if (path === null || format === null) return missing(path === null ? "path" : "format");
      if (format === "arrow") {
        return report.add(
          (options.get("format") ?? options.get("path"))!.at,
          "Arrow files are written, not read",
          "What fits: ndjson, csv",
        );
      }
      const header = options.get("header")?.value ?? true, delimiter = options.get("delimiter")?.value ?? ",";
      return { connector: { kind, path, format, header, delimiter }, columns };
    }
    case "nexmark": {
      const events = numberOf(table, "events"), lower = name.toLowerCase();
      const which = textOf(table, "table") ?? (["person", "auction", "bid"].includes(lower) ? lower : null);
      if (events === null || which === null) return missing(events === null ? "events" : "table");
      const rate = numberOf(table, "events-per-second"), seed = numberOf(table, "seed");
      const more = { ...(rate === null ? {} : { events_per_second: rate }), ...(seed === null ? {} : { seed }) };
      return { connector: { kind, table: which, events, ...more }, columns };
    }
    default: {
      const text = textOf(table, "rows");
      if (text === null) return missing("rows");
      const rows = parseJson(text);
      if (Array.isArray(rows) && rows.every((row) => Array.isArray(row))) return { connector: { kind, rows }, columns };
      return report.add(options.get("rows")!.at, "Option 'rows' must be JSON: an array with an array for each row");
    }
  }
}

/** Flink's lists of row kinds. */
const MODES: Readonly<Record<string, string>> = {
  I: "insert",
  "I,UA,D": "upsert",
  "I,UB,UA,D": "all",
  "I,UA,UB,D": "all",
};

/** Whether rows take the place of others; null with a problem. */
function changesOf(table: TableDefinition, { report }: Context): Record<string, unknown> | null {
  const mode = textOf(table, "changelog-mode") ?? "insert", changes = Object.hasOwn(MODES, mode) ? MODES[mode] : mode;
  const kind = textOf(table, "kind-column"), option = table.options.get("changelog-mode");
  if (changes === "all") {
    if (kind !== null) return { changes, kind_column: kind, ...streamKey(table) };
    return report.add(
      option!.at,
      "A changelog needs the option 'kind-column'",
      "It names the column that holds +I, -U, +U or -D",
    );
  }
  if (kind !== null) {
    return report.add(table.options.get("kind-column")!.at, "'kind-column' is for 'changelog-mode' = 'all'");
  }
  if (changes === "insert") return streamKey(table);
  if (table.primaryKey !== null) return { changes, ...streamKey(table) };
  return report.add(option!.at, "'changelog-mode' = 'upsert' needs a primary key", "Add PRIMARY KEY (…) NOT ENFORCED");
}

function streamKey(table: TableDefinition) {
  return table.connector.kind === "stream" ? keyed(table) : {};
}

function rowsOf(
  node: string,
  columns: readonly DataColumn[],
  time: string | null,
  changes: boolean,
  { nodes }: Context,
): BoundQuery {
  const placed = columns.map((column): PlacedColumn => ({
    column: nodes.columns.make(column.name, column),
    name: column.name,
  }));
  const times = placed.filter(({ name }) => name === time).map(({ column }) => column.id);
  const relation: Relation = {
    node,
    columns: placed,
    times: new Set(times),
    windows: new Map(),
    windowed: false,
    changes,
  };
  return { relation, outputs: placed };
}

/** The columns that are computed of a row and are not event time, each in its place. */
function withComputed(
  table: TableDefinition,
  { relation }: BoundQuery,
  early: readonly TableColumn[],
  { nodes, values }: Context,
): BoundQuery {
  const later = table.columns.filter(({ expr, isArrival, name }) =>
    expr !== null && !isArrival && !early.some((one) => one.name === name)
  );
  const ids = new Map(relation.columns.map(({ name, column }) => [name, column.id]));
  const added = later.map(({ name, expr, type, nullable, at }) => ({
    name,
    value: { expr: values.places.rename(expr!, (column) => ids.get(column) ?? column), type, nullable, at },
  }));
  const extended = nodes.extend(relation, added, table.at).relation;
  const byName = new Map(extended.columns.map(({ name, column }) => [name, column]));
  const columnOf = ({ name, isArrival }: TableColumn) => isArrival ? nodes.columns.arrival(name) : byName.get(name)!;
  return {
    relation: extended,
    outputs: table.columns.map((column) => ({ name: column.name, column: columnOf(column) })),
  };
}

/** The column of TIMESTAMP BY; null without one or with a problem. */
function timeOf(
  { time, name }: TableReference,
  columns: readonly DataColumn[],
  { report, nodes }: Context,
): string | null {
  if (time === null) return null;
  const own = columns.map((column) => ({ name: column.name, column: nodes.columns.make(column.name, column) }));
  const parts: readonly ast.Identifier[] = [time];
  const column = resolvePath(
    new Scope([{ names: name.parts.map((part) => part.name), columns: own }]),
    parts,
    time.at,
    report,
  );
  if (column === null || column.type.kind === TIMESTAMP.kind || column.type.kind === "int64") {
    return column?.name ?? null;
  }
  return report.add(time.at, `Cannot use ${column.name} as event time: it is ${formatType(column.type)}`);
}
