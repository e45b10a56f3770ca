import { FrameBuilder, FrameView } from "../../src/core/frame.ts";
import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";

/** Keys as an operator asks for them. */
export function keysOf(columns: readonly Column[], rows: readonly (readonly Value[])[]): ArrayBuffer {
  const builder = new FrameBuilder(columns);
  for (const row of rows) builder.append(row);
  return builder.finish();
}

/** The rows of an answer: the number of the key, then the columns; or the place of a key without an answer, and why. */
export function rowsOf(frames: readonly ArrayBuffer[]): Value[][] {
  return frames.flatMap((frame) => {
    const view = new FrameView(frame);
    return Array.from({ length: view.rows }, (_, row) => view.types.map((_, column) => view.value(row, column)));
  });
}

/** Never aborted. */
export const forever = new AbortController().signal;
