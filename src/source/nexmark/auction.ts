import { type LineWriter, Text } from "./line_writer.ts";
import { AUCTION_EVENTS, AUCTIONS, categoryOf, EPOCH_EVENTS, FIRST_ID, Prices, sellerOf } from "./numbers.ts";
import type { EventRandom } from "./random.ts";
import type { EventClock, TableWriter } from "./table.ts";
import { makeLetters, makeWords } from "./words.ts";

const ID = new Text('{"id":'), ITEM = new Text(',"itemName":"'), DESCRIPTION = new Text('","description":"');
const INITIAL = new Text('","initialBid":'), RESERVE = new Text(',"reserve":'), TIME = new Text(',"dateTime":');
const EXPIRES = new Text(',"expires":'), SELLER = new Text(',"seller":'), CATEGORY = new Text(',"category":');
const EXTRA = new Text(',"extra":"'), END = new Text('"}\n');

/** Characters of names and descriptions: at least so many, and less than that. */
const TEXT_MIN = 3, NAME_MAX = 20, DESCRIPTION_MAX = 100;
const SPACE = 0x20;
/** Bytes that an auction has on average in the original: `extra` fills it up, a fifth more or less. */
const AVERAGE_BYTES = 500, NUMBERS_BYTES = 48, SPREAD = 0.2;

/** Auctions: about 570 bytes each. */
export class AuctionWriter implements TableWriter {
  readonly bytesMax = 1024;
  readonly #random: EventRandom;
  readonly #clock: EventClock;
  readonly #prices = new Prices();
  readonly #letters = makeLetters();
  readonly #pool = makeWords();

  constructor(random: EventRandom, clock: EventClock) {
    this.#random = random;
    this.#clock = clock;
  }

  write(line: LineWriter, event: number, epoch: number): void {
    const random = this.#random, timeMs = this.#clock.timeOf(event);
    const seller = sellerOf(random, epoch), category = categoryOf(random), initial = this.#prices.next(random);
    const openMs = 1 + random.below(Math.max(2 * (this.#clock.timeOf(event + AUCTION_EVENTS) - timeMs), 1));
    line.text(ID);
    line.number(FIRST_ID + epoch * AUCTIONS + event % EPOCH_EVENTS - 1);
    line.text(ITEM);
    const named = this.#words(line, NAME_MAX);
    line.text(DESCRIPTION);
    const described = this.#words(line, DESCRIPTION_MAX);
    line.text(INITIAL);
    line.number(initial);
    line.text(RESERVE);
    line.number(initial + this.#prices.next(random));
    line.text(TIME);
    line.number(timeMs);
    line.text(EXPIRES);
    line.number(timeMs + openMs);
    line.text(SELLER);
    line.number(seller);
    line.text(CATEGORY);
    line.number(category);
    line.text(EXTRA);
    this.#fill(line, AVERAGE_BYTES - NUMBERS_BYTES - named - described);
    line.text(END);
  }

  /** Some words without spaces at their ends, not more than `max` − 1 characters; returns how many they are. */
  #words(line: LineWriter, max: number): number {
    const pool = this.#pool, length = TEXT_MIN + this.#random.below(max - TEXT_MIN);
    let from = this.#random.below(pool.length - length), to = from + length;
    while (from < to && pool.view.getUint8(from) === SPACE) from++;
    while (from < to && pool.view.getUint8(to - 1) === SPACE) to--;
    line.part(pool, from, to);
    return to - from;
  }

  /** Letters of about the length `average`. */
  #fill(line: LineWriter, average: number): void {
    const spread = Math.round(average * SPREAD), length = average - spread + this.#random.below(2 * spread);
    const from = this.#random.below(this.#letters.length - length);
    line.part(this.#letters, from, from + length);
  }
}
