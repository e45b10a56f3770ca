import { RdxError } from "../core/errors.ts";
import { PRODUCER_ANSWERS_MAX, PRODUCERS_MAX } from "../core/limits.ts";
import type { ProducerMark } from "../log.ts";

interface Given<Answer> {
  readonly sequence: number;
  readonly digest: string;
  readonly answer: Answer;
  /** Resolves when the answer may be given again; null: it may. */
  stored: Promise<unknown> | null;
}

interface Producer<Answer> {
  /** The sequence number that comes next. */
  next: number;
  epoch: number;
  /** The epoch that is written down. */
  storedEpoch: number;
  /** The newest answers; the last one belongs to the newest number. */
  readonly given: Given<Answer>[];
}

/** A producer as it is written down. */
export type SavedProducer<Answer> = readonly [
  name: string,
  epoch: number,
  next: number,
  given: readonly (readonly [digest: string, answer: Answer])[],
];

/**
 * What one stream remembers of its producers: the number that each must send next, its epoch, and its newest answers. When the
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

  /** The last number of a producer, −1 for one that is not known. */
  lastOf(name: string): number {
    return (this.#producers.get(name)?.next ?? 0) - 1;
  }

  /**
   * The first answer to a repetition, or null when `mark` is the next of its producer. Changes nothing but the order of use.
   * Throws RdxError("conflict") for a gap and for an answer no longer kept (both with `extra.expected`), for other content under a used number, and for an
   * epoch that is not the producer's (`extra.epoch`).
   */
  repetition(mark: ProducerMark): { readonly answer: Answer; readonly stored: Promise<unknown> | null } | null {
    const producer = this.#touch(mark.producer);
    const expected = producer?.next ?? 0, name = JSON.stringify(mark.producer);
    if (producer) checkEpoch(mark, producer.epoch);
    if (mark.sequence === expected) return null;
    if (mark.sparse) return mark.sequence > expected ? null : producer!.given.at(-1)!;
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

  /** Notes the answer to the next batch of a producer, which may be given again when `stored` has resolved. */
  note(
    { producer: name, sequence, digest }: ProducerMark,
    answer: Answer,
    stored: Promise<unknown> | null = null,
  ): void {
    const producer = this.#touch(name) ?? this.#add(name);
    producer.next = sequence + 1;
    producer.given.push({ sequence, digest, answer, stored });
    // What is not stored yet may be taken back, and then those before it are the newest again.
    while (producer.given.length > this.answersMax && producer.given[0].stored === null) producer.given.shift();
  }

  /** The oldest answer of a producer that was not stored is. */
  stored(name: string): void {
    const given = this.#producers.get(name)?.given ?? [], first = given.find(({ stored }) => stored !== null);
    if (first) first.stored = null;
    while (given.length > this.answersMax && given[0].stored === null) given.shift();
  }

  /** Takes back the newest answer, which was not stored; `before`: the number that came next then. */
  undo(name: string, before: number): void {
    const producer = this.#producers.get(name);
    if (!producer || producer.given.pop() === undefined) return;
    producer.next = before;
    if (producer.given.length === 0 && before === 0 && producer.epoch === 0) this.#producers.delete(name);
  }

  /** The number that comes next. */
  next(name: string): number {
    return this.#producers.get(name)?.next ?? 0;
  }

  /** Begins another epoch, and gives it; it counts as written down when `epochStored` says so. */
  hello(name: string): number {
    const producer = this.#touch(name) ?? this.#add(name);
    return ++producer.epoch;
  }

  /** An epoch is written down, now or by an earlier process. */
  epochStored(name: string, epoch: number): void {
    const producer = this.#touch(name) ?? this.#add(name);
    producer.epoch = Math.max(producer.epoch, epoch);
    producer.storedEpoch = Math.max(producer.storedEpoch, epoch);
  }

  /** Takes what an earlier process has noted, again or not. */
  restore(mark: ProducerMark, answer: Answer): void {
    if (mark.sequence >= this.next(mark.producer)) this.note(mark, answer);
  }

  /** All that is stored, the producer that was silent for longest first. */
  save(): SavedProducer<Answer>[] {
    return [...this.#producers].map(([name, { next, storedEpoch, given }]) => {
      const kept = given.filter(({ stored }) => stored === null);
      const comes = given.find(({ stored }) => stored !== null)?.sequence ?? next;
      return [name, storedEpoch, comes, kept.map(({ digest, answer }) => [digest, answer])];
    });
  }

  /** Takes what `save` gave. */
  load(saved: readonly SavedProducer<Answer>[]): void {
    for (const [name, epoch, next, given] of saved) {
      const first = next - given.length;
      const all = given.map(([digest, answer], i) => ({ sequence: first + i, digest, answer, stored: null }));
      this.#producers.set(name, { next, epoch, storedEpoch: epoch, given: all });
    }
  }

  #add(name: string): Producer<Answer> {
    if (this.#producers.size >= this.producersMax) this.#forgetOldest();
    const producer = { next: 0, epoch: 0, storedEpoch: 0, given: [] };
    this.#producers.set(name, producer);
    return producer;
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

function checkEpoch({ producer, epoch = 0 }: ProducerMark, current: number): void {
  if (epoch === current) return;
  const name = JSON.stringify(producer);
  throw new RdxError(
    "conflict",
    epoch < current
      ? `Producer ${name} is in epoch ${current} since another said hello, and this is epoch ${epoch}: stop, or say hello`
      : `Producer ${name} is in epoch ${current}, not ${epoch}: say hello first`,
    [],
    { epoch: current },
  );
}
