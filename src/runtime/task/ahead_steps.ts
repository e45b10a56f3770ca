import {
  AHEAD_REST_ROWS,
  AHEAD_SHARE_MAX,
  AHEAD_STEP_LONGEST_MS,
  AHEAD_STEP_LONGEST_SHARE_MAX,
  AHEAD_STEP_MS,
  AHEAD_STEP_SHORTEST_MS,
} from "../../core/limits.ts";
import type { TaskCuts } from "./task_cuts.ts";
import type { TaskState } from "./task_state.ts";
import type { Left } from "./work_queue.ts";

/** What the steps have to do with. */
interface Parts {
  readonly state: Pick<TaskState, "ahead" | "drainAhead">;
  readonly cuts: Pick<TaskCuts, "beginAhead" | "putAhead" | "endAhead" | "enoughAhead" | "ahead" | "aheadFull">;
  /** Whether the task has anything else to do. */
  busy(): boolean;
  readonly now?: () => number;
}

/**
 * When a task hands out what it can in front of a cut: in steps between the batches of its rows, also those that come from other tasks, which have AHEAD_SHARE_MAX of its time, or,
 * where it has nothing else to do, one after the other. Rounds follow each other until little has changed since the last one, and then each time that as much may have changed until
 * the task has come to the cut. While too much waits to be taken there are none.
 */
export class AheadSteps {
  readonly #parts: Parts;
  readonly #now: () => number;
  /** When the last step ended. */
  #lastMs = 0;
  /** Rows that came since the last round, where it was the last one that is worth its while for the cut to be sent; null: there is a round. */
  #restRows: number | null = null;
  /** Its turn has ended since too much waits. */
  #waits = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#now = parts.now ?? (() => performance.now());
  }

  /** A cut comes soon. */
  begin(whole: boolean): void {
    const { state, cuts } = this.#parts;
    state.ahead(whole);
    cuts.beginAhead();
    this.#lastMs = this.#now();
    this.#restRows = null;
    this.#waits = false;
  }

  /** Whether its turn is to come again, since some of what waited was taken. */
  goesOn(): boolean {
    const { cuts } = this.#parts, goesOn = this.#waits && cuts.ahead && !cuts.aheadFull;
    if (goesOn) this.#waits = false;
    return goesOn;
  }

  /** The turn of an AheadMessage. It comes again while there is something to hand out. */
  turn(): Left {
    const { cuts, busy } = this.#parts;
    if (!cuts.ahead) return "nothing";
    if (busy()) {
      this.between(0);
      return "later";
    }
    if (this.#rests(0)) return "nothing";
    this.#waits = cuts.aheadFull;
    if (this.#waits) return "nothing";
    return this.#step(AHEAD_STEP_MS) || busy() ? "later" : "nothing";
  }

  /** Between two batches, the last of which brought the state so many rows: a step, as long as its share of the time since the last one. */
  between(rows: number): void {
    const { cuts } = this.#parts;
    if (!cuts.ahead || this.#rests(rows) || cuts.aheadFull) return;
    const passedMs = this.#now() - this.#lastMs, stepMs = passedMs * AHEAD_SHARE_MAX / (1 - AHEAD_SHARE_MAX);
    // Behind a batch that took long, short steps would come to an end only after very many rows
    const longMs = Math.min(AHEAD_STEP_LONGEST_MS, passedMs * AHEAD_STEP_LONGEST_SHARE_MAX);
    if (stepMs >= AHEAD_STEP_SHORTEST_MS) this.#step(Math.min(Math.max(AHEAD_STEP_MS, longMs), stepMs));
  }

  /** Whether so few rows have come since the last round that the cut may have what they have changed. */
  #rests(rows: number): boolean {
    if (this.#restRows === null) return false;
    this.#restRows += rows;
    return this.#restRows < AHEAD_REST_ROWS;
  }

  /** Whether there was anything to hand out. */
  #step(stepMs: number): boolean {
    const { state, cuts } = this.#parts, startMs = this.#now();
    const { steps, left } = state.drainAhead(startMs + stepMs, this.#now);
    this.#lastMs = this.#now();
    cuts.putAhead(steps, this.#lastMs - startMs);
    if (left === "ended") cuts.endAhead();
    else if (left === "little") cuts.enoughAhead();
    this.#restRows = left === "little" ? 0 : null;
    return steps.length > 0 || left === "more";
  }
}
