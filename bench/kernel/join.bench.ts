/**
 * Auction ⋈ bid as in Nexmark: 3 auctions and 46 bids of each 50 events, joined on the auction's id, against a plain JS Map
 * join of the same rows.
 *
 *   deno run -A scripts/build.ts && deno bench -A bench/kernel/join.bench.ts
 *
 * Rows lie in kernel memory in batches, as a decoder leaves them; the clock runs from there until every pair lies in columns
 * (all 17 of them) and has been read. The Map joins have their rows as objects already and keep references to them. One makes a
 * pair of references of each match, which is as little as can be done, the other a row with the 17 fields. All answer with the
 * number of pairs and sums over a column of each side.
 */
import type { Batch, Vector } from "../../src/core/batch.ts";
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { type DataType, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { Join, type JoinSpec } from "../../src/kernel/join.ts";
import { Kernel } from "../../src/kernel/module.ts";
import { benchOnce, compare, type Contestant } from "../lib/compare.ts";

const EVENTS = 1_000_000;
/** Events of one chunk of each source together. */
const CHUNK_EVENTS = 8000;

const AUCTION: readonly DataType[] = [INT64, STRING, STRING, INT64, INT64, TIMESTAMP, TIMESTAMP, INT64, INT64, STRING];
const BID: readonly DataType[] = [INT64, INT64, INT64, STRING, STRING, TIMESTAMP, STRING];
const [CATEGORY, PRICE] = [8, 2];

interface Auction {
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  readonly initialBid: number;
  readonly reserve: number;
  readonly at: number;
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}

interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly at: number;
  readonly extra: string;
}

/** Lengths of strings as they are in Nexmark. */
const TEXT = { itemName: 15, description: 60, auctionExtra: 80, channel: 8, url: 54, bidExtra: 70 };
const text = (length: number) => "x".repeat(length);
const AUCTION_TEXTS = {
  itemName: text(TEXT.itemName),
  description: text(TEXT.description),
  extra: text(TEXT.auctionExtra),
};
const BID_TEXTS = { channel: text(TEXT.channel), url: text(TEXT.url), extra: text(TEXT.bidExtra) };

interface Chunk {
  readonly auctions: readonly Auction[];
  readonly bids: readonly Bid[];
}

interface Answer {
  pairs: number;
  prices: number;
  categories: number;
}

/** SplitMix (Steele et al.), 32 bits. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x9e3779b9) | 0;
    let z = Math.imul(seed ^ (seed >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Half of the bids go to a hot auction, the others to one of the last 110. */
function makeChunks(events: number): Chunk[] {
  const next = random(7), below = (n: number) => Math.floor(next() * n), chunks: Chunk[] = [];
  for (let first = 0; first < events; first += CHUNK_EVENTS) {
    const auctions: Auction[] = [], bids: Bid[] = [];
    for (let i = first; i < Math.min(events, first + CHUNK_EVENTS); i++) {
      const known = 3 * Math.floor(i / 50) + 3, at = 1_700_000_000_000 + Math.floor(i / 10);
      if (i % 50 < 1) continue;
      if (i % 50 < 4) {
        const id = known - 4 + i % 50, category = 10 + below(5), seller = below(1000);
        const prices = { initialBid: 100, reserve: 200, expires: at + 10_000 };
        auctions.push({ id, category, seller, at, ...prices, ...AUCTION_TEXTS });
      } else {
        const auction = below(2) ? Math.floor(known / 100) * 100 : Math.max(0, known - 1 - below(110));
        bids.push({ auction, bidder: below(1000), price: below(1_000_000), at, ...BID_TEXTS });
      }
    }
    chunks.push({ auctions, bids });
  }
  return chunks;
}

/** Columns in kernel memory that stays; strings of `length` bytes lie side by side. */
class Columns {
  constructor(readonly kernel: Kernel) {}

  numbers(type: DataType, values: readonly number[]): Vector {
    const data = this.kernel.alloc(values.length * 8 + 512);
    values.forEach((value, i) => this.kernel.data.setBigInt64(data + i * 8, BigInt(value), true));
    return { type, data, validity: 0 };
  }

  texts(rows: number, length: number): Vector {
    const chars = this.kernel.alloc(rows * length + 16), data = this.kernel.alloc(rows * 8 + 512);
    this.kernel.bytes.fill(120, chars, chars + rows * length);
    for (let i = 0; i < rows; i++) {
      this.kernel.data.setUint32(data + i * 8, chars + i * length, true);
      this.kernel.data.setUint32(data + i * 8 + 4, length, true);
    }
    return { type: STRING, data, validity: 0 };
  }

  batch(rows: number, columns: readonly Vector[]): Batch {
    return { rows, columns, selection: 0, selected: rows, kinds: 0 };
  }

  auctions(rows: readonly Auction[]): Batch {
    const n = rows.length, times = rows.map(({ at }) => at);
    return this.batch(n, [
      this.numbers(INT64, rows.map(({ id }) => id)),
      this.texts(n, TEXT.itemName),
      this.texts(n, TEXT.description),
      this.numbers(INT64, rows.map(({ initialBid }) => initialBid)),
      this.numbers(INT64, rows.map(({ reserve }) => reserve)),
      this.numbers(TIMESTAMP, times),
      this.numbers(TIMESTAMP, rows.map(({ expires }) => expires)),
      this.numbers(INT64, rows.map(({ seller }) => seller)),
      this.numbers(INT64, rows.map(({ category }) => category)),
      this.texts(n, TEXT.auctionExtra),
    ]);
  }

  bids(rows: readonly Bid[]): Batch {
    const n = rows.length;
    return this.batch(n, [
      this.numbers(INT64, rows.map(({ auction }) => auction)),
      this.numbers(INT64, rows.map(({ bidder }) => bidder)),
      this.numbers(INT64, rows.map(({ price }) => price)),
      this.texts(n, TEXT.channel),
      this.texts(n, TEXT.url),
      this.numbers(TIMESTAMP, rows.map(({ at }) => at)),
      this.texts(n, TEXT.bidExtra),
    ]);
  }
}

const SPEC: JoinSpec = {
  type: "inner",
  mode: { mode: "regular", ttlMs: 0 },
  left: AUCTION,
  right: BID,
  leftKeys: [0],
  rightKeys: [0],
  where: null,
  nullAware: false,
  leftChanges: false,
  rightChanges: false,
  leftUnique: true,
  rightUnique: false,
};

const dist = new URL("../../dist/", import.meta.url);
const AT_ONCE = { running: 0, before: -Infinity, delayMs: 0, others: Infinity };

function ours(chunks: readonly Chunk[]): Contestant<Answer> {
  const room = Deno.env.get("RDX_KERNEL_ROOM") ?? "kernel";
  const compiled = (name: string) => new WebAssembly.Module(Deno.readFileSync(new URL(`${name}.wasm`, dist)));
  const kernel = new Kernel(compiled(room));
  kernel.extend("operators", compiled("operators"));
  const columns = new Columns(kernel);
  const batches = chunks.map(({ auctions, bids }) => [columns.auctions(auctions), columns.bids(bids)]);
  const run = () => {
    const start = performance.now(), join = new Join(kernel, SPEC), answer = { pairs: 0, prices: 0, categories: 0 };
    for (const inputs of batches) {
      for (const [input, batch] of inputs.entries()) {
        join.push(batch, input, AT_ONCE);
        for (let mark = kernel.mark(), out = join.pull(BATCH_ROWS_MAX); out; out = join.pull(BATCH_ROWS_MAX)) {
          const words = new Uint32Array(kernel.bytes.buffer);
          const category = out.columns[CATEGORY].data >> 2, price = out.columns[AUCTION.length + PRICE].data >> 2;
          for (let row = 0; row < out.rows; row++) {
            answer.categories += words[category + row * 2];
            answer.prices += words[price + row * 2];
          }
          answer.pairs += out.rows;
          kernel.release(mark);
        }
        kernel.reset();
      }
    }
    const seconds = (performance.now() - start) / 1000;
    join.close();
    return { answer, seconds };
  };
  return { name: "rdx", run };
}

/** All fields of both, under the names that a query would give them. */
function rowOf(auction: Auction, bid: Bid) {
  return {
    id: auction.id,
    itemName: auction.itemName,
    description: auction.description,
    initialBid: auction.initialBid,
    reserve: auction.reserve,
    opened: auction.at,
    expires: auction.expires,
    seller: auction.seller,
    category: auction.category,
    extra: auction.extra,
    auction: bid.auction,
    bidder: bid.bidder,
    price: bid.price,
    channel: bid.channel,
    url: bid.url,
    at: bid.at,
    bidExtra: bid.extra,
  };
}

/** Joins by two Maps of lists; `make` is what a match becomes, `read` takes those of a chunk. */
function mapJoin<Out>(
  chunks: readonly Chunk[],
  make: (auction: Auction, bid: Bid) => Out,
  read: (out: readonly Out[]) => void,
): void {
  const auctionsOf = new Map<number, Auction[]>(), bidsOf = new Map<number, Bid[]>();
  const keep = <T>(map: Map<number, T[]>, key: number, row: T) => {
    const rows = map.get(key);
    if (rows) rows.push(row);
    else map.set(key, [row]);
  };
  for (const { auctions, bids } of chunks) {
    const out: Out[] = [];
    for (const auction of auctions) {
      keep(auctionsOf, auction.id, auction);
      for (const bid of bidsOf.get(auction.id) ?? []) out.push(make(auction, bid));
    }
    for (const bid of bids) {
      keep(bidsOf, bid.auction, bid);
      for (const auction of auctionsOf.get(bid.auction) ?? []) out.push(make(auction, bid));
    }
    read(out);
  }
}

function mapOfPairs(chunks: readonly Chunk[]): Contestant<Answer> {
  const run = () => {
    const start = performance.now(), answer = { pairs: 0, prices: 0, categories: 0 };
    mapJoin(chunks, (auction, bid) => [auction, bid] as const, (pairs) => {
      answer.pairs += pairs.length;
      for (const [{ category }, { price }] of pairs) {
        answer.categories += category;
        answer.prices += price;
      }
    });
    return { answer, seconds: (performance.now() - start) / 1000 };
  };
  return { name: "JS Map, pairs of references", run };
}

function mapOfRows(chunks: readonly Chunk[]): Contestant<Answer> {
  const run = () => {
    const start = performance.now(), answer = { pairs: 0, prices: 0, categories: 0 };
    mapJoin(chunks, rowOf, (rows) => {
      answer.pairs += rows.length;
      for (const { category, price } of rows) {
        answer.categories += category;
        answer.prices += price;
      }
    });
    return { answer, seconds: (performance.now() - start) / 1000 };
  };
  return { name: "JS Map, rows of 17 fields", run };
}

benchOnce("auction ⋈ bid", async () => {
  const chunks = makeChunks(EVENTS),
    rows = chunks.reduce((sum, { auctions, bids }) => sum + auctions.length + bids.length, 0);
  await compare({
    title: `auction ⋈ bid, ${rows} rows, all columns out`,
    events: rows,
    ours: ours(chunks),
    rivals: [mapOfPairs(chunks), mapOfRows(chunks)],
    rounds: 5,
  });
});
