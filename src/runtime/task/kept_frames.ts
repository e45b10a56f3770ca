import type { Batch } from "../../core/batch.ts";
import type { PartitionRows } from "../../log.ts";
import { type FrameWriter, NO_INFO } from "../../kernel/frame.ts";
import type { Kernel } from "../../kernel/module.ts";
import { Partitioner } from "../../kernel/partition.ts";
import type { DecodeJob } from "../protocol.ts";

interface Kept {
  readonly frames: ArrayBuffer[];
  readonly sums: number[];
  rows: number;
}

function nothing(): Kept {
  return { frames: [], sums: [], rows: 0 };
}

/** Frames for the log, of the rows of one body, with their checksums if these are wanted; if rows are spread over partitions, those of one behind the other. */
export class KeptFrames {
  readonly #writer: FrameWriter;
  readonly #summed: boolean;
  readonly #columns: readonly number[];
  readonly #partitioner: Partitioner | null;
  /** By partition; one when rows are not spread. */
  readonly #kept: readonly Kept[];

  constructor(kernel: Kernel, writer: FrameWriter, { sums, split = null }: Pick<DecodeJob, "sums" | "split">) {
    this.#writer = writer;
    this.#summed = sums;
    this.#columns = split?.columns ?? [];
    this.#partitioner = split && new Partitioner(kernel, split.partitions);
    this.#kept = split ? Array.from({ length: split.partitions }, nothing) : [nothing()];
  }

  /** Keeps the batch's selected rows. */
  add(batch: Batch): void {
    if (!this.#partitioner) return this.#add(this.#kept[0], batch);
    const parts = this.#partitioner.byKeys(batch, this.#columns.map((column) => batch.columns[column]));
    parts.forEach((part, partition) => this.#add(this.#kept[partition], { ...batch, ...part }));
  }

  #add(kept: Kept, batch: Batch): void {
    if (batch.selected === 0) return;
    kept.rows += batch.selected;
    if (!this.#summed) return void kept.frames.push(this.#writer.write(batch, NO_INFO));
    const { frame, sum } = this.#writer.writeSummed(batch, NO_INFO);
    kept.frames.push(frame);
    kept.sums.push(sum);
  }

  get frames(): ArrayBuffer[] {
    return this.#partitioner ? this.#kept.flatMap(({ frames }) => frames) : this.#kept[0].frames;
  }

  get sums(): number[] {
    return this.#partitioner ? this.#kept.flatMap(({ sums }) => sums) : this.#kept[0].sums;
  }

  /** How many rows each partition has that has some; null: rows are not spread. */
  get partitions(): readonly PartitionRows[] | null {
    if (!this.#partitioner) return null;
    const all = this.#kept.map(({ rows }, partition): PartitionRows => ({ partition, rows }));
    return all.filter(({ rows }) => rows > 0);
  }
}
