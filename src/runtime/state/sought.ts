import type { LookAnswer, LookStep } from "../protocol.ts";

/** Asks a task, which goes on with its rows between the steps of a look, until it has an answer. */
export async function sought(ask: (begins: boolean) => LookStep | Promise<LookStep>): Promise<LookAnswer | null> {
  for (let begins = true;; begins = false) {
    const step = await ask(begins);
    if (step !== "seeking") return step;
  }
}
