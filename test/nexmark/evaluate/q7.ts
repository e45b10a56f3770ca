import type { Events } from "../events.ts";
import { groupBy, type Rows } from "./result.ts";
import { windowOf } from "./windows.ts";

/** The highest bids of every ten seconds. */
export function q7({ bids }: Events): Rows {
  return [...groupBy(bids, ({ dateTime }) => windowOf(dateTime, 10_000)).values()].flatMap((all) => {
    const most = all.reduce((price, bid) => Math.max(price, bid.price), 0);
    return all.filter(({ price }) => price === most).map((bid) => {
      const { auction, bidder, price, dateTime, extra } = bid;
      return [auction, bidder, price, dateTime, extra];
    });
  });
}
