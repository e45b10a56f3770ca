import { Text } from "./line_writer.ts";
import { EventRandom } from "./random.ts";

export const FIRST_NAMES = list("Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter");
export const LAST_NAMES = list("Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris");
export const CITIES = list("Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne");
export const STATES = list("AZ,CA,ID,OR,WA,WY");

const HOT_CHANNELS = ["Google", "Facebook", "Baidu", "Apple"];
/** Channels beside the hot ones; one in ten of them has no `channel_id` in its address. */
const CHANNELS = 10_000;
const WITHOUT_ID = 10;

/** One in so many characters of a text is a space (in an address: an underscore). */
const SPACES = 13;
const POOL_CHARS = 1 << 16;
/** Seeds of what is the same for all streams of events. */
const LETTERS_SEED = 1, WORDS_SEED = 2, CHANNELS_SEED = 3;

function list(names: string): readonly Text[] {
  return names.split(",").map((name) => new Text(name));
}

/** So many random letters, one in SPACES of which is `gap`, unless that is empty. */
function letters(random: EventRandom, length: number, gap: string): string {
  const letter = () => gap !== "" && random.below(SPACES) === 0 ? gap : String.fromCharCode(0x61 + random.below(26));
  return Array.from({ length }, letter).join("");
}

/** Letters without a space, to cut pieces from. */
export function makeLetters(): Text {
  return new Text(letters(new EventRandom(LETTERS_SEED), POOL_CHARS, ""));
}

/** Words with spaces in between, to cut pieces from. */
export function makeWords(): Text {
  return new Text(letters(new EventRandom(WORDS_SEED), POOL_CHARS, " "));
}

/** Pieces of text, one behind the other: piece `i` is characters `starts[i]` to before `starts[i + 1]`. */
export interface Pieces {
  readonly text: Text;
  readonly starts: Int32Array;
}

/** How many channels are hot: they come first. */
export const HOT = HOT_CHANNELS.length;
export const OTHERS = CHANNELS;

/** For each channel the fields `channel` and `url` of a bid, as JSON. */
export function makeChannels(): Pieces {
  const random = new EventRandom(CHANNELS_SEED);
  const word = () => letters(random, 3 + random.below(2), "_");
  const url = () => `https://www.nexmark.com/${word()}/${word()}/${word()}/item.htm?query=1`;
  const fields = [...HOT_CHANNELS, ...Array.from({ length: CHANNELS }, (_, i) => `channel-${i}`)].map((channel, i) => {
    const id = i >= HOT && random.below(WITHOUT_ID) > 0 ? `&channel_id=${random.bits() >>> 1}` : "";
    return `"channel":"${channel}","url":"${url()}${id}"`;
  });
  const starts = new Int32Array(fields.length + 1);
  fields.forEach((field, i) => starts[i + 1] = starts[i] + field.length);
  return { text: new Text(fields.join("")), starts };
}
