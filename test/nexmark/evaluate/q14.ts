import type { Events } from "../events.ts";
import type { Rows } from "./result.ts";

/** Bids of more than one and less than fifty million euros: the time of day, and how many letters c their extra has. */
export function q14({ bids }: Events): Rows {
  return bids.filter(({ price }) => price * 908 > 1_000_000_000 && price * 908 < 50_000_000_000).map((bid) => {
    const { auction, bidder, price, dateTime, extra } = bid, hour = new Date(dateTime).getUTCHours();
    const time = hour >= 8 && hour <= 18 ? "dayTime" : hour <= 6 || hour >= 20 ? "nightTime" : "otherTime";
    return [auction, bidder, price * 908, time, dateTime, extra, extra.split("c").length - 1];
  });
}
