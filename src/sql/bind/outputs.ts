import { COLUMNS_MAX } from "../../core/limits.ts";
import { isCall, isColumn } from "../../expr/mod.ts";
import type * as ast from "../ast.ts";
import { freeName } from "./column.ts";
import type { Context } from "./context.ts";
import type { ExpressionBinder } from "./expression.ts";
import type { Output } from "./nodes.ts";
import { quoted, type Scope, suggestion, textOf } from "./scope.ts";
import type { Value } from "./value.ts";

/** One column of a SELECT. */
export interface SelectOutput extends Output {
  /** What it was written as; null for those of a star. */
  readonly expr: ast.Expression | null;
}

/** The name of the `i`th item without an alias, as Flink gives it. */
export function defaultName(i: number): string {
  return `EXPR$${i}`;
}

/**
 * Binds what SELECT gives, under names that differ; null with the problems. `begin` is told each item and its name before
 * it is bound.
 */
export function outputsOf(
  { items }: ast.Select,
  binder: ExpressionBinder,
  context: Context,
  begin: (item: ast.SelectExpression, name: string) => void = () => {},
): readonly SelectOutput[] | null {
  const outputs: SelectOutput[] = [], taken = new Set<string>();
  let sound = true;
  const add = (wanted: string, value: Value, expr: ast.Expression | null) => {
    const name = freeName(wanted, taken);
    taken.add(name);
    outputs.push({ name, value, expr });
  };
  items.forEach((item, i) => {
    if (item.kind === "star") {
      const columns = starColumns(item, binder.place.scope, context);
      if (columns === null) sound = false;
      for (const { name, column } of columns ?? []) add(name, context.values.column(column, item.at), null);
      return;
    }
    begin(item, item.alias?.name ?? defaultName(i));
    const value = typedValue(binder.bind(item.expr), context);
    if (value === null) sound = false;
    else add(item.alias?.name ?? ownName(item.expr, value, binder.place.scope) ?? defaultName(i), value, item.expr);
  });
  if (outputs.length > COLUMNS_MAX) {
    return context.report.add(items[0].at, `SELECT gives ${outputs.length} columns: at most ${COLUMNS_MAX}`);
  }
  return sound ? outputs : null;
}

/** A value that can be a column; null with a problem for NULL of no type. */
function typedValue(value: Value | null, { report }: Context): Value | null {
  if (value === null || value.type !== null) return value;
  return report.add(value.at, "NULL has no type here", "Give it one: CAST(NULL AS STRING)");
}

/** The name that a column has where it is named. */
function ownName(expr: ast.Expression, value: Value, scope: Scope): string | null {
  if (expr.kind === "field") return expr.name.name;
  if (expr.kind !== "column") return null;
  const { expr: bound } = value;
  if (isCall(bound) && bound.call === "field") return expr.parts[expr.parts.length - 1].name;
  if (!isColumn(bound)) return null;
  const found = scope.tables.flatMap(({ columns }) => columns).find(({ column }) => column.id === bound.column);
  return found?.name ?? expr.parts[expr.parts.length - 1].name;
}

function starColumns({ table, at }: ast.SelectStar, scope: Scope, { report }: Context) {
  if (table === null) return scope.star();
  const found = scope.tablesNamed(table.parts);
  if (found.length === 1) return found[0].columns;
  const names = scope.tables.flatMap((one) => one.names.slice(-1)), text = textOf(table.parts);
  if (found.length > 1) return report.add(at, `${text} is ambiguous`, "Give the tables names with AS");
  return report.add(table.at, `Unknown table ${text}`, suggestion(text, names.map(quoted), "Tables here"));
}
