import { type DataType, formatType, isDecimal } from "../../core/schema.ts";
import { commonType, isNumber } from "../../expr/type.ts";
import type { SinkOptions } from "../../plan/mod.ts";
import type * as ast from "../ast.ts";
import { freeName } from "./column.ts";
import type { BoundQuery, Context } from "./context.ts";
import type { Output } from "./nodes.ts";
import { finishRank } from "./rank.ts";
import { quoted, resolvePath, Scope } from "./scope.ts";
import type { TableColumn, TableDefinition } from "./table.ts";
import { sqlType } from "./types.ts";
import type { Value } from "./value.ts";
import { counted } from "./words.ts";

/** What a sink gets that nobody asked to see. */
export interface Written {
  readonly sink: SinkOptions;
  /** Columns at its end that are there to be sorted by. */
  readonly hidden: number;
}

/** Sends the rows of a query to a sink, in the order that is asked for where it is a view; null with a problem. */
export function writeTo(sink: SinkOptions, bound: BoundQuery, at: ast.Span, context: Context): Written | null {
  const { nodes, values } = context, { keys, whole } = bound.result ?? { keys: [], whole: false };
  const ranked = bound.rank ? finishRank(bound.relation, bound.rank, [], context) : bound;
  if (ranked === null) return null;
  const outputs = bound.outputs.map(({ name, column }) => ({ name, value: values.column(column, at) }));
  const seen = new Map(bound.outputs.toReversed().map(({ name, column }) => [column.id, name]));
  const isOrdered = sink.kind === "view" && (whole || keys.every(({ column }) => seen.has(column.id)));
  for (const { column } of isOrdered ? keys : []) {
    if (seen.has(column.id)) continue;
    const name = freeName("$by", new Set(seen.values()));
    seen.set(column.id, name);
    outputs.push({ name, value: values.column(column, at) });
  }
  const order = keys.map(({ column, desc, nullsLast }) => ({
    column: seen.get(column.id)!,
    desc,
    nulls_last: nullsLast,
  }));
  const { node } = nodes.project(ranked.relation, outputs, at);
  const ordered = isOrdered && order.length > 0 ? { ...sink, order } : sink;
  nodes.plan.add("sink", [node], { sink: ordered }, at);
  return { sink: ordered, hidden: outputs.length - bound.outputs.length };
}

/** The rows of an INSERT as its table has them: by position, under the table's names and types. Null with problems. */
export function asRowsOf(
  table: TableDefinition,
  insert: ast.Insert,
  bound: BoundQuery,
  context: Context,
): BoundQuery | null {
  const { report, nodes, values } = context, { outputs } = bound, at = insert.query.at;
  const ranked = bound.rank ? finishRank(bound.relation, bound.rank, [], context) : bound;
  const physical = table.columns.filter(({ expr }) => expr === null);
  const targets = insert.columns === null ? physical : namedColumns(physical, insert.columns, context);
  if (ranked === null || targets === null) return null;
  if (physical.length === 0) return bound;
  if (targets.length !== outputs.length) {
    const names = targets.map(({ name }) => name).join(", ");
    return report.add(
      at,
      `${table.name} takes ${counted(targets.length, "column")}, and the query gives ${outputs.length}`,
      `It takes ${names}`,
    );
  }
  let sound = true;
  const made = physical.map((column): Output | null => {
    const place = targets.indexOf(column);
    if (place < 0) {
      if (!column.nullable) {
        report.add(insert.into.at, `${table.name} needs a value for ${column.name}: it is NOT NULL`);
      }
      sound &&= column.nullable;
      return { name: column.name, value: values.literal(null, column.type, at, true) };
    }
    const given = outputs[place], value = values.column(given.column, at);
    const fitting = implicitCast(value, column.type, context);
    if (fitting === null) {
      const reason = `Column ${column.name} of ${table.name} is ${formatType(column.type)}, and the query gives ${
        formatType(given.column.type)
      }`;
      report.add(at, reason, `Write CAST(${quoted(given.name)} AS ${sqlType(column.type)})`);
    }
    return fitting && { name: column.name, value: fitting };
  });
  if (!sound || made.includes(null)) return null;
  const relation = nodes.project(ranked.relation, made as Output[], at);
  return { relation, outputs: relation.columns };
}

function namedColumns(
  columns: readonly TableColumn[],
  names: readonly ast.Identifier[],
  { report, nodes }: Context,
): readonly TableColumn[] | null {
  const made = columns.map((column) => ({ name: column.name, column: nodes.columns.make(column.name, column) }));
  const scope = new Scope([{ names: [], columns: made }]);
  const found = names.map((name) => {
    const column = resolvePath(scope, [name], name.at, report);
    return column && columns.find((one) => one.name === column.name)!;
  });
  if (found.includes(null)) return null;
  const twice = names.find((_, i) => found.indexOf(found[i]) !== i);
  return twice ? report.add(twice.at, `Column ${twice.name} is named twice`) : found as TableColumn[];
}

/** What Flink casts without being told: numbers to wider ones; int64 is the widest of all whole numbers here. */
function implicitCast(value: Value, type: DataType, { values }: Context): Value | null {
  const from = value.type!;
  if (type.nested) return fitsNested(from, type) ? values.cast(value, type) : null;
  if (from.kind === type.kind && !isDecimal(from)) return value;
  const common = commonType(from, type);
  const widens = common !== null && (type.kind === "double" || isDecimal(type));
  return widens ? values.cast(value, type) : null;
}

/** Whether values of a type can be written where a nested one is expected: rows go by the order of their fields, all else as it is. */
function fitsNested(from: DataType, to: DataType): boolean {
  const [a, b] = [from.nested, to.nested];
  if (a?.of === "json" || (a && b?.of === "json")) return true;
  if (!a || !b) return !a && !b && (from.kind === to.kind || (isNumber(from) && isNumber(to) && to.kind !== "int64"));
  if (a.of === "array" && b.of === "array") return fitsNested(a.item, b.item);
  if (a.of === "map" && b.of === "map") return fitsNested(a.value, b.value);
  if (a.of !== "row" || b.of !== "row" || a.fields.length !== b.fields.length) return false;
  return a.fields.every(({ type }, i) => fitsNested(type, b.fields[i].type));
}
