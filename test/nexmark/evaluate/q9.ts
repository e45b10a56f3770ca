import type { Events } from "../events.ts";
import type { Rows } from "./result.ts";
import { bidsInTime, winner } from "./winning.ts";

/** Every auction with the bid that wins it. */
export function q9(events: Events): Rows {
  return [...bidsInTime(events)].map(({ auction, bids }) => {
    const { id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra } = auction;
    const bid = winner(bids);
    return [
      ...[id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra],
      ...[bid.auction, bid.bidder, bid.price, bid.dateTime, bid.extra],
    ];
  });
}
