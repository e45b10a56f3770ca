import type { DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { Expression } from "../../src/expr/mod.ts";
import { decimalText } from "../kernel/reference/expr_number.ts";

const TOKEN = /\s*(X'[0-9A-Fa-f]*'|TIMESTAMP '[^']*'|'(?:[^']|'')*'|-?\d[\w.+-]*|[A-Za-z_]\w*(?:\(\d+,\d+\))?|[(),])/y;

/** Reads a call as SQL writes it: literals, calls, `cast(a as type)` and `json_value(a, b returning type)`. */
export function readCall(text: string): Expression {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex, match = TOKEN.exec(text);
    if (!match) throw new Error(`Cannot read ${text} from ${at} on`);
    tokens.push(match[1]);
  }
  const reader = new Reader(tokens), expression = reader.expression();
  if (!reader.done) throw new Error(`Cannot read all of ${text}`);
  return expression;
}

class Reader {
  #at = 0;
  constructor(private readonly tokens: readonly string[]) {}

  get done(): boolean {
    return this.#at === this.tokens.length;
  }

  expression(): Expression {
    const token = this.tokens[this.#at++];
    if (token.startsWith("'")) return { literal: token.slice(1, -1).replaceAll("''", "'") };
    if (token.startsWith("TIMESTAMP ")) return { literal: token.slice(11, -1), type: "timestamp" };
    if (token.startsWith("X'")) return { literal: Uint8Array.fromHex(token.slice(2, -1)).toBase64(), type: "bytes" };
    if (/^-?\d+$/.test(token)) return { literal: token, type: "int64" };
    if (/^-?\d/.test(token)) return { literal: Number(token), type: "double" };
    if (token === "NULL") return { literal: null };
    if (token === "true" || token === "false") return { literal: token === "true" };
    if (this.tokens[this.#at++] !== "(") throw new Error(`What is ${token}?`);
    return this.#call(token);
  }

  #call(call: string): Expression {
    const args: Expression[] = [];
    let type: string | undefined;
    while (this.tokens[this.#at] !== ")") {
      const word = this.tokens[this.#at];
      if (word === "," || word === "as" || word === "returning") this.#at++;
      if (word === "as" || word === "returning") type = this.tokens[this.#at++];
      else args.push(this.expression());
    }
    this.#at++;
    return type === undefined ? { call, args } : { call, args, type };
  }
}

/** A value as an SQL literal; a double has a point, an exponent or a name. */
export function literalText(value: Value, type: DataType): string {
  if (value === null) return "NULL";
  switch (type.kind) {
    case "string":
      return `'${String(value).replaceAll("'", "''")}'`;
    case "bytes":
      return `X'${(value as Uint8Array).toHex().toUpperCase()}'`;
    case "timestamp":
      return `TIMESTAMP '${new Date(Number(value)).toISOString()}'`;
    case "decimal":
      return decimalText(value as bigint, type.scale ?? 0);
    case "double":
      return Number.isInteger(value) && Math.abs(value as number) < 1e21 ? `${value}.0` : String(value);
    default:
      return String(value);
  }
}
