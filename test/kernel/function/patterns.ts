import fc from "../../deps/fast_check.ts";
import { REGEXP_GROUPS_MAX } from "../../../src/core/limits.ts";

/** A regular expression in what this language and ECMAScript have in common, with the flags of both. */
export interface RandomPattern {
  readonly source: string;
  readonly flags: string;
  /** A quantifier is within another: RegExp may take exponential time. */
  readonly nested: boolean;
}

interface Part {
  readonly source: string;
  /** It can match the empty text. ECMAScript and others part where such a thing is repeated. */
  readonly nullable: boolean;
  /** It has quantifiers. */
  readonly repeats: boolean;
  readonly nested: boolean;
}

const part = (source: string, nullable = false): Part => ({ source, nullable, repeats: false, nested: false });
/** What `inner` is with other text around it. */
const around = (source: string, nullable: boolean, inner: readonly Part[]): Part => ({
  source,
  nullable,
  repeats: inner.some(({ repeats }) => repeats),
  nested: inner.some(({ nested }) => nested),
});

function repeated(inner: Part, times: string): Part {
  const { source, nullable, repeats, nested } = inner;
  if (nullable) return around(source.startsWith("(") ? source : `(?:${source})`, true, [inner]);
  return { source: source + times, nullable: /^[*?]|^\{0/.test(times), repeats: true, nested: nested || repeats };
}
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
      arbitrary: inner.map((one) => around(kept ? `(${one.source})` : `(?:${one.source})`, one.nullable, [one])),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(
        fc.oneof(atom, repeatable.map((one) => around(`(?:${one.source})`, one.nullable, [one]))),
        fc.constantFrom(...TIMES),
      ).map(([one, times]) => repeated(one, times)),
    },
  );
}

function choices(depth: number, kept: boolean): fc.Arbitrary<Part> {
  const sequence = fc.array(parts(depth, kept), { minLength: 0, maxLength: 4 }).map((all) =>
    around(all.map(({ source }) => source).join(""), all.every(({ nullable }) => nullable), all)
  );
  return fc.array(sequence, { minLength: 1, maxLength: 3 }).map((all) =>
    around(all.map(({ source }) => source).join("|"), all.some(({ nullable }) => nullable), all)
  );
}

export const anyPattern: fc.Arbitrary<RandomPattern> = fc.tuple(
  choices(3, true),
  fc.subarray(["i", "s", "m"]),
).map(([{ source, nested }, flags]) => ({ source, flags: flags.join(""), nested }))
  .filter(({ source }) => (source.match(/\((?!\?)/g)?.length ?? 0) <= REGEXP_GROUPS_MAX);

/** Texts of the characters that patterns speak of. */
export const anySubject = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", "c", "A", "é", "漢", "🙂", "1", "_", " ", "\n", "."), maxLength: 14 }),
  fc.string({ unit: fc.constantFrom("a", "b", "1"), maxLength: 20 }),
);
