import { type DataType, DOUBLE, INT64, type Kind } from "../core/schema.ts";
import type { CallExpression, Expression } from "../expr/mod.ts";
import type { SliceAggregate } from "./plan.ts";

/**
 * What an aggregate takes and gives. `count` takes anything; the others leave NULL out, and are NULL when nothing else
 * came.
 */
interface Signature {
  readonly takes: ReadonlySet<Kind>;
  readonly result: (argument: DataType) => DataType;
}

const NUMBERS: readonly Kind[] = ["int64", "double", "decimal"];
const ALL: readonly Kind[] = [...NUMBERS, "bool", "timestamp", "string", "bytes"];
const same = (argument: DataType) => argument;
/** Sums of decimals have all the digits that a cell holds. */
const sumType = (argument: DataType): DataType =>
  argument.kind === "decimal" ? { ...argument, precision: 18 } : argument;

const SIGNATURES: Readonly<Record<Exclude<SliceAggregate, "count">, Signature>> = {
  sum: { takes: new Set(NUMBERS), result: sumType },
  avg: { takes: new Set(NUMBERS), result: () => DOUBLE },
  min: { takes: new Set(ALL), result: same },
  max: { takes: new Set(ALL), result: same },
  first: { takes: new Set(ALL), result: same },
  last: { takes: new Set(ALL), result: same },
};

/** The type of `fn` over an argument, or null when it does not take such a one. */
export function aggregateType(fn: SliceAggregate, argument: DataType): DataType | null {
  if (fn === "count") return INT64;
  const { takes, result } = SIGNATURES[fn];
  return takes.has(argument.kind) ? result(argument) : null;
}

/**
 * Whether `fn` can give NULL: where no value that is not NULL came, and a sum of int64 or decimals also where it does
 * not fit its type.
 */
export function aggregateNullable(fn: SliceAggregate, argument: { type: DataType; nullable: boolean }): boolean {
  if (fn === "count") return false;
  return argument.nullable || (fn === "sum" && argument.type.kind !== "double");
}

/** Kinds that `fn` takes, for messages. */
export function aggregateTakes(fn: Exclude<SliceAggregate, "count">): string {
  return [...SIGNATURES[fn].takes].join(", ");
}

/**
 * The argument of a call with a filter, SQL's `FILTER (WHERE condition)`: rows that do not count give NULL, which
 * aggregates leave out.
 */
export function filteredArgument(argument: Expression | undefined, condition: Expression): CallExpression {
  return { call: "case", args: [condition, argument ?? { literal: 1 }] };
}
