import { LATENCIES_MAX } from "../core/limits.ts";

/** Times from arrival to result of the newest commits: a ring that is made once. */
export class Latencies {
  readonly #ms = new Float64Array(LATENCIES_MAX);
  #count = 0;

  add(ms: number): void {
    this.#ms[this.#count++ % LATENCIES_MAX] = ms;
  }

  /** The times that half and 99 of 100 of the newest commits do not exceed (nearest rank); null before the first. */
  get quantiles(): { p50: number; p99: number } | null {
    const known = Math.min(this.#count, LATENCIES_MAX);
    if (known === 0) return null;
    const sorted = this.#ms.slice(0, known).sort(), at = (part: number) => sorted[Math.ceil(part * known) - 1];
    return { p50: at(0.5), p99: at(0.99) };
  }
}
