import type { Events } from "../events.ts";
import { counts } from "./counts.ts";
import { dayOf, groupBy, type Rows } from "./result.ts";

/** Bids, bidders and auctions of each day. */
export function q15({ bids }: Events): Rows {
  return [...groupBy(bids, ({ dateTime }) => dayOf(dateTime))].map(([day, all]) => [day, ...counts(all)]);
}
