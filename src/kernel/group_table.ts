import type { Batch, Vector } from "../core/batch.ts";
import { BATCH_ROWS_MAX } from "../core/limits.ts";
import { BYTES, type Column, type DataType, kindCode } from "../core/schema.ts";
import type { StateChange, StateTable, TableLook } from "../core/state.ts";
import type { ColdRows } from "./cold_rows.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { cellNames, keepsText } from "./group_cells.ts";
import { DETAIL, DetailTable } from "./group_detail.ts";
import { GroupLook } from "./group_look.ts";
import { type GroupSpec, type KernelCalls, OP } from "./group_spec.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";
import {
  batchOf,
  damaged,
  endsBelow,
  noStateSpace,
  ScalarTable,
  type TablePart,
  valueColumns,
  wordColumn,
  words,
} from "./state_tables.ts";

const NAME = "groups";
/** Offsets of how many rows a group has, of its key group, and of its last watermark (asm/group/spec.ts). */
const ALIVE_AT = 8, GROUP_AT = 24, TOUCHED_AT = 32;
const DONE = 0, NO_MEMORY = 2;
const WATERMARK = 2;

/** A cell of a row: its column, and its offset there. */
interface Cell {
  readonly column: Column;
  readonly at: number;
  readonly isText: boolean;
}

/** The tables of a group aggregation. */
export interface GroupTables {
  readonly parts: readonly TablePart[];
  /** All steps have come. */
  restored(): void;
  close(): void;
}

/** `names` are those of the keys, then of the calls; `scalars`: the table of what it knows beside its keys. */
export function groupTables(
  kernel: Kernel,
  group: number,
  spec: GroupSpec,
  calls: KernelCalls,
  names: readonly string[],
  scalars: string,
  cold: ColdRows | null,
): GroupTables {
  const known = scalarsOf(kernel, group, scalars), { end } = spec;
  const below = end === null ? null : () => {
    const bound = endsBelow(known.value(WATERMARK));
    return bound === null ? null : bound - BigInt(spec.latenessMs);
  };
  const own = names.slice(spec.keys.length), details = detailsOf(kernel, group, spec, calls, own, below);
  const keys = valueColumns(spec.keys.map((key, i) => ({ name: names[i], type: spec.types[key], nullable: true })));
  const cells = [...rowCells(kernel, group, spec), ...callCells(kernel, group, spec, calls, own)];
  const results = calls.calls.map(({ out: type }, i): Column => ({ name: own[i], type, nullable: true }));
  const table = new GroupTable(kernel, group, { keys, cells, results, end, below, details, cold });
  return { parts: [known, table], restored: () => table.restored(), close: () => table.close() };
}

function scalarsOf(kernel: Kernel, group: number, name: string): ScalarTable {
  return new ScalarTable(
    kernel,
    name,
    1,
    ["late", "unknown", "watermark", "begun", "numbers", "turns"],
    (to) => kernel.fn("group_scalars")(group, to),
    (from) => kernel.fn("group_put_scalars")(group, from) !== 0,
    ["sum", "sum", "max", "max", "max", "max"],
  );
}

/** What rows have beside their keys and the cells of calls. */
function rowCells(kernel: Kernel, group: number, { ttlMs, end }: GroupSpec): Cell[] {
  const mark = kernel.mark(), to = kernel.arena(8);
  kernel.fn("group_places")(group, to);
  const [numberAt, turnAt] = [0, 4].map((at) => kernel.data.getUint32(to + at, true));
  kernel.release(mark);
  const places: (readonly [string, number])[] = [["$rows", ALIVE_AT]];
  if (numberAt > 0) places.push(["$number", numberAt]);
  if (turnAt > 0) places.push(["$turn", turnAt]);
  if (ttlMs > 0 && end === null) places.push(["$touched", TOUCHED_AT]);
  return places.map(([name, at]) => ({ column: wordColumn(name), at, isText: false }));
}

function callCells(
  kernel: Kernel,
  group: number,
  { types }: GroupSpec,
  { calls }: KernelCalls,
  names: readonly string[],
): Cell[] {
  return calls.flatMap(({ op, arg }, i): Cell[] => {
    const at = kernel.fn("group_cell_at")(group, i);
    if (keepsText(op)) return [{ column: { name: names[i], type: types[arg], nullable: true }, at, isText: true }];
    return cellNames(op).map(([part, type], k) => {
      return { column: { name: `${names[i]}.${part}`, type, nullable: false }, at: at + k * 8, isText: false };
    });
  });
}

/** The tables of what rows hold beside their cells. */
function detailsOf(
  kernel: Kernel,
  group: number,
  { types }: GroupSpec,
  { calls, sets }: KernelCalls,
  names: readonly string[],
  below: (() => bigint | null) | null,
): DetailTable[] {
  const of = (name: string, type: DataType): Column => ({ name, type, nullable: false });
  const entries = sets.map(({ column }, which) => {
    const counting = calls.flatMap(({ set }, i) => set === which + 1 ? [i] : []);
    const counters = counting.toSorted((a, b) => calls[a].counter - calls[b].counter).map((i) => `${names[i]}.count`);
    const table = `${names[counting[0]]}.values`, value = of("value", types[column]);
    return new DetailTable(kernel, group, { table, kind: DETAIL.entries, which, value, counters, below });
  });
  const others = calls.flatMap(({ op, arg }, which): DetailTable[] => {
    if (op !== OP.list && op !== OP.sketch) return [];
    const spec = op === OP.list
      ? { table: `${names[which]}.list`, kind: DETAIL.nodes, value: of("value", types[arg]) }
      : { table: `${names[which]}.pages`, kind: DETAIL.pages, value: of("bytes", BYTES) };
    return [new DetailTable(kernel, group, { ...spec, which, counters: [], below })];
  });
  return [...entries, ...others];
}

interface GroupTableSpec {
  readonly keys: readonly Column[];
  readonly cells: readonly Cell[];
  /** What the calls come to. */
  readonly results: readonly Column[];
  /** Position among the keys of the window's end, with which rows go. */
  readonly end: number | null;
  readonly below: (() => bigint | null) | null;
  /** What the rows hold: it is handed out before them. */
  readonly details: readonly DetailTable[];
  /** Rows that are not in memory: they are handed out behind the others. */
  readonly cold: ColdRows | null;
}

/**
 * The groups as a table: `$group`, the keys, `$rows`, what is known of the order in which rows go, then the cells of each call; and the tables
 * of what they hold.
 */
class GroupTable implements TablePart {
  readonly tables: readonly StateTable[];
  readonly #kernel: Kernel;
  readonly #group: number;
  readonly #spec: GroupTableSpec;
  readonly #types: readonly DataType[];
  readonly #look: GroupLook;
  readonly looks: readonly TableLook[];
  #step: "clear" | "gone" | "expire" | "scan" | "changed" | "cold" | "done" = "done";

  constructor(kernel: Kernel, group: number, spec: GroupTableSpec) {
    this.#kernel = kernel;
    this.#group = group;
    this.#spec = spec;
    this.#types = spec.keys.map(({ type }) => type);
    const columns = [wordColumn("$group"), ...spec.keys, ...spec.cells.map(({ column }) => column)];
    const expiry = spec.end === null ? -1 : spec.end + 1;
    const own: StateTable = { name: NAME, version: 1, columns, keys: spec.keys.length + 1, expiry };
    this.tables = [own, ...spec.details.map(({ table }) => table)];
    this.#look = new GroupLook(kernel, group, this.#types, spec.results.map(({ type }) => type), spec.cold);
    const given = [...columns, ...spec.results], shown = [...given.keys()].filter((i) => i >= columns.length);
    this.looks = [
      { table: NAME, key: spec.keys, columns: given, shown: [...spec.keys.map((_, i) => 1 + i), ...shown] },
      ...spec.details.flatMap((detail) => detail.looks(spec.keys)),
    ];
  }

  look(name: string, key: readonly Vector[] | null, rowsMax: number): Batch {
    const { list, rows } = this.#look.find(key, rowsMax),
      detail = this.#spec.details.find(({ table }) => table.name === name);
    if (detail) return detail.look(list, rows, rowsMax);
    const columns = [...this.#keys(list, rows), ...this.#read(list, rows), ...this.#look.results(list, rows)];
    return batchOf(rows, columns);
  }

  cut(whole: boolean): void {
    const all = this.#kernel.fn("group_cut")(this.#group, Number(whole)) !== 0;
    for (const detail of this.#spec.details) detail.cut(all);
    this.#spec.cold?.cut(all);
    this.#step = all ? "clear" : "gone";
  }

  drain(rowsMax: number): StateChange | null {
    const kernel = this.#kernel, most = Math.max(1, Math.min(rowsMax, BATCH_ROWS_MAX)), table = NAME;
    // Only the rows know which of them have changed
    for (const detail of this.#spec.details) {
      const change = detail.drain(most);
      if (change) return change;
    }
    if (this.#step === "clear") {
      this.#step = "scan";
      return { kind: "clear", table };
    }
    if (this.#step === "gone") {
      const list = kernel.arena(most * 4), rows = kernel.fn("group_gone")(this.#group, list, most);
      if (rows > 0) return { kind: "delete", table, rows: batchOf(rows, this.#keys(list, rows)) };
      this.#step = "expire";
    }
    if (this.#step === "expire") {
      this.#step = "scan";
      const below = this.#spec.below?.() ?? null;
      if (below !== null) return { kind: "expire", table, below };
    }
    if (this.#step === "scan") {
      kernel.fn("group_scan")(this.#group);
      this.#step = "changed";
    }
    return (this.#step === "changed" ? this.#changed(most) : null) ?? this.#coldRows();
  }

  #changed(most: number): StateChange | null {
    const kernel = this.#kernel, list = kernel.arena(most * 4);
    const rows = kernel.fn("group_changed")(this.#group, list, most), table = NAME;
    if (rows > 0) return this.#upsert(list, rows);
    if (rows < 0) return { kind: "delete", table, rows: batchOf(0, this.#keys(list, 0)) };
    this.#step = "cold";
    return null;
  }

  #coldRows(): StateChange | null {
    const found = this.#step === "cold" ? this.#spec.cold?.drain() ?? null : null;
    if (found) return this.#upsert(found.list, found.rows);
    this.#step = "done";
    return null;
  }

  #upsert(list: number, rows: number): StateChange {
    const columns = [...this.#keys(list, rows), ...this.#read(list, rows)];
    return { kind: "upsert", table: NAME, rows: batchOf(rows, columns) };
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
    const kernel = this.#kernel;
    return this.#spec.cells.map(({ column: { type }, at, isText }) => {
      if (isText) return this.#texts(type, at, list, rows);
      const cells = words(kernel, rows);
      kernel.fn("rows_words")(list, rows, at, 1, 0, cells.data);
      return { ...cells, type };
    });
  }

  #texts(type: DataType, at: number, list: number, rows: number): Vector {
    const kernel = this.#kernel, out = kernel.arena(COLUMN_SIZE);
    const done = kernel.fn("group_texts")(list, rows, at, kindCode(type.kind), type.scale ?? 0, out);
    if (done === 0) throw noStateSpace(NAME);
    return readBatch(kernel, out, [type], rows).columns[0];
  }

  restore(change: StateChange, { name }: StateTable): void {
    const detail = this.#spec.details.find(({ table }) => table.name === name);
    if (detail) detail.restore(change);
    else if (change.kind === "clear") {
      this.#kernel.fn("group_restore_below")(this.#group, 0);
      this.#spec.cold?.clear();
    } else if (change.kind === "expire") this.#expire(change.below);
    else this.#put(change.rows, change.kind === "upsert");
  }

  #expire(below: bigint): void {
    const kernel = this.#kernel;
    if (this.#spec.end === null) throw damaged(NAME, "its rows do not expire");
    const at = kernel.arena(8);
    kernel.data.setBigInt64(at, below, true);
    kernel.fn("group_restore_below")(this.#group, at);
  }

  /** Makes or finds the rows of the keys, and fills them; else they go. */
  #put({ rows, columns }: Batch, fill: boolean): void {
    const kernel = this.#kernel, behind = this.tables[0].keys, list = fill ? kernel.arena(Math.max(1, rows) * 4) : 0;
    const keys = writeColumns(kernel, columns.slice(1, behind));
    this.#spec.cold?.prepare({ keys, args: 0, selection: 0, selected: rows });
    const status = kernel.fn("group_restore")(this.#group, keys, columns[0].data, rows, list);
    if (status === NO_MEMORY) throw noStateSpace(NAME);
    if (status !== DONE) throw damaged(NAME, "a row's key group is not that of its key");
    if (!fill) return;
    this.#spec.cells.forEach(({ at, isText }, i) => {
      const column = columns[behind + i];
      if (!isText) kernel.fn("rows_put_words")(list, rows, at, 1, column.data, 0);
      else if (kernel.fn("group_put_texts")(this.#group, list, rows, at, writeColumns(kernel, [column])) === 0) {
        throw noStateSpace(NAME);
      }
    });
  }

  restored(): void {
    const kernel = this.#kernel, group = this.#group;
    this.#check(kernel.fn("group_rows_restored")(group));
    for (const detail of this.#spec.details) detail.restored();
    this.#check(kernel.fn("group_restored")(group));
  }

  #check(status: number): void {
    if (status === NO_MEMORY) throw noStateSpace(NAME);
    if (status !== DONE) throw damaged(NAME, "two rows have one number, or one that was not given yet");
  }

  close(): void {
    for (const detail of this.#spec.details) detail.close();
  }
}
