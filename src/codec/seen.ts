/**
 * What a value can be read as. Whole numbers differ by what holds them exactly: `whole` both int64 and double, `long` only
 * int64, `wide` only a double, `huge` neither. `text` is any other text, `json` an object or array; `empty` says nothing but
 * that the column may be without a value.
 */
export type Seen =
  | "whole"
  | "long"
  | "wide"
  | "huge"
  | "double"
  | "bool"
  | "timestamp"
  | "date"
  | "text"
  | "json"
  | "empty";

const NUMBER = /^-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:([T ])(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|[+-](\d\d):?(\d\d))?)?$/;
const INT64_MIN = -(2n ** 63n), INT64_MAX = 2n ** 63n - 1n;
/** No time with a fraction of sensible length is longer. */
export const TIME_CHARS_MAX = 64;

/** A number in JSON's grammar, null for what is none. Numbers beyond the range of doubles are `huge`. */
export function seenNumber(text: string): Seen | null {
  const match = NUMBER.exec(text);
  if (!match) return null;
  const value = Number(text);
  if (!Number.isFinite(value)) return "huge";
  if (match[1] !== undefined || match[2] !== undefined) return "double";
  if (text.length <= 15) return "whole";
  const whole = BigInt(text), isExact = BigInt(value) === whole;
  if (whole < INT64_MIN || whole > INT64_MAX) return isExact ? "wide" : "huge";
  return isExact ? "whole" : "long";
}

/** `timestamp` for a date and time of ISO 8601 that the calendar has, `date` for such a date, else `text`. */
export function seenTime(text: string): Seen {
  const match = text.length <= TIME_CHARS_MAX ? TIME.exec(text) : null;
  if (!match) return "text";
  const number = (group: number) => Number(match[group] ?? 0);
  const month = number(2), day = number(3);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(number(1), month)) return "text";
  if (number(5) > 23 || number(6) > 59 || number(7) > 59 || number(8) > 23 || number(9) > 59) return "text";
  return match[4] === undefined ? "date" : "timestamp";
}

/** A value that is only text, as in CSV. */
export function seenField(text: string): Seen {
  if (text === "") return "empty";
  if (text === "true" || text === "false") return "bool";
  return seenNumber(text) ?? seenTime(text);
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return 30 + ((month + (month >> 3)) & 1);
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}
