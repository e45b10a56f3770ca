import {
  arrayOf,
  type DataType,
  decimal as decimalType,
  type Field,
  JSON_VALUE,
  mapOf,
  rowOf,
} from "../core/schema.ts";
import type { ArrayKind, JsonKind, Kind, MapKind, PlainKind, RowKind } from "./kind.ts";

/** The type of a column as a pipeline is written with it: `K` and `N` let the compiler follow it. Plans have it as formatType writes it. */
export interface ColumnSpec<K extends Kind = Kind, N extends boolean = boolean> {
  readonly type: DataType;
  readonly nullable: N;
  /** For the compiler only. */
  readonly kind?: K;
}

/** Columns by name, in the order in which they are written. */
export type ColumnSpecs = Readonly<Record<string, ColumnSpec>>;

function spec<K extends PlainKind>(type: DataType & { readonly kind: K }): ColumnSpec<K, false> {
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
export const decimal = (precision: number, scale: number): ColumnSpec<"decimal", false> => ({
  type: decimalType(precision, scale),
  nullable: false,
});

/** An array of items of a type; items may be NULL. */
export function array<K extends Kind>(item: ColumnSpec<K>): ColumnSpec<ArrayKind<K>, false> {
  return { type: arrayOf(item.type), nullable: false };
}

/** A map from texts to values of a type. */
export function map<K extends Kind>(value: ColumnSpec<K>): ColumnSpec<MapKind<K>, false> {
  return { type: mapOf(value.type), nullable: false };
}

/** A row of fields. */
export function row<const S extends ColumnSpecs>(fields: S): ColumnSpec<RowKind<KindsOf<S>>, false> {
  const known = Object.entries(fields).map(([name, { type }]): Field => ({ name, type }));
  return { type: rowOf(known), nullable: false };
}

/** Any value of JSON. */
export const json = (): ColumnSpec<JsonKind, false> => ({ type: JSON_VALUE, nullable: false });

/** The kinds of columns, or of the fields of a row. */
export type KindsOf<S extends ColumnSpecs> = { readonly [N in keyof S]: NonNullable<S[N]["kind"]> };

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
export type ValueOf<K extends Kind, N extends boolean> = JsonOf<K> | (N extends false ? never : null);

/** A value of JSON; parts of nested ones may be null. */
type JsonOf<K> = K extends PlainKind ? JsonValues[K]
  : K extends ArrayKind<infer I> ? readonly (JsonOf<I> | null)[]
  : K extends MapKind<infer V> ? { readonly [key: string]: JsonOf<V> | null }
  : K extends RowKind<infer F> ? { readonly [N in keyof F]?: JsonOf<F[N]> | null }
  : unknown;
