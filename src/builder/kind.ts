import type { Kind as CellKind } from "../core/schema.ts";

/** Kinds of values that are not nested; decimals of every width are one. */
export type PlainKind = Exclude<CellKind, "decimal128">;

/** Arrays of items of a kind. */
export interface ArrayKind<K = unknown> {
  readonly array: K;
}

/** Maps from texts to values of a kind. */
export interface MapKind<K = unknown> {
  readonly map: K;
}

/** Rows by the kinds of their fields. */
export interface RowKind<F = unknown> {
  readonly row: F;
}

/** Any value of JSON. */
export interface JsonKind {
  readonly json: true;
}

/** What the compiler knows of a value. */
export type Kind = PlainKind | ArrayKind | MapKind | RowKind | JsonKind;
