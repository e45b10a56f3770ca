import type { Batch } from "../core/batch.ts";
import { BATCH_ROWS_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import type { StateChange } from "../core/state.ts";
import type { Kernel } from "./module.ts";
import { RowLook } from "./row_look.ts";
import { RowTable } from "./row_table.ts";
import { RowStore } from "./rows.ts";
import { noStateSpace } from "./state_tables.ts";

/** A table as a RowTable has it, whose rows live elsewhere. */
export interface StagedSpec {
  readonly name: string;
  readonly version: number;
  readonly columns: readonly Column[];
  readonly arrival: string;
  /** The first so many columns make the key group; null: it is as it is told. */
  readonly keys: number | null;
  readonly expiry?: string;
}

/** Rows of a table that is restored, until all steps have come: then each is there once, as it was last. Their memory is no state. */
export class StagedRows {
  readonly #kernel: Kernel;
  readonly #name: string;
  readonly #store: RowStore;
  readonly #table: RowTable;
  readonly #list: number;
  readonly #listBytes: number;

  constructor(kernel: Kernel, { expiry, keys, ...spec }: StagedSpec) {
    this.#kernel = kernel;
    this.#name = spec.name;
    this.#store = new RowStore(kernel, spec.columns.map(({ type }) => type));
    kernel.fn("rows_aside")(this.#store.address);
    this.#listBytes = (keys ?? 0) * 4 + 4;
    this.#list = kernel.alloc(this.#listBytes);
    for (let i = 0; i < (keys ?? 0); i++) kernel.data.setUint32(this.#list + i * 4, i, true);
    if (keys !== null) kernel.fn("rows_groups_by")(this.#store.address, this.#list, keys);
    this.#table = new RowTable(kernel, {
      ...spec,
      store: this.#store.address,
      words: [],
      look: new RowLook(kernel, { store: this.#store.address, columns: spec.columns, keys: [] }),
      ...(expiry === undefined ? {} : { expiry: { column: expiry, below: () => null } }),
    });
  }

  restore(change: StateChange): void {
    this.#table.restore(change);
  }

  /** Hands over all rows, with their names in front, by key group and arrival. */
  replay(put: (rows: Batch) => void): void {
    const kernel = this.#kernel, { address, rows } = this.#store, before = kernel.mark();
    const list = kernel.fn("rows_listed")(address) >>> 0;
    kernel.release(before);
    if (list === 0) throw noStateSpace(this.#name);
    try {
      for (let from = 0; from < rows; from += BATCH_ROWS_MAX) {
        const mark = kernel.mark();
        put(this.#table.read(list + from * 4, Math.min(BATCH_ROWS_MAX, rows - from)));
        kernel.release(mark);
      }
    } finally {
      kernel.fn("rows_listed_end")(address, list);
    }
  }

  close(): void {
    this.#store.close();
    this.#kernel.free(this.#list, this.#listBytes);
  }
}
