import { FrameBuilder } from "../../../src/core/frame.ts";
import { encodeArrow } from "../../../src/core/arrow/writer.ts";
import { DOUBLE, INT64, TIMESTAMP } from "../../../src/core/schema.ts";

/** One update of the feed: rows side by side, and the same rows as an Arrow stream. */
export interface Update {
  readonly rows: number;
  readonly keys: Int32Array;
  readonly values: Int32Array;
  /** Columns ts, key (int64) and value (double). */
  readonly arrow: Uint8Array<ArrayBuffer>;
}

/** What a grouped table of the feed is for. */
export interface Feed {
  /** Every key once, in the order of the keys: the table before the clock runs. */
  readonly load: Update;
  readonly updates: readonly Update[];
}

export interface FeedSize {
  readonly keys: number;
  readonly rows: number;
  readonly updateRows: number;
}

export const COLUMNS = [
  { name: "ts", type: TIMESTAMP, nullable: false },
  { name: "key", type: INT64, nullable: false },
  { name: "value", type: DOUBLE, nullable: false },
];

/** 2026-01-01: all rows fall into one window of a day. */
const TIME_MS = 1_767_225_600_000n;

function updateOf(keys: Int32Array, values: Int32Array): Update {
  const builder = new FrameBuilder(COLUMNS);
  for (let i = 0; i < keys.length; i++) builder.append([TIME_MS, BigInt(keys[i]), values[i]]);
  return { rows: keys.length, keys, values, arrow: encodeArrow(COLUMNS, [builder.finish()]) };
}

/** The same feed for the same size, from xorshift32 (Marsaglia, 2003). */
export function makeFeed({ keys, rows, updateRows }: FeedSize): Feed {
  let x = 2463534242;
  const next = () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
  const load = updateOf(Int32Array.from({ length: keys }, (_, key) => key), new Int32Array(keys).fill(1));
  const updates: Update[] = [];
  for (let at = 0; at < rows; at += updateRows) {
    const count = Math.min(updateRows, rows - at), some = new Int32Array(count), values = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      some[i] = next() % keys;
      values[i] = (next() >>> 8) & 0xfff;
    }
    updates.push(updateOf(some, values));
  }
  return { load, updates };
}
