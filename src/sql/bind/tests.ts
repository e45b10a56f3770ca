import { nameOf } from "../../expr/type.ts";
import type * as ast from "../ast.ts";
import type { ExpressionBinder } from "./expression.ts";
import { compare, COMPARISONS, harmonise, sameSpans } from "./operators.ts";
import { fieldsOf, partsOf } from "./row_cast.ts";
import type { Value } from "./value.ts";

type Test = ast.IsTest | ast.DistinctTest | ast.LikeTest | ast.BetweenTest | ast.InList;

/** Tests, which give true, false or NULL. */
export function bindTest(test: Test, binder: ExpressionBinder): Value | null {
  switch (test.kind) {
    case "is":
      return bindIs(test, binder);
    case "is_distinct":
      return bindDistinct(test, binder);
    case "like":
      return bindLike(test, binder);
    case "between":
      return bindBetween(test, binder);
    case "in_list":
      return bindIn(test, binder);
  }
}

function negate(value: Value | null, not: boolean, at: ast.Span, { values }: ExpressionBinder): Value | null {
  return value && not ? values.call("not", [value], at, "NOT") : value;
}

function bindIs({ arg, what, not, at }: ast.IsTest, binder: ExpressionBinder): Value | null {
  const value = binder.bind(arg);
  const fn = what === "UNKNOWN" || what === "NULL" ? "null" : what.toLowerCase();
  return value && binder.values.call(`is_${not ? "not_" : ""}${fn}`, [value], at, `IS ${not ? "NOT " : ""}${what}`);
}

function bindDistinct({ left, right, not, at }: ast.DistinctTest, binder: ExpressionBinder): Value | null {
  const sides = binder.bindAll([left, right]), alike = sides && harmonise(sides, binder.values);
  return alike && binder.values.call(not ? "is_not_distinct" : "is_distinct", alike, at, "IS DISTINCT FROM");
}

function bindLike(test: ast.LikeTest, binder: ExpressionBinder): Value | null {
  const { form, arg, pattern, escape, not, at } = test, { values } = binder;
  const args = binder.bindAll(escape === null ? [arg, pattern] : [arg, pattern, escape]);
  if (args === null) return null;
  if (form === "LIKE") return negate(values.call("like", args, at, form), not, at, binder);
  if (form === "ILIKE") {
    const lower = args.slice(0, 2).map((one) => values.call("lower", [one], one.at, form));
    if (lower.includes(null)) return null;
    return negate(values.call("like", [...lower as Value[], ...args.slice(2)], at, form), not, at, binder);
  }
  return negate(values.call(form === "RLIKE" ? "regexp" : "similar_to", args, at, form), not, at, binder);
}

function bindBetween(test: ast.BetweenTest, binder: ExpressionBinder): Value | null {
  const { arg, low, high, symmetric, not, at } = test, { values } = binder;
  const args = binder.bindAll([arg, low, high]);
  if (args === null || !sameSpans(args, at, values)) return null;
  const alike = harmonise(args, values);
  if (alike === null) return null;
  if (!symmetric) return negate(values.call("between", alike, at, "BETWEEN"), not, at, binder);
  const ways = [alike, [alike[0], alike[2], alike[1]]].map((way) => values.call("between", way, at, "BETWEEN"));
  return ways.includes(null) ? null : negate(values.call("or", ways as Value[], at), not, at, binder);
}

function bindIn({ arg, items, not, at }: ast.InList, binder: ExpressionBinder): Value | null {
  const { values } = binder;
  if (arg.kind === "row" || items.some((item) => item.kind === "row")) {
    const equal = items.map((item) => compareRows("=", arg, item, item.at, binder));
    if (equal.includes(null)) return null;
    const one = equal.length === 1 ? equal[0] : values.call("or", equal as Value[], at, "IN");
    return negate(one, not, at, binder);
  }
  const args = binder.bindAll([arg, ...items]), alike = args && harmonise(args, values);
  return negate(alike && values.call("in", alike, at, "IN"), not, at, binder);
}

/** `(a, b) = (c, d)` and `r = (c, d)`: part by part. */
export function compareRows(
  op: ast.BinaryOperator,
  left: ast.Expression,
  right: ast.Expression,
  at: ast.Span,
  binder: ExpressionBinder,
): Value | null {
  const { values } = binder, { report } = values;
  if (op !== "=" && op !== "<>") {
    const reason = Object.hasOwn(COMPARISONS, op) ? `Rows cannot be compared by ${op}` : `Cannot apply ${op} to rows`;
    return report.add(at, reason, "Rows can be compared by = and <>");
  }
  const [lefts, rights] = [left, right].map((side) => rowParts(side, binder));
  if (lefts === null || rights === null) return null;
  if (lefts.length !== rights.length) {
    return report.add(at, "A row can be compared only with a row of as many parts");
  }
  const parts = lefts.map((part, i) => compare("=", part, rights[i], at, values));
  if (parts.includes(null)) return null;
  const all = parts.length === 1 ? parts[0] : values.call("and", parts as Value[], at);
  return negate(all, op === "<>", at, binder);
}

/** The parts of a row that is written or has a name; null with a problem. */
function rowParts(side: ast.Expression, binder: ExpressionBinder): Value[] | null {
  if (side.kind === "row") return binder.bindAll(side.items);
  const value = binder.bind(side), { values } = binder;
  if (value === null || fieldsOf(value.type) !== null) return value && partsOf(value, values);
  return values.report.add(side.at, `A row can be compared only with a row, and this is ${nameOf(value.type)}`);
}
