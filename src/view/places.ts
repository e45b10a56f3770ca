import type { StoredFrame } from "./table_store.ts";

const NONE = -1, FIRST_ENTRIES = 64;

/** A row of a frame, null for none, and how often it was there. */
export interface Before {
  readonly stored: StoredFrame | null;
  readonly row: number;
  readonly count: number;
}

/**
 * Where the row of each entry of a table lies and how often it is there, and as it was before the output at hand. Numbers in arrays: a
 * table has many entries, and an output changes many of them.
 */
export class Places {
  #stored: (StoredFrame | null)[] = [];
  #rows = new Int32Array(FIRST_ENTRIES);
  #counts = new Int32Array(FIRST_ENTRIES);
  /** Position of an entry among those that have changed; NONE: it has not. */
  #changedAt = new Int32Array(FIRST_ENTRIES).fill(NONE);
  /** In the order of their last change; NONE where an entry stands again further back. */
  readonly #changed: number[] = [];
  readonly #before: Before[] = [];

  storedOf(entry: number): StoredFrame {
    return this.#stored[entry]!;
  }

  rowOf(entry: number): number {
    return this.#rows[entry];
  }

  /** 0: there is no row. */
  countOf(entry: number): number {
    return this.#counts[entry];
  }

  /** Makes room for an entry that has no row yet. */
  open(entry: number): void {
    if (entry >= this.#rows.length) this.#grow();
    this.clear(entry);
  }

  /** The entry has no row, and its frame may go. */
  clear(entry: number): void {
    this.#stored[entry] = null;
    this.#counts[entry] = 0;
  }

  put(entry: number, stored: StoredFrame, row: number, count: number): void {
    this.#stored[entry] = stored;
    this.#rows[entry] = row;
    this.#counts[entry] = count;
  }

  setCount(entry: number, count: number): void {
    this.#counts[entry] = count;
  }

  /** The entry is about to change. */
  touch(entry: number): void {
    const at = this.#changedAt[entry];
    if (at === this.#changed.length - 1 && at !== NONE) return;
    this.#changedAt[entry] = this.#changed.length;
    this.#changed.push(entry);
    if (at === NONE) {
      this.#before.push({ stored: this.#stored[entry], row: this.#rows[entry], count: this.#counts[entry] });
      return;
    }
    this.#changed[at] = NONE;
    this.#before.push(this.#before[at]);
  }

  /** Ends an output: hands on all entries that it has changed, in the order of their last change. */
  settle(tell: (entry: number, before: Before) => void): void {
    for (let i = 0; i < this.#changed.length; i++) {
      const entry = this.#changed[i];
      if (entry === NONE) continue;
      this.#changedAt[entry] = NONE;
      tell(entry, this.#before[i]);
    }
    this.#changed.length = 0;
    this.#before.length = 0;
  }

  #grow(): void {
    const room = this.#rows.length * 2,
      larger = (from: Int32Array) => {
        const to = new Int32Array(room).fill(NONE);
        to.set(from);
        return to;
      };
    this.#rows = larger(this.#rows);
    this.#counts = larger(this.#counts);
    this.#changedAt = larger(this.#changedAt);
  }
}
