import type { Batch } from "../../core/batch.ts";
import type { Kernel } from "../../kernel/module.ts";
import type { WindowRows } from "../protocol.ts";

/** The window's end of each row of a fired batch, selected or not, as i64. */
export type WindowEnds = BigInt64Array<ArrayBuffer>;

/** Copies the window's ends, in column `windowEnd`, out of the kernel: what follows may drop the column. */
export function windowEnds(kernel: Kernel, batch: Batch, windowEnd: number): WindowEnds {
  const { data } = batch.columns[windowEnd];
  return new BigInt64Array(kernel.bytes.buffer.slice(data, data + batch.rows * 8));
}

/** The windows that the selected rows of `batch` belong to. It has the rows of the fired batch, which are ordered by window. */
export function windowsOf(kernel: Kernel, { selection, selected }: Batch, ends: WindowEnds): WindowRows[] {
  const data = kernel.data, windows: { end: number; rows: number }[] = [];
  let last = -1;
  for (let i = 0; i < selected; i++) {
    const row = selection === 0 ? i : data.getInt32(selection + i * 4, true);
    if (last >= 0 && ends[row] === ends[last]) windows[windows.length - 1].rows++;
    else windows.push({ end: Number(ends[row]), rows: 1 });
    last = row;
  }
  return windows;
}
