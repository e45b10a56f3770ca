import type { BinaryOperator, Expression, Span } from "./ast.ts";
import { SqlMistake } from "./errors.ts";

/**
 * `(start, end) OVERLAPS (start, length)`: two periods have a time in common, also where one begins as the other ends. Ends
 * may be lengths, and stand in front of their starts.
 */
export function overlaps(left: Expression, right: Expression, not: boolean, at: Span): Expression {
  const [first, second] = [periodOf(left), periodOf(right)];
  const binary = (op: BinaryOperator, a: Expression, b: Expression): Expression => ({
    kind: "binary",
    op,
    left: a,
    right: b,
    at,
  });
  const args = [binary(">=", first.end, second.start), binary(">=", second.end, first.start)];
  const both: Expression = { kind: "logical", op: "AND", args, at };
  return not ? { kind: "unary", op: "NOT", arg: both, at } : both;
}

function periodOf(expr: Expression): { readonly start: Expression; readonly end: Expression } {
  const items = expr.kind === "row" ? expr.items : [], { at } = expr;
  if (items.length !== 2) {
    throw new SqlMistake(at, "OVERLAPS compares periods", "Write (start, end) OVERLAPS (start, end)");
  }
  const [start, given] = items;
  const end: Expression = given.kind === "interval"
    ? { kind: "binary", op: "+", left: start, right: given, at: given.at }
    : given;
  const call = (name: string): Expression => ({
    kind: "call",
    name: { parts: [{ name, quoted: false, at }], at },
    star: false,
    distinct: false,
    args: [start, end],
    argNames: null,
    orderBy: [],
    withinGroup: [],
    filter: null,
    nulls: null,
    over: null,
    bare: false,
    at,
  });
  return { start: call("LEAST"), end: call("GREATEST") };
}
