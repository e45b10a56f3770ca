import type * as ast from "../ast.ts";
import type { Relation } from "./column.ts";
import { type Context, inside } from "./context.ts";
import { ExpressionBinder } from "./expression.ts";
import { columnsOf } from "../../expr/mod.ts";
import { idsOf, join } from "./join.ts";
import { compare } from "./operators.ts";
import { outputsOf } from "./outputs.ts";
import type { Scope } from "./scope.ts";
import { bindSource, buildSource } from "./source.ts";
import { isPlain } from "./select_shape.ts";
import { tieConditions } from "./ties.ts";
import type { Value } from "./value.ts";
import { counted } from "./words.ts";

/** A condition that asks for rows of a subquery: EXISTS, IN, a comparison with ANY, and their opposites. */
export interface Existence {
  readonly type: "semi" | "anti";
  readonly at: ast.Span;
  readonly build: () => Relation | null;
  readonly conditions: readonly Value[];
  readonly nullAware: Value | null;
}

/**
 * A conjunct that asks for rows of a subquery; undefined where it does not, null with its problems. Values of the query
 * around it are bound by `binder`.
 */
export function existence(
  condition: ast.Expression,
  binder: ExpressionBinder,
  context: Context,
): Existence | null | undefined {
  let part = condition, not = false;
  while (part.kind === "unary" && part.op === "NOT") {
    part = part.arg;
    not = !not;
  }
  switch (part.kind) {
    case "exists":
      return bindExists(part, not, binder.place.scope, context);
    case "in_query":
      return bindIn(part.arg, part.query, "=", part.not !== not, part.at, binder, context);
    case "quantified":
      return quantified(part, not, binder, context);
    default:
      return undefined;
  }
}

function quantified(
  { op, quantifier, arg, query, at }: ast.QuantifiedComparison,
  not: boolean,
  binder: ExpressionBinder,
  context: Context,
): Existence | null {
  if (quantifier === "ANY" && !not) return bindIn(arg, query, op, false, at, binder, context);
  if (quantifier === "ALL" && !not && op === "<>") return bindIn(arg, query, "=", true, at, binder, context);
  const hint = `Compare with a scalar subquery: ${op} (SELECT MAX(…) FROM …)`;
  return context.report.add(at, `${not ? "NOT … " : ""}${op} ${quantifier} is not there`, hint);
}

function bindExists({ query, at }: ast.ExistsTest, not: boolean, outer: Scope, context: Context): Existence | null {
  const inner = bindInner(query, outer, "Add GROUP BY to it, or write a join", context);
  if (inner === null) return null;
  const { build, correlated } = inner;
  return { type: not ? "anti" : "semi", at, build, conditions: correlated, nullAware: null };
}

function bindIn(
  arg: ast.Expression,
  query: ast.Query,
  op: ast.ComparisonOperator,
  not: boolean,
  at: ast.Span,
  binder: ExpressionBinder,
  context: Context,
): Existence | null {
  const { report, values } = context;
  const wanted = binder.bindAll(arg.kind === "row" ? arg.items : [arg]),
    inner = bindInner(query, binder.place.scope, `Compare with ${not ? "<>" : op} (SELECT …)`, context);
  if (wanted === null || inner === null) return null;
  if (inner.outputs.length !== wanted.length) {
    const reason = `The subquery gives ${counted(inner.outputs.length, "column")}, and ${
      wanted.length === 1 ? "one value is" : `${wanted.length} are`
    } compared`;
    return report.add(query.at, reason);
  }
  const equal = wanted.map((value, i) => compare(op, value, inner.outputs[i], value.at, values));
  if (equal.includes(null)) return null;
  const compared = equal as Value[];
  if (not && compared.length > 1) {
    return report.add(at, "NOT IN compares one value", "Write NOT EXISTS with an equality for each part");
  }
  if (!not) {
    return { type: "semi", at, build: inner.build, conditions: [...inner.correlated, ...compared], nullAware: null };
  }
  if (inner.correlated.length === 0) {
    return { type: "anti", at, build: inner.build, conditions: compared, nullAware: compared[0] };
  }
  // NULL on either side keeps a row from being given, but only where the other conditions hold.
  const unless = values.call("is_not_false", [compared[0]], at)!;
  return { type: "anti", at, build: inner.build, conditions: [...inner.correlated, unless], nullAware: null };
}

interface Inner {
  readonly build: () => Relation | null;
  readonly outputs: readonly Value[];
  readonly correlated: readonly Value[];
}

/** A subquery whose rows are asked for. `instead` is what to write where it has one row whatever it is tied to. */
function bindInner(query: ast.Query, outer: Scope, instead: string, context: Context): Inner | null {
  const { body } = query, { values } = context;
  if (body.kind !== "select" || !isPlain(query, body, context)) {
    const bound = context.query(query, { ...context, outer });
    if (bound === null) return null;
    const ties = bound.ties ?? [], outputs = bound.outputs.map(({ column }) => values.column(column, query.at));
    if (ties.length > 0 && body.kind === "select" && body.groupBy === null) {
      return context.report.add(query.at, "An aggregate of all rows has a row even where none are tied to it", instead);
    }
    return { build: () => bound.relation, outputs, correlated: tieConditions(ties, values) };
  }
  const within = inside(query, context), source = bindSource(body, outer, within);
  const outputs = source &&
    outputsOf(body, new ExpressionBinder(values, { scope: source.scope, clause: "SELECT" }), within);
  if (source === null || outputs === null || !source.sound) return null;
  return {
    build: () => buildSource(source, within),
    outputs: outputs.map(({ value }) => value),
    correlated: source.correlated,
  };
}

/** The rows of `left` for which there are, or are not, rows of the subquery. */
export function semiJoin(left: Relation, existence: Existence, context: Context): Relation | null {
  const { type, at, conditions, nullAware } = existence, right = existence.build();
  if (right === null) return null;
  const there = new Set([...idsOf(left), ...idsOf(right)]);
  const far = conditions.find(({ expr }) => [...columnsOf(expr)].some((id) => !there.has(id)));
  if (far !== undefined) {
    return context.report.add(far.at, "A subquery can be tied to the query right around it, not to one further out");
  }
  return join({ type, left, right, conditions, at, ...(nullAware ? { nullAware } : {}) }, context);
}
