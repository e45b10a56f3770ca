import { CUT_WAITING_BYTES_MAX } from "../../core/limits.ts";
import { frameBytes } from "../../core/frame_info.ts";
import type { CheckpointWriter, SavedStep } from "../../store.ts";
import type { SpareShelf } from "../spare_frames.ts";

/** What is on its way into a checkpoint: hands steps over to its writer one by one, and tells when too much waits. */
export class CheckpointFeed {
  readonly #writer: Promise<CheckpointWriter>;
  readonly #spare: SpareShelf | null;
  #adding: Promise<void> = Promise.resolve();
  #waitingBytes = 0;
  #bytes = 0;
  #failure: { readonly thrown: unknown } | null = null;
  #room: (() => void)[] = [];

  /** `spare`: where buffers go that nobody reads any more. */
  constructor(writer: Promise<CheckpointWriter>, spare: SpareShelf | null = null) {
    this.#writer = writer;
    this.#spare = spare;
    writer.catch(() => {}); // told where it is waited for
  }

  /** Of all rows that it was given. */
  get bytes(): number {
    return this.#bytes;
  }

  put(step: SavedStep): void {
    const bytes = "frame" in step ? frameBytes(step.frame) : 0;
    this.#bytes += bytes;
    this.#waitingBytes += bytes;
    this.#adding = this.#adding.then(async () => {
      try {
        if (!this.#failure) await this.#add(step);
      } catch (thrown) {
        this.#failure ??= { thrown };
      }
      this.#waitingBytes -= bytes;
      for (const call of this.#room.splice(0)) call();
    });
  }

  async #add(step: SavedStep): Promise<void> {
    const writer = await this.#writer;
    await writer.add(step);
    this.spend(writer);
  }

  /** Buffers that the writer does not need any more are spare. */
  spend(writer: CheckpointWriter): void {
    this.#spare?.put(writer.spent?.() ?? []);
  }

  /** Resolves when more can be given. Throws what the writer has thrown. */
  async room(): Promise<void> {
    while (!this.#failure && this.#waitingBytes > CUT_WAITING_BYTES_MAX) {
      await new Promise<void>((resolve) => this.#room.push(resolve));
    }
    if (this.#failure) throw this.#failure.thrown;
  }

  /** Resolves to the writer when it has everything. Throws what it has thrown. */
  async written(): Promise<CheckpointWriter> {
    await this.#adding;
    if (this.#failure) throw this.#failure.thrown;
    return await this.#writer;
  }

  /** Leaves it all. */
  async abandon(): Promise<void> {
    this.#failure ??= { thrown: null };
    await this.#adding;
    await this.#writer.then((writer) => writer.abandon()).catch(() => {});
  }
}
