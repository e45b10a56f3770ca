// Functions of times by Date, one value at a time: only for years from 1 to 9999.
import type { Value } from "../../../src/core/value.ts";
import { dateTrunc } from "./expr_time.ts";

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October"];
MONTHS.push("November", "December");
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MS: Record<string, bigint> = { week: 604_800_000n, day: 86_400_000n, hour: 3_600_000n, minute: 60_000n };
Object.assign(MS, { second: 1000n, millisecond: 1n });
const MONTHS_OF: Record<string, bigint> = { year: 12n, quarter: 3n, month: 1n };

function at(year: number, month: number, day: number): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date;
}

function monthsLater(ms: bigint, months: number): bigint {
  const date = new Date(Number(ms)), year = date.getUTCFullYear(), month = date.getUTCMonth() + months;
  const last = at(year, month + 1, 0).getUTCDate(), day = at(year, month, Math.min(date.getUTCDate(), last));
  return BigInt(day.getTime()) + ((ms % MS.day) + MS.day) % MS.day;
}

export function timestampAdd(unit: string, count: bigint, ms: bigint): bigint {
  return unit in MS ? ms + count * MS[unit] : monthsLater(ms, Number(count * MONTHS_OF[unit]));
}

export function timestampDiff(unit: string, from: bigint, to: bigint): bigint {
  if (unit in MS) return (to - from) / MS[unit];
  if (from > to) return -timestampDiff(unit, to, from);
  let months = Number((to - from) / MS.day) / 31 | 0;
  while (monthsLater(from, months + 1) <= to) months++;
  return BigInt(months) / MONTHS_OF[unit];
}

export function ceilTo(unit: string, ms: bigint): bigint {
  const start = dateTrunc(unit, ms);
  return start === ms ? ms : timestampAdd(unit, 1n, start);
}

export function lastDay(ms: bigint): bigint {
  const date = new Date(Number(ms));
  return BigInt(at(date.getUTCFullYear(), date.getUTCMonth() + 1, 0).getTime());
}

export function makeTimestamp(...parts: bigint[]): Value {
  const [year, month, day, hour = 0, minute = 0, second = 0, milli = 0] = parts.map(Number);
  const date = at(year, month - 1, day);
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  if ([[hour, 24], [minute, 60], [second, 60], [milli, 1000]].some(([x, end]) => x < 0 || x >= end)) return null;
  return BigInt(date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + milli);
}

/** Runs of one letter, quoted texts and other texts of a pattern. */
function fields(pattern: string): { letter: string; count: number; text: string }[] {
  return [...pattern.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+/g)].map(([all, quoted, letter]) => ({
    letter: letter ?? "",
    count: all.length,
    text: letter ? "" : quoted === undefined ? all : quoted.replaceAll("''", "'") || "'",
  }));
}

const short = (name: string, count: number) => count < 4 ? name.slice(0, 3) : name;

export function format(ms: bigint, pattern: string): string {
  const date = new Date(Number(ms)), hour = date.getUTCHours(), year = date.getUTCFullYear();
  const digits = (x: number, count: number) => String(x).padStart(count, "0");
  const field = (letter: string, n: number): string => {
    switch (letter) {
      case "y":
      case "u":
        return n === 2 ? digits(year % 100, 2) : digits(year, n);
      case "M":
      case "L":
        return n > 2 ? short(MONTHS[date.getUTCMonth()], n) : digits(date.getUTCMonth() + 1, n);
      case "d":
        return digits(date.getUTCDate(), n);
      case "D":
        return digits(Number((dateTrunc("day", ms) - dateTrunc("year", ms)) / MS.day) + 1, n);
      case "E":
        return short(DAYS[date.getUTCDay()], n);
      case "a":
        return hour < 12 ? "AM" : "PM";
      case "H":
        return digits(hour, n);
      case "k":
        return digits(hour || 24, n);
      case "K":
        return digits(hour % 12, n);
      case "h":
        return digits(hour % 12 || 12, n);
      case "m":
        return digits(date.getUTCMinutes(), n);
      case "s":
        return digits(date.getUTCSeconds(), n);
      case "S":
        return digits(date.getUTCMilliseconds(), 3).padEnd(n, "0").slice(0, n);
      case "Q":
        return digits(Math.floor(date.getUTCMonth() / 3) + 1, n);
      case "X":
        return "Z";
      case "x":
        return ["+00", "+0000", "+00:00"][n - 1];
      case "Z":
        return "+0000";
      default:
        return "UTC";
    }
  };
  return fields(pattern).map(({ letter, count, text }) => letter ? field(letter, count) : text).join("");
}

/** What a field looks like. */
function shape(letter: string, count: number): string {
  const most: Record<string, number> = { y: 9, u: 9, D: 3, Q: 1 };
  if (/[ML]/.test(letter) && count > 2) return MONTHS.map((name) => short(name, count)).join("|");
  if (letter === "E") return DAYS.map((name) => short(name, count)).join("|");
  if (letter === "a") return "AM|PM";
  if (letter === "X") return ["Z|[+-]\\d\\d(?:\\d\\d)?", "Z|[+-]\\d{4}", "Z|[+-]\\d\\d:\\d\\d"][count - 1];
  if (letter === "x") return ["[+-]\\d\\d(?:\\d\\d)?", "[+-]\\d{4}", "[+-]\\d\\d:\\d\\d"][count - 1];
  if (letter === "Z") return "[+-]\\d{4}";
  if (letter === "z") return "UTC|GMT";
  return count === 1 && letter !== "S" ? `\\d{1,${most[letter] ?? 2}}` : `\\d{${count}}`;
}

/** Reads a text by a pattern: by a regular expression of its fields, and Date. */
export function parse(text: string, pattern: string): Value {
  const all = fields(pattern),
    source = all.map(({ letter, count, text: plain }) =>
      letter ? `(${shape(letter, count)})` : plain.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")
    );
  const match = new RegExp(`^${source.join("")}$`, "i").exec(text);
  if (!match) return null;
  const read = new Map(
    all.filter(({ letter }) => letter).map(({ letter, count }, i) => [letter, { count, text: match[i + 1] }]),
  );
  const number = (letters: string, otherwise: number) => {
    for (const letter of letters) if (read.has(letter)) return Number(read.get(letter)!.text);
    return otherwise;
  };
  const named = (letter: string, names: readonly string[]) => {
    const found = read.get(letter);
    return found && !/\d/.test(found.text)
      ? names.findIndex((name) => short(name, found.count).toLowerCase() === found.text.toLowerCase())
      : null;
  };
  const year = (read.get("y") ?? read.get("u"))?.count === 2 ? 2000 + number("yu", 0) : number("yu", 1970);
  const month = named("M", MONTHS) ?? named("L", MONTHS) ?? number("ML", 1) - 1,
    half = read.get("a")?.text.toUpperCase();
  let hour = number("HKkh", 0);
  if (hour > (read.has("H") ? 23 : read.has("k") ? 24 : read.has("K") ? 11 : 12)) return null;
  if ((read.has("k") || read.has("h")) && hour === 0) return null;
  if (read.has("k")) hour %= 24;
  if (read.has("h")) hour %= 12;
  if (half) hour = hour % 12 + (half === "PM" ? 12 : 0);
  const minute = number("m", 0), second = number("s", 0), quarter = number("Q", 1);
  const milli = Number((read.get("S")?.text ?? "").padEnd(3, "0").slice(0, 3));
  if (minute > 59 || second > 59 || quarter < 1 || quarter > 4) return null;
  let day = number("d", 1), date = at(year, month, day);
  if (month < 0 || month > 11 || date.getUTCMonth() !== month || date.getUTCDate() !== day) return null;
  if (read.has("D")) {
    day = number("D", 1);
    date = at(year, 0, day);
    if (day < 1 || date.getUTCFullYear() !== year) return null;
  }
  if ((named("E", DAYS) ?? date.getUTCDay()) !== date.getUTCDay()) return null;
  const zone = (read.get("X") ?? read.get("x") ?? read.get("Z"))?.text ?? "Z", parts = /(\d\d):?(\d\d)?/.exec(zone);
  const offset = parts ? (Number(parts[1]) * 60 + Number(parts[2] ?? 0)) * (zone[0] === "-" ? -1 : 1) : 0;
  if (parts && (Number(parts[1]) > 23 || Number(parts[2] ?? 0) > 59)) return null;
  return BigInt(date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + milli);
}
