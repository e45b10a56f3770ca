import type { Events } from "../events.ts";
import { groupBy, type Rows, wholeAverage } from "./result.ts";
import { bidsInTime } from "./winning.ts";

/** The average of the final prices of each category. */
export function q4(events: Events): Rows {
  const finals = [...bidsInTime(events)].map(({ auction: { category }, bids }) => ({
    category,
    final: bids.reduce((most, { price }) => Math.max(most, price), 0),
  }));
  return [...groupBy(finals, ({ category }) => category)].map(([category, all]) => {
    const sum = all.reduce((total, { final }) => total + final, 0);
    return [category, wholeAverage(sum, all.length)];
  });
}
