import { BYTES, STRING } from "../../core/schema.ts";
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
  {
    name: "to_base64",
    group: "encoding",
    signature: "to_base64(a: bytes | string): string",
    summary: "The bytes, of a string in UTF-8, as base64 (RFC 4648, padded)",
    example: example("to_base64('hello world')", "'aGVsbG8gd29ybGQ='"),
    args: [1, 1],
    apply: (call) => {
      const value = call.want(0, "bytes", "string");
      return value && call.emit("expr_base64", 0, STRING, [value]);
    },
  },
  {
    name: "from_base64",
    group: "encoding",
    signature: "from_base64(a: string): bytes",
    summary: "The bytes that base64 stands for; NULL if it is none",
    example: example("from_base64('aGk=')", "X'6869'"),
    args: [1, 1],
    apply: (call) => {
      const value = call.want(0, "string");
      return value && call.emit("expr_base64", 1, BYTES, [value], true);
    },
  },
];
