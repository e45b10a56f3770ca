import type { Column as DataColumn } from "../../core/schema.ts";
import { formatType } from "../../core/schema.ts";
import { columnsOf, isCall } from "../../expr/mod.ts";
import { commonType } from "../../expr/type.ts";
import type { LookupNode } from "../../plan/mod.ts";
import type * as ast from "../ast.ts";
import { nameOfCall } from "./calls.ts";
import { type Column, freeName, nameIn, type Relation } from "./column.ts";
import type { Context } from "./context.ts";
import { ExpressionBinder } from "./expression.ts";
import { renamed } from "./from.ts";
import { optionsOf } from "./hints.ts";
import { isOver } from "./join.ts";
import { lookupOptions } from "./lookup_options.ts";
import type { Scope, ScopeColumn, ScopeTable } from "./scope.ts";
import { type TableDefinition, withOptions } from "./table.ts";
import type { Value } from "./value.ts";

/** A table that rows are looked up in, at its place in FROM. */
export interface LookedUp {
  readonly table: ScopeTable;
  readonly ids: ReadonlySet<string>;
  readonly type: LookupNode["type"];
  /** The table's columns by their names there. */
  readonly columns: readonly ScopeColumn[];
  /** What the node says of the table, and of how it is asked. */
  readonly options: Pick<LookupNode, "table"> & Partial<LookupNode>;
  readonly name: string;
  readonly at: ast.Span;
}

/** The table that is joined FOR SYSTEM_TIME AS OF and is looked up; undefined when it is none, null with a problem. */
export function lookedUp(item: ast.Join, context: Context): LookedUp | null | undefined {
  const { right } = item, { report, nodes } = context;
  if (right.kind !== "table" || right.asOf === null) return undefined;
  const declared = context.names.lookup(right.name);
  if (declared === null) return undefined;
  if (item.type !== "INNER" && item.type !== "LEFT") {
    return report.add(item.at, `Rows are looked up by an inner or a left join`, `Put ${declared.name} on the right`);
  }
  const table = withOptions(declared, optionsOf(right.hints, context), report),
    type = item.type === "LEFT" ? "left" : "inner";
  const options = table && checked(table, context);
  if (table === null || options === null) return null;
  const columns = table.columns.map(({ name, type: of, nullable }) => ({
    name,
    column: nodes.columns.make(name, { type: of, nullable: nullable || type === "left" }),
  }));
  const seen = renamed({ outputs: columns }, right.alias, context);
  if (seen === null) return null;
  const names = right.alias ? [right.alias.name.name] : right.name.parts.map(({ name }) => name);
  const ids = new Set(columns.map(({ column }) => column.id));
  return { table: { names, columns: seen }, ids, type, columns, options, name: table.name, at: item.at };
}

function checked(table: TableDefinition, context: Context): LookedUp["options"] | null {
  const { report } = context, computed = table.columns.find(({ expr }) => expr !== null);
  if (computed !== undefined) {
    return report.add(
      computed.at,
      `${table.name} is looked up: its columns are those that its rows have`,
      "Compute it in SELECT",
    );
  }
  return lookupOptions(table, report);
}

/** Whether FOR SYSTEM_TIME AS OF says now; a problem if it says another time. */
export function isNow(time: ast.Expression, left: Scope, name: string, context: Context): boolean {
  if (time.kind === "call" && nameOfCall(time) === "proctime") return true;
  const value = new ExpressionBinder(context.values, { scope: left, clause: "FOR SYSTEM_TIME AS OF" }).bind(time);
  if (value === null) return false;
  if ("column" in value.expr && context.nodes.columns.isArrival(value.expr.column)) return true;
  const hint = "Write FOR SYSTEM_TIME AS OF PROCTIME(), or a column that is declared AS PROCTIME()";
  context.report.add(time.at, `${name} is asked for the rows that it has now, not for those of another time`, hint);
  return false;
}

interface Key {
  readonly left: Value;
  readonly right: Column;
}

/** Looks the rows of a relation up; null with a problem. */
export function lookUp(
  left: Relation,
  table: LookedUp,
  conditions: readonly Value[],
  context: Context,
): Relation | null {
  const { nodes, values, report } = context, keys: Key[] = [], rest: Value[] = [];
  const leftIds = new Set(left.columns.map(({ column }) => column.id));
  for (const condition of conditions) {
    const key = keyOf(condition, leftIds, table, context);
    if (key === null || keys.some(({ right }) => right.id === key.right.id)) rest.push(condition);
    else keys.push(key);
  }
  if (keys.length === 0) {
    const { name, column } = table.columns[0];
    const hint = `Write ON a.k = ${name}, where both are of one type, as ${name} is ${formatType(column.type)}`;
    return report.add(table.at, `${table.name} is looked up by columns that equal those of the left side`, hint);
  }
  const side = nodes.asColumns(left, keys.map((key) => key.left), "$key", table.at);
  const taken = new Set(side.relation.columns.map(({ name }) => name));
  const placed = table.columns.map(({ name, column }) => {
    const free = freeName(name, taken);
    taken.add(free);
    return { column, name: free };
  });
  const columns = [...side.relation.columns, ...placed];
  const relation: Relation = { ...side.relation, columns, windowed: false };
  const where = values.all(rest);
  const body = {
    type: table.type,
    ...table.options,
    on: keys.map(({ right }, i) => ({
      left: nameIn(side.relation, side.columns[i].id)!,
      right: table.columns.find(({ column }) => column.id === right.id)!.name,
    })),
    columns: table.columns.map(({ name, column }, i) => ({ ...declared(name, column, table), as: placed[i].name })),
    ...(where === null ? {} : { where: nodes.placed(where.expr, relation) }),
  };
  return { ...relation, node: nodes.plan.add("lookup", [side.relation.node], body, table.at) };
}

function declared(name: string, { type, nullable }: DataColumn | Column, { type: join }: LookedUp) {
  return { name, type: formatType(type), nullable: join === "left" || nullable };
}

/** A condition as an equality of a column of the table with what the left side, or nobody, says; null where it is none. */
function keyOf({ expr }: Value, left: ReadonlySet<string>, table: LookedUp, { values }: Context): Key | null {
  if (!isCall(expr) || expr.call !== "eq") return null;
  const [a, b] = expr.args;
  for (const [mine, theirs] of [[a, b], [b, a]]) {
    const found = "column" in theirs ? table.columns.find(({ column }) => column.id === theirs.column) : undefined;
    if (!found || !(isOver(mine, left) || columnsOf(mine).size === 0)) continue;
    const { type } = found.column, value = values.part(mine), common = commonType(value.type, type);
    // As a key a value has the table's type: what the comparison makes of both must be just that.
    if (common?.kind !== type.kind || common.scale !== type.scale) continue;
    const cast = values.cast(value, type);
    if (cast !== null) return { left: cast, right: found.column };
  }
  return null;
}
