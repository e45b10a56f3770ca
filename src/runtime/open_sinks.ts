import type { Clock } from "../core/clock.ts";
import { RdxError } from "../core/errors.ts";
import { SINK_CLOSE_MS_MAX } from "../core/limits.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import type { Sink } from "../sink.ts";
import { within } from "./within.ts";

/**
 * Opens the sinks of a plan (in its order), but for those that are open already; `origins`, by their ids, are those of an earlier process. When one cannot be opened, throws why, with its
 * node, once all others have come to an end of it.
 */
export async function openSinks(
  sinks: readonly Sink[],
  plan: PhysicalPlan,
  open: readonly Sink[],
  origins: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const opened = await Promise.allSettled(sinks.map(async (sink, i) => {
    const { id } = plan.sinks[i];
    if (!open.includes(sink)) await openSink(sink, id, Object.hasOwn(origins, id) ? origins[id] : undefined);
  }));
  for (const result of opened) if (result.status === "rejected") throw result.reason;
}

async function openSink(sink: Sink, node: string, origin: unknown): Promise<void> {
  try {
    await sink.open(origin);
  } catch (thrown) {
    throw thrown instanceof RdxError ? atSink(node, thrown) : thrown;
  }
}

/** The same of the sink with this id. */
export function atSink(node: string, { code, message, details, extra }: RdxError): RdxError {
  const places = details.length > 0 ? details : [{ path: "sink", reason: message }];
  return new RdxError(code, message, places.map((place) => ({ node, ...place })), extra);
}

/** Closes sinks behind what is written before. One that hangs must not keep its pipeline from going: what it still writes, it writes alone, or gives up. */
export async function closeSinks(clock: Clock, before: Promise<void>, sinks: readonly Sink[]): Promise<void> {
  const closed = before.then(() => Promise.allSettled(sinks.map((sink) => sink.close())));
  if (await within(clock, SINK_CLOSE_MS_MAX, closed)) return;
  for (const sink of sinks) sink.giveUp?.();
}
