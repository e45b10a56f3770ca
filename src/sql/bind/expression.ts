import { EXPRESSION_DEPTH_MAX } from "../../core/limits.ts";
import { BOOL, STRING } from "../../core/schema.ts";
import { isNumber, nameOf } from "../../expr/type.ts";
import type * as ast from "../ast.ts";
import { AGGREGATE_FUNCTIONS } from "./aggregate_functions.ts";
import { callFunction, callWithUnit } from "./functions.ts";
import { bindIsJson, bindJsonCall } from "./json_call.ts";
import { bindLiteral, negated, wholeNumber } from "./literal.ts";
import { binary, compare, harmonise } from "./operators.ts";
import { bindNested, fieldOf } from "./nested.ts";
import type { RowCheck } from "./row_checks.ts";
import { findPath, resolveFields, resolvePath, type Scope, textOf } from "./scope.ts";
import { bindTest, compareRows } from "./tests.ts";
import { lengthOf, typeNamed } from "./types.ts";
import type { Value, ValueMaker } from "./value.ts";

type SubqueryExpression = ast.InQuery | ast.QuantifiedComparison | ast.ExistsTest | ast.ScalarSubquery;

/** What an expression may name, and what else has a meaning at its place. */
export interface Surroundings {
  readonly scope: Scope;
  /** Such as `WHERE`, for messages. */
  readonly clause: string;
  /** Whether columns of the query around it may be named. */
  readonly correlated?: boolean;
  /** Calls that the place gives a meaning, such as aggregates; undefined: a function like any other. */
  readonly call?: (call: ast.FunctionCall, binder: ExpressionBinder) => Value | null | undefined;
  /** Asks of each row that something holds, else it is refused; absent: that cannot be asked here. */
  readonly check?: (check: RowCheck) => void;
  readonly subquery?: (subquery: SubqueryExpression, binder: ExpressionBinder) => Value | null;
  /** Paths that are no columns, such as `System.Timestamp`. */
  readonly path?: (path: ast.ColumnPath) => Value | null | undefined;
}

/** Functions that are nothing without OVER. */
export const WINDOW_FUNCTIONS: ReadonlySet<string> = new Set(
  ["ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE", "PERCENT_RANK", "CUME_DIST", "LAG", "LEAD", "NTH_VALUE"],
);
const OVER_HINT = "Compute it in a subquery in FROM, and name it";
const AGGREGATE_HINT = "It can stand in SELECT and HAVING; for other places compute it in a subquery in FROM";

/** Nesting of one expression in the text; what is in between is told by the plan with its place. */
const DEPTH_MAX = 4 * EXPRESSION_DEPTH_MAX;

/** Binds expressions of one clause. */
export class ExpressionBinder {
  #depth = 0;
  #branches = 0;

  constructor(readonly values: ValueMaker, readonly place: Surroundings) {}

  /** The value of an expression; null with its problems. */
  bind(expression: ast.Expression): Value | null {
    if (this.#depth >= DEPTH_MAX) {
      return this.values.report.add(
        expression.at,
        `This is nested deeper than ${DEPTH_MAX}`,
        "Split it with subqueries",
      );
    }
    this.#depth++;
    try {
      return this.#bind(expression);
    } finally {
      this.#depth--;
    }
  }

  /** Whether what is bound now is computed for all rows, as far as SQL says: not in a branch of CASE. */
  get isForAll(): boolean {
    return this.#branches === 0;
  }

  /** All of `expressions`, so that every problem is told; null if there is one. */
  bindAll(expressions: readonly ast.Expression[]): Value[] | null {
    const bound = expressions.map((one) => this.bind(one));
    return bound.includes(null) ? null : bound as Value[];
  }

  /** A condition; null with a problem, also where the value is none. */
  condition(expression: ast.Expression): Value | null {
    const value = this.bind(expression);
    if (value === null) return null;
    if (value.type === null) return this.values.literal(null, BOOL, value.at, true);
    if (value.type.kind === "bool") return value;
    const reason = `${this.place.clause} needs a condition, got ${nameOf(value.type)}`;
    return this.values.report.add(value.at, reason, "Compare it with something");
  }

  #bind(expression: ast.Expression): Value | null {
    switch (expression.kind) {
      case "null":
      case "boolean":
      case "number":
      case "string":
      case "bytes":
      case "temporal":
      case "interval":
        return bindLiteral(expression, this.values);
      case "column":
        return this.#path(expression);
      case "call":
        return this.#call(expression);
      case "in_query":
      case "quantified":
      case "exists":
      case "subquery":
        return this.#subquery(expression);
      case "unary":
        return this.#unary(expression);
      case "binary":
        return this.#binary(expression);
      case "logical":
        return this.#logical(expression);
      case "case":
        this.#branches++;
        try {
          return this.#case(expression);
        } finally {
          this.#branches--;
        }
      case "cast":
        return this.#cast(expression);
      case "unit_call": {
        const bound = expression.args.map((arg) => this.#tableTime(expression, arg) ?? this.bind(arg));
        return bound.includes(null) ? null : callWithUnit(expression, bound as Value[], this.values);
      }
      case "trim":
        return this.#trim(expression);
      case "json_call":
        return bindJsonCall(expression, this);
      case "is_json":
        return bindIsJson(expression, this);
      case "field":
      case "index":
      case "array":
      case "map":
      case "row":
        return bindNested(expression, this);
      default:
        return bindTest(expression, this);
    }
  }

  #path(path: ast.ColumnPath): Value | null {
    const special = this.place.path?.(path);
    if (special !== undefined) return special;
    const nested = path.parts.length > 1 ? resolveFields(this.place.scope, path.parts) : null;
    const parts = path.parts.slice(0, nested?.parts);
    const column = nested?.column ?? resolvePath(this.place.scope, parts, path.at, this.values.report);
    if (column !== null && !this.place.correlated && !this.place.scope.owns(column.id)) {
      const reason = `${textOf(parts)} is of the query around this one: ${this.place.clause} cannot name it`;
      return this.values.report.add(path.at, reason, "Conditions in WHERE can, joined by AND to the others");
    }
    if (column === null) return null;
    const at = { start: path.at.start, end: parts[parts.length - 1].at.end };
    return path.parts.slice(parts.length).reduce<Value | null>(
      (of, name) => of && fieldOf(of, name, { start: at.start, end: name.at.end }, this.values),
      this.values.column(column, nested ? at : path.at),
    );
  }

  /** Azure's DATEDIFF(unit, a, b) takes tables too, for their event times. */
  #tableTime({ fn }: ast.UnitCall, arg: ast.Expression): Value | null {
    const { scope } = this.place;
    if (fn !== "DATEDIFF" || arg.kind !== "column" || findPath(scope, arg.parts) !== null) return null;
    const [table, ...others] = scope.tablesNamed(arg.parts);
    return table?.time && others.length === 0 ? this.values.column(table.time, arg.at) : null;
  }

  #call(call: ast.FunctionCall): Value | null {
    const placed = this.place.call?.(call, this);
    if (placed !== undefined) return placed;
    const { report } = this.values, [last] = call.name.parts.slice(-1), name = last.name.toUpperCase();
    const windowOnly = WINDOW_FUNCTIONS.has(name) ? " without OVER" : "";
    const isAggregate = AGGREGATE_FUNCTIONS.has(name.toLowerCase()) || windowOnly !== "";
    if (call.over) return report.add(call.at, `${name} OVER (…) cannot stand in ${this.place.clause}`, OVER_HINT);
    if (isAggregate) {
      return report.add(call.at, `${name}${windowOnly} cannot stand in ${this.place.clause}`, AGGREGATE_HINT);
    }
    if (call.star || call.distinct || call.filter || call.orderBy.length > 0 || call.withinGroup.length > 0) {
      return report.add(call.at, `${name} is no aggregate: it takes no *, DISTINCT, ORDER BY or FILTER`);
    }
    if (call.argNames !== null) return report.add(call.at, `${name} takes its arguments in order, not by name`);
    const args = this.bindAll(call.args);
    return args && callFunction(call, args, this.values);
  }

  #subquery(expression: SubqueryExpression): Value | null {
    if (this.place.subquery) return this.place.subquery(expression, this);
    const hint = "It can stand in WHERE, joined by AND to the other conditions";
    return this.values.report.add(expression.at, `A subquery cannot stand in ${this.place.clause}`, hint);
  }

  #unary({ op, arg, at }: ast.UnaryOperation): Value | null {
    if (op === "NOT") {
      const value = this.bind(arg);
      return value && this.values.call("not", [value], at, "NOT");
    }
    if (op === "-" && arg.kind === "number" && arg.form === "integer") {
      return bindLiteral({ ...arg, text: `-${arg.text}`, at }, this.values);
    }
    const value = this.bind(arg);
    if (value === null) return null;
    const isOfNumbers = value.type === null || isNumber(value.type);
    if (op === "+" && isOfNumbers) return value;
    const folded = negated(value, at, this.values);
    if (folded !== null) return folded;
    const made = this.values.call("neg", [value], at, op);
    return made && value.interval ? { ...made, interval: value.interval } : made;
  }

  #binary({ op, left, right, at }: ast.BinaryOperation): Value | null {
    if (left.kind === "row" || right.kind === "row") return compareRows(op, left, right, at, this);
    const [a, b] = [this.bind(left), this.bind(right)];
    return a && b && binary(op, a, b, at, this.values);
  }

  #logical({ op, args, at }: ast.LogicalOperation): Value | null {
    const bound = this.bindAll(args);
    return bound && this.values.call(op === "AND" ? "and" : "or", bound, at, op);
  }

  #case({ operand, branches, otherwise, at }: ast.CaseExpression): Value | null {
    const of = operand && this.bind(operand);
    const whens = branches.map(({ when }) => {
      if (operand === null) return this.condition(when);
      const value = this.bind(when);
      return of && value && compare("=", of, value, when.at, this.values);
    });
    const thens = this.bindAll([...branches.map(({ then }) => then), ...(otherwise ? [otherwise] : [])]);
    if (whens.includes(null) || thens === null) return null;
    const results = harmonise(thens, this.values);
    if (results === null) return null;
    const args = (whens as Value[]).flatMap((when, i) => [when, results[i]]);
    const made = this.values.call("case", otherwise ? [...args, results[results.length - 1]] : args, at, "CASE");
    const spans = new Set(thens.map(({ interval }) => interval));
    return made && spans.size === 1 ? { ...made, interval: thens[0].interval } : made;
  }

  #cast({ arg, type, safe, at }: ast.CastExpression): Value | null {
    const value = this.bind(arg), target = typeNamed(type, this.values.report);
    if (value === null || target === null) return null;
    const cast = this.values.cast(value, target, at, safe ? "TRY_CAST" : "CAST");
    if (cast === null) return null;
    if (type.name === "DATE") {
      return this.values.call("date_trunc", [this.values.literal("day", STRING, type.at), cast], at, "CAST");
    }
    const length = lengthOf(type);
    if (length === null) return cast;
    const numbers = [1, length].map((number) => wholeNumber(BigInt(number), type.at, this.values));
    return this.values.call("substring", [cast, ...numbers], at, "CAST");
  }

  #trim({ side, chars, arg, at }: ast.TrimCall): Value | null {
    const fn = { BOTH: "trim", LEADING: "ltrim", TRAILING: "rtrim" }[side];
    const args = this.bindAll(chars === null ? [arg] : [arg, chars]);
    return args && this.values.call(fn, args, at, "TRIM");
  }
}
