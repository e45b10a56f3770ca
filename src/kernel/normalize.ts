import type { Batch } from "../core/batch.ts";
import { type ColdFacts, NOTHING_COLD } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import type { Column, DataType } from "../core/schema.ts";
import { ColdShelf } from "./cold_shelf.ts";
import { coldRestored, ColdTable } from "./cold_table.ts";
import { readBatch } from "./column_read.ts";
import { KeyedPieces } from "./keyed_pieces.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";
import { keysOf, RowLook } from "./row_look.ts";
import { RowTable } from "./row_table.ts";
import { hashSeed, storeSpecBytes, writeStoreSpec } from "./rows.ts";
import { noStateSpace, ScalarTable, type TablePart } from "./state_tables.ts";

const SPEC_BYTES = 8;
const NO_MEMORY = -1, DONE = -2;

/**
 * Rows that replace each other by key, as a changelog that says what was there before. The newest row of each key is kept. Batches lie in the
 * batch arena.
 */
export class Normalizer {
  readonly #kernel: Kernel;
  readonly #types: readonly DataType[];
  readonly #picks: readonly number[];
  readonly #normalize: number;
  readonly #keys: number;
  /** Its rows that have left memory; null: they do not. */
  readonly #cold: ColdShelf | null;
  #table: ColdTable | null = null;
  readonly #pieces: KeyedPieces;

  /** The first `keys` columns of `types` are the key; `picks`: columns in the order in which they come out. Throws "no_space". */
  constructor(kernel: Kernel, types: readonly DataType[], keys: number, picks: readonly number[]) {
    this.#kernel = kernel;
    this.#types = picks.map((pick) => types[pick]);
    this.#picks = picks;
    this.#keys = keys;
    const bytes = SPEC_BYTES + storeSpecBytes(types), at = kernel.alloc(bytes);
    kernel.data.setUint32(at, keys, true);
    writeStoreSpec(kernel, at + SPEC_BYTES, types, 0, hashSeed());
    this.#normalize = kernel.fn("normalize_create")(at) >>> 0;
    kernel.free(at, bytes);
    if (this.#normalize === 0) throw noSpace();
    const shelf = () => kernel.fn("normalize_shelf")(this.#normalize) >>> 0;
    this.#cold = kernel.cold && new ColdShelf(kernel, shelf(), 1, kernel.cold, { stateBytes: () => this.stateBytes });
    this.#pieces = new KeyedPieces(kernel, this.#cold, (at) => {
      if (kernel.fn("normalize_push")(this.#normalize, at) === 0) throw noSpace();
    });
  }

  /**
   * Begins with a batch, which must stay until `pull` has given null. Where rows leave memory, throws RdxError: "no_space" when there is no room
   * for what it asks for, "invalid" when their file is damaged.
   */
  push(batch: Batch): void {
    this.#pieces.begin(batch);
  }

  /** The next changes, with the row of the batch that caused each, or null. Throws `full()` when there is no room for the rest. */
  pull(full: () => Error): (Batch & { readonly causes: number }) | null {
    const kernel = this.#kernel, pull = kernel.fn("normalize_pull");
    let rows = pull(this.#normalize);
    while (rows === DONE && this.#pieces.next()) rows = pull(this.#normalize);
    if (this.#cold) this.#cold.atWork = rows !== DONE;
    if (rows === DONE) return null;
    if (rows === NO_MEMORY) throw noSpace();
    if (rows < 0) throw full();
    const picks = kernel.arena(this.#picks.length * 4 + 8), out = kernel.arena(this.#types.length * COLUMN_SIZE);
    this.#picks.forEach((pick, i) => kernel.data.setUint32(picks + i * 4, pick, true));
    const to = picks + this.#picks.length * 4, gather = kernel.fn("normalize_out");
    if (gather(this.#normalize, this.#pieces.columns, picks, this.#picks.length, out, to) === 0) throw noSpace();
    const kinds = kernel.data.getUint32(to, true), causes = kernel.data.getUint32(to + 4, true);
    return { ...readBatch(kernel, out, this.#types, rows), kinds, causes };
  }

  /** Its rows as a table called `name`; `columns` are those of the pushed batches. */
  tables(name: string, columns: readonly Column[]): TablePart[] {
    const kernel = this.#kernel, normalize = this.#normalize, scalars = `${name}_scalars`;
    const store = kernel.fn("normalize_store")(normalize) >>> 0, index = kernel.fn("normalize_index")(normalize) >>> 0;
    const cold = this.#cold && new ColdTable(this.#cold, 0);
    this.#table = cold;
    return [
      new RowTable(kernel, {
        name,
        version: 1,
        store,
        columns,
        words: [],
        settle: () => kernel.fn("normalize_settle")(normalize),
        look: new RowLook(kernel, { store, columns, keys: keysOf(this.#keys), index, cold }),
        cold,
      }),
      new ScalarTable(
        kernel,
        scalars,
        1,
        ["arrivals"],
        (to) => kernel.fn("normalize_scalars")(normalize, to),
        (from) => kernel.fn("normalize_put_scalars")(normalize, from) !== 0,
        ["max"],
      ),
    ];
  }

  /** All of its tables are there. */
  restored(): void {
    if (this.#table) coldRestored([this.#table]);
    if (this.#kernel.fn("normalize_restored")(this.#normalize) === 0) throw noStateSpace("of rows by key");
  }

  get stateRows(): number {
    return (this.#kernel.fn("normalize_state_rows")(this.#normalize) >>> 0) + this.cold.rows;
  }

  /** Its rows that have left memory. */
  get cold(): ColdFacts {
    return this.#cold?.facts ?? NOTHING_COLD;
  }

  get stateBytes(): number {
    return this.#kernel.fn("normalize_state_bytes")(this.#normalize) >>> 0;
  }

  close(): void {
    this.#cold?.close();
    this.#pieces.close();
    this.#kernel.freeAll("normalize_free", this.#normalize);
  }
}

function noSpace(): RdxError {
  return new RdxError("no_space", "Cannot get kernel memory for the rows of keys");
}
