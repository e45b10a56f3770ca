import { formatType } from "../core/schema.ts";
import type { Expression, JsonComposed } from "../expr/mod.ts";
import type { ColumnSpec } from "./column.ts";
import type { ArrayKind, JsonKind, Kind, MapKind, PlainKind, RowKind } from "./kind.ts";
import { type Duration, milliseconds } from "./window.ts";

/** Kinds that one computes with. */
export type NumberKind = "int64" | "double" | "decimal";

/** Values that stand for themselves in an expression over `K`. */
export interface Literals {
  int64: number | bigint;
  double: number | bigint;
  decimal: number | bigint;
  bool: boolean;
  /** A text is ISO 8601. */
  timestamp: Date | string;
  string: string;
  bytes: Uint8Array;
}

/** Values that stand for themselves where one of a kind is wanted. */
type LiteralOf<K> = K extends PlainKind ? Literals[K] : never;

/** Kinds that compare with each other. */
type Family<K extends Kind> = K extends NumberKind ? NumberKind : K;

/** What a value of kind `K` is compared with: an expression or a value of its family. */
export type Operand<K extends Kind> = Value<Family<K>> | LiteralOf<Family<K>>;

type NumberOperand = Operand<NumberKind>;
/** A number that JavaScript wrote may have a fraction, unless it is a bigint. */
type KindOf<O> = O extends Value<infer K> ? K : O extends bigint ? "int64" : NumberKind;
/** The kind of `K` computed with `O`: doubles win, then decimals; a JavaScript number leaves int64 open to both. */
type Wider<K extends Kind, O> = K extends "double" ? "double"
  : O extends number ? (K extends "int64" ? "int64" | "double" : "decimal" | "double")
  : KindOf<O> extends "double" ? "double"
  : K extends "decimal" ? "decimal"
  : KindOf<O>;

/**
 * A value of kind `K` in a row, as the plan will compute it; `N` false promises that it is never NULL. Methods that do
 * not fit the kind do not compile.
 */
export class Value<K extends Kind = Kind, N extends boolean = boolean> {
  /** For the compiler only. */
  declare readonly kind: K;
  declare readonly nullable: N;

  constructor(readonly expression: Expression) {}

  eq(other: Operand<K>): Value<"bool"> {
    return call("eq", this, other);
  }
  ne(other: Operand<K>): Value<"bool"> {
    return call("ne", this, other);
  }
  lt(other: Operand<K>): Value<"bool"> {
    return call("lt", this, other);
  }
  le(other: Operand<K>): Value<"bool"> {
    return call("le", this, other);
  }
  gt(other: Operand<K>): Value<"bool"> {
    return call("gt", this, other);
  }
  ge(other: Operand<K>): Value<"bool"> {
    return call("ge", this, other);
  }
  /** True when it lies in [low, high]. */
  between(low: Operand<K>, high: Operand<K>): Value<"bool"> {
    return call("between", this, low, high);
  }
  in(...values: readonly Operand<K>[]): Value<"bool"> {
    return call("in", this, ...values);
  }
  isNull(): Value<"bool", false> {
    return call("is_null", this);
  }
  isNotNull(): Value<"bool", false> {
    return call("is_not_null", this);
  }
  /** The first of these that is not NULL. */
  orElse<M extends boolean>(other: Value<K, M> | LiteralOf<K>): Value<K, M> {
    return call("coalesce", this, other);
  }
  /** The value as another type; NULL where it cannot be. */
  cast<T extends Kind>(to: ColumnSpec<T>): Value<T> {
    return new Value({ call: "cast", args: [this.expression], type: formatType(to.type) });
  }

  add<O extends NumberOperand>(this: Value<NumberKind>, other: O): Value<Wider<K, O>> {
    return call("add", this, other);
  }
  sub<O extends NumberOperand>(this: Value<NumberKind>, other: O): Value<Wider<K, O>> {
    return call("sub", this, other);
  }
  mul<O extends NumberOperand>(this: Value<NumberKind>, other: O): Value<Wider<K, O>> {
    return call("mul", this, other);
  }
  div<O extends NumberOperand>(this: Value<NumberKind>, other: O): Value<Wider<K, O>> {
    return call("div", this, other);
  }
  mod<O extends NumberOperand>(this: Value<NumberKind>, other: O): Value<Wider<K, O>> {
    return call("mod", this, other);
  }
  /** Whole units below (floor), above (ceil) or the nearest (round). */
  floor(this: Value<NumberKind>): Value<K> {
    return call("floor", this);
  }
  ceil(this: Value<NumberKind>): Value<K> {
    return call("ceil", this);
  }
  round(this: Value<NumberKind>, places = 0): Value<K> {
    return call("round", this, places);
  }
  neg(this: Value<NumberKind>): Value<K> {
    return call("neg", this);
  }
  abs(this: Value<NumberKind>): Value<K> {
    return call("abs", this);
  }

  /** The timestamp so much later. */
  later(this: Value<"timestamp">, by: Duration): Value<"timestamp"> {
    return call("add", this, milliseconds(by));
  }
  earlier(this: Value<"timestamp">, by: Duration): Value<"timestamp"> {
    return call("sub", this, milliseconds(by));
  }
  /** Milliseconds from `other` to this. */
  since(this: Value<"timestamp">, other: Value<"timestamp">): Value<"int64"> {
    return call("sub", this, other);
  }
  /** `year`, `month`, `day`, `hour`, `minute`, … of the timestamp in UTC. */
  part(this: Value<"timestamp">, name: string): Value<"int64", N> {
    return call("date_part", name, this);
  }
  /** The start of the unit that the timestamp lies in, in UTC. */
  truncate(this: Value<"timestamp">, unit: string): Value<"timestamp", N> {
    return call("date_trunc", unit, this);
  }

  /** The item at an index, from 1. */
  item<I extends Kind>(this: Value<ArrayKind<I>>, index: Operand<"int64">): Value<I, true> {
    return call("element", this, index);
  }
  /** What a map or JSON has under a key. */
  get<V extends Kind>(this: Value<MapKind<V>>, key: Operand<"string">): Value<V, true>;
  get(this: Value<JsonKind>, key: Operand<"string">): Value<JsonKind, true>;
  get(this: Value<MapKind | JsonKind>, key: Operand<"string">): Value<Kind, true> {
    return call("element", this, key);
  }
  /** A field of a row. */
  field<F extends Readonly<Record<string, Kind>>, M extends keyof F & string>(
    this: Value<RowKind<F>>,
    name: M,
  ): Value<F[M], true> {
    return call("field", this, name);
  }
  /** How many items an array, or entries a map has. */
  size(this: Value<ArrayKind | MapKind | JsonKind>): Value<"int64"> {
    return call("cardinality", this);
  }
  /** Whether an array has an item. */
  includes<I extends Kind>(this: Value<ArrayKind<I>>, item: Operand<I>): Value<"bool"> {
    return call("array_contains", this, item);
  }

  and(this: Value<"bool">, ...others: readonly Operand<"bool">[]): Value<"bool"> {
    return call("and", this, ...others);
  }
  or(this: Value<"bool">, ...others: readonly Operand<"bool">[]): Value<"bool"> {
    return call("or", this, ...others);
  }
  not(this: Value<"bool">): Value<"bool", N> {
    return call("not", this);
  }

  lower(this: Value<"string">): Value<"string", N> {
    return call("lower", this);
  }
  upper(this: Value<"string">): Value<"string", N> {
    return call("upper", this);
  }
  trim(this: Value<"string">): Value<"string", N> {
    return call("trim", this);
  }
  /** Characters of the text. */
  length(this: Value<"string">): Value<"int64", N> {
    return call("length", this);
  }
  concat(this: Value<"string">, ...others: readonly Operand<"string">[]): Value<"string"> {
    return call("concat", this, ...others);
  }
  /** `length` characters from `start`, which counts from 1; to the end without `length`. */
  substring(this: Value<"string">, start: number, length?: number): Value<"string"> {
    return length === undefined ? call("substring", this, start) : call("substring", this, start, length);
  }
  startsWith(this: Value<"string">, part: string): Value<"bool", N> {
    return call("starts_with", this, part);
  }
  endsWith(this: Value<"string">, part: string): Value<"bool", N> {
    return call("ends_with", this, part);
  }
  contains(this: Value<"string">, part: string): Value<"bool", N> {
    return call("contains", this, part);
  }
  /** SQL's LIKE: % stands for any text, _ for one character. */
  like(this: Value<"string">, pattern: string): Value<"bool", N> {
    return call("like", this, pattern);
  }
}

/** Applies a function of the plan language. The caller says which kind comes out. */
function call<K extends Kind, N extends boolean>(name: string, ...args: readonly unknown[]): Value<K, N> {
  return new Value({ call: name, args: args.map(toExpression) });
}

/** A function of the plan language that has no method here; `result` says what it gives. */
export function fn<K extends Kind>(
  name: string,
  result: ColumnSpec<K>,
  ...args: readonly (Value | Literals[PlainKind])[]
): Value<K> {
  void result;
  return call(name, ...args);
}

/** A value of a given type, for what JavaScript has no values of: `lit("12.50", decimal(10, 2))`; null is NULL. */
export function lit<K extends Kind, L extends string | number | boolean | JsonComposed | null>(
  value: L,
  type: ColumnSpec<K>,
): Value<K, L extends null ? true : false> {
  return new Value({ literal: value, type: formatType(type.type) });
}

/** An array of values of one kind. */
export function arrayWith<K extends Kind>(
  ...items: readonly [Value<K>, ...(Value<K> | LiteralOf<K>)[]]
): Value<ArrayKind<K>> {
  return call("array", ...items);
}

/** The first `then` whose condition is true: `when(r.delay.gt(60), "late").otherwise("fine")`. */
export function when<K extends Kind>(condition: Value<"bool">, then: Value<K>): Case<K>;
export function when<L extends Literals[PlainKind]>(condition: Value<"bool">, then: L): Case<KindOfLiteral<L>>;
export function when(condition: Value<"bool">, then: unknown): Case<Kind> {
  return new Case([condition, then]);
}

/** The kind that a JavaScript value is written as. */
export type KindOfLiteral<L> = L extends string ? "string"
  : L extends boolean ? "bool"
  : L extends Date ? "timestamp"
  : L extends Uint8Array ? "bytes"
  : L extends bigint ? "int64"
  : "int64" | "double";

/** A CASE that is not closed yet. */
export class Case<K extends Kind> {
  constructor(private readonly args: readonly unknown[]) {}

  when(condition: Value<"bool">, then: Operand<K>): Case<K> {
    return new Case([...this.args, condition, then]);
  }
  otherwise(value: Operand<K>): Value<K> {
    return call("case", ...this.args, value);
  }
  /** NULL where no condition is true. */
  end(): Value<K, true> {
    return call("case", ...this.args);
  }
}

/** Whole numbers beyond int64 are decimals. */
function wholeType(value: bigint): string {
  if (BigInt.asIntN(64, value) === value) return "int64";
  return `decimal(${value.toString().replace("-", "").length},0)`;
}

/** The expression of a value or of what stands for one. Throws TypeError for a number that plans cannot hold. */
export function toExpression(value: unknown): Expression {
  if (value instanceof Value) return value.expression;
  if (typeof value === "bigint") return { literal: value.toString(), type: wholeType(value) };
  if (value instanceof Date) return { literal: value.toISOString(), type: "timestamp" };
  if (value instanceof Uint8Array) return { literal: value.toBase64(), type: "bytes" };
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`Cannot write ${value} in a plan`);
  return { literal: value as string | number | boolean };
}
