import type { Vector } from "../core/batch.ts";
import type { Column } from "../core/schema.ts";
import { writeColumns } from "./column.ts";
import type { Kernel } from "./module.ts";
import { writeWords } from "./rows.ts";

export interface RowLookSpec {
  /** Address of the store. */
  readonly store: number;
  readonly columns: readonly Column[];
  /** The store's columns that are the key. */
  readonly keys: readonly number[];
  /** Address of an index that has each row under its key; 0 or absent: all rows are looked through. */
  readonly index?: number;
  /** The index has no rows with NULL in their key. */
  readonly nullsApart?: boolean;
}

/** Addresses of stored rows, u32 each, in the batch arena. */
export interface FoundRows {
  readonly list: number;
  readonly rows: number;
}

/** What rows of a store are looked for by, and which they are. */
export interface RowFinder {
  readonly key: readonly Column[];
  /** The first `most` rows of a key, whose columns have one row each; null: of any. */
  find(key: readonly Vector[] | null, most: number): FoundRows;
}

/** Finds rows of a store (asm/rows) for somebody who looks at it: nothing changes. */
export class RowLook implements RowFinder {
  readonly #kernel: Kernel;
  readonly #spec: RowLookSpec;

  constructor(kernel: Kernel, spec: RowLookSpec) {
    this.#kernel = kernel;
    this.#spec = spec;
  }

  get key(): readonly Column[] {
    return this.#spec.keys.map((key) => this.#spec.columns[key]);
  }

  find(key: readonly Vector[] | null, most: number): FoundRows {
    const kernel = this.#kernel, { store, keys, index = 0 } = this.#spec, list = kernel.arena(most * 4);
    if (key === null) return { list, rows: kernel.fn("rows_look")(store, 0, 0, 0, 0, list, most) };
    const columns = writeColumns(kernel, key), given = writeWords(kernel, key.map((_, i) => i));
    if (index !== 0 && !(this.#spec.nullsApart && this.#hasNull(key))) {
      return { list, rows: this.#follow(index, columns, given, list, most) };
    }
    const own = writeWords(kernel, keys);
    return { list, rows: kernel.fn("rows_look")(store, columns, own, given, keys.length, list, most) };
  }

  #hasNull(key: readonly Vector[]): boolean {
    return key.some(({ validity }) => validity !== 0 && (this.#kernel.bytes[validity] & 1) === 0);
  }

  #follow(index: number, columns: number, given: number, list: number, most: number): number {
    const kernel = this.#kernel, hash = kernel.arena(4), next = kernel.fn("rows_next");
    kernel.fn("rows_hash")(index, columns, given, this.#spec.keys.length, 0, 1, hash);
    let rows = 0;
    let row = kernel.fn("rows_find")(index, kernel.data.getUint32(hash, true), columns, given, 0) >>> 0;
    for (; row !== 0 && rows < most; row = next(index, row) >>> 0) kernel.data.setUint32(list + rows++ * 4, row, true);
    return rows;
  }
}

/** The first so many columns. */
export function keysOf(count: number): number[] {
  return Array.from({ length: count }, (_, column) => column);
}
