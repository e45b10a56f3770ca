import { RdxError } from "../../core/errors.ts";
import type { Pipeline } from "../pipeline.ts";
import type { ReplayedRows } from "../service.ts";
import { viewBehind } from "../views.ts";
import type { OutputQueue, ReplayOutput } from "./outputs.ts";

/** A replay that is ready to begin. */
export class ReplayRun implements ReplayedRows {
  readonly #pipeline: Pipeline;
  readonly #queue: OutputQueue;
  /** The number that it ends behind; null: at the end of its inputs. */
  readonly #last: number | null;
  readonly #close: () => Promise<void>;
  #closing: Promise<void> | null = null;

  constructor(pipeline: Pipeline, queue: OutputQueue, last: number | null, close: () => Promise<void>) {
    this.#pipeline = pipeline;
    this.#queue = queue;
    this.#last = last;
    this.#close = close;
  }

  async *outputs(): AsyncGenerator<ReplayOutput> {
    const pipeline = this.#pipeline;
    try {
      pipeline.start();
      const over = this.#last === null ? pipeline.settled() : pipeline.reached(this.#last);
      void over.then(() => this.#queue.end());
      yield* this.#queue.all();
      await over;
      if (pipeline.reason !== null) {
        throw new RdxError("conflict", `The replay is ${pipeline.state}: ${pipeline.reason}`);
      }
      for (const [i, { id: node, columns }] of pipeline.plan.sinks.entries()) {
        const ranges = viewBehind(pipeline.sinks[i])?.all();
        if (ranges) yield { node, columns, changes: false, ranges };
      }
    } finally {
      await this.close();
    }
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }
}
