import { BYTES, STRING } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { castTo } from "../cast.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import type { TypedValue } from "../value.ts";
import { isWide } from "../wide.ts";
import { plain } from "./plain.ts";

/** Parts of addresses by the codes of fn_parse_url. */
const URL_PARTS = ["host", "path", "query", "ref", "protocol", "authority", "file", "userinfo"];

/** Whether argument 1 names the character set that there is; else a problem. */
function isUtf8(call: CallSite): boolean {
  const name = call.wantText(1, "'UTF-8'");
  if (name === null || /^utf-?8$/i.test(name)) return name !== null;
  call.fail(1, `${call.name} knows no character set ${JSON.stringify(name)}`, "What fits: UTF-8");
  return false;
}

function parseUrl(call: CallSite): TypedValue | null {
  const url = call.want(0, "string"), name = call.wantText(1, URL_PARTS.join(", ")), part = name?.toLowerCase() ?? "";
  const key = call.args.length > 2 ? call.want(2, "string") : undefined;
  if (url === null || name === null || key === null) return null;
  const code = URL_PARTS.indexOf(part);
  if (code < 0) {
    return call.fail(1, `An address has no part ${JSON.stringify(name)}`, `What fits: ${URL_PARTS.join(", ")}`);
  }
  if (key !== undefined && part !== "query") return call.fail(2, "Only the query has keys", "Ask for the part 'QUERY'");
  return call.emit("fn_parse_url", code, STRING, key === undefined ? [url] : [url, key], true);
}

export const ENCODING_FUNCTIONS: readonly FunctionDefinition[] = [
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
  {
    name: "hex",
    group: "encoding",
    signature: "hex(a: int64 | string | bytes): string",
    summary:
      "Capital hexadecimal digits: of a number in two's complement without zeros in front, or of bytes, of a string in UTF-8",
    example: example("hex('hello,world')", "'68656C6C6F2C776F726C64'"),
    args: [1, 1],
    apply: (call) => {
      const value = call.want(0, "string", "bytes", "int64");
      if (value?.type.kind === "int64") return call.emit("fn_digits", 4, STRING, [value]);
      return value && call.emit("fn_hex", 0, STRING, [value], true);
    },
  },
  {
    name: "order_key",
    group: "encoding",
    signature: "order_key(a: number | timestamp): string",
    summary:
      "16 capital hexadecimal digits that sort as a does among values of its type; 32 of decimals with more than 18 digits",
    example: example("order_key(-1)", "'7FFFFFFFFFFFFFFF'"),
    args: [1, 1],
    apply: (call) => {
      const value = call.want(0, "int64", "double", "decimal", "timestamp");
      if (value === null) return null;
      // The bytes of wide decimals have the order of the numbers
      if (isWide(value.type)) return call.emit("fn_hex", 0, STRING, [value], true);
      return call.emit("fn_order_key", value.type.kind === "double" ? 1 : 0, STRING, [value]);
    },
  },
  plain({
    name: "unhex",
    group: "encoding",
    signature: "unhex(text: string): bytes",
    summary:
      "The bytes that hexadecimal digits stand for, a zero in front if their number is odd; NULL if there are others",
    example: example("unhex('CAFE')", "X'CAFE'"),
    params: ["string"],
    kernel: "fn_hex",
    code: 1,
    result: BYTES,
    mayFail: true,
  }),
  {
    name: "encode",
    group: "encoding",
    signature: "encode(text: string, charset: string literal): bytes",
    summary: "The bytes of a string in a character set, which is UTF-8",
    example: example("encode('é', 'UTF-8')", "X'C3A9'"),
    args: [2, 2],
    apply: (call) => {
      const text = call.want(0, "string"), known = isUtf8(call);
      return text && known ? castTo(call, text, BYTES) : null;
    },
  },
  {
    name: "decode",
    group: "encoding",
    signature: "decode(a: bytes, charset: string literal): string",
    summary: "The string that bytes are in a character set, which is UTF-8; NULL if they are none",
    example: example("decode(X'C3A9', 'UTF-8')", "'é'"),
    args: [2, 2],
    apply: (call) => {
      const bytes = call.want(0, "bytes"), known = isUtf8(call);
      return bytes && known ? castTo(call, bytes, STRING) : null;
    },
  },
  plain({
    name: "url_encode",
    group: "encoding",
    signature: "url_encode(text: string): string",
    summary: "As web forms send it: application/x-www-form-urlencoded, in UTF-8",
    example: example("url_encode('a b&é')", "'a+b%26%C3%A9'"),
    params: ["string"],
    kernel: "fn_url_code",
    code: 0,
    result: STRING,
    mayFail: true,
  }),
  plain({
    name: "url_decode",
    group: "encoding",
    signature: "url_decode(text: string): string",
    summary: "What web forms sent so; NULL if it is no such text",
    example: example("url_decode('a+b%26%C3%A9')", "'a b&é'"),
    params: ["string"],
    kernel: "fn_url_code",
    code: 1,
    result: STRING,
    mayFail: true,
  }),
  {
    name: "parse_url",
    group: "encoding",
    signature: "parse_url(url: string, part: string literal, key?: string): string",
    summary: `A part of an address (${URL_PARTS.join(", ")}), or the value of a key in its query; NULL if it has none`,
    example: example("parse_url('http://a.com/p1/p.php?k1=v1&k2=v2#Ref1', 'QUERY', 'k2')", "'v2'"),
    args: [2, 3],
    apply: parseUrl,
  },
];
