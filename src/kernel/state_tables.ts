import type { Batch, Vector } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { type Column, formatType, INT64 } from "../core/schema.ts";
import type { OperatorState, StateChange, StateTable, TableLook } from "../core/state.ts";
import type { Kernel } from "./module.ts";

/** One of an operator's tables, or several that are drained together. */
export interface TablePart {
  readonly tables: readonly StateTable[];
  /**
   * As OperatorState has it, for parts that can; a cut behind it that keeps what it gave is not whole. What it would have begun with comes with the next
   * round or the cut when it was left before.
   */
  ahead?(whole: boolean): void;
  cut(whole: boolean): void;
  drain(rowsMax: number): StateChange | null;
  /** Takes a step for one of its tables. */
  restore(change: StateChange, table: StateTable): void;
  /** These are as OperatorState has them. */
  readonly looks: readonly TableLook[];
  look(table: string, key: readonly Vector[] | null, rowsMax: number): Batch;
  seek?(table: string, key: readonly Vector[], rowsMax: number, begins: boolean): boolean;
}

/** The tables of an operator, one part after the other. */
export class StateTables implements OperatorState {
  readonly tables: readonly StateTable[];
  readonly #parts: readonly TablePart[];
  readonly #restored: () => void;
  /** Those that are drained at the moment. */
  #drained: readonly TablePart[] = [];
  #at = 0;
  /** Of these nothing has been drained or restored yet: the next drain gives everything. */
  readonly #fresh: Set<TablePart>;

  /** `restored` makes indices, heaps and timers when all tables are there. */
  constructor(parts: readonly TablePart[], restored: () => void) {
    this.#parts = parts;
    this.#restored = restored;
    this.#fresh = new Set(parts);
    this.tables = parts.flatMap(({ tables }) => tables);
  }

  ahead(whole: boolean): boolean {
    this.#drained = this.#parts.filter(({ ahead }) => ahead);
    for (const part of this.#drained) part.ahead?.(this.#fresh.delete(part) || whole);
    this.#at = 0;
    return this.#drained.length > 0;
  }

  cut(whole: boolean, ahead = false): void {
    for (const part of this.#parts) part.cut(this.#fresh.delete(part) || (whole && !(ahead && part.ahead)));
    this.#drained = this.#parts;
    this.#at = 0;
  }

  drain(rowsMax: number): StateChange | null {
    for (; this.#at < this.#drained.length; this.#at++) {
      const change = this.#drained[this.#at].drain(rowsMax);
      if (change) return change;
    }
    return null;
  }

  restore(change: StateChange): void {
    for (const part of this.#parts) {
      const table = part.tables.find(({ name }) => name === change.table);
      if (!table) continue;
      if (change.kind === "upsert") checkRows(change.rows, table, table.columns.length);
      if (change.kind === "delete") checkRows(change.rows, table, table.keys);
      part.restore(change, table);
      return;
    }
    throw new RdxError("invalid", `Cannot restore table ${change.table}: the operator has no such table`);
  }

  restored(): void {
    this.#restored();
    this.#fresh.clear();
  }

  get looks(): readonly TableLook[] {
    const looks = this.#parts.flatMap((part) => part.looks), keyed = looks.filter(({ key }) => key.length > 0);
    return [...keyed, ...looks.filter((look) => !keyed.includes(look))];
  }

  look(table: string, key: readonly Vector[] | null, rowsMax: number): Batch {
    return this.#partOf(table).look(table, key, rowsMax);
  }

  seek(table: string, key: readonly Vector[], rowsMax: number, begins: boolean): boolean {
    return this.#partOf(table).seek?.(table, key, rowsMax, begins) ?? true;
  }

  #partOf(table: string): TablePart {
    const part = this.#parts.find(({ looks }) => looks.some((look) => look.table === table));
    if (!part) throw new RdxError("invalid", `Cannot look at table ${table}: the operator has no such table`);
    return part;
  }
}

/** A look that gives the columns of a table as they are; `own`: those that the operator knows for itself are shown too. */
export function plainLook({ name, columns }: StateTable, key: readonly Column[], own = false): TableLook {
  const shown = [...columns.keys()].filter((column) => own || !columns[column].name.startsWith("$"));
  return { table: name, key, columns, shown };
}

/** What no drain gives. */
export function damaged(table: string, reason: string): RdxError {
  return new RdxError("invalid", `Cannot restore table ${table}: ${reason}`);
}

export function noStateSpace(table: string): RdxError {
  return new RdxError("no_space", `Cannot get kernel memory to restore table ${table}`);
}

/** Refuses rows that have not the first `count` columns of the table. */
function checkRows(rows: Batch, { name, columns }: StateTable, count: number): void {
  if (rows.columns.length !== count || rows.selection !== 0) {
    throw damaged(name, `it has ${count} columns, not ${rows.columns.length}`);
  }
  for (let i = 0; i < count; i++) {
    const { type, validity } = rows.columns[i], column = columns[i];
    const same = type.kind === column.type.kind && (type.scale ?? 0) === (column.type.scale ?? 0);
    if (!same) {
      throw damaged(
        name,
        `column ${column.name} is of type ${formatType(column.type)}, not ${formatType(type)}`,
      );
    }
    if (!column.nullable && validity !== 0) throw damaged(name, `column ${column.name} has NULL`);
  }
}

/** A column of i64 of a table's own. */
export function wordColumn(name: string): Column {
  return { name, type: INT64, nullable: false };
}

/** Columns of a plan in a table: what a plan takes for never NULL is not relied on. */
export function valueColumns(columns: readonly Column[]): Column[] {
  return columns.map((column) => ({ ...column, nullable: true }));
}

/** Room for a column of i64 in the batch arena. */
export function words(kernel: Kernel, rows: number): Vector {
  return { type: INT64, data: kernel.arena(Math.max(1, Math.ceil(rows / 64)) * 512), validity: 0 };
}

/** A step without rows of a table whose keys are a key group and a number: there is more. */
export function nothing(kernel: Kernel, table: string): StateChange {
  return { kind: "delete", table, rows: batchOf(0, [words(kernel, 0), words(kernel, 0)]) };
}

export function batchOf(rows: number, columns: readonly Vector[]): Batch {
  return { rows, columns, selection: 0, selected: rows, kinds: 0 };
}

/** What no row's expiry is below, after a watermark behind which windows that end with it are gone; null: there was none yet. */
export function endsBelow(watermark: bigint): bigint | null {
  return watermark <= TIME_START ? null : watermark + 2n;
}

/** A watermark that stands for none (asm/aggregate/window.ts). */
const TIME_START = -(1n << 62n);

/** A table of one row: what a kernel's object knows beside its keys, i64 each. */
export class ScalarTable implements TablePart {
  readonly tables: readonly StateTable[];
  readonly #kernel: Kernel;
  readonly #read: (to: number) => void;
  readonly #write: (from: number) => boolean;
  #drained = true;

  /** `read` writes the values (i64 each) to an address; `write` takes them, false: they cannot be right. `merge`: see StateTable. */
  constructor(
    kernel: Kernel,
    name: string,
    version: number,
    names: readonly string[],
    read: (to: number) => void,
    write: (from: number) => boolean,
    merge?: StateTable["merge"],
  ) {
    this.#kernel = kernel;
    this.#read = read;
    this.#write = write;
    const table = { name, version, columns: names.map((one) => wordColumn(`$${one}`)), keys: 0, expiry: -1 };
    this.tables = [merge ? { ...table, merge } : table];
  }

  /** The value at a position, as it is now. */
  value(at: number): bigint {
    const kernel = this.#kernel, mark = kernel.mark(), to = kernel.arena(this.tables[0].columns.length * 8);
    this.#read(to);
    const value = kernel.data.getBigInt64(to + at * 8, true);
    kernel.release(mark);
    return value;
  }

  cut(): void {
    this.#drained = false;
  }

  drain(): StateChange | null {
    if (this.#drained) return null;
    this.#drained = true;
    return { kind: "upsert", table: this.tables[0].name, rows: this.look() };
  }

  get looks(): readonly TableLook[] {
    return [plainLook(this.tables[0], [], true)];
  }

  look(): Batch {
    const [{ columns }] = this.tables, at = this.#kernel.arena(columns.length * 8);
    this.#read(at);
    const values = columns.map((_, i) => {
      const column = words(this.#kernel, 1), data = this.#kernel.data;
      data.setBigInt64(column.data, data.getBigInt64(at + i * 8, true), true);
      return column;
    });
    return batchOf(1, values);
  }

  restore(change: StateChange): void {
    const [{ name, columns }] = this.tables;
    if (change.kind !== "upsert") throw damaged(name, `it has one row, which does not ${change.kind}`);
    if (change.rows.rows !== 1) throw damaged(name, `it has one row, not ${change.rows.rows}`);
    const at = this.#kernel.arena(columns.length * 8), data = this.#kernel.data;
    change.rows.columns.forEach((column, i) => {
      data.setBigInt64(at + i * 8, data.getBigInt64(column.data, true), true);
    });
    if (!this.#write(at)) throw damaged(name, "it has a value that cannot be");
  }
}
