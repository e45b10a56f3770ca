import { KEY_GROUPS } from "../core/limits.ts";

/** The task that owns a key group: task t of T those from t × 128 / T on, rounded up, as the exchange cuts them. */
export function taskOfGroup(group: number, tasks: number): number {
  return Math.floor(group * tasks / KEY_GROUPS);
}
