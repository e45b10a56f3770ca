import type { Batch } from "../core/batch.ts";
import type { Column } from "../core/schema.ts";
import { FrameWriter, NO_INFO } from "../kernel/frame.ts";
import type { Kernel } from "../kernel/module.ts";
import { filter, type Program, ProgramRunner } from "../kernel/program.ts";
import type { LostRows } from "../operator.ts";
import { Stateless } from "./stateless.ts";

const AFTER = 2, INSERT = 0;

/** Keeps the rows for which the predicate is true. With a reason, the others are refused for it: they are kept to be told. */
export class Filter extends Stateless {
  readonly #kernel: Kernel;
  readonly #predicate: ProgramRunner;
  readonly #refuse: string | null;
  readonly #writer: FrameWriter | null;
  #refused: LostRows[] = [];

  constructor(
    kernel: Kernel,
    id: string,
    columns: readonly Column[],
    predicate: Program,
    refuse: string | null = null,
  ) {
    super(id, columns);
    this.#kernel = kernel;
    this.#predicate = new ProgramRunner(kernel, predicate);
    this.#refuse = refuse;
    this.#writer = refuse === null ? null : new FrameWriter(kernel);
  }

  override push(batch: Batch): Batch | null {
    const kept = filter(batch, this.#predicate);
    if (this.#writer && kept.selected < batch.selected) this.#tell(batch, kept, this.#writer);
    return kept.selected > 0 ? kept : null;
  }

  refused(): readonly LostRows[] {
    const refused = this.#refused;
    if (refused.length > 0) this.#refused = [];
    return refused;
  }

  /** Notes the rows that were not kept; what takes a row back that was never let through is nothing to tell. */
  #tell(batch: Batch, kept: Batch, writer: FrameWriter): void {
    const { data, bytes } = this.#kernel, rows: number[] = [];
    const rowOf = ({ selection }: Batch, i: number) => selection === 0 ? i : data.getUint32(selection + i * 4, true);
    let next = 0;
    for (let i = 0; i < batch.selected; i++) {
      const row = rowOf(batch, i), kind = batch.kinds === 0 ? INSERT : bytes[batch.kinds + row];
      if (next < kept.selected && rowOf(kept, next) === row) next++;
      else if (kind === INSERT || kind === AFTER) rows.push(row);
    }
    if (rows.length === 0) return;
    const selection = this.#kernel.arena(rows.length * 4);
    rows.forEach((row, i) => this.#kernel.data.setUint32(selection + i * 4, row, true));
    const frame = writer.write({ ...batch, kinds: 0, selection, selected: rows.length }, NO_INFO);
    this.#refused.push({ frame, rows: rows.length, reason: this.#refuse! });
  }

  override close(): void {
    this.#predicate.dispose();
  }
}
