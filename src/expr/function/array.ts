import { CALL_ARGS_MAX } from "../../core/limits.ts";
import { arrayOf, BOOL, BYTES, type DataType, DOUBLE, INT64, JSON_VALUE, STRING } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { asJson, castTo, jsonText, taken, widenTo } from "../cast.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import { compileJsonPath } from "../json/path.ts";
import { commonType, nameOf } from "../type.ts";
import type { TypedValue, Value } from "../value.ts";
import { COMPARISONS } from "./compare.ts";

/** Kinds of what is looked for by the codes of fn_json_position; decimals come as doubles. */
const TEXT = 0, INT = 1, NUMBER = 2, TRUTH = 3, TIME = 4, JSON_ITEM = 5;
/** Code of fn_json_length: scalars have none. */
const COMPOSED = 1;
/** Codes of fn_nested_list, fn_nested_both, fn_nested_sort and fn_nested_extreme. */
const REVERSE = 0, DISTINCT = 1;
const CONCAT = 0, UNION = 1, EXCEPT = 2, INTERSECT = 3, APPEND = 4, PREPEND = 5, REMOVE = 6;
const DESCENDING = 1, NULLS_FIRST = 2;
const GREATEST = 0x80;

/** An array and the type of its items. */
export interface ArrayValue {
  readonly value: TypedValue;
  readonly item: DataType;
}

/** Argument `index` as an array: texts and JSON may be one, whose items are strings or JSON; null with a problem. */
export function wantArray(call: CallSite, index: number): ArrayValue | null {
  const given = call.args[index], { type } = given;
  if (type?.nested?.of === "array") return { value: given as TypedValue, item: type.nested.item };
  const item = type?.nested ? JSON_VALUE : STRING;
  const fits = type === null || type.nested?.of === "json" || (type.kind === "string" && !type.nested);
  const value = fits ? castTo(call, given, arrayOf(item)) : null;
  return value ? { value, item } : call.mismatch(index, "an array, or its JSON text");
}

/** Two arrays as ones of one type; null with a problem. */
function wantArrays(call: CallSite): readonly [TypedValue, TypedValue, DataType] | null {
  const a = wantArray(call, 0), b = wantArray(call, 1);
  if (a === null || b === null) return null;
  const type = commonType(a.value.type, b.value.type)!;
  return [widenTo(call, a.value, type), widenTo(call, b.value, type), type];
}

/** An array, and argument 1 as JSON that may be an item of it; null with a problem. */
function wantItem(call: CallSite): readonly [TypedValue, TypedValue, DataType] | null {
  const array = wantArray(call, 0), [, given] = call.args;
  if (array === null) return null;
  const common = commonType(array.item, given.type) ?? (array.item.nested ? JSON_VALUE : null);
  if (common === null) return call.mismatch(1, `an item of ${nameOf(array.value.type)}`);
  const text = jsonText(call, widenTo(call, given, commonType(given.type, common) === null ? given.type! : common));
  const there = call.emit("expr_is_null", 1, BOOL, [text]);
  const item = call.select(there, text, call.constant(STRING, "null"));
  const type = arrayOf(common);
  return [widenTo(call, array.value, type), { ...item, nullable: false }, type];
}

/** The number of the first item that equals argument 1; null with a problem. */
function position(call: CallSite): TypedValue | null {
  const array = wantArray(call, 0), [, item] = call.args;
  if (array === null || item.type === null) return array && call.nullOf(INT64);
  const known = item as TypedValue,
    find = (code: number, value: TypedValue | null) =>
      value && call.emit("fn_json_position", code, INT64, [array.value, value], true);
  if (known.type.nested) return find(JSON_ITEM, jsonText(call, known));
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
      return find(TIME, known);
    default:
      return call.mismatch(1, "a string, number, bool, timestamp or a nested value");
  }
}

/** The items in a row with one type, as JSON; null with a problem. */
function construct(call: CallSite): TypedValue | null {
  let item: DataType | null = null;
  for (const [i, { type }] of call.args.entries()) {
    const next: DataType | null = commonType(item, type);
    if (next === null && type !== null) {
      return call.fail(i, `An array cannot hold both ${nameOf(item)} and ${nameOf(type)}`, "Cast one of them");
    }
    item = next;
  }
  const type = item ?? JSON_VALUE;
  const operands = call.args.map((arg) => asJson(call, arg.json ? arg : widenTo(call, arg, type)));
  return call.emitList("fn_json_build", 0, arrayOf(type), operands, false, true);
}

function sort(call: CallSite): TypedValue | null {
  const array = wantArray(call, 0);
  const bools = call.args.slice(1).map(({ literal, type }, i) =>
    type?.kind === "bool" && literal?.text ? literal.text === "true" : call.mismatch(i + 1, "true or false")
  );
  if (array === null || bools.includes(null)) return null;
  const [ascending = true, nullsFirst = ascending] = bools as boolean[];
  const code = (ascending ? 0 : DESCENDING) | (nullsFirst ? NULLS_FIRST : 0);
  return call.emit("fn_nested_sort", code, array.value.type, [array.value], true);
}

function slice(call: CallSite): TypedValue | null {
  const array = wantArray(call, 0), bounds = call.args.slice(1).map((_, i) => call.want(i + 1, "int64"));
  if (array === null || bounds.includes(null)) return null;
  const code = bounds.length === 1 ? 1 : 0;
  return call.emit("fn_nested_slice", code, array.value.type, [array.value, ...bounds as TypedValue[]], true);
}

function joinItems(call: CallSite): TypedValue | null {
  const array = wantArray(call, 0), texts = call.args.slice(1).map((_, i) => call.want(i + 1, "string"));
  if (array === null || texts.includes(null)) return null;
  return call.emit("fn_json_join", 0, STRING, [array.value, ...texts as TypedValue[]], true);
}

type Listed = Pick<FunctionDefinition, "name" | "aliases" | "signature" | "summary" | "example" | "args">;

const define = (listed: Listed, apply: (call: CallSite) => Value | null): FunctionDefinition => ({
  ...listed,
  group: "array",
  apply,
});

/** A function of one array that gives one of the same type. */
function unary(name: string, code: number, summary: string, shown: [string, string]): FunctionDefinition {
  const listed = { name, signature: `${name}(array: array): array`, summary, example: example(...shown) };
  return define({ ...listed, args: [1, 1] }, (call) => {
    const array = wantArray(call, 0);
    return array && call.emit("fn_nested_list", code, array.value.type, [array.value], true);
  });
}

/** A function of two arrays, or of an array and an item, that gives one. */
function binary(
  name: string,
  code: number,
  second: "array" | "item",
  summary: string,
  shown: [string, string],
): FunctionDefinition {
  const signature = `${name}(array: array, ${second === "array" ? "other: array" : "item: value"}): array`;
  return define({ name, signature, summary, example: example(...shown), args: [2, 2] }, (call) => {
    const both = second === "array" ? wantArrays(call) : wantItem(call);
    return both && call.emit("fn_nested_both", code, both[2], [both[0], both[1]], true);
  });
}

function extreme(name: string, flags: number, what: string, shown: [string, string]): FunctionDefinition {
  const listed = {
    name,
    signature: `${name}(array: array): value`,
    summary: `The ${what} item that is not null: numbers by value, texts by code points`,
    example: example(...shown),
  };
  return define({ ...listed, args: [1, 1] }, (call) => {
    const array = wantArray(call, 0);
    return array && taken(call, "fn_nested_extreme", [array.value], array.item, flags);
  });
}

export const ARRAY_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: "array",
    signature: "array(a: value, …): array",
    summary: "An array of values of one type; SQL writes ARRAY[a, …]",
    example: example("array(1, NULL, 3)", "'[1,null,3]'"),
    args: [0, CALL_ARGS_MAX],
  }, construct),
  define({
    name: "cardinality",
    aliases: ["array_length"],
    signature: "cardinality(value: array | map | string): int64",
    summary: "How many items an array, or members a map has; NULL if a text is JSON of neither",
    example: example("cardinality('[1, [2, 3]]')", "2"),
    args: [1, 1],
  }, (call) => {
    const [{ type }] = call.args, path = call.constant(BYTES, compileJsonPath("$").toBase64());
    const text = type?.nested ? { ...call.args[0], type: STRING } : call.want(0, "string");
    return text && call.emit("fn_json_length", COMPOSED, INT64, [text, path], true);
  }),
  define({
    name: "array_contains",
    signature: "array_contains(array: array, item: value): bool",
    summary: "An item equals a value; numbers by value; NULL if the value or the array is",
    example: example("array_contains('[1.0, 2]', 1)", "true"),
    args: [2, 2],
  }, (call) => {
    const place = position(call);
    return place && call.emit("expr_compare_int", COMPARISONS.gt, BOOL, [place, call.constant(INT64, "0")]);
  }),
  define({
    name: "array_position",
    signature: "array_position(array: array, item: value): int64",
    summary: "The index, from 1, of the first item that equals a value; 0 if none does",
    example: example(`array_position('["a", "b"]', 'b')`, "2"),
    args: [2, 2],
  }, position),
  unary("array_distinct", DISTINCT, "Each item once, in the order of their first places", [
    "array_distinct(array(2, 1, 2, NULL, NULL))",
    "'[2,1,null]'",
  ]),
  unary("array_reverse", REVERSE, "The items from the last to the first", [
    "array_reverse(array('a', 'b'))",
    `'["b","a"]'`,
  ]),
  define({
    name: "array_sort",
    signature: "array_sort(array: array, ascending?: bool literal, nulls_first?: bool literal): array",
    summary: "The items in order, numbers by value and texts by code points; null first, or last if descending",
    example: example("array_sort(array(3, 10, NULL), false)", "'[10,3,null]'"),
    args: [1, 3],
  }, sort),
  define({
    name: "array_slice",
    signature: "array_slice(array: array, from: int64, to?: int64): array",
    summary: "The items from one index to another (or the last), both from 1, or from the end where negative",
    example: example("array_slice(array(1, 2, 3, 4), 2, -2)", "'[2,3]'"),
    args: [2, 3],
  }, slice),
  {
    ...binary("array_concat", CONCAT, "array", "The items of one array behind those of another", [
      "array_concat(array(1), array(2, 1))",
      "'[1,2,1]'",
    ]),
    signature: "array_concat(array: array, …): array",
    args: [1, CALL_ARGS_MAX],
    apply: concat,
  },
  binary("array_union", UNION, "array", "The items of both arrays, each once", [
    "array_union(array(1, 2), array(2, 3))",
    "'[1,2,3]'",
  ]),
  binary("array_except", EXCEPT, "array", "The items of the first array that the other has not, each once", [
    "array_except(array(1, 2, 2), array(1))",
    "'[2]'",
  ]),
  binary("array_intersect", INTERSECT, "array", "The items of the first array that the other has too, each once", [
    "array_intersect(array(1, 2, 3), array(3, 1))",
    "'[1,3]'",
  ]),
  binary("array_append", APPEND, "item", "The array with one more item at its end; NULL becomes null", [
    "array_append(array(1), 2)",
    "'[1,2]'",
  ]),
  binary("array_prepend", PREPEND, "item", "The array with one more item in front; NULL becomes null", [
    "array_prepend(array('b'), 'a')",
    `'["a","b"]'`,
  ]),
  binary(
    "array_remove",
    REMOVE,
    "item",
    "The array without the items that equal a value; of NULL without those that are null",
    [
      "array_remove(array(1, 2, 1), 1)",
      "'[2]'",
    ],
  ),
  extreme("array_max", GREATEST, "greatest", ["array_max(array(2, 10, NULL))", "10"]),
  extreme("array_min", 0, "least", ["array_min(array('b', 'a'))", "'a'"]),
  define({
    name: "array_join",
    signature: "array_join(array: array, separator: string, null?: string): string",
    summary: "The items as texts with the separator between them; null is the text given, or left out",
    example: example(`array_join('["a", null, 1]', '-')`, "'a-1'"),
    args: [2, 3],
  }, joinItems),
  define({
    name: "split",
    signature: "split(text: string, separator: string): array<string>",
    summary: "The pieces between separators; with the empty one every character is a piece",
    example: example("split('a,b,,c', ',')", `'["a","b","","c"]'`),
    args: [2, 2],
  }, (call) => {
    const text = call.want(0, "string"), separator = call.want(1, "string");
    return text && separator && call.emit("fn_split", 0, arrayOf(STRING), [text, separator], true);
  }),
];

/** Array behind array, of one type. */
function concat(call: CallSite): TypedValue | null {
  const arrays = call.args.map((_, i) => wantArray(call, i));
  if (arrays.includes(null)) return null;
  const values = (arrays as ArrayValue[]).map(({ value }) => value);
  const type = values.reduce((common, value) => commonType(common, value.type)!, values[0].type);
  return values.map((value) => widenTo(call, value, type)).reduce((all, value) =>
    call.emit("fn_nested_both", CONCAT, type, [all, value], true)
  );
}
