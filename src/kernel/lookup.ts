import type { Batch, Vector } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { type Column, type DataType, INT64 } from "../core/schema.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { BatchGather } from "./gather.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";
import { type FoundRows, RowLook } from "./row_look.ts";
import { RowTable } from "./row_table.ts";
import { hashSeed, type RowAddress, RowIndex, RowStore } from "./rows.ts";
import { damaged, noStateSpace, type TablePart } from "./state_tables.ts";

/** What is known of a key: its address in kernel memory. */
export type KeyEntry = RowAddress;

// Words of entries and of rows, and what is known of an entry's rows (asm/lookup/index.ts)
const ENTRY_WORDS = 8, ROW_WORDS = 4;
const ASKED = 0, ANSWERED = 1, FAILED = 2;
/** Offsets in entries of their words, and in rows of theirs; of the arrival of both. */
const PIN_AT = 24,
  STATE_AT = 32,
  REQUEST_AT = 36,
  TURN_AT = 40,
  AT_AT = 48,
  ENTRY_AT = 28,
  NAME_AT = 32,
  ARRIVAL_AT = 16;
const CURSOR_BYTES = 8;

/** An entry that came back. */
export interface KnownEntry {
  readonly entry: KeyEntry;
  readonly name: number;
  readonly state: "asked" | "answered" | "failed";
  /** The question that it belongs to; 0: nobody has asked yet. */
  readonly request: number;
  readonly turn: number;
  readonly atMs: number;
}

/** The keys of the selected rows of a batch, and what is known of each. It lies in the batch arena. */
export interface Probe {
  readonly batch: Batch;
  readonly columns: number;
  readonly hashes: number;
  heads: number;
}

/** Rows of a batch (u32 numbers at the address `rows`) with rows of the table (addresses at `found`, 0: none has its key). */
export interface Pairs {
  readonly rows: number;
  readonly found: number;
  readonly count: number;
}

/** What a table outside has said of keys: an entry for each key that was asked for, with its rows. */
export class KnownKeys {
  readonly #kernel: Kernel;
  readonly #entries: RowStore;
  readonly #rows: RowStore;
  readonly #index: RowIndex;
  readonly #picks: readonly DataType[];
  readonly #gather: BatchGather;
  /** The numbers of the key columns among the keys: 0, 1, … */
  readonly #list: number;
  readonly #cursor: number;
  readonly #keys: number;
  #arrivals = 0;
  #rowArrivals = 0;

  constructor(kernel: Kernel, keys: readonly DataType[], picks: readonly DataType[]) {
    const seed = hashSeed();
    this.#kernel = kernel;
    this.#picks = picks;
    this.#keys = keys.length;
    this.#entries = new RowStore(kernel, keys, ENTRY_WORDS, seed);
    this.#rows = new RowStore(kernel, picks, ROW_WORDS, seed);
    this.#index = new RowIndex(this.#entries, keys.map((_, i) => i), false);
    this.#gather = new BatchGather(kernel);
    this.#list = kernel.alloc(keys.length * 4);
    keys.forEach((_, i) => kernel.data.setUint32(this.#list + i * 4, i, true));
    this.#cursor = kernel.alloc(CURSOR_BYTES);
  }

  /** Entries, those without an answer among them. */
  get entries(): number {
    return this.#entries.rows;
  }

  get bytes(): number {
    return this.#entries.bytes + this.#rows.bytes;
  }

  /** The watermark that each row of a batch meets: the address of i64 a row. */
  times(rows: number, running: number, before: number, delayMs: number, others: number): number {
    const out = this.#kernel.arena(Math.max(1, rows) * 8);
    this.#kernel.fn("lookup_times")(running, rows, before, delayMs, others, out);
    return out;
  }

  probe(batch: Batch, keys: readonly Vector[]): Probe {
    const columns = writeColumns(this.#kernel, keys);
    const hashes = this.#index.hash(columns, this.#list, batch.selection, batch.selected);
    return { batch, columns, hashes, heads: this.#heads({ batch, columns, hashes }) };
  }

  #heads({ batch, columns, hashes }: Pick<Probe, "batch" | "columns" | "hashes">): number {
    return this.#index.findAll(hashes, columns, this.#list, batch.selection, batch.selected);
  }

  /** The first position from `from` on whose key has no answer; the number of selected rows if all have. */
  ready({ heads, hashes, batch }: Probe, from: number): number {
    return this.#kernel.fn("lookup_ready")(heads, hashes, from, batch.selected);
  }

  /** What is known of the key at a position. */
  entryAt({ heads }: Probe, position: number): KeyEntry {
    return this.#kernel.data.getUint32(heads + position * 4, true);
  }

  /**
   * Makes entries of the keys of a probe that have none, which are the result, and notes that the batch `pin` needs those from `from` on. Null
   * when the state has no room for all.
   */
  need(probe: Probe, from: number, pin: number): KeyEntry[] | null {
    const kernel = this.#kernel, { batch, columns, hashes } = probe, made: KeyEntry[] = [];
    const unknown = kernel.fn("lookup_unknown"), count = batch.selected;
    for (let at = unknown(probe.heads, hashes, from, count); at < count;) {
      const row = batch.selection === 0 ? at : kernel.data.getUint32(batch.selection + at * 4, true);
      const hash = kernel.data.getUint32(hashes + at * 4, true);
      let entry = this.#index.find(hash, columns, this.#list, row);
      if (entry === 0) {
        entry = this.#entries.encode(columns, row, hash, 0, this.#arrivals++);
        if (entry === 0 || !this.#index.add(entry)) return null;
        made.push(entry);
      }
      kernel.data.setUint32(probe.heads + at * 4, entry, true);
      at = unknown(probe.heads, hashes, at + 1, count);
    }
    kernel.fn("lookup_pin")(probe.heads, from, count, pin);
    return made;
  }

  /** The last batch that needs an entry. */
  pinned(entry: KeyEntry): number {
    return this.#kernel.fn("lookup_pinned")(entry) >>> 0;
  }

  isAnswered(entry: KeyEntry): boolean {
    return this.#kernel.fn("lookup_state")(entry) !== ASKED;
  }

  /** The keys of entries as a batch in the arena. */
  keysOf(entries: readonly KeyEntry[]): Batch {
    return this.#entries.gather(entries);
  }

  /** The question of an entry has been answered at `atMs`, or cannot be. Turns say which entries go first, by rising numbers. */
  settle(entry: KeyEntry, isFailed: boolean, turn: number, atMs: number): void {
    this.#kernel.fn("lookup_settle")(entry, isFailed ? FAILED : ANSWERED, turn, atMs);
  }

  /** An entry that is new has its turn. */
  queue(entry: KeyEntry, turn: number): void {
    this.#kernel.fn("lookup_queue")(entry, turn);
  }

  /** An entry belongs to a question from now on. */
  ask(entry: KeyEntry, request: number): void {
    this.#kernel.fn("lookup_ask")(entry, request);
  }

  /** Gives an entry row `row` of a batch of the table's columns, behind `last` (0: it is the first). Returns its address, 0 without room. */
  append(entry: KeyEntry, last: RowAddress, columns: number, row: number): RowAddress {
    const stored = this.#rows.encode(columns, row, 0, 0, this.#rowArrivals++);
    if (stored !== 0) this.#kernel.fn("lookup_append")(entry, last, stored);
    return stored;
  }

  /** Forgets an entry. What was gathered of its rows may not be used any more. */
  drop(entry: KeyEntry): void {
    this.#kernel.fn("lookup_drop")(this.#entries.address, this.#index.address, this.#rows.address, entry);
  }

  /** Of positions [from, to) those whose question could not be answered: the batch's rows, and their keys. */
  failed({ heads, batch }: Probe, from: number, to: number): { readonly row: number; readonly entry: KeyEntry }[] {
    const kernel = this.#kernel, positions = kernel.arena(Math.max(1, to - from) * 4);
    const count = kernel.fn("lookup_failed")(heads, from, to, positions), { data } = kernel;
    return Array.from({ length: count }, (_, i) => {
      const position = data.getUint32(positions + i * 4, true);
      const row = batch.selection === 0 ? position : data.getUint32(batch.selection + position * 4, true);
      return { row, entry: data.getUint32(heads + position * 4, true) };
    });
  }

  /** Begins with the pairs of positions from `from` on. */
  begin(from: number): void {
    this.#kernel.data.setUint32(this.#cursor, from, true);
    this.#kernel.data.setUint32(this.#cursor + 4, 0, true);
  }

  /** Whether the last pair was the last of its row. */
  get atBoundary(): boolean {
    return this.#kernel.data.getUint32(this.#cursor + 4, true) === 0;
  }

  /** The next pairs up to position `to`; `padded`: rows without any have one with nothing, and `failed` those without an answer too. */
  pairs({ heads, batch }: Probe, to: number, padded: boolean, failed: boolean, most: number): Pairs {
    const kernel = this.#kernel, rows = kernel.arena(most * 4), found = kernel.arena(most * 4);
    const pairs = kernel.fn("lookup_pairs"), { selection } = batch;
    const count = pairs(this.#cursor, heads, selection, to, Number(padded), Number(failed), most, rows, found);
    return { rows, found, count };
  }

  /** The batch's columns and those of the table, a row for each pair. */
  join({ batch }: Probe, { rows, found, count }: Pairs): Batch {
    const plain = count === batch.rows && this.#kernel.fn("lookup_plain")(rows, count) !== 0;
    const left = plain ? { ...batch, selection: 0, selected: count } : this.#gather.take(batch, rows, count);
    return { ...left, columns: [...left.columns, ...this.#tableColumns(found, count)] };
  }

  #tableColumns(found: number, count: number): readonly Vector[] {
    const kernel = this.#kernel, out = kernel.arena(Math.max(1, this.#picks.length) * COLUMN_SIZE);
    const done = kernel.fn("rows_gather")(this.#rows.address, 0, found, count, 0, this.#picks.length, out, 0);
    if (done === 0) throw new RdxError("no_space", "Cannot get kernel memory for rows of a lookup");
    return readBatch(kernel, out, this.#picks, count).columns;
  }

  /** The i64 at `times` of the row of each pair. */
  timesOf(times: number, { rows, count }: Pairs): number {
    return this.#gather.times(times, rows, count);
  }

  /** Entries and their rows as tables. */
  tables(keys: readonly Column[], picks: readonly Column[]): TablePart[] {
    const kernel = this.#kernel, { address: store } = this.#entries;
    const look = new RowLook(kernel, { store, columns: keys, keys: keys.map((_, i) => i), index: this.#index.address });
    const entries = new RowTable(kernel, {
      name: "keys",
      version: 1,
      store,
      columns: keys,
      look,
      words: [
        { name: "$pin", at: PIN_AT, wide: false },
        { name: "$state", at: STATE_AT, wide: false, max: FAILED },
        { name: "$request", at: REQUEST_AT, wide: false },
        { name: "$turn", at: TURN_AT, wide: true },
        { name: "$at", at: AT_AT, wide: true },
      ],
    });
    const rows = new RowTable(kernel, {
      name: "answers",
      version: 1,
      store: this.#rows.address,
      columns: picks,
      look: { key: keys, find: (key, most) => this.#findAnswers(look, key, most) },
      words: [{ name: "$key", at: ENTRY_AT, wide: false, through: { bytes: ARRIVAL_AT, back: NAME_AT } }],
    });
    return [entries, rows];
  }

  /** Rows of the table that a key has, or the first ones. */
  #findAnswers(entries: RowLook, key: readonly Vector[] | null, most: number): FoundRows {
    const kernel = this.#kernel, { address } = this.#rows, list = kernel.arena(most * 4);
    if (key === null) return { list, rows: kernel.fn("rows_look")(address, list, most) };
    const entry = entries.find(key, 1);
    if (entry.rows === 0) return { list, rows: 0 };
    return { list, rows: kernel.fn("lookup_rows")(kernel.data.getUint32(entry.list, true), list, most) };
  }

  /** Arrivals of entries and of rows so far. */
  get arrivals(): readonly [number, number] {
    return [this.#arrivals, this.#rowArrivals];
  }

  set arrivals([entries, rows]: readonly [number, number]) {
    this.#arrivals = entries;
    this.#rowArrivals = rows;
  }

  /** All of the tables are there: what is known of entries, in their turns. */
  restored(): KnownEntry[] {
    const kernel = this.#kernel, entries = this.#entries.address;
    const status = kernel.fn("lookup_restored")(entries, this.#index.address, this.#rows.address);
    if (status === 1) throw damaged("answers", "a row belongs to a key that is not there");
    const mark = kernel.mark(), list = status === 0 ? kernel.fn("lookup_turns")(entries) >>> 0 : 0;
    kernel.release(mark);
    if (list === 0) throw noStateSpace("keys");
    const { data } = kernel, word = (at: number) => Number(data.getBigInt64(at, true));
    const known = Array.from({ length: this.#entries.rows }, (_, i): KnownEntry => {
      const entry = data.getUint32(list + i * 4, true), state = data.getUint32(entry + STATE_AT, true);
      return {
        entry,
        name: word(entry + ARRIVAL_AT),
        request: data.getUint32(entry + REQUEST_AT, true),
        state: state === ASKED ? "asked" : state === ANSWERED ? "answered" : "failed",
        turn: word(entry + TURN_AT),
        atMs: word(entry + AT_AT),
      };
    });
    kernel.fn("rows_listed_end")(entries, list);
    return known;
  }

  /** What names an entry in tables. */
  nameOf(entry: KeyEntry): number {
    return Number(this.#kernel.data.getBigInt64(entry + ARRIVAL_AT, true));
  }

  close(): void {
    this.#index.close();
    this.#entries.close();
    this.#rows.close();
    this.#kernel.free(this.#list, this.#keys * 4);
    this.#kernel.free(this.#cursor, CURSOR_BYTES);
  }
}

/** A column of i64 cells. */
export function int64Column(data: number): Vector {
  return { type: INT64, data, validity: 0 };
}
