import { RdxError } from "../core/errors.ts";
import { type Column, type DataType, formatType } from "../core/schema.ts";
import type { Value } from "../core/value.ts";
import { keyText } from "./key_text.ts";
import { readTime } from "./parameters.ts";

/** A number as it was written. */
class Digits {
  constructor(readonly text: string) {}
}

const CHARACTERS_SHOWN_MAX = 200;

/**
 * The values of a key that is written as a JSON value, or as an array of those of its columns. Throws RdxError("invalid"), which tells the columns,
 * for another number of values and for what can be no value of its column.
 */
export function lookKey(text: string, columns: readonly Column[], table: string): readonly Value[] {
  const refuse = (why: string): never => {
    const by = columns.length === 0
      ? `table ${table} is not looked for by a key, leave it out`
      : `table ${table} is looked for by ${columns.map(({ name, type }) => `${name} ${formatType(type)}`).join(", ")}`;
    throw new RdxError("invalid", `Parameter key ${why}: ${by}`);
  };
  const shown = JSON.stringify(text.slice(0, CHARACTERS_SHOWN_MAX)), json = parse(text);
  if (json === undefined) return refuse(`is ${shown}, which is no JSON`);
  const values = Array.isArray(json) ? json : [json];
  if (values.length !== columns.length) return refuse(`has ${values.length} values, not ${columns.length}`);
  return values.map((value, i) => {
    const read = valueOf(columns[i].type, value);
    return read === undefined ? refuse(`is ${shown}, which cannot be ${columns[i].name}`) : read;
  });
}

/** Numbers keep all of their digits. Undefined: it is no JSON. */
function parse(text: string): unknown {
  const exact = (_: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === "number" ? new Digits(context?.source ?? String(value)) : value;
  try {
    return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
  } catch {
    return undefined;
  }
}

/** The value of a column that is meant; undefined when none can be. */
function valueOf(type: DataType, json: unknown): Value | undefined {
  if (json === null) return null;
  if (typeof json === "boolean") return type.kind === "bool" ? json : undefined;
  const text = json instanceof Digits ? json.text : typeof json === "string" ? json : undefined;
  if (text === undefined) return undefined;
  switch (type.kind) {
    case "bool":
      return undefined;
    case "string":
      return json instanceof Digits ? undefined : text;
    case "bytes":
      return json instanceof Digits || keyText(type, text) === null
        ? undefined
        : Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    case "double":
      return keyText(type, text) === null ? undefined : Number(text);
    case "timestamp": {
      const time = readTime(text);
      return time === null ? undefined : BigInt(time);
    }
    case "int64":
    case "decimal":
    case "decimal128":
      return scaled(type, text);
  }
}

/** A number with more places than its column has can be none of its values. */
function scaled(type: DataType, text: string): bigint | undefined {
  const exact = keyText(type, text), [, places = ""] = exact?.split(".") ?? [];
  if (exact === null || exact === "null" || places.length !== (type.scale ?? 0)) return undefined;
  return BigInt(exact.replace(".", ""));
}
