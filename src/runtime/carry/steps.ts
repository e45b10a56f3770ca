import { type ColumnBuffers, dataBytes, FrameView } from "../../core/frame.ts";
import { gatherRows } from "../../core/frame_gather.ts";
import { writeFrame } from "../../core/frame_writer.ts";
import { type DataType, INT64, isVariable } from "../../core/schema.ts";
import type { CarriedNode } from "../../plan/state.ts";
import type { SavedStep, SavedTable } from "../../store.ts";
import { type CarriedTable, carriedTables } from "./tables.ts";

type RowStep = Extract<SavedStep, { readonly kind: "delete" | "upsert" }>;

/** The greatest number that rows of a node were given. */
const NUMBERS = "$numbers";

/** Tables of different values, and who counts them there. */
const VALUES = /\.values$/, COUNTER = /\.count$/;

/** Makes the steps of whole drains of a plan those of a changed plan, whose tables are `after`. */
export class CarriedSteps {
  /** Of the plan as it is now. */
  readonly tables: readonly SavedTable[];
  readonly #nodes = new Map<string, ReadonlyMap<string, CarriedTable>>();
  /** Of nodes that are there still. */
  readonly #known: ReadonlySet<string>;
  /** By node, how many numbers its rows were given. */
  readonly #numbers = new Map<string, bigint>();
  readonly #rowsOf: ReadonlyMap<string, number>;

  /** `rows`: by node, how many rows it has at most. Throws RdxError("conflict") for what cannot be made of the tables before. */
  constructor(
    carried: readonly CarriedNode[],
    before: readonly SavedTable[],
    after: readonly SavedTable[],
    rows: ReadonlyMap<string, number>,
  ) {
    this.#rowsOf = rows;
    this.tables = after;
    this.#known = new Set(after.map(({ node }) => node));
    for (const one of carried) {
      const of = (tables: readonly SavedTable[]) => tables.filter(({ node }) => node === one.node);
      this.#nodes.set(one.node, carriedTables(one, of(before), of(after)));
    }
  }

  /** The step of the changed plan; null: there is none. */
  take(step: SavedStep): SavedStep | null {
    if (!this.#known.has(step.node)) return null;
    const tables = this.#nodes.get(step.node);
    if (!tables) return step;
    const table = tables.get(step.table);
    if (!table) return null;
    if (step.kind === "clear" || step.kind === "expire") return { ...step, table: table.to.name };
    const made = this.#rows(step, table);
    return table.to.keys > 0 ? made : this.#counted(made);
  }

  /** Rows that are given numbers have to find them given. */
  #counted(step: RowStep): RowStep {
    const at = step.columns.findIndex(({ name }) => name === NUMBERS), rows = this.#rowsOf.get(step.node) ?? 0;
    if (at < 0 || rows === 0) return step;
    const view = new FrameView(step.frame);
    const columns = step.columns.map((_, i): ColumnBuffers => {
      const column = view.buffers(i), given = view.int64(i, 0), most = BigInt(rows + 1);
      return i === at ? { ...column, data: BigInt64Array.of(given > most ? given : most) } : column;
    });
    return { ...step, frame: writeFrame(step.rows, columns) };
  }

  #rows(step: RowStep, { to, cells }: CarriedTable): RowStep {
    const view = new FrameView(step.frame), { rows } = view;
    const wanted = step.kind === "delete" ? to.keys : to.columns.length;
    const columns = cells.slice(0, wanted).map((cell, i): ColumnBuffers => {
      if (cell === "number") return this.#numbered(step.node, rows);
      return typeof cell === "object" ? view.buffers(cell.column) : emptyColumn(to.columns[i].type, rows, cell);
    });
    const counters = to.columns.slice(0, wanted).flatMap(({ name }, i) => COUNTER.test(name) ? [i] : []);
    const made = counted(writeFrame(rows, columns), VALUES.test(to.name) ? counters : []);
    return { ...step, table: to.name, ...made, columns: to.columns.slice(0, wanted) };
  }

  #numbered(node: string, rows: number): ColumnBuffers {
    const first = this.#numbers.get(node) ?? 0n;
    this.#numbers.set(node, first + BigInt(rows));
    const data = BigInt64Array.from({ length: rows }, (_, row) => first + BigInt(row) + 1n);
    return { type: INT64, nulls: 0, validity: null, data, chars: null };
  }
}

/** The rows that somebody still counts: a value that only an aggregate has counted which has gone is not there any more. */
function counted(frame: ArrayBuffer, counters: readonly number[]): { frame: ArrayBuffer; rows: number } {
  const view = new FrameView(frame);
  if (counters.length === 0) return { frame, rows: view.rows };
  const all = Array.from({ length: view.rows }, (_, row) => row);
  const rows = Int32Array.from(all.filter((row) => counters.some((counter) => view.int64(counter, row) > 0n)));
  if (rows.length === view.rows) return { frame, rows: view.rows };
  const frames = new Int32Array(rows.length);
  return { frame: gatherRows([view], { frames, rows }, 0, rows.length), rows: rows.length };
}

/** A column of zeros, or without values. */
export function emptyColumn(type: DataType, rows: number, what: "zero" | "null"): ColumnBuffers {
  const validity = what === "null" ? new Uint8Array(Math.ceil(rows / 8)) : null;
  const rest = { type, nulls: what === "null" ? rows : 0, validity };
  if (isVariable(type)) return { ...rest, data: new Int32Array(rows + 1), chars: new Uint8Array() };
  if (type.kind === "double") return { ...rest, data: new Float64Array(rows), chars: null };
  if (type.kind === "bool") return { ...rest, data: new Uint8Array(dataBytes(type, rows)), chars: null };
  return { ...rest, data: new BigInt64Array(rows), chars: null };
}
