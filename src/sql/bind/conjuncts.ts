import type { Expression } from "../ast.ts";

/** The conditions that AND joins, from left to right. */
export function conjuncts(expression: Expression): readonly Expression[] {
  if (expression.kind !== "logical" || expression.op !== "AND") return [expression];
  return expression.args.flatMap(conjuncts);
}
