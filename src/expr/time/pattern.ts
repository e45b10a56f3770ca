import { TIME_PATTERN_CHARS_MAX } from "../../core/limits.ts";

/** Fields by the codes of asm/function/time/pattern.ts; 0 is a text. */
const CODES: Readonly<Record<string, number>> = {
  y: 1,
  u: 1,
  M: 2,
  L: 2,
  d: 3,
  D: 4,
  E: 5,
  a: 6,
  H: 7,
  k: 8,
  K: 9,
  h: 10,
  m: 11,
  s: 12,
  S: 13,
  Q: 14,
};
const TEXT = 0, ZONE = 15;
/** Most letters of a field, by code; a name of a month or day takes four. */
const LETTERS_MAX: readonly number[] = [0, 9, 4, 2, 3, 4, 1, 2, 2, 2, 2, 2, 2, 9, 2];
/** Bytes that a field may take beyond its letters: the longest name, a sign and a year of int64. */
const SLACK_BYTES = 12;
/** Milliseconds in which a field does not change; what is not here changes with the day. */
const GRANULARITY: Readonly<Record<number, number>> = { 6: 43_200_000, 11: 60_000, 12: 1000, 13: 1 };
const HOUR_MS = 3_600_000, DAY_MS = 86_400_000, HOURS = [7, 8, 9, 10];
const TEXT_BYTES_MAX = 255;

/** Why a pattern is none, and from which of its characters on (from 0). */
export class TimePatternError extends Error {
  constructor(readonly at: number, message: string, readonly hint?: string) {
    super(message);
  }
}

interface Part {
  readonly code: number;
  readonly width: number;
  readonly text?: Uint8Array;
}

/**
 * Compiles a pattern of dates and times with the letters of Java's DateTimeFormatter: y u M L d D E a H k K h m s S Q, zones X x Z z;
 * a text is in single quotes, `''` is one. Throws TimePatternError, with the place.
 */
export function compileTimePattern(pattern: string): Uint8Array<ArrayBuffer> {
  const parts: Part[] = [];
  if (pattern.length > TIME_PATTERN_CHARS_MAX) {
    throw new TimePatternError(
      TIME_PATTERN_CHARS_MAX,
      `The pattern has more than ${TIME_PATTERN_CHARS_MAX} characters`,
    );
  }
  for (let at = 0; at < pattern.length;) {
    const quoted = /'((?:[^']|'')*)'/y, letters = /([A-Za-z])\1*/y, plain = /[^A-Za-z']+/y;
    for (const expression of [quoted, letters, plain]) expression.lastIndex = at;
    const text = quoted.exec(pattern), run = letters.exec(pattern), rest = plain.exec(pattern);
    if (text) parts.push(textOf(text[1].replaceAll("''", "'") || "'"));
    else if (run) parts.push(fieldOf(run[0], at));
    else if (rest) parts.push(textOf(rest[0]));
    else throw new TimePatternError(at, "There is a quote without its other", "Write '' for the character");
    at += (text ?? run ?? rest)![0].length;
  }
  return encode(parts);
}

function textOf(text: string): Part {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > TEXT_BYTES_MAX) {
    throw new TimePatternError(0, `A text of the pattern has more than ${TEXT_BYTES_MAX} bytes`);
  }
  return { code: TEXT, width: bytes.length, text: bytes };
}

function fieldOf(letters: string, at: number): Part {
  const letter = letters[0], count = letters.length;
  if ("XxZz".includes(letter)) return zoneOf(letter, count, at);
  const code = Object.hasOwn(CODES, letter) ? CODES[letter] : null;
  if (code === null || count > LETTERS_MAX[code]) {
    const hint = "What fits: y u M L d D E a H k K h m s S Q X x Z z, texts in single quotes";
    throw new TimePatternError(at, `${letters} is no field`, hint);
  }
  return { code, width: code === CODES.E && count < 3 ? 3 : count };
}

/** Widths of zones: as letters of X; plus 4 where UTC is +00; 8 a name. */
function zoneOf(letter: string, count: number, at: number): Part {
  if (letter === "z" && count < 4) return { code: ZONE, width: 8 };
  if (letter === "Z" && count < 4) return { code: ZONE, width: 4 + 2 };
  if ((letter === "X" || letter === "x") && count < 4) return { code: ZONE, width: letter === "X" ? count : 4 + count };
  throw new TimePatternError(at, `${letter.repeat(count)} is no field`, "Zones are X, XX, XXX, x, xx, xxx, Z and z");
}

function encode(parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const bytes = parts.flatMap(({ code, width, text }) => [code, width, ...text ?? []]);
  const sizes = parts.map(({ code }) => HOURS.includes(code) ? HOUR_MS : GRANULARITY[code] ?? DAY_MS);
  const program = new Uint8Array(8 + bytes.length), view = new DataView(program.buffer);
  view.setUint32(0, Math.min(DAY_MS, ...sizes), true);
  view.setUint32(4, parts.reduce((sum, { width }) => sum + width + SLACK_BYTES, 0), true);
  program.set(bytes, 8);
  return program;
}
