import type { Column } from "../core/schema.ts";
import type { View } from "../view.ts";
import { WindowView } from "./window_view.ts";

/** Makes an empty view with the bounds of the engine; `keys` name columns. */
export function createView(name: string, columns: readonly Column[], keys: readonly string[]): View {
  return new WindowView(name, columns, keys);
}
