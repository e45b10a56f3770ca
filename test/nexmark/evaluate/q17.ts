import type { Events } from "../events.ts";
import { ranks } from "./counts.ts";
import { dayOf, groupBy, type Rows, wholeAverage } from "./result.ts";

/** Bids and prices of each auction and day. */
export function q17({ bids }: Events): Rows {
  return [...groupBy(bids, ({ auction, dateTime }) => `${auction} ${dayOf(dateTime)}`).values()].map((all) => {
    const prices = all.map(({ price }) => price), sum = prices.reduce((a, b) => a + b);
    const counts = [all.length, ...ranks(all).map((some) => some.length)];
    const average = wholeAverage(sum, all.length);
    return [all[0].auction, dayOf(all[0].dateTime), ...counts, Math.min(...prices), Math.max(...prices), average, sum];
  });
}
