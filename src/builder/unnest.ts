import type { Value } from "./expression.ts";
import type { ArrayKind, Kind, MapKind, RowKind } from "./kind.ts";

export interface UnnestOptions {
  /** Rows without items come once, with NULL. */
  readonly outer?: boolean;
  /** Adds the number of the item, from 1, as a column of this name. */
  readonly ordinality?: string;
  /** The id of the node. */
  readonly id?: string;
}

/** An entry of a map. */
export type EntryKind<V extends Kind> = RowKind<{ readonly key: "string"; readonly value: V }>;

/** What arrays and maps are taken apart into. */
export type ItemOf<L> = L extends ArrayKind<infer I extends Kind> ? I
  : L extends MapKind<infer V extends Kind> ? EntryKind<V>
  : never;

/** The columns that are added. */
export type ItemRow<A extends string, K extends Kind, O> =
  & { readonly [N in A]: Value<K, true> }
  & (O extends { readonly ordinality: infer M extends string } ? { readonly [N in M]: Value<"int64"> } : unknown);
