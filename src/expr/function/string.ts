import { CALL_ARGS_MAX } from "../../core/limits.ts";
import { BOOL, type DataType, INT64, STRING } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import type { FunctionDefinition } from "../definition.ts";
import type { TypedValue } from "../value.ts";

/** Codes of expr_string_test. */
const EQUAL = 0, PREFIX = 8, SUFFIX = 9, CONTAINS = 10, LIKE = 11;
/** No byte: LIKE without an escape. */
const NO_ESCAPE = 256;

function wantAll(call: CallSite, kind: DataType["kind"]): TypedValue[] | null {
  const values = call.args.map((_, i) => call.want(i, kind));
  return values.includes(null) ? null : values as TypedValue[];
}

function test(name: string, code: number, summary: string): FunctionDefinition {
  return {
    name,
    group: "string",
    signature: `${name}(text: string, part: string): bool`,
    summary,
    args: [2, 2],
    apply: (call) => {
      const values = wantAll(call, "string");
      return values && call.emit("expr_string_test", code, BOOL, values);
    },
  };
}

/** A function of one string. */
function unary(name: string, kernel: string, code: number, result: DataType, summary: string): FunctionDefinition {
  return {
    name,
    group: "string",
    signature: `${name}(text: string): ${result.kind}`,
    summary,
    args: [1, 1],
    apply: (call) => {
      const value = call.want(0, "string");
      return value && call.emit(kernel, code, result, [value]);
    },
  };
}

/** The one byte of a literal escape character, or null with a problem. */
function escapeOf(call: CallSite): number | null {
  if (call.args.length < 3) return NO_ESCAPE;
  const text = call.wantText(2, "one ASCII character");
  if (text === null) return null;
  if (text.length === 1 && text.charCodeAt(0) < 128) return text.charCodeAt(0);
  return call.fail(2, `Cannot escape with ${JSON.stringify(text)}`, "What fits: one ASCII character");
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
  const text = call.want(0, "string"), pattern = call.want(1, "string"), escape = escapeOf(call);
  if (text === null || pattern === null || escape === null) return null;
  const written = pattern.literal?.text;
  const simple = escape === NO_ESCAPE && typeof written === "string" ? simplePattern(written) : null;
  if (simple) return call.emit("expr_string_test", simple.code, BOOL, [text, call.constant(STRING, simple.text)]);
  return call.emit("expr_string_test", LIKE | escape << 8, BOOL, [text, pattern]);
}

function substring(call: CallSite): TypedValue | null {
  const text = call.want(0, "string"), rest = call.args.slice(1).map((_, i) => call.want(i + 1, "int64"));
  if (text === null || rest.includes(null)) return null;
  return call.emit("expr_substring", 0, STRING, [text, ...rest as TypedValue[]], rest.length > 1);
}

export const STRING_FUNCTIONS: readonly FunctionDefinition[] = [
  test("starts_with", PREFIX, "text begins with part"),
  test("ends_with", SUFFIX, "text ends with part"),
  test("contains", CONTAINS, "part is somewhere in text"),
  {
    name: "like",
    group: "string",
    signature: "like(text: string, pattern: string, escape?: string literal): bool",
    summary: "text matches the pattern: % is any characters, _ is one; no escape unless given",
    args: [2, 3],
    apply: like,
  },
  unary("length", "expr_length", 0, INT64, "Number of code points"),
  {
    name: "octet_length",
    group: "string",
    signature: "octet_length(text: string | bytes): int64",
    summary: "Number of bytes, of a string in UTF-8",
    args: [1, 1],
    apply: (call) => {
      const value = call.want(0, "string", "bytes");
      return value && call.emit("expr_length", 1, INT64, [value]);
    },
  },
  unary("lower", "expr_string_case", 0, STRING, "A to Z in lower case; other letters stay"),
  unary("upper", "expr_string_case", 1, STRING, "a to z in upper case; other letters stay"),
  unary("trim", "expr_trim", 3, STRING, "Without spaces at both ends"),
  unary("ltrim", "expr_trim", 1, STRING, "Without spaces at the start"),
  unary("rtrim", "expr_trim", 2, STRING, "Without spaces at the end"),
  {
    name: "concat",
    group: "string",
    signature: "concat(a: string, …): string",
    summary: "All, one behind the other; NULL if one is NULL",
    args: [1, CALL_ARGS_MAX],
    apply: (call) => {
      const values = wantAll(call, "string");
      return values && values.reduce((all, value) => call.emit("expr_concat", 0, STRING, [all, value]));
    },
  },
  {
    name: "substring",
    group: "string",
    signature: "substring(text: string, start: int64, length?: int64): string",
    summary: "From code point start (1 is the first, -1 the last); NULL if length is negative",
    args: [2, 3],
    apply: substring,
  },
];
