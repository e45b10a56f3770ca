import type { LogHold } from "../log.ts";
import type { Durable, SavedPlan } from "../store.ts";
import type { EarlierCheckpoint } from "./checkpoint/saved_run.ts";
import type { PipelineOrder } from "./pipeline_maker.ts";

/** Keeps what a source, by its id, takes of a stream. */
export interface SourceHold {
  readonly source: string;
  readonly hold: LogHold;
}

/** Counts the plans of an order: the turn of the one at `index` of those that are still needed. */
export function turnAt(plans: readonly SavedPlan[], index: number): number {
  return plans[index].turn ?? index;
}

/** An order is no longer to be done again. */
export function letGo({ holds }: PipelineOrder): void {
  for (const { hold } of holds.splice(0)) hold.close();
}

/** It is not there after a restart. */
export function removeOrder(order: PipelineOrder, durable: Durable | null | undefined): void {
  const { log, folder } = order, closed = log.close();
  letGo(order);
  if (folder !== null) void closed.finally(() => durable?.remove(folder));
}

/**
 * Keeps what checkpoints need that are there before the one that an order goes on from, since it may have to go back to them. `open`: keeps rows of a source, by its id, that the plan
 * of this turn reads and that nothing keeps yet; null: they come from no log.
 */
export function keepFor(
  { holds }: PipelineOrder,
  kept: readonly EarlierCheckpoint[],
  open: (source: string, turn: number, offset: number) => LogHold | null,
): void {
  const least = new Map<string, { readonly turn: number; readonly offset: number }>();
  for (const { turn, positions } of kept) {
    for (const [source, offset] of Object.entries(positions)) {
      if (offset < (least.get(source)?.offset ?? Infinity)) least.set(source, { turn, offset });
    }
  }
  for (const [source, { turn, offset }] of least) {
    const known = holds.filter((one) => one.source === source),
      hold = known.length > 0 ? null : open(source, turn, offset);
    for (const one of known) one.hold.move(offset);
    if (hold) holds.push({ source, hold });
  }
}

/** What lies before a checkpoint is no longer to be done again; whether plans have gone with it. */
export function letGoBefore(order: PipelineOrder, { number, turn, positions }: EarlierCheckpoint): boolean {
  const { log, holds, plans } = order, all = plans.map((plan, i) => ({ ...plan, turn: turnAt(plans, i) }));
  const needed = all.filter((plan) => plan.turn >= turn);
  log.drop?.(number);
  const isRead = (source: string) => needed.some(({ starts }) => Object.hasOwn(starts, source));
  for (const { source, hold } of holds) {
    if (Object.hasOwn(positions, source)) hold.move(positions[source]);
    else if (!isRead(source)) hold.close();
  }
  order.plans = needed;
  return needed.length < plans.length;
}
