import fc from "../../deps/fast_check.ts";
import { REGEXP_GROUPS_MAX } from "../../../src/core/limits.ts";

/** A regular expression in what this language and ECMAScript have in common, with the flags of both. */
export interface RandomPattern {
  readonly source: string;
  readonly flags: string;
}

interface Part {
  readonly source: string;
  /** It can match the empty text. ECMAScript and others part where such a thing is repeated. */
  readonly nullable: boolean;
}

const part = (source: string, nullable = false): Part => ({ source, nullable });
const CHARACTERS = ["a", "b", "c", "é", "漢", "🙂", "1", "_", " ", "\\n", "\\.", "\\x41", "\\u0062"];
const CLASSES = [
  ".",
  "\\d",
  "\\w",
  "\\D",
  "\\W",
  "\\s",
  "\\S",
  "[ab]",
  "[^a]",
  "[a-c1-3]",
  "[^\\w]",
  "[é-漢]",
  "[\\s_-]",
  "[^🙂\\n]",
];
const ANCHORS = ["^", "$", "\\b", "\\B"];
const TIMES = ["*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "*?", "+?", "??", "{1,2}?", "{1,}?"];

/** Groups are kept only where nothing repeats them: ECMAScript forgets a group at each repetition. */
function parts(depth: number, kept: boolean): fc.Arbitrary<Part> {
  const atom = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...CHARACTERS).map((source) => part(source)) },
    { weight: 4, arbitrary: fc.constantFrom(...CLASSES).map((source) => part(source)) },
    { weight: 1, arbitrary: fc.constantFrom(...ANCHORS).map((source) => part(source, true)) },
  );
  if (depth === 0) return atom;
  const inner = choices(depth - 1, kept), repeatable = choices(depth - 1, false);
  return fc.oneof(
    { weight: 5, arbitrary: atom },
    {
      weight: 2,
      arbitrary: inner.map(({ source, nullable }) => part(kept ? `(${source})` : `(?:${source})`, nullable)),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(
        fc.oneof(atom, repeatable.map(({ source, nullable }) => part(`(?:${source})`, nullable))),
        fc.constantFrom(...TIMES),
      )
        .map(([{ source, nullable }, times]) =>
          nullable
            ? part(source.startsWith("(") ? source : `(?:${source})`, true)
            : part(source + times, /^[*?]|^\{0/.test(times))
        ),
    },
  );
}

function choices(depth: number, kept: boolean): fc.Arbitrary<Part> {
  const sequence = fc.array(parts(depth, kept), { minLength: 0, maxLength: 4 }).map((all) =>
    part(all.map(({ source }) => source).join(""), all.every(({ nullable }) => nullable))
  );
  return fc.array(sequence, { minLength: 1, maxLength: 3 }).map((all) =>
    part(all.map(({ source }) => source).join("|"), all.some(({ nullable }) => nullable))
  );
}

export const anyPattern: fc.Arbitrary<RandomPattern> = fc.tuple(
  choices(3, true),
  fc.subarray(["i", "s", "m"]),
).map(([{ source }, flags]) => ({ source, flags: flags.join("") }))
  .filter(({ source }) => (source.match(/\((?!\?)/g)?.length ?? 0) <= REGEXP_GROUPS_MAX);

/** Texts of the characters that patterns speak of. */
export const anySubject = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", "c", "A", "é", "漢", "🙂", "1", "_", " ", "\n", "."), maxLength: 14 }),
  fc.string({ unit: fc.constantFrom("a", "b", "1"), maxLength: 20 }),
);
