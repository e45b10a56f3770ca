import { CALL_ARGS_MAX, EXPRESSION_DEPTH_MAX, EXPRESSION_NODES_MAX } from "../../core/limits.ts";
import { type CallExpression, columnsOf, type Expression, isCall, isColumn } from "../../expr/mod.ts";

/** `expression` with other expressions in the place of its columns, or null when it has one that is not there. */
export function substitute(expression: Expression, columns: ReadonlyMap<string, Expression>): Expression | null {
  for (const name of columnsOf(expression)) if (!columns.has(name)) return null;
  return replaced(expression, columns);
}

function replaced(expression: Expression, columns: ReadonlyMap<string, Expression>): Expression {
  if (isColumn(expression)) return columns.get(expression.column)!;
  if (!isCall(expression)) return expression;
  return { ...expression, args: expression.args.map((arg) => replaced(arg, columns)) };
}

/** Whether an expression is within the bounds of those that plans may have. */
export function isWithinBounds(expression: Expression): boolean {
  return depthOf(expression) <= EXPRESSION_DEPTH_MAX && sizeOf(expression) <= EXPRESSION_NODES_MAX;
}

function depthOf(expression: Expression): number {
  return isCall(expression) ? 1 + Math.max(0, ...expression.args.map(depthOf)) : 1;
}

function sizeOf(expression: Expression): number {
  return isCall(expression) ? expression.args.reduce((sum, arg) => sum + sizeOf(arg), 1) : 1;
}

/** Conditions that hold together, in order. */
export function conjuncts(where: Expression): readonly Expression[] {
  return isCall(where) && where.call === "and" ? where.args.flatMap(conjuncts) : [where];
}

/** One condition of one or more, or null where it would be too large. */
export function conjunction(conditions: readonly Expression[]): Expression | null {
  if (conditions.length === 1) return conditions[0];
  const where: CallExpression = { call: "and", args: conditions };
  return conditions.length <= CALL_ARGS_MAX && isWithinBounds(where) ? where : null;
}
