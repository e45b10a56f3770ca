import type { Batch } from "../core/batch.ts";
import { ColdPieces } from "./cold_pieces.ts";
import type { ColdShelf } from "./cold_shelf.ts";
import { writeColumns } from "./column.ts";
import type { Kernel } from "./module.ts";

const PUSH_BYTES = 16;

/** Gives the batches of an operator over rows by key to its kernel, a piece for which there is room at a time: columns, which rows, and what they do. */
export class KeyedPieces {
  readonly #kernel: Kernel;
  readonly #cold: ColdShelf | null;
  readonly #pieces: ColdPieces;
  readonly #push: (at: number) => void;
  readonly #at: number;
  #columns = 0;
  #kinds = 0;

  /** `cold`: the rows that have left memory; null: they do not. `push` has the kernel begin with the piece that is written at an address; it throws what stands in the way. */
  constructor(kernel: Kernel, cold: ColdShelf | null, push: (at: number) => void) {
    this.#kernel = kernel;
    this.#cold = cold;
    this.#push = push;
    this.#at = kernel.alloc(PUSH_BYTES);
    this.#pieces = new ColdPieces(kernel, cold && ((asked) => cold.prepare(asked)));
  }

  /** The address of the batch's COLUMNs. */
  get columns(): number {
    return this.#columns;
  }

  /**
   * Begins with a batch, which must stay until all of it was worked at. Where rows leave memory, throws RdxError: "no_space" when there is no room for what it asks for,
   * "invalid" when their file is damaged.
   */
  begin(batch: Batch): void {
    this.#columns = writeColumns(this.#kernel, batch.columns);
    this.#kinds = batch.kinds;
    this.#pieces.begin(batch, this.#columns);
    if (this.#cold) this.#cold.atWork = true;
    this.next();
  }

  /** Begins with the next piece of the batch; false: there is none. */
  next(): boolean {
    const kernel = this.#kernel, piece = this.#pieces.next(0);
    if (piece === null) return false;
    const words = [this.#columns, piece.selection, piece.selected, this.#kinds];
    words.forEach((word, i) => kernel.data.setUint32(this.#at + i * 4, word, true));
    this.#pieces.start(() => this.#push(this.#at));
    return true;
  }

  close(): void {
    this.#pieces.close();
    this.#kernel.free(this.#at, PUSH_BYTES);
  }
}
