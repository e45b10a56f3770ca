import { BYTES, INT64, STRING, TIMESTAMP } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { castTo } from "../cast.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import { offsetMinutes } from "../time/offset.ts";
import { compileTimePattern, TimePatternError } from "../time/pattern.ts";
import type { TypedValue } from "../value.ts";
import { plain, wantParameter } from "./plain.ts";
import { ADD, DIV, epochSeconds, MUL, SUB, UNITS, wantPart, whole } from "./time_unit.ts";

/** Units of a fixed length in milliseconds, and of months. */
const UNIT_MS: Readonly<Record<string, number>> = {
  week: 604_800_000,
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
};
const UNIT_MONTHS: Readonly<Record<string, number>> = { year: 12, quarter: 3, month: 1 };
/** Code of expr_date_trunc. */
const DAY = 4;
const DEFAULT_PATTERN = "yyyy-MM-dd HH:mm:ss";

function timestampAdd(call: CallSite): TypedValue | null {
  const unit = wantPart(call, UNITS), count = call.want(1, "int64"), time = wantParameter(call, 2, "timestamp");
  if (unit === null || count === null || time === null) return null;
  if (Object.hasOwn(UNIT_MONTHS, unit)) {
    return call.emit("fn_add_months", UNIT_MONTHS[unit], TIMESTAMP, [time, count], true);
  }
  const by = call.emit("expr_int", MUL, INT64, [count, whole(call, UNIT_MS[unit])], true);
  return call.emit("expr_int", ADD, TIMESTAMP, [time, by], true);
}

function timestampDiff(call: CallSite): TypedValue | null {
  const unit = wantPart(call, UNITS);
  const from = wantParameter(call, 1, "timestamp"), to = wantParameter(call, 2, "timestamp");
  if (unit === null || from === null || to === null) return null;
  if (Object.hasOwn(UNIT_MONTHS, unit)) return call.emit("fn_months_between", UNIT_MONTHS[unit], INT64, [from, to]);
  const apart = call.emit("expr_int", SUB, INT64, [to, from], true);
  return call.emit("expr_int", DIV, INT64, [apart, whole(call, UNIT_MS[unit])], true);
}

/** A literal pattern at `index`, or the default, compiled; null with a problem that tells the place. */
function wantPattern(call: CallSite, index: number, standard: string): TypedValue | null {
  const source = call.args.length > index ? call.wantText(index, "a literal pattern such as 'yyyy-MM-dd'") : standard;
  if (source === null) return null;
  try {
    return call.constant(BYTES, compileTimePattern(source).toBase64());
  } catch (thrown) {
    if (!(thrown instanceof TimePatternError)) throw thrown;
    return call.fail(
      index,
      `${thrown.message}: character ${thrown.at + 1} of the pattern ${JSON.stringify(source)}`,
      thrown.hint,
    );
  }
}

/** Argument 0 as a timestamp; a string is cast to one. */
function wantTimeOrText(call: CallSite): TypedValue | null {
  if (call.args[0].type?.kind !== "string") return wantParameter(call, 0, "timestamp");
  return castTo(call, call.args[0], TIMESTAMP);
}

/** A text as a timestamp, by a pattern if there is one. */
function parsed(call: CallSite): TypedValue | null {
  const text = call.want(0, "string");
  if (call.args.length < 2) return text && castTo(call, text, TIMESTAMP);
  const pattern = wantPattern(call, 1, DEFAULT_PATTERN);
  return text && pattern && call.emit("fn_parse_time", 0, TIMESTAMP, [text, pattern], true);
}

function fromUnixTime(call: CallSite): TypedValue | null {
  const seconds = call.want(0, "int64"), pattern = wantPattern(call, 1, DEFAULT_PATTERN);
  if (seconds === null || pattern === null) return null;
  const ms = call.emit("expr_int", MUL, TIMESTAMP, [seconds, whole(call, 1000)], true);
  return call.emit("fn_date_format", 0, STRING, [ms, pattern]);
}

function toTimestampLtz(call: CallSite): TypedValue | null {
  const number = call.want(0, "int64"), precision = call.args.length > 1 ? call.wantWhole(1, 0, 3) : 3;
  if (number === null || precision === null) return null;
  if (precision === 3) return { type: TIMESTAMP, nullable: number.nullable, register: number.register };
  if (precision === 0) return call.emit("expr_int", MUL, TIMESTAMP, [number, whole(call, 1000)], true);
  return call.fail(
    1,
    `to_timestamp_ltz knows no precision ${precision}`,
    "What fits: 0 for seconds, 3 for milliseconds",
  );
}

/** Milliseconds of a literal zone at `index`; null with a problem. */
function wantOffset(call: CallSite, index: number): number | null {
  const zone = call.wantText(index, "a fixed offset such as '+02:00' or 'UTC'");
  if (zone === null) return null;
  const minutes = offsetMinutes(zone);
  if (minutes !== null) return minutes * 60_000;
  return call.fail(
    index,
    `convert_tz knows no zone ${
      JSON.stringify(zone)
    }: rules of named zones change from year to year and are not part of plans`,
    "Write a fixed offset such as '+02:00', 'GMT-8' or 'UTC'",
  );
}

function convertZone(call: CallSite): TypedValue | null {
  const time = wantTimeOrText(call), from = wantOffset(call, 1), to = wantOffset(call, 2);
  if (time === null || from === null || to === null) return null;
  const moved = call.emit("expr_int", ADD, TIMESTAMP, [time, whole(call, to - from)], true);
  if (call.args[0].type?.kind !== "string") return moved;
  const pattern = call.constant(BYTES, compileTimePattern(DEFAULT_PATTERN).toBase64());
  return call.emit("fn_date_format", 0, STRING, [moved, pattern]);
}

export const TIME_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: "timestampadd",
    aliases: ["timestamp_add"],
    group: "time",
    signature: "timestampadd(unit: string literal, count: int64, time: timestamp): timestamp",
    summary: `The time so many units later: ${UNITS.join(", ")}; by months the day stays, or is the month's last`,
    example: example("timestampadd('month', 1, TIMESTAMP '2024-01-31')", "TIMESTAMP '2024-02-29T00:00:00.000Z'"),
    args: [3, 3],
    apply: timestampAdd,
  },
  {
    name: "timestampdiff",
    aliases: ["timestamp_diff"],
    group: "time",
    signature: "timestampdiff(unit: string literal, from: timestamp, to: timestamp): int64",
    summary:
      "The most whole units that timestampadd can add to the earlier without passing the later; negative if to is the earlier",
    example: example("timestampdiff('month', TIMESTAMP '2024-01-31', TIMESTAMP '2024-03-30')", "1"),
    args: [3, 3],
    apply: timestampDiff,
  },
  plain({
    name: "last_day",
    group: "time",
    signature: "last_day(time: timestamp): timestamp",
    summary: "Midnight of the last day of the month, in UTC",
    example: example("last_day(TIMESTAMP '2024-02-10 12:00:00')", "TIMESTAMP '2024-02-29T00:00:00.000Z'"),
    params: ["timestamp"],
    kernel: "fn_last_day",
    result: TIMESTAMP,
    mayFail: true,
  }),
  {
    name: "make_timestamp",
    aliases: ["make_date"],
    group: "time",
    signature: "make_timestamp(year, month, day, hour?, minute?, second?, millisecond?: int64): timestamp",
    summary: "The time in UTC that has these parts; NULL if there is none",
    example: example("make_timestamp(2024, 2, 29, 12)", "TIMESTAMP '2024-02-29T12:00:00.000Z'"),
    args: [3, 7],
    apply: (call) => {
      const values = call.args.map((_, i) => call.want(i, "int64"));
      if (values.includes(null)) return null;
      return call.emitList("fn_make_timestamp", 0, TIMESTAMP, values as TypedValue[], true, true);
    },
  },
  {
    name: "date_format",
    group: "time",
    signature: "date_format(time: timestamp | string, pattern: string literal): string",
    summary: "The time in UTC by a pattern of Java's DateTimeFormatter; names in English",
    example: example(
      "date_format(TIMESTAMP '2024-02-29 15:04:05', 'EEE, d MMM yyyy h:mm a')",
      "'Thu, 29 Feb 2024 3:04 PM'",
    ),
    args: [2, 2],
    apply: (call) => {
      const time = wantTimeOrText(call), pattern = wantPattern(call, 1, DEFAULT_PATTERN);
      return time && pattern && call.emit("fn_date_format", 0, STRING, [time, pattern]);
    },
  },
  {
    name: "to_timestamp",
    group: "time",
    signature: "to_timestamp(text: string, pattern?: string literal): timestamp",
    summary:
      "The time in UTC that a text says, in the forms of cast or by a pattern of Java's DateTimeFormatter; NULL if it says none",
    example: example("to_timestamp('29.02.2024 15:04', 'dd.MM.yyyy HH:mm')", "TIMESTAMP '2024-02-29T15:04:00.000Z'"),
    args: [1, 2],
    apply: parsed,
  },
  {
    name: "to_date",
    group: "time",
    signature: "to_date(text: string, pattern?: string literal): timestamp",
    summary: "Midnight of the day that a text says; dates are timestamps",
    example: example("to_date('2024-02-29 15:04:05')", "TIMESTAMP '2024-02-29T00:00:00.000Z'"),
    args: [1, 2],
    apply: (call) => {
      const time = parsed(call);
      return time && call.emit("expr_date_trunc", DAY, TIMESTAMP, [time], true);
    },
  },
  {
    name: "to_timestamp_ltz",
    group: "time",
    signature: "to_timestamp_ltz(a: int64, precision?: int64 literal): timestamp",
    summary: "The time a seconds (precision 0) or milliseconds (3, the default) after the epoch",
    example: example("to_timestamp_ltz(1709218800, 0)", "TIMESTAMP '2024-02-29T15:00:00.000Z'"),
    args: [1, 2],
    apply: toTimestampLtz,
  },
  {
    name: "unix_timestamp",
    group: "time",
    signature: "unix_timestamp(text: string, pattern?: string literal): int64",
    summary: "Seconds from the epoch to the time that a text says, as to_timestamp reads it; NULL if it says none",
    example: example("unix_timestamp('1970-01-02 00:00:00')", "86400"),
    args: [1, 2],
    apply: (call) => {
      const time = parsed(call);
      return time && epochSeconds(call, time);
    },
  },
  {
    name: "from_unixtime",
    group: "time",
    signature: "from_unixtime(seconds: int64, pattern?: string literal): string",
    summary: `The time so many seconds after the epoch, in UTC, by a pattern (${DEFAULT_PATTERN}, unless given)`,
    example: example("from_unixtime(44)", "'1970-01-01 00:00:44'"),
    args: [1, 2],
    apply: fromUnixTime,
  },
  {
    name: "convert_tz",
    group: "time",
    signature: "convert_tz(time: string | timestamp, from: string literal, to: string literal): string | timestamp",
    summary: `A local time of one fixed offset as that of another; a string comes as ${DEFAULT_PATTERN}`,
    example: example("convert_tz('1970-01-01 00:00:00', 'UTC', 'GMT-08:00')", "'1969-12-31 16:00:00'"),
    args: [3, 3],
    apply: convertZone,
  },
];
