import type { Column, DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { AggregateCall } from "../../src/plan/plan.ts";
import { expression, type Known } from "./expression.ts";
import { comes, compareValues, decimalOf, fitted, isDecimal, keyOf, type Row } from "./value.ts";

/** The rows of a group as they came and went. */
export class Members {
  readonly rows: Row[] = [];
  #count = 0;

  add(row: Row): void {
    this.rows.push(row);
    this.#count += signOf(row);
  }

  /** Rows that came less those that went: a group with none is not there. */
  get count(): number {
    return this.#count;
  }
}

function signOf(row: Row): 1 | -1 {
  return comes(row) ? 1 : -1;
}

/** One aggregate: the type of its result, and its result over the rows of a group. */
export interface Aggregate {
  readonly column: Column;
  over(members: Members): Value;
}

/** A value of the argument, and whether it counts once or lacks once. */
interface Signed {
  readonly value: Value;
  readonly sign: 1 | -1;
}

export function aggregate(call: AggregateCall, columns: readonly Column[]): Aggregate {
  const arg = call.arg === undefined ? null : expression(call.arg, columns);
  const filter = call.filter === undefined ? null : expression(call.filter, columns);
  const type = resultType(call.fn, arg), groups = new WeakMap<Members, Settled>();
  return {
    column: { name: call.as, type, nullable: call.fn !== "count" },
    over(members) {
      const group = groups.get(members) ?? new Settled();
      groups.set(members, group);
      for (const row of members.rows.slice(group.rows)) {
        const counts = filter === null || filter.of(row.values) === true;
        group.take(counts ? arg === null ? true : arg.of(row.values) : null, signOf(row));
      }
      const present = [...group.left];
      return result(call, type, arg?.type ?? type, call.distinct ? different(present) : present);
    },
  };
}

function resultType(fn: string, arg: Known | null): DataType {
  if (fn === "count" || fn === "approx_count_distinct") return { kind: "int64" };
  if (fn === "sum") return isDecimal(arg!.type) ? decimalOf(38, arg!.type.scale ?? 0) : arg!.type;
  if (["avg", "stddev_pop", "stddev_samp", "var_pop", "var_samp"].includes(fn)) return { kind: "double" };
  if (fn === "bool_and" || fn === "bool_or") return { kind: "bool" };
  if (fn === "percentile_cont") return { kind: "double" };
  return ["histogram", "top_k", "string_agg", "array_agg", "concat_distinct"].includes(fn)
    ? { kind: "string" }
    : arg!.type;
}

/** The values of a group's rows so far. One that goes takes the first one like it with it; what goes and never came stays, as a debt. */
class Settled {
  /** Rows that were taken. */
  rows = 0;
  /** In the order in which they came. */
  readonly left = new Set<Signed>();
  /** The same by value: those like each other all came, or all are debts. */
  readonly #alike = new Map<string, Signed[]>();

  take(value: Value, sign: 1 | -1): void {
    this.rows++;
    if (value === null) return;
    const key = keyOf([value]), alike = this.#alike.get(key) ?? [], one = { value, sign };
    this.#alike.set(key, alike);
    if (alike.length > 0 && alike[0].sign !== sign) {
      this.left.delete(alike.shift()!);
    } else {
      this.left.add(one);
      alike.push(one);
    }
  }
}

/** Each value once, of settled ones that are there. */
function different(all: readonly Signed[]): Signed[] {
  const seen = new Set<string>();
  return all.filter(({ value, sign }) => sign > 0 && !seen.has(keyOf([value])) && seen.add(keyOf([value])));
}

function result({ fn, args }: AggregateCall, type: DataType, argType: DataType, all: readonly Signed[]): Value {
  const count = all.reduce((sum, { sign }) => sum + sign, 0);
  if (fn === "count") return BigInt(count);
  const values = all.filter(({ sign }) => sign > 0).map(({ value }) => value);
  if (fn === "sum" || fn === "avg") return count === 0 ? null : sumOrAverage(fn, type, argType, all, count);
  if (values.length === 0) return null;
  const parameter = args?.[0] && "literal" in args[0] ? Number(args[0].literal) : 0;
  switch (fn) {
    case "percentile_disc":
      return values.toSorted(compareValues)[Math.max(1, Math.ceil(parameter * values.length)) - 1];
    case "mode":
      return byCount(values)[0].value;
    case "min":
      return values.reduce((least, value) => compareValues(value, least) < 0 ? value : least);
    case "max":
      return values.reduce((most, value) => compareValues(value, most) > 0 ? value : most);
    case "first":
    case "any_value":
      return values[0];
    case "last":
      return values.at(-1)!;
    case "bool_and":
      return values.every((value) => value === true);
    case "bool_or":
      return values.some((value) => value === true);
    case "string_agg":
      return values.join(separator(args));
    case "concat_distinct":
      return different(all).map(({ value }) => value).join("|");
    default:
      throw new Error(`The reference engine has no aggregate ${fn}`);
  }
}

/** The different values, the most frequent first, of several the least. */
function byCount(values: readonly Value[]): { readonly value: Value; readonly count: number }[] {
  const found = Map.groupBy(values, (value) => keyOf([value])).values();
  return [...found].map((same) => ({ value: same[0], count: same.length }))
    .sort((a, b) => b.count - a.count || compareValues(a.value, b.value));
}

function separator(args: AggregateCall["args"]): string {
  const [first] = args ?? [];
  return first && "literal" in first ? String(first.literal) : ",";
}

function sumOrAverage(fn: string, type: DataType, argType: DataType, all: readonly Signed[], count: number): Value {
  if (argType.kind === "double") {
    const sum = all.reduce((total, { value, sign }) => total + sign * (value as number), 0);
    return fn === "sum" ? sum : sum / count;
  }
  const sum = all.reduce((total, { value, sign }) => total + BigInt(sign) * (value as bigint), 0n);
  return fn === "sum" ? fitted(sum, type) : Number(sum) / (count * 10 ** (argType.scale ?? 0));
}
