import type { Batch } from "../../core/batch.ts";
import type { Kernel } from "../../kernel/module.ts";
import { ProgramRunner } from "../../kernel/program.ts";
import type { PhysicalSource } from "../../plan/physical.ts";

/** Computes a source's columns that are made of what it reads; they stand behind that. */
export class ComputedColumns {
  readonly #runners: readonly ProgramRunner[];

  constructor(kernel: Kernel, { computed }: PhysicalSource) {
    this.#runners = computed.map(({ program }) => new ProgramRunner(kernel, program));
  }

  /** The batch with them; they live in the batch arena. */
  behind(batch: Batch): Batch {
    if (this.#runners.length === 0) return batch;
    return { ...batch, columns: [...batch.columns, ...this.#runners.map((runner) => runner.run(batch))] };
  }

  close(): void {
    for (const runner of this.#runners) runner.dispose();
  }
}
