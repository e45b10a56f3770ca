import { RdxError } from "../../core/errors.ts";
import { BOOL, type Column as DataColumn, type DataType, formatType, sameType, shapeOf } from "../../core/schema.ts";
import type { FunctionReference } from "../../core/user_function.ts";
import { type CallExpression, compileExpression, type Expression, isLiteral } from "../../expr/mod.ts";
import { readLiteral } from "../../expr/literal.ts";
import type { Span } from "../ast.ts";
import type { Report } from "./report.ts";
import { castRow, fieldsOf } from "./row_cast.ts";
import { NO_FUNCTIONS, type UserFunction, type UserFunctions } from "./user_function.ts";

/** A bound expression: its columns are named by the ids of columns. */
export interface Value {
  readonly expr: Expression;
  /** null: NULL, of a type that its place asks for. */
  readonly type: DataType | null;
  readonly nullable: boolean;
  readonly at: Span;
  /** A span of time: its cells are milliseconds or, without a fixed length, months. */
  readonly interval?: "ms" | "month";
}

/** Where in the text the parts of bound expressions stand, so that what is said of a plan can be said of the text. */
export class Places {
  readonly #spans = new WeakMap<object, Span>();

  mark<T extends object>(part: T, at: Span): T {
    this.#spans.set(part, at);
    return part;
  }

  of(part: object): Span | undefined {
    return this.#spans.get(part);
  }

  /** `expression` with other columns, at the same places; `rename` gives a column's new name or what takes its place. */
  rename(expression: Expression, rename: (name: string, at: Span | undefined) => string | Expression): Expression {
    const at = this.of(expression);
    const mark = (made: Expression) => at === undefined ? made : this.mark(made, at);
    if (isLiteral(expression)) return expression;
    if ("column" in expression) {
      const made = rename(expression.column, at);
      return mark(typeof made === "string" ? { column: made } : { ...made });
    }
    return mark({ ...expression, args: expression.args.map((arg) => this.rename(arg, rename)) });
  }
}

/** Makes values: literals and calls whose types are known at once, so that errors name the part that is wrong. */
export class ValueMaker {
  /** What was made, so that a part of an expression is known as a value too. */
  readonly #made = new WeakMap<object, Value>();

  constructor(readonly report: Report, readonly places: Places, readonly functions: UserFunctions = NO_FUNCTIONS) {}

  /** The value that `expr`, a part of a value that was made here, is. */
  part(expr: Expression): Value {
    return this.#made.get(expr)!;
  }

  #keep(value: Value): Value {
    this.places.mark(value.expr, value.at);
    this.#made.set(value.expr, value);
    return value;
  }

  literal(literal: string | number | boolean | null, type: DataType | null, at: Span, named = false): Value {
    const expr = named && type !== null ? { literal, type: formatType(type) } : { literal };
    return this.#keep({ expr, type, nullable: literal === null, at });
  }

  /** A value of a type that is not NULL. */
  zero(type: DataType, at: Span): Value {
    return this.literal(type.nested ? EMPTY[shapeOf(type.nested)] : ZERO[type.kind], type, at, true);
  }

  /** A text as a literal of another type; null where it is none. */
  tryLiteral(text: string, type: DataType, at: Span): Value | null {
    const literal = type.kind === "bool" ? text.toLowerCase() : text;
    if ("reason" in readLiteral({ literal, type: formatType(type) })) return null;
    return this.literal(literal, type, at, true);
  }

  column(column: { readonly id: string; readonly type: DataType; readonly nullable: boolean }, at: Span): Value {
    const { id, type, nullable } = column;
    return this.#keep({ expr: { column: id }, type, nullable, at });
  }

  /** `fn` applied to `args`. Null, with a problem, where it does not fit; messages call it `shown`. */
  call(fn: string, args: readonly Value[], at: Span, shown = fn.toUpperCase(), target?: DataType): Value | null {
    return this.#checked(fn, args, at, shown, target === undefined ? {} : { type: formatType(target) });
  }

  /** A call of a function that the script declares. */
  userCall({ name, reference }: UserFunction, args: readonly Value[], at: Span): Value | null {
    return this.#checked(name, args, at, name, { function: reference });
  }

  #checked(fn: string, args: readonly Value[], at: Span, shown: string, more: More): Value | null {
    const typed = typeOfCall(fn, args, more);
    if ("details" in typed) {
      for (const { path, reason, hint } of typed.details) {
        const found = /^args\[(\d+)\]/.exec(path ?? ""), place = found ? args[Number(found[1])]?.at ?? at : at;
        this.report.add(place, inSql(reason, fn, shown), hintInSql(hint));
      }
      return null;
    }
    return this.#called(fn, args, at, typed, more);
  }

  /** The same where there is such a call, and null without a word where there is none. */
  tryCall(fn: string, args: readonly Value[], at: Span, target?: DataType): Value | null {
    const more = target === undefined ? {} : { type: formatType(target) }, typed = typeOfCall(fn, args, more);
    return "details" in typed ? null : this.#called(fn, args, at, typed, more);
  }

  #called(
    fn: string,
    args: readonly Value[],
    at: Span,
    typed: { readonly type: DataType; readonly nullable: boolean },
    more: More,
  ): Value {
    const expr: CallExpression = { call: fn, args: args.map((arg) => arg.expr), ...more };
    return this.#keep({ expr, ...typed, at });
  }

  cast(value: Value, type: DataType, at = value.at, shown = "CAST"): Value | null {
    if (isLiteral(value.expr) && value.expr.literal === null) return this.literal(null, type, at, true);
    if (value.type !== null && sameType(value.type, type)) return { ...value, at, interval: undefined };
    if (fieldsOf(value.type) && fieldsOf(type)) return castRow(value, type, at, shown, this);
    return this.call("cast", [value], at, shown, type);
  }

  /** The same value, computed in another way. */
  as(value: Value, expr: Expression): Value {
    return this.#keep({ ...value, expr });
  }

  /** All of `conditions`; null for none. */
  all(conditions: readonly Value[]): Value | null {
    if (conditions.length < 2) return conditions[0] ?? null;
    const at = { start: conditions[0].at.start, end: conditions[conditions.length - 1].at.end };
    const expr: CallExpression = { call: "and", args: conditions.map(({ expr }) => expr) };
    const nullable = conditions.some((one) => one.nullable);
    return this.#keep({ expr, type: BOOL, nullable, at });
  }
}

const ZERO: Readonly<Record<DataType["kind"], string>> = {
  int64: "0",
  double: "0",
  decimal: "0",
  decimal128: "0",
  bool: "false",
  timestamp: "0",
  string: "",
  bytes: "",
};

const EMPTY = { array: "[]", object: "{}", any: "0" } as const;
/** What a call says beside its arguments. */
interface More {
  readonly type?: string;
  readonly function?: FunctionReference;
}

type TypedCall = { readonly type: DataType; readonly nullable: boolean } | Pick<RdxError, "details">;

/**
 * The type of one call. Its arguments are known already, so that they stand as columns of their types here and the cost
 * does not grow with what is in them; literals stay, for some functions look at them.
 */
function typeOfCall(fn: string, args: readonly Value[], more: More): TypedCall {
  const columns: DataColumn[] = [];
  const stubs = args.map(({ expr, type, nullable }): Expression => {
    if (isLiteral(expr) || type === null) return isLiteral(expr) ? expr : { literal: null };
    const name = `${columns.length}`;
    columns.push({ name, type, nullable });
    return { column: name };
  });
  const call = { call: fn, args: stubs, ...more };
  try {
    const { type, nullable } = compileExpression(call, columns);
    return { type, nullable };
  } catch (thrown) {
    if (thrown instanceof RdxError && thrown.code === "invalid_plan") return thrown;
    throw thrown;
  }
}

/** What the expression language says of a call, with the function's name as SQL has it. */
function inSql(reason: string, fn: string, shown: string): string {
  return reason.startsWith(`${fn} `) ? shown + reason.slice(fn.length) : reason;
}

/** Hints that are JSON help nobody who writes SQL. */
export function hintInSql(hint: string | undefined): string | undefined {
  if (hint === undefined || !hint.includes('{"')) return hint;
  return /"call":"cast"/.test(hint) ? "Write CAST(… AS …) around one of them" : undefined;
}
