import type { Events } from "../events.ts";
import { counts } from "./counts.ts";
import { dayOf, groupBy, minuteOf, type Rows } from "./result.ts";

/** Bids, bidders and auctions of each channel and day, and the last minute of the day that had any. */
export function q16({ bids }: Events): Rows {
  return [...groupBy(bids, ({ channel, dateTime }) => `${channel} ${dayOf(dateTime)}`).values()].map((all) => {
    const last = all.map(({ dateTime }) => minuteOf(dateTime)).reduce((a, b) => a > b ? a : b);
    return [all[0].channel, dayOf(all[0].dateTime), last, ...counts(all)];
  });
}
