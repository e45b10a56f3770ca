import type { RowError } from "../codec.ts";
import { type ErrorDetail, RdxError } from "../core/errors.ts";
import { type Column, columnIndex } from "../core/schema.ts";
import { widerType } from "../core/wider_type.ts";
import type { StreamDeclaration } from "./service.ts";

/** A declaration that makes sense: its event time is a column of times, and every row has it. Throws invalid_plan. */
export function checked(declaration: StreamDeclaration): StreamDeclaration {
  const { columns, time } = declaration;
  if (time === null) return declaration;
  const at = columnIndex(columns, time), kind = columns[at]?.type.kind;
  if (kind !== "timestamp" && kind !== "int64") {
    const reason = at < 0 ? `There is no column ${time}` : `Column ${time} is ${kind}: expected timestamp or int64`;
    throw new RdxError("invalid_plan", `Cannot use ${time} as event time`, [{ path: "time", reason }]);
  }
  return { ...declaration, columns: columns.map((column, i) => i === at ? { ...column, nullable: false } : column) };
}

/** Columns of `known` in their places, widened to hold those of `found` too, then those that only `found` has. */
export function mergeColumns(known: readonly Column[], found: readonly Column[]): Column[] {
  const merged = known.map((column) => {
    const other = found[columnIndex(found, column.name)];
    return other ? { ...column, type: widerType(column.type, other.type) } : column;
  });
  return [...merged, ...found.filter(({ name }) => columnIndex(known, name) < 0)];
}

/** A row's error as answers list it. */
export function detailOf({ line, column, field, reason }: RowError): ErrorDetail {
  return { line, column, ...(field === null ? {} : { field }), reason };
}

/** Identifies the content of a body. */
export async function digestOf(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
