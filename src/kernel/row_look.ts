import type { Vector } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { LOOK_STEP_PLACES_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import type { ColdTable } from "./cold_table.ts";
import { writeColumns } from "./column.ts";
import type { Kernel } from "./module.ts";
import { writeWords } from "./rows.ts";

export interface RowLookSpec {
  /** Address of the store. */
  readonly store: number;
  readonly columns: readonly Column[];
  /** The store's columns that are the key. */
  readonly keys: readonly number[];
  /**
   * Address of an index that has each row under its key; 0 or absent: all rows are looked through, whose hashes are those of their keys (NULL equals
   * NULL). A function: there may be one later.
   */
  readonly index?: number | (() => number);
  /** The index has no rows with NULL in their key; their hashes are not those of their keys. */
  readonly nullsApart?: boolean;
  /** Rows that are not in memory; a look without a key does not go there. */
  readonly cold?: ColdTable | null;
}

/** Addresses of stored rows, u32 each, in the batch arena. */
export interface FoundRows {
  readonly list: number;
  readonly rows: number;
  /** They are not in memory, but in a record of what has left it. */
  readonly away?: boolean;
}

/** What rows of a store are looked for by, and which they are. */
export interface RowFinder {
  readonly key: readonly Column[];
  /** The first `most` rows of a key, whose columns have one row each; null: of any. */
  find(key: readonly Vector[] | null, most: number): FoundRows;
  /** Goes on, by so much as takes no time, to look for what `find` gives then; as StateTables has it. */
  seek?(key: readonly Vector[], most: number, begins: boolean): boolean;
}

/** Finds rows of a store (asm/rows) for somebody who looks at it: nothing changes. */
export class RowLook implements RowFinder {
  readonly #kernel: Kernel;
  readonly #spec: RowLookSpec;
  /** A look through all rows has begun; it has come to its end, and its rows wait to be taken. */
  #seeks = false;
  #sought = false;

  constructor(kernel: Kernel, spec: RowLookSpec) {
    this.#kernel = kernel;
    this.#spec = spec;
  }

  get key(): readonly Column[] {
    return this.#spec.keys.map((key) => this.#spec.columns[key]);
  }

  find(key: readonly Vector[] | null, most: number): FoundRows {
    const kernel = this.#kernel, { store } = this.#spec, list = kernel.arena(most * 4);
    if (key === null) return { list, rows: kernel.fn("rows_look")(store, list, most) };
    if (!this.#isScanned(key)) return this.#follow(this.#index(), ...this.#given(key), list, most);
    for (let through = this.#sought; !through;) through = this.seek(key, most, !this.#seeks);
    this.#sought = this.#seeks = false;
    const rows = kernel.fn("rows_sought")(store, list, most), { cold } = this.#spec;
    if (!cold || this.#index() !== 0) return { list, rows };
    return this.#both({ list, rows }, cold.seek(...this.#given(key), most - rows), most);
  }

  seek(key: readonly Vector[], most: number, begins: boolean): boolean {
    if (!this.#isScanned(key)) return true;
    const kernel = this.#kernel, { store, keys, nullsApart = false } = this.#spec, [columns, given] = this.#given(key);
    const own = writeWords(kernel, keys), next = kernel.fn("rows_seek_next");
    if (begins || !this.#seeks) {
      this.#sought = this.#seeks = false;
      if (kernel.fn("rows_seek")(store, columns, own, given, keys.length, Number(!nullsApart), most) === 0) {
        throw new RdxError("no_space", "Cannot get kernel memory to look for rows of state");
      }
      this.#seeks = true;
    }
    return this.#sought = next(store, columns, own, given, keys.length, LOOK_STEP_PLACES_MAX) !== 0;
  }

  /** The COLUMNs of a key, and which of them are which. */
  #given(key: readonly Vector[]): [columns: number, given: number] {
    return [writeColumns(this.#kernel, key), writeWords(this.#kernel, key.map((_, i) => i))];
  }

  /** No index has the rows of the key. */
  #isScanned(key: readonly Vector[]): boolean {
    const { nullsApart = false } = this.#spec;
    return this.#index() === 0 || (nullsApart && this.#hasNull(key));
  }

  #index(): number {
    const { index = 0 } = this.#spec;
    return typeof index === "number" ? index : index();
  }

  #hasNull(key: readonly Vector[]): boolean {
    return key.some(({ validity }) => validity !== 0 && (this.#kernel.bytes[validity] & 1) === 0);
  }

  #follow(index: number, columns: number, given: number, list: number, most: number): FoundRows {
    const kernel = this.#kernel, hash = this.#hash(index, columns, given), next = kernel.fn("rows_next");
    let rows = 0;
    let row = kernel.fn("rows_find")(index, hash, columns, given, 0) >>> 0;
    for (; row !== 0 && rows < most; row = next(index, row) >>> 0) kernel.data.setUint32(list + rows++ * 4, row, true);
    const { cold } = this.#spec;
    if (!cold || (rows > 0 && !cold.comesInParts)) return { list, rows };
    return this.#both({ list, rows }, cold.look(hash, columns, given), most);
  }

  /** Rows in memory, whose list has room for `most`, and behind them those that are not. */
  #both({ list, rows }: FoundRows, found: FoundRows, most: number): FoundRows {
    const added = Math.min(found.rows, most - rows);
    if (rows === 0) return { list: found.list, rows: added, away: true };
    this.#kernel.bytes.copyWithin(list + rows * 4, found.list, found.list + added * 4);
    return { list, rows: rows + added };
  }

  #hash(index: number, columns: number, given: number): number {
    const kernel = this.#kernel, hash = kernel.arena(4);
    kernel.fn("rows_hash")(index, columns, given, this.#spec.keys.length, 0, 1, hash);
    return kernel.data.getUint32(hash, true);
  }
}

/** The first so many columns. */
export function keysOf(count: number): number[] {
  return Array.from({ length: count }, (_, column) => column);
}
