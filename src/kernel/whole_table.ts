import type { Batch } from "../core/batch.ts";
import { FrameBuilder } from "../core/frame_builder.ts";
import { FrameView } from "../core/frame.ts";
import { BATCH_ROWS_MAX } from "../core/limits.ts";
import type { StateChange, StateTable, TableLook } from "../core/state.ts";
import type { Value } from "../core/value.ts";
import { FrameReader, FrameWriter, NO_INFO } from "./frame.ts";
import type { Kernel } from "./module.ts";
import { damaged, plainLook, type TablePart } from "./state_tables.ts";

/** A row with all columns of its table. */
export type TableRow = readonly Value[];

/** A small table whose rows live outside of the kernel: it is handed out whole when something of it has changed. */
export class WholeTable implements TablePart {
  readonly tables: readonly [StateTable];
  readonly #kernel: Kernel;
  readonly #rows: () => Iterable<TableRow>;
  #changed = false;
  /** What is left of a drain; null: it is at its end. */
  #left: TableRow[] | null = null;
  #clear = false;
  readonly #restored = new Map<string, TableRow>();

  /** Its rows do not expire. */
  constructor(kernel: Kernel, table: StateTable, rows: () => Iterable<TableRow>) {
    this.#kernel = kernel;
    this.#rows = rows;
    this.tables = [table];
  }

  /** A row came, changed, or went. */
  touch(): void {
    this.#changed = true;
  }

  cut(whole: boolean): void {
    this.#clear = whole || this.#changed;
    this.#left = this.#clear ? [...this.#rows()] : null;
    this.#changed = false;
  }

  drain(rowsMax: number): StateChange | null {
    const [{ name: table }] = this.tables;
    if (this.#clear) {
      this.#clear = false;
      return { kind: "clear", table };
    }
    if (this.#left === null || this.#left.length === 0) return null;
    const rows = this.#left.splice(0, Math.max(1, Math.min(rowsMax, BATCH_ROWS_MAX)));
    return { kind: "upsert", table, rows: this.#batch(rows) };
  }

  #batch(rows: Iterable<TableRow>): Batch {
    const builder = new FrameBuilder(this.tables[0].columns);
    for (const row of rows) builder.append(row);
    return new FrameReader(this.#kernel).read(builder.finish());
  }

  get looks(): readonly TableLook[] {
    return [plainLook(this.tables[0], [], true)];
  }

  look(_table: string, _key: unknown, rowsMax: number): Batch {
    return this.#batch(Iterator.from(this.#rows()).take(rowsMax));
  }

  restore(change: StateChange): void {
    const [{ name, keys }] = this.tables, keyOf = (row: TableRow) => row.slice(0, keys).join(" ");
    if (change.kind === "clear") this.#restored.clear();
    else if (change.kind === "expire") throw damaged(name, "its rows do not expire");
    else if (change.kind === "delete") { for (const row of this.#read(change.rows)) this.#restored.delete(keyOf(row)); }
    else for (const row of this.#read(change.rows)) this.#restored.set(keyOf(row), row);
  }

  #read(rows: Batch): TableRow[] {
    const view = new FrameView(new FrameWriter(this.#kernel).write(rows, NO_INFO));
    return Array.from({ length: view.rows }, (_, row) => view.types.map((_, column) => view.value(row, column)));
  }

  /** The rows that came back; they are handed over once. */
  take(): TableRow[] {
    const rows = [...this.#restored.values()];
    this.#restored.clear();
    return rows;
  }
}
