import type { OrderColumn } from "../plan/plan.ts";

/** A column that rows are in order of. */
export interface OrderSpec<N extends string = string> {
  readonly column: OrderColumn;
  /** For the compiler only. */
  readonly name?: N;
}

/** Where NULL goes; else it counts as the least value. */
export interface OrderOptions {
  readonly nulls?: "first" | "last";
}

/** From the least to the greatest. */
export function asc<N extends string>(column: N, { nulls = "first" }: OrderOptions = {}): OrderSpec<N> {
  return { column: { column, desc: false, nulls_last: nulls === "last" } };
}

/** From the greatest to the least. */
export function desc<N extends string>(column: N, { nulls = "last" }: OrderOptions = {}): OrderSpec<N> {
  return { column: { column, desc: true, nulls_last: nulls === "last" } };
}
