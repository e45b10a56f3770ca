import { RdxError } from "../core/errors.ts";
import { PRODUCER_ANSWERS_MAX, PRODUCERS_MAX } from "../core/limits.ts";
import type { ProducerMark } from "../log.ts";

interface Given<Answer> {
  readonly digest: string;
  readonly answer: Answer;
}

interface Producer<Answer> {
  /** The sequence number that comes next. */
  next: number;
  /** The newest answers; the last one belongs to `next - 1`. */
  readonly given: Given<Answer>[];
}

/**
 * What one stream remembers of its producers: the number that each must send next, and its newest answers. When the
 * table is full, the producer that was silent for longest is forgotten; it begins again at 0.
 */
export class ProducerTable<Answer> {
  /** In order of last use: a Map keeps the order of insertion. */
  readonly #producers = new Map<string, Producer<Answer>>();

  constructor(
    readonly producersMax: number = PRODUCERS_MAX,
    readonly answersMax: number = PRODUCER_ANSWERS_MAX,
  ) {}

  get size(): number {
    return this.#producers.size;
  }

  /**
   * The first answer to a repetition, or null when `mark` is the next of its producer. Changes nothing but the order of use.
   * Throws RdxError("conflict") for a gap and for an answer no longer kept (both with `extra.expected`), and for other content under a used number.
   */
  repetition(mark: ProducerMark): { readonly answer: Answer } | null {
    const producer = this.#touch(mark.producer);
    const expected = producer?.next ?? 0, name = JSON.stringify(mark.producer);
    if (mark.sequence === expected) return null;
    if (!producer || !(mark.sequence < expected)) {
      throw new RdxError(
        "conflict",
        `Producer ${name} sent sequence ${mark.sequence}, but ${expected} comes next: send the batches in between first`,
        [],
        { expected },
      );
    }
    const given = producer.given[producer.given.length - (expected - mark.sequence)];
    if (!given) {
      throw new RdxError(
        "conflict",
        `Sequence ${mark.sequence} of producer ${name} was taken long ago, and its answer is no longer kept: go on at ${expected}`,
        [],
        { expected },
      );
    }
    if (given.digest !== mark.digest) {
      // No `expected`: whoever goes on there would take this batch for one that is stored.
      throw new RdxError(
        "conflict",
        `Sequence ${mark.sequence} of producer ${name} was used for other content; ${expected} comes next: do two send under one name?`,
      );
    }
    return given;
  }

  /** Notes the answer to the next batch of a producer. */
  note(mark: ProducerMark, answer: Answer): void {
    let producer = this.#touch(mark.producer);
    if (!producer) {
      if (this.#producers.size >= this.producersMax) this.#forgetOldest();
      producer = { next: 0, given: [] };
      this.#producers.set(mark.producer, producer);
    }
    producer.next = mark.sequence + 1;
    producer.given.push({ digest: mark.digest, answer });
    if (producer.given.length > this.answersMax) producer.given.shift();
  }

  #touch(name: string): Producer<Answer> | undefined {
    const producer = this.#producers.get(name);
    if (producer) {
      this.#producers.delete(name);
      this.#producers.set(name, producer);
    }
    return producer;
  }

  #forgetOldest(): void {
    for (const name of this.#producers.keys()) {
      this.#producers.delete(name);
      return;
    }
  }
}
