import type { Clock } from "../core/clock.ts";
import { RdxError } from "../core/errors.ts";
import { SINK_CLOSE_MS_MAX } from "../core/limits.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import type { Sink } from "../sink.ts";
import { within } from "./within.ts";

/** A sink has numbers that its pipeline's order has lost: nothing helps but the data directory that has them, or a run of its own. */
export class SinkAhead extends RdxError {}

/** Throws what would keep the sinks of a plan from being opened, but for those that are open already, before one of them has made anything. */
export async function checkSinks(sinks: readonly Sink[], plan: PhysicalPlan, open: readonly Sink[]): Promise<void> {
  await allOf(sinks, plan, open, async (sink) => await sink.check?.());
}

/**
 * Opens the sinks of a plan (in its order), but for those that are open already; `origins`, by their ids, are those of an earlier process, whose order ends at number `last`. When one cannot be
 * opened, throws why, with its node, once all others have come to an end of it. Throws SinkAhead for one that has more than the order: what comes under its numbers now
 * would be taken for what it has.
 */
export async function openSinks(
  sinks: readonly Sink[],
  plan: PhysicalPlan,
  open: readonly Sink[],
  origins: Readonly<Record<string, unknown>> = {},
  last = Infinity,
): Promise<void> {
  await allOf(sinks, plan, open, async (sink, id) => {
    const has = await sink.open(Object.hasOwn(origins, id) ? origins[id] : undefined);
    if (has > last) throw ahead(id, has, last);
  });
}

/** Acts on each sink but those in `open`; when that fails, throws why, with the sink's node, once all others are done. */
async function allOf(
  sinks: readonly Sink[],
  plan: PhysicalPlan,
  open: readonly Sink[],
  act: (sink: Sink, node: string) => Promise<void>,
): Promise<void> {
  const all = await Promise.allSettled(sinks.map(async (sink, i) => {
    const { id } = plan.sinks[i];
    if (open.includes(sink)) return;
    try {
      await act(sink, id);
    } catch (thrown) {
      throw thrown instanceof RdxError && !(thrown instanceof SinkAhead) ? atSink(id, thrown) : thrown;
    }
  }));
  for (const result of all) if (result.status === "rejected") throw result.reason;
}

function ahead(node: string, has: number, last: number): SinkAhead {
  const reason = `It has rows up to number ${has}, and the order of its pipeline ends at ${last}: ` +
    "put the data directory back that has them, or deploy afresh";
  return new SinkAhead("conflict", `Sink ${node} is ahead: ${reason}`, [{ node, path: "sink", reason }]);
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
