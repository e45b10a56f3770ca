import type { Batch } from "../../core/batch.ts";
import { type FrameWriter, NO_INFO } from "../../kernel/frame.ts";

/** Frames for the log, of the rows of one body, with their checksums if these are wanted. */
export class KeptFrames {
  readonly frames: ArrayBuffer[] = [];
  readonly sums: number[] = [];
  readonly #writer: FrameWriter;
  readonly #summed: boolean;

  constructor(writer: FrameWriter, summed: boolean) {
    this.#writer = writer;
    this.#summed = summed;
  }

  /** Keeps the batch's selected rows. */
  add(batch: Batch): void {
    if (batch.selected === 0) return;
    if (!this.#summed) return void this.frames.push(this.#writer.write(batch, NO_INFO));
    const { frame, sum } = this.#writer.writeSummed(batch, NO_INFO);
    this.frames.push(frame);
    this.sums.push(sum);
  }
}
