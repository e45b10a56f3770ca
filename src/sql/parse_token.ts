import type { BinaryLiteral, Identifier, Name, NumberLiteral, Span, StringLiteral, TimeUnit } from "./ast.ts";
import { nearest } from "../core/nearest.ts";
import { SqlMistake } from "./errors.ts";
import { nameOf } from "./tokens.ts";
import { type Encoded, formOf, textOf } from "./tokens_encode.ts";
import { UNIT_WORDS } from "./tokens_keywords.ts";

/** Azure's short names of units, and those that others use. */
const UNIT_SHORT: Readonly<Record<string, TimeUnit>> = {
  YY: "YEAR",
  YYYY: "YEAR",
  QQ: "QUARTER",
  Q: "QUARTER",
  MM: "MONTH",
  M: "MONTH",
  DAYOFYEAR: "DOY",
  DY: "DOY",
  Y: "DOY",
  DD: "DAY",
  D: "DAY",
  WK: "WEEK",
  WW: "WEEK",
  WEEKDAY: "DOW",
  DAYOFWEEK: "DOW",
  DW: "DOW",
  HH: "HOUR",
  MI: "MINUTE",
  N: "MINUTE",
  SS: "SECOND",
  S: "SECOND",
  MS: "MILLISECOND",
  MCS: "MICROSECOND",
};

const UNITS: ReadonlySet<string> = new Set(UNIT_WORDS);
/** Words that look like a plural and are none. */
const NO_PLURAL = /^DOY$|^EPOCH$|^DOW$/;

/** The unit that a word in any case, singular or plural or short, names; null for others. */
export function unitOf(word: string): TimeUnit | null {
  const upper = word.toUpperCase();
  if (Object.hasOwn(UNIT_SHORT, upper)) return UNIT_SHORT[upper];
  if (!UNITS.has(upper)) return null;
  return (NO_PLURAL.test(upper) ? upper : upper.replace(/S$/, "")) as TimeUnit;
}

/** What the grammar makes of single tokens. */
export function tokenMaker({ source, tokens, codes }: Encoded) {
  const slice = (i: number) => source.slice(tokens[i].start, tokens[i].end);
  const place = ({ start, end }: Span): Span => ({ start, end });

  return {
    /** The place of the tokens from `start` to before `end`. Nothing has the place of what comes next. */
    span(start: number, end: number): Span {
      if (tokens.length === 0) return { start: 0, end: 0 };
      if (start >= tokens.length) return { start: tokens[tokens.length - 1].end, end: tokens[tokens.length - 1].end };
      return { start: tokens[start].start, end: tokens[Math.max(start, end - 1)].end };
    },
    /** Where the token before `end` ends. */
    end: (end: number): number => tokens[end - 1].end,
    /** The source as it is written. */
    text: (at: Span): string => source.slice(at.start, at.end),
    /** The text of a matched keyword or symbol. */
    textOf: (code: string): string => textOf(code) ?? "",
    /** The operator of a matched symbol. */
    operator: (code: string): string => textOf(code)!.replace("!=", "<>"),
    /** The keyword at a place. */
    word: (i: number): string => textOf(codes[i]) ?? tokens[i].text,
    identifier(i: number): Identifier {
      const quoted = tokens[i].kind === "name";
      return { name: quoted ? nameOf(slice(i)) : slice(i), quoted, at: place(tokens[i]) };
    },
    name(parts: readonly Identifier[]): Name {
      return { parts, at: { start: parts[0].at.start, end: parts[parts.length - 1].at.end } };
    },
    number(i: number): NumberLiteral {
      const text = slice(i), form = formOf(text);
      return { kind: "number", form: form === "exponent" ? "double" : form, text, at: place(tokens[i]) };
    },
    /** A small number of a type or a precision. */
    integer(i: number): number {
      const value = Number(slice(i));
      if (Number.isSafeInteger(value)) return value;
      throw new SqlMistake(place(tokens[i]), `Cannot read ${slice(i)} here: the number is too large`);
    },
    one: (at: Span): NumberLiteral => ({ kind: "number", form: "integer", text: "1", at }),
    string(i: number): StringLiteral {
      return { kind: "string", value: stringOf(slice(i)), at: place(tokens[i]) };
    },
    /** `U&'…'`, whose escape character is that of the string token at `escape` if there is one. */
    unicodeString(i: number, escape: number | null, at: Span): StringLiteral {
      const mark = escape === null ? "\\" : stringOf(slice(escape));
      if ([...mark].length !== 1 || /[0-9a-fA-F+'"\s]/.test(mark)) {
        throw new SqlMistake(
          at,
          `Cannot escape with ${
            JSON.stringify(mark)
          }: UESCAPE wants one character, no digit, letter A to F, + or quote`,
        );
      }
      return { kind: "string", value: unescape(stringOf(slice(i).slice(2)), mark, place(tokens[i])), at };
    },
    binary(i: number): BinaryLiteral {
      return { kind: "bytes", hex: slice(i).slice(2, -1).toUpperCase(), at: place(tokens[i]) };
    },
    unit(word: Identifier): TimeUnit {
      const unit = unitOf(word.name);
      if (unit) return unit;
      const meant = nearest(word.name.toUpperCase(), UNIT_WORDS);
      throw new SqlMistake(
        word.at,
        `Expected a unit of time, found ${word.name}`,
        meant ? `Did you mean ${meant}?` : "Units are YEAR, MONTH, DAY, HOUR, MINUTE, SECOND and their like",
      );
    },
  };
}

export type TokenMaker = ReturnType<typeof tokenMaker>;

function stringOf(quoted: string): string {
  return quoted.slice(1, -1).replaceAll("''", "'");
}

/** Replaces `\XXXX` and `\+XXXXXX`, whose backslash is `mark`; doubled it is itself. Throws for what is no code point. */
function unescape(text: string, mark: string, at: Span): string {
  let out = "";
  for (let i = 0; i < text.length;) {
    if (!text.startsWith(mark, i)) {
      out += text[i++];
    } else if (text.startsWith(mark, i + mark.length)) {
      out += mark;
      i += 2 * mark.length;
    } else {
      const digits = /^(?:\+([0-9a-fA-F]{6})|([0-9a-fA-F]{4}))/.exec(text.slice(i + mark.length, i + mark.length + 7));
      const point = parseInt(digits?.[1] ?? digits?.[2] ?? "", 16);
      if (!digits || point > 0x10FFFF) {
        const found = text.slice(i, i + mark.length + 6);
        throw new SqlMistake(at, `Cannot read ${found}: an escape has four hexadecimal digits, or + and six`);
      }
      out += String.fromCodePoint(point);
      i += mark.length + digits[0].length;
    }
  }
  return out;
}
