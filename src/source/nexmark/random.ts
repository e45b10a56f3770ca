const GOLDEN = 0x9e3779b9;
const TWO_32 = 2 ** 32;

/** Mixes 32 bits so that each of the input turns about half of the output. */
function mix(z: number): number {
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}

/**
 * Random numbers that start anew at every event: SplitMix (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014)
 * with a state of 32 bits and the mixing constants of C. Wellons' "lowbias32" search. What an event is depends on the seed and
 * its number alone, so that events can be made in any order and in pieces; and since only operations are used whose result
 * ECMAScript fixes to the last bit, it is the same on every machine.
 */
export class EventRandom {
  readonly #seed: number;
  /** One cell: a field would hold a number on the heap. */
  readonly #state = new Int32Array(1);

  constructor(seed: number) {
    this.#seed = mix(seed | 0) ^ mix(Math.floor(seed / TWO_32) + GOLDEN | 0);
  }

  /** From here on, the numbers of event `number`. */
  start(number: number): void {
    const low = number | 0, high = Math.floor(number / TWO_32) | 0;
    this.#state[0] = mix(Math.imul(low, GOLDEN) ^ this.#seed) + Math.imul(high, GOLDEN) | 0;
  }

  /** A whole number from 0 to 2^32 − 1. */
  bits(): number {
    const state = this.#state[0] + GOLDEN | 0;
    this.#state[0] = state;
    return mix(state) >>> 0;
  }

  /** A whole number from 0 to `n` − 1, for `n` below 2^52. */
  below(n: number): number {
    return Math.floor(this.bits() * n / TWO_32);
  }
}
