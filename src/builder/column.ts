import type { DataType, Kind as CellKind } from "../core/schema.ts";

/** Kinds of values; decimals of every width are one. */
export type Kind = Exclude<CellKind, "decimal128">;

/** The type of a column as a pipeline is written with it: `K` and `N` let the compiler follow it. Plans have it as formatType writes it. */
export interface ColumnSpec<K extends Kind = Kind, N extends boolean = boolean> {
  readonly type: DataType & { readonly kind: K };
  readonly nullable: N;
}

/** Columns by name, in the order in which they are written. */
export type ColumnSpecs = Readonly<Record<string, ColumnSpec>>;

function spec<K extends Kind>(type: DataType & { readonly kind: K }): ColumnSpec<K, false> {
  return { type, nullable: false };
}

export const int64 = () => spec({ kind: "int64" });
export const double = () => spec({ kind: "double" });
export const bool = () => spec({ kind: "bool" });
export const string = () => spec({ kind: "string" });
export const bytes = () => spec({ kind: "bytes" });
/** Epoch milliseconds, UTC. */
export const timestamp = () => spec({ kind: "timestamp" });
/** `precision` digits in all (1 to 38), `scale` of them behind the point. */
export const decimal = (precision: number, scale: number): ColumnSpec<"decimal", false> =>
  spec({ kind: "decimal", precision, scale });

/** The same column where NULL may stand. */
export function nullable<K extends Kind>(column: ColumnSpec<K>): ColumnSpec<K, true> {
  return { type: column.type, nullable: true };
}

/** What a value of each kind is in a row that leaves as JSON; int64 is a bigint where the reader parses exactly. */
export interface JsonValues {
  int64: number | bigint;
  double: number | null;
  decimal: string;
  bool: boolean;
  timestamp: string;
  string: string;
  bytes: string;
}

/** A value in a result row; NULL where it may stand. */
export type ValueOf<K extends Kind, N extends boolean> = JsonValues[K] | (N extends false ? never : null);
