import type { Batch, Vector } from "../core/batch.ts";
import { type ColdFacts, NOTHING_COLD } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import type { DataType } from "../core/schema.ts";
import { writeColumnsAt } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { createGroup, type GroupSpec, type KernelCalls, kernelCalls } from "./group_spec.ts";
import { type GroupTables, groupTables } from "./group_table.ts";
import { cellNames, keepsText } from "./group_cells.ts";
import { ColdRows } from "./cold_rows.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel, KernelFunction } from "./module.ts";
import type { TablePart } from "./state_tables.ts";

export { type GroupCallSpec, groupResultType, type GroupSpec } from "./group_spec.ts";

const PUSH_BYTES = 32, OUT_BYTES = 16;
const NO_MEMORY = -1, DONE = -2, STATE_FULL = -3;

/** A batch of results: kinds and causes for each of its rows. */
export type GroupBatch = Batch & { readonly causes: number };

/**
 * Aggregates by key whose rows may be taken back. Without an end each row of input gives what it changed: +I, −U and +U, or −D; with one,
 * results come once the watermark has passed the end of the window that the key names. Batches lie in the batch arena; texts in
 * their keys are valid until the next call.
 */
export class GroupAggregate {
  readonly #kernel: Kernel;
  readonly #spec: GroupSpec;
  readonly #calls: KernelCalls;
  readonly #group: number;
  readonly #texts: { at: number; bytes: number }[] = [];
  readonly #types: readonly DataType[];
  readonly #bytes: number;
  readonly #at: number;
  readonly #pull: KernelFunction;
  readonly #fire: KernelFunction;
  /** Its rows that are in a working file; null: they are all in memory. */
  readonly #cold: ColdRows | null;
  #tables: GroupTables | null = null;

  /** Throws RdxError("invalid_plan") for calls that there are none of; "no_space" without memory. */
  constructor(kernel: Kernel, spec: GroupSpec) {
    this.#kernel = kernel;
    this.#spec = spec;
    this.#calls = kernelCalls(spec);
    this.#group = createGroup(kernel, spec, this.#calls, this.#texts);
    this.#cold = kernel.cold && canCool(spec, this.#calls) ? new ColdRows(kernel, this.#group, kernel.cold) : null;
    this.#types = [...spec.keys.map((key) => spec.types[key]), ...this.#calls.calls.map(({ out }) => out)];
    const columns = spec.keys.length + this.#calls.calls.length * 2 + this.#calls.sets.length;
    this.#bytes = PUSH_BYTES + OUT_BYTES + columns * COLUMN_SIZE;
    this.#at = kernel.alloc(this.#bytes);
    this.#pull = kernel.fn("group_pull");
    this.#fire = kernel.fn("group_fire");
  }

  /** Its state as tables. `names` are those of the keys, then of the calls; `scalars`: the table of what it knows beside its keys. */
  tables(names: readonly string[], scalars: string): readonly TablePart[] {
    this.#tables = groupTables(this.#kernel, this.#group, this.#spec, this.#calls, names, scalars, this.#cold);
    return this.#tables.parts;
  }

  /** All of its tables are there. */
  restored(): void {
    this.#tables?.restored();
  }

  /** Types of the keys and the results. */
  get types(): readonly DataType[] {
    return this.#types;
  }

  /** Whether an update is +U alone from now on. */
  setUpsert(upsert: boolean): void {
    this.#kernel.fn("group_upsert")(this.#group, upsert ? 1 : 0);
  }

  /**
   * Begins with a batch, which must stay until `pull` has given null. Where rows are in a working file, throws RdxError: "no_space" when
   * there is no room for what it asks for, "invalid" when the file is damaged.
   */
  push(batch: Batch): void {
    const { calls, sets } = this.#calls, { keys } = this.#spec, none: Vector = { type: NO_TYPE, data: 0, validity: 0 };
    const at = this.#at, columns = at + PUSH_BYTES + OUT_BYTES, vector = (i: number) => i < 0 ? none : batch.columns[i];
    const lists = [
      keys.map(vector),
      calls.map(({ arg }) => vector(arg)),
      calls.map(({ filter }) => vector(filter)),
      sets.map(({ column }) => vector(column)),
    ];
    let to = columns;
    lists.forEach((list, i) => {
      writeColumnsAt(this.#kernel, list, to);
      list.forEach((one, k) => {
        if (one === none) this.#kernel.data.setUint32(to + k * COLUMN_SIZE, 0, true);
      });
      this.#kernel.data.setUint32(at + i * 4, to, true);
      to += list.length * COLUMN_SIZE;
    });
    const data = this.#kernel.data;
    [batch.selection, batch.selected, batch.kinds].forEach((word, i) => data.setUint32(at + 16 + i * 4, word, true));
    const [asked, args] = [0, 4].map((word) => data.getUint32(at + word, true));
    this.#cold?.prepare({ keys: asked, args, selection: batch.selection, selected: batch.selected });
    this.#kernel.fn("group_push")(this.#group, at);
  }

  /** What the next rows of the batch changed, or null at its end. Throws `full()` when there is no room for the rest. */
  pull(full: () => Error): GroupBatch | null {
    const rows = this.#pull(this.#group);
    if (rows === DONE) return null;
    if (rows === STATE_FULL) throw full();
    if (rows === NO_MEMORY) {
      throw new RdxError("no_space", "Cannot get kernel memory for the results of an aggregation");
    }
    return this.#results(rows);
  }

  #results(rows: number): GroupBatch {
    const to = this.#at + PUSH_BYTES,
      out = this.#kernel.fn("group_out")(this.#group, to) >>> 0,
      data = this.#kernel.data;
    const [kinds, selection, selected, causes] = [0, 4, 8, 12].map((word) => data.getUint32(to + word, true));
    return { ...readBatch(this.#kernel, out, this.#types, rows), selection, selected, kinds, causes };
  }

  /** An interval has ended: `ticked` gives what has changed since the last one. */
  tick(): void {
    this.#kernel.fn("group_tick")(this.#group);
  }

  /** The next groups that have changed: +U, or −D by their keys alone; null when there are no more. */
  ticked(): Batch | null {
    const rows = this.#kernel.fn("group_ticked")(this.#group);
    if (rows === DONE) return null;
    if (rows === NO_MEMORY) throw new RdxError("no_space", "Cannot get kernel memory for early results");
    return { ...this.#results(rows), selection: 0, selected: rows };
  }

  /** Moves the watermark, and forgets what nothing has changed for its time to live. */
  advance(watermark: number): void {
    this.#kernel.fn("group_advance")(this.#group, watermark);
    while (this.#kernel.fn("group_expire")(this.#group)) { /* a step at a time */ }
  }

  /** Rows of windows that the watermark has passed, by (end, key group, arrival of the key); null when there are no more. */
  fire(): Batch | null {
    const rows = this.#fire(this.#group);
    if (rows === DONE) return null;
    if (rows === NO_MEMORY) throw new RdxError("no_space", "Cannot get kernel memory for the rows of a window");
    const out = this.#kernel.fn("group_out")(this.#group, this.#at + PUSH_BYTES) >>> 0;
    return readBatch(this.#kernel, out, this.#types, rows);
  }

  /** Rows in memory and in the working file. */
  get stateRows(): number {
    return this.#number("group_state_rows") + this.cold.rows;
  }

  /** Its rows in the working file. */
  get cold(): ColdFacts {
    return this.#cold?.facts ?? NOTHING_COLD;
  }

  get stateBytes(): number {
    return this.#number("group_state_bytes");
  }

  /** Rows that came behind the end of their window. */
  get lateRows(): number {
    return this.#number("group_late");
  }

  /** Rows that were taken back without having come. */
  get unknownRows(): number {
    return this.#number("group_unknown");
  }

  close(): void {
    this.#tables?.close();
    this.#cold?.close();
    this.#kernel.fn("group_free")(this.#group);
    this.#kernel.free(this.#at, this.#bytes);
    for (const { at, bytes } of this.#texts) this.#kernel.free(at, bytes);
  }

  #number(name: string): number {
    return this.#kernel.fn(name)(this.#group) >>> 0;
  }
}

/** Rows that hold nothing but cells and texts, and that nothing waits for, can leave memory. */
function canCool({ cold, end, ticks, ttlMs }: GroupSpec, { calls, sets }: KernelCalls): boolean {
  if (!cold || end !== null || ticks || ttlMs > 0 || sets.length > 0) return false;
  return calls.every(({ op }) => keepsText(op) || cellNames(op).length > 0);
}

/** Of COLUMNs that are not there; their type is overwritten by 0. */
const NO_TYPE: DataType = { kind: "int64" };
