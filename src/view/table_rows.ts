import { FrameView } from "../core/frame.ts";
import { BATCH_ROWS_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import type { StateTable } from "../core/state.ts";
import type { TableStep } from "../store.ts";
import { keptColumns, keptFrame, NAME_COLUMNS, nameColumns, openKept } from "./kept_columns.ts";
import type { Places } from "./places.ts";
import { rowHash } from "./row_hash.ts";
import type { TableIndex } from "./table_index.ts";
import type { StoredFrame, TableStore } from "./table_store.ts";
import { type KeptRows, misfit } from "./view_keeper.ts";

const TABLE = "rows";
/** Columns of numbers in front of a row's own: its arrival, and how often it is there. */
const NUMBERS = 2;

/** What a table is made of. */
export interface TableParts {
  readonly columns: readonly Column[];
  readonly identity: readonly number[];
  readonly seed: number;
  readonly index: TableIndex;
  readonly places: Places;
  readonly store: TableStore;
}

/** Rows that change as a table: `$group`, `$arrival` (of the first with its identity), `$count`, then their columns. */
export class TableRows implements KeptRows {
  readonly table: StateTable;
  rows = 0;
  readonly #parts: TableParts;
  #step: "clear" | "gone" | "rows" = "rows";
  /** Entries that came before had been handed out. */
  #since = -1;
  /** Entries that have changed, and arrivals of those that are gone. */
  #changed = new Set<number>();
  #gone: number[] = [];
  #drained: IterableIterator<number> = [].values();
  /** While it is restored, entries by their arrival. */
  #entries: Map<bigint, number> | null = null;

  constructor(parts: TableParts) {
    this.#parts = parts;
    this.table = {
      name: TABLE,
      version: 1,
      columns: keptColumns(parts.columns, ["count"]),
      keys: NAME_COLUMNS,
      expiry: -1,
    };
  }

  /** An entry has changed, or, with nothing there any more, is about to be removed. */
  note(entry: number, isThere: boolean): void {
    if (this.#since < 0) return;
    if (isThere) {
      this.#changed.add(entry);
      return;
    }
    const arrival = this.#parts.index.arrived(entry);
    this.#changed.delete(entry);
    if (arrival < this.#since) this.#gone.push(arrival);
  }

  cut(whole: boolean): void {
    const { index } = this.#parts;
    this.#step = whole ? "clear" : "gone";
    if (whole) this.#gone = [];
    this.#drained = whole ? this.#all() : this.#changed.values();
    this.#changed = new Set();
    this.#since = index.arrivals;
  }

  *#all(): Generator<number> {
    for (const { entries } of this.#parts.store.frames) {
      for (const entry of entries) if (entry >= 0) yield entry;
    }
  }

  drain(): TableStep | null {
    if (this.#step === "clear") {
      this.#step = "rows";
      return { kind: "clear", table: TABLE };
    }
    if (this.#step === "gone") {
      const gone = this.#gone.splice(0, BATCH_ROWS_MAX), rows = gone.length;
      if (rows > 0) {
        const frame = keptFrame([BigInt64Array.from(gone.map(BigInt))], []);
        return { kind: "delete", table: TABLE, frame, rows, columns: nameColumns() };
      }
      this.#step = "rows";
    }
    return this.#rows();
  }

  #rows(): TableStep | null {
    const { index, places } = this.#parts, entries: number[] = [];
    for (let next; entries.length < BATCH_ROWS_MAX && !(next = this.#drained.next()).done;) entries.push(next.value);
    const rows = entries.length;
    if (rows === 0) return null;
    const arrivals = new BigInt64Array(rows), counts = new BigInt64Array(rows);
    const ranges: { view: FrameView; start: number; rows: number }[] = [];
    entries.forEach((entry, i) => {
      arrivals[i] = BigInt(index.arrived(entry));
      counts[i] = BigInt(places.countOf(entry));
      const { view } = places.storedOf(entry), row = places.rowOf(entry), last = ranges.at(-1);
      if (last?.view === view && last.start + last.rows === row) last.rows++;
      else ranges.push({ view, start: row, rows: 1 });
    });
    const frame = keptFrame([arrivals, counts], ranges);
    return { kind: "upsert", table: TABLE, frame, rows, columns: this.table.columns };
  }

  restore(step: TableStep): void {
    const entries = this.#entries ??= new Map();
    if (step.kind === "expire") throw misfit(TABLE, "its rows do not expire");
    if (step.kind === "clear") {
      for (const arrival of [...entries.keys()]) this.#remove(entries, arrival);
    } else if (step.kind === "delete") {
      const { numbers: [arrivals] } = openKept(TABLE, step.frame, nameColumns(), 1);
      for (const arrival of arrivals) this.#remove(entries, arrival);
    } else this.#put(entries, step.frame);
  }

  #remove(entries: Map<bigint, number>, arrival: bigint): void {
    const { index, places } = this.#parts, entry = entries.get(arrival);
    if (entry === undefined) return;
    this.rows -= places.countOf(entry);
    this.#leave(entry);
    index.remove(entry);
    places.clear(entry);
    entries.delete(arrival);
  }

  /** The row of an entry is in its place no more. */
  #leave(entry: number): void {
    const { places, store } = this.#parts, stored = places.storedOf(entry);
    store.detach(stored, places.rowOf(entry));
    store.settle([stored]);
  }

  #put(entries: Map<bigint, number>, given: ArrayBuffer): void {
    const { index, places, store, identity, seed } = this.#parts;
    const { numbers: [arrivals, counts], range: { frame } } = openKept(TABLE, given, this.table.columns, NUMBERS);
    const stored: StoredFrame = store.add(frame, new FrameView(frame)), hash = rowHash(stored.view, identity, seed);
    arrivals.forEach((arrival, row) => {
      const count = Number(counts[row]);
      let entry = entries.get(arrival);
      if (!(count > 0)) throw misfit(TABLE, `a row is there ${count} times`);
      if (entry === undefined) {
        entry = index.add(hash(row), Number(arrival));
        entries.set(arrival, entry);
        places.open(entry);
      } else if (places.storedOf(entry) === stored) throw misfit(TABLE, `row ${arrival} is there twice`);
      else {
        this.rows -= places.countOf(entry);
        this.#leave(entry);
      }
      this.rows += count;
      places.put(entry, stored, row, count);
      store.attach(stored, row, entry);
    });
    store.settle([stored]);
  }

  restored(): void {
    this.#entries = null;
    this.#since = this.#parts.index.arrivals;
  }
}
