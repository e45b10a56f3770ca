import type { Bid } from "../events.ts";

/** The three ranks of prices: below 100 dollars, below 10,000 and from there on. */
export function ranks(bids: readonly Bid[]): Bid[][] {
  return [
    bids.filter(({ price }) => price < 10_000),
    bids.filter(({ price }) => price >= 10_000 && price < 1_000_000),
    bids.filter(({ price }) => price >= 1_000_000),
  ];
}

/** How many bids, bidders and auctions there are: of each in all, and by rank of the price. */
export function counts(bids: readonly Bid[]): number[] {
  const all = [bids, ...ranks(bids)];
  return [
    ...all.map((some) => some.length),
    ...all.map((some) => new Set(some.map(({ bidder }) => bidder)).size),
    ...all.map((some) => new Set(some.map(({ auction }) => auction)).size),
  ];
}
