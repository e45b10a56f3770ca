import { type LineWriter, Text } from "./line_writer.ts";
import { FIRST_ID } from "./numbers.ts";
import type { EventRandom } from "./random.ts";
import type { EventClock, TableWriter } from "./table.ts";
import { CITIES, FIRST_NAMES, LAST_NAMES, makeLetters, STATES } from "./words.ts";

const ID = new Text('{"id":'),
  NAME = new Text(',"name":"'),
  SPACE = new Text(" "),
  MAIL = new Text('","emailAddress":"');
const AT = new Text("@"), COM = new Text(".com"), CARD = new Text('","creditCard":"'), CITY = new Text('","city":"');
const STATE = new Text('","state":"'),
  TIME = new Text('","dateTime":'),
  EXTRA = new Text(',"extra":"'),
  END = new Text('"}\n');

/** Letters in front of and behind the @: at least so many, and less than that. */
const LETTERS_MIN = 3, MAILBOX_MAX = 7, HOST_MAX = 5;
const CARD_GROUPS = 4, CARD_DIGITS = 4;
/** Bytes that a person has on average in the original: `extra` fills it up, a fifth more or less. */
const AVERAGE_BYTES = 200, ID_BYTES = 8, SPREAD = 0.2;

/** Persons: about 290 bytes each. */
export class PersonWriter implements TableWriter {
  readonly bytesMax = 512;
  readonly #random: EventRandom;
  readonly #clock: EventClock;
  readonly #letters = makeLetters();

  constructor(random: EventRandom, clock: EventClock) {
    this.#random = random;
    this.#clock = clock;
  }

  write(line: LineWriter, event: number, epoch: number): void {
    const random = this.#random;
    let used = ID_BYTES + CARD_GROUPS * CARD_DIGITS + CARD_GROUPS - 1 + AT.length + COM.length + SPACE.length;
    line.text(ID);
    line.number(FIRST_ID + epoch);
    line.text(NAME);
    used += this.#one(line, FIRST_NAMES);
    line.text(SPACE);
    used += this.#one(line, LAST_NAMES);
    line.text(MAIL);
    used += this.#some(line, LETTERS_MIN + random.below(MAILBOX_MAX - LETTERS_MIN));
    line.text(AT);
    used += this.#some(line, LETTERS_MIN + random.below(HOST_MAX - LETTERS_MIN));
    line.text(COM);
    line.text(CARD);
    for (let group = 0; group < CARD_GROUPS; group++) {
      if (group > 0) line.text(SPACE);
      line.padded(random.below(10 ** CARD_DIGITS), CARD_DIGITS);
    }
    line.text(CITY);
    used += this.#one(line, CITIES);
    line.text(STATE);
    used += this.#one(line, STATES);
    line.text(TIME);
    line.number(this.#clock.timeOf(event));
    line.text(EXTRA);
    const average = AVERAGE_BYTES - used, spread = Math.round(average * SPREAD);
    this.#some(line, average - spread + random.below(2 * spread));
    line.text(END);
  }

  #one(line: LineWriter, names: readonly Text[]): number {
    const name = names[this.#random.below(names.length)];
    line.text(name);
    return name.length;
  }

  #some(line: LineWriter, length: number): number {
    const from = this.#random.below(this.#letters.length - length);
    line.part(this.#letters, from, from + length);
    return length;
  }
}
