import type { OutboxBatch } from "./types.ts";

/** Bytes that a batch costs beside its body, so that many small ones are bounded too. */
export const BATCH_OVERHEAD_BYTES = 256;
/** Batches that have left before the list behind the queue is shortened. */
const HEAD_MAX = 1024;

/** Batches that wait for their verdicts, in order; those in front are sent, those behind are not. */
export class BatchQueue {
  #batches: OutboxBatch[] = [];
  #head = 0;
  #sent = 0;
  #rows = 0;
  #sentBytes = 0;

  get length(): number {
    return this.#batches.length - this.#head;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Batches that are sent and have no verdict. */
  get sent(): number {
    return this.#sent;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  get first(): OutboxBatch | undefined {
    return this.#batches[this.#head];
  }

  /** The first that is not sent. */
  get next(): OutboxBatch | undefined {
    return this.#batches[this.#head + this.#sent];
  }

  push(batch: OutboxBatch): void {
    this.#batches.push(batch);
    this.#rows += batch.rows;
  }

  /** `next` is sent. */
  advance(): void {
    this.#sentBytes += costOf(this.next!);
    this.#sent++;
  }

  /** None is sent: another connection begins. */
  rewind(): void {
    this.#sent = 0;
    this.#sentBytes = 0;
  }

  /** Takes the first away. */
  shift(): OutboxBatch {
    const batch = this.#batches[this.#head++];
    this.#rows -= batch.rows;
    if (this.#sent > 0) {
      this.#sent--;
      this.#sentBytes -= costOf(batch);
    }
    if (this.#head > HEAD_MAX && this.#head * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head);
      this.#head = 0;
    }
    return batch;
  }

  /** Gives all the numbers from 0 on and returns them; none is then sent. */
  renumber(): readonly OutboxBatch[] {
    this.rewind();
    this.#batches = this.#batches.slice(this.#head).map((batch, sequence) => ({ ...batch, sequence }));
    this.#head = 0;
    return this.#batches.slice();
  }
}

/** Bytes that a batch is counted with. */
export function costOf({ body }: Pick<OutboxBatch, "body">): number {
  return body.length + BATCH_OVERHEAD_BYTES;
}
