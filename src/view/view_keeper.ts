import { FrameBuilder, FrameView } from "../core/frame.ts";
import { RdxError } from "../core/errors.ts";
import { type Column, DOUBLE } from "../core/schema.ts";
import type { StateTable } from "../core/state.ts";
import type { TableKeeper, TableStep } from "../store.ts";

/** The rows of a view as a table, which the keeper of the view hands out and takes in. */
export interface KeptRows {
  readonly table: StateTable;
  /** How many there are. */
  readonly rows: number;
  cut(whole: boolean): void;
  drain(): TableStep | null;
  restore(step: TableStep): void;
  restored(): void;
}

/** What a view knows beside its rows, as numbers. */
export interface KeptFacts {
  read(): number[];
  write(values: readonly number[]): void;
  /** Rows come back that have NULL in a column, the `behind` one before the last. */
  lacks(behind: number): void;
  /** All is as it was. */
  restored(): void;
}

const FACTS = "view";

/** A view as two tables: its rows, and one row of what it knows beside them. */
export class ViewKeeper implements TableKeeper {
  readonly tables: readonly StateTable[];
  readonly #rows: KeptRows;
  readonly #facts: KeptFacts;
  readonly #columns: readonly Column[];
  #step: "facts" | "rows" = "rows";
  /** Nothing was drained or restored yet: the next drain gives everything. */
  #fresh = true;
  #read: number[] | null = null;

  constructor(names: readonly string[], rows: KeptRows, facts: KeptFacts) {
    this.#rows = rows;
    this.#facts = facts;
    this.#columns = [...names, "rows"].map((name) => ({ name: `$${name}`, type: DOUBLE, nullable: false }));
    this.tables = [{ name: FACTS, version: 1, columns: this.#columns, keys: 0, expiry: -1 }, rows.table];
  }

  cut(whole: boolean): void {
    this.#rows.cut(whole || this.#fresh);
    this.#fresh = false;
    this.#step = "facts";
  }

  drain(): TableStep | null {
    if (this.#step === "rows") return this.#rows.drain();
    this.#step = "rows";
    const builder = new FrameBuilder(this.#columns);
    builder.append([...this.#facts.read(), this.#rows.rows]);
    return { kind: "upsert", table: FACTS, frame: builder.finish(), rows: 1, columns: this.#columns };
  }

  restore(step: TableStep): void {
    if (step.table === this.#rows.table.name) {
      if (step.kind === "upsert") this.#noteNulls(step.frame);
      return this.#rows.restore(step);
    }
    if (step.table !== FACTS || step.kind !== "upsert") throw misfit(step.table, `no ${step.kind} is possible`);
    const view = new FrameView(step.frame), width = this.#columns.length;
    if (view.rows !== 1 || view.columns !== width) throw misfit(FACTS, `it has one row of ${width} columns`);
    this.#read = this.#columns.map((_, column) => Number(view.value(0, column)));
  }

  /** Rows that a changed plan found have nothing in columns that are new. */
  #noteNulls(frame: ArrayBuffer): void {
    const view = new FrameView(frame);
    for (let i = 0; i < view.columns; i++) if (view.buffers(i).nulls > 0) this.#facts.lacks(view.columns - 1 - i);
  }

  restored(): void {
    if (this.#read === null) throw misfit(FACTS, "it is not there");
    const rows = this.#read.at(-1);
    this.#facts.write(this.#read);
    this.#rows.restored();
    if (this.#rows.rows !== rows) {
      throw misfit(this.#rows.table.name, `it has ${this.#rows.rows} rows, and had ${rows}`);
    }
    this.#read = null;
    this.#fresh = false;
    this.#facts.restored();
  }
}

/** What no drain gives. */
export function misfit(table: string, reason: string): RdxError {
  return new RdxError("invalid", `Cannot restore table ${table} of a view: ${reason}`);
}
