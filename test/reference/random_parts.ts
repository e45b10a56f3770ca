import type { Expression } from "../../src/expr/mod.ts";
import type { AggregateCall } from "../../src/plan/plan.ts";
import { decimalType } from "./arithmetic.ts";
import { call, col, lit } from "./nodes.ts";
import { readType } from "./schema.ts";
import { userCall } from "./user_functions.ts";

/** A column with its type as plans write it. */
export interface Typed {
  readonly name: string;
  readonly type: string;
  /** A double that is no multiple of a quarter: what sums of it are depends on how they are made. */
  readonly rough?: boolean;
}

/** Choices, one after the other: smaller numbers make simpler things, and when they run out all are 0. */
export class Picks {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  below(n: number): number {
    return (this.#numbers[this.#next++] ?? 0) % n;
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** False more often than not. */
  rarely(): boolean {
    return this.below(3) === 2;
  }

  /** Up to `most` of the items, in their order. */
  some<T>(items: readonly T[], most: number): T[] {
    const count = this.below(Math.min(most, items.length) + 1), left = [...items];
    while (left.length > count) left.splice(this.below(left.length), 1);
    return left;
  }
}

const isNumber = (type: string) => type === "int64" || type === "double" || type.startsWith("decimal");
const KEYS = ["int64", "string", "bool", "decimal(30,2)"];
/** Decimals of more places are not computed with: averages of theirs are no exact powers of ten away from sums. */
const PLACES_MAX = 6;
/** Aggregates whose results depend on the order of rows. */
const BY_ORDER = ["first", "last", "string_agg"];

/** Columns that rows are grouped by. */
export const keyColumns = (columns: readonly Typed[]): Typed[] => columns.filter(({ type }) => KEYS.includes(type));

function literalOf(picks: Picks, type: string): Expression {
  switch (type) {
    case "int64":
      return lit(picks.of([0, 1, 2, 5]));
    case "double":
      return lit(picks.of([0.5, 1.25, -2.5]));
    case "string":
      return lit(picks.of(["a", "", "b", "ä"]));
    case "bool":
      return lit(picks.of([true, false]));
    case "timestamp":
      return lit(picks.of([20, 100, 0]), "timestamp");
    default:
      return lit(picks.of(["1.50", "0", "2.25"]), "decimal(10,2)");
  }
}

/** A condition over the columns. */
export function condition(picks: Picks, columns: readonly Typed[], depth = 0): Expression {
  const column = picks.of(columns), comparison = picks.of(["ge", "lt", "ne", "eq", "le", "gt"]);
  const simple = call(comparison, col(column.name), literalOf(picks, column.type));
  switch (depth > 1 ? 0 : picks.below(8)) {
    case 3:
      return call("is_not_null", col(column.name));
    case 4:
      return call("or", simple, condition(picks, columns, depth + 1));
    case 5:
      return call("and", simple, condition(picks, columns, depth + 1));
    case 6:
      return call("not", simple);
    case 7:
      return column.type === "int64" ? userCall("odd", col(column.name)) : simple;
    default:
      return simple;
  }
}

/** A value that is computed, and its type. */
export function computed(picks: Picks, columns: readonly Typed[]): { type: string; expr: Expression; rough?: boolean } {
  const { name, type, rough } = picks.of(columns), own = col(name);
  if (type === "int64") {
    const number = lit(picks.of([1, 2, 3]));
    const builtIn = picks.of(["add", "mul", "sub", "mod", "div", null]);
    return { type, expr: builtIn === null ? userCall("twist", own) : call(builtIn, own, number) };
  }
  if (type === "double") return { type, rough, expr: call(picks.of(["add", "mul"]), own, lit(2)) };
  if (type === "string") {
    return {
      type,
      expr: picks.of([
        call("concat", own, lit("x")),
        call("upper", own),
        call("coalesce", own, lit("-")),
        userCall("tag", own),
      ]),
    };
  }
  if (type === "bool") return { type, expr: call("case", own, lit(false), lit(true)) };
  if (type.startsWith("decimal") && readType(type).scale! <= PLACES_MAX) {
    const operator = picks.of(["add", "mul", "sub", "div", "mod"] as const), other = "decimal(10,2)";
    const { precision, scale } = decimalType(operator, readType(type), readType(other));
    return { type: `decimal(${precision},${scale})`, expr: call(operator, own, literalOf(picks, other)) };
  }
  return { type: "bool", expr: call("is_null", own) };
}

/** What an aggregate of a column is, and the type of its result. */
interface Candidate {
  readonly call: Omit<AggregateCall, "as">;
  readonly type: string;
  readonly rough?: boolean;
}

function candidates({ name, type, rough = false }: Typed): Candidate[] {
  const arg = col(name), same = (fn: string): Candidate => ({ call: { fn, arg }, type, rough });
  const any: Candidate[] = [
    { call: { fn: "count", arg }, type: "int64" },
    ...["min", "max", "first", "last"].map(same),
  ];
  any.push(same("mode"), { call: { fn: "percentile_disc", arg, args: [lit(0.25)] }, type, rough });
  if (type === "bool") return [same("bool_and"), same("bool_or"), ...any];
  if (type === "string") return [{ call: { fn: "string_agg", arg, args: [lit("+")] }, type }, ...any];
  if (!isNumber(type) || rough) return any;
  const sum = type.startsWith("decimal") ? `decimal(38,${readType(type).scale})` : type;
  return [{ call: { fn: "sum", arg }, type: sum }, { call: { fn: "avg", arg }, type: "double", rough: true }, ...any];
}

/** Aggregates over the columns; `fresh` names them. */
export function aggregates(
  picks: Picks,
  columns: readonly Typed[],
  fresh: () => string,
  may: { readonly distinct: boolean; readonly order: boolean },
): { call: AggregateCall; type: string; rough?: boolean }[] {
  return Array.from({ length: 1 + picks.below(3) }, () => {
    const as = fresh(), all = candidates(picks.of(columns));
    const usable = may.order ? all : all.filter(({ call: { fn } }) => !BY_ORDER.includes(fn));
    const count: Candidate = { call: { fn: "count" }, type: "int64" };
    const { call, type, rough = false } = picks.below(4) === 0 ? count : picks.of(usable);
    const filter = picks.rarely() ? { filter: condition(picks, columns, 2) } : {};
    const countable = "arg" in call && ["count", "sum", "avg"].includes(call.fn);
    const distinct = may.distinct && countable && picks.rarely() ? { distinct: true } : {};
    return { call: { ...call, as, ...filter, ...distinct }, type, rough };
  });
}

/** The columns that aggregates add. */
export function resultsOf(aggs: readonly { call: { as: string }; type: string; rough?: boolean }[]): Typed[] {
  return aggs.map(({ call: { as }, type, rough }) => ({ name: as, type, rough }));
}
