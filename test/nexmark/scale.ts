import { NEXMARK_BASE_MS, type NexmarkOptions } from "../../src/source/nexmark.ts";

/** Events of these tests: a hundred thousand, or what RDX_NEXMARK_EVENTS says (`deno task test:nexmark`: a million). */
const EVENTS = Number(Deno.env.get("RDX_NEXMARK_EVENTS") ?? 100_000);
/** Event time that they fill: long enough for a day to end, and for many windows. */
const SECONDS = 10_000;

export const SCALE: Omit<NexmarkOptions, "table"> = {
  events: EVENTS,
  eventsPerSecond: EVENTS / SECONDS,
  seed: 7,
  baseMs: NEXMARK_BASE_MS,
};
