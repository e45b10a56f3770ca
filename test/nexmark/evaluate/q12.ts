import type { Events } from "../events.ts";
import { groupBy, type Rows } from "./result.ts";

/** Bids of each bidder. The query counts them by ten seconds of the wall clock: which is when, nobody can tell before. */
export function q12({ bids }: Events): Rows {
  return [...groupBy(bids, ({ bidder }) => bidder)].map(([bidder, all]) => [bidder, all.length]);
}
