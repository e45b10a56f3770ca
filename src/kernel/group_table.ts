import type { Batch, Vector } from "../core/batch.ts";
import { BATCH_ROWS_MAX } from "../core/limits.ts";
import type { Column, DataType } from "../core/schema.ts";
import type { StateChange, StateTable } from "../core/state.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { cellNames } from "./group_cells.ts";
import type { GroupSpec, KernelCalls } from "./group_spec.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";
import { batchOf, damaged, noStateSpace, ScalarTable, type TablePart, wordColumn, words } from "./state_tables.ts";

const NAME = "groups";
/** Offsets of how many rows a group has, and of its key group (asm/group/spec.ts). */
const ALIVE_AT = 8, GROUP_AT = 24;
const DONE = 0, NO_MEMORY = 2;

/** A cell of a call: its column, and its offset in a row. */
interface Cell {
  readonly column: Column;
  readonly at: number;
}

/**
 * The tables of a group aggregation; null: more of it depends on the order in which its rows came than they say, or its calls keep what
 * is not in their rows. `names` are those of the keys, then of the calls.
 */
export function groupTables(
  kernel: Kernel,
  group: number,
  spec: GroupSpec,
  { calls, sets }: KernelCalls,
  names: readonly string[],
): TablePart[] | null {
  if (spec.end !== null || spec.ttlMs > 0 || spec.ticks || spec.dense || sets.length > 0) return null;
  const cells = calls.map(({ op }) => cellNames(op));
  if (cells.some((list) => list === null)) return null;
  const keys = spec.keys.map((key, i): Column => ({ name: names[i], type: spec.types[key], nullable: true }));
  const places = cells.flatMap((list, i): Cell[] => {
    const at = kernel.fn("group_cell_at")(group, i), name = names[keys.length + i];
    return list!.map(([part, type], k) => ({
      column: { name: `${name}.${part}`, type, nullable: false },
      at: at + k * 8,
    }));
  });
  const scalars = new ScalarTable(
    kernel,
    "scalars",
    1,
    ["late", "unknown"],
    (to) => kernel.fn("group_scalars")(group, to),
    (from) => {
      kernel.fn("group_put_scalars")(group, from);
      return true;
    },
  );
  return [scalars, new GroupTable(kernel, group, keys, [{ column: wordColumn("$rows"), at: ALIVE_AT }, ...places])];
}

/** The groups as a table: `$group`, the keys, `$rows`, then the cells of each call. */
class GroupTable implements TablePart {
  readonly tables: readonly StateTable[];
  readonly #kernel: Kernel;
  readonly #group: number;
  readonly #types: readonly DataType[];
  readonly #cells: readonly Cell[];
  #step: "clear" | "gone" | "changed" | "done" = "done";

  constructor(kernel: Kernel, group: number, keys: readonly Column[], cells: readonly Cell[]) {
    this.#kernel = kernel;
    this.#group = group;
    this.#types = keys.map(({ type }) => type);
    this.#cells = cells;
    const columns = [wordColumn("$group"), ...keys, ...cells.map(({ column }) => column)];
    this.tables = [{ name: NAME, version: 1, columns, keys: keys.length + 1, expiry: -1 }];
  }

  cut(whole: boolean): void {
    this.#kernel.fn("group_cut")(this.#group, Number(whole));
    this.#step = whole ? "clear" : "gone";
  }

  drain(rowsMax: number): StateChange | null {
    const kernel = this.#kernel, most = Math.max(1, Math.min(rowsMax, BATCH_ROWS_MAX)), table = NAME;
    if (this.#step === "done") return null;
    if (this.#step === "clear") {
      this.#step = "changed";
      return { kind: "clear", table };
    }
    const list = kernel.arena(most * 4);
    if (this.#step === "gone") {
      const rows = kernel.fn("group_gone")(this.#group, list, most);
      if (rows > 0) return { kind: "delete", table, rows: batchOf(rows, this.#keys(list, rows)) };
      this.#step = "changed";
    }
    const rows = kernel.fn("group_changed")(this.#group, list, most);
    if (rows > 0) {
      return { kind: "upsert", table, rows: batchOf(rows, [...this.#keys(list, rows), ...this.#read(list, rows)]) };
    }
    this.#step = "done";
    return null;
  }

  /** Key groups and keys of listed rows. */
  #keys(list: number, rows: number): Vector[] {
    const kernel = this.#kernel, types = this.#types, groups = words(kernel, rows);
    kernel.fn("rows_words")(list, rows, GROUP_AT, 0, 0, groups.data);
    const out = kernel.arena(Math.max(1, types.length) * COLUMN_SIZE);
    if (kernel.fn("group_keys")(this.#group, list, rows, out) === 0) throw noStateSpace(NAME);
    return [groups, ...readBatch(kernel, out, types, rows).columns];
  }

  #read(list: number, rows: number): Vector[] {
    return this.#cells.map(({ column, at }) => {
      const cells = words(this.#kernel, rows);
      this.#kernel.fn("rows_words")(list, rows, at, 1, 0, cells.data);
      return { ...cells, type: column.type };
    });
  }

  restore(change: StateChange): void {
    if (change.kind === "clear") this.#kernel.fn("group_restore_clear")(this.#group);
    else if (change.kind === "expire") throw damaged(NAME, "its rows do not expire");
    else this.#put(change.rows, change.kind === "upsert");
  }

  /** Makes or finds the rows of the keys, and fills them; else they go. */
  #put({ rows, columns }: Batch, fill: boolean): void {
    const kernel = this.#kernel, behind = this.tables[0].keys, list = fill ? kernel.arena(Math.max(1, rows) * 4) : 0;
    const keys = writeColumns(kernel, columns.slice(1, behind));
    const status = kernel.fn("group_restore")(this.#group, keys, columns[0].data, rows, list);
    if (status === NO_MEMORY) throw noStateSpace(NAME);
    if (status !== DONE) throw damaged(NAME, "a row's key group is not that of its key");
    if (!fill) return;
    this.#cells.forEach(({ at }, i) => {
      kernel.fn("rows_put_words")(list, rows, at, 1, columns[behind + i].data, 0);
    });
  }
}
