import type { Events } from "../events.ts";
import { groupBy, type Rows } from "./result.ts";

/** The last bid of each bidder for each auction; of bids at one time the one that came first. */
export function q18({ bids }: Events): Rows {
  return [...groupBy(bids, ({ auction, bidder }) => `${auction} ${bidder}`).values()].map((all) => {
    const last = all.reduce((latest, bid) => bid.dateTime > latest.dateTime ? bid : latest);
    return [last.auction, last.bidder, last.price, last.channel, last.url, last.dateTime, last.extra];
  });
}
