import { BOOL, BYTES, DOUBLE, INT64, STRING } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { castTo } from "../cast.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import { compileJsonPath } from "../json/path.ts";
import type { TypedValue } from "../value.ts";
import { COMPARISONS } from "./compare.ts";
import { plain } from "./plain.ts";

/** Kinds of what is looked for by the codes of fn_json_position; decimals and times come as doubles and texts. */
const TEXT = 0, INT = 1, NUMBER = 2, TRUTH = 3;
/** Code of fn_json_length: scalars have none. */
const COMPOSED = 1;

/** The number of the first item that equals argument 1; null with a problem. */
function position(call: CallSite): TypedValue | null {
  const array = call.want(0, "string"), [, item] = call.args;
  if (array === null || item.type === null) return array && call.nullOf(INT64);
  const known = item as TypedValue,
    find = (code: number, value: TypedValue | null) =>
      value && call.emit("fn_json_position", code, INT64, [array, value], true);
  switch (known.type.kind) {
    case "string":
      return find(TEXT, known);
    case "int64":
      return find(INT, known);
    case "double":
    case "decimal":
    case "decimal128":
      return find(NUMBER, castTo(call, known, DOUBLE));
    case "bool":
      return find(TRUTH, known);
    case "timestamp":
      return find(TEXT, castTo(call, known, STRING));
    default:
      return call.mismatch(1, "a string, number, bool or timestamp");
  }
}

export const ARRAY_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: "cardinality",
    aliases: ["array_length"],
    group: "array",
    signature: "cardinality(array: string): int64",
    summary:
      "How many items a JSON array, or members a JSON object has; NULL if the text is none. Arrays are JSON in strings",
    example: example("cardinality('[1, [2, 3]]')", "2"),
    args: [1, 1],
    apply: (call) => {
      const text = call.want(0, "string"), path = call.constant(BYTES, compileJsonPath("$").toBase64());
      return text && call.emit("fn_json_length", COMPOSED, INT64, [text, path], true);
    },
  },
  plain({
    name: "element",
    aliases: ["element_at"],
    group: "array",
    signature: "element(array: string, index: int64): string",
    summary:
      "The item of a JSON array at an index, from 1: a scalar as a text, what is composed as JSON; NULL if it is not there, or null",
    example: example(`element('["a", 2.5]', 2)`, "'2.5'"),
    params: ["string", "int64"],
    kernel: "fn_json_element",
    result: STRING,
    mayFail: true,
  }),
  {
    name: "array_contains",
    group: "array",
    signature: "array_contains(array: string, item: value): bool",
    summary: "An item of a JSON array equals a value; numbers by value; NULL if the text is no array",
    example: example("array_contains('[1.0, 2]', 1)", "true"),
    args: [2, 2],
    apply: (call) => {
      const place = position(call);
      return place && call.emit("expr_compare_int", COMPARISONS.gt, BOOL, [place, call.constant(INT64, "0")]);
    },
  },
  {
    name: "array_position",
    group: "array",
    signature: "array_position(array: string, item: value): int64",
    summary: "The index, from 1, of the first item of a JSON array that equals a value; 0 if none does",
    example: example(`array_position('["a", "b"]', 'b')`, "2"),
    args: [2, 2],
    apply: position,
  },
  {
    name: "split",
    group: "array",
    signature: "split(text: string, separator: string): string",
    summary: "The pieces between separators as a JSON array of strings; with the empty one every character is a piece",
    example: example("split('a,b,,c', ',')", `'["a","b","","c"]'`),
    args: [2, 2],
    apply: (call) => {
      const text = call.want(0, "string"), separator = call.want(1, "string");
      if (text === null || separator === null) return null;
      return { ...call.emit("fn_split", 0, STRING, [text, separator], true), json: true };
    },
  },
  plain({
    name: "array_join",
    group: "array",
    signature: "array_join(array: string, separator: string): string",
    summary:
      "The items of a JSON array as texts with the separator between them, null left out; NULL if the text is no array",
    example: example(`array_join('["a", null, 1]', '-')`, "'a-1'"),
    params: ["string", "string"],
    kernel: "fn_json_join",
    result: STRING,
    mayFail: true,
  }),
];
