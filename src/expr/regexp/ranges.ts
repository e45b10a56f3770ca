/** A set of code points: ranges from low to high, both in it, in order and apart from each other. */
export type Ranges = readonly (readonly [number, number])[];

export const CODE_POINT_MAX = 0x10ffff;

/** Ranges in any order, which may overlap, as a set. */
export function union(...all: readonly Ranges[]): Ranges {
  const sorted = all.flat().toSorted((a, b) => a[0] - b[0]), merged: [number, number][] = [];
  for (const [low, high] of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else merged.push([low, high]);
  }
  return merged;
}

/** All code points but these. */
export function negated(ranges: Ranges): Ranges {
  const rest: [number, number][] = [];
  let low = 0;
  for (const [from, to] of ranges) {
    if (from > low) rest.push([low, from - 1]);
    low = to + 1;
  }
  if (low <= CODE_POINT_MAX) rest.push([low, CODE_POINT_MAX]);
  return rest;
}

const UPPER: Ranges = [[65, 90]], LOWER: Ranges = [[97, 122]], CASE_BIT = 32;

/** With ASCII letters in both cases. */
export function folded(ranges: Ranges): Ranges {
  const moved = (letters: Ranges, by: number): Ranges =>
    ranges.flatMap(([low, high]): [number, number][] => {
      const from = Math.max(low, letters[0][0]), to = Math.min(high, letters[0][1]);
      return from <= to ? [[from + by, to + by]] : [];
    });
  return union(ranges, moved(UPPER, CASE_BIT), moved(LOWER, -CASE_BIT));
}

/** Whether two sets have nothing in common. */
export function areApart(a: Ranges, b: Ranges): boolean {
  return !a.some(([low, high]) => b.some(([from, to]) => low <= to && from <= high));
}

const range = (text: string): Ranges => {
  const points = Array.from(text, (one) => one.codePointAt(0)!);
  return union(points.filter((_, i) => i % 2 === 0).map((low, i): [number, number] => [low, points[2 * i + 1]]));
};

export const DIGIT = range("09");
export const WORD = range("09AZ__az");
export const SPACE = range("\t\r  ");
/** Line ends of Java, which `.` does not match: line feed, carriage return, U+0085, U+2028 and U+2029. */
export const LINE_END = range("\n\n\r\r\u0085\u0085\u2028\u2029");

/** Names of ASCII classes, as in `\p{Alpha}` and `[[:alpha:]]`. */
export const NAMED: ReadonlyMap<string, Ranges> = new Map([
  ["alpha", range("AZaz")],
  ["digit", DIGIT],
  ["alnum", range("09AZaz")],
  ["upper", range("AZ")],
  ["lower", range("az")],
  ["punct", range("!/:@[`{~")],
  ["space", SPACE],
  ["blank", range("\t\t  ")],
  ["cntrl", range("\0\x1f\x7f\x7f")],
  ["graph", range("!~")],
  ["print", range(" ~")],
  ["xdigit", range("09AFaf")],
  ["word", WORD],
  ["ascii", range("\0\x7f")],
]);
