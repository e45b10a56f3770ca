/**
 * Bid events in the shape of Nexmark (Tucker et al., "NEXMark: a benchmark for queries over data streams"), as NDJSON of
 * about 244 bytes a line: half of the bids go to a few hot auctions, bidders and channels, prices are log-uniform.
 */
export interface BidOptions {
  readonly rows: number;
  readonly seed: number;
  /** Every line has its fields in an order of its own, and each field is missing from one line in ten. */
  readonly shuffled?: boolean;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const CHANNELS = 10_000;
const HOT_CHANNELS = ["Google", "Facebook", "Baidu", "Apple"];
const START_MS = 1_700_000_000_000;
const FIRST_ID = 1000;

/** Numbers from 0 up to 1, the same for the same seed (Steele et al., SplitMix; 32 bits). */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x9e3779b9) | 0;
    let z = Math.imul(seed ^ (seed >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Makes NDJSON bids; the same bytes for the same options. */
export function makeBids({ rows, seed, shuffled = false }: BidOptions): Uint8Array<ArrayBuffer> {
  const next = random(seed), below = (n: number) => Math.floor(next() * n);
  const word = (length: number) => Array.from({ length }, () => LETTERS[below(26)]).join("");
  const url = () => `https://www.nexmark.com/${word(3 + below(3))}/${word(3 + below(3))}/${word(4)}/item.htm?query=1`;
  const hot = HOT_CHANNELS.map((channel) => [channel, url()]);
  const others = Array.from({ length: CHANNELS }, (_, i) => {
    return [`channel-${i}`, below(10) ? `${url()}&channel_id=${below(2 ** 31)}` : url()];
  });
  const filler = word(1 << 16), lines: string[] = [];
  for (let i = 0; i < rows; i++) {
    const auctions = 3 * Math.floor(i / 46) + 3, people = Math.floor(i / 46) + 1;
    const auction = below(2) ? Math.floor(auctions / 100) * 100 : Math.max(0, auctions - below(110));
    const bidder = below(4) ? Math.floor(people / 100) * 100 + 1 : Math.max(0, people - below(1000));
    const [channel, address] = below(2) ? hot[below(hot.length)] : others[below(CHANNELS)];
    const length = 57 + below(28), from = below(filler.length - length);
    let fields = [
      `"auction":${auction + FIRST_ID}`,
      `"bidder":${bidder + FIRST_ID}`,
      `"price":${Math.round(10 ** (next() * 6) * 100)}`,
    ];
    fields.push(`"channel":"${channel}"`, `"url":"${address}"`, `"dateTime":${START_MS + Math.floor(i / 10)}`);
    fields.push(`"extra":"${filler.slice(from, from + length)}"`);
    if (shuffled) fields = shuffle(fields.filter(() => below(10) !== 0), below);
    lines.push(`{${fields.join(",")}}\n`);
  }
  return new TextEncoder().encode(lines.join("")) as Uint8Array<ArrayBuffer>;
}

/** Fisher and Yates. */
function shuffle<T>(items: T[], below: (n: number) => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}
