import type { EventRandom } from "./random.ts";

/** Of so many events the first is a person, the next AUCTIONS are auctions, and the others bids. */
export const EPOCH_EVENTS = 50;
export const AUCTIONS = 3;
export const FIRST_BID = 1 + AUCTIONS;

/** Ids of auctions and of persons begin here, category ids there. */
export const FIRST_ID = 1000;
const FIRST_CATEGORY = 10;
const CATEGORIES = 5;

/** Of so many auctions or persons in turn one is hot: the first auction and seller, the second bidder. */
const HOT_EVERY = 100;
/** One in so many bids or auctions is about any auction, bidder or seller; the others about the hot one. */
const HOT_AUCTIONS = 2, HOT_BIDDERS = 4, HOT_SELLERS = 4;

/** Auctions that are open at a time, on average. */
const OPEN_AUCTIONS = 100;
/** Persons, the newest ones, who bid and sell. */
const ACTIVE_PERSONS = 1000;
/** Ids that are named before their event came. */
const LEADS = 10;

/** How many events pass until so many auctions began as are open at a time. */
export const AUCTION_EVENTS = Math.floor(OPEN_AUCTIONS * EPOCH_EVENTS / AUCTIONS);

/** The auction that a bid of this epoch is for. */
export function auctionOfBid(random: EventRandom, epoch: number): number {
  const last = epoch * AUCTIONS + AUCTIONS - 1;
  if (random.below(HOT_AUCTIONS) > 0) return FIRST_ID + last - last % HOT_EVERY;
  const first = Math.max(last - OPEN_AUCTIONS, 0);
  return FIRST_ID + first + random.below(last - first + 1 + LEADS);
}

export function bidderOf(random: EventRandom, epoch: number): number {
  if (random.below(HOT_BIDDERS) > 0) return FIRST_ID + epoch - epoch % HOT_EVERY + 1;
  return FIRST_ID + anyPerson(random, epoch);
}

export function sellerOf(random: EventRandom, epoch: number): number {
  if (random.below(HOT_SELLERS) > 0) return FIRST_ID + epoch - epoch % HOT_EVERY;
  return FIRST_ID + anyPerson(random, epoch);
}

function anyPerson(random: EventRandom, epoch: number): number {
  const persons = epoch + 1, active = Math.min(persons, ACTIVE_PERSONS);
  return persons - active + random.below(active + LEADS);
}

export function categoryOf(random: EventRandom): number {
  return FIRST_CATEGORY + random.below(CATEGORIES);
}

/** Digits of the random numbers that prices are made of, half for each table. */
const PRICE_BITS = 11;
const PRICE_SHIFT = 32 - 2 * PRICE_BITS;

/**
 * Prices of 100 · 10^(6 u), u even over [0, 1) in steps of 2^-22: from 100 to 10^8. The powers are made of square roots and products,
 * whose results IEEE 754 fixes; `Math.pow` may differ between machines.
 */
export class Prices {
  readonly #high = powers(10 ** 6, PRICE_BITS);
  readonly #low = powers(this.#high[1], PRICE_BITS);

  next(random: EventRandom): number {
    const bits = random.bits() >>> PRICE_SHIFT;
    return Math.round(this.#high[bits >>> PRICE_BITS] * this.#low[bits & (1 << PRICE_BITS) - 1] * 100);
  }
}

/** base^(i / 2^bits) for i from 0 to 2^bits − 1. */
function powers(base: number, bits: number): Float64Array {
  const found = new Float64Array(1 << bits).fill(1);
  for (let bit = bits - 1, root = Math.sqrt(base); bit >= 0; bit--, root = Math.sqrt(root)) {
    for (let i = 0; i < found.length; i++) if (i >> bit & 1) found[i] *= root;
  }
  return found;
}
