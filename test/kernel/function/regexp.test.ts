import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { RdxError } from "../../../src/core/errors.ts";
import { type Column, STRING } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import { compileExpression, type Expression } from "../../../src/expr/mod.ts";
import { points } from "../reference/text.ts";
import { anyPattern, anySubject, type RandomPattern } from "./patterns.ts";
import { valuesOf } from "./run.ts";

const COLUMNS: readonly Column[] = [{ name: "a", type: STRING, nullable: true }];
const a: Expression = { column: "a" };
const call = (name: string, pattern: string, ...rest: Expression[]): Expression => ({
  call: name,
  args: [a, { literal: pattern }, ...rest],
});
const of = (expression: Expression, texts: readonly (string | null)[]) =>
  valuesOf(expression, COLUMNS, texts.map((text) => [text]));

const NESTED_POINTS_MAX = 9;

/** All that the functions say of texts, by ECMAScript's RegExp. */
function check({ source, flags, nested }: RandomPattern, given: readonly string[]): void {
  // RegExp takes exponential time where quantifiers are nested
  const short = nested ? given.map((text) => points(text).slice(0, NESTED_POINTS_MAX).join("")) : given;
  // V8 finds \\B within surrogate pairs
  const texts = source.includes("\\B") ? short.map((text) => text.replaceAll("🙂", "漢")) : short;
  const written = (flags && `(?${flags})`) + source, expression = new RegExp(source, `${flags}u`);
  const groups = new RegExp(`${source}|`, "u").exec("")!.length - 1;
  const matches = texts.map((text) => expression.exec(text));
  const all = new RegExp(source, `${flags}gu`);
  if (written !== "") {
    assert.deepEqual(
      of(call("regexp", written), texts),
      matches.map((match) => match !== null),
      written,
    );
  }
  for (let group = 0; group <= groups; group++) {
    const found = of(call("regexp_extract", written, { literal: group }), texts);
    assert.deepEqual(found, matches.map((match) => match?.[group] ?? null), `group ${group} of ${written}`);
  }
  const by = { literal: "<$1>" };
  assert.deepEqual(
    of(call("regexp_replace", written, by), texts),
    texts.map((text) => text.replace(all, () => "<$1>")),
    written,
  );
  assert.deepEqual(
    of(call("regexp_count", written), texts),
    texts.map((text) => BigInt(text.match(all)?.length ?? 0)),
    written,
  );
  const place = (text: string, match: RegExpExecArray | null) =>
    match === null ? 0n : BigInt(points(text.slice(0, match.index)).length + 1);
  assert.deepEqual(of(call("regexp_instr", written), texts), texts.map((text, i) => place(text, matches[i])), written);
}

Deno.test("random patterns match random texts as RegExp does: whether, where, groups, all and how many", () => {
  fc.assert(
    fc.property(
      anyPattern,
      fc.array(anySubject, { minLength: 1, maxLength: 70 }),
      (pattern, texts) => check(pattern, texts),
    ),
    { numRuns: 150 },
  );
});

Deno.test("so they do in texts that are too long for trying, which are matched by threads", () => {
  // With two quantifiers RegExp takes its time; with more, or nested ones, it would take for ever
  const few = anyPattern.filter(({ source, nested }) => !nested && (source.match(/[*+]|,\}/g)?.length ?? 0) <= 2);
  fc.assert(
    fc.property(few, anySubject, anySubject, fc.constantFrom("#", "a", "\n"), (pattern, before, behind, pad) => {
      const { program } = compileExpression(
        call("regexp_count", `(?${pattern.flags || "s"})${pattern.source}`),
        COLUMNS,
      );
      const steps = new DataView(Uint8Array.fromBase64((program.constants[0] as { value: string }).value).buffer)
        .getUint32(0, true);
      const middle = pad.repeat(Math.ceil(66_000 / steps / 4) * 4);
      if (middle.length < 8000) check(pattern, [before + middle + behind]);
    }),
    { numRuns: 60 },
  );
});

Deno.test("no pattern takes more than steps times characters", () => {
  const long = "a".repeat(20_000), short = "a".repeat(30);
  for (const pattern of ["(a*)*b", "(a|aa)+$b", "(x+x+)+y", "(a|a)*b", "((a?){20}){20}b", "(.*)(.*)(.*)(.*)[0-9]"]) {
    assert.deepEqual(of(call("regexp", pattern), [long, short]), [false, false], pattern);
    assert.deepEqual(of(call("regexp_extract", pattern), [long, short]), [null, null], pattern);
  }
  assert.deepEqual(of(call("regexp_extract", "(a*)*c?", { literal: 1 }), [short]), [short]);
});

Deno.test("classes by name, quotes, numbers and named groups", () => {
  const texts = ["aB-9 ", "x.y*z", "A\u0001é"];
  const all = (pattern: string) => of(call("regexp_replace", pattern, { literal: "" }), texts);
  assert.deepEqual(all("[[:alpha:]]"), ["-9 ", ".*", "\u0001é"]);
  assert.deepEqual(all("\\p{Upper}|\\p{Punct}"), ["a9 ", "xyz", "\u0001é"]);
  assert.deepEqual(all("\\P{Alnum}"), ["aB9", "xyz", "A"]);
  assert.deepEqual(all("[^[:ascii:]]"), ["aB-9 ", "x.y*z", "A\u0001"]);
  assert.deepEqual(all("\\Q.y*\\E"), ["aB-9 ", "xz", "A\u0001é"]);
  assert.deepEqual(all("\\x{e9}|\\x01|\\u0041"), ["aB-9 ", "x.y*z", ""]);
  assert.deepEqual(all("(?i)[b-x]|(?-i)a"), ["-9 ", ".y*z", "A\u0001é"]);
  assert.deepEqual(all("[]a-]"), ["B9 ", "x.y*z", "A\u0001é"]);
  assert.deepEqual(of(call("regexp_extract", "(?<letter>[a-z])(?P<other>.)", { literal: 2 }), texts), ["B", ".", null]);
  assert.deepEqual(of(call("regexp_extract", "\\A.\\z|..\\z"), texts), ["9 ", "*z", "\u0001é"]);
});

Deno.test("a line end of Java is no character for the dot, unless (?s) says so; (?m) makes lines of line feeds", () => {
  const texts = ["a\u0085b", "a\u2028b", "a\rb", "a\nb"];
  assert.deepEqual(of(call("regexp", "a.b"), texts), [false, false, false, false]);
  assert.deepEqual(of(call("regexp", "(?s)a.b"), texts), [true, true, true, true]);
  assert.deepEqual(of(call("regexp", "(?m)^b$"), texts), [false, false, false, true]);
});

Deno.test("a group that has no part in the match is NULL, an empty one is empty", () => {
  assert.deepEqual(of(call("regexp_extract", "(a)|(b*)", { literal: 2 }), ["a", "x", null]), [null, "", null]);
  assert.deepEqual(of(call("regexp", ""), ["", "x", null]), [false, false, null]);
  assert.deepEqual(of({ call: "regexp", args: [a, { literal: null }] }, ["x"]), [null]);
});

Deno.test("URLs of Nexmark give their channel", () => {
  const pattern = "(&|^)channel_id=([^&]*)";
  const urls = [
    "https://www.nexmark.com/a/b/item.htm?query=1&channel_id=1234",
    "channel_id=7&x=1",
    "xchannel_id=1",
    "&channel_id=",
  ];
  assert.deepEqual(of(call("regexp_extract", pattern, { literal: 2 }), urls), ["1234", "7", null, ""]);
});

const REFUSED: readonly (readonly [string, RegExp, number])[] = [
  ["(a", /There is a \( without a \)/, 1],
  ["a)", /There is a \) without a \(/, 2],
  ["[a", /There is a \[ without a \]/, 1],
  ["*a", /There is nothing to repeat/, 1],
  ["a|+", /There is nothing to repeat/, 3],
  ["é(a)\\1", /Back-references/, 5],
  ["\\k<x>", /Back-references/, 1],
  ["a(?=b)", /Lookaround/, 2],
  ["(?<!a)b", /Lookaround/, 1],
  ["(?>a)", /Atomic groups/, 1],
  ["(?#x)", /This is no group/, 1],
  ["(?z)a", /There is no flag z/, 1],
  ["a++", /Possessive/, 3],
  ["a**", /quantifier behind a quantifier/, 3],
  ["a{2}{3}", /quantifier behind a quantifier/, 5],
  ["a{3,2}", /has more than it has at most/, 2],
  ["a{1001}", /repeats more than 1000 times/, 2],
  ["[z-a]", /no range/, 3],
  ["[\\d-z]", /no range/, 4],
  ["[a&&b]", /Intersections/, 3],
  ["\\pL", /Classes of Unicode/, 1],
  ["\\p{Greek}", /Classes of Unicode/, 1],
  ["\\y", /There is no escape \\y/, 1],
  ["\\x{d800}", /no number of a character/, 1],
  ["ab\\", /nothing behind the last backslash/, 3],
  ["(a{100}){100}", /takes more than 2048 steps/, 1],
  ["(".repeat(70) + ")".repeat(70), /more than 32 groups/, 33],
  ["(?:".repeat(70) + ")".repeat(70), /nested deeper than 64/, 196],
];

Deno.test("what cannot be matched in linear time, or at all, is refused when the plan is, with the place in the pattern", () => {
  for (const [pattern, message, place] of REFUSED) {
    const reason = reasonOf(call("regexp", pattern));
    assert.match(reason, message, pattern);
    assert.ok(reason.includes(`: character ${place} of the pattern ${JSON.stringify(pattern)}`), reason);
  }
  assert.match(reasonOf({ call: "regexp", args: [a, a] }), /regexp needs a literal string here/);
  assert.match(
    reasonOf(call("regexp_extract", "(a)", { literal: 2 })),
    /regexp_extract needs a literal whole number here/,
  );
});

function reasonOf(expression: Expression): string {
  try {
    compileExpression(expression, COLUMNS);
  } catch (thrown) {
    assert.ok(thrown instanceof RdxError);
    return thrown.details[0].reason;
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(expression)} is taken` });
}

const SIMILAR: readonly (readonly [string, string, Value])[] = [
  ["abc", "abc", true],
  ["abc", "ab", false],
  ["abc", "a_c", true],
  ["abc", "a%", true],
  ["a\nc", "a_c", true],
  ["a.c", "a.c", true],
  ["abc", "a.c", false],
  ["abbb", "ab{2,3}", true],
  ["ab", "(a|b)+", true],
  ["aXb", "a[[:UPPER:]]b", true],
  ["a-b", "a[^a-z]b", true],
  ["a^b$", "a^b$", true],
  ["100%", "100#%", true],
  ["100x", "100#%", false],
  ["é(", "é#(", true],
];

Deno.test("SIMILAR TO matches the whole text by SQL's patterns", () => {
  for (const [text, pattern, expected] of SIMILAR) {
    assert.deepEqual(of(call("similar_to", pattern, { literal: "#" }), [text]), [expected], `${text} ~ ${pattern}`);
  }
  assert.match(reasonOf(call("similar_to", "a(b")), /There is a \( without a \): character 2 of the pattern "a\(b"/);
});
