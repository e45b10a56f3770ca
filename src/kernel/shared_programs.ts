import type { Batch, Vector } from "../core/batch.ts";
import { SHARED_RESULTS_BYTES_MAX } from "../core/limits.ts";
import type { DataType } from "../core/schema.ts";
import { FrameReader, FrameWriter, NO_INFO } from "./frame.ts";
import type { Kernel } from "./module.ts";
import type { Program } from "./program.ts";
import type { SharedResult, SharedResults } from "./shared_results.ts";

/** An instruction whose result other programs may have in common with its own. */
export interface SharePoint {
  /** Equal where the results are; 0: nobody else wants it now. */
  key: number;
  /** Programs of other tasks that want it. */
  others: number;
  /** Only the rows that are selected have values. */
  readonly selected: boolean;
}

/** For each instruction of a program, whether its result may be shared. */
export type SharePoints = readonly (SharePoint | null)[];

/** What the programs of one kernel share with those of others, over the frame that is being read. */
export class SharedPrograms {
  readonly #kernel: Kernel;
  readonly #results: SharedResults;
  readonly #points: ReadonlyMap<Program, SharePoints>;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  /** What the batches that go through are the rows of; null: of no frame that others read here. */
  frame: ArrayBuffer | null = null;

  constructor(kernel: Kernel, results: SharedResults, points: ReadonlyMap<Program, SharePoints>) {
    this.#kernel = kernel;
    this.#results = results;
    this.#points = points;
    this.#writer = new FrameWriter(kernel);
    this.#reader = new FrameReader(kernel);
  }

  pointsOf(program: Program): SharePoints | null {
    return this.#points.get(program) ?? null;
  }

  /** The values at a point that another program has computed, in the batch arena; null: none has. */
  take({ key, selected }: SharePoint, batch: Batch, type: DataType): Vector | null {
    const found = key === 0 || !this.frame ? null : this.#results.take(this.frame, key);
    if (!found || (selected && !this.#sameRows(found, batch))) return null;
    const { rows, columns: [vector] } = this.#reader.read(found.column);
    return rows === batch.rows ? { ...vector, type } : null;
  }

  /** Keeps the values at a point for others, where they want them. */
  give({ key, others, selected }: SharePoint, batch: Batch, vector: Vector): void {
    if (key === 0 || !this.frame || !this.#results.wants(this.frame, key)) return;
    const { rows } = batch, all: Batch = { rows, columns: [vector], selection: 0, selected: rows, kinds: 0 };
    const column = this.#writer.writeWithin(all, NO_INFO, SHARED_RESULTS_BYTES_MAX - this.#results.bytes);
    if (!column) return;
    this.#results.put(this.frame, key, { column, rows: selected ? this.#rowsOf(batch) : null }, others);
  }

  #sameRows({ rows }: SharedResult, batch: Batch): boolean {
    const here = this.#rowsOf(batch);
    if (!rows || !here) return rows === here;
    return rows.length === here.length && rows.every((row, i) => row === here[i]);
  }

  #rowsOf({ selection, selected }: Batch): Int32Array | null {
    return selection === 0 ? null : new Int32Array(this.#kernel.copyOut(selection, selected * 4));
  }
}
