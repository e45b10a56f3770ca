import type { Vector } from "../core/batch.ts";
import type { DataType } from "../core/schema.ts";
import type { ColdRows } from "./cold_rows.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import type { Kernel } from "./module.ts";
import type { FoundRows } from "./row_look.ts";
import { noStateSpace } from "./state_tables.ts";

const FACTS_BYTES = 16;

/** Finds groups of an aggregation, and what their calls have come to, for somebody who looks at it: nothing changes. */
export class GroupLook {
  readonly #kernel: Kernel;
  readonly #group: number;
  readonly #keys: readonly DataType[];
  readonly #results: readonly DataType[];

  readonly #cold: ColdRows | null;

  /** `cold`: rows that have left for a file; a look without a key does not go there. */
  constructor(
    kernel: Kernel,
    group: number,
    keys: readonly DataType[],
    results: readonly DataType[],
    cold: ColdRows | null,
  ) {
    this.#cold = cold;
    this.#kernel = kernel;
    this.#group = group;
    this.#keys = keys;
    this.#results = results;
  }

  /** The row of a key, whose columns have one row each; null: the first `most` rows. */
  find(key: readonly Vector[] | null, most: number): FoundRows {
    const kernel = this.#kernel, list = kernel.arena(most * 4), columns = key === null ? 0 : writeColumns(kernel, key);
    const rows = kernel.fn("group_look")(this.#group, columns, list, most);
    return rows === 0 && key !== null && this.#cold ? this.#cold.look(columns) : { list, rows };
  }

  /** What the calls of listed rows come to; NULL where all that a row has counted was taken back. */
  results(list: number, rows: number): readonly Vector[] {
    const kernel = this.#kernel;
    if (kernel.fn("group_look_results")(this.#group, list, rows) < 0) throw noStateSpace("groups");
    const out = kernel.fn("group_out")(this.#group, kernel.arena(FACTS_BYTES)) >>> 0;
    return readBatch(kernel, out, [...this.#keys, ...this.#results], rows).columns.slice(this.#keys.length);
  }
}
