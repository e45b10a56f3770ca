import type { Events } from "../events.ts";
import { groupBy, type Rows } from "./result.ts";

/** Bids for auctions of category 10, with the auction. */
export function q20({ auctions, bids }: Events): Rows {
  const wanted = groupBy(auctions.filter(({ category }) => category === 10), ({ id }) => id);
  return bids.flatMap((bid) =>
    (wanted.get(bid.auction) ?? []).map((auction) => {
      const { itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra } = auction;
      return [
        ...[bid.auction, bid.bidder, bid.price, bid.channel, bid.url, bid.dateTime, bid.extra],
        ...[itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra],
      ];
    })
  );
}
