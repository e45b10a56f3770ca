/*
 * Values as people read them. Numbers are grouped and rounded by the reader's locale, integers and decimals beyond a double's digits stay
 * exact, times are UTC, and NULL is not the text "NULL": who shows a cell asks `isNull` first.
 */

/** Characters of a value that a cell shows; the rest is behind "…". */
export const CELL_CHARACTERS_MAX = 160;

const NONE = "–";
const DAY_MS = 86_400_000, HOUR_MS = 3_600_000, MINUTE_MS = 60_000, SECOND_MS = 1000;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The reader's separators and words, but one kind of digits: times, lengths of time and the digits behind a decimal's point are written as they come. */
function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return new Intl.NumberFormat(undefined, { numberingSystem: "latn", ...options });
}

/** A year or an id of four digits reads better without a separator. */
const grouping = { useGrouping: "min2" } as unknown as Intl.NumberFormatOptions;
const integers = numbers({ ...grouping, maximumFractionDigits: 0 });
const fractions = numbers({ ...grouping, maximumFractionDigits: 3 });
const small = numbers({ maximumSignificantDigits: 4 });
const extreme = numbers({ notation: "scientific", maximumSignificantDigits: 6 });
const compacts = numbers({ notation: "compact", maximumSignificantDigits: 4 });
/** What stands in front of a number below 0, and between its whole part and its fraction. */
const [MINUS, POINT] = fractions.format(-0.5).split(/\d/);

export function isNull(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** A number with all that matters of it: 12,345 · 0.25 · 1.5E21. Integers within 2^53 are exact. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (Number.isInteger(value)) return size < 1e15 ? integers.format(value) : extreme.format(value);
  if (size >= 1e12 || size < 1e-6) return extreme.format(value);
  return size < 1 ? small.format(value) : fractions.format(value);
}

/** A number in a few characters: 12.3K · 4.57M. For axes, legends and large figures. */
export function compactNumber(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size >= 1e15 || (size < 1e-4 && size > 0)) return extreme.format(value);
  return size < 1 ? small.format(value) : compacts.format(value);
}

/** Digits with or without a sign and a point, exact: "12345.50" → 12,345.50. Anything else comes back as it is. */
export function formatDecimal(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return text;
  const [, sign, whole, fraction] = match;
  return (sign && MINUS) + integers.format(BigInt(whole)) + (fraction === undefined ? "" : POINT + fraction);
}

/** Epoch ms of a value of a time column: a number, or ISO 8601. NaN for what is no time. */
export function timeOf(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" ? Date.parse(value) : NaN;
}

const two = (value: number) => value < 10 ? `0${value}` : `${value}`;

/** `2026-01-31 12:00:05` in UTC, with milliseconds where there are some; NaN and times outside the calendar as a dash. */
export function formatTime(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return NONE;
  const text = date.toISOString().replace("T", " ").slice(0, -1);
  return text.endsWith(".000") ? text.slice(0, -4) : text;
}

/** What an axis writes at a tick, given the distance to the next: the date where a day begins, as few parts as tell them apart. */
export function formatTick(ms: number, stepMs: number): string {
  const date = new Date(ms), day = `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}`;
  if (stepMs >= 28 * DAY_MS) {
    return date.getUTCMonth() === 0 || stepMs >= 300 * DAY_MS
      ? String(date.getUTCFullYear())
      : MONTHS[date.getUTCMonth()];
  }
  if (stepMs >= DAY_MS) return day;
  const minutes = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  if (stepMs >= MINUTE_MS) return ms % DAY_MS === 0 ? day : minutes;
  const seconds = `${minutes}:${two(date.getUTCSeconds())}`;
  return stepMs >= SECOND_MS ? seconds : `${seconds.slice(3)}.${String(date.getUTCMilliseconds()).padStart(3, "0")}`;
}

const UNITS = [[DAY_MS, "d"], [HOUR_MS, "h"], [MINUTE_MS, "min"], [SECOND_MS, "s"]] as const;

/** A length of time in at most two units: 350 ms · 3.2 s · 2 min 5 s · 1 d 4 h. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return NONE;
  const size = Math.abs(ms), sign = ms < 0 ? "−" : "";
  if (size < SECOND_MS) return `${sign}${Math.round(size)} ms`;
  if (size < 10 * SECOND_MS) return `${sign}${Math.round(size / 100) / 10} s`;
  const at = UNITS.findIndex(([unit]) => size >= unit);
  const [unit, name] = UNITS[at], next = UNITS[at + 1];
  if (!next) return `${sign}${Math.round(size / unit)} ${name}`;
  const rest = Math.floor((size % unit) / next[0]);
  return `${sign}${Math.floor(size / unit)} ${name}${rest === 0 ? "" : ` ${rest} ${next[1]}`}`;
}

/** Bytes as people count them: 1.5 MB. */
export function formatBytes(bytes: number): string {
  const names = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  for (; bytes >= 1000 && at < names.length - 1; at++) bytes /= 1000;
  return `${at === 0 ? bytes : bytes.toPrecision(3)} ${names[at]}`;
}

/** All of a value as text: what a person copies or reads in full. */
export function fullText(value: unknown): string {
  if (isNull(value)) return "NULL";
  if (typeof value === "string") return value;
  return typeof value === "object" ? rowJson(value) : String(value);
}

/** A value as a cell shows it. `type`: as the view's columns write it. Long text is cut. */
export function formatCell(value: unknown, type: string): string {
  if (isNull(value)) return "NULL";
  if (typeof value === "bigint") return integers.format(value);
  if (type === "timestamp") {
    const ms = timeOf(value);
    return Number.isNaN(ms) ? cut(fullText(value)) : formatTime(ms);
  }
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "string" && (type.startsWith("decimal") || type.startsWith("int"))) {
    return formatDecimal(cut(value));
  }
  return cut(fullText(value));
}

/** The beginning of a text; never half of a surrogate pair. */
export function cut(text: string, charactersMax = CELL_CHARACTERS_MAX): string {
  if (text.length <= charactersMax) return text;
  const last = text.charCodeAt(charactersMax - 1), half = last >= 0xd800 && last < 0xdc00;
  return `${text.slice(0, half ? charactersMax - 1 : charactersMax)}…`;
}

/** Whether a column's values are numbers. */
export function isNumeric(type: string): boolean {
  return type === "double" || type.startsWith("int") || type.startsWith("decimal");
}

/** A number of whatever a numeric cell holds; NaN for NULL and for text that is none. Decimals and bigints lose digits here. */
export function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  return typeof value === "string" && value.trim() !== "" ? Number(value) : NaN;
}

/** A row as JSON with exact integers. */
export function rowJson(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(rowJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}:${rowJson(one)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** The parts of a list with commas that are not empty. */
export function listOf(text: string): string[] {
  return text.split(",").map((one) => one.trim()).filter((one) => one !== "");
}
