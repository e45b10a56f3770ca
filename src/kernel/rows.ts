import type { Batch } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { type DataType, kindCode } from "../core/schema.ts";
import { readBatch } from "./column_read.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";

/** A stored row: its address in kernel memory; 0 is no row. */
export type RowAddress = number;

/** One column of an order: ascending unless `desc`; NULLs first unless `nullsLast`, whichever direction. */
export interface OrderColumn {
  readonly column: number;
  readonly desc: boolean;
  readonly nullsLast: boolean;
}

const SPEC_HEADER_BYTES = 16;

/** A random seed for keyed hashes; stores whose keys meet share one. */
export function hashSeed(): Uint32Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint32Array(2));
}

/** Writes the SPEC of a store (asm/rows/store.ts draws it) at `at`; returns its end. */
export function writeStoreSpec(
  kernel: Kernel,
  at: number,
  types: readonly DataType[],
  words: number,
  seed: Uint32Array<ArrayBuffer>,
): number {
  const data = kernel.data;
  for (const [i, n] of [types.length, words, seed[0], seed[1]].entries()) data.setUint32(at + i * 4, n, true);
  for (const [i, type] of types.entries()) {
    data.setUint32(at + SPEC_HEADER_BYTES + i * 8, kindCode(type.kind), true);
    data.setUint32(at + SPEC_HEADER_BYTES + i * 8 + 4, type.scale ?? 0, true);
  }
  return at + storeSpecBytes(types);
}

/** Bytes of the SPEC of a store. */
export function storeSpecBytes(types: readonly DataType[]): number {
  return SPEC_HEADER_BYTES + types.length * 8;
}

/** Writes numbers as u32 into the batch arena. */
export function writeWords(kernel: Kernel, words: readonly number[]): number {
  const at = kernel.arena(Math.max(1, words.length) * 4), data = kernel.data;
  words.forEach((word, i) => data.setUint32(at + i * 4, word, true));
  return at;
}

/** Writes an ORDER (asm/rows/compare.ts draws it) into the batch arena. */
export function writeOrder(kernel: Kernel, order: readonly OrderColumn[]): number {
  return writeWords(
    kernel,
    order.flatMap(({ column, desc, nullsLast }) => [column, Number(desc) + 2 * Number(nullsLast)]),
  );
}

/**
 * Rows of one schema in state memory. `columns` is the address of COLUMN descriptors of a batch (writeColumns), one for
 * each column of the schema. What takes memory returns 0 or false when the state is full, and has then changed nothing.
 */
export class RowStore {
  readonly address: number;

  /** `words`: u32 words of the operator's in each row. Throws RdxError("no_space") without memory. */
  constructor(readonly kernel: Kernel, readonly types: readonly DataType[], words = 0, seed = hashSeed()) {
    const bytes = storeSpecBytes(types), spec = kernel.alloc(bytes);
    writeStoreSpec(kernel, spec, types, words, seed);
    this.address = kernel.fn("rows_store_make")(spec) >>> 0;
    kernel.free(spec, bytes);
    if (this.address === 0) throw new RdxError("no_space", "Cannot get kernel memory for a store of rows");
  }

  get rows(): number {
    return this.kernel.fn("rows_store_rows")(this.address) >>> 0;
  }

  /** Bytes of state memory, those of the store's indices and heaps among them. */
  get bytes(): number {
    return this.kernel.fn("rows_store_bytes")(this.address) >>> 0;
  }

  /** A copy of row `row` of a batch that owns its strings, in no index; `arrival` tells rows apart and orders them. */
  encode(columns: number, row: number, hash: number, group: number, arrival: number): RowAddress {
    return this.kernel.fn("rows_encode")(this.address, columns, row, hash, group, arrival) >>> 0;
  }

  /** Writes a batch row's values over those of a stored row; false when they do not fit its place. */
  overwrite(stored: RowAddress, columns: number, row: number): boolean {
    return this.kernel.fn("rows_overwrite")(this.address, stored, columns, row) !== 0;
  }

  /** Frees a row that no index and no heap has. */
  free(stored: RowAddress): void {
    this.kernel.fn("rows_free")(this.address, stored);
  }

  /**
   * Columns of the rows in `list` (0: a row of NULLs), all or those that `picks` names, in the batch arena. Strings are the
   * rows' own bytes unless `copy`. Throws RdxError("no_space") at the memory's maximum.
   */
  gather(
    list: readonly RowAddress[],
    { picks, copy = false }: { picks?: readonly number[]; copy?: boolean } = {},
  ): Batch {
    const kernel = this.kernel, types = picks ? picks.map((column) => this.types[column]) : this.types;
    const out = kernel.arena(Math.max(1, types.length) * COLUMN_SIZE);
    const at = picks ? writeWords(kernel, picks) : 0, rows = writeWords(kernel, list);
    const gather = kernel.fn("rows_gather");
    const done = gather(this.address, 0, rows, list.length, at, types.length, out, Number(copy));
    if (done === 0) throw new RdxError("no_space", "Cannot get kernel memory for rows of state");
    return readBatch(kernel, out, types, list.length);
  }

  /** Frees every row; indices are closed before. */
  close(): void {
    this.kernel.fn("rows_store_free")(this.address);
  }
}

/** From the values of some columns to the rows that have them, in order of arrival. */
export class RowIndex {
  readonly address: number;
  readonly #list: number;

  /** `nullsEqual` false: a row with NULL in its key is in no chain and finds none. */
  constructor(readonly store: RowStore, readonly keys: readonly number[], nullsEqual: boolean, linkAt = 0) {
    const { kernel } = store;
    this.#list = kernel.alloc(keys.length * 4 + 4);
    keys.forEach((key, i) => kernel.data.setUint32(this.#list + i * 4, key, true));
    const make = kernel.fn("rows_index_make");
    this.address = make(store.address, this.#list, keys.length, Number(nullsEqual), linkAt) >>> 0;
    if (this.address === 0) throw new RdxError("no_space", "Cannot get kernel memory for an index of rows");
  }

  /** Hashes of the keys of a batch whose key columns are `keys`: the address of u32 a row, in the batch arena. */
  hash(columns: number, keys: number, selection: number, count: number): number {
    const { kernel } = this.store, out = kernel.arena(Math.max(1, count) * 4);
    kernel.fn("rows_hash")(this.address, columns, keys, this.keys.length, selection, count, out);
    return out;
  }

  /** First rows of the chains of all these keys: the address of u32 a row, in the batch arena. */
  findAll(hashes: number, columns: number, keys: number, selection: number, count: number): number {
    const { kernel } = this.store, out = kernel.arena(Math.max(1, count) * 4);
    kernel.fn("rows_find_all")(this.address, hashes, columns, keys, selection, count, out);
    return out;
  }

  find(hash: number, columns: number, keys: number, row: number): RowAddress {
    return this.store.kernel.fn("rows_find")(this.address, hash, columns, keys, row) >>> 0;
  }

  /** The chain that a row of the same or of another store belongs to, whose key columns are at `keys`. */
  findStored(hash: number, other: RowStore, row: RowAddress, keys: number): RowAddress {
    return this.store.kernel.fn("rows_find_stored")(this.address, hash, other.address, row, keys) >>> 0;
  }

  next(row: RowAddress): RowAddress {
    return this.store.kernel.fn("rows_next")(this.address, row) >>> 0;
  }

  add(row: RowAddress): boolean {
    return this.store.kernel.fn("rows_index_add")(this.address, row) !== 0;
  }

  addBefore(row: RowAddress, behind: RowAddress): void {
    this.store.kernel.fn("rows_index_add_before")(this.address, row, behind);
  }

  remove(row: RowAddress): void {
    this.store.kernel.fn("rows_index_remove")(this.address, row);
  }

  replace(from: RowAddress, to: RowAddress): void {
    this.store.kernel.fn("rows_index_replace")(this.address, from, to);
  }

  /** Distinct keys. */
  get size(): number {
    return this.store.kernel.fn("rows_index_keys")(this.address) >>> 0;
  }

  close(): void {
    this.store.kernel.fn("rows_index_free")(this.address);
    this.store.kernel.free(this.#list, this.keys.length * 4 + 4);
  }
}
