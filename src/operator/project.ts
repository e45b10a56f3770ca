import type { Batch } from "../core/batch.ts";
import type { Column } from "../core/schema.ts";
import type { Kernel } from "../kernel/module.ts";
import { type Program, ProgramRunner } from "../kernel/program.ts";
import { Stateless } from "./stateless.ts";

/** Computes one column from each program; the selection stays as it is. */
export class Project extends Stateless {
  readonly #programs: readonly ProgramRunner[];

  constructor(kernel: Kernel, id: string, columns: readonly Column[], programs: readonly Program[]) {
    super(id, columns);
    this.#programs = programs.map((program) => new ProgramRunner(kernel, program));
  }

  override push(batch: Batch): Batch | null {
    return { ...batch, columns: this.#programs.map((program) => program.run(batch)) };
  }

  override close(): void {
    for (const program of this.#programs) program.dispose();
  }
}
