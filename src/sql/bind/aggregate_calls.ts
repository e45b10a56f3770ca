import { formatType, INT64, isDecimal } from "../../core/schema.ts";
import { aggregateTakes, takesType } from "../../plan/aggregates.ts";
import { isColumn, isLiteral } from "../../expr/mod.ts";
import type * as ast from "../ast.ts";
import { type AggregateFunction, AGGREGATES_INSTEAD } from "./aggregate_functions.ts";
import { aggregateForm } from "./aggregate_forms.ts";
import { byText, type Extreme, extremeOf, EXTREMES, withoutKey } from "./extreme.ts";
import { bucketOf } from "./histogram.ts";
import { nameOfCall } from "./calls.ts";
import type { Column, Relation } from "./column.ts";
import { freeName } from "./column.ts";
import type { Context } from "./context.ts";
import { ExpressionBinder } from "./expression.ts";
import { asText } from "./operators.ts";
import type { Scope } from "./scope.ts";
import type { Value } from "./value.ts";

/** An aggregate call, bound over the rows that are aggregated. */
export interface BoundCall {
  readonly fn: string;
  readonly arg: Value | null;
  readonly further: readonly Value[];
  readonly distinct: boolean;
  readonly filter: Value | null;
  /** Its result. */
  readonly column: Column;
  /** What the result is called, if that is free. */
  readonly wanted: string;
}

/** Results that are of the argument's own kind. */
const KEEPS_INTERVAL = new Set(["sum", "min", "max", "first", "last", "any_value"]);

/** The aggregate calls of one SELECT, each once. */
export class AggregateCalls {
  readonly calls: BoundCall[] = [];
  readonly #known = new Map<string, BoundCall>();
  /** The name of the item that is one call and nothing else. */
  wanted: { readonly call: ast.FunctionCall; readonly name: string } | null = null;

  constructor(readonly scope: Scope, readonly context: Context) {}

  /** The result of an aggregate call; undefined for what is none, null with problems. `inside` binds its arguments. */
  bind(call: ast.FunctionCall, inside?: ExpressionBinder): Value | null | undefined {
    const { report, aggregates } = this.context, name = nameOfCall(call), aggregate = aggregates.get(name);
    if (aggregate === undefined) {
      const instead = AGGREGATES_INSTEAD.get(name);
      return instead === undefined ? undefined : report.add(call.at, `${name.toUpperCase()} is not there`, instead);
    }
    const least = extremeOf(call, name);
    if (least !== null) return this.#extreme(call, name, least, inside);
    if (EXTREMES.has(name)) {
      const hint = `${name.toUpperCase()}(x, y) is the x of the row in which y is ${
        name.includes("min") ? "least" : "greatest"
      }`;
      return report.add(call.at, `${name.toUpperCase()} takes two arguments, got ${call.args.length}`, hint);
    }
    const form = aggregateForm(call, name, report);
    const parts = form && this.#parts(form, name.toUpperCase(), aggregate, inside);
    if (parts === null) return null;
    const { arg } = parts, wanted = this.wanted?.call === call ? this.wanted.name : null;
    if (aggregate.fn === "avg" && arg?.type && arg.type.kind !== "double") return this.#exactAverage(parts, call.at);
    return this.#result(aggregate, parts, wanted, call.at);
  }

  /** MIN_BY(x, y) and its like, as the least or greatest of texts that sort by y and end with x. */
  #extreme(
    call: ast.FunctionCall,
    name: string,
    { least, args }: Extreme,
    inside: ExpressionBinder | undefined,
  ): Value | null {
    const { values, report, aggregates } = this.context, fn = least ? "min" : "max", shown = name.toUpperCase();
    const plain = { ...call, args: args.slice(0, 1), orderBy: [] };
    const parts = this.#parts(plain, shown, aggregates.get("any_value")!, inside);
    const binder = inside ?? new ExpressionBinder(values, { scope: this.scope, clause: `the argument of ${shown}` });
    const by = binder.bind(args[1]), x = parts?.arg;
    if (!parts || !x || by === null) return null;
    if (parts.distinct) return report.add(call.at, `${shown} of different values has no meaning`, "Leave DISTINCT out");
    const text = byText(x, by, shown, values);
    const found = text && this.#result(aggregates.get(fn)!, { ...parts, arg: text }, null, call.at);
    return found && withoutKey(found, x, by, shown, values);
  }

  /** As in Flink, the average of whole numbers is a whole number, and that of decimals a decimal. */
  #exactAverage(parts: Parts, at: ast.Span): Value | null {
    const { values, aggregates } = this.context;
    const sum = this.#result(aggregates.get("sum")!, parts, null, at);
    const count = this.#result(aggregates.get("count")!, parts, null, at);
    return sum && count && values.call("div", [sum, count], at, "AVG");
  }

  #result(aggregate: AggregateFunction, parts: Parts, wanted: string | null, at: ast.Span): Value {
    const { fn } = aggregate, { arg, further, distinct, filter } = parts, { values, nodes } = this.context;
    const isDistinct = distinct && aggregate.signature.distinct === true;
    const key = JSON.stringify([fn, arg?.expr, further.map(({ expr }) => expr), isDistinct, filter?.expr]);
    let known = this.#known.get(key);
    if (known === undefined) {
      const type = aggregate.signature.result(arg?.type ?? INT64), name = wanted ?? callName(fn, arg, this.context);
      const column = nodes.columns.make(name, { type, nullable: aggregate.signature.nullable !== "never" });
      known = { fn, arg, further, distinct: isDistinct, filter, column, wanted: name };
      this.#known.set(key, known);
      this.calls.push(known);
    }
    const value = values.column(known.column, at);
    return arg?.interval && KEEPS_INTERVAL.has(fn) ? { ...value, interval: arg.interval } : value;
  }

  /** The result of an aggregate over a value that is bound already. */
  add(name: string, arg: Value | null, at: ast.Span): Value {
    const parts = { arg, further: [], distinct: false, filter: null };
    return this.#result(this.context.aggregates.get(name)!, parts, null, at);
  }

  #parts(
    call: ast.FunctionCall,
    name: string,
    aggregate: AggregateFunction,
    inside: ExpressionBinder | undefined,
  ): Parts | null {
    const { report, values } = this.context, { at } = call;
    const order = [...call.orderBy, ...call.withinGroup][0];
    if (order !== undefined) {
      return report.add(order.at, `${name} takes values in the order of the log`, "Leave ORDER BY out");
    }
    if (call.nulls === "RESPECT") return report.add(at, `${name} leaves NULL out`, "Leave RESPECT NULLS out");
    if (call.argNames !== null) return report.add(at, `${name} takes its arguments in order, not by name`);
    const clause = `the argument of ${name}`;
    const binder = inside ?? new ExpressionBinder(values, { scope: this.scope, clause });
    const filtered = new ExpressionBinder(values, { scope: this.scope, clause: "FILTER" });
    const args = binder.bindAll(call.args);
    const filter = call.filter === null ? null : filtered.condition(call.filter);
    if (args === null || (filter === null && call.filter !== null)) return null;
    const parts = { distinct: call.distinct, filter };
    if (aggregate.fn === "count" && args.length === 0) {
      if (!call.star) return report.add(at, "COUNT needs an argument", "Write COUNT(*)");
      return { arg: null, further: [], ...parts };
    }
    if (aggregate.fn === "histogram" && args.length === 2) {
      const arg = bucketOf(args[0], args[1], at, values);
      return arg && { arg, further: [], ...parts };
    }
    const most = 1 + aggregate.fallbacks.length;
    if (call.star || args.length < 1 || args.length > most) {
      const takes = most === 1 ? "one argument" : `one to ${most} arguments`;
      const hint = aggregate.fn === "count" ? "Count combinations with COUNT(DISTINCT a || ',' || b)" : undefined;
      return report.add(at, `${name} takes ${takes}, got ${call.star ? "*" : args.length}`, hint);
    }
    const arg = this.#argument(args[0], name, aggregate);
    const further = this.#further(args.slice(1), name, aggregate, at);
    return arg && further && { arg, further, ...parts };
  }

  #argument(arg: Value, name: string, { fn, signature }: AggregateFunction): Value | null {
    const { report, values } = this.context;
    if (arg.type === null) return report.add(arg.at, `${name} of NULL has no type`, "Write CAST(NULL AS …)");
    if (takesType(signature, arg.type)) return arg;
    if (fn === "string_agg") return asText(arg, values);
    return report.add(
      arg.at,
      `Cannot take ${name} of ${formatType(arg.type)}`,
      `It takes ${aggregateTakes(signature)}`,
    );
  }

  #further(
    given: readonly Value[],
    name: string,
    { signature, fallbacks }: AggregateFunction,
    at: ast.Span,
  ): Value[] | null {
    const { report, values } = this.context;
    const made = signature.params.map((parameter, i) => {
      const value = given[i], fallback = fallbacks[i];
      if (value === undefined) {
        return fallback === null
          ? report.add(at, `${name} needs ${parameter.name}`)
          : values.literal(fallback, null, at);
      }
      const literal = isLiteral(value.expr) ? value.expr.literal : null;
      const number = value.type && isDecimal(value.type) ? Number(literal) : literal;
      if (parameter.fits(number)) return values.literal(number, null, value.at);
      return report.add(value.at, `${name} needs ${parameter.name} here: ${parameter.expected}`, "Write a literal");
    });
    return made.includes(null) ? null : made as Value[];
  }
}

interface Parts {
  readonly arg: Value | null;
  readonly further: readonly Value[];
  readonly distinct: boolean;
  readonly filter: Value | null;
}

/** What a call is named that nobody names: `sum_price`. */
function callName(fn: string, arg: Value | null, { nodes }: Context): string {
  const column = arg && isColumn(arg.expr) ? nodes.columns.nameOf(arg.expr.column) : null;
  return column === null ? fn : `${fn}_${column}`;
}

/** The calls as a node has them, over the rows of `relation`, with names that are not `taken`; and their columns. */
export function writeCalls(
  calls: readonly BoundCall[],
  relation: Relation,
  taken: Set<string>,
  { nodes, values }: Context,
): { readonly aggs: readonly Record<string, unknown>[]; readonly columns: Relation["columns"] } {
  const columns: { column: Column; name: string }[] = [];
  const aggs = calls.map(({ fn, arg, further, distinct, filter, column, wanted }) => {
    const as = freeName(wanted, taken);
    taken.add(as);
    columns.push({ column, name: as });
    const written = {
      fn,
      ...(arg === null ? {} : { arg: nodes.placed(arg.expr, relation) }),
      ...(further.length === 0 ? {} : { args: further.map(({ expr }) => expr) }),
      as,
      ...(distinct ? { distinct } : {}),
      ...(filter === null ? {} : { filter: nodes.placed(filter.expr, relation) }),
    };
    const at = arg?.at;
    return at === undefined ? written : values.places.mark(written, at);
  });
  return { aggs, columns };
}
