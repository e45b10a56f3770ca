import { INT64, TIMESTAMP } from "../../core/schema.ts";
import { nearest } from "../../core/nearest.ts";
import type { CallSite } from "../call.ts";
import { adapt } from "../cast.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import type { TypedValue, Value } from "../value.ts";

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
const UNITS = PARTS.slice(0, 9);
/** The timestamp's own cell, in milliseconds. */
const EPOCH_MS = "epoch_ms";

function wantPart(call: CallSite, parts: readonly string[]): string | null {
  const part = call.wantText(0, parts.join(", "))?.toLowerCase();
  if (part === undefined || parts.includes(part)) return part ?? null;
  const near = nearest(part, parts);
  const list = `What fits: ${parts.join(", ")}`;
  return call.fail(0, `${call.name} knows no ${JSON.stringify(part)}`, near ? `Did you mean ${near}? ${list}` : list);
}

/** Argument 1 as a timestamp; a literal string is read as one. */
function wantTime(call: CallSite): TypedValue | null {
  const value: Value | null = adapt(call, call.args[1], TIMESTAMP);
  if (value === null) return call.fail(1, "Cannot read this string as a timestamp", "Write ISO 8601");
  return value.type?.kind === "timestamp" ? value as TypedValue : call.want(1, "timestamp");
}

export const TIME_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: "date_part",
    aliases: ["extract"],
    group: "time",
    signature: "date_part(part: string literal, time: timestamp): int64",
    summary:
      `In UTC: ${
        PARTS.join(", ")
      }, ${EPOCH_MS}. week is ISO 8601, dow 1 to 7 from Sunday, isodow 1 to 7 from Monday, ` +
      "millisecond 0 to 999, epoch in seconds",
    example: example("date_part('week', TIMESTAMP '1994-09-27')", "39"),
    args: [2, 2],
    apply: (call) => {
      const part = wantPart(call, [...PARTS, EPOCH_MS]), time = wantTime(call);
      if (part === null || time === null) return null;
      if (part === EPOCH_MS) return { type: INT64, nullable: time.nullable, register: time.register };
      return call.emit("expr_date_part", (PARTS as readonly string[]).indexOf(part), INT64, [time]);
    },
  },
  {
    name: "date_trunc",
    aliases: ["floor_to"],
    group: "time",
    signature: "date_trunc(unit: string literal, time: timestamp): timestamp",
    summary: `The start of the unit in UTC: ${UNITS.join(", ")}; weeks begin on Monday`,
    example: example("date_trunc('month', TIMESTAMP '2024-02-29 12:34:56')", "TIMESTAMP '2024-02-01T00:00:00.000Z'"),
    args: [2, 2],
    apply: (call) => {
      const unit = wantPart(call, UNITS), time = wantTime(call);
      if (unit === null || time === null) return null;
      return call.emit("expr_date_trunc", (UNITS as readonly string[]).indexOf(unit), TIMESTAMP, [time], true);
    },
  },
];
