import { INT64, STRING } from "../../core/schema.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import { plain } from "./plain.ts";

/** Functions of two whole numbers: name, code of fn_bits, what it is, example. */
const BINARY: readonly (readonly [string, number, string, string, string])[] = [
  ["bitand", 0, "The bits that a and b both have", "bitand(12, 10)", "8"],
  ["bitor", 1, "The bits that a or b has", "bitor(12, 10)", "14"],
  ["bitxor", 2, "The bits that one of a and b has", "bitxor(12, 10)", "6"],
  ["shiftleft", 3, "a's bits moved up by b modulo 64", "shiftleft(1, 40)", "1099511627776"],
  ["shiftright", 4, "a's bits moved down by b modulo 64, the sign kept", "shiftright(-16, 2)", "-4"],
  [
    "shiftrightunsigned",
    5,
    "a's bits moved down by b modulo 64, zeros from above",
    "shiftrightunsigned(-1, 60)",
    "15",
  ],
];

export const BIT_FUNCTIONS: readonly FunctionDefinition[] = [
  ...BINARY.map(([name, code, summary, call, result]) =>
    plain({
      name,
      group: "bits",
      signature: `${name}(a: int64, b: int64): int64`,
      summary,
      example: example(call, result),
      params: ["int64", "int64"],
      kernel: "fn_bits",
      code,
      result: INT64,
    })
  ),
  plain({
    name: "bitnot",
    group: "bits",
    signature: "bitnot(a: int64): int64",
    summary: "The bits that a does not have",
    example: example("bitnot(0)", "-1"),
    params: ["int64"],
    kernel: "fn_bits",
    code: 6,
    result: INT64,
  }),
  plain({
    name: "bitcount",
    group: "bits",
    signature: "bitcount(a: int64): int64",
    summary: "How many bits a has",
    example: example("bitcount(255)", "8"),
    params: ["int64"],
    kernel: "fn_bits",
    code: 7,
    result: INT64,
  }),
  plain({
    name: "bin",
    group: "bits",
    signature: "bin(a: int64): string",
    summary: "a in the binary system, negative numbers with all 64 digits",
    example: example("bin(12)", "'1100'"),
    params: ["int64"],
    kernel: "fn_digits",
    code: 1,
    result: STRING,
  }),
];
