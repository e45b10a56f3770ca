import type { Events } from "../events.ts";
import type { Rows } from "./result.ts";

/** Every bid as it is. */
export function q0({ bids }: Events): Rows {
  return bids.map(({ auction, bidder, price, dateTime, extra }) => [auction, bidder, price, dateTime, extra]);
}
