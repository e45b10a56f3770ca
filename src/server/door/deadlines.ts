import type { Clock } from "../../core/clock.ts";

interface Deadline {
  readonly atMs: number;
  over(): void;
}

/**
 * Many things that each may take the same time at most, watched by one timer: what ends in time, as nearly all do, costs none of its own. The timer runs on when nothing is
 * open any more, and ends by itself: to end one and to begin another for each request costs more than all else that is done here.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #ms: number;
  /** In the order in which they are over. */
  readonly #open = new Set<Deadline>();
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** Calls `over` when the time is over, unless the returned function was called before. */
  begin(over: () => void): () => void {
    const deadline = { atMs: this.#clock.monotonic() + this.#ms, over };
    this.#open.add(deadline);
    this.#cancel ??= this.#clock.after(this.#ms, () => this.#look());
    return () => void this.#open.delete(deadline);
  }

  #look(): void {
    this.#cancel = null;
    const now = this.#clock.monotonic();
    for (const deadline of this.#open) {
      if (deadline.atMs > now) {
        this.#cancel ??= this.#clock.after(deadline.atMs - now, () => this.#look());
        return;
      }
      this.#open.delete(deadline);
      deadline.over();
    }
  }

  /** Nothing is watched any more. */
  close(): void {
    this.#open.clear();
    this.#cancel?.();
    this.#cancel = null;
  }
}
