import { nearest } from "../../core/nearest.ts";
import { INT64, TIMESTAMP } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import type { TypedValue } from "../value.ts";
import { plain, wantParameter } from "./plain.ts";

/** Parts by the codes of expr_date_part; date_trunc knows those up to millisecond. */
const PARTS = [
  "year",
  "quarter",
  "month",
  "week",
  "day",
  "hour",
  "minute",
  "second",
  "millisecond",
  "dow",
  "isodow",
  "doy",
  "isoyear",
  "epoch",
] as const;
export const UNITS: readonly string[] = PARTS.slice(0, 9);
/** The timestamp's own cell, in milliseconds. */
const EPOCH_MS = "epoch_ms";
/** Parts that are made of the year: how many years, and by how much the first of them comes early. */
const YEARS: Readonly<Record<string, readonly [number, number]>> = {
  decade: [10, 0],
  century: [100, 99],
  millennium: [1000, 999],
};
/** Other names of parts. */
const ALIASES: Readonly<Record<string, string>> = {
  dayofweek: "dow",
  dayofyear: "doy",
  dayofmonth: "day",
  milliseconds: "millisecond",
};
/** Codes of expr_int. */
export const ADD = 0, SUB = 1, MUL = 2, DIV = 3;

export function wantPart(call: CallSite, parts: readonly string[]): string | null {
  const written = call.wantText(0, parts.join(", "))?.toLowerCase();
  if (written === undefined) return null;
  const part = Object.hasOwn(ALIASES, written) ? ALIASES[written] : written;
  if (parts.includes(part)) return part;
  const near = nearest(part, parts), list = `What fits: ${parts.join(", ")}`;
  return call.fail(0, `${call.name} knows no ${JSON.stringify(part)}`, near ? `Did you mean ${near}? ${list}` : list);
}

export const whole = (call: CallSite, value: number): TypedValue => call.constant(INT64, String(value));

function partOf(call: CallSite, part: string, time: TypedValue): TypedValue {
  if (part === EPOCH_MS) return { type: INT64, nullable: time.nullable, register: time.register };
  if (!Object.hasOwn(YEARS, part)) {
    return call.emit("expr_date_part", (PARTS as readonly string[]).indexOf(part), INT64, [time]);
  }
  const [size, early] = YEARS[part], year = call.emit("expr_date_part", 0, INT64, [time]);
  const later = call.emit("expr_int", ADD, INT64, [year, whole(call, early)]);
  return call.emit("expr_int", DIV, INT64, [later, whole(call, size)]);
}

/** The part of a timestamp that SQL has a function for: name, part, example. */
const SHORT: readonly (readonly [string, string, string, string, string[]])[] = [
  ["year", "year", "The year", "1994", []],
  ["quarter", "quarter", "The quarter of the year, from 1", "3", []],
  ["month", "month", "The month of the year, from 1", "9", []],
  ["week", "week", "The week of the year, from 1, as ISO 8601 counts", "39", ["weekofyear"]],
  ["dayofyear", "doy", "The day of the year, from 1", "270", []],
  ["dayofmonth", "day", "The day of the month, from 1", "27", ["day"]],
  ["dayofweek", "dow", "The day of the week, from 1 for Sunday", "3", []],
  ["hour", "hour", "The hour of the day, from 0", "13", []],
  ["minute", "minute", "The minute of the hour, from 0", "14", []],
  ["second", "second", "The second of the minute, from 0", "15", []],
  ["millisecond", "millisecond", "The millisecond of the second, from 0", "160", []],
];

const short: FunctionDefinition[] = SHORT.map(([name, part, summary, result, aliases]) =>
  plain({
    name,
    aliases,
    group: "time",
    signature: `${name}(time: timestamp): int64`,
    summary: `${summary}; in UTC`,
    example: example(`${name}(TIMESTAMP '1994-09-27 13:14:15.160')`, result),
    params: ["timestamp"],
    kernel: "expr_date_part",
    code: (PARTS as readonly string[]).indexOf(part),
    result: INT64,
  })
);

export const TIME_UNIT_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: "date_part",
    aliases: ["extract"],
    group: "time",
    signature: "date_part(part: string literal, time: timestamp): int64",
    summary:
      `In UTC: ${PARTS.join(", ")}, ${EPOCH_MS}, ${Object.keys(YEARS).join(", ")}. week is ISO 8601, dow 1 to 7 ` +
      "from Sunday, isodow 1 to 7 from Monday, millisecond 0 to 999, epoch in seconds",
    example: example("date_part('week', TIMESTAMP '1994-09-27')", "39"),
    args: [2, 2],
    apply: (call) => {
      const part = wantPart(call, [...PARTS, EPOCH_MS, ...Object.keys(YEARS)]);
      const time = wantParameter(call, 1, "timestamp");
      return part === null || time === null ? null : partOf(call, part, time);
    },
  },
  ...short,
  {
    name: "date_trunc",
    aliases: ["floor_to"],
    group: "time",
    signature: "date_trunc(unit: string literal, time: timestamp): timestamp",
    summary: `The start of the unit in UTC: ${UNITS.join(", ")}; weeks begin on Monday`,
    example: example("date_trunc('month', TIMESTAMP '2024-02-29 12:34:56')", "TIMESTAMP '2024-02-01T00:00:00.000Z'"),
    args: [2, 2],
    apply: (call) => {
      const unit = wantPart(call, UNITS), time = wantParameter(call, 1, "timestamp");
      if (unit === null || time === null) return null;
      return call.emit("expr_date_trunc", UNITS.indexOf(unit), TIMESTAMP, [time], true);
    },
  },
  {
    name: "ceil_to",
    group: "time",
    signature: "ceil_to(unit: string literal, time: timestamp): timestamp",
    summary: "The start of the first unit that is not before the time, in UTC; units as date_trunc",
    example: example("ceil_to('month', TIMESTAMP '2024-02-29 12:34:56')", "TIMESTAMP '2024-03-01T00:00:00.000Z'"),
    args: [2, 2],
    apply: (call) => {
      const unit = wantPart(call, UNITS), time = wantParameter(call, 1, "timestamp");
      if (unit === null || time === null) return null;
      return call.emit("fn_date_ceil", UNITS.indexOf(unit), TIMESTAMP, [time], true);
    },
  },
];

/** Seconds that are whole, of a timestamp. */
export function epochSeconds(call: CallSite, time: TypedValue): TypedValue {
  return partOf(call, "epoch", time);
}
