/** Time as a platform gives it. Tests put a double in its place. */
export interface Clock {
  /** Wall clock, epoch milliseconds UTC. May jump. */
  now(): number;
  /** Monotonic milliseconds since some start. */
  monotonic(): number;
  /** Calls back once after `ms`; the returned function cancels. */
  after(ms: number, call: () => void): () => void;
  /** Resolves after `ms`. */
  soon(ms: number): Promise<void>;
}

/** The clock of the platform, in Deno, browsers and workers alike. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, call) {
    const id = setTimeout(call, ms);
    return () => clearTimeout(id);
  },
  soon: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
