import type { Batch } from "../core/batch.ts";
import type { Column } from "../core/schema.ts";
import type { Kernel } from "../kernel/module.ts";
import { filter, type Program, ProgramRunner } from "../kernel/program.ts";
import { Stateless } from "./stateless.ts";

/** Keeps the rows for which the predicate is true. */
export class Filter extends Stateless {
  readonly #predicate: ProgramRunner;

  constructor(kernel: Kernel, id: string, columns: readonly Column[], predicate: Program) {
    super(id, columns);
    this.#predicate = new ProgramRunner(kernel, predicate);
  }

  override push(batch: Batch): Batch | null {
    const kept = filter(batch, this.#predicate);
    return kept.selected > 0 ? kept : null;
  }

  override close(): void {
    this.#predicate.dispose();
  }
}
