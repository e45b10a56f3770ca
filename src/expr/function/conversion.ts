import { BYTES, STRING } from "../../core/schema.ts";
import { castTo } from "../cast.ts";
import type { FunctionDefinition } from "../definition.ts";
import { nameOf } from "../type.ts";

export const CONVERSION_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: "cast",
    group: "conversion",
    signature: 'cast(a: value), with "type": that type',
    summary:
      "a as another type; what cannot be converted is NULL. double and decimal truncate to int64; decimals round " +
      "halves away from zero; timestamps are ISO 8601 as strings and epoch milliseconds as numbers",
    args: [1, 1],
    apply: (call) => {
      if (call.target === null) return call.fail(null, "cast needs a type", 'Add "type": "double", "string", …');
      const value = castTo(call, call.args[0], call.target);
      return value ?? call.fail(0, `There is no cast from ${nameOf(call.args[0].type)} to ${nameOf(call.target)}`);
    },
  },
  {
    name: "to_base64",
    group: "conversion",
    signature: "to_base64(a: bytes | string): string",
    summary: "The bytes, of a string in UTF-8, as base64 (RFC 4648, padded)",
    args: [1, 1],
    apply: (call) => {
      const value = call.want(0, "bytes", "string");
      return value && call.emit("expr_base64", 0, STRING, [value]);
    },
  },
  {
    name: "from_base64",
    group: "conversion",
    signature: "from_base64(a: string): bytes",
    summary: "The bytes that base64 stands for; NULL if it is none",
    args: [1, 1],
    apply: (call) => {
      const value = call.want(0, "string");
      return value && call.emit("expr_base64", 1, BYTES, [value], true);
    },
  },
];
