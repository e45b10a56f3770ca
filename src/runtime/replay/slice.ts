import type { Log } from "../../log.ts";

/** An end of a slice of a log: an offset, or the first row that arrived then or later (epoch ms). */
export type SlicePoint = { readonly offset: number } | { readonly arrivalMs: number };

/** The offset that a point means in a log, no less than its first and no more than its last. */
export async function offsetAt(log: Log<unknown>, point: SlicePoint): Promise<number> {
  if ("offset" in point) return Math.min(log.end, Math.max(log.start, point.offset));
  const reader = log.reader("earliest"), end = log.end;
  try {
    while (reader.position < end) {
      const record = reader.next();
      if (!record) await changed(log, () => reader.ready);
      else if (record.arrivalMs >= point.arrivalMs) return Math.min(end, record.offset);
      else reader.release(record.offset + record.rows);
    }
    return end;
  } finally {
    reader.close();
  }
}

/** Resolves when a log tells that something has changed and `holds`. */
function changed(log: Log<unknown>, holds: () => boolean): Promise<void> {
  if (holds()) return Promise.resolve();
  return new Promise((resolve) => {
    const silence = log.onChange(() => {
      if (!holds()) return;
      silence();
      resolve();
    });
  });
}
