import { FrameView } from "../core/frame.ts";
import { concatRanges } from "../core/frame_concat.ts";
import { BATCH_ROWS_MAX } from "../core/limits.ts";
import { type KeyCells, keyCells } from "./key_order.ts";

/** Frames with fewer rows are joined. */
const SMALL_ROWS = 64;
/** So many frames that are small, or less than half in use, are made into few. */
const SPARSE_FRAMES = 64;

/** A frame of which some rows are in use. */
export class StoredFrame {
  readonly frame: ArrayBuffer;
  readonly view: FrameView;
  /** By row the entry of the table that it belongs to, −1 for none. */
  readonly entries: Int32Array<ArrayBuffer>;
  /** Rows that belong to an entry. */
  used = 0;
  readonly #cells: (KeyCells | undefined)[] = [];

  constructor(frame: ArrayBuffer, view: FrameView) {
    this.frame = frame;
    this.view = view;
    this.entries = new Int32Array(view.rows).fill(-1);
  }

  /** A column whose values can be compared with those of the same column in another frame. */
  cells(column: number): KeyCells {
    return this.#cells[column] ??= keyCells(this.view, column);
  }
}

/** Whether two rows have equal values in some columns. */
export function equalRows(
  columns: readonly number[],
  a: StoredFrame,
  rowA: number,
  b: StoredFrame,
  rowB: number,
): boolean {
  for (const column of columns) if (a.cells(column).compare(rowA, b.cells(column), rowB) !== 0) return false;
  return true;
}

/** Tells where a row is now. */
export type RowMoved = (entry: number, to: StoredFrame, row: number) => void;

/**
 * The frames of a table's rows. Rows stay where they came; frames that are small, or mostly not in use any more, are copied
 * together a few at a time, so that every row that comes pays for a bounded number of copies.
 */
export class TableStore {
  readonly frames = new Set<StoredFrame>();
  readonly #sparse = new Set<StoredFrame>();
  readonly #moved: RowMoved;

  constructor(moved: RowMoved) {
    this.#moved = moved;
  }

  add(frame: ArrayBuffer, view: FrameView): StoredFrame {
    const stored = new StoredFrame(frame, view);
    this.frames.add(stored);
    return stored;
  }

  /** The row belongs to the entry. */
  attach(stored: StoredFrame, row: number, entry: number): void {
    stored.entries[row] = entry;
    stored.used++;
  }

  /** The row belongs to none. */
  detach(stored: StoredFrame, row: number): void {
    stored.entries[row] = -1;
    stored.used--;
  }

  /** Lets go of frames among these that are not in use, and joins some of those that hardly are. */
  settle(changed: Iterable<StoredFrame>): void {
    for (const stored of changed) {
      const { used, view } = stored;
      if (used === 0) this.#drop(stored);
      else if (view.rows < SMALL_ROWS || used * 2 < view.rows) this.#sparse.add(stored);
    }
    if (this.#sparse.size >= SPARSE_FRAMES) this.#join();
  }

  #drop(stored: StoredFrame): void {
    this.frames.delete(stored);
    this.#sparse.delete(stored);
  }

  #join(): void {
    const sparse = [...this.#sparse].sort((a, b) => a.used - b.used);
    for (let at = 0; at < sparse.length;) {
      let end = at, rows = 0;
      while (end < sparse.length && (end === at || rows + sparse[end].used <= BATCH_ROWS_MAX)) {
        rows += sparse[end++].used;
      }
      if (end - at === 1 && end < sparse.length) {
        at = end;
        continue;
      }
      this.#joinThese(sparse.slice(at, end));
      at = end;
    }
  }

  #joinThese(frames: readonly StoredFrame[]): void {
    const frame = concatRanges(frames.flatMap(usedRanges)), to = this.add(frame, new FrameView(frame));
    let row = 0;
    for (const from of frames) {
      for (const entry of from.entries) {
        if (entry < 0) continue;
        this.attach(to, row, entry);
        this.#moved(entry, to, row++);
      }
      this.#drop(from);
    }
    if (to.view.rows < SMALL_ROWS) this.#sparse.add(to);
  }
}

function usedRanges({ view, entries }: StoredFrame): { view: FrameView; start: number; rows: number }[] {
  const ranges: { view: FrameView; start: number; rows: number }[] = [];
  for (let row = 0; row < entries.length; row++) {
    if (entries[row] < 0) continue;
    const start = row;
    while (row + 1 < entries.length && entries[row + 1] >= 0) row++;
    ranges.push({ view, start, rows: row + 1 - start });
  }
  return ranges;
}
