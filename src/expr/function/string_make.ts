import { CALL_ARGS_MAX } from "../../core/limits.ts";
import { BOOL, INT64, STRING } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import type { TypedValue } from "../value.ts";
import { COMPARISONS } from "./compare.ts";
import { plain } from "./plain.ts";
import { wantTexts } from "./string.ts";

/** The text at a number from 1: a choice from the last to the first. */
function elt(call: CallSite): TypedValue | null {
  const index = call.want(0, "int64"), texts = wantTexts(call, 1);
  if (index === null || texts === null) return null;
  return texts.reduceRight((rest, text, i) => {
    const here = call.emit("expr_compare_int", COMPARISONS.eq, BOOL, [index, call.constant(INT64, String(i + 1))]);
    return call.select(here, text, rest);
  }, call.nullOf(STRING));
}

function pad(name: string, code: number, where: string, result: string): FunctionDefinition {
  return plain({
    name,
    group: "string",
    signature: `${name}(text: string, length: int64, padding: string): string`,
    summary: `With length code points: cut at the end, or filled up ${where} with the padding again and again; NULL ` +
      "if length is negative or there is no padding",
    example: example(`${name}('hi', 5, '?!')`, result),
    params: ["string", "int64", "string"],
    kernel: "fn_pad",
    code,
    result: STRING,
    mayFail: true,
  });
}

export const STRING_MAKE_FUNCTIONS: readonly FunctionDefinition[] = [
  pad("lpad", 0, "at the start", "'?!?hi'"),
  pad("rpad", 1, "at the end", "'hi?!?'"),
  plain({
    name: "repeat",
    group: "string",
    signature: "repeat(text: string, count: int64): string",
    summary: "The text so many times; NULL if it were too long",
    example: example("repeat('ab', 3)", "'ababab'"),
    params: ["string", "int64"],
    kernel: "fn_repeat",
    result: STRING,
    mayFail: true,
  }),
  plain({
    name: "reverse",
    group: "string",
    signature: "reverse(text: string): string",
    summary: "The code points, the last first",
    example: example("reverse('abc')", "'cba'"),
    params: ["string"],
    kernel: "fn_reverse",
    result: STRING,
    mayFail: true,
  }),
  plain({
    name: "initcap",
    group: "string",
    signature: "initcap(text: string): string",
    summary: "Each word with a capital first and small letters behind; words are of ASCII letters and digits",
    example: example("initcap('hello wORLD')", "'Hello World'"),
    params: ["string"],
    kernel: "fn_initcap",
    result: STRING,
    mayFail: true,
  }),
  plain({
    name: "replace",
    group: "string",
    signature: "replace(text: string, part: string, by: string): string",
    summary: "Every part, one behind the other, replaced; the empty part is before, between and behind all code points",
    example: example("replace('ababab', 'abab', 'z')", "'zab'"),
    params: ["string", "string", "string"],
    kernel: "fn_replace",
    result: STRING,
    mayFail: true,
  }),
  plain({
    name: "translate",
    group: "string",
    signature: "translate(text: string, from: string, to: string): string",
    summary: "Every code point of from replaced by the one at its place in to, or left out where to is shorter",
    example: example("translate('www.apache.org', 'wapcheorg', 'hlinks')", "'hhh.lilnks.'"),
    params: ["string", "string", "string"],
    kernel: "fn_translate",
    result: STRING,
    mayFail: true,
  }),
  plain({
    name: "overlay",
    group: "string",
    signature: "overlay(text: string, by: string, start: int64, length?: int64): string",
    summary:
      "length code points from start on replaced (as many as by has, unless given); the text as it is if start is outside",
    example: example("overlay('xxxxxtest', 'xxxx', 6, 2)", "'xxxxxxxxxst'"),
    params: ["string", "string", "int64", "int64"],
    optional: 1,
    kernel: "fn_overlay",
    result: STRING,
    mayFail: true,
  }),
  {
    name: "elt",
    group: "string",
    signature: "elt(index: int64, a: value, …): string",
    summary: "The value at an index, from 1, as a text; NULL if there is none",
    example: example("elt(2, 'a', 'b', 'c')", "'b'"),
    args: [2, CALL_ARGS_MAX],
    apply: elt,
  },
];
