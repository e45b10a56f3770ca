import type { randomOf } from "./function/run.ts";

type Random = ReturnType<typeof randomOf>;

const TEXTS = [
  "",
  "a",
  "é",
  "😀",
  'say "x"',
  "\\",
  "\n\t\u0001",
  "a longer text than sixteen bytes",
  "__proto__",
  "1",
  "null",
];
const NUMBERS = [0, 1, -1, 7, 1.5, -0.25, 9007199254740991, 1e21];

/** A value of JSON whose keys are no numbers, so that JavaScript keeps their order. */
export function anyJson(random: Random, depth: number): unknown {
  const kind = random.below(depth > 0 ? 8 : 5);
  switch (kind) {
    case 0:
      return null;
    case 1:
      return random.below(2) === 1;
    case 2:
      return NUMBERS[random.below(NUMBERS.length)];
    case 3:
    case 4:
      return TEXTS[random.below(TEXTS.length)];
    case 5: {
      const members = Array.from(
        { length: random.below(4) },
        () => [`k${random.below(9)}é"`, anyJson(random, depth - 1)],
      );
      return Object.fromEntries(members);
    }
    default:
      return Array.from({ length: random.below(4) }, () => anyJson(random, depth - 1));
  }
}

/** The value as JSON with blanks, and escapes that need not be. */
export function spaced(value: unknown, random: Random): string {
  const blank = () => " ".repeat(random.below(3));
  if (typeof value === "string") {
    const escaped = Array.from({ length: value.length }, (_, i) => {
      const unit = value.charCodeAt(i);
      const surrogate = unit >= 0xd800 && unit < 0xe000;
      return surrogate || random.below(3) === 0
        ? `\\u${unit.toString(16).padStart(4, "0")}`
        : JSON.stringify(value[i]).slice(1, -1);
    });
    return `"${escaped.join("")}"`;
  }
  if (Array.isArray(value)) {
    return `[${blank()}${value.map((item) => spaced(item, random)).join(`${blank()},${blank()}`)}${blank()}]`;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([key, item]) =>
      `${spaced(key, random)}${blank()}:${blank()}${spaced(item, random)}`
    );
    return `{${blank()}${members.join(`${blank()},${blank()}`)}${blank()}}`;
  }
  return JSON.stringify(value);
}
