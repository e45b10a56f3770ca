import type { Update } from "./feed.ts";

/** Rows that the picture shows. */
export const SHOWN_ROWS = 20;

export interface Shown {
  readonly key: number;
  readonly count: number;
  readonly sum: number;
}

/** The grouped table as it stands: the keys with the greatest sums, and what all keys together have. */
export interface Picture {
  readonly top: readonly Shown[];
  readonly count: number;
  readonly sum: number;
}

/** Something that keeps count and sum of the feed's values by key. */
export interface Contestant {
  /** Takes rows; resolves when it would take more. */
  update(update: Update): Promise<void> | void;
  /** A picture with everything of which it is through by now. */
  picture(): Promise<Picture> | Picture;
  close(): Promise<void> | void;
}

/** The greatest sums first, equal ones by key. */
export class Top {
  readonly #rows: Shown[] = [];

  offer(key: number, count: number, sum: number): void {
    const rows = this.#rows, last = rows[SHOWN_ROWS - 1];
    if (last && (sum < last.sum || (sum === last.sum && key > last.key))) return;
    let at = rows.length;
    while (at > 0 && (rows[at - 1].sum < sum || (rows[at - 1].sum === sum && rows[at - 1].key > key))) at--;
    rows.splice(at, 0, { key, count, sum });
    if (rows.length > SHOWN_ROWS) rows.pop();
  }

  get rows(): readonly Shown[] {
    return this.#rows;
  }
}
