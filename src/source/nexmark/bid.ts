import { type LineWriter, Text } from "./line_writer.ts";
import { auctionOfBid, bidderOf, Prices } from "./numbers.ts";
import type { EventRandom } from "./random.ts";
import type { EventClock, TableWriter } from "./table.ts";
import { HOT, makeChannels, makeLetters, OTHERS } from "./words.ts";

const AUCTION = new Text('{"auction":'),
  BIDDER = new Text(',"bidder":'),
  PRICE = new Text(',"price":'),
  COMMA = new Text(",");
const TIME = new Text(',"dateTime":'), EXTRA = new Text(',"extra":"'), END = new Text('"}\n');

/** Letters of `extra`: from EXTRA_MIN on, so many different lengths. */
const EXTRA_MIN = 54, EXTRA_LENGTHS = 28;
/** One bid in so many goes through a channel that is not hot. */
const HOT_CHANNELS = 2;

/** Bids: about 244 bytes each. */
export class BidWriter implements TableWriter {
  readonly bytesMax = 384;
  readonly #random: EventRandom;
  readonly #clock: EventClock;
  readonly #prices = new Prices();
  readonly #letters = makeLetters();
  readonly #channels = makeChannels();

  constructor(random: EventRandom, clock: EventClock) {
    this.#random = random;
    this.#clock = clock;
  }

  write(line: LineWriter, event: number, epoch: number): void {
    const random = this.#random, letters = this.#letters, { text, starts } = this.#channels;
    line.text(AUCTION);
    line.number(auctionOfBid(random, epoch));
    line.text(BIDDER);
    line.number(bidderOf(random, epoch));
    line.text(PRICE);
    line.number(this.#prices.next(random));
    line.text(COMMA);
    const channel = random.below(HOT_CHANNELS) > 0 ? random.below(HOT) : HOT + random.below(OTHERS);
    line.part(text, starts[channel], starts[channel + 1]);
    line.text(TIME);
    line.number(this.#clock.timeOf(event));
    line.text(EXTRA);
    const length = EXTRA_MIN + random.below(EXTRA_LENGTHS), from = random.below(letters.length - length);
    line.part(letters, from, from + length);
    line.text(END);
  }
}
