import type { Batch, Vector } from "../core/batch.ts";
import { KEY_GROUPS } from "../core/limits.ts";
import { writeColumns } from "./column.ts";
import { KeyGroups } from "./hash.ts";
import type { Kernel, KernelFunction } from "./module.ts";

/** The rows of a batch that go to one task, as a batch carries them. */
export interface Part {
  readonly selection: number;
  readonly selected: number;
}

/**
 * Splits the selected rows of batches over tasks. Every row goes to exactly one task, and the rows of a task keep their
 * order. The parts live in the batch arena.
 */
export class Partitioner {
  readonly #kernel: Kernel;
  readonly #tasks: number;
  readonly #groups: KeyGroups;
  readonly #owners: KernelFunction;
  readonly #roundRobin: KernelFunction;
  readonly #byValue: KernelFunction;
  readonly #select: KernelFunction;

  /** Throws RangeError unless `tasks` is 1 to KEY_GROUPS. */
  constructor(kernel: Kernel, tasks: number) {
    if (!(Number.isInteger(tasks) && tasks >= 1 && tasks <= KEY_GROUPS)) {
      throw new RangeError(`Cannot split rows over ${tasks} tasks: expected 1 to ${KEY_GROUPS}`);
    }
    this.#kernel = kernel;
    this.#tasks = tasks;
    this.#groups = new KeyGroups(kernel);
    this.#owners = kernel.fn("partition_owners");
    this.#roundRobin = kernel.fn("partition_round_robin");
    this.#byValue = kernel.fn("partition_by_value");
    this.#select = kernel.fn("partition_select");
  }

  /** Each row goes to the task that owns the key group of `keys`: equal keys meet in one task. */
  byKeys(batch: Batch, keys: readonly Vector[]): readonly Part[] {
    if (this.#tasks === 1) return [batch];
    const owners = this.#groups.of(batch, keys);
    this.#owners(owners, batch.selected, this.#tasks);
    return this.#split(batch, owners);
  }

  /** Row r of the batch goes to task (first + r) mod tasks: rows that are not selected count too. */
  roundRobin(batch: Batch, first = 0): readonly Part[] {
    const owners = this.#kernel.arena(batch.selected);
    this.#roundRobin(batch.selection, batch.selected, first % this.#tasks, this.#tasks, owners);
    return this.#split(batch, owners);
  }

  /** Each row goes to task `value mod tasks` of an int64 vector, never negative; NULL goes to task 0. */
  byValue(batch: Batch, value: Vector): readonly Part[] {
    const owners = this.#kernel.arena(batch.selected), column = writeColumns(this.#kernel, [value]);
    this.#byValue(column, batch.selection, batch.selected, this.#tasks, owners);
    return this.#split(batch, owners);
  }

  #split(batch: Batch, owners: number): readonly Part[] {
    const kernel = this.#kernel, tasks = this.#tasks;
    const out = kernel.arena(batch.selected * 4 + 4), bounds = kernel.arena((tasks + 1) * 4);
    this.#select(owners, batch.selection, batch.selected, tasks, out, bounds);
    const data = kernel.data;
    const bound = (task: number) => data.getUint32(bounds + task * 4, true);
    return Array.from({ length: tasks }, (_, task) => ({
      selection: out + bound(task) * 4,
      selected: bound(task + 1) - bound(task),
    }));
  }
}
