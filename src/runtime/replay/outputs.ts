import type { Column } from "../../core/schema.ts";
import type { Guarantee, OutputBatch, RowRange, Sink } from "../../sink.ts";

/** Rows that a sink of a replayed plan would have been given, or that its view has in the end. */
export interface ReplayOutput {
  /** The sink's id. */
  readonly node: string;
  readonly columns: readonly Column[];
  /** Rows may take others back. */
  readonly changes: boolean;
  readonly ranges: readonly RowRange[];
}

/** Hands outputs over one by one: the next is made when the one before is taken. */
export class OutputQueue {
  #output: ReplayOutput | null = null;
  #taken: () => void = () => {};
  #came: () => void = () => {};
  #ended = false;

  put(output: ReplayOutput): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      const before = this.#taken, waits = this.#output !== null;
      const place = () => {
        this.#output = output;
        this.#taken = resolve;
        this.#came();
      };
      if (!waits) return place();
      this.#taken = () => {
        before();
        place();
      };
    });
  }

  /** Nothing comes any more, and nobody waits. */
  end(): void {
    this.#ended = true;
    this.#came();
  }

  async *all(): AsyncGenerator<ReplayOutput> {
    for (;;) {
      const output = this.#output;
      if (output) {
        const taken = this.#taken;
        this.#output = null;
        this.#taken = () => {};
        yield output;
        taken();
      } else if (this.#ended) return;
      else await new Promise<void>((resolve) => this.#came = resolve);
    }
  }
}

/** Gives what comes to a queue. */
export class QueueSink implements Sink {
  readonly guarantee: Guarantee = "at least once";
  readonly #queue: OutputQueue;
  readonly #of: Omit<ReplayOutput, "ranges">;

  constructor(queue: OutputQueue, of: Omit<ReplayOutput, "ranges">) {
    this.#queue = queue;
    this.#of = of;
  }

  open(): Promise<number> {
    return Promise.resolve(-1);
  }

  async write({ ranges, rows }: OutputBatch): Promise<void> {
    if (rows > 0) await this.#queue.put({ ...this.#of, ranges });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
