import { INT64, STRING } from "../../core/schema.ts";
import type { Span, TimeUnit } from "../ast.ts";
import { counted } from "./words.ts";
import type { Value, ValueMaker } from "./value.ts";

/** Units of a fixed length, in milliseconds. */
export const UNIT_MS: Readonly<Partial<Record<TimeUnit, number>>> = {
  MILLISECOND: 1,
  SECOND: 1000,
  MINUTE: 60_000,
  HOUR: 3_600_000,
  DAY: 86_400_000,
  WEEK: 7 * 86_400_000,
};
const MONTHS: Readonly<Partial<Record<TimeUnit, number>>> = { MONTH: 1, QUARTER: 3, YEAR: 12 };

/** DATEDIFF(unit, a, b) of Azure: how many times a unit begins between a and b. Null with a problem. */
export function dateDiff(unit: TimeUnit, args: readonly Value[], at: Span, values: ValueMaker): Value | null {
  const { report } = values, ms = UNIT_MS[unit], months = MONTHS[unit];
  if (args.length !== 2) {
    return report.add(at, `DATEDIFF takes a unit and two times, got ${counted(args.length, "time")}`);
  }
  const number = (value: number) => values.literal(value, INT64, at);
  const call = (fn: string, ...parts: readonly (Value | null)[]) =>
    parts.includes(null) ? null : values.call(fn, parts as Value[], at, "DATEDIFF");
  if (ms !== undefined) {
    const word = values.literal(unit.toLowerCase(), STRING, at);
    const [from, to] = ms === 1 ? args : args.map((arg) => call("date_trunc", word, arg));
    const between = call("sub", to, from);
    return ms === 1 ? between : call("div", between, number(ms));
  }
  if (months === undefined) {
    return report.add(
      at,
      `DATEDIFF knows no ${unit}`,
      `It knows ${[...Object.keys(UNIT_MS), ...Object.keys(MONTHS)].join(", ")}`,
    );
  }
  const part = (name: string, arg: Value) => call("date_part", values.literal(name, STRING, at), arg);
  const [from, to] = args.map((arg) => {
    if (unit === "YEAR") return part("year", arg);
    return call("add", call("mul", part("year", arg), number(12 / months)), part(unit.toLowerCase(), arg));
  });
  return call("sub", to, from);
}
