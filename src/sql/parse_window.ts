import { nearest } from "../core/nearest.ts";
import type {
  Descriptor,
  Expression,
  GroupItem,
  GroupWindow,
  Identifier,
  IntervalLiteral,
  NumberLiteral,
  Span,
  TableArgument,
  TimeUnit,
  WindowTable,
} from "./ast.ts";
import { SqlMistake } from "./errors.ts";
import { tupleItems } from "./parse_expression.ts";
import { intervalOf } from "./parse_interval.ts";
import { unitOf } from "./parse_token.ts";

type TableFunctionArgument = Expression | TableArgument | Descriptor;
type Durations = Partial<Record<"size" | "slide" | "step" | "gap" | "max" | "offset", Expression>>;

interface Signature {
  /** Durations behind DATA and TIMECOL, in order; the last is optional when it is `offset`. */
  readonly durations: readonly (keyof Durations)[];
  readonly example: string;
}

const TABLE_WINDOWS: Readonly<Record<WindowTable["fn"], Signature>> = {
  TUMBLE: { durations: ["size", "offset"], example: "TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)" },
  HOP: {
    durations: ["slide", "size", "offset"],
    example: "HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE): slide, size",
  },
  CUMULATE: {
    durations: ["step", "size", "offset"],
    example: "CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '1' HOUR): step, size",
  },
  SESSION: {
    durations: ["gap"],
    example: "SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' MINUTE)",
  },
};

/** Windows as functions in GROUP BY: what stands behind the time. */
const GROUP_WINDOWS: Readonly<Record<string, readonly (keyof Durations)[]>> = {
  TUMBLE: ["size", "offset"],
  HOP: ["slide", "size", "offset"],
  SESSION: ["gap", "offset"],
};

/* What the grammar makes of windows. */

export function notYet(at: Span): never {
  throw new SqlMistake(
    at,
    "MATCH_RECOGNIZE is not there yet",
    "Joins with time bounds and OVER windows find simple patterns",
  );
}

export function windowTable(
  fn: WindowTable["fn"],
  call: { args: readonly TableFunctionArgument[]; argNames: readonly Identifier[] | null },
  at: Span,
): WindowTable {
  const { durations, example } = TABLE_WINDOWS[fn];
  const parts = call.argNames ? named(fn, call.argNames, call.args) : positional(durations, call.args);
  const hint = `It is written like ${example}`;
  if (call.args.length > durations.length + 2) {
    throw new SqlMistake(call.args[durations.length + 2].at, `${fn} has no argument here`, hint);
  }
  const data = dataOf(parts.data, at, fn, hint), time = timeOf(parts.time, at, fn, hint);
  const found: Durations = {};
  for (const name of durations) {
    const value = parts[name];
    if (value === undefined && name !== "offset") throw new SqlMistake(at, `${fn} lacks its ${name}`, hint);
    if (value && isTable(value)) throw new SqlMistake(value.at, `Expected the ${name} of ${fn}, an interval`, hint);
    if (value) found[name] = value as Expression;
  }
  const { size = null, slide = null, step = null, gap = null, offset = null } = found;
  return { kind: "window_table", fn, data, time, size, slide, step, gap, offset, alias: null, at };
}

/** An item of GROUP BY: `(a, b)` is a set, TUMBLE, HOP, SESSION and COUNTWINDOW are windows. */
export function groupItem(expr: Expression, at: Span): GroupItem {
  const items = tupleItems(expr);
  if (items) return { kind: "group_set", items, at };
  if (expr.kind !== "call" || expr.name.parts.length > 1 || expr.over) return { kind: "expression", expr, at };
  const fn = expr.name.parts[0].name.toUpperCase();
  if (fn === "COUNTWINDOW") return countWindow(expr.args, at);
  if (!Object.hasOwn(GROUP_WINDOWS, fn)) return { kind: "expression", expr, at };
  const names = GROUP_WINDOWS[fn], [time, ...rest] = expr.args;
  const required = names.filter((name) => name !== "offset").length;
  if (!time || rest.length < required || rest.length > names.length) {
    const form = `${fn}(time, ${names.slice(0, required).join(", ")})`;
    throw new SqlMistake(at, `Cannot group by ${fn} with ${expr.args.length} arguments`, `It is written ${form}`);
  }
  const durations = Object.fromEntries(rest.map((value, i) => [names[i], value]));
  return { ...groupWindow("flink", fn as GroupWindow["fn"], durations, [], at), time };
}

function countWindow(args: readonly Expression[], at: Span): GroupWindow {
  const [size, slide] = args;
  if (args.length < 1 || args.length > 2) {
    const hint = "It is written COUNTWINDOW(100), or COUNTWINDOW(100, 10): rows, slide";
    throw new SqlMistake(at, `Cannot group by COUNTWINDOW with ${args.length} arguments`, hint);
  }
  return groupWindow("azure", "COUNT", { size, ...(slide ? { slide } : {}) }, [], at);
}

export function azureWindow(
  word: string,
  args: readonly AzureArgument[],
  partitionBy: readonly Expression[],
  at: Span,
): GroupItem {
  const { fn, durations, example } = AZURE_WINDOWS[word];
  const found = args[0]?.amount && args[0].name ? azureNamed(durations, args) : azurePositional(durations, args);
  if (!found || (partitionBy.length > 0 && fn !== "SESSION")) {
    throw new SqlMistake(at, `Cannot read the arguments of ${word}`, `It is written like ${example}`);
  }
  return groupWindow("azure", fn, found, partitionBy, at);
}

function groupWindow(
  style: GroupWindow["style"],
  fn: GroupWindow["fn"],
  durations: Durations,
  partitionBy: readonly Expression[],
  at: Span,
): GroupWindow {
  const { size = null, slide = null, gap = null, max = null, offset = null } = durations;
  return { kind: "group_window", style, fn, time: null, size, slide, gap, max, offset, partitionBy, at };
}

type Parts = Partial<Record<"data" | "time" | keyof Durations, TableFunctionArgument>>;

function positional(durations: readonly (keyof Durations)[], args: readonly TableFunctionArgument[]): Parts {
  const [data, time, ...rest] = args;
  return { data, time, ...Object.fromEntries(durations.map((name, i) => [name, rest[i]])) };
}

/** Flink's names of the arguments; `key` is a session's PARTITION BY. */
function named(fn: string, names: readonly Identifier[], args: readonly TableFunctionArgument[]): Parts {
  const known: Record<string, keyof Parts> = { DATA: "data", TIMECOL: "time" };
  for (const name of TABLE_WINDOWS[fn as WindowTable["fn"]].durations) known[name.toUpperCase()] = name;
  const parts: Parts = {};
  names.forEach((name, i) => {
    const upper = name.name.toUpperCase(), part = Object.hasOwn(known, upper) ? known[upper] : undefined;
    if (!part) {
      const meant = nearest(upper, Object.keys(known));
      const hint = meant ? `Did you mean ${meant}?` : `Its arguments are ${Object.keys(known).join(", ")}`;
      throw new SqlMistake(name.at, `${fn} has no argument ${name.name}`, hint);
    }
    if (parts[part]) throw new SqlMistake(name.at, `${name.name} is given twice`);
    parts[part] = args[i];
  });
  return parts;
}

function isTable(value: TableFunctionArgument): value is TableArgument | Descriptor {
  return value.kind === "table_argument" || value.kind === "descriptor";
}

/** What a window reads: `TABLE t`, or t alone, or a query. */
function dataOf(value: TableFunctionArgument | undefined, at: Span, fn: string, hint: string): TableArgument {
  if (value?.kind === "table_argument") return value;
  if (value?.kind === "column") {
    const table = { parts: value.parts, at: value.at };
    return { kind: "table_argument", table, partitionBy: [], orderBy: [], at: value.at };
  }
  if (value?.kind === "subquery") {
    return { kind: "table_argument", table: value.query, partitionBy: [], orderBy: [], at: value.at };
  }
  throw new SqlMistake(value?.at ?? at, `${fn} wants a table first`, hint);
}

function timeOf(value: TableFunctionArgument | undefined, at: Span, fn: string, hint: string): Identifier {
  if (value?.kind !== "descriptor") {
    throw new SqlMistake(value?.at ?? at, `${fn} wants the time column as DESCRIPTOR(column)`, hint);
  }
  if (value.columns.length > 1) throw new SqlMistake(value.columns[1].at, `${fn} wants one time column`);
  return value.columns[0];
}

/** An argument of Azure's windows: a unit, an amount, or `Duration(unit, amount)`. */
interface AzureArgument {
  readonly name: Identifier | null;
  readonly unit: Identifier | null;
  readonly amount: NumberLiteral | null;
  readonly at: Span;
}

interface AzureSignature {
  readonly fn: GroupWindow["fn"];
  readonly durations: readonly (keyof Durations)[];
  readonly example: string;
}

const AZURE_WINDOWS: Readonly<Record<string, AzureSignature>> = {
  TUMBLINGWINDOW: { fn: "TUMBLE", durations: ["size", "offset"], example: "TUMBLINGWINDOW(minute, 1)" },
  HOPPINGWINDOW: {
    fn: "HOP",
    durations: ["size", "slide", "offset"],
    example: "HOPPINGWINDOW(minute, 10, 5): unit, size, hop",
  },
  SLIDINGWINDOW: { fn: "SLIDING", durations: ["size"], example: "SLIDINGWINDOW(second, 10)" },
  SESSIONWINDOW: {
    fn: "SESSION",
    durations: ["gap", "max"],
    example: "SESSIONWINDOW(minute, 5, 60): unit, time-out, longest",
  },
  SNAPSHOTWINDOW: { fn: "SNAPSHOT", durations: [], example: "SNAPSHOTWINDOW()" },
};

const AZURE_NAMES: Readonly<Record<string, keyof Durations>> = {
  DURATION: "size",
  HOP: "slide",
  OFFSET: "offset",
  TIMEOUT: "gap",
  MAXDURATION: "max",
};

function azureUnit(word: Identifier): TimeUnit {
  const unit = unitOf(word.name);
  if (!unit) {
    throw new SqlMistake(
      word.at,
      `Expected a unit of time, found ${word.name}`,
      "Units are day, hour, minute, second …",
    );
  }
  return unit;
}

/** `unit, amount, amount`. Null when it is not that. */
function azurePositional(names: readonly (keyof Durations)[], args: readonly AzureArgument[]): Durations | null {
  const [unit, ...amounts] = args;
  if (names.length === 0) return args.length === 0 ? {} : null;
  if (!unit?.name || unit.amount || amounts.length > names.length) return null;
  const needed = names.filter((name) => name !== "offset" && name !== "max").length;
  if (amounts.length < needed || amounts.some(({ name, amount }) => name !== null || amount === null)) return null;
  const of = azureUnit(unit.name);
  return Object.fromEntries(amounts.map(({ amount, at }, i) => [names[i], intervalOf(amount!, of, at)]));
}

/** `Duration(unit, amount), Hop(unit, amount)`. Null when it is not that. */
function azureNamed(names: readonly (keyof Durations)[], args: readonly AzureArgument[]): Durations | null {
  const found: Partial<Record<keyof Durations, IntervalLiteral>> = {};
  for (const { name, unit, amount, at } of args) {
    const part = name ? AZURE_NAMES[name.name.toUpperCase()] : undefined;
    if (!part || !unit || !amount || !names.includes(part) || found[part]) return null;
    found[part] = intervalOf(amount, azureUnit(unit), at);
  }
  const missing = names.some((name) => name !== "offset" && name !== "max" && !found[name]);
  return missing ? null : found;
}
