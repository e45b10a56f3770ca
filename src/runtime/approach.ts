import type { Collector } from "./collector.ts";
import type { Sequencer } from "./sequencer.ts";
import type { Waiters } from "./waiters.ts";

/** What comes near a cut. */
interface Comes {
  runs(): boolean;
  pump(): void;
}

/** How a pipeline comes near a cut: what its tasks have in front of it changes what was handed out already. */
export class Approach {
  readonly #window: number;
  readonly #sequencer: Pick<Sequencer, "number" | "approach">;
  readonly #collector: Pick<Collector, "last">;
  readonly #waiters: Waiters;
  readonly #comes: Comes;

  /** `window`: numbers in front of a cut. `waiters` are woken whenever tasks have done something, or the pipeline does not run any more. */
  constructor(
    window: number,
    sequencer: Pick<Sequencer, "number" | "approach">,
    collector: Pick<Collector, "last">,
    waiters: Waiters,
    comes: Comes,
  ) {
    this.#window = window;
    this.#sequencer = sequencer;
    this.#collector = collector;
    this.#waiters = waiters;
    this.#comes = comes;
  }

  /** Resolves when tasks have little to do, which stays so until `end`, or the pipeline does not run any more. */
  begin(): Promise<void> {
    this.#sequencer.approach(true);
    const near = () => this.#sequencer.number - this.#collector.last <= this.#window;
    return this.#waiters.until(() => !this.#comes.runs() || near());
  }

  /** The cut is through, or none comes. */
  end(): void {
    this.#sequencer.approach(false);
    this.#comes.pump();
  }
}
