import { TOP_K_MAX } from "../core/limits.ts";
import {
  arrayOf,
  BOOL,
  type DataType,
  decimal,
  DECIMAL_DIGITS_MAX,
  DOUBLE,
  INT64,
  isDecimal,
  type Kind,
  rowOf,
  STRING,
} from "../core/schema.ts";
import type { CallExpression, Expression } from "../expr/mod.ts";
import { SLICE_AGGREGATES, type SliceAggregate } from "./plan.ts";

/** What an aggregate takes and gives. All but count(*) leave out rows whose argument is NULL. */
export interface AggregateSignature {
  /** Kinds of the argument. */
  readonly takes: ReadonlySet<Kind>;
  /** What each constant behind the argument must be. */
  readonly params: readonly AggregateParameter[];
  readonly result: (argument: DataType) => DataType;
  /** When it gives NULL: never; where no value came; even where one came. */
  readonly nullable: "never" | "empty" | "always";
  /** Whether it makes a difference that values count once; null: it has no meaning. */
  readonly distinct: boolean | null;
  /** Whether it can take values back. */
  readonly retracts: boolean;
}

export interface AggregateParameter {
  /** As messages call it. */
  readonly name: string;
  readonly fits: (value: unknown) => value is string | number;
  /** What fits, for messages. */
  readonly expected: string;
}

const NUMBERS: readonly Kind[] = ["int64", "double", "decimal", "decimal128"];
const ALL: readonly Kind[] = [...NUMBERS, "bool", "timestamp", "string", "bytes"];
/** What JSON can list. */
const LISTED: readonly Kind[] = ALL.filter((kind) => kind !== "bytes");
const same = (argument: DataType) => argument;
/** Sums of decimals have all the digits that there are, as in Flink SQL. */
const sumType = (argument: DataType): DataType =>
  isDecimal(argument) ? decimal(DECIMAL_DIGITS_MAX, argument.scale ?? 0) : argument;

/** What values are told as, each with how often it came. */
const countedType = (value: DataType): DataType =>
  arrayOf(rowOf([{ name: "value", type: value }, { name: "count", type: INT64 }]));

/** What the most frequent values are told as. */
const topType = (value: DataType): DataType =>
  arrayOf(rowOf([{ name: "value", type: value }, { name: "count", type: INT64 }, { name: "error", type: INT64 }]));

const SEPARATOR: AggregateParameter = {
  name: "the separator",
  fits: (value): value is string => typeof value === "string",
  expected: "a string",
};
const FRACTION: AggregateParameter = {
  name: "the fraction",
  fits: (value): value is number => typeof value === "number" && value >= 0 && value <= 1,
  expected: "a number from 0 to 1",
};
const COUNT: AggregateParameter = {
  name: "the number of values",
  fits: (value): value is number => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= TOP_K_MAX,
  expected: `a whole number from 1 to ${TOP_K_MAX}`,
};

function signature(
  takes: readonly Kind[],
  result: AggregateSignature["result"],
  rest: Partial<AggregateSignature> = {},
): AggregateSignature {
  return { takes: new Set(takes), result, params: [], nullable: "empty", distinct: true, retracts: true, ...rest };
}

const EXTREME = signature(ALL, same, { distinct: false });
const SPREAD = signature(NUMBERS, () => DOUBLE);
const SAMPLE_SPREAD = signature(NUMBERS, () => DOUBLE, { nullable: "always" });
const TRUTH = signature(["bool"], () => BOOL, { distinct: false });
const ONE = signature(ALL, same, { distinct: null });

const SIGNATURES: ReadonlyMap<string, AggregateSignature> = new Map(Object.entries({
  count: signature(ALL, () => INT64, { nullable: "never" }),
  sum: signature(NUMBERS, sumType),
  avg: signature(NUMBERS, () => DOUBLE),
  min: EXTREME,
  max: EXTREME,
  first: ONE,
  last: ONE,
  any_value: ONE,
  stddev_pop: SPREAD,
  var_pop: SPREAD,
  stddev_samp: SAMPLE_SPREAD,
  var_samp: SAMPLE_SPREAD,
  bool_and: TRUTH,
  bool_or: TRUTH,
  string_agg: signature(["string"], () => STRING, { params: [SEPARATOR] }),
  array_agg: signature(ALL, arrayOf),
  percentile: signature(NUMBERS, () => DOUBLE, { params: [FRACTION] }),
  percentile_cont: signature(NUMBERS, () => DOUBLE, { params: [FRACTION], distinct: null }),
  percentile_disc: signature(LISTED, same, { params: [FRACTION], distinct: null }),
  mode: signature(LISTED, same, { distinct: null }),
  histogram: signature(LISTED, countedType, { distinct: null }),
  top_k: signature(LISTED, countedType, { params: [COUNT], distinct: null }),
  approx_count_distinct: signature(ALL, () => INT64, { nullable: "never", distinct: false, retracts: false }),
  approx_top_k: signature(ALL, topType, { params: [COUNT], distinct: null, retracts: false }),
}));

/** The signature of an aggregate, among those that a catalogue has beside the usual ones; null: there is none. */
export function signatureOf(
  fn: string,
  more: ReadonlyMap<string, AggregateSignature> = new Map(),
): AggregateSignature | null {
  return SIGNATURES.get(fn) ?? more.get(fn) ?? null;
}

/** Whether windows with shared slices know `fn`. */
export function isSliceAggregate(fn: string): fn is SliceAggregate {
  return (SLICE_AGGREGATES as readonly string[]).includes(fn);
}

/** Whether an aggregate takes arguments of a type: nested values where it takes everything. */
export function takesType({ takes }: AggregateSignature, { kind, nested }: DataType): boolean {
  return takes.has(kind) && (nested === undefined || takes.size === ALL.length);
}

/** The type of a usual aggregate over an argument, or null when it does not take such a one. */
export function aggregateType(fn: string, argument: DataType): DataType | null {
  const found = signatureOf(fn);
  return found && takesType(found, argument) ? found.result(argument) : null;
}

/**
 * Whether an aggregate can give NULL: where no value that is not NULL came, and a sum of int64 or decimals also where it
 * does not fit its type.
 */
export function aggregateNullable(
  fn: string,
  argument: { type: DataType; nullable: boolean },
  nullable: AggregateSignature["nullable"] = signatureOf(fn)?.nullable ?? "always",
): boolean {
  if (nullable !== "empty") return nullable === "always";
  return argument.nullable || (fn === "sum" && argument.type.kind !== "double");
}

/** Kinds that an aggregate takes, for messages. */
export function aggregateTakes({ takes }: AggregateSignature): string {
  return takes.size === ALL.length ? "every type" : [...takes].filter((kind) => kind !== "decimal128").join(", ");
}

/**
 * The argument of a call with a filter, SQL's `FILTER (WHERE condition)`: rows that do not count give NULL, which
 * aggregates leave out.
 */
export function filteredArgument(argument: Expression | undefined, condition: Expression): CallExpression {
  return { call: "case", args: [condition, argument ?? { literal: 1 }] };
}
