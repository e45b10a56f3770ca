import { CALL_ARGS_MAX } from "../../core/limits.ts";
import { BOOL } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import type { TypedValue, Value } from "../value.ts";
import { compare, COMPARISONS } from "./compare.ts";
import { inList } from "./in_list.ts";

const SYMBOLS = ["=", "<>", "<", "<=", ">", ">="];
/** Whether 2 <operator> 10 is true. */
const SHOWN = ["false", "true", "true", "true", "false", "false"];

const definitions: FunctionDefinition[] = Object.entries(COMPARISONS).map(([name, code]) => ({
  name,
  group: "comparison",
  signature: `${name}(a: value, b: value): bool`,
  summary: `a ${
    SYMBOLS[code]
  } b. Numbers of different types compare by value, strings by code points; NULL if either is`,
  example: example(`${name}(2, 10)`, SHOWN[code]),
  args: [2, 2],
  apply: (call) => compare(call, code, 0, 1),
}));

/** `a` and `b` as bools without NULL: equal, or both NULL. */
function isSame(call: CallSite): TypedValue | null {
  const equal = compare(call, COMPARISONS.eq, 0, 1);
  if (equal === null) return null;
  const never = (register: TypedValue): TypedValue => ({ ...register, nullable: false });
  const isNull = (value: Value) =>
    never(call.emit("expr_is_null", 0, BOOL, [value.type === null ? call.nullOf(BOOL) : value]));
  const both = never(call.emit("expr_logic", 0, BOOL, [isNull(call.args[0]), isNull(call.args[1])]));
  const sure = never(call.emit("expr_is_bool", 0, BOOL, [equal]));
  return never(call.emit("expr_logic", 1, BOOL, [sure, both]));
}

export const COMPARISON_FUNCTIONS: readonly FunctionDefinition[] = [
  ...definitions,
  {
    name: "is_not_distinct",
    group: "comparison",
    signature: "is_not_distinct(a: value, b: value): bool",
    summary: "a IS NOT DISTINCT FROM b: equal, or both NULL; never NULL",
    example: example("is_not_distinct(1, NULL)", "false"),
    args: [2, 2],
    apply: isSame,
  },
  {
    name: "is_distinct",
    group: "comparison",
    signature: "is_distinct(a: value, b: value): bool",
    summary: "a IS DISTINCT FROM b: unequal, or one of them NULL; never NULL",
    example: example("is_distinct(1, NULL)", "true"),
    args: [2, 2],
    apply: (call) => {
      const same = isSame(call);
      return same && call.not(same);
    },
  },
  {
    name: "between",
    group: "comparison",
    signature: "between(x: value, low: value, high: value): bool",
    summary: "low <= x AND x <= high",
    example: example("between(5, 1, 9)", "true"),
    args: [3, 3],
    apply: (call) => {
      const above = compare(call, COMPARISONS.ge, 0, 1), below = compare(call, COMPARISONS.le, 0, 2);
      return above && below && call.emit("expr_logic", 0, BOOL, [above, below]);
    },
  },
  {
    name: "in",
    group: "comparison",
    signature: "in(x: value, item: value, …): bool",
    summary: "x equals one of the values; NULL if x is, or if none is equal and one of them is NULL",
    example: example("in(4, 1, 2, NULL)", "NULL"),
    args: [2, CALL_ARGS_MAX],
    apply: inList,
  },
];
