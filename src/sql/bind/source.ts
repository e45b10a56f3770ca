import { PLAN_NODES_MAX } from "../../core/limits.ts";
import { BOOL } from "../../core/schema.ts";
import { columnsOf } from "../../expr/mod.ts";
import type * as ast from "../ast.ts";
import type { Relation } from "./column.ts";
import { conjuncts } from "./conjuncts.ts";
import type { Context } from "./context.ts";
import { ExpressionBinder } from "./expression.ts";
import { fromAll, type FromTree } from "./from.ts";
import { TooLarge } from "./report.ts";
import { Scope } from "./scope.ts";
import { attach, Attachments } from "./scalar_subquery.ts";
import { type Existence, existence, semiJoin } from "./semi_join.ts";
import { RowChecks } from "./row_checks.ts";
import type { Value } from "./value.ts";

/** FROM and WHERE of one SELECT. */
export interface Source {
  readonly scope: Scope;
  readonly tree: FromTree;
  /** What holds for the rows as they come from FROM. */
  readonly plain: readonly Value[];
  /** What needs a subquery's result; it holds behind it. */
  readonly late: readonly Value[];
  readonly existences: readonly Existence[];
  readonly attachments: Attachments;
  /** How many of the attachments are of WHERE: the others are joined when the rows are grouped. */
  readonly early: number;
  /** Conditions that name columns of the query around it. */
  readonly correlated: readonly Value[];
  /** What rows must hold, else they are refused: of those that WHERE computes with, and of those that are left. */
  readonly checks: { readonly before: RowChecks; readonly behind: RowChecks };
  /** Conditions of WHERE that compute with what is checked. */
  readonly checked: readonly Value[];
  /** False when WHERE has problems: names are known all the same. */
  readonly sound: boolean;
}

/** Binds FROM and WHERE; null with problems of FROM. */
export function bindSource(
  { from, where, items, at }: Pick<ast.Select, "from" | "where" | "items" | "at">,
  outer: Scope | null,
  context: Context,
): Source | null {
  countItems(from);
  const tree = from.length === 0 ? oneRow(at, context) : fromAll(from, outer, context);
  if (tree === null) return null;
  const named = items.flatMap((item) => item.kind === "expression" && item.alias ? [item.alias.name] : []);
  const scope = new Scope(tree.tables, tree.merged, outer, named), attachments = new Attachments();
  const make = () => new RowChecks(tree.ids, context.report), checks = { before: make(), behind: make() };
  const checked: Value[] = [];
  if (where === null) {
    const none = { plain: [], late: [], existences: [], correlated: [] };
    return { scope, tree, ...none, attachments, early: 0, checks, checked, sound: true };
  }
  const plain: Value[] = [], late: Value[] = [], correlated: Value[] = [], existences: Existence[] = [];
  const binder = new ExpressionBinder(context.values, {
    scope,
    clause: "WHERE",
    correlated: outer !== null,
    check: (check) => checks.before.add(check),
    subquery: (subquery, inner) => attachments.add(subquery, inner, context),
  });
  let sound = true;
  for (const part of conjuncts(where)) {
    const exists = existence(part, binder, context);
    if (exists !== undefined) {
      if (exists === null) sound = false;
      else existences.push(exists);
      continue;
    }
    const before = checks.before.all.length, condition = binder.condition(part);
    const isChecked = checks.before.all.length > before;
    if (condition === null || (isChecked && !isOwn(condition, tree, context))) sound = false;
    else if (isChecked) checked.push(condition);
    else kindOf(condition, tree, attachments, { plain, late, correlated }).push(condition);
  }
  const early = attachments.count;
  return { scope, tree, plain, late, existences, attachments, early, correlated, checks, checked, sound };
}

/** Whether a condition that refuses rows is over them alone; else that is told. */
function isOwn({ expr, at }: Value, { ids }: FromTree, { report }: Context): boolean {
  if ([...columnsOf(expr)].every((id) => ids.has(id))) return true;
  report.add(
    at,
    "What refuses rows by ERROR ON … cannot be compared with a subquery, or with the query around it",
    "Compute it in a subquery in FROM",
  );
  return false;
}

/** What a SELECT without FROM is over: one row, of which no column has a name. */
function oneRow(at: ast.Span, context: Context): FromTree {
  const { nodes } = context, columns = [{ name: "$one", type: "bool", nullable: false }];
  const made = nodes.columns.make("$one", { type: BOOL, nullable: false });
  const facts = { times: new Set<string>(), windows: new Map(), windowed: false, changes: false };
  return {
    tables: [],
    merged: [],
    ids: new Set([made.id]),
    eventTime: null,
    build: (conditions) => {
      const node = nodes.plan.add("source", [], { connector: { kind: "values", rows: [[true]] }, columns }, at);
      return nodes.filter({ node, columns: [{ column: made, name: "$one" }], ...facts }, conditions);
    },
  };
}

function kindOf<T>(
  { expr }: Value,
  { ids }: FromTree,
  attachments: Attachments,
  kinds: Record<"plain" | "late" | "correlated", T[]>,
): T[] {
  const foreign = [...columnsOf(expr)].filter((id) => !ids.has(id));
  if (foreign.length === 0) return kinds.plain;
  return foreign.every((id) => attachments.ids.has(id)) ? kinds.late : kinds.correlated;
}

/** The nodes of FROM and WHERE; null with a problem. */
export function buildSource(source: Source, context: Context): Relation | null {
  const { nodes } = context, { checks } = source;
  let result = source.tree.build(source.plain);
  result = result && nodes.filter(checks.before.of(result, nodes), source.checked);
  for (const one of source.existences) result = result && semiJoin(result, one, context);
  result = result && attach(result, source.attachments, source.early, context);
  return result && checks.behind.of(nodes.filter(result, source.late), nodes);
}

/** Each item of FROM is a node at least, so that no plan holds more of them. */
function countItems(from: readonly ast.FromItem[]): void {
  const open = [...from];
  let count = 0;
  for (let item = open.pop(); item; item = open.pop()) {
    if (item.kind === "join") open.push(item.left, item.right);
    else if (++count > PLAN_NODES_MAX) {
      throw new TooLarge(
        item.at,
        `FROM has more than ${PLAN_NODES_MAX} tables`,
        "Split the query over several pipelines",
      );
    }
  }
}
