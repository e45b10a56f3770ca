import { RdxError } from "../core/errors.ts";
import { StateFull } from "../operator.ts";

/** Runs what brings rows of state back into memory: where there is no room for them, the state is full. */
export function withRoom<T>(act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    if (thrown instanceof RdxError && thrown.code === "no_space") throw new StateFull(thrown.message);
    throw thrown;
  }
}
