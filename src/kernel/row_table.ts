import type { Batch, Vector } from "../core/batch.ts";
import { BATCH_ROWS_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import type { StateChange, StateTable, TableLook } from "../core/state.ts";
import type { ColdTable } from "./cold_table.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel, KernelFunction } from "./module.ts";
import type { RowFinder } from "./row_look.ts";
import {
  batchOf,
  damaged,
  noStateSpace,
  nothing,
  plainLook,
  type TablePart,
  wordColumn,
  words,
} from "./state_tables.ts";

/** A word that an operator keeps with each row. */
export interface RowWord {
  readonly name: string;
  /** Offset in a row, in bytes. */
  readonly at: number;
  /** An i64, else a u32. */
  readonly wide: boolean;
  /** The u32 is an address: what is meant is the i64 so many bytes behind it. It comes back as an i64 in the place at `back`. */
  readonly through?: { readonly bytes: number; readonly back: number };
  /** The greatest value of a u32 that can be right. */
  readonly max?: number;
}

export interface RowTableSpec {
  readonly name: string;
  readonly version: number;
  /** Address of the store. */
  readonly store: number;
  /** The store's columns. */
  readonly columns: readonly Column[];
  readonly words: readonly RowWord[];
  /** What its arrival is called; default `$arrival`. */
  readonly arrival?: string;
  /** Rows whose i64 in this column is below the bound are gone at every cut; null: there is no bound yet. */
  readonly expiry?: { readonly column: string; below(): bigint | null };
  /** Called before a cut: what is only kept for results that are out goes. */
  readonly settle?: () => void;
  /** How its rows are looked for. */
  readonly look: RowFinder;
  /** Rows that are not in memory: they are handed out behind the others. */
  readonly cold?: ColdTable | null;
}

/** Key group and arrival name a row. */
const NAMES = 2;
/** Position of the arrival among the columns, and its offset in a row. */
const ARRIVAL = 1, ARRIVAL_AT = 16;
const DONE = 0, NO_MEMORY = 2;
const U32_MAX = 2 ** 32 - 1;

/** The rows of a store (asm/rows) as a table: `$group`, `$arrival`, the store's columns, then the operator's words. */
export class RowTable implements TablePart {
  readonly tables: readonly StateTable[];
  readonly #kernel: Kernel;
  readonly #spec: RowTableSpec;
  readonly #changed: KernelFunction;
  /** Of the steps of a drain, the next: what is gone comes before what has changed. */
  #step: "clear" | "gone" | "expire" | "changed" | "cold" | "done" = "done";
  /** The drain at hand is in front of a cut. */
  #ahead = false;
  /** A round in front of the next cut has handed out everything. */
  #allAhead = false;
  /** It has told rows that are gone, and may rest behind them: no name comes twice. */
  #rests = false;

  constructor(kernel: Kernel, spec: RowTableSpec) {
    this.#kernel = kernel;
    this.#spec = spec;
    this.#changed = kernel.fn("rows_changed");
    const names = ["$group", spec.arrival ?? "$arrival"].map(wordColumn);
    const columns = [...names, ...spec.columns, ...spec.words.map(({ name }) => wordColumn(name))];
    const { expiry } = spec, at = expiry ? columns.findIndex(({ name }) => name === expiry.column) : -1;
    this.tables = [{ name: spec.name, version: spec.version, columns, keys: NAMES, expiry: at }];
  }

  cut(whole: boolean): void {
    this.#begin(whole, false);
  }

  ahead(whole: boolean): void {
    this.#begin(whole, true);
  }

  #begin(whole: boolean, ahead: boolean): void {
    this.#spec.settle?.();
    const all = this.#kernel.fn("rows_cut")(this.#spec.store, Number(whole), Number(ahead)) !== 0;
    this.#step = all || this.#step === "clear" ? "clear" : "gone";
    // Rows in the file are handed out at cuts alone: those that left while everything was handed out as well
    if (!ahead) this.#spec.cold?.cut(all || this.#allAhead);
    this.#allAhead = ahead && (all || this.#allAhead);
    this.#ahead = ahead;
    this.#rests = false;
  }

  drain(rowsMax: number): StateChange | null {
    const table = this.#spec.name, most = Math.max(1, Math.min(rowsMax, BATCH_ROWS_MAX));
    if (this.#ahead) this.#spec.settle?.();
    if (this.#rests) {
      this.#rests = false;
      return nothing(this.#kernel, table);
    }
    if (this.#step === "clear") {
      this.#step = "changed";
      return { kind: "clear", table };
    }
    if (this.#step === "gone") {
      const rows = this.#gone(most);
      this.#rests = this.#ahead && rows !== null;
      if (rows) return { kind: "delete", table, rows };
      this.#step = "expire";
    }
    if (this.#step === "expire") {
      this.#step = "changed";
      const below = this.#spec.expiry?.below() ?? null;
      if (below !== null) return { kind: "expire", table, below };
    }
    if (this.#step === "changed") {
      const list = this.#kernel.arena(most * 4), rows = this.#changed(this.#spec.store, list, most);
      if (rows > 0) return { kind: "upsert", table, rows: this.read(list, rows) };
      if (rows < 0) return nothing(this.#kernel, table);
      this.#step = this.#ahead ? "done" : "cold";
    }
    const found = this.#step === "cold" ? this.#spec.cold?.drain() ?? null : null;
    if (found) return { kind: "upsert", table, rows: this.read(found.list, found.rows, true) };
    this.#step = "done";
    return null;
  }

  #gone(most: number): Batch | null {
    const kernel = this.#kernel, groups = words(kernel, most), arrivals = words(kernel, most);
    const rows = kernel.fn("rows_gone")(this.#spec.store, groups.data, arrivals.data, most);
    return rows === 0 ? null : batchOf(rows, [groups, arrivals]);
  }

  /** Rows at addresses, u32 each, with all columns of the table. `away`: they are not in memory, but in a record of what has left it. */
  read(list: number, rows: number, away = false): Batch {
    const kernel = this.#kernel, { store, columns } = this.#spec;
    const groups = words(kernel, rows), arrivals = words(kernel, rows);
    kernel.fn("rows_names")(store, list, rows, groups.data, arrivals.data);
    const out = kernel.arena(Math.max(1, columns.length) * COLUMN_SIZE);
    if (kernel.fn("rows_gather")(store, 0, list, rows, 0, 0, out, 0) === 0) throw noStateSpace(this.#spec.name);
    const values = readBatch(kernel, out, columns.map(({ type }) => type), rows).columns;
    return batchOf(rows, [groups, arrivals, ...values, ...this.#words(list, rows, away)]);
  }

  #words(list: number, rows: number, away: boolean): Vector[] {
    const kernel = this.#kernel;
    return this.#spec.words.map(({ at, wide, through }) => {
      const column = words(kernel, rows), behind = through && !away ? through.bytes + 1 : 0;
      const back = through && away ? through.back : at, whole = wide || (through !== undefined && away);
      kernel.fn("rows_words")(list, rows, back, Number(whole), behind, column.data);
      return column;
    });
  }

  get looks(): readonly TableLook[] {
    return [plainLook(this.tables[0], this.#spec.look.key)];
  }

  look(_table: string, key: readonly Vector[] | null, rowsMax: number): Batch {
    this.#spec.settle?.();
    const { list, rows, away = false } = this.#spec.look.find(key, rowsMax);
    return this.read(list, rows, away);
  }

  seek(_table: string, key: readonly Vector[], rowsMax: number, begins: boolean): boolean {
    // What would go in front of the look is not to be counted
    this.#spec.settle?.();
    return this.#spec.look.seek?.(key, rowsMax, begins) ?? true;
  }

  restore(change: StateChange): void {
    const kernel = this.#kernel, { store, name, cold } = this.#spec;
    if (change.kind === "clear") {
      kernel.fn("rows_restore_clear")(store);
      cold?.clear();
    } else if (change.kind === "expire") this.#expire(change.below);
    else if (change.kind === "upsert") this.#put(change.rows);
    else {
      const [groups, arrivals] = change.rows.columns, { rows } = change.rows;
      cold?.forget(groups.data, arrivals.data, rows);
      if (kernel.fn("rows_restore_gone")(store, groups.data, arrivals.data, rows) !== DONE) {
        throw damaged(name, "a key is none");
      }
    }
  }

  #expire(below: bigint): void {
    const kernel = this.#kernel, { store, name, columns, words } = this.#spec, [{ expiry }] = this.tables;
    if (expiry < 0) throw damaged(name, "its rows do not expire");
    const at = expiry - NAMES, place = kernel.arena(8);
    const offset = expiry === ARRIVAL
      ? ARRIVAL_AT
      : at < columns.length
      ? kernel.fn("rows_cell_at")(store, at)
      : words[at - columns.length].at;
    this.#spec.cold?.expire(offset, below);
    kernel.data.setBigInt64(place, below, true);
    kernel.fn("rows_restore_below")(store, offset, place);
  }

  #put({ rows, columns }: Batch): void {
    const kernel = this.#kernel, { store, name, words } = this.#spec;
    const [groups, arrivals] = columns, first = NAMES, behind = first + this.#spec.columns.length;
    const at = writeColumns(kernel, columns.slice(first, behind)), list = kernel.arena(Math.max(1, rows) * 4);
    // What leaves now may be what these rows take the place of
    this.#spec.cold?.reserve(at, rows);
    this.#spec.cold?.forget(groups.data, arrivals.data, rows);
    const status = kernel.fn("rows_restore")(store, at, groups.data, arrivals.data, rows, list);
    if (status === NO_MEMORY) throw noStateSpace(name);
    if (status !== DONE) throw damaged(name, "a row's key is none, or its key group is not that of its columns");
    words.forEach(({ name: word, at, wide, max, through }, i) => {
      const { data } = columns[behind + i], place = through?.back ?? at, whole = wide || through !== undefined;
      const taken = kernel.fn("rows_put_words")(list, rows, place, Number(whole), data, max ?? U32_MAX);
      if (taken === 0) throw damaged(name, `${word} has a value that cannot be`);
    });
  }
}
