import type { Row } from "../../src/client/rdx/types.ts";
import type { Entry, RowSet } from "./latest_rows.ts";
import { keyText, windowText } from "./row_key.ts";

interface Line extends Entry {
  /** Where it lies in the ring. */
  readonly at: number;
}

/**
 * The newest rows of a view, newest first, with the open windows in front of them. Settled rows lie in a ring:
 *
 *   oldest → [ a b c · e ] ← newest        a row that was removed leaves a hole, which goes when its turn comes
 */
export class HistoryRows implements RowSet {
  readonly #keys: readonly string[];
  readonly #ring: (Line | null)[];
  /** Where the next row goes. */
  #next = 0;
  #open: readonly Entry[] = [];
  /** Those of the open windows that have not closed since they were told; made when the first row closes. */
  #stillOpen: Set<string> | null = null;
  /** Rows by window and key: made when the first row is changed or removed, since most views only ever add. */
  #byWindow: Map<string, Line> | null = null;
  #list: Entry[] | null = null;
  members = 0;
  readonly leftOut = 0;

  constructor(keys: readonly string[], rowsMax: number) {
    this.#keys = keys;
    this.#ring = new Array<Line | null>(Math.max(1, rowsMax)).fill(null);
  }

  list(): readonly Entry[] {
    if (this.#list) return this.#list;
    const list = this.#openNow(), ring = this.#ring;
    for (let i = 1; i <= ring.length; i++) {
      const entry = ring[(this.#next - i + ring.length) % ring.length];
      if (entry !== null) list.push(entry);
    }
    return this.#list = list;
  }

  insert(row: Row): void {
    const known = this.#byWindow?.get(this.#window(row));
    if (known) {
      known.row = row;
      return;
    }
    const entry: Line = { key: "", row, open: null, at: this.#next }, replaced = this.#ring[this.#next];
    if (this.#byWindow) {
      if (replaced?.row) this.#byWindow.delete(this.#window(replaced.row));
      this.#byWindow.set(this.#window(row), entry);
    }
    this.#ring[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#ring.length;
    if (this.#open.length > 0) {
      this.#stillOpen ??= new Set(this.#open.map(({ open }) => this.#window(open!)));
      this.#stillOpen.delete(this.#window(row));
    }
    this.#changed();
  }

  /** Rows of equal window and key before the first change or removal count as one: the newest of them. */
  remove(row: Row): void {
    this.#byWindow ??= this.#indexed();
    const window = this.#window(row), entry = this.#byWindow.get(window);
    if (!entry) return;
    this.#byWindow.delete(window);
    this.#ring[entry.at] = null;
    this.#changed();
  }

  /** The row takes the place of the one of the same window and key. */
  update(row: Row): void {
    this.#byWindow ??= this.#indexed();
    this.insert(row);
  }

  setOpen(rows: readonly Row[]): void {
    if (rows.length === 0 && this.#open.length === 0) return;
    this.#stillOpen = null;
    this.#open = rows.map((row) => ({ key: "", row: null, open: row })).reverse();
    this.#changed();
  }

  #openNow(): Entry[] {
    const still = this.#stillOpen;
    return still ? this.#open.filter(({ open }) => still.has(this.#window(open!))) : [...this.#open];
  }

  #window(row: Row): string {
    return windowText(row, keyText(row, this.#keys));
  }

  #indexed(): Map<string, Line> {
    const found = new Map<string, Line>();
    for (const entry of this.#oldestFirst()) if (entry?.row) found.set(this.#window(entry.row), entry);
    return found;
  }

  *#oldestFirst(): Generator<Line | null> {
    for (let i = 0; i < this.#ring.length; i++) yield this.#ring[(this.#next + i) % this.#ring.length];
  }

  #changed(): void {
    this.#list = null;
    this.members++;
  }
}
