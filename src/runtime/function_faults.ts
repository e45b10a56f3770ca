import type { Clock } from "../core/clock.ts";
import { FUNCTION_FAULT_LOG_MS } from "../core/limits.ts";
import type { FunctionFault } from "../core/user_function.ts";
import type { Logger } from "../telemetry/log.ts";

/** Tells the log of user functions that fail in one pipeline: the first time at once, then what has come together since. */
export class FunctionFaults {
  /** By function: rows that the log does not know of, and when it was told last. */
  readonly #functions = new Map<string, { rows: number; toldMs: number }>();

  constructor(readonly pipeline: string, readonly log: Logger, readonly clock: Clock) {}

  /** Takes what a task told; returns the rows. */
  take(faults: readonly FunctionFault[]): number {
    let all = 0;
    for (const { function: name, rows, reason } of faults) {
      all += rows;
      const known = this.#functions.get(name) ?? { rows: 0, toldMs: -Infinity }, nowMs = this.clock.monotonic();
      known.rows += rows;
      if (nowMs - known.toldMs >= FUNCTION_FAULT_LOG_MS) {
        const fields = { pipeline: this.pipeline, function: name, rows: known.rows, reason };
        this.log.warn("A user function failed; its rows have NULL", fields);
        [known.rows, known.toldMs] = [0, nowMs];
      }
      this.#functions.set(name, known);
    }
    return all;
  }
}
