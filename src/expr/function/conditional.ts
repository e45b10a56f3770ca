import { CALL_ARGS_MAX } from "../../core/limits.ts";
import { BOOL, type DataType, isDecimal, isVariable } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { adapt, widenTo } from "../cast.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import { commonType, nameOf } from "../type.ts";
import type { TypedValue, Value } from "../value.ts";
import { compare, COMPARISONS } from "./compare.ts";

/** The values at `positions` brought to one type; null with a problem if there is none. All NULL of no type: bare NULL. */
function unify(call: CallSite, positions: readonly number[]): readonly TypedValue[] | Value | null {
  const typed = positions.map((i) => call.args[i].type);
  const neighbour = typed.find((type) => type?.kind === "timestamp") ??
    typed.find((type) => type !== null && isDecimal(type)) ?? null;
  const hasDouble = positions.some((i) => call.args[i].type?.kind === "double" && !call.args[i].literal);
  const values = positions.map((i) => {
    const adapted = hasDouble ? call.args[i] : adapt(call, call.args[i], neighbour);
    return adapted ?? call.args[i];
  });
  let type: DataType | null = null;
  for (const [at, value] of values.entries()) {
    const next: DataType | null = commonType(type, value.type);
    if (next === null && value.type !== null) {
      return call.fail(
        positions[at],
        `${call.name} cannot give both ${nameOf(type)} and ${nameOf(value.type)}`,
        `Cast it: {"call":"cast","args":[…],"type":${JSON.stringify(nameOf(type))}}`,
      );
    }
    type = next;
  }
  if (type === null) return call.args[positions[0]];
  const common = type;
  return values.map((value) => widenTo(call, value, common));
}

function isList(values: readonly TypedValue[] | Value | null): values is readonly TypedValue[] {
  return Array.isArray(values);
}

/** CASE WHEN condition THEN value … ELSE value END, from the last branch to the first. */
function caseWhen(call: CallSite): Value | null {
  const branches = Math.floor(call.args.length / 2), hasElse = call.args.length % 2 === 1;
  const conditions = Array.from({ length: branches }, (_, i) => call.want(2 * i, "bool"));
  const positions = Array.from({ length: branches }, (_, i) => 2 * i + 1);
  if (hasElse) positions.push(call.args.length - 1);
  const values = unify(call, positions);
  if (conditions.includes(null) || !isList(values)) return conditions.includes(null) ? null : values as Value | null;
  let result = hasElse ? values[branches] : call.nullOf(values[0].type);
  for (let i = branches - 1; i >= 0; i--) result = call.select(conditions[i]!, values[i], result);
  return result;
}

function coalesce(call: CallSite): Value | null {
  const values = unify(call, call.args.map((_, i) => i));
  if (!isList(values)) return values;
  return values.reduceRight((rest, value) => {
    if (!value.nullable) return value;
    const there = call.emit("expr_is_null", 1, BOOL, [value]);
    const chosen = call.select(there, value, rest);
    return { ...chosen, nullable: rest.nullable };
  });
}

/** Code of expr_compare_double: a <= b where NaN is above all. */
const LE_TOTAL = 6;

/** a <= b in the order of least and greatest. */
function notAbove(call: CallSite, a: TypedValue, b: TypedValue): TypedValue {
  if (a.type.kind === "double") return call.emit("expr_compare_double", LE_TOTAL, BOOL, [a, b]);
  const kernel = a.type.kind === "bool"
    ? "expr_compare_bool"
    : isVariable(a.type)
    ? "expr_string_test"
    : "expr_compare_int";
  return call.emit(kernel, COMPARISONS.le, BOOL, [a, b]);
}

function extreme(call: CallSite, least: boolean): Value | null {
  const values = unify(call, call.args.map((_, i) => i));
  if (!isList(values)) return values;
  return values.reduce((best, value) => {
    const keep = least ? notAbove(call, best, value) : notAbove(call, value, best);
    return call.select(keep, best, value, true);
  });
}

export const CONDITIONAL_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: "case",
    group: "conditional",
    signature: "case(condition: bool, value: value, …, else?: value): value",
    summary: "The value behind the first condition that is true; else the last value, or NULL",
    example: example("case(false, 'a', true, 'b', 'c')", "'b'"),
    args: [2, CALL_ARGS_MAX],
    apply: caseWhen,
  },
  {
    name: "if",
    aliases: ["iif"],
    group: "conditional",
    signature: "if(condition: bool, then: value, else: value): value",
    summary: "then where the condition is true, else (also where it is NULL) the other",
    example: example("if(gt(5, 3), 5, 3)", "5"),
    args: [3, 3],
    apply: caseWhen,
  },
  {
    name: "coalesce",
    aliases: ["ifnull", "nvl"],
    group: "conditional",
    signature: "coalesce(a: value, …): value",
    summary: "The first that is not NULL",
    example: example("coalesce(NULL, 'b', 'c')", "'b'"),
    args: [1, CALL_ARGS_MAX],
    apply: coalesce,
  },
  {
    name: "nullif",
    group: "conditional",
    signature: "nullif(a: value, b: value): value",
    summary: "NULL where a equals b, else a",
    example: example("nullif(5, 5)", "NULL"),
    args: [2, 2],
    apply: (call) => {
      const equal = compare(call, COMPARISONS.eq, 0, 1), [a] = call.args;
      if (equal === null || a.type === null) return equal && a;
      return call.select(equal, call.nullOf(a.type), a as TypedValue);
    },
  },
  {
    name: "least",
    group: "conditional",
    signature: "least(a: value, …): value",
    summary: "The smallest; NULL if one is NULL; NaN is above all numbers",
    example: example("least(3, 1.5, 2)", "1.5"),
    args: [1, CALL_ARGS_MAX],
    apply: (call) => extreme(call, true),
  },
  {
    name: "greatest",
    group: "conditional",
    signature: "greatest(a: value, …): value",
    summary: "The largest; NULL if one is NULL; NaN is above all numbers",
    example: example("greatest('b', 'ab', 'a')", "'b'"),
    args: [1, CALL_ARGS_MAX],
    apply: (call) => extreme(call, false),
  },
];
