import { nearest } from "../../core/nearest.ts";
import { INT64, STRING, TIMESTAMP } from "../../core/schema.ts";
import { FUNCTIONS } from "../../expr/mod.ts";
import type { FunctionCall, Span, TimeUnit, UnitCall } from "../ast.ts";
import { AGGREGATE_FUNCTIONS, AGGREGATES_INSTEAD } from "./aggregate_functions.ts";
import { wholeOf } from "./literal.ts";
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

/** The first of these names that the expression language has; each is there under one of them. */
function known(...names: readonly string[]): string {
  return names.map((name) => NAMES.get(name)).find((name) => name !== undefined) ?? names[0];
}

/** Functions whose arguments are brought to one type first. */
const HARMONISED = new Set(["coalesce", "nullif", "least", "greatest"]);

const MADE: Readonly<Record<string, Bind>> = {
  if: (args, at, values, shown) => {
    const branches = harmonise(args.slice(1), values);
    return branches && values.call("if", [...args.slice(0, 1), ...branches], at, shown);
  },
  to_timestamp: (args, at, values, shown) => {
    if (args.length === 1 && args[0].type?.kind === "timestamp") return args[0];
    if (NAMES.has("to_timestamp")) return values.call(NAMES.get("to_timestamp")!, args, at, shown);
    if (args.length === 1) return values.cast(args[0], TIMESTAMP, at);
    return values.report.add(at, `${shown} takes one argument here, an ISO 8601 text`);
  },
  to_timestamp_ltz: toTimestampLtz,
  to_date: (args, at, values, shown) => {
    const time = MADE.to_timestamp(args, at, values, shown);
    return time && values.call("date_trunc", [values.literal("day", STRING, at), time], at, shown);
  },
};

/** `TO_TIMESTAMP_LTZ(n, 0)` takes seconds, with 3 or alone milliseconds. */
function toTimestampLtz(args: readonly Value[], at: Span, values: ValueMaker, shown: string): Value | null {
  const [value, precision] = args;
  if (args.length < 1 || args.length > 2) return values.report.add(at, `${shown} takes a number and 0 or 3`);
  if (value.type?.kind === "timestamp") return value;
  if (value.type?.kind === "string") return MADE.to_timestamp(args, at, values, shown);
  const digits = precision === undefined ? 3n : wholeOf(precision.expr);
  if (digits !== 0n && digits !== 3n) {
    return values.report.add(precision?.at ?? at, `${shown} takes 0 (seconds) or 3 (milliseconds) here`);
  }
  const ms = digits === 3n ? value : values.call("mul", [value, values.literal(1000, INT64, at)], at, shown);
  return ms && values.cast(ms, TIMESTAMP, at);
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
]);

/** A call of a function that is neither an aggregate nor a window function; null with a problem. */
export function callFunction(call: FunctionCall, args: readonly Value[], values: ValueMaker): Value | null {
  const { at, name: { parts } } = call, shown = parts.map(({ name }) => name.toUpperCase()).join(".");
  const name = parts.map((part) => part.name).join(".").toLowerCase();
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
  const near = nearest(name.toLowerCase(), [...NAMES.keys(), ...Object.keys(MADE), ...AGGREGATE_FUNCTIONS.keys()]);
  return values.report.add(at, `Unknown function ${name}`, near ? `Did you mean ${near.toUpperCase()}?` : undefined);
}

/** Units as the expression language names them, where it has them. */
const unitName = (unit: TimeUnit): string => unit.toLowerCase();

/** Functions that take a unit of time as a word. */
export function callWithUnit({ fn, unit, at }: UnitCall, args: readonly Value[], values: ValueMaker): Value | null {
  const word = values.literal(unitName(unit), STRING, at);
  switch (fn) {
    case "EXTRACT":
    case "DATEPART":
      return values.call("date_part", [word, ...args], at, fn);
    case "FLOOR":
      return values.call("date_trunc", [word, ...args], at, fn);
    case "CEIL":
      return values.call(known("date_ceil", "ceil_to"), [word, ...args], at, fn);
    case "TIMESTAMPADD":
    case "DATEADD":
      return values.call(known("timestampadd", "dateadd"), [word, ...args], at, fn);
    case "TIMESTAMPDIFF":
    case "DATEDIFF":
      return values.call(known("timestampdiff", "datediff"), [word, ...args], at, fn);
  }
}
