import type { Events } from "../events.ts";
import { groupBy, type Rows } from "./result.ts";

const GAP_MS = 10_000;

/** For each bidder the times in which no more than ten seconds passed between two bids, and how many bids they made. */
export function q11({ bids }: Events): Rows {
  return [...groupBy(bids, ({ bidder }) => bidder)].flatMap(([bidder, all]) => {
    const times = all.map(({ dateTime }) => dateTime).sort((a, b) => a - b), sessions: Rows = [];
    for (let first = 0, i = 0; i < times.length; i++) {
      if (i + 1 < times.length && times[i + 1] - times[i] <= GAP_MS) continue;
      sessions.push([bidder, i + 1 - first, times[first], times[i] + GAP_MS]);
      first = i + 1;
    }
    return sessions;
  });
}
