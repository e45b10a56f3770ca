import type { Events } from "../events.ts";
import type { Rows } from "./result.ts";

/** Every bid with its price in euros, to three places: 0.908 for a dollar. */
export function q1({ bids }: Events): Rows {
  return bids.map(({ auction, bidder, price, dateTime, extra }) => [auction, bidder, price * 908, dateTime, extra]);
}
