import type { Batch, Vector } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { type DataType, INT64 } from "../core/schema.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { BatchGather } from "./gather.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";
import { hashSeed, type RowAddress, RowIndex, RowStore } from "./rows.ts";

/** What is known of a key: its address in kernel memory. */
export type KeyEntry = RowAddress;

// Words of entries and of rows, and what is known of an entry's rows (asm/lookup/index.ts)
const ENTRY_WORDS = 3, ROW_WORDS = 1;
const ASKED = 0, ANSWERED = 1, FAILED = 2;
const CURSOR_BYTES = 8;

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

  /** The question of an entry has been answered, or cannot be. */
  settle(entry: KeyEntry, isFailed: boolean): void {
    this.#kernel.fn("lookup_settle")(entry, isFailed ? FAILED : ANSWERED);
  }

  /** Gives an entry row `row` of a batch of the table's columns, behind `last` (0: it is the first). Returns its address, 0 without room. */
  append(entry: KeyEntry, last: RowAddress, columns: number, row: number): RowAddress {
    const stored = this.#rows.encode(columns, row, 0, 0, 0);
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
