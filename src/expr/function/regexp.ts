import { REGEXP_PROGRAMS_MAX } from "../../core/limits.ts";
import { BOOL, BYTES, INT64, STRING } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import { type Pattern, PatternError } from "../regexp/node.ts";
import { parsePattern } from "../regexp/parse.ts";
import { compileProgram } from "../regexp/program.ts";
import { plainText } from "../regexp/required.ts";
import { translateSimilar } from "../regexp/similar.ts";
import type { TypedValue } from "../value.ts";

/** Codes of expr_string_test. */
const UNEQUAL = 1, CONTAINS = 10;
/** Codes of fn_regexp_count. */
const COUNT = 0, PLACE = 1;

interface Compiled {
  readonly pattern: Pattern;
  readonly program: TypedValue;
  readonly source: string;
}

/** Compiles what `read` makes of a literal pattern, for a test or else for matches; null with a problem that tells the place. */
function compiled(
  call: CallSite,
  tests: boolean,
  read: (source: string) => Pattern,
  place: (at: number) => number,
): Compiled | null {
  const source = call.wantText(1, "a literal pattern: it is compiled when the plan is deployed");
  if (source === null) return null;
  try {
    const pattern = read(source);
    return { pattern, source, program: call.constant(BYTES, remembered(pattern, tests)) };
  } catch (thrown) {
    if (!(thrown instanceof PatternError)) throw thrown;
    const where = `character ${place(thrown.at) + 1} of the pattern ${JSON.stringify(source)}`;
    return call.fail(1, `${thrown.message}: ${where}`, thrown.hint);
  }
}

/** Programs in base64 by their patterns: a plan is compiled several times before it runs. The oldest go first. */
const programs = new Map<string, string>();

function remembered(pattern: Pattern, tests: boolean): string {
  const key = JSON.stringify([pattern, tests]),
    program = programs.get(key) ?? compileProgram(pattern, tests).toBase64();
  programs.delete(key);
  programs.set(key, program);
  if (programs.size > REGEXP_PROGRAMS_MAX) programs.delete(programs.keys().next().value!);
  return program;
}

function wantRegexp(call: CallSite, tests = false): Compiled | null {
  return compiled(call, tests, (source) => parsePattern(source), (at) => at);
}

/** A bool of the text, or NULL where the pattern is. */
function isNullPattern(call: CallSite): boolean {
  const { type, literal } = call.args[1];
  return type === null || literal?.text === null;
}

function regexp(call: CallSite): TypedValue | null {
  const text = call.want(0, "string");
  if (isNullPattern(call)) return call.nullOf(BOOL);
  const found = wantRegexp(call, true);
  if (text === null || found === null) return null;
  const plain = plainText(found.pattern.node);
  // The empty pattern matches nothing in Flink SQL: no text differs from itself
  if (found.source === "") return call.emit("expr_string_test", UNEQUAL, BOOL, [text, text]);
  if (plain !== null) return call.emit("expr_string_test", CONTAINS, BOOL, [text, call.constant(STRING, plain)]);
  return call.emit("fn_regexp", 0, BOOL, [text, found.program]);
}

function similar(call: CallSite): TypedValue | null {
  const text = call.want(0, "string"), escape = call.args.length > 2 ? call.wantText(2, "one character") : "";
  if (isNullPattern(call)) return call.nullOf(BOOL);
  if (escape !== null && Array.from(escape).length > 1) {
    return call.fail(2, `Cannot escape with ${JSON.stringify(escape)}`, "What fits: one character");
  }
  let places: readonly number[] = [];
  const found = compiled(call, true, (source) => {
    const translated = translateSimilar(source, escape || null);
    places = translated.places;
    return parsePattern(translated.text, true);
  }, (at) => places[at] ?? places.length);
  return text && found && call.emit("fn_regexp", 0, BOOL, [text, found.program]);
}

function extract(call: CallSite): TypedValue | null {
  const text = call.want(0, "string");
  if (isNullPattern(call)) return call.nullOf(STRING);
  const found = wantRegexp(call);
  if (text === null || found === null) return null;
  const group = call.args.length > 2 ? call.wantWhole(2, 0, found.pattern.groups) : 0;
  return group === null ? null : call.emit("fn_regexp_extract", group, STRING, [text, found.program], true);
}

function replace(call: CallSite): TypedValue | null {
  const text = call.want(0, "string"), by = call.want(2, "string");
  if (isNullPattern(call)) return call.nullOf(STRING);
  const found = wantRegexp(call);
  if (text === null || found === null || by === null) return null;
  const plain = plainText(found.pattern.node);
  if (plain) return call.emit("fn_replace", 0, STRING, [text, call.constant(STRING, plain), by], true);
  return call.emit("fn_regexp_replace", 0, STRING, [text, found.program, by], true);
}

function number(name: string, code: number, summary: string, call: string, result: string): FunctionDefinition {
  return {
    name,
    group: "regexp",
    signature: `${name}(text: string, pattern: string literal): int64`,
    summary,
    example: example(call, result),
    args: [2, 2],
    apply: (site) => {
      const text = site.want(0, "string");
      if (isNullPattern(site)) return site.nullOf(INT64);
      const found = wantRegexp(site);
      return text && found && site.emit("fn_regexp_count", code, INT64, [text, found.program]);
    },
  };
}

export const REGEXP_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: "regexp",
    aliases: ["rlike", "regexp_like"],
    group: "regexp",
    signature: "regexp(text: string, pattern: string literal): bool",
    summary: "A part of text matches the pattern; the empty pattern matches nothing",
    example: example("regexp('2024-02-29', '^\\d{4}(-\\d\\d){2}$')", "true"),
    args: [2, 2],
    apply: regexp,
  },
  {
    name: "regexp_extract",
    aliases: ["regexp_substr"],
    group: "regexp",
    signature: "regexp_extract(text: string, pattern: string literal, group?: int64 literal): string",
    summary: "The first match, or a group of it, from 1; NULL if there is none",
    example: example("regexp_extract('foothebar', 'foo(.*?)(bar)', 2)", "'bar'"),
    args: [2, 3],
    apply: extract,
  },
  {
    name: "regexp_replace",
    group: "regexp",
    signature: "regexp_replace(text: string, pattern: string literal, by: string): string",
    summary: "Every match, one behind the other, replaced by a text that stands for itself",
    example: example("regexp_replace('foobar', 'oo|ar', '')", "'fb'"),
    args: [3, 3],
    apply: replace,
  },
  number(
    "regexp_count",
    COUNT,
    "How many matches there are, one behind the other",
    "regexp_count('banana', 'an?')",
    "3",
  ),
  number(
    "regexp_instr",
    PLACE,
    "The number, from 1, of the code point where the first match begins; 0 if there is none",
    "regexp_instr('order 66', '[0-9]')",
    "7",
  ),
  {
    name: "similar_to",
    group: "regexp",
    signature: "similar_to(text: string, pattern: string literal, escape?: string literal): bool",
    summary: "All of text matches an SQL pattern: % any characters, _ one, and | * + ? {n,m} ( ) [ ] as in regexp",
    example: example("similar_to('abc', '(a|x)[a-c]{2}%')", "true"),
    args: [2, 3],
    apply: similar,
  },
];
