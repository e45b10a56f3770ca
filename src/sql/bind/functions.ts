import { STRING } from "../../core/schema.ts";
import { FUNCTIONS } from "../../expr/mod.ts";
import type { FunctionCall, Span, UnitCall } from "../ast.ts";
import { AGGREGATE_FUNCTIONS, AGGREGATES_INSTEAD } from "./aggregate_functions.ts";
import { dateDiff } from "./date_diff.ts";
import { insteadOf } from "./near_function.ts";
import { harmonise } from "./operators.ts";
import type { Value, ValueMaker } from "./value.ts";

type Bind = (args: readonly Value[], at: Span, values: ValueMaker, shown: string) => Value | null;

/** SQL's names of functions: those of the expression language with their aliases, and those that are made of others here. */
const NAMES: ReadonlyMap<string, string> = new Map(
  [...FUNCTIONS.values()].flatMap((definition) => {
    const { name, aliases = [] } = definition;
    return [...aliases.map((alias) => [alias, name] as const), [name, name] as const];
  }),
);

/** Functions whose arguments are brought to one type first. */
const HARMONISED = new Set(["coalesce", "nullif", "least", "greatest"]);

const MADE: Readonly<Record<string, Bind>> = {
  if: (args, at, values, shown) => {
    const branches = harmonise(args.slice(1), values);
    return branches && values.call("if", [...args.slice(0, 1), ...branches], at, shown);
  },
  // What is a time already stays one, as Flink's programs write it.
  to_timestamp: (args, at, values, shown) => timeItself(args) ?? values.call("to_timestamp", args, at, shown),
  to_timestamp_ltz: (args, at, values, shown) => {
    const fn = args[0]?.type?.kind === "string" ? "to_timestamp" : "to_timestamp_ltz";
    return timeItself(args) ?? values.call(fn, args, at, shown);
  },
  to_date: (args, at, values, shown) => {
    const time = timeItself(args);
    return time
      ? values.call("date_trunc", [values.literal("day", STRING, at), time], at, shown)
      : values.call("to_date", args, at, shown);
  },
  // Azure's names.
  len: (args, at, values, shown) => values.call("length", args, at, shown),
  charindex: (args, at, values, shown) => values.call("position", args, at, shown),
  square: (args, at, values) => {
    if (args.length !== 1) return values.report.add(at, `SQUARE takes one number, got ${args.length}`);
    return values.call("mul", [args[0], args[0]], at, "SQUARE");
  },
};

function timeItself(args: readonly Value[]): Value | null {
  return args[0]?.type?.kind === "timestamp" ? args[0] : null;
}

/** What gives another result each time it is asked, and what to do without it. */
const IMPURE: ReadonlyMap<string, string> = new Map([
  ...[
    "current_timestamp",
    "localtimestamp",
    "now",
    "current_date",
    "current_time",
    "localtime",
    "current_row_timestamp",
  ]
    .map((name) => [name, "Use the event time of the rows"] as const),
  ...["rand", "rand_integer", "random", "uuid", "newid"].map((name) =>
    [name, "Compute it from the row, by a hash"] as const
  ),
  ["unix_timestamp", "Give it a time: UNIX_TIMESTAMP(text)"],
  ["current_watermark", "Late rows are counted and kept in <stream>.late"],
  ["current_database", "There are no databases"],
  ["proctime", "Name it in SELECT: windows, OVER and ROW_NUMBER can go by it"],
]);

/** Whether SQL has a function of this name, in lower case. */
export function isSqlFunction(name: string): boolean {
  return NAMES.has(name) || Object.hasOwn(MADE, name) || IMPURE.has(name) || AGGREGATE_FUNCTIONS.has(name) ||
    AGGREGATES_INSTEAD.has(name);
}

/** A call of a function that is neither an aggregate nor a window function; null with a problem. */
export function callFunction(call: FunctionCall, args: readonly Value[], values: ValueMaker): Value | null {
  const { at, name: { parts } } = call, shown = parts.map(({ name }) => name.toUpperCase()).join(".");
  const name = parts.map((part) => part.name).join(".").toLowerCase();
  const own = values.functions.get(name);
  if (own !== undefined) return own && values.userCall(own, args, at);
  if (Object.hasOwn(MADE, name)) return MADE[name](args, at, values, shown);
  const fn = NAMES.get(name);
  const impure = IMPURE.get(name);
  if (impure !== undefined && (fn === undefined || args.length === 0)) {
    const reason = `${shown} is not there: results depend on nothing but the rows, so that a replay gives them again`;
    return values.report.add(at, reason, impure);
  }
  if (fn === undefined) return unknownFunction(call, values);
  const given = HARMONISED.has(fn) ? harmonise(args, values) : args;
  return given && values.call(fn, given, at, shown);
}

function unknownFunction({ name: { parts, at } }: FunctionCall, values: ValueMaker): null {
  const instead = AGGREGATES_INSTEAD.get(parts[parts.length - 1].name.toLowerCase());
  if (instead !== undefined) return values.report.add(at, `${parts[0].name.toUpperCase()} is not there`, instead);
  if (values.report.full) return null;
  const name = parts.map((part) => part.name).join(".");
  const known = [...values.functions.keys(), ...NAMES.keys(), ...Object.keys(MADE), ...AGGREGATE_FUNCTIONS.keys()];
  return values.report.add(at, `Unknown function ${name}`, insteadOf(name.toLowerCase(), known));
}

/** Functions that take a unit of time as a word. */
export function callWithUnit({ fn, unit, at }: UnitCall, args: readonly Value[], values: ValueMaker): Value | null {
  const word = values.literal(unit.toLowerCase(), STRING, at);
  switch (fn) {
    case "EXTRACT":
    case "DATEPART":
      return values.call("date_part", [word, ...args], at, fn);
    case "FLOOR":
      return values.call("date_trunc", [word, ...args], at, fn);
    case "CEIL":
      return values.call("ceil_to", [word, ...args], at, fn);
    case "TIMESTAMPADD":
    case "DATEADD":
      return values.call("timestampadd", [word, ...args], at, fn);
    case "TIMESTAMPDIFF":
      return values.call("timestampdiff", [word, ...args], at, fn);
    case "DATEDIFF":
      return dateDiff(unit, args, at, values);
  }
}
