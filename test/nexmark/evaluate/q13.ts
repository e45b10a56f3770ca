import { SIDE_KEYS, sideValue } from "../../../examples/nexmark/side_input.ts";
import type { Events } from "../events.ts";
import type { Rows } from "./result.ts";

/** Every bid with what the side input says of its auction. */
export function q13({ bids }: Events): Rows {
  return bids.map(({ auction, bidder, price, dateTime }) => {
    return [auction, bidder, price, dateTime, sideValue(auction % SIDE_KEYS)];
  });
}
