import { CALL_ARGS_MAX } from "../../core/limits.ts";
import { arrayOf, type DataType, type Field, JSON_VALUE, mapOf, rowOf, STRING } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { asJson, castTo, taken, widenTo } from "../cast.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import { commonType, nameOf } from "../type.ts";
import type { TypedValue, Value } from "../value.ts";
import { wantArray } from "./array.ts";

/** Codes of fn_json_build. */
const OBJECT = 1, TEXT_KEYS = 4;
/** Codes of fn_nested_list. */
const KEYS = 2, VALUES = 3, ENTRIES = 4;

/** What a map or any JSON has under a key, and of which type; null: argument 0 is neither. */
function valueType({ type }: Value): DataType | null {
  if (type?.nested?.of === "map") return type.nested.value;
  return type?.nested?.of === "json" ? JSON_VALUE : null;
}

function element(call: CallSite): Value | null {
  const [of, index] = call.args, under = valueType(of);
  const byKey = under !== null && index?.type !== null && index?.type?.kind === "string";
  if (index !== undefined && (byKey || of.type?.nested?.of === "map")) {
    const key = call.want(1, "string");
    return key && under && taken(call, "fn_nested_member", [of as TypedValue, key], under);
  }
  const array = wantArray(call, 0);
  if (array === null || index === undefined) return array && taken(call, "fn_nested_only", [array.value], array.item);
  const place = call.want(1, "int64");
  return place && taken(call, "fn_nested_item", [array.value, place], array.item);
}

/** A field of a row by its name; a literal, so that its type is known. */
function field(call: CallSite): Value | null {
  const name = call.wantText(1, "a literal name of a field"), [of] = call.args;
  if (name === null) return null;
  const key = call.constant(STRING, name), under = valueType(of);
  if (under !== null) return taken(call, "fn_nested_member", [of as TypedValue, key], under);
  if (of.type?.nested?.of !== "row") return call.mismatch(0, "a row, a map or JSON");
  const { fields } = of.type.nested, found = fields.find((one) => one.name === name);
  if (found) return taken(call, "fn_nested_member", [of as TypedValue, key], found.type);
  const known = fields.map((one) => one.name).join(", ");
  return call.fail(1, `${nameOf(of.type)} has no field ${JSON.stringify(name)}`, `Fields: ${known}`);
}

function construct(call: CallSite): TypedValue | null {
  if (call.args.length % 2 !== 0) return call.fail(null, `${call.name} takes a value for each key`);
  let common: DataType | null = null;
  for (let i = 1; i < call.args.length; i += 2) {
    const { type } = call.args[i], next: DataType | null = commonType(common, type);
    if (next === null && type !== null) {
      return call.fail(i, `A map cannot hold both ${nameOf(common)} and ${nameOf(type)}`, "Cast one of them");
    }
    common = next;
  }
  const type = common ?? JSON_VALUE, operands: TypedValue[] = [];
  for (let i = 0; i < call.args.length; i += 2) {
    const key = castTo(call, call.args[i], STRING), value = call.args[i + 1];
    if (key === null) return call.mismatch(i, "a string, or what can be cast to one");
    operands.push(key, asJson(call, value.json ? value : widenTo(call, value, type)));
  }
  return call.emitList("fn_json_build", OBJECT | TEXT_KEYS, mapOf(type), operands, false, true);
}

function row(call: CallSite): TypedValue | null {
  if (call.args.length % 2 !== 0) return call.fail(null, `${call.name} takes a value for each name`);
  const fields: Field[] = [], operands: TypedValue[] = [];
  for (let i = 0; i < call.args.length; i += 2) {
    const name = call.wantText(i, "a literal name"), value = call.args[i + 1];
    if (name === null) return null;
    if (fields.some((one) => one.name === name)) {
      return call.fail(i, `Field ${JSON.stringify(name)} is named twice`);
    }
    fields.push({ name, type: value.type ?? JSON_VALUE });
    operands.push(call.constant(STRING, `${JSON.stringify(name)}:`), asJson(call, value));
  }
  return call.emitList("fn_json_build", OBJECT, rowOf(fields), operands, false, true);
}

/** A list of what a map has. */
function listed(
  name: string,
  code: number,
  result: string,
  summary: string,
  type: (value: DataType) => DataType,
  shown: [string, string],
): FunctionDefinition {
  return {
    name,
    group: "map",
    signature: `${name}(map: map): ${result}`,
    summary,
    example: example(...shown),
    args: [1, 1],
    apply: (call) => {
      const given = call.args[0].type?.nested ? call.args[0] : castTo(call, call.args[0], mapOf(JSON_VALUE));
      const under = given && valueType(given), of = under && castTo(call, given, mapOf(under));
      if (!under || !of) return call.mismatch(0, "a map, or the JSON text of an object");
      return call.emit("fn_nested_list", code, type(under), [of], true);
    },
  };
}

export const NESTED_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: "element",
    aliases: ["element_at"],
    group: "array",
    signature: "element(value: array | map, index?: int64 | string): value",
    summary:
      "The item at an index, from 1, or what a map has under a key; without an index the only item. NULL if it is not there, or null. " +
      "SQL writes a[1], m['k']",
    example: example(`element('["a", 2.5]', 2)`, "'2.5'"),
    args: [1, 2],
    apply: element,
  },
  {
    name: "map",
    group: "map",
    signature: "map(key: value, value: value, …): map",
    summary: "A map of keys and values of one type, keys as texts; NULL if a key is. SQL writes MAP[key, value, …]",
    example: example("map('a', 1, 'b', NULL)", `'{"a":1,"b":null}'`),
    args: [0, CALL_ARGS_MAX],
    apply: construct,
  },
  listed(
    "map_keys",
    KEYS,
    "array<string>",
    "The keys of a map",
    () => arrayOf(STRING),
    ["map_keys(map('a', 1, 'b', 2))", `'["a","b"]'`],
  ),
  listed("map_values", VALUES, "array", "The values of a map", arrayOf, ["map_values(map('a', 1, 'b', 2))", "'[1,2]'"]),
  listed(
    "map_entries",
    ENTRIES,
    "array<row<key string, value value>>",
    "The keys of a map with their values",
    (value) => arrayOf(rowOf([{ name: "key", type: STRING }, { name: "value", type: value }])),
    ["map_entries(map('a', 1))", `'[{"key":"a","value":1}]'`],
  ),
  {
    name: "row",
    group: "map",
    signature: "row(name: string literal, value: value, …): row",
    summary: "A row of fields; SQL writes ROW(a, b), whose fields are named by their columns, or f0, f1, …",
    example: example("row('a', 1, 'b', 'x')", `'{"a":1,"b":"x"}'`),
    args: [2, CALL_ARGS_MAX],
    apply: row,
  },
  {
    name: "field",
    group: "map",
    signature: "field(row: row | map, name: string literal): value",
    summary: "A field of a row, or what a map or JSON has under a key. SQL writes r.name",
    example: example("field(row('a', 1, 'b', 'x'), 'b')", "'x'"),
    args: [2, 2],
    apply: field,
  },
];
