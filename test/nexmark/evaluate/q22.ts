import type { Events } from "../events.ts";
import type { Rows } from "./result.ts";

/** Bids with the three folders of their address. */
export function q22({ bids }: Events): Rows {
  return bids.map(({ auction, bidder, price, channel, url }) => {
    const [, , , ...folders] = url.split("/");
    return [auction, bidder, price, channel, ...folders.slice(0, 3)];
  });
}
