import type { Batch, Vector } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { BATCH_ROWS_MAX, COLD_CHUNK_BYTES } from "../core/limits.ts";
import { type Column, type DataType, kindCode } from "../core/schema.ts";
import type { StateChange, StateTable, TableLook } from "../core/state.ts";
import type { ColdRows } from "./cold_rows.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import type { DetailTable } from "./group_detail.ts";
import { GroupLook } from "./group_look.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";
import { StagedGroups } from "./staged_groups.ts";
import { batchOf, damaged, noStateSpace, type TablePart, wordColumn, words } from "./state_tables.ts";

const NAME = "groups";
const DONE = 0, NO_MEMORY = 2, NO_BATCH = -2;
/** What rows with what they hold take for each byte of the steps that restore them, at most, and the most of the bound that is restored at once. */
const ROOM_A_BYTE = 3, RESTORED_SHARE_MAX = 0.4;

/** A cell of a row: its column, and its offset there. */
export interface Cell {
  readonly column: Column;
  readonly at: number;
  readonly isText: boolean;
}

export interface GroupTableSpec {
  readonly keys: readonly Column[];
  readonly cells: readonly Cell[];
  /** What the calls come to. */
  readonly results: readonly Column[];
  /** Position among the keys of the window's end, with which rows go. */
  readonly end: number | null;
  readonly below: (() => bigint | null) | null;
  /** What the rows hold: it is handed out in front of them, batch by batch. */
  readonly details: readonly DetailTable[];
  /** What a row takes beside that, at least. */
  readonly rowBytes: number;
  /** Rows that are not in memory: they are handed out behind the others. */
  readonly cold: ColdRows | null;
}

/**
 * The groups as a table: `$group`, the keys, `$rows`, what is known of the order in which rows go, then the cells of each call; and the tables
 * of what they hold.
 */
export class GroupTable implements TablePart {
  readonly tables: readonly StateTable[];
  readonly #kernel: Kernel;
  readonly #group: number;
  readonly #spec: GroupTableSpec;
  readonly #types: readonly DataType[];
  readonly #look: GroupLook;
  readonly looks: readonly TableLook[];
  /** The drain at hand is that of a cut; a round in front of the next cut has handed out everything. */
  #cutting = true;
  #allAhead = false;
  #step: "clear" | "gone" | "expire" | "changed" | "cold" | "done" = "done";
  /** Of the batch of rows at hand, the table whose rows come next; null: there is no batch. */
  #next: number | null = null;
  /** A chunk of the file with cold rows, 0: none; and its rows, each once. */
  #chunk = 0;
  #firsts: readonly number[] = [];
  /** Where rows may leave memory with what they hold: what is restored until all has come. */
  readonly #staged: StagedGroups | null;

  constructor(kernel: Kernel, group: number, spec: GroupTableSpec) {
    this.#kernel = kernel;
    this.#group = group;
    this.#spec = spec;
    this.#types = spec.keys.map(({ type }) => type);
    const columns = [wordColumn("$group"), ...spec.keys, ...spec.cells.map(({ column }) => column)];
    const expiry = spec.end === null ? -1 : spec.end + 1;
    const own: StateTable = { name: NAME, version: 1, columns, keys: spec.keys.length + 1, expiry };
    this.tables = [own, ...spec.details.map(({ table }) => table)];
    const { cold } = spec.cold?.hasMore ? kernel : { cold: null };
    this.#staged = cold
      ? new StagedGroups(kernel, cold, (table, rows, bytes) => {
        return bytes * ROOM_A_BYTE + (table === NAME ? rows * spec.rowBytes : 0);
      })
      : null;
    this.#look = new GroupLook(kernel, group, this.#types, spec.results.map(({ type }) => type), spec.cold);
    const given = [...columns, ...spec.results], shown = [...given.keys()].filter((i) => i >= columns.length);
    this.looks = [
      { table: NAME, key: spec.keys, columns: given, shown: [...spec.keys.map((_, i) => 1 + i), ...shown] },
      ...spec.details.flatMap((detail) => detail.looks(spec.keys)),
    ];
  }

  ahead(whole: boolean): void {
    const all = this.#kernel.fn("group_ahead")(this.#group, Number(whole)) !== 0;
    this.#cutting = false;
    this.#allAhead ||= all;
    this.#begin(all);
  }

  #begin(all: boolean): void {
    for (const detail of this.#spec.details) detail.cut(all);
    this.#step = all || this.#step === "clear" ? "clear" : "gone";
    this.#next = null;
  }

  look(name: string, key: readonly Vector[] | null, rowsMax: number): Batch {
    const { list, rows } = this.#look.find(key, rowsMax),
      detail = this.#spec.details.find(({ table }) => table.name === name);
    if (detail) return detail.look(list, rows, rowsMax);
    const columns = [...this.#columns(list, rows), ...this.#look.results(list, rows)];
    return batchOf(rows, columns);
  }

  cut(whole: boolean): void {
    const all = this.#kernel.fn("group_cut")(this.#group, Number(whole)) !== 0;
    // Rows in the file are handed out at cuts alone: those that left while everything was handed out as well
    this.#spec.cold?.cut(all || this.#allAhead);
    this.#cutting = true;
    this.#allAhead = false;
    this.#begin(all);
  }

  drain(rowsMax: number): StateChange | null {
    const kernel = this.#kernel, most = Math.max(1, Math.min(rowsMax, BATCH_ROWS_MAX)), table = NAME;
    for (const detail of this.#spec.details) {
      const change = detail.gone(most);
      if (change) return change;
    }
    if (this.#step === "clear") {
      this.#step = "changed";
      return { kind: "clear", table };
    }
    if (this.#step === "gone" || this.#step === "changed") {
      // Also of a round in which rows went: their keys may be those of rows that have come since
      const list = kernel.arena(most * 4), rows = kernel.fn("group_gone")(this.#group, list, most);
      if (rows > 0) return { kind: "delete", table, rows: batchOf(rows, this.#keys(list, rows)) };
      if (this.#step === "gone") this.#step = "expire";
    }
    if (this.#step === "expire") {
      this.#step = "changed";
      const below = this.#spec.below?.() ?? null;
      if (below !== null) return { kind: "expire", table, below };
    }
    const changed = this.#step !== "changed"
      ? null
      : this.#spec.details.length === 0
      ? this.#changed(most)
      : this.#batches(most);
    return changed ?? (this.#step === "cold" ? this.#coldRows(most) : null);
  }

  /** Rows that have changed, each batch of them behind what has changed of what they hold. */
  #batches(most: number): StateChange | null {
    const kernel = this.#kernel, group = this.#group;
    while (true) {
      if (this.#next === null) {
        const rows = kernel.fn("group_take")(group, most);
        checkBatch(rows);
        if (rows <= 0) return this.#ended(rows < 0);
      }
      const change = this.#held(most);
      if (change) return change;
      const list = kernel.arena(most * 4), rows = kernel.fn("group_batch")(group, list);
      if (rows > 0) return this.#upsert(list, rows);
    }
  }

  /** What the rows of the batch hold, table by table; null: that is all. */
  #held(most: number): StateChange | null {
    const { details } = this.#spec;
    if (this.#next === null) details[0].begin();
    for (this.#next ??= 0; this.#next < details.length; details[++this.#next]?.begin()) {
      const change = details[this.#next].drain(most);
      if (change) return change;
    }
    this.#next = null;
    return null;
  }

  /** No rows were found; `more`: the step has ended in front of some. */
  #ended(more: boolean): StateChange | null {
    if (more) return { kind: "delete", table: NAME, rows: batchOf(0, this.#keys(this.#kernel.arena(4), 0)) };
    this.#step = this.#cutting ? "cold" : "done";
    return null;
  }

  #changed(most: number): StateChange | null {
    const kernel = this.#kernel, list = kernel.arena(most * 4 + 4);
    const rows = kernel.fn("group_changed")(this.#group, list, most);
    return rows > 0 ? this.#upsert(list, rows) : this.#ended(rows < 0);
  }

  /** Rows that are in a file, of which those of a chunk make a batch. */
  #coldRows(most: number): StateChange | null {
    const kernel = this.#kernel, { cold, details } = this.#spec;
    while (cold) {
      if (this.#next === null) {
        const found = cold.drain(details.length === 0 ? kernel.arena(COLD_CHUNK_BYTES) : this.#chunkAt());
        if (!found) break;
        if (details.length === 0) return this.#upsert(found.list, found.rows);
        checkBatch(kernel.fn("group_lend")(this.#group, found.list, found.rows));
        this.#firsts = found.firsts;
      }
      const change = this.#held(most);
      if (change) return change;
      const list = kernel.arena(this.#firsts.length * 4 + 4);
      new Uint32Array(kernel.bytes.buffer, list, this.#firsts.length).set(this.#firsts);
      return this.#upsert(list, this.#firsts.length);
    }
    this.#giveChunk();
    this.#step = "done";
    return null;
  }

  /** Room for a chunk of the file that stays over several steps. */
  #chunkAt(): number {
    return this.#chunk ||= this.#kernel.alloc(COLD_CHUNK_BYTES);
  }

  #giveChunk(): void {
    if (this.#chunk > 0) this.#kernel.free(this.#chunk, COLD_CHUNK_BYTES);
    this.#chunk = 0;
  }

  #upsert(list: number, rows: number): StateChange {
    return { kind: "upsert", table: NAME, rows: batchOf(rows, this.#columns(list, rows)) };
  }

  /** Key groups and keys of listed rows. */
  #keys(list: number, rows: number): Vector[] {
    const kernel = this.#kernel, types = this.#types, groups = words(kernel, rows);
    kernel.fn("group_key_groups")(list, rows, groups.data);
    const out = kernel.arena(Math.max(1, types.length) * COLUMN_SIZE);
    if (kernel.fn("group_keys")(this.#group, list, rows, out) === 0) throw noStateSpace(NAME);
    return [groups, ...readBatch(kernel, out, types, rows).columns];
  }

  /** All columns of listed rows: those of words in one go. */
  #columns(list: number, rows: number): Vector[] {
    const kernel = this.#kernel, { cells } = this.#spec, types = this.#types, groups = words(kernel, rows);
    const read: { readonly at: number; readonly to: number }[] = [];
    const wordsAt = (type: DataType, at: number): Vector => {
      const column = { ...words(kernel, rows), type };
      read.push({ at, to: column.data });
      return column;
    };
    const keys = types.map((type, i) => wordsAt(type, kernel.fn("group_key_at")(i)));
    const own = cells.map(({ column: { type }, at, isText }) =>
      isText ? this.#texts(type, at, list, rows) : wordsAt(type, at)
    );
    const places = kernel.arena(read.length * 8 + 8), outs = places + read.length * 4;
    read.forEach(({ at, to }, i) => {
      kernel.data.setUint32(places + i * 4, at, true);
      kernel.data.setUint32(outs + i * 4, to, true);
    });
    const nulls = kernel.fn("group_words")(list, rows, places, outs, read.length, groups.data);
    const apart = nulls !== 0 || types.some(({ kind }) => kind === "bool");
    return [...(apart ? this.#keys(list, rows) : [groups, ...keys]), ...own];
  }

  #texts(type: DataType, at: number, list: number, rows: number): Vector {
    const kernel = this.#kernel, out = kernel.arena(COLUMN_SIZE);
    const done = kernel.fn("group_texts")(list, rows, at, kindCode(type.kind), type.scale ?? 0, out);
    if (done === 0) throw noStateSpace(NAME);
    return readBatch(kernel, out, [type], rows).columns[0];
  }

  restore(change: StateChange, { name }: StateTable): void {
    const staged = this.#staged;
    if (change.kind === "clear") staged?.clear(name);
    if (!staged || change.kind === "clear") this.#take(change, name);
    else if (change.kind === "expire") staged.expire(name, change.below);
    else staged.add(change.kind, name, change.rows);
  }

  #take(change: StateChange, name: string): void {
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
    if (!this.#staged) this.#spec.cold?.prepare({ keys, args: 0, sets: 0, selection: 0, selected: rows });
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
    const kernel = this.#kernel, bound = kernel.stateBytesMax * RESTORED_SHARE_MAX;
    // Key groups for which there is room together, and those in front of them leave
    for (const { from, to, room } of this.#staged?.ranges(bound) ?? []) {
      this.#spec.cold?.reserve(room);
      this.#staged?.replay(from, to, (change) => {
        if (change.table === NAME) this.#take(change, NAME);
      });
      this.#restoreHeld(() =>
        this.#staged?.replay(from, to, (change) => {
          if (change.table !== NAME) this.#take(change, change.table);
        })
      );
    }
    this.#staged?.close();
    if (!this.#staged) this.#restoreHeld(() => {});
    this.#check(kernel.fn("group_restored")(this.#group));
  }

  /** The rows are there: what they hold comes. */
  #restoreHeld(take: () => void): void {
    const kernel = this.#kernel, group = this.#group;
    this.#check(kernel.fn("group_rows_restored")(group));
    take();
    for (const detail of this.#spec.details) detail.restored();
    kernel.fn("group_held_restored")(group);
  }

  #check(status: number): void {
    if (status === NO_MEMORY) throw noStateSpace(NAME);
    if (status !== DONE) throw damaged(NAME, "two rows have one number, or one that was not given yet");
  }

  close(): void {
    this.#giveChunk();
    this.#staged?.close();
    for (const detail of this.#spec.details) detail.close();
  }
}

/** A batch of so many rows begins. */
function checkBatch(rows: number): void {
  if (rows === NO_BATCH) throw new RdxError("no_space", "Cannot get kernel memory to hand out groups");
}
