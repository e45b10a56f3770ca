import type { Events } from "../events.ts";
import type { Rows } from "./result.ts";

const HOT = ["apple", "google", "facebook", "baidu"];

/** Bids whose channel has a number, by its name or in the address. */
export function q21({ bids }: Events): Rows {
  return bids.flatMap(({ auction, bidder, price, channel, url }) => {
    const hot = HOT.indexOf(channel.toLowerCase()), [, inUrl] = /(?:&|^)channel_id=([^&]*)/.exec(url) ?? [];
    const id = hot >= 0 ? String(hot) : inUrl;
    return id === undefined ? [] : [[auction, bidder, price, channel, id]];
  });
}
