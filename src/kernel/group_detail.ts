import type { Batch, Vector } from "../core/batch.ts";
import type { Column } from "../core/schema.ts";
import type { StateChange, StateTable, TableLook } from "../core/state.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";
import { StagedRows } from "./staged_rows.ts";
import { batchOf, damaged, noStateSpace, plainLook, wordColumn, words } from "./state_tables.ts";

/** What rows of a group aggregation hold beside their cells, as asm/group/details.ts numbers it. */
export const DETAIL = { entries: 0, nodes: 1, pages: 2 } as const;

export interface DetailSpec {
  readonly table: string;
  readonly kind: typeof DETAIL[keyof typeof DETAIL];
  /** The set, or the call. */
  readonly which: number;
  readonly value: Column;
  /** Of entries: what is counted of each. */
  readonly counters: readonly string[];
  /** The end below which windows are gone, where rows belong to windows; null: there is none yet. */
  readonly below: (() => bigint | null) | null;
}

/** How their numbers are called. */
const NUMBERS = ["$entry", "$node", "$page"];
const NAMES = 2, NO_MEMORY = 2;
/** What group_details takes for entries that count no more. */
const DEAD = 3;

/**
 * A table of what the rows of a group aggregation hold: `$group` and a number; `$of`, the number of the row (pages have it in theirs); `$end`, that
 * of the row's window; the value; counters.
 */
export class DetailTable {
  readonly table: StateTable;
  readonly #kernel: Kernel;
  readonly #group: number;
  readonly #spec: DetailSpec;
  /** What a drain begins with, and what of the batch at hand comes next. */
  #begins: "clear" | "expire" | null = null;
  #step: "dead" | "changed" | "done" = "done";
  #staged: StagedRows | null = null;

  constructor(kernel: Kernel, group: number, spec: DetailSpec) {
    this.#kernel = kernel;
    this.#group = group;
    this.#spec = spec;
    const { table, kind, value, counters, below } = spec;
    const own = [...(kind === DETAIL.pages ? [] : ["$of"]), ...(below ? ["$end"] : [])];
    const names = ["$group", NUMBERS[kind], ...own].map(wordColumn);
    const columns = [...names, value, ...counters.map(wordColumn)];
    this.table = { name: table, version: 1, columns, keys: NAMES, expiry: below ? names.length - 1 : -1 };
  }

  /** A cut of the aggregation begins, or a round in front of one. `all`: it hands out everything. */
  cut(all: boolean): void {
    this.#begins = all || this.#begins === "clear" ? "clear" : "expire";
  }

  /** What is gone, in front of what a batch of rows holds; null: that is all. */
  gone(most: number): StateChange | null {
    const kernel = this.#kernel, { table, kind, which, below } = this.#spec, begins = this.#begins;
    if (begins === "clear") {
      this.#begins = null;
      return { kind: "clear", table };
    }
    const groups = words(kernel, most), numbers = words(kernel, most);
    const rows = kernel.fn("group_details_gone")(this.#group, kind, which, groups.data, numbers.data, most);
    if (rows > 0) return { kind: "delete", table, rows: batchOf(rows, [groups, numbers]) };
    this.#begins = null;
    const bound = begins === "expire" ? below?.() ?? null : null;
    return bound === null ? null : { kind: "expire", table, below: bound };
  }

  /** The aggregation hands out a batch of rows. */
  begin(): void {
    this.#kernel.fn("group_details_begin")(this.#group);
    this.#step = this.#spec.kind === DETAIL.entries ? "dead" : "changed";
  }

  /** What the batch holds; null: that is all. */
  drain(most: number): StateChange | null {
    if (this.#step === "dead") {
      const change = this.#dead(most);
      if (change) return change;
      this.begin();
      this.#step = "changed";
    }
    return this.#step === "changed" ? this.#changed(most) : null;
  }

  /** Entries that count no more are gone, though the aggregation may let go of them later. */
  #dead(most: number): StateChange | null {
    const kernel = this.#kernel, { table, which } = this.#spec, list = kernel.arena(most * 8);
    const found = kernel.fn("group_details")(this.#group, DEAD, which, list, most), rows = Math.max(0, found);
    if (found === 0) return null;
    const [groups, numbers, of] = Array.from({ length: NAMES + 1 }, () => words(kernel, rows));
    kernel.fn("group_detail_names")(this.#group, DEAD, list, rows, groups.data, numbers.data, of.data, 0);
    return { kind: "delete", table, rows: batchOf(rows, [groups, numbers]) };
  }

  #changed(most: number): StateChange | null {
    const kernel = this.#kernel, { table, kind, which } = this.#spec, list = kernel.arena(most * 8);
    const rows = kernel.fn("group_details")(this.#group, kind, which, list, most);
    if (rows > 0) return { kind: "upsert", table, rows: this.#read(list, rows) };
    if (rows < 0) return { kind: "delete", table, rows: batchOf(0, [words(kernel, 1), words(kernel, 1)]) };
    this.#step = "done";
    return null;
  }

  /** How it can be looked at by the keys of the rows; pages are bytes that say nothing. */
  looks(keys: readonly Column[]): readonly TableLook[] {
    return this.#spec.kind === DETAIL.pages ? [] : [plainLook(this.table, keys)];
  }

  /** What listed rows of the aggregation hold, `most` of it. */
  look(rows: number, count: number, most: number): Batch {
    const kernel = this.#kernel, { kind, which } = this.#spec, list = kernel.arena(most * 8);
    const found = kernel.fn("group_look_details")(this.#group, kind, which, rows, count, list, most);
    return this.#read(list, found);
  }

  #read(list: number, rows: number): Batch {
    const kernel = this.#kernel, { kind, which, value, counters, below } = this.#spec;
    const [groups, numbers, of, ends] = Array.from({ length: NAMES + 2 }, () => words(kernel, rows));
    const names = kernel.fn("group_detail_names"), at = [groups, numbers, of].map(({ data }) => data);
    names(this.#group, kind, list, rows, at[0], at[1], at[2], below ? ends.data : 0);
    const out = kernel.arena(COLUMN_SIZE), read = kernel.fn("group_detail_values");
    if (read(this.#group, kind, which, value.type.scale ?? 0, list, rows, out) === 0) {
      throw noStateSpace(this.table.name);
    }
    const values = readBatch(kernel, out, [value.type], rows).columns;
    const counted = counters.map((_, counter): Vector => {
      const column = words(kernel, rows);
      kernel.fn("group_counters")(this.#group, which, list, rows, counter, column.data);
      return column;
    });
    const own = [...(kind === DETAIL.pages ? [] : [of]), ...(below ? [ends] : [])];
    return batchOf(rows, [groups, numbers, ...own, ...values, ...counted]);
  }

  /** Its rows are staged: those that they belong to may come behind them. */
  restore(change: StateChange): void {
    const { name, version, columns, expiry } = this.table;
    this.#staged ??= new StagedRows(this.#kernel, {
      name,
      version,
      arrival: NUMBERS[this.#spec.kind],
      columns: columns.slice(NAMES),
      keys: null,
      ...(expiry < 0 ? {} : { expiry: columns[expiry].name }),
    });
    this.#staged.restore(change);
  }

  /** The rows that it belongs to are there. */
  restored(): void {
    this.#staged?.replay((rows) => {
      const status = this.#put(rows);
      if (status === NO_MEMORY) throw noStateSpace(this.table.name);
      if (status !== 0) {
        throw damaged(this.table.name, "a row belongs to none that is there, is there twice, or makes no sense");
      }
    });
    this.#staged?.close();
    this.#staged = null;
  }

  #put({ rows, columns }: Batch): number {
    const kernel = this.#kernel, group = this.#group, { kind, which, counters, below } = this.#spec;
    const own = NAMES + (kind === DETAIL.pages ? 0 : 1) + (below ? 1 : 0), [groups, numbers, of] = columns;
    const value = writeColumns(kernel, [columns[own]]);
    if (kind === DETAIL.pages) {
      return kernel.fn("group_put_pages")(group, which, groups.data, numbers.data, value, rows);
    }
    if (kind === DETAIL.nodes) {
      return kernel.fn("group_put_nodes")(group, which, groups.data, numbers.data, of.data, value, rows);
    }
    const counted = kernel.arena(Math.max(1, counters.length) * 4);
    counters.forEach((_, i) => kernel.data.setUint32(counted + i * 4, columns[own + 1 + i].data, true));
    return kernel.fn("group_put_entries")(group, which, groups.data, numbers.data, of.data, value, counted, rows);
  }

  close(): void {
    this.#staged?.close();
    this.#staged = null;
  }
}
