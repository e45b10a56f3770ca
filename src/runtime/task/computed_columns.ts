import type { Batch } from "../../core/batch.ts";
import type { Kernel } from "../../kernel/module.ts";
import { ProgramRunner } from "../../kernel/program.ts";
import type { PhysicalSource } from "../../plan/physical.ts";

/** Columns that a source computes of those that it reads; each may use those before it. */
export class ComputedColumns {
  readonly #runners: readonly ProgramRunner[];

  constructor(kernel: Kernel, { computed }: PhysicalSource) {
    this.#runners = computed.map(({ program }) => new ProgramRunner(kernel, program));
  }

  /** The batch with the columns behind its own. */
  add(batch: Batch): Batch {
    return this.#runners.reduce((made, runner) => ({ ...made, columns: [...made.columns, runner.run(made)] }), batch);
  }

  close(): void {
    for (const runner of this.#runners) runner.dispose();
  }
}
