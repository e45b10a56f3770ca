import type { LogHold } from "../log.ts";
import type { SavedPlan } from "../store.ts";
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
