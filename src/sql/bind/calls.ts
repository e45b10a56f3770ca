import type { Expression, FunctionCall } from "../ast.ts";

/** Whether a call that fits is anywhere in an expression, but for those in subqueries. */
export function hasCall(expression: Expression, fits: (call: FunctionCall) => boolean): boolean {
  const open: unknown[] = [expression];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== "object" || next === null) continue;
    if (Array.isArray(next)) {
      open.push(...next);
      continue;
    }
    if ("kind" in next && next.kind === "query") continue;
    if ("kind" in next && next.kind === "call" && fits(next as FunctionCall)) return true;
    open.push(...Object.values(next));
  }
  return false;
}

/** The name of a call in lower case, `a.b` with its qualifiers. */
export function nameOfCall({ name: { parts } }: FunctionCall): string {
  return parts.map(({ name }) => name.toLowerCase()).join(".");
}
