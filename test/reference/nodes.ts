import type { Expression } from "../../src/expr/mod.ts";

/** Short forms of expressions and nodes for plans that are written by hand. */
export const col = (column: string): Expression => ({ column });
export const lit = (literal: string | number | boolean | null, type?: string): Expression =>
  type === undefined ? { literal } : { literal, type };
export const call = (call: string, ...args: Expression[]): Expression => ({ call, args });
export const and = (...args: Expression[]): Expression => ({ call: "and", args });

/** A projection to these columns: by their names, or `name: expression`. */
export function project(id: string, input: string, columns: Record<string, string | Expression>, keep = false) {
  const wanted = Object.entries(columns).map(([as, expr]) => ({
    as,
    expr: typeof expr === "string" ? col(expr) : expr,
  }));
  return { id, op: "project", input: [input], columns: wanted, keep } as const;
}

export function filter(id: string, input: string, where: Expression) {
  return { id, op: "filter", input: [input], where } as const;
}

export function sink(input: string, id = "out") {
  return { id, op: "sink", input: [input], sink: { kind: "view", name: id } } as const;
}
