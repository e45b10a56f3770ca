import { LEVENSHTEIN_CHARS_MAX } from "../../core/limits.ts";
import { BOOL, DOUBLE, INT64, STRING } from "../../core/schema.ts";
import { castTo } from "../cast.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import { plain } from "./plain.ts";

export const STRING_MEASURE_FUNCTIONS: readonly FunctionDefinition[] = [
  plain({
    name: "ascii",
    group: "string",
    signature: "ascii(text: string): int64",
    summary: "The number of the first character (its code point), 0 without one",
    example: example("ascii('abc')", "97"),
    params: ["string"],
    kernel: "fn_ascii",
    result: INT64,
  }),
  plain({
    name: "chr",
    aliases: ["char"],
    group: "string",
    signature: "chr(a: int64): string",
    summary: "The character with the number a modulo 256; empty if a is negative",
    example: example("chr(353)", "'a'"),
    params: ["int64"],
    kernel: "fn_chr",
    result: STRING,
    mayFail: true,
  }),
  plain({
    name: "is_alpha",
    group: "string",
    signature: "is_alpha(text: string): bool",
    summary: "There are characters, and all are ASCII letters",
    example: example("is_alpha('abc1')", "false"),
    params: ["string"],
    kernel: "fn_only",
    code: 0,
    result: BOOL,
  }),
  plain({
    name: "is_digit",
    group: "string",
    signature: "is_digit(text: string): bool",
    summary: "There are characters, and all are digits from 0 to 9",
    example: example("is_digit('007')", "true"),
    params: ["string"],
    kernel: "fn_only",
    code: 1,
    result: BOOL,
  }),
  {
    name: "is_decimal",
    group: "string",
    signature: "is_decimal(text: string): bool",
    summary: "The text can be read as a double",
    example: example("is_decimal('-1.5e3')", "true"),
    args: [1, 1],
    apply: (call) => {
      const text = call.want(0, "string"), read = text && castTo(call, text, DOUBLE);
      if (text === null || read === null) return null;
      const there = call.emit("expr_is_null", 1, BOOL, [read]);
      if (!text.nullable) return { ...there, nullable: false };
      const isNull = { ...call.emit("expr_is_null", 0, BOOL, [text]), nullable: false };
      return call.select(isNull, call.nullOf(BOOL), { ...there, nullable: false });
    },
  },
  plain({
    name: "levenshtein",
    group: "string",
    signature: "levenshtein(a: string, b: string): int64",
    summary:
      `The fewest code points inserted, deleted or replaced from a to b; NULL beyond ${LEVENSHTEIN_CHARS_MAX} in one`,
    example: example("levenshtein('kitten', 'sitting')", "3"),
    params: ["string", "string"],
    kernel: "fn_levenshtein",
    code: LEVENSHTEIN_CHARS_MAX,
    result: INT64,
    mayFail: true,
  }),
  plain({
    name: "soundex",
    group: "string",
    signature: "soundex(text: string): string",
    summary: "The American Soundex code of the ASCII letters, empty without one",
    example: example("soundex('Robert')", "'R163'"),
    params: ["string"],
    kernel: "fn_soundex",
    result: STRING,
    mayFail: true,
  }),
];
