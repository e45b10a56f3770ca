import {
  arrayOf,
  type DataType,
  decimal,
  DECIMAL_DIGITS_MAX,
  type Field,
  isDecimal,
  JSON_VALUE,
  KIND_CODES,
  mapOf,
  rowOf,
} from "./data_type.ts";
import { RdxError } from "./errors.ts";
import { COLUMNS_MAX, TYPE_DEPTH_MAX } from "./limits.ts";

const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What fits, for messages. */
export const TYPE_FORMS =
  "int64, double, decimal(p,s), bool, timestamp, string, bytes, json, array<T>, map<string, T> or row<name T, …>";
/** A regular expression for JSON Schema; what is between the brackets is checked when the type is read. */
export const TYPE_PATTERN =
  "^\\s*(int64|double|bool|timestamp|string|bytes|json|decimal\\(\\s*\\d{1,2}\\s*,\\s*\\d{1,2}\\s*\\)|(array|map|row)\\s*<.*>)\\s*$";

/** `decimal(18,2)`, `int64`, `array<row<sku string, qty int64>>`, … as plans and stream declarations write it. */
export function formatType(type: DataType): string {
  const { kind, precision, scale, nested } = type;
  if (isDecimal(type)) return `decimal(${precision},${scale})`;
  switch (nested?.of) {
    case undefined:
      return kind;
    case "array":
      return `array<${formatType(nested.item)}>`;
    case "map":
      return `map<string, ${formatType(nested.value)}>`;
    case "row":
      return `row<${nested.fields.map(({ name, type }) => `${fieldName(name)} ${formatType(type)}`).join(", ")}>`;
    case "json":
      return "json";
  }
}

/** Names that are no words stand in the quotes of JSON. */
function fieldName(name: string): string {
  return PLAIN.test(name) ? name : JSON.stringify(name);
}

/** Reads a type as `formatType` writes it. Throws RdxError("invalid_plan") that lists what there is. */
export function parseType(text: string): DataType {
  const reader = new TypeReader(text), type = reader.type(1);
  if (!reader.done) throw unknown(text);
  return type;
}

function unknown(text: string): RdxError {
  return new RdxError("invalid_plan", `Unknown type ${JSON.stringify(text)}: expected ${TYPE_FORMS}`);
}

const TOKEN = /\s*([A-Za-z_][A-Za-z0-9_]*|"(?:[^"\\]|\\.)*"|\d{1,2}|[<>(),])/y;

class TypeReader {
  readonly #text: string;
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    TOKEN.lastIndex = 0;
    const end = text.trimEnd().length;
    while (TOKEN.lastIndex < end) {
      const match = TOKEN.exec(text);
      if (!match) throw unknown(text);
      this.#tokens.push(match[1]);
    }
  }

  get done(): boolean {
    return this.#at === this.#tokens.length;
  }

  #take(): string {
    return this.#tokens[this.#at++] ?? "";
  }

  #expect(token: string): void {
    if (this.#take() !== token) throw unknown(this.#text);
  }

  type(depth: number): DataType {
    if (depth > TYPE_DEPTH_MAX) {
      throw new RdxError("invalid_plan", `Cannot use a type that is nested deeper than ${TYPE_DEPTH_MAX}: write json`);
    }
    const name = this.#take();
    switch (name) {
      case "json":
        return JSON_VALUE;
      case "decimal":
        return this.#decimal();
      case "array":
        return arrayOf(this.#inside(() => this.type(depth + 1)));
      case "map":
        return mapOf(this.#inside(() => {
          this.#expect("string");
          this.#expect(",");
          return this.type(depth + 1);
        }));
      case "row":
        return rowOf(this.#inside(() => this.#fields(depth + 1)));
      default: {
        const kind = KIND_CODES.find((one) => one === name && one !== "decimal128");
        if (!kind) throw unknown(this.#text);
        return { kind };
      }
    }
  }

  #inside<T>(read: () => T): T {
    this.#expect("<");
    const found = read();
    this.#expect(">");
    return found;
  }

  #decimal(): DataType {
    this.#expect("(");
    const precision = this.#digits();
    this.#expect(",");
    const scale = this.#digits();
    this.#expect(")");
    if (precision >= 1 && precision <= DECIMAL_DIGITS_MAX && scale <= precision) return decimal(precision, scale);
    throw new RdxError(
      "invalid_plan",
      `Cannot use type ${this.#text}: precision is 1 to ${DECIMAL_DIGITS_MAX}, scale 0 to precision`,
    );
  }

  #digits(): number {
    const token = this.#take();
    if (!/^\d+$/.test(token)) throw unknown(this.#text);
    return Number(token);
  }

  #fields(depth: number): Field[] {
    const fields: Field[] = [], names = new Set<string>();
    do {
      const token = this.#take();
      if (!/^["A-Za-z_]/.test(token)) throw unknown(this.#text);
      const name = token.startsWith('"') ? this.#unquoted(token) : token;
      if (names.has(name)) {
        throw new RdxError(
          "invalid_plan",
          `Cannot use type ${this.#text}: field ${JSON.stringify(name)} is named twice`,
        );
      }
      names.add(name);
      fields.push({ name, type: this.type(depth) });
      if (fields.length > COLUMNS_MAX) {
        throw new RdxError("invalid_plan", `Cannot use a row of more than ${COLUMNS_MAX} fields: write json`);
      }
    } while (this.#tokens[this.#at] === "," && this.#at++ >= 0);
    return fields;
  }

  #unquoted(token: string): string {
    try {
      return JSON.parse(token);
    } catch {
      throw unknown(this.#text);
    }
  }
}
