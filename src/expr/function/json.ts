import { CALL_ARGS_MAX } from "../../core/limits.ts";
import { BOOL, BYTES, INT64, STRING } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { castTo, jsonText } from "../cast.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import { compileJsonPath, JsonPathError } from "../json/path.ts";
import { nameOf } from "../type.ts";
import type { TypedValue } from "../value.ts";
import { COMPARISONS } from "./compare.ts";
import { plain } from "./plain.ts";

/** States of fn_json_state, and its code for json_exists. */
const FOUND = 0, EMPTY = 1, WRONG = 2, EXISTS = 4;
/** Wrappers of json_query by the codes of fn_json_query. */
const WRAPPERS = ["without", "conditional", "unconditional"];
/** Kinds of JSON by the codes of fn_is_json. */
const KINDS = ["value", "scalar", "array", "object"];
/** Codes of fn_json_build. */
const OBJECT = 1, ABSENT = 2;

/** The first argument, a text of JSON or a nested value. */
export function wantJson(call: CallSite): TypedValue | null {
  const [{ type }] = call.args;
  return type?.nested ? { ...call.args[0], type: STRING } : call.want(0, "string");
}

/** A literal path at argument `index`, `$` without one; null with a problem that tells the place. */
function wantPath(call: CallSite, index: number): TypedValue | null {
  const source = call.args.length > index ? call.wantText(index, "a literal path such as '$.a.b[0]'") : "$";
  if (source === null) return null;
  try {
    return call.constant(BYTES, compileJsonPath(source).toBase64());
  } catch (thrown) {
    if (!(thrown instanceof JsonPathError)) throw thrown;
    return call.fail(
      index,
      `${thrown.message}: character ${thrown.at + 1} of the path ${JSON.stringify(source)}`,
      thrown.hint,
    );
  }
}

/** One of a few literal words at argument `index`, by number; the first without the argument. */
function wantWord(call: CallSite, index: number, words: readonly string[]): number | null {
  if (call.args.length <= index) return 0;
  const word = call.wantText(index, words.join(", "));
  if (word === null) return null;
  if (words.includes(word.toLowerCase())) return words.indexOf(word.toLowerCase());
  return call.fail(index, `${call.name} knows no ${JSON.stringify(word)}`, `What fits: ${words.join(", ")}`);
}

/**
 * `value` with arguments `index` and `index` + 1, if they are there, where the path leads to nothing and where something is wrong.
 */
function withDefaults(
  call: CallSite,
  index: number,
  code: number,
  found: readonly TypedValue[],
  value: TypedValue,
): TypedValue | null {
  let result = value;
  for (const [i, state] of [EMPTY, WRONG].entries()) {
    if (call.args.length <= index + i) continue;
    const otherwise = castTo(call, call.args[index + i], value.type);
    if (otherwise === null) return call.mismatch(index + i, nameOf(value.type));
    const kind = call.emit("fn_json_state", code, INT64, found);
    const here = call.emit("expr_compare_int", COMPARISONS.eq, BOOL, [kind, call.constant(INT64, String(state))]);
    result = call.select(here, otherwise, result);
  }
  return result;
}

function jsonValue(call: CallSite): TypedValue | null {
  const text = wantJson(call), path = wantPath(call, 1);
  if (text === null || path === null) return null;
  const scalar = call.emit("fn_json_value", 0, STRING, [text, path], true);
  const value = call.target === null ? scalar : castTo(call, scalar, call.target);
  if (value === null) return call.fail(null, `json_value gives no ${nameOf(call.target)}`);
  const found = withDefaults(call, 2, 0, [text, path], value);
  return found && call.target !== null && call.args.length > 3 ? withCastDefault(call, scalar, value, found) : found;
}

/** A scalar that is none of the wanted type is an error too. */
function withCastDefault(call: CallSite, scalar: TypedValue, value: TypedValue, found: TypedValue): TypedValue | null {
  const otherwise = castTo(call, call.args[3], value.type);
  if (otherwise === null) return null;
  const isNone = { ...call.emit("expr_is_null", 0, BOOL, [value]), nullable: false };
  const there = { ...call.emit("expr_is_null", 1, BOOL, [scalar]), nullable: false };
  return call.select(call.emit("expr_logic", 0, BOOL, [there, isNone]), otherwise, found);
}

function jsonQuery(call: CallSite): TypedValue | null {
  const text = wantJson(call), path = wantPath(call, 1), wrapper = wantWord(call, 2, WRAPPERS);
  if (text === null || path === null || wrapper === null) return null;
  const value = call.emit("fn_json_query", wrapper, STRING, [text, path], true);
  const result = withDefaults(call, 3, wrapper + 1, [text, path], value);
  return result && { ...result, json: true };
}

function jsonExists(call: CallSite): TypedValue | null {
  const text = wantJson(call),
    path = wantPath(call, 1),
    onError = call.args.length > 2 ? call.want(2, "bool") : null;
  if (text === null || path === null || (call.args.length > 2 && onError === null)) return null;
  const state = call.emit("fn_json_state", EXISTS, INT64, [text, path]);
  const is = (code: number) =>
    call.emit("expr_compare_int", COMPARISONS.eq, BOOL, [state, call.constant(INT64, String(code))]);
  return onError === null ? is(FOUND) : call.select(is(WRONG), onError, is(FOUND));
}

function isJson(call: CallSite): TypedValue | null {
  const text = wantJson(call), kind = wantWord(call, 1, KINDS);
  if (text === null || kind === null) return null;
  const found = call.emit("fn_is_json", kind, BOOL, [text]);
  return { ...call.emit("expr_is_bool", 0, BOOL, [found]), nullable: false };
}

function build(call: CallSite, code: number): TypedValue | null {
  const step = code & OBJECT ? 2 : 1, operands: TypedValue[] = [];
  if (call.args.length % step !== 0) return call.fail(null, `${call.name} takes a value for each key`);
  for (let i = 0; i < call.args.length; i += step) {
    const key = step === 2 ? call.wantText(i, "a literal key") : "", value = jsonText(call, call.args[i + step - 1]);
    if (key === null) return null;
    if (step === 2) operands.push(call.constant(STRING, `${JSON.stringify(key)}:`));
    operands.push(value);
  }
  return { ...call.emitList("fn_json_build", code, STRING, operands, false, true), json: true };
}

function builder(
  name: string,
  code: number,
  what: string,
  nulls: string,
  shown: [string, string],
): FunctionDefinition {
  const pairs = (code & OBJECT) !== 0;
  return {
    name,
    group: "json",
    signature: pairs ? `${name}(key: string literal, value: value, …): string` : `${name}(a: value, …): string`,
    summary:
      `${what}; values that are NULL are ${nulls}. Times and bytes are strings; JSON that functions made goes in as it is`,
    example: example(...shown),
    args: [0, CALL_ARGS_MAX],
    apply: (call) => build(call, code),
  };
}

export const JSON_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: "json_value",
    group: "json",
    signature:
      'json_value(text: string, path: string literal, on_empty?: value, on_error?: value), with "type"?: its type',
    summary:
      "The scalar that a path leads to, as a string or a type that is named; where nothing is there or something is wrong, as " +
      "a scalar of no such type, NULL or the values given. Paths: $.a.b[0], $['a b'], strict $.a",
    example: example(`json_value('{"a": {"b": [1, 2.5]}}', '$.a.b[1]' returning double)`, "2.5"),
    args: [2, 4],
    typed: true,
    apply: jsonValue,
  },
  {
    name: "json_query",
    group: "json",
    signature:
      "json_query(text: string, path?: string literal, wrapper?: string literal, on_empty?: string, on_error?: string): string",
    summary: `The object or array that a path leads to, compact. Wrapper in an array: ${WRAPPERS.join(", ")}`,
    example: example(`json_query('{"a": {"b": 1 }}', '$.a')`, `'{"b":1}'`),
    args: [1, 5],
    apply: jsonQuery,
  },
  {
    name: "json_exists",
    group: "json",
    signature: "json_exists(text: string, path: string literal, on_error?: bool): bool",
    summary:
      "The path leads to something; where the text is no JSON or a strict path does not fit, false or the value given",
    example: example(`json_exists('{"a": [true]}', '$.a[0]')`, "true"),
    args: [2, 3],
    apply: jsonExists,
  },
  {
    name: "is_json",
    group: "json",
    signature: "is_json(text: string, kind?: string literal): bool",
    summary: `The text is JSON: ${KINDS.join(", ")}; never NULL`,
    example: example("is_json('[1, 2]', 'array')", "true"),
    args: [1, 2],
    apply: isJson,
  },
  {
    name: "json_length",
    group: "json",
    signature: "json_length(text: string, path?: string literal): int64",
    summary: "How many items or members what a path leads to has, 1 of a scalar; NULL if nothing is there",
    example: example(`json_length('{"a": [1, 2, 3]}', '$.a')`, "3"),
    args: [1, 2],
    apply: (call) => {
      const text = wantJson(call), path = wantPath(call, 1);
      return text && path && call.emit("fn_json_length", 0, INT64, [text, path], true);
    },
  },
  plain({
    name: "json_quote",
    group: "json",
    signature: "json_quote(text: string): string",
    summary: "The text as a string of JSON",
    example: example(`json_quote('a"b')`, `'"a\\"b"'`),
    params: ["string"],
    kernel: "fn_json_quote",
    code: 0,
    result: STRING,
    mayFail: true,
  }),
  plain({
    name: "json_unquote",
    group: "json",
    signature: "json_unquote(text: string): string",
    summary: "What a string of JSON says; a text that is none stays as it is",
    example: example(`json_unquote('"a\\u0062"')`, "'ab'"),
    params: ["string"],
    kernel: "fn_json_quote",
    code: 1,
    result: STRING,
    mayFail: true,
  }),
  {
    name: "json_string",
    group: "json",
    signature: "json_string(a: value): string",
    summary: "The value as JSON; NULL stays NULL",
    example: example("json_string(true)", "'true'"),
    args: [1, 1],
    apply: (call) => {
      return { ...jsonText(call, call.args[0]), json: true };
    },
  },
  builder("json_object", OBJECT, "An object of keys and values", "null", [
    "json_object('a', 1, 'b', json_array('x', NULL))",
    `'{"a":1,"b":["x"]}'`,
  ]),
  builder("json_object_absent", OBJECT | ABSENT, "An object of keys and values", "left out with their keys", [
    "json_object_absent('a', 1, 'b', NULL)",
    `'{"a":1}'`,
  ]),
  builder("json_array", ABSENT, "An array of values", "left out", [
    "json_array(1, 'a', NULL, true)",
    `'[1,"a",true]'`,
  ]),
  builder("json_array_null", 0, "An array of values", "null", ["json_array_null(1, NULL)", "'[1,null]'"]),
];
