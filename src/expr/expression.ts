import type { FunctionReference } from "../core/user_function.ts";

/** A column of the input, by name. */
export interface ColumnExpression {
  readonly column: string;
}

/**
 * A value. Without `type`, whole numbers are int64, other numbers double, strings string, booleans bool, and null is
 * NULL of the type that its place asks for. With `type` (as `formatType` writes it) a string may hold what JSON
 * numbers cannot: `{"literal":"9223372036854775807","type":"int64"}`, decimals, ISO 8601 timestamps, base64 bytes; of nested types
 * it is JSON text, and what is no string is the value itself: `{"literal":[1,2],"type":"array<int64>"}`.
 */
export interface LiteralExpression {
  readonly literal: string | number | boolean | null | JsonComposed;
  readonly type?: string;
}

/** An array or object of JSON. */
export type JsonComposed = readonly unknown[] | { readonly [name: string]: unknown };

/**
 * A function of FUNCTIONS applied to arguments. `type` is the target of a cast, or the type that json_value gives. With `function` it is
 * a user function, which the call carries in itself; then `call` is what it is called here, a name that FUNCTIONS does not have.
 */
export interface CallExpression {
  readonly call: string;
  readonly args: readonly Expression[];
  readonly type?: string;
  readonly function?: FunctionReference;
}

/** The JSON form of an expression, as plans hold it. */
export type Expression = ColumnExpression | LiteralExpression | CallExpression;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isColumn(value: unknown): value is ColumnExpression {
  return isObject(value) && typeof value.column === "string";
}

export function isLiteral(value: unknown): value is LiteralExpression {
  return isObject(value) && Object.hasOwn(value, "literal");
}

export function isCall(value: unknown): value is CallExpression {
  return isObject(value) && typeof value.call === "string";
}

/** The names of all columns that `expression` reads, in order of appearance. Tolerates malformed parts. */
export function columnsOf(expression: Expression): Set<string> {
  const names = new Set<string>(), seen = new Set<unknown>();
  const open: unknown[] = [expression];
  while (open.length > 0) {
    const next = open.pop();
    if (seen.has(next)) continue;
    seen.add(next);
    if (isColumn(next)) names.add(next.column);
    else if (isCall(next) && Array.isArray(next.args)) open.push(...next.args.toReversed());
  }
  return names;
}
