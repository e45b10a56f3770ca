import type { Batch } from "../core/batch.ts";
import { writeColumns } from "./column.ts";
import type { Kernel } from "./module.ts";
import type { Kept } from "./running_times.ts";

/** Row kinds of a batch, as its last column named them. */
export interface NamedKinds {
  /** Without that column. */
  readonly batch: Batch;
  /** The rows that name a kind, when some do not; null: all do. */
  readonly kept: Kept | null;
}

/** Takes the last column of a batch, texts, for the kinds of its rows (all selected): +I, -U, +U and -D. */
export function kindsOfTexts(kernel: Kernel, { rows, columns }: Batch): NamedKinds {
  const kinds = kernel.arena(Math.max(1, rows)), selection = kernel.arena((rows + 1) * 4);
  const selected = kernel.fn("batch_kind_texts")(writeColumns(kernel, columns.slice(-1)), rows, kinds, selection);
  const batch = { rows, columns: columns.slice(0, -1), selection: 0, selected: rows, kinds };
  return { batch, kept: selected === rows ? null : { selection, selected } };
}
