import type { Batch, Vector } from "../core/batch.ts";
import { writeColumns } from "./column.ts";
import type { Kernel, KernelFunction } from "./module.ts";

/** Finds the key groups of rows; asm/hash/group.ts defines them. */
export class KeyGroups {
  readonly #kernel: Kernel;
  readonly #groups: KernelFunction;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#groups = kernel.fn("hash_groups");
  }

  /**
   * The key group (0 to KEY_GROUPS - 1) of each selected row, by the values of `keys` in their order: the address of
   * one byte for each selected row, in the batch arena.
   */
  of(batch: Batch, keys: readonly Vector[]): number {
    const groups = this.#kernel.arena(batch.selected), columns = writeColumns(this.#kernel, keys);
    this.#groups(columns, keys.length, batch.rows, batch.selection, batch.selected, groups);
    return groups;
  }
}

/** The task that owns a key group when there are `tasks`: each owns a range, and ranges ascend. */
export function ownerOf(group: number, tasks: number): number {
  return group * tasks >> 7;
}
