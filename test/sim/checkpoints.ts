import { RdxError } from "../../src/core/errors.ts";
import { CHECKPOINTS_KEPT_MAX } from "../../src/core/limits.ts";
import type {
  CheckpointFacts,
  CheckpointInfo,
  CheckpointStore,
  CheckpointWriter,
  OpenedCheckpoint,
  SavedStep,
} from "../../src/store.ts";

/** A checkpoint that nobody writes on any more. */
interface Kept {
  readonly facts: CheckpointFacts;
  readonly steps: readonly SavedStep[];
  readonly bytes: number;
  /** What lies below it. */
  readonly base: Kept | null;
}

/** Checkpoints that are only remembered, for tests of those who take them: frames come back as they were, one step after the other. */
export class MemoryCheckpoints implements CheckpointStore {
  readonly kind = "memory";
  readonly #folders = new Map<string, Kept[]>();
  readonly #writing = new Set<string>();

  list(folder: string): Promise<readonly CheckpointInfo[]> {
    return Promise.resolve(this.#kept(folder).map(infoOf).reverse());
  }

  #kept(folder: string): Kept[] {
    return this.#folders.get(folder) ?? [];
  }

  begin(folder: string, below: number | null): Promise<CheckpointWriter> {
    const last = this.#kept(folder).at(-1), base = below === null ? null : last ?? null;
    if (this.#writing.has(folder)) {
      return Promise.reject(new RdxError("conflict", `A checkpoint of ${folder} is being written already`));
    }
    if (base && base.facts.number !== below) {
      return Promise.reject(new RdxError("conflict", `Checkpoint ${below} of ${folder} is not the newest`));
    }
    this.#writing.add(folder);
    const steps: SavedStep[] = [];
    let bytes = 0;
    return Promise.resolve({
      add: (step) => {
        bytes += "frame" in step ? step.frame.byteLength : 0;
        steps.push(step);
        return Promise.resolve();
      },
      commit: (facts) => {
        this.#writing.delete(folder);
        if (last && last.facts.number >= facts.number) {
          const reason = `Checkpoint ${facts.number} of ${folder} would not come behind ${last.facts.number}`;
          return Promise.reject(new RdxError("conflict", reason));
        }
        const kept = [...this.#kept(folder), { facts: structuredClone(facts), steps, bytes, base }];
        this.#folders.set(folder, kept.slice(-CHECKPOINTS_KEPT_MAX));
        return Promise.resolve();
      },
      abandon: () => {
        this.#writing.delete(folder);
        return Promise.resolve();
      },
    });
  }

  open(folder: string, number: number): Promise<OpenedCheckpoint> {
    const found = this.#kept(folder).find(({ facts }) => facts.number === number);
    if (!found) return Promise.reject(new RdxError("not_found", `There is no checkpoint ${number} of ${folder}`));
    return Promise.resolve({ facts: structuredClone(found.facts), steps: () => stepsOf(found) });
  }

  discard(folder: string, number: number): Promise<void> {
    this.#folders.set(folder, this.#kept(folder).filter(({ facts }) => facts.number < number));
    return Promise.resolve();
  }

  remove(folder: string): Promise<void> {
    this.#folders.delete(folder);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Itself and all that it lies on, the base first. */
function chainOf(kept: Kept): Kept[] {
  return kept.base ? [...chainOf(kept.base), kept] : [kept];
}

function infoOf(kept: Kept): CheckpointInfo {
  const chain = chainOf(kept), { facts: { number, takenMs }, bytes: deltaBytes } = kept;
  const bytes = chain.reduce((sum, one) => sum + one.bytes, 0);
  return { number, takenMs, bytes, deltaBytes, deltas: chain.length - 1 };
}

/** Frames are copied: whoever reads them may hand them on. */
async function* stepsOf(kept: Kept): AsyncGenerator<SavedStep> {
  for (const { steps } of chainOf(kept)) {
    for (const step of steps) {
      await null;
      yield "frame" in step ? { ...step, frame: step.frame.slice(0) } : step;
    }
  }
}
