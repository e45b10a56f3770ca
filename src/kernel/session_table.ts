import type { Batch, Vector } from "../core/batch.ts";
import { BATCH_ROWS_MAX, COLD_CHUNK_BYTES, COLD_FILL_SHARE_MAX } from "../core/limits.ts";
import { type Column, INT64, TIMESTAMP } from "../core/schema.ts";
import type { StateChange, StateTable, TableLook } from "../core/state.ts";
import type { ColdShelf } from "./cold_shelf.ts";
import { ColdTable } from "./cold_table.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";
import { type FoundRows, keysOf, RowLook } from "./row_look.ts";
import { StagedRows } from "./staged_rows.ts";
import { batchOf, damaged, noStateSpace, nothing, type TablePart, wordColumn, words } from "./state_tables.ts";

const NAME = "sessions", NAMES = 2, DAMAGED = 1;
/** The keys, as the shelf numbers its sides (asm/session/shelf.ts). */
const KEYS = 1;
/** Arrival of the key, start, last time and end. */
const TIMES = ["$key_arrival", "$start", "$last", "$end"].map(wordColumn);
/** What a session takes beside its key's row: itself, and its place in the heap. */
const SESSION_BYTES = 128;
const SHOWN_TIMES = ["$start", "$last", "$end"];

export interface SessionTableSpec {
  readonly sessions: number;
  readonly keys: readonly Column[];
  readonly below: () => bigint | null;
  /** Where keys leave memory, what has left, and of that the rows. */
  readonly cold: ColdShelf | null;
  readonly rows: ColdTable | null;
}

/** Open sessions: named by the key group and the arrival of the row that opened them; the key's columns, then their times. */
export class SessionTable implements TablePart {
  readonly tables: readonly StateTable[];
  readonly #kernel: Kernel;
  readonly #sessions: number;
  readonly #keys: readonly Column[];
  readonly #below: () => bigint | null;
  readonly #cold: ColdShelf | null;
  readonly #away: ColdTable | null;
  readonly #rows: ColdTable | null;
  #step: "clear" | "gone" | "expire" | "changed" | "cold" | "done" = "done";
  /** A round in front of the next cut has handed out everything. */
  #allAhead = false;
  /** Nothing else is called between the steps of the drain at hand. */
  #stays = true;
  #staged: StagedRows | null = null;

  constructor(kernel: Kernel, { sessions, keys, below, cold, rows }: SessionTableSpec) {
    this.#kernel = kernel;
    this.#cold = cold;
    this.#away = cold && new ColdTable(cold, KEYS);
    this.#rows = rows;
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
    this.#begin(whole, true);
  }

  ahead(whole: boolean): void {
    this.#begin(whole, false);
  }

  #begin(whole: boolean, stays: boolean): void {
    this.#stays = stays;
    const all = this.#kernel.fn("rows_cut")(this.#store, Number(whole), Number(!stays)) !== 0;
    this.#step = all || this.#step === "clear" ? "clear" : "gone";
    // Sessions in the file are handed out at cuts alone: those that left while everything was handed out as well
    if (stays) this.#away?.cut(all || this.#allAhead);
    this.#allAhead = !stays && (all || this.#allAhead);
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
    return this.#step === "changed" ? this.#changed(most) : this.#left();
  }

  /** Sessions that have left memory. */
  #left(): StateChange | null {
    const keys = this.#step === "cold" ? this.#away?.drain() ?? null : null;
    if (keys === null) {
      this.#step = "done";
      return null;
    }
    if (keys.rows === 0) return nothing(this.#kernel, NAME);
    return { kind: "upsert", table: NAME, rows: this.#sealed(keys, Infinity) };
  }

  /** The sessions of keys in records of what has left, `most` of them. */
  #sealed(keys: FoundRows, most: number): Batch {
    const sealed = this.#kernel.fn("session_sealed"),
      count = sealed(this.#sessions, keys.list, keys.rows, 0, 0, 0) >>> 0;
    const { room, list, out } = this.#room(count);
    sealed(this.#sessions, keys.list, keys.rows, list, out, room);
    return this.#read(list, out, room, Math.min(count, most));
  }

  #changed(most: number): StateChange | null {
    const { room, list, out } = this.#room(most), table = NAME;
    const rows = this.#kernel.fn("session_changed")(this.#sessions, list, out, room, Number(this.#stays));
    if (rows > 0) return { kind: "upsert", table, rows: this.#read(list, out, room, rows) };
    if (rows < 0) return nothing(this.#kernel, table);
    this.#step = this.#stays ? "cold" : "done";
    return this.#left();
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
    const spec = { store: this.#store, columns: this.#keys, keys: keysOf(this.#keys.length), index, cold: this.#away };
    const keys = new RowLook(kernel, spec).find(key, rowsMax), { columns } = this.looks[0];
    const batch = keys.away ? this.#sealed(keys, rowsMax) : this.#open(keys, rowsMax);
    return { ...batch, columns: batch.columns.map((vector, i) => ({ ...vector, type: columns[i].type })) };
  }

  /** The sessions of keys, `most` of them. */
  #open(keys: FoundRows, most: number): Batch {
    const { room, list, out } = this.#room(most), look = this.#kernel.fn("session_look");
    const rows = Math.min(most, look(this.#sessions, keys.list, keys.rows, list, out, room) >>> 0);
    return this.#read(list, out, room, rows);
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
      if (this.#cold && this.#isFull(this.#cold, at, rows)) this.#setAside(this.#cold);
      const put = kernel.fn("session_put");
      const status = put(this.#sessions, at, columns[1].data, arrivals.data, starts.data, lasts.data, rows);
      if (status === DAMAGED) throw damaged(NAME, "the sessions of a key do not agree on its arrival");
      if (status !== 0) throw noStateSpace(NAME);
    });
    this.#staged?.close();
    this.#staged = null;
    if (this.#cold && this.#cold.rows > 0) this.#setAside(this.#cold);
  }

  /** Sessions to be restored come: whether there is little room. */
  #isFull({ kernel, shelf }: ColdShelf, columns: number, rows: number): boolean {
    const need = kernel.fn("shelf_need")(shelf, KEYS, columns, 0, rows) + rows * SESSION_BYTES;
    return kernel.fn("shelf_room")() < need + kernel.stateBytesMax * (1 - COLD_FILL_SHARE_MAX);
  }

  /** All restored keys leave that can, and all rows; those of keys that stay come back. */
  #setAside(cold: ColdShelf): void {
    const kernel = this.#kernel, mark = kernel.mark(), buffer = kernel.arena(COLD_CHUNK_BYTES);
    this.#rows?.setAside();
    if (kernel.fn("session_aside_begin")(this.#sessions) === 0) throw noStateSpace(NAME);
    for (
      let bytes;
      (bytes = kernel.fn("session_aside")(this.#sessions, buffer, COLD_CHUNK_BYTES, cold.cuts) >>> 0) > 0;
    ) {
      cold.append(buffer, bytes);
    }
    const list = kernel.arena(kernel.fn("shelf_rows")(cold.shelf, KEYS) * 4 + 4);
    cold.join(list, kernel.fn("session_aside_end")(this.#sessions, list), false);
    kernel.release(mark);
  }
}
