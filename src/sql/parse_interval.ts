import { nearest } from "../core/nearest.ts";
import type { IntervalLiteral, NumberLiteral, Span, StringLiteral, TimeUnit } from "./ast.ts";
import { SqlMistake } from "./errors.ts";
import { unitOf } from "./parse_token.ts";
import { textOf } from "./tokens_encode.ts";
import { UNIT_WORDS } from "./tokens_keywords.ts";

/** Digits of a part that are looked at; a century in milliseconds has thirteen. */
const DIGITS_MAX = 30;
const MONTHS: Readonly<Partial<Record<TimeUnit, bigint>>> = {
  MILLENNIUM: 12_000n,
  CENTURY: 1200n,
  DECADE: 120n,
  YEAR: 12n,
  QUARTER: 3n,
  MONTH: 1n,
};
const MS: Readonly<Partial<Record<TimeUnit, bigint>>> = {
  WEEK: 604_800_000n,
  DAY: 86_400_000n,
  HOUR: 3_600_000n,
  MINUTE: 60_000n,
  SECOND: 1000n,
  MILLISECOND: 1n,
};
/** What a text has for a range of units: its parts, the greatest first, and how they are written. */
const RANGES: Readonly<Record<string, { units: readonly TimeUnit[]; pattern: RegExp; example: string }>> = {
  "YEAR TO MONTH": { units: ["YEAR", "MONTH"], pattern: /^(\d+)-(\d+)$/, example: "'1-06'" },
  "DAY TO HOUR": { units: ["DAY", "HOUR"], pattern: /^(\d+) +(\d+)$/, example: "'1 02'" },
  "DAY TO MINUTE": { units: ["DAY", "HOUR", "MINUTE"], pattern: /^(\d+) +(\d+):(\d+)$/, example: "'1 02:03'" },
  "DAY TO SECOND": {
    units: ["DAY", "HOUR", "MINUTE", "SECOND"],
    pattern: /^(\d+) +(\d+):(\d+):(\d+(?:\.\d*)?)$/,
    example: "'1 02:03:04.5'",
  },
  "HOUR TO MINUTE": { units: ["HOUR", "MINUTE"], pattern: /^(\d+):(\d+)$/, example: "'02:03'" },
  "HOUR TO SECOND": {
    units: ["HOUR", "MINUTE", "SECOND"],
    pattern: /^(\d+):(\d+):(\d+(?:\.\d*)?)$/,
    example: "'02:03:04.5'",
  },
  "MINUTE TO SECOND": { units: ["MINUTE", "SECOND"], pattern: /^(\d+):(\d+(?:\.\d*)?)$/, example: "'03:04.5'" },
};
/** Parts behind the first are less than one of the unit before. */
const PART_MAX: Readonly<Partial<Record<TimeUnit, number>>> = { MONTH: 11, HOUR: 23, MINUTE: 59, SECOND: 59 };

interface Part {
  readonly digits: string;
  readonly unit: TimeUnit;
}

/**
 * INTERVAL with an optional sign (a matched character), its text or number, and its units (matched characters); null: the text holds them. `next` is the
 * word behind it, which may be meant as its unit.
 */
export function intervalLiteral(
  sign: string | null,
  value: StringLiteral | NumberLiteral,
  qualifier: { from: string; to: string | null } | null,
  at: Span,
  next: string,
): IntervalLiteral {
  const written = value.kind === "string" ? value.value : value.text;
  const text = (sign === "-" ? "-" : "") + written;
  const [, minus, body] = /^\s*([+-]?)\s*([^]*?)\s*$/.exec(written)!;
  const negative = (sign === "-") !== (minus === "-");
  if (!qualifier) {
    const parts = wordParts(body, at, next);
    const to = parts.length > 1 ? parts[parts.length - 1].unit : null;
    return { kind: "interval", text, from: parts[0].unit, to, value: total(parts, negative, at), at };
  }
  const from = unitAt(qualifier.from), to = qualifier.to === null ? null : unitAt(qualifier.to);
  const parts = to === null || to === from ? [onePart(body, from, at)] : rangeParts(body, from, to, at);
  return { kind: "interval", text, from, to, value: total(parts, negative, at), at };
}

/** An interval of a number and a unit apart, as Azure's functions have it. */
export function intervalOf(amount: NumberLiteral, unit: TimeUnit, at: Span): IntervalLiteral {
  const [, minus, digits] = /^(-?)(.*)$/.exec(amount.text)!;
  const value = total([onePart(digits, unit, at)], minus === "-", at);
  return { kind: "interval", text: amount.text, from: unit, to: null, value, at };
}

function unitAt(code: string): TimeUnit {
  return unitOf(textOf(code) ?? "")!;
}

function onePart(body: string, unit: TimeUnit, at: Span): Part {
  const fits = unit === "SECOND" ? /^(?:\d+(?:\.\d*)?|\.\d+)$/ : /^\d+$/;
  if (fits.test(body)) return { digits: body, unit };
  const hint = /^\d+ +[a-z]+$/i.test(body) ? `The unit stands behind the quotes: INTERVAL '5' ${unit}` : undefined;
  throw new SqlMistake(at, `Cannot read '${body}' as a number of ${unit}S`, hint);
}

function rangeParts(body: string, from: TimeUnit, to: TimeUnit, at: Span): Part[] {
  const range = RANGES[`${from} TO ${to}`];
  if (!range) {
    throw new SqlMistake(at, `There are no intervals ${from} TO ${to}`, `What fits: ${Object.keys(RANGES).join(", ")}`);
  }
  const found = range.pattern.exec(body);
  if (!found) {
    throw new SqlMistake(at, `Cannot read '${body}' as ${from} TO ${to}: it is written like ${range.example}`);
  }
  const parts = range.units.map((unit, i) => ({ digits: found[i + 1], unit }));
  for (const { digits, unit } of parts.slice(1)) {
    if (Math.floor(Number(digits)) <= (PART_MAX[unit] ?? Infinity)) continue;
    throw new SqlMistake(at, `Cannot read '${body}' as ${from} TO ${to}: ${digits} ${unit}S are too many`);
  }
  return parts;
}

/** `5 minutes`, `1 hour 30 minutes`. */
function wordParts(body: string, at: Span, next: string): Part[] {
  const parts: Part[] = [];
  for (const [, digits, word] of body.matchAll(/(\S+)\s+(\S+)/g)) {
    const unit = unitOf(word);
    if (unit) parts.push(onePart(digits, unit, at) && { digits, unit });
  }
  const words = body === "" ? [] : body.split(/\s+/);
  if (parts.length > 0 && words.length === 2 * parts.length) return parts;
  const meant = nearest(next, UNIT_WORDS);
  const hint = meant ? `Did you mean ${meant}?` : "Write it like INTERVAL '5' MINUTE";
  throw new SqlMistake(at, `The interval '${body}' has no unit`, hint);
}

/** The sum of all parts in months or milliseconds. */
function total(parts: readonly Part[], negative: boolean, at: Span): IntervalLiteral["value"] {
  const months = parts.every(({ unit }) => MONTHS[unit] !== undefined);
  let sum = 0n;
  for (const { digits, unit } of parts) {
    const one = months ? MONTHS[unit] : MS[unit];
    if (one === undefined) {
      const mixed = MONTHS[unit] !== undefined;
      throw new SqlMistake(
        at,
        mixed ? "Months and days do not add up to one interval" : `There are no intervals of ${unit}S`,
      );
    }
    sum += scaled(digits, one, at);
  }
  const amount = Number(negative ? -sum : sum);
  if (!Number.isSafeInteger(amount)) throw new SqlMistake(at, "The interval is too long");
  return { unit: months ? "month" : "ms", amount };
}

/** A decimal number times `one`, which must be whole. */
function scaled(digits: string, one: bigint, at: Span): bigint {
  if (digits.length > DIGITS_MAX) throw new SqlMistake(at, "The interval is too long");
  const [whole, fraction = ""] = digits.split("."), scale = 10n ** BigInt(fraction.length);
  const value = BigInt((whole || "0") + fraction) * one;
  if (value % scale !== 0n) throw new SqlMistake(at, `Cannot keep ${digits} exactly: time is counted in milliseconds`);
  return value / scale;
}
