import { type DataType, INT64 } from "../../core/schema.ts";
import { columnsOf, isLiteral } from "../../expr/mod.ts";
import { nameOf } from "../../expr/type.ts";
import { itemsOf } from "../../plan/mod.ts";
import type * as ast from "../ast.ts";
import { type Column, freeName, type Relation } from "./column.ts";
import { conjuncts } from "./conjuncts.ts";
import type { Context } from "./context.ts";
import { ExpressionBinder } from "./expression.ts";
import { type FromTree, fromTree, renamed } from "./from.ts";
import { Scope, type ScopeColumn } from "./scope.ts";
import type { Value } from "./value.ts";

/** A join whose right side is made of each row of the left one. */
export interface UnnestJoin extends ast.Join {
  readonly right: ast.UnnestTable;
}

export function isUnnestJoin(item: ast.FromItem): item is UnnestJoin {
  return item.kind === "join" && item.right.kind === "unnest";
}

/** `t CROSS JOIN UNNEST(t.a) AS u (x)` and its like, any number of them in a row; null with problems. */
export function unnestTree(item: UnnestJoin, outer: Scope | null, context: Context): FromTree | null {
  const joins: UnnestJoin[] = [];
  let first: ast.FromItem = item;
  for (; isUnnestJoin(first); first = first.left) joins.push(first);
  return joins.reverse().reduce<FromTree | null>(
    (left, join) => left && behind(left, join, context),
    fromTree(first, outer, context),
  );
}

/** `FROM UNNEST(ARRAY[1, 2]) AS u (x)`: the items of a constant, as if there were one row in front. */
export function loneUnnest(item: ast.UnnestTable, context: Context): FromTree | null {
  const { nodes } = context, name = "$row", column = nodes.columns.make(name, { type: INT64, nullable: false });
  const row: FromTree = {
    tables: [],
    merged: [],
    ids: new Set([column.id]),
    eventTime: null,
    build: (conditions) => {
      const columns = [{ name, type: "int64", nullable: false }];
      const node = nodes.plan.add("source", [], { connector: { kind: "values", rows: [[1]] }, columns }, item.at);
      const facts = { times: new Set<string>(), windows: new Map(), windowed: false, changes: false };
      return nodes.filter({ node, columns: [{ column, name }], ...facts }, conditions);
    },
  };
  return itemsBehind(row, item, "inner", context);
}

function behind(
  left: FromTree,
  { type, natural, using, on, right, asof, at }: UnnestJoin,
  context: Context,
): FromTree | null {
  const { report, values } = context;
  if (asof || natural || using !== null || !["CROSS", "INNER", "LEFT"].includes(type)) {
    return report.add(
      at,
      "UNNEST joins rows with their own items",
      "Write CROSS JOIN UNNEST(…), or LEFT JOIN UNNEST(…) ON TRUE",
    );
  }
  const made = itemsBehind(left, right, type === "LEFT" ? "left" : "inner", context);
  if (on === null || made === null) return made;
  const scope = new Scope(made.tables, made.merged), binder = new ExpressionBinder(values, { scope, clause: "ON" });
  const bound = conjuncts(on).map((one) => binder.condition(one));
  if (bound.includes(null)) return null;
  const conditions = (bound as Value[]).filter(({ expr }) => !isLiteral(expr) || expr.literal !== true);
  if (conditions.length === 0) return made;
  if (type === "LEFT") {
    return report.add(
      on.at,
      "LEFT JOIN UNNEST takes no condition but ON TRUE",
      "Write the condition in WHERE",
    );
  }
  return { ...made, build: (others) => made.build([...conditions, ...others]) };
}

function itemsBehind(
  left: FromTree,
  item: ast.UnnestTable,
  type: "inner" | "left",
  context: Context,
): FromTree | null {
  const { report, values, nodes } = context;
  const scope = new Scope(left.tables, left.merged);
  const of = new ExpressionBinder(values, { scope, clause: "UNNEST" }).bind(item.expr);
  if (of === null) return null;
  const items = of.type && itemsOf(of.type);
  if (of.type === null || !items) {
    return report.add(
      of.at,
      `UNNEST takes an array or a map, and this is ${nameOf(of.type)}`,
      "Write UNNEST(t.column)",
    );
  }
  const alias = item.alias?.name.name, lone = items.parts.length === 1 && items.item.nested?.of !== "row";
  const make = (name: string, type: DataType, nullable: boolean) => nodes.columns.make(name, { type, nullable });
  const made = items.parts.map((part) => make(lone ? alias ?? "item" : part.name, part.type, true));
  if (item.ordinality) made.push(make("ordinality", INT64, type === "left"));
  const outputs = made.map((column) => ({ name: column.name, column }));
  const columns = renamed({ outputs }, item.alias, context);
  return columns && {
    tables: [...left.tables, { names: alias === undefined ? [] : [alias], columns }],
    merged: left.merged,
    ids: new Set([...left.ids, ...made.map(({ id }) => id)]),
    eventTime: left.eventTime,
    build: (conditions) => {
      const own = new Set(made.map(({ id }) => id));
      const isOfItems = ({ expr }: Value) => [...columnsOf(expr)].some((id) => own.has(id));
      const relation = left.build(conditions.filter((one) => !isOfItems(one)));
      const unnested = relation && unnestNode(relation, of, type, columns, lone, item, context);
      return unnested && nodes.filter(unnested, conditions.filter(isOfItems));
    },
  };
}

/** The node; the names of what it adds are made free. */
function unnestNode(
  input: Relation,
  of: Value,
  type: "inner" | "left",
  columns: readonly ScopeColumn[],
  lone: boolean,
  { ordinality, at }: ast.UnnestTable,
  { nodes }: Context,
): Relation {
  const taken = new Set(input.columns.map(({ name }) => name));
  const added = columns.map(({ name, column }): { name: string; column: Column } => {
    const free = freeName(name, taken);
    taken.add(free);
    return { name: free, column };
  });
  const names = added.map(({ name }) => name), parts = ordinality ? names.slice(0, -1) : names;
  const as = lone ? parts[0] : parts;
  const body = {
    of: nodes.placed(of.expr, input),
    type,
    as,
    ...(ordinality ? { ordinality: names[parts.length] } : {}),
  };
  const node = nodes.plan.add("unnest", [input.node], body, at);
  return { ...input, node, columns: [...input.columns, ...added], windowed: false };
}
