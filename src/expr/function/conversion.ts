import { STRING } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { castTo } from "../cast.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import { nameOf } from "../type.ts";
import type { Value } from "../value.ts";

function cast(call: CallSite): Value | null {
  if (call.target === null) return call.fail(null, `${call.name} needs a type`, 'Add "type": "double", "string", …');
  const value = castTo(call, call.args[0], call.target);
  return value ?? call.fail(0, `There is no cast from ${nameOf(call.args[0].type)} to ${nameOf(call.target)}`);
}

export const CONVERSION_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: "cast",
    group: "conversion",
    signature: 'cast(a: value), with "type": that type',
    summary:
      "a as another type; what cannot be converted is NULL. double and decimal truncate to int64; decimals round " +
      "halves away from zero; timestamps are ISO 8601 as strings and epoch milliseconds as numbers",
    example: example("cast('42' as int64)", "42"),
    args: [1, 1],
    typed: true,
    apply: cast,
  },
  {
    name: "try_cast",
    group: "conversion",
    signature: 'try_cast(a: value), with "type": that type',
    summary: "The same as cast, which gives NULL too where there is no value of the type",
    example: example("try_cast('non-number' as int64)", "NULL"),
    args: [1, 1],
    typed: true,
    apply: cast,
  },
  {
    name: "typeof",
    group: "conversion",
    signature: "typeof(a: value): string",
    summary: "The name of a's type",
    example: example("typeof(cast(1 as decimal(9,2)))", "'decimal(9,2)'"),
    args: [1, 1],
    apply: (call) => call.constant(STRING, nameOf(call.args[0].type)),
  },
];
