import type { Batch } from "../core/batch.ts";
import type { KnownKeys, Pairs, Probe } from "../kernel/lookup.ts";
import type { Kernel } from "../kernel/module.ts";
import { filter, type Program, ProgramRunner } from "../kernel/program.ts";

/** A condition that pairs of a lookup must meet beside their key. */
export class LookupResidual {
  readonly #kernel: Kernel;
  readonly #runner: ProgramRunner;
  /** Of an outer lookup: the row whose pairs are looked at, −1 for none, and whether it has had one that is let through. */
  #row = -1;
  #passed = false;

  constructor(kernel: Kernel, where: Program) {
    this.#kernel = kernel;
    this.#runner = new ProgramRunner(kernel, where);
  }

  /** The rows of pairs that are let through. */
  inner(joined: Batch): Batch {
    return filter(joined, this.#runner);
  }

  /** The pairs that are let through; a row of which none is, is paired with nothing behind its last one. */
  outer(known: KnownKeys, probe: Probe, pairs: Pairs): Pairs {
    const kernel = this.#kernel, mark = kernel.mark(), verdict = this.#runner.run(known.join(probe, pairs));
    const bit = (at: number, row: number) => at === 0 || (kernel.data.getUint8(at + (row >> 3)) >> (row & 7) & 1) === 1;
    let count = 0;
    const put = (row: number, found: number) => {
      kernel.data.setUint32(pairs.rows + count * 4, row, true);
      kernel.data.setUint32(pairs.found + count * 4, found, true);
      count++;
    };
    const end = () => {
      if (this.#row >= 0 && !this.#passed) put(this.#row, 0);
      this.#row = -1;
    };
    // What is put stays behind what is read: a row without a pair that is let through had at least one that was not.
    for (let i = 0; i < pairs.count; i++) {
      const row = kernel.data.getUint32(pairs.rows + i * 4, true);
      const found = kernel.data.getUint32(pairs.found + i * 4, true);
      if (row !== this.#row) {
        end();
        this.#row = row;
        this.#passed = false;
      }
      if (found !== 0 && !(bit(verdict.data, i) && bit(verdict.validity, i))) continue;
      this.#passed = true;
      put(row, found);
    }
    if (known.atBoundary) end();
    kernel.release(mark);
    return { ...pairs, count };
  }

  close(): void {
    this.#runner.dispose();
  }
}
