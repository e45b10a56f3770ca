import type { Batch } from "../core/batch.ts";
import type { AskedRows } from "./cold_asked.ts";
import type { Kernel } from "./module.ts";
import { OwnArena } from "./own_arena.ts";

/**
 * The selected rows of a batch, in pieces for each of which there is room. All but the first begin while rows are pulled, when what is taken from
 * the batch arena goes with the rows: they have an arena of their own.
 */
export class ColdPieces {
  readonly #kernel: Kernel;
  readonly #fit: ((asked: AskedRows) => number) | null;
  #columns = 0;
  #selection = 0;
  #left = 0;
  #isFirst = true;
  readonly #arena: OwnArena;

  /** `fit` makes room for rows, and tells for how many of the first ones there is, at least one; null: a batch is one piece. */
  constructor(kernel: Kernel, fit: ((asked: AskedRows) => number) | null) {
    this.#kernel = kernel;
    this.#fit = fit;
    this.#arena = new OwnArena(kernel);
  }

  /** A batch comes, whose COLUMNs are at `columns`. */
  begin({ selection, selected }: Batch, columns: number): void {
    this.#columns = columns;
    this.#selection = selection;
    this.#left = selected;
    this.#isFirst = true;
  }

  /** The next rows of the batch, of which no piece was given yet; null: there are none. Throws as `fit` does. */
  next(side: number): { readonly selection: number; readonly selected: number } | null {
    const left = this.#left, selection = this.#selection;
    if (left === 0) return null;
    const selected = this.#fit?.({ side, columns: this.#columns, selection, selected: left }) ?? left;
    this.#left -= selected;
    if (this.#left > 0) this.#selection = (selection === 0 ? this.#all(left) : selection) + selected * 4;
    return { selection, selected };
  }

  /** Does what begins with the piece; what it takes from the batch arena is there until the next. */
  start<T>(act: () => T): T {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    return isFirst ? act() : this.#arena.within(act);
  }

  close(): void {
    this.#arena.close();
  }

  #all(rows: number): number {
    const list = this.#kernel.arena(rows * 4), numbers = new Uint32Array(this.#kernel.bytes.buffer, list, rows);
    for (let row = 0; row < rows; row++) numbers[row] = row;
    return list;
  }
}
