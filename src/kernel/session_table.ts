import type { Batch, Vector } from "../core/batch.ts";
import { BATCH_ROWS_MAX } from "../core/limits.ts";
import { type Column, INT64, TIMESTAMP } from "../core/schema.ts";
import type { StateChange, StateTable, TableLook } from "../core/state.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";
import { keysOf, RowLook } from "./row_look.ts";
import { StagedRows } from "./staged_rows.ts";
import { batchOf, damaged, noStateSpace, type TablePart, wordColumn, words } from "./state_tables.ts";

const NAME = "sessions", NAMES = 2, DAMAGED = 1;
/** Arrival of the key, start, last time and end. */
const TIMES = ["$key_arrival", "$start", "$last", "$end"].map(wordColumn);
const SHOWN_TIMES = ["$start", "$last", "$end"];

/** Open sessions: named by the key group and the arrival of the row that opened them; the key's columns, then their times. */
export class SessionTable implements TablePart {
  readonly tables: readonly StateTable[];
  readonly #kernel: Kernel;
  readonly #sessions: number;
  readonly #keys: readonly Column[];
  readonly #below: () => bigint | null;
  #step: "clear" | "gone" | "expire" | "changed" | "done" = "done";
  #staged: StagedRows | null = null;

  constructor(kernel: Kernel, sessions: number, keys: readonly Column[], below: () => bigint | null) {
    this.#kernel = kernel;
    this.#sessions = sessions;
    this.#keys = keys;
    this.#below = below;
    const columns = [wordColumn("$group"), wordColumn("$session"), ...keys, ...TIMES];
    this.tables = [{ name: NAME, version: 1, columns, keys: NAMES, expiry: columns.length - 1 }];
  }

  get #store(): number {
    return this.#kernel.fn("session_key_store")(this.#sessions) >>> 0;
  }

  cut(whole: boolean): void {
    this.#step = this.#kernel.fn("rows_cut")(this.#store, Number(whole)) !== 0 ? "clear" : "gone";
  }

  drain(rowsMax: number): StateChange | null {
    const table = NAME, most = Math.max(1, Math.min(rowsMax, BATCH_ROWS_MAX));
    if (this.#step === "clear") {
      this.#step = "changed";
      return { kind: "clear", table };
    }
    if (this.#step === "gone") {
      const groups = words(this.#kernel, most), names = words(this.#kernel, most);
      const rows = this.#kernel.fn("rows_gone")(this.#store, groups.data, names.data, most);
      if (rows > 0) return { kind: "delete", table, rows: batchOf(rows, [groups, names]) };
      this.#step = "expire";
    }
    if (this.#step === "expire") {
      this.#step = "changed";
      const below = this.#below();
      if (below !== null) return { kind: "expire", table, below };
    }
    const rows = this.#step === "changed" ? this.#changed(most) : null;
    if (rows) return { kind: "upsert", table, rows };
    this.#step = "done";
    return null;
  }

  #changed(most: number): Batch | null {
    const { room, list, out } = this.#room(most);
    const rows = this.#kernel.fn("session_changed")(this.#sessions, list, out, room) >>> 0;
    return rows === 0 ? null : this.#read(list, out, room, rows);
  }

  /** Where sessions are listed: rows of their keys, and columns of i64 behind each other. */
  #room(most: number): { room: number; list: number; out: number } {
    const kernel = this.#kernel, room = Math.max(64, Math.ceil(most / 64) * 64);
    return { room, list: kernel.arena(room * 4), out: kernel.arena((TIMES.length + 1) * room * 8) };
  }

  get looks(): readonly TableLook[] {
    const [{ columns }] = this.tables, shown = columns.map(({ name }) => name);
    return [{
      table: NAME,
      key: this.#keys,
      columns: columns.map((column) => SHOWN_TIMES.includes(column.name) ? { ...column, type: TIMESTAMP } : column),
      shown: [...this.#keys.map(({ name }) => name), ...SHOWN_TIMES].map((name) => shown.indexOf(name)),
    }];
  }

  look(_table: string, key: readonly Vector[] | null, rowsMax: number): Batch {
    const kernel = this.#kernel, index = kernel.fn("session_index")(this.#sessions) >>> 0;
    const spec = { store: this.#store, columns: this.#keys, keys: keysOf(this.#keys.length), index };
    const keys = new RowLook(kernel, spec).find(key, rowsMax), { room, list, out } = this.#room(rowsMax);
    const look = kernel.fn("session_look");
    const rows = Math.min(rowsMax, look(this.#sessions, keys.list, keys.rows, list, out, room) >>> 0);
    const batch = this.#read(list, out, room, rows), { columns } = this.looks[0];
    return { ...batch, columns: batch.columns.map((vector, i) => ({ ...vector, type: columns[i].type })) };
  }

  #read(list: number, out: number, room: number, rows: number): Batch {
    const kernel = this.#kernel, columns = TIMES.length + 1;
    const groups = words(kernel, rows), unused = words(kernel, rows), keys = this.#keys;
    kernel.fn("rows_names")(this.#store, list, rows, groups.data, unused.data);
    const at = kernel.arena(Math.max(1, keys.length) * COLUMN_SIZE);
    if (kernel.fn("rows_gather")(this.#store, 0, list, rows, 0, 0, at, 0) === 0) throw noStateSpace(NAME);
    const values = readBatch(kernel, at, keys.map(({ type }) => type), rows).columns;
    const [name, ...times] = Array.from({ length: columns }, (_, i) => {
      return { type: INT64, data: out + i * room * 8, validity: 0 };
    });
    return batchOf(rows, [groups, name, ...values, ...times]);
  }

  /** Sessions are staged: which ones a key has is known when all have come. */
  restore(change: StateChange): void {
    this.#staged ??= new StagedRows(this.#kernel, {
      name: NAME,
      version: 1,
      arrival: "$session",
      columns: [...this.#keys, ...TIMES],
      keys: this.#keys.length,
      expiry: "$end",
    });
    this.#staged.restore(change);
  }

  /** Makes the sessions, without their rows. */
  restored(): void {
    const kernel = this.#kernel, keys = this.#keys.length;
    this.#staged?.replay(({ rows, columns }) => {
      const at = writeColumns(kernel, columns.slice(NAMES, NAMES + keys));
      const [arrivals, starts, lasts] = columns.slice(NAMES + keys);
      const put = kernel.fn("session_put");
      const status = put(this.#sessions, at, columns[1].data, arrivals.data, starts.data, lasts.data, rows);
      if (status === DAMAGED) throw damaged(NAME, "the sessions of a key do not agree on its arrival");
      if (status !== 0) throw noStateSpace(NAME);
    });
    this.#staged?.close();
    this.#staged = null;
  }
}
