import { CALL_ARGS_MAX } from "../../core/limits.ts";
import { BOOL, INT64, STRING } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { castTo } from "../cast.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import type { TypedValue } from "../value.ts";
import { plain } from "./plain.ts";

/** Codes of expr_string_test. */
const EQUAL = 0, PREFIX = 8, SUFFIX = 9, CONTAINS = 10, LIKE = 11;
/** Codes of expr_trim and fn_trim: bits of the ends. */
const START = 1, END = 2;
/** No byte: LIKE without an escape. */
const NO_ESCAPE = 256;

function test(name: string, aliases: string[], code: number, summary: string, call: string): FunctionDefinition {
  return plain({
    name,
    aliases,
    group: "string",
    signature: `${name}(text: string, part: string): bool`,
    summary,
    example: example(call, "true"),
    params: ["string", "string"],
    kernel: "expr_string_test",
    code,
    result: BOOL,
  });
}

/** The one byte of a literal escape character, or null with a problem. */
export function escapeOf(call: CallSite, index: number, none: number): number | null {
  if (call.args.length <= index) return none;
  const text = call.wantText(index, "one ASCII character");
  if (text === null) return null;
  if (text.length === 1 && text.charCodeAt(0) < 128) return text.charCodeAt(0);
  return call.fail(index, `Cannot escape with ${JSON.stringify(text)}`, "What fits: one ASCII character");
}

/** Patterns of plain text with `%` at the ends only need no pattern matching: the test and the text, or null. */
function simplePattern(pattern: string): { code: number; text: string } | null {
  const match = /^(%?)([^%_]*)(%?)$/.exec(pattern);
  if (!match) return null;
  const [, before, text, after] = match;
  if (before && (after || text === "")) return { code: CONTAINS, text };
  return { code: before ? SUFFIX : after ? PREFIX : EQUAL, text };
}

function like(call: CallSite): TypedValue | null {
  const text = call.want(0, "string"), pattern = call.want(1, "string"), escape = escapeOf(call, 2, NO_ESCAPE);
  if (text === null || pattern === null || escape === null) return null;
  const written = pattern.literal?.text;
  const simple = escape === NO_ESCAPE && typeof written === "string" ? simplePattern(written) : null;
  if (simple) return call.emit("expr_string_test", simple.code, BOOL, [text, call.constant(STRING, simple.text)]);
  return call.emit("expr_string_test", LIKE | escape << 8, BOOL, [text, pattern]);
}

function trim(name: string, aliases: string[], ends: number, where: string, result: string): FunctionDefinition {
  return {
    name,
    aliases,
    group: "string",
    signature: `${name}(text: string, characters?: string): string`,
    summary: `Without the characters of a text, or spaces, at ${where}`,
    example: example(`${name}('xyabcx', 'yx')`, result),
    args: [1, 2],
    apply: (call) => {
      const values = call.args.map((_, i) => call.want(i, "string"));
      if (values.includes(null)) return null;
      return call.emit(values.length === 1 ? "expr_trim" : "fn_trim", ends, STRING, values as TypedValue[]);
    },
  };
}

/** Arguments from `first` on as texts: what is none is cast to one. Null with problems. */
export function wantTexts(call: CallSite, first: number): TypedValue[] | null {
  const values = call.args.slice(first).map((arg, i) => {
    const value = arg.type === null ? call.want(first + i, "string") : castTo(call, arg, STRING);
    return arg.type?.kind === "bytes" ? call.mismatch(first + i, "anything but bytes", "decode() reads them") : value;
  });
  return values.includes(null) ? null : values as TypedValue[];
}

function concat(call: CallSite): TypedValue | null {
  const values = wantTexts(call, 0);
  if (values === null || values.length === 1) return values && values[0];
  return call.emitList("expr_concat", 0, STRING, values, true);
}

function concatWith(call: CallSite): TypedValue | null {
  const separator = call.want(0, "string"), values = wantTexts(call, 1);
  if (separator === null || values === null) return null;
  const made = call.emitList("fn_concat_ws", 0, STRING, [separator, ...values], false, true);
  return { ...made, nullable: separator.nullable };
}

export const STRING_FUNCTIONS: readonly FunctionDefinition[] = [
  test("starts_with", ["startswith"], PREFIX, "text begins with part", "starts_with('streams', 'str')"),
  test("ends_with", ["endswith"], SUFFIX, "text ends with part", "ends_with('streams', 'ms')"),
  test("contains", [], CONTAINS, "part is somewhere in text", "contains('streams', 'ream')"),
  {
    name: "like",
    group: "string",
    signature: "like(text: string, pattern: string, escape?: string literal): bool",
    summary: "text matches the pattern: % is any characters, _ is one; no escape unless given",
    example: example("like('100%', '1__#%', '#')", "true"),
    args: [2, 3],
    apply: like,
  },
  plain({
    name: "length",
    aliases: ["char_length", "character_length", "len"],
    group: "string",
    signature: "length(text: string): int64",
    summary: "Number of code points",
    example: example("length('漢字')", "2"),
    params: ["string"],
    kernel: "expr_length",
    code: 0,
    result: INT64,
  }),
  plain({
    name: "octet_length",
    group: "string",
    signature: "octet_length(text: string | bytes): int64",
    summary: "Number of bytes, of a string in UTF-8",
    example: example("octet_length('漢字')", "6"),
    params: ["text"],
    kernel: "expr_length",
    code: 1,
    result: INT64,
  }),
  plain({
    name: "lower",
    aliases: ["lcase"],
    group: "string",
    signature: "lower(text: string): string",
    summary: "Letters in lower case, by Unicode's simple mappings",
    example: example("lower('StREam É')", "'stream é'"),
    params: ["string"],
    kernel: "expr_string_case",
    code: 0,
    result: STRING,
  }),
  plain({
    name: "upper",
    aliases: ["ucase"],
    group: "string",
    signature: "upper(text: string): string",
    summary: "Letters in upper case, by Unicode's simple mappings",
    example: example("upper('stream é ß')", "'STREAM É ß'"),
    params: ["string"],
    kernel: "expr_string_case",
    code: 1,
    result: STRING,
  }),
  trim("trim", ["btrim"], START | END, "both ends", "'abc'"),
  trim("ltrim", [], START, "the start", "'abcx'"),
  trim("rtrim", [], END, "the end", "'xyabc'"),
  {
    name: "concat",
    group: "string",
    signature: "concat(a: value, …): string",
    summary: "All as texts, one behind the other; NULL if one is NULL",
    example: example("concat('a', 1, true)", "'a1true'"),
    args: [1, CALL_ARGS_MAX],
    apply: concat,
  },
  {
    name: "concat_ws",
    group: "string",
    signature: "concat_ws(separator: string, a: value, …): string",
    summary: "All as texts with the separator between them, those that are NULL left out; NULL if the separator is",
    example: example("concat_ws('~', 'AA', NULL, 'BB', '', 'CC')", "'AA~BB~~CC'"),
    args: [1, CALL_ARGS_MAX],
    apply: concatWith,
  },
  plain({
    name: "substring",
    aliases: ["substr", "mid"],
    group: "string",
    signature: "substring(text: string, start: int64, length?: int64): string",
    summary: "From code point start (1 is the first, -1 the last); NULL if length is negative",
    example: example("substring('streams', 2, 3)", "'tre'"),
    params: ["string", "int64", "int64"],
    optional: 1,
    kernel: "expr_substring",
    result: STRING,
    mayFail: true,
  }),
];
