import type { Batch, Vector } from "../core/batch.ts";
import { type ColdFacts, NOTHING_COLD } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import type { DataType } from "../core/schema.ts";
import { writeColumnsAt } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { createGroup, type GroupSpec, type KernelCalls, kernelCalls, OP } from "./group_spec.ts";
import { type GroupTables, groupTables } from "./group_tables.ts";
import { ColdRows } from "./cold_rows.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel, KernelFunction } from "./module.ts";
import type { TablePart } from "./state_tables.ts";

export { type GroupCallSpec, groupResultType, type GroupSpec } from "./group_spec.ts";

const PUSH_BYTES = 32, OUT_BYTES = 16;
/** Offsets in PUSH (asm/group/push.ts). */
const SELECTION_AT = 16, SELECTED_AT = 20, KINDS_AT = 24;
const NO_MEMORY = -1, DONE = -2, STATE_FULL = -3, MORE_ROOM = -4;

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
  /** Selected rows of the batch at hand that no piece has taken yet. */
  #left = 0;
  #selection = 0;
  #tables: GroupTables | null = null;

  /** Throws RdxError("invalid_plan") for calls that there are none of; "no_space" without memory. */
  constructor(kernel: Kernel, spec: GroupSpec) {
    this.#kernel = kernel;
    this.#spec = spec;
    this.#calls = kernelCalls(spec);
    this.#group = createGroup(kernel, spec, this.#calls, this.#texts);
    this.#cold = kernel.cold && spec.cold
      ? new ColdRows(kernel, this.#group, kernel.cold, holds(this.#calls), spec.end !== null)
      : null;
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
    // Rows of windows that are over may have left while others came
    this.#cold?.holds(this.#kernel.fn("group_watermark")(this.#group));
    while (this.fire()) { /* all that has passed was out */ }
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
    this.#kernel.data.setUint32(at + KINDS_AT, batch.kinds, true);
    this.#selection = batch.selection;
    this.#left = batch.selected;
    this.#isAtWork(true);
    this.#begin();
  }

  /** The next rows of the batch, for which there is room. */
  #begin(): void {
    const kernel = this.#kernel, at = this.#at, { data } = kernel, selection = this.#selection, left = this.#left;
    const [keys, args, sets] = [0, 4, 12].map((word) => data.getUint32(at + word, true));
    const selected = this.#cold?.prepare({ keys, args, sets, selection, selected: left }) ?? left;
    kernel.data.setUint32(at + SELECTION_AT, selection, true);
    kernel.data.setUint32(at + SELECTED_AT, selected, true);
    this.#left -= selected;
    if (this.#left > 0) this.#selection = (selection === 0 ? this.#all(left) : selection) + selected * 4;
    kernel.fn("group_push")(this.#group, at);
  }

  #isAtWork(atWork: boolean): void {
    if (this.#cold) this.#cold.atWork = atWork;
  }

  /** What has had no effect of the rows at hand is left. */
  #stop(): void {
    const { data } = this.#kernel, at = this.#at, taken = this.#kernel.fn("group_taken")(this.#group);
    const [selection, selected] = [SELECTION_AT, SELECTED_AT].map((word) => data.getUint32(at + word, true));
    this.#selection = (selection === 0 ? this.#all(selected + this.#left) : selection) + taken * 4;
    this.#left += selected - taken;
  }

  #all(rows: number): number {
    const list = this.#kernel.arena(rows * 4), numbers = new Uint32Array(this.#kernel.bytes.buffer, list, rows);
    for (let row = 0; row < rows; row++) numbers[row] = row;
    return list;
  }

  /** What the next rows of the batch changed, or null at its end. Throws `full()`, with a reason or without, when there is no room for the rest. */
  pull(full: (why?: string) => Error): GroupBatch | null {
    let rows = this.#pull(this.#group);
    const comesBack = () => rows === MORE_ROOM && this.#cold !== null;
    for (; comesBack() || (rows === DONE && this.#left > 0); rows = this.#pull(this.#group)) {
      if (rows === MORE_ROOM) this.#stop();
      try {
        this.#begin();
      } catch (thrown) {
        if (thrown instanceof RdxError && thrown.code === "no_space") throw full(thrown.message);
        throw thrown;
      }
    }
    this.#isAtWork(rows !== DONE);
    if (rows === DONE) return null;
    if (rows === STATE_FULL || rows === MORE_ROOM) throw full();
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
    this.#cold?.start();
    this.#kernel.fn("group_tick")(this.#group);
  }

  /** The next groups that have changed: +U, or −D by their keys alone; null when there are no more. */
  ticked(): Batch | null {
    const rows = this.#kernel.fn("group_ticked")(this.#group);
    this.#isAtWork(rows !== DONE);
    if (rows === DONE) return null;
    if (rows === NO_MEMORY) throw new RdxError("no_space", "Cannot get kernel memory for early results");
    return { ...this.#results(rows), selection: 0, selected: rows };
  }

  /** Moves the watermark, and forgets what nothing has changed for its time to live. */
  advance(watermark: number): void {
    this.#cold?.start();
    this.#kernel.fn("group_advance")(this.#group, watermark);
    while (this.#kernel.fn("group_expire")(this.#group)) { /* a step at a time */ }
    this.#cold?.holds(watermark);
    const { ttlMs } = this.#spec;
    if (ttlMs > 0) this.#cold?.lapse(watermark - ttlMs, this.#kernel.fn("group_begun")(this.#group));
  }

  /**
   * Rows of windows that the watermark has passed, by (end, key group, arrival of the key); null when there are no more. Where rows are in a working
   * file, throws as `push` does.
   */
  fire(): Batch | null {
    let rows = this.#fire(this.#group);
    while (rows === DONE && this.#cold?.goOn()) rows = this.#fire(this.#group);
    this.#isAtWork(rows !== DONE);
    if (rows === DONE) return null;
    if (rows === NO_MEMORY) throw new RdxError("no_space", "Cannot get kernel memory for the rows of a window");
    const out = this.#kernel.fn("group_out")(this.#group, this.#at + PUSH_BYTES) >>> 0;
    return readBatch(this.#kernel, out, this.#types, rows);
  }

  /** Makes room for rows that its owner keeps beside it, as far as its own can leave; for how many, at least one. Throws as `push` does. */
  reserve(rows: number, bytesOf: (rows: number) => number): number {
    return this.#cold?.spare(rows, bytesOf) ?? rows;
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
    this.#kernel.freeAll("group_free", this.#group);
    this.#kernel.free(this.#at, this.#bytes);
    for (const { at, bytes } of this.#texts) this.#kernel.free(at, bytes);
  }

  #number(name: string): number {
    return this.#kernel.fn(name)(this.#group) >>> 0;
  }
}

/** Rows have something beside their cells and texts. */
function holds({ calls, sets }: KernelCalls): boolean {
  return sets.length > 0 || calls.some(({ op }) => op === OP.list || op === OP.sketch);
}

/** Of COLUMNs that are not there; their type is overwritten by 0. */
const NO_TYPE: DataType = { kind: "int64" };
