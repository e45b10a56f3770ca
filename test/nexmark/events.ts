import { Buffer } from "node:buffer";
import { nexmarkLines, type NexmarkOptions, openNexmark } from "../../src/source/nexmark.ts";

/** Rows as JSON has them. Times are epoch milliseconds. */
export interface Person {
  readonly id: number;
  readonly name: string;
  readonly emailAddress: string;
  readonly creditCard: string;
  readonly city: string;
  readonly state: string;
  readonly dateTime: number;
  readonly extra: string;
}

export interface Auction {
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  readonly initialBid: number;
  readonly reserve: number;
  readonly dateTime: number;
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}

export interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly dateTime: number;
  readonly extra: string;
}

/** A whole stream; each table in the order of its events. */
export interface Events {
  readonly persons: readonly Person[];
  readonly auctions: readonly Auction[];
  readonly bids: readonly Bid[];
}

/** A table as NDJSON. */
export function tableBytes(options: NexmarkOptions): Uint8Array<ArrayBuffer> {
  const source = openNexmark(options), lines = nexmarkLines(options), pieces: Uint8Array[] = [];
  for (let range = source.next(); range; range = source.next()) {
    const target = new Uint8Array(lines.bytesMax(range));
    pieces.push(target.slice(0, lines.make(range, target)));
  }
  return new Uint8Array(Buffer.concat(pieces));
}

function rowsOf<Row>(options: NexmarkOptions): Row[] {
  const lines = new TextDecoder().decode(tableBytes(options)).split("\n");
  lines.pop();
  return lines.map((line) => JSON.parse(line) as Row);
}

/** All events of the stream as objects. */
export function eventsOf(options: Omit<NexmarkOptions, "table">): Events {
  return {
    persons: rowsOf({ ...options, table: "person" }),
    auctions: rowsOf({ ...options, table: "auction" }),
    bids: rowsOf({ ...options, table: "bid" }),
  };
}
