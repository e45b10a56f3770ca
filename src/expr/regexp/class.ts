import { CODE_POINT_MAX, DIGIT, folded, NAMED, negated, type Ranges, SPACE, union, WORD } from "./ranges.ts";
import type { Scanner } from "./scanner.ts";

/** Characters that a letter behind a backslash stands for. */
const CHARACTERS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };
const CLASSES: Readonly<Record<string, Ranges>> = { d: DIGIT, w: WORD, s: SPACE };

/** The characters of an escape, from its backslash on. */
export function escapedRanges(scanner: Scanner): Ranges {
  const letter = scanner.after(1), lower = letter.toLowerCase();
  if (letter === "") throw scanner.error("There is nothing behind the last backslash", "Write \\\\ for the character");
  if (Object.hasOwn(CLASSES, lower)) {
    scanner.skip(2);
    return letter === lower ? CLASSES[lower] : negated(CLASSES[lower]);
  }
  if (lower === "p") return property(scanner, letter === "P");
  if (letter === "x" || letter === "u") return numbered(scanner);
  if (Object.hasOwn(CHARACTERS, letter)) {
    scanner.skip(2);
    return [[CHARACTERS[letter], CHARACTERS[letter]]];
  }
  if (/[1-9]/.test(letter) || letter === "k") {
    throw scanner.error("Back-references cannot be matched in linear time");
  }
  if (/[A-Za-z0-9]/.test(letter)) {
    throw scanner.error(
      `There is no escape \\${letter}`,
      "What fits: \\d \\w \\s \\b \\A \\z \\p{…} \\t \\n \\r \\x41 \\u0041",
    );
  }
  scanner.skip(1);
  const code = scanner.take().codePointAt(0)!;
  return [[code, code]];
}

function numbered(scanner: Scanner): Ranges {
  const match = scanner.matches(/\\(?:x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4}))/y);
  const code = match ? parseInt(match[1] ?? match[2] ?? match[3], 16) : NaN;
  if (!match || !(code <= CODE_POINT_MAX) || (code >= 0xd800 && code <= 0xdfff)) {
    throw scanner.error("This is no number of a character", "What fits: \\x41, \\x{1F642}, \\u0041; no surrogates");
  }
  scanner.skip(match[0].length);
  return [[code, code]];
}

function property(scanner: Scanner, not: boolean): Ranges {
  const match = scanner.matches(/\\[pP]\{(\^?)(?:Is)?([A-Za-z]+)\}/y),
    found = match && NAMED.get(match[2].toLowerCase());
  if (!match || !found) {
    const names = [...NAMED.keys()].map((name) => name[0].toUpperCase() + name.slice(1)).join(", ");
    throw scanner.error("Classes of Unicode are not known", `What fits, of ASCII: \\p{…} with ${names}`);
  }
  scanner.skip(match[0].length);
  return not !== (match[1] === "^") ? negated(found) : found;
}

/** The characters of a class, from its `[` on. */
export function classRanges(scanner: Scanner, anyCase: boolean): Ranges {
  const start = scanner.error("There is a [ without a ]", "Write \\[ for the character");
  scanner.skip(1);
  const not = scanner.takes("^");
  let ranges: Ranges = [];
  for (let first = true; first || !scanner.sees("]"); first = false) {
    if (scanner.done) throw start;
    ranges = union(ranges, item(scanner));
  }
  scanner.skip(1);
  const both = anyCase ? folded(ranges) : ranges;
  return not ? negated(both) : both;
}

function item(scanner: Scanner): Ranges {
  const named = scanner.matches(/\[:(\^?)([a-z]+):\]/y), found = named && NAMED.get(named[2]);
  if (named && found) {
    scanner.skip(named[0].length);
    return named[1] ? negated(found) : found;
  }
  if (scanner.sees("&&")) throw scanner.error("Intersections of classes are not known", "Write \\& for the character");
  const low = bound(scanner);
  if (!scanner.matches(/-[^\]]/y)) return low;
  const place = scanner.error("This is no range of characters");
  scanner.skip(1);
  const high = bound(scanner);
  const one = (ranges: Ranges) => ranges.length === 1 && ranges[0][0] === ranges[0][1];
  if (!one(low) || !one(high) || high[0][0] < low[0][0]) throw place;
  return [[low[0][0], high[0][0]]];
}

function bound(scanner: Scanner): Ranges {
  if (scanner.sees("\\")) return escapedRanges(scanner);
  const code = scanner.take().codePointAt(0)!;
  return [[code, code]];
}
