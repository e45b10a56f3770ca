import type { Batch } from "../core/batch.ts";
import { BATCH_ROWS_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import type { StateChange } from "../core/state.ts";
import type { Kernel } from "./module.ts";
import { RowTable } from "./row_table.ts";
import { RowStore } from "./rows.ts";

/** A table as a RowTable has it, whose rows live elsewhere. */
export interface StagedSpec {
  readonly name: string;
  readonly version: number;
  readonly columns: readonly Column[];
  readonly arrival: string;
  /** The first so many columns make the key group. */
  readonly keys: number;
  readonly expiry?: string;
}

/** Rows of a table that is restored, until all steps have come: then each is there once, as it was last. */
export class StagedRows {
  readonly #kernel: Kernel;
  readonly #store: RowStore;
  readonly #table: RowTable;
  readonly #list: number;
  readonly #listBytes: number;

  constructor(kernel: Kernel, { expiry, keys, ...spec }: StagedSpec) {
    this.#kernel = kernel;
    this.#store = new RowStore(kernel, spec.columns.map(({ type }) => type));
    this.#listBytes = keys * 4 + 4;
    this.#list = kernel.alloc(this.#listBytes);
    for (let i = 0; i < keys; i++) kernel.data.setUint32(this.#list + i * 4, i, true);
    kernel.fn("rows_groups_by")(this.#store.address, this.#list, keys);
    this.#table = new RowTable(kernel, {
      ...spec,
      store: this.#store.address,
      words: [],
      ...(expiry === undefined ? {} : { expiry: { column: expiry, below: () => null } }),
    });
  }

  restore(change: StateChange): void {
    this.#table.restore(change);
  }

  /** Hands over all rows, with their names in front, in no order. */
  replay(put: (rows: Batch) => void): void {
    this.#table.cut(true);
    for (;;) {
      const mark = this.#kernel.mark(), change = this.#table.drain(BATCH_ROWS_MAX);
      if (change?.kind === "upsert") put(change.rows);
      this.#kernel.release(mark);
      if (change === null) return;
    }
  }

  close(): void {
    this.#store.close();
    this.#kernel.free(this.#list, this.#listBytes);
  }
}
