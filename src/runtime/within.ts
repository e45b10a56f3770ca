import type { Clock } from "../core/clock.ts";

/** Waits for `work`, at most `ms`. Resolves to whether it came to its end in time; rejects as it does. Leaves no timer behind. */
export async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  let cancel = () => {};
  const late = new Promise<boolean>((resolve) => cancel = clock.after(ms, () => resolve(false)));
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    cancel();
  }
}
