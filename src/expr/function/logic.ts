import { CALL_ARGS_MAX } from "../../core/limits.ts";
import { BOOL } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import type { TypedValue } from "../value.ts";

function join(call: CallSite, code: number): TypedValue | null {
  const values = call.args.map((_, i) => call.want(i, "bool"));
  let all = values[0];
  for (const value of values.slice(1)) all = all && value && call.emit("expr_logic", code, BOOL, [all, value]);
  return values.includes(null) ? null : all;
}

function isNull(call: CallSite, code: number): TypedValue {
  const [value] = call.args;
  const known = value.type === null ? call.nullOf(BOOL) : value;
  return { ...call.emit("expr_is_null", code, BOOL, [known]), nullable: false };
}

const TESTS = ["is_true", "is_not_true", "is_false", "is_not_false"] as const;
/** What the tests say of NULL. */
const OF_NULL = ["false", "true", "false", "true"];

const tests: FunctionDefinition[] = TESTS.map((name, code) => ({
  name,
  group: "logic",
  signature: `${name}(a: bool): bool`,
  summary: `a ${name.replaceAll("_", " ").toUpperCase()}; never NULL`,
  example: example(`${name}(NULL)`, OF_NULL[code]),
  args: [1, 1],
  apply: (call) => {
    const value = call.want(0, "bool");
    return value && { ...call.emit("expr_is_bool", code, BOOL, [value]), nullable: false };
  },
}));

export const LOGIC_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: "and",
    group: "logic",
    signature: "and(a: bool, b: bool, …): bool",
    summary: "False if one is false, else NULL if one is NULL, else true",
    example: example("and(NULL, false)", "false"),
    args: [1, CALL_ARGS_MAX],
    apply: (call) => join(call, 0),
  },
  {
    name: "or",
    group: "logic",
    signature: "or(a: bool, b: bool, …): bool",
    summary: "True if one is true, else NULL if one is NULL, else false",
    example: example("or(NULL, false)", "NULL"),
    args: [1, CALL_ARGS_MAX],
    apply: (call) => join(call, 1),
  },
  {
    name: "not",
    group: "logic",
    signature: "not(a: bool): bool",
    summary: "True if a is false, false if it is true, NULL if it is NULL",
    example: example("not(false)", "true"),
    args: [1, 1],
    apply: (call) => {
      const value = call.want(0, "bool");
      return value && call.not(value);
    },
  },
  {
    name: "is_null",
    aliases: ["isnull"],
    group: "logic",
    signature: "is_null(a: value): bool",
    summary: "a IS NULL, a IS UNKNOWN; never NULL",
    example: example("is_null(NULL)", "true"),
    args: [1, 1],
    apply: (call) => isNull(call, 0),
  },
  {
    name: "is_not_null",
    aliases: ["isnotnull"],
    group: "logic",
    signature: "is_not_null(a: value): bool",
    summary: "a IS NOT NULL, a IS NOT UNKNOWN; never NULL",
    example: example("is_not_null('a')", "true"),
    args: [1, 1],
    apply: (call) => isNull(call, 1),
  },
  ...tests,
];
