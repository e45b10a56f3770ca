import type { Auction, Bid, Events } from "../events.ts";
import { groupBy } from "./result.ts";

/** Auctions that had bids while they were open, each with these in the order in which they came. */
export function* bidsInTime({ auctions, bids }: Events): Generator<{ auction: Auction; bids: Bid[] }> {
  const all = groupBy(bids, ({ auction }) => auction);
  for (const auction of auctions) {
    const inTime = (all.get(auction.id) ?? []).filter(({ dateTime }) =>
      auction.dateTime <= dateTime && dateTime <= auction.expires
    );
    if (inTime.length > 0) yield { auction, bids: inTime };
  }
}

/** The bid that wins: the highest, of equal ones the earliest, of these the one that came first. */
export function winner(bids: readonly Bid[]): Bid {
  return bids.reduce((best, bid) => {
    const better = bid.price > best.price || (bid.price === best.price && bid.dateTime < best.dateTime);
    return better ? bid : best;
  });
}
