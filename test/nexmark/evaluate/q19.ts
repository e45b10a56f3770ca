import type { Events } from "../events.ts";
import { groupBy, type Rows } from "./result.ts";

/** The ten highest bids for each auction, with their places; of equal ones the one that came first. */
export function q19({ bids }: Events): Rows {
  return [...groupBy(bids, ({ auction }) => auction).values()].flatMap((all) =>
    all.toSorted((a, b) => b.price - a.price).slice(0, 10).map((bid, i) => {
      const { auction, bidder, price, channel, url, dateTime, extra } = bid;
      return [auction, bidder, price, channel, url, dateTime, extra, i + 1];
    })
  );
}
