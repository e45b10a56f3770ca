import type { Batch } from "../../../src/core/batch.ts";
import type { Value } from "../../../src/core/value.ts";
import type { GroupSpec } from "../../../src/kernel/group.ts";
import type { Kernel } from "../../../src/kernel/module.ts";
import { valueAt, vectorOf } from "../vectors.ts";
import type { Change } from "./reference.ts";

/** A batch of changes in the batch arena. */
export function batchOf(kernel: Kernel, { types }: GroupSpec, changes: readonly Change[]): Batch {
  const columns = types.map((type, i) => vectorOf(kernel, type, changes.map(({ values }) => values[i])));
  const kinds = kernel.arena(changes.length + 64);
  changes.forEach(({ kind }, i) => kernel.bytes[kinds + i] = kind);
  return { rows: changes.length, columns, selection: 0, selected: changes.length, kinds };
}

/** The selected rows of a batch of results, with what made them. */
export function changesOf(kernel: Kernel, batch: Batch, causes = 0): (Change & { readonly cause: number })[] {
  return Array.from({ length: batch.selected }, (_, i) => {
    const row = batch.selection === 0 ? i : kernel.data.getUint32(batch.selection + i * 4, true);
    return {
      kind: batch.kinds === 0 ? 0 : kernel.bytes[batch.kinds + row],
      values: batch.columns.map((column): Value => valueAt(kernel, column, row)),
      cause: causes === 0 ? -1 : kernel.data.getUint32(causes + row * 4, true),
    };
  });
}
