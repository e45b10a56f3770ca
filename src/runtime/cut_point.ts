import type { FromTask } from "./protocol.ts";

/** The number behind which a checkpoint is taken: until all tasks are through with it, what they say of later ones waits. */
export class CutPoint {
  readonly number: number;
  /** Whether the tasks have come through it, or the pipeline has ended before. */
  readonly through: Promise<boolean>;
  readonly #note: () => void;
  readonly #later: FromTask[] = [];
  readonly #came: (through: boolean) => void;

  /** `note` is called when the tasks are through with it, and have been heard of nothing behind it. */
  constructor(number: number, note: () => void) {
    this.number = number;
    this.#note = note;
    ({ promise: this.through, resolve: this.#came } = Promise.withResolvers<boolean>());
  }

  /** Whether the message waits here. */
  holds(message: FromTask): boolean {
    if (message.kind === "failed" || message.number <= this.number) return false;
    this.#later.push(message);
    return true;
  }

  /** The tasks are through with it; what waited. */
  reach(): readonly FromTask[] {
    this.#note();
    this.#came(true);
    return this.#later;
  }

  /** The pipeline does nothing any more. */
  end(): void {
    this.#came(false);
  }
}
