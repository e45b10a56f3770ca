import type { Guarantee, OutputBatch, Sink } from "../sink.ts";
import type { TableKeeper } from "../store.ts";

/** A sink that is not given what it has committed already: replays of an order come to it as if they began behind that. */
export class NumberedSink implements Sink {
  readonly #sink: Sink;
  /** The last number that was committed when it was opened. */
  #committed = -1;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  get guarantee(): Guarantee {
    return this.#sink.guarantee;
  }

  get place(): unknown {
    return this.#sink.place;
  }

  get keeper(): TableKeeper | undefined {
    return this.#sink.keeper;
  }

  get trouble(): string | null {
    return this.#sink.trouble ?? null;
  }

  async check(): Promise<void> {
    await this.#sink.check?.();
  }

  async open(place?: unknown): Promise<number> {
    return this.#committed = await this.#sink.open(place);
  }

  async flush(): Promise<void> {
    await this.#sink.flush?.();
  }

  async write(output: OutputBatch): Promise<void> {
    if (output.number > this.#committed) await this.#sink.write(output);
  }

  close(): Promise<void> {
    return this.#sink.close();
  }

  giveUp(): void {
    this.#sink.giveUp?.();
  }
}
