import { SourceClock } from "../core/watermark.ts";
import type { PhysicalSource } from "../plan/physical.ts";

/** How far the watermark stays behind times of arrival: what arrives in the same millisecond must not be late. */
const ARRIVAL_DELAY_MS = 1;

/** The event time of a source, which goes on from `watermark` (−Infinity at first). */
export function sourceClock({ time, delayMs }: PhysicalSource, watermark: number): SourceClock {
  return new SourceClock(time < 0 ? Math.max(ARRIVAL_DELAY_MS, delayMs) : delayMs, watermark);
}
