import type { Batch, Vector } from "../core/batch.ts";
import { KEY_GROUPS } from "../core/limits.ts";
import { type Column, type DataType, INT64, TIMESTAMP } from "../core/schema.ts";
import type { StateChange, StateTable, TableLook } from "../core/state.ts";
import type { PushResult } from "./aggregate_push.ts";
import { type AggregateSpec, resultType, stateTypes } from "./aggregate_spec.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { KeyGroups } from "./hash.ts";
import type { Kernel } from "./module.ts";
import { batchOf, damaged, noStateSpace, type TablePart, wordColumn } from "./state_tables.ts";

/** What the table needs of a window aggregation. */
interface Windows {
  mark(n: number): void;
  takeChanges(whole: boolean, again: boolean): void;
  nextChanges(rowsMax: number): Batch | null;
  readonly droppedBefore: number;
  readonly stateVersion: number;
  restore(rows: Batch, starts: Vector): PushResult;
  restoreDrop(below: bigint | null): void;
  look(key: number, group: number, rowsMax: number): number;
}

const NAME = "slices", NAMES = 3, SLICE = 1;
/** The mark of rows that have not changed since they were stored (asm/aggregate/fire.ts), which is also the kernel's first mark; any other is that of rows that have. */
const STORED = 1;
export const CHANGED = STORED + 1;
/** Slices that start before times that windows can have have none. */
const FIRST_TIME = -8.64e15;

/**
 * The rows of the slices of a window aggregation: `$group`, `$slice` (its start) and `$row` (its place in the slice's rows of the key group),
 * the keys, then the state of each call.
 */
export class SliceTable implements TablePart {
  readonly tables: readonly StateTable[];
  readonly #kernel: Kernel;
  readonly #windows: Windows;
  readonly #aggregation: number;
  readonly #keys: number;
  readonly #results: number;
  readonly #groups: KeyGroups;
  readonly looks: readonly [TableLook];
  #step: "clear" | "expire" | "changed" | "done" = "done";
  /** What has changed since the listing at hand began is listed behind it. */
  #more = false;

  /** `names`: those of the keys, then of the calls. */
  constructor(kernel: Kernel, windows: Windows, aggregation: number, spec: AggregateSpec, names: readonly string[]) {
    this.#kernel = kernel;
    this.#windows = windows;
    this.#aggregation = aggregation;
    this.#keys = spec.keys.length;
    this.#results = spec.aggregates.length;
    this.#groups = new KeyGroups(kernel);
    const slice: Column = { name: "$slice", type: TIMESTAMP, nullable: false };
    const keys = spec.keys.map((type, i): Column => ({ name: names[i], type, nullable: true }));
    const states = spec.aggregates.flatMap((call, i) =>
      stateTypes(call).map((type, k, all): Column => ({
        // Doubles have no wraps
        name: `${names[spec.keys.length + i]}${k === 0 ? "" : `.${PARTS[call.fn].slice(1 - all.length)[k - 1]}`}`,
        type,
        nullable: k === 0,
      }))
    );
    const columns = [wordColumn("$group"), slice, wordColumn("$row"), ...keys, ...states];
    this.tables = [{ name: NAME, version: windows.stateVersion, columns, keys: NAMES, expiry: SLICE }];
    const results = spec.aggregates.map((call, i): Column => ({
      name: names[spec.keys.length + i],
      type: resultType(call),
      nullable: true,
    }));
    const given = [slice, wordColumn("$group"), ...keys, ...states, ...results], behind = given.length - results.length;
    const shown = [0, ...keys.map((_, i) => 2 + i), ...results.map((_, i) => behind + i)];
    this.looks = [{ table: NAME, key: keys, columns: given, shown }];
  }

  /** Rows of slices with their states, then what their calls have come to in the slice. */
  look(_table: string, key: readonly Vector[] | null, rowsMax: number): Batch {
    const kernel = this.#kernel, [{ columns }] = this.looks, types = columns.map(({ type }) => type);
    const group = key === null || key.length === 0 ? 0 : kernel.bytes[this.#groups.of(batchOf(1, key), key)];
    const at = key === null ? 0 : writeColumns(kernel, key), results = this.#results;
    if (this.#windows.look(at, group, rowsMax) < 0) throw noStateSpace(NAME);
    const look = (what: 0 | 1, of: readonly DataType[]) => {
      const rows = kernel.fn("agg_looked")(this.#aggregation, what);
      if (rows < 0) throw noStateSpace(NAME);
      return readBatch(kernel, kernel.fn("agg_out")(this.#aggregation) >>> 0, of, rows);
    };
    const leading = types.slice(0, 2 + this.#keys), states = look(0, types.slice(0, types.length - results));
    const made = look(1, [...leading, ...types.slice(types.length - results)]);
    return { ...states, columns: [...states.columns, ...made.columns.slice(leading.length)] };
  }

  /** A listing that is not at its end goes on, and what it has been through and has changed since comes behind it, unless everything is to be listed. */
  cut(whole: boolean): void {
    const ended = this.#step === "done";
    this.#more = !whole && !ended;
    if (this.#step !== "clear") this.#step = whole ? "clear" : "expire";
    if (!this.#more) this.#windows.takeChanges(whole, !ended);
  }

  /** Rows keep their places, and slices go by their times, whatever comes between two steps. */
  ahead(whole: boolean): void {
    this.cut(whole);
  }

  drain(rowsMax: number): StateChange | null {
    const table = NAME;
    if (this.#step === "clear") {
      this.#step = "changed";
      return { kind: "clear", table };
    }
    if (this.#step === "expire") {
      this.#step = "changed";
      const before = this.#windows.droppedBefore;
      if (before > FIRST_TIME) {
        return { kind: "expire", table, below: BigInt(Math.min(before, Number.MAX_SAFE_INTEGER)) };
      }
    }
    if (this.#step === "done") return null;
    const batch = this.#windows.nextChanges(rowsMax);
    if (batch === null && !this.#more) {
      this.#step = "done";
      return null;
    }
    if (batch === null) {
      this.#more = false;
      this.#windows.takeChanges(false, false);
    }
    if (batch === null || batch.rows === 0) return { kind: "delete", table, rows: batchOf(0, this.#none()) };
    const [slice, group, row, ...values] = batch.columns;
    return { kind: "upsert", table, rows: batchOf(batch.rows, [group, slice, row, ...values]) };
  }

  #none(): Vector[] {
    const data = this.#kernel.arena(64);
    return [INT64, TIMESTAMP, INT64].map((type) => ({ type, data, validity: 0 }));
  }

  restore(change: StateChange): void {
    if (change.kind === "clear") this.#windows.restoreDrop(null);
    else if (change.kind === "expire") this.#windows.restoreDrop(change.below);
    else if (change.kind === "upsert") this.#put(change.rows);
    else if (change.rows.rows > 0) throw damaged(NAME, "its rows go by slices");
    this.#windows.mark(CHANGED);
  }

  #put({ rows, columns }: Batch): void {
    if (rows === 0) return;
    const kernel = this.#kernel, [group, slice] = columns, given = columns.slice(NAMES);
    if (kernel.fn("agg_are_slices")(this.#aggregation, slice.data, rows) === 0) {
      throw damaged(NAME, "$slice is not the start of a slice");
    }
    this.#checkGroups(rows, group, given.slice(0, this.#keys));
    // What is restored counts as stored
    this.#windows.mark(STORED);
    const { consumed } = this.#windows.restore(batchOf(rows, given), slice);
    if (consumed < rows) throw noStateSpace(NAME);
  }

  /** Key groups have to be those of the keys, else a row would be looked for elsewhere. */
  #checkGroups(rows: number, group: Vector, keys: readonly Vector[]): void {
    const kernel = this.#kernel, at = keys.length === 0 ? 0 : this.#groups.of(batchOf(rows, keys), keys);
    for (let i = 0; i < rows; i++) {
      const told = kernel.data.getBigInt64(group.data + i * 8, true), is = at === 0 ? 0 : kernel.bytes[at + i];
      if (told !== BigInt(is)) throw damaged(NAME, `key group ${told} of ${KEY_GROUPS} is not that of its key`);
    }
  }
}

/** What the columns of a call's state behind the first one are. */
const PARTS: Readonly<Record<AggregateSpec["aggregates"][number]["fn"], readonly string[]>> = {
  count: [],
  sum: ["wraps"],
  avg: ["wraps", "count"],
  min: [],
  max: [],
  first: ["ordinal"],
  last: ["ordinal"],
};
