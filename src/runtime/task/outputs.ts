import type { Batch } from "../../core/batch.ts";
import { FrameView } from "../../core/frame.ts";
import { concatRanges } from "../../core/frame_concat.ts";
import { BATCH_ROWS_MAX } from "../../core/limits.ts";
import { FrameWriter, NO_INFO } from "../../kernel/frame.ts";
import type { Kernel } from "../../kernel/module.ts";
import type { TaskOutput } from "../protocol.ts";
import { type WindowEnds, windowsOf } from "./window_rows.ts";

/** Frames of one sink with fewer rows than this on average are joined before they travel. */
const SMALL_ROWS = 128;

/** Rows on their way out of a task: what a number gives the sinks. */
export class Outputs {
  readonly #kernel: Kernel;
  readonly #writer: FrameWriter;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#writer = new FrameWriter(kernel);
  }

  /** Copies rows for a sink out of the kernel. `ends`: the windows' ends of the fired rows, where tasks have to be merged. */
  write(sink: number, batch: Batch, ends: WindowEnds | null): TaskOutput {
    if (batch.selected > BATCH_ROWS_MAX) throw new Error(`A batch of ${batch.selected} rows left an operator`);
    const windows = ends && windowsOf(this.#kernel, batch, ends);
    return { sink, frame: this.#writer.write(batch, NO_INFO), rows: batch.selected, windows };
  }
}

/** The same rows in fewer frames, where results came in many small ones; for outputs that no window orders. */
export function joinSmall(outputs: readonly TaskOutput[]): TaskOutput[] {
  return [...Map.groupBy(outputs, ({ sink }) => sink)].flatMap(([sink, all]) => {
    const rows = all.reduce((sum, output) => sum + output.rows, 0);
    if (all.length < 2 || rows >= all.length * SMALL_ROWS) return all;
    const joined: TaskOutput[] = [];
    for (let at = 0; at < all.length;) {
      let end = at, count = 0;
      while (end < all.length && (end === at || count + all[end].rows <= BATCH_ROWS_MAX)) count += all[end++].rows;
      const views = all.slice(at, end).map(({ frame, rows }) => ({ view: new FrameView(frame), start: 0, rows }));
      joined.push({ sink, frame: concatRanges(views), rows: count, windows: null });
      at = end;
    }
    return joined;
  });
}
