import assert from "node:assert/strict";
import type { OperatorState } from "../../src/core/state.ts";
import { drainSteps, type TableStep, takeSteps } from "../kernel/state_steps.ts";
import type { Task } from "./form_task.ts";

/** The state of an operator that has some. */
export function stateOf({ operator: { state } }: Task): OperatorState {
  assert.ok(typeof state === "object");
  return state;
}

/** A cut, with what rounds in front of it gave or without. */
export function drained(task: Task, whole: boolean, ahead = false): TableStep[] {
  return drainSteps(task.kernel, stateOf(task), whole, 500, ahead);
}

/** Steps that are handed out in front of a cut, while rows leave and come back; null: there are none. */
export class Rounds {
  readonly #random: () => number;
  #steps: TableStep[] | null = null;
  #whole = false;
  /** What the last one gave is not kept. */
  #left = false;
  count = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Between two batches. */
  go(task: Task): void {
    const state = stateOf(task), random = this.#random;
    if (this.#steps === null && random() < 0.5) return;
    if (this.#steps === null || random() < 0.2) {
      this.#whole = this.#steps === null ? this.#left || random() < 0.4 : this.#whole;
      state.ahead!(this.#whole && this.#steps === null);
      this.#steps ??= [];
      this.count++;
    }
    this.#steps.push(...takeSteps(task.kernel, state, 500, 1 + Math.floor(random() * 20)));
  }

  /** A cut, with what was handed out in front of it; whether it is whole. */
  cut(task: Task): readonly [whole: boolean, steps: TableStep[]] {
    const leaves = this.#steps !== null && this.#random() < 0.2, ahead = leaves ? null : this.#steps;
    this.#left ||= leaves;
    const whole = ahead ? this.#whole : this.#left || this.#random() < 0.3;
    const steps = [...ahead ?? [], ...drained(task, whole, ahead !== null)];
    [this.#steps, this.#left] = [null, false];
    return [whole, steps];
  }
}
