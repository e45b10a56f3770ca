import type { Column } from "../core/schema.ts";
import type { View, ViewOrder } from "../view.ts";
import { TableView } from "./table_view.ts";
import { WindowView } from "./window_view.ts";

/** What comes to a view, as the plan knows it. Keys name columns. */
export interface ViewInput {
  /** What tells the rows of one window apart. */
  readonly keys: readonly string[];
  /** What tells the current rows apart; null: nothing known does. */
  readonly upsertKeys: readonly string[] | null;
  /** Rows may take others back. */
  readonly changes: boolean;
  /** The order of its answers; empty: the usual one. */
  readonly order?: readonly ViewOrder[];
}

/** Makes an empty view with the bounds of the engine. */
export function createView(name: string, columns: readonly Column[], input: ViewInput): View {
  const { keys, upsertKeys, changes, order = [] } = input;
  if (!changes && order.length === 0) return new WindowView(name, columns, keys);
  const asked = keys.length > 0 ? keys : upsertKeys ?? [];
  return new TableView(name, columns, { keys: asked, identity: changes ? upsertKeys : null, order });
}
