import type { Events } from "../events.ts";
import type { Rows } from "./result.ts";
import { windowsOf } from "./windows.ts";

/** For each window of ten seconds, one every two: the auctions with the most bids, and how many. */
export function q5({ bids }: Events): Rows {
  const windows = new Map<number, Map<number, number>>();
  for (const { auction, dateTime } of bids) {
    for (const start of windowsOf(dateTime, 10_000, 2000)) {
      let counts = windows.get(start);
      if (!counts) windows.set(start, counts = new Map());
      counts.set(auction, (counts.get(auction) ?? 0) + 1);
    }
  }
  return [...windows.values()].flatMap((counts) => {
    const most = Math.max(...counts.values());
    return [...counts].filter(([, count]) => count === most);
  });
}
