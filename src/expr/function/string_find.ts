import { INT64, STRING } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import type { TypedValue } from "../value.ts";
import { plain, wantParameters } from "./plain.ts";

/** The separator: a text, or the number of a character as Flink SQL takes it. */
function wantSeparator(call: CallSite): TypedValue | null {
  if (call.args[1].type?.kind !== "int64") return call.want(1, "string");
  const code = call.wantWhole(1, 1, 255);
  return code === null ? null : call.constant(STRING, String.fromCharCode(code));
}

export const STRING_FIND_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: "position",
    aliases: ["locate"],
    group: "string",
    signature: "position(part: string, text: string, start?: int64): int64",
    summary:
      "The number, from 1, of the code point of text where part is first found, from start on; 0 if it is not there",
    example: example("position('a', 'banana', 3)", "4"),
    args: [2, 3],
    apply: (call) => {
      const values = wantParameters(call, ["string", "string", "int64"]);
      if (values === null) return null;
      const [part, text, ...start] = values;
      return call.emit("fn_position", 0, INT64, [text, part, ...start]);
    },
  },
  plain({
    name: "instr",
    aliases: ["strpos"],
    group: "string",
    signature: "instr(text: string, part: string): int64",
    summary: "The number, from 1, of the code point of text where part is first found; 0 if it is not there",
    example: example("instr('banana', 'na')", "3"),
    params: ["string", "string"],
    kernel: "fn_position",
    result: INT64,
  }),
  plain({
    name: "count_char",
    aliases: ["count_text"],
    group: "string",
    signature: "count_char(text: string, part: string): int64",
    summary: "How often a character, or a longer part, is in text",
    example: example("count_char('banana', 'a')", "3"),
    params: ["string", "string"],
    kernel: "fn_count_text",
    result: INT64,
  }),
  {
    name: "split_index",
    group: "string",
    signature: "split_index(text: string, separator: string | int64 literal, index: int64): string",
    summary:
      "The piece of text at an index, from 0, between separators (a text, or the number of a character; the empty one is white space); " +
      "NULL if there is none",
    example: example("split_index('https://a/b/c', '/', 3)", "'b'"),
    args: [3, 3],
    apply: (call) => {
      const text = call.want(0, "string"), separator = wantSeparator(call), index = call.want(2, "int64");
      if (text === null || separator === null || index === null) return null;
      return call.emit("fn_split_index", 0, STRING, [text, separator, index], true);
    },
  },
  plain({
    name: "left",
    group: "string",
    signature: "left(text: string, count: int64): string",
    summary: "The first code points; none if count is negative",
    example: example("left('streams', 3)", "'str'"),
    params: ["string", "int64"],
    kernel: "fn_side",
    code: 0,
    result: STRING,
  }),
  plain({
    name: "right",
    group: "string",
    signature: "right(text: string, count: int64): string",
    summary: "The last code points; none if count is negative",
    example: example("right('streams', 3)", "'ams'"),
    params: ["string", "int64"],
    kernel: "fn_side",
    code: 1,
    result: STRING,
  }),
];
