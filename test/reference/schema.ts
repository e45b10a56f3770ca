import type { Column, DataType } from "../../src/core/schema.ts";
import { decimalOf } from "./value.ts";

/** A type as plans write it. */
export function readType(text: string): DataType {
  const [, precision, scale] = /^decimal\((\d+),\s*(\d+)\)$/.exec(text) ?? [];
  if (precision !== undefined) return decimalOf(Number(precision), Number(scale));
  return { kind: text as DataType["kind"] };
}

/** The position of a column; it has to be there. */
export function place(columns: readonly Column[], name: string): number {
  const at = columns.findIndex((column) => column.name === name);
  if (at < 0) throw new Error(`No column ${name} among ${columns.map((column) => column.name)}`);
  return at;
}

export function places(columns: readonly Column[], names: readonly string[]): number[] {
  return names.map((name) => place(columns, name));
}

export const column = (name: string, type: DataType, nullable = true): Column => ({ name, type, nullable });
