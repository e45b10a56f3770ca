import type { Events } from "../events.ts";
import { dayOf, minuteOf, type Rows } from "./result.ts";

/** Every bid with its day and minute. */
export function q10({ bids }: Events): Rows {
  return bids.map(({ auction, bidder, price, dateTime, extra }) => {
    return [auction, bidder, price, dateTime, extra, dayOf(dateTime), minuteOf(dateTime)];
  });
}
