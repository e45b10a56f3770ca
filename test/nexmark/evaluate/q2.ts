import type { Events } from "../events.ts";
import type { Rows } from "./result.ts";

/** Bids for every 123rd auction. */
export function q2({ bids }: Events): Rows {
  return bids.filter(({ auction }) => auction % 123 === 0).map(({ auction, price }) => [auction, price]);
}
