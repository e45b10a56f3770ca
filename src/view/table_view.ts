import { ROW_KINDS, type RowKind } from "../core/batch.ts";
import { FrameView } from "../core/frame.ts";
import { RdxError } from "../core/errors.ts";
import { QUERY_ROWS_MAX } from "../core/limits.ts";
import { type Column, columnIndex } from "../core/schema.ts";
import type { RowRange } from "../sink.ts";
import type { ViewDelta, ViewOrder, ViewQuery, ViewRows } from "../view.ts";
import { TimeColumn } from "./columns.ts";
import { LiveView, type OpenRange, type TimedFrame, type ViewBounds } from "./live_view.ts";
import { rowHash } from "./row_hash.ts";
import { RowList } from "./row_list.ts";
import { selectLeast } from "./selection.ts";
import { TableIndex } from "./table_index.ts";
import { equalRows, type StoredFrame, TableStore } from "./table_store.ts";

const ADDS = ROW_KINDS.map((kind) => kind === "+I" || kind === "+U");

/** A row, and how often it is there. */
interface Place {
  readonly stored: StoredFrame;
  readonly row: number;
  readonly count: number;
}

/** How a table is kept and answers. */
export interface TableOptions {
  readonly keys: readonly string[];
  /** The columns that tell rows apart, null: nothing known does. */
  readonly identity: readonly string[] | null;
  /** What its answers are ordered by; empty: by windows and keys. */
  readonly order?: readonly ViewOrder[];
}

/** One row of a delta. */
interface Change {
  readonly op: RowKind;
  readonly stored: StoredFrame;
  readonly row: number;
}

/**
 * A view of rows that change: the table that a changelog describes. Rows are told apart by the columns of `identity`; without
 * any known, a row is there as often as it was added and not taken back. A row that takes back what is not there has no effect,
 * and one that updates what is not there adds it.
 *
 * Answers are ordered by `window_end`, where there is one, and by the key columns within; else by the key columns, which
 * descend with the order; without keys by arrival. A delta is what an output has changed in all: a row that came and went within
 * it is not told.
 */
export class TableView extends LiveView {
  /** Columns by which rows are told apart, all where no key is known. */
  readonly #identity: readonly number[];
  /** There is one row for each identity. */
  readonly #keyed: boolean;
  readonly #all: readonly number[];
  readonly #seed = Math.floor(Math.random() * 2 ** 32) | 0;
  readonly #index = new TableIndex();
  readonly #store: TableStore;
  /** By entry; null where an entry is not in use. */
  readonly #places: (Place | null)[] = [];
  /** What its answers are ordered by; empty: by windows and keys. */
  readonly #asked: readonly (Omit<ViewOrder, "column"> & { readonly position: number })[];
  /** By entry, as it was before the output at hand; in the order of the last change. */
  readonly #before = new Map<number, Place | null>();
  #rows = 0;

  constructor(
    name: string,
    columns: readonly Column[],
    { keys, identity, order = [] }: TableOptions,
    bounds: Partial<ViewBounds> = {},
  ) {
    super(name, columns, keys, bounds);
    this.#all = columns.map((_, column) => column);
    this.#keyed = identity !== null;
    this.#identity = identity?.map((key) => positionOf(name, columns, key)) ?? this.#all;
    this.#asked = order.map(({ column, ...how }) => ({ position: positionOf(name, columns, column), ...how }));
    this.#store = new TableStore((entry, stored, row) => {
      this.#places[entry] = { ...this.#places[entry]!, stored, row };
    });
  }

  override get rows(): number {
    return this.#rows;
  }

  /** Frames that its rows lie in. */
  get frames(): number {
    return this.#store.frames.size;
  }

  protected override take(ranges: readonly OpenRange[]): ViewDelta["changes"] {
    const frames = new Map<ArrayBuffer, StoredFrame>(), changed = new Set<StoredFrame>();
    for (const { range: { frame, start, rows }, view } of ranges) {
      let stored = frames.get(frame);
      if (!stored) frames.set(frame, stored = this.#store.add(frame, view));
      const hash = rowHash(stored.view, this.#identity, this.#seed), { kinds } = stored.view;
      for (let row = start; row < start + rows; row++) {
        if (kinds === null || ADDS[kinds[row]]) this.#add(stored, row, hash(row), changed);
        else this.#remove(stored, row, hash(row), changed);
      }
    }
    const changes = [...this.#before].flatMap(([entry, before]) => this.#changesOf(entry, before));
    this.#before.clear();
    this.#store.settle([...frames.values(), ...changed]);
    if (this.#rows > this.bounds.rowsMax) {
      throw new RdxError(
        "no_space",
        `View ${this.name} has ${this.#rows} rows, and a view has room for ${this.bounds.rowsMax}: keep fewer keys, or forget them ` +
          "by windows or a time to live",
      );
    }
    return joined(changes);
  }

  #find(stored: StoredFrame, row: number, hash: number): number {
    return this.#index.find(hash, (entry) => {
      const place = this.#places[entry]!;
      return equalRows(this.#identity, place.stored, place.row, stored, row);
    });
  }

  #touch(entry: number, place: Place | null): void {
    const before = this.#before.has(entry) ? this.#before.get(entry)! : place;
    this.#before.delete(entry);
    this.#before.set(entry, before);
  }

  #add(stored: StoredFrame, row: number, hash: number, changed: Set<StoredFrame>): void {
    let entry = this.#find(stored, row, hash);
    if (entry < 0) {
      entry = this.#index.add(hash);
      this.#touch(entry, null);
      this.#put(entry, { stored, row, count: 1 });
      return;
    }
    const place = this.#places[entry]!;
    this.#touch(entry, place);
    if (place.count === 0) this.#put(entry, { stored, row, count: 1 });
    else if (!this.#keyed) this.#places[entry] = { ...place, count: place.count + 1 };
    else {
      changed.add(place.stored);
      this.#store.detach(place.stored, place.row);
      this.#put(entry, { stored, row, count: 1 });
    }
  }

  #put(entry: number, place: Place): void {
    this.#places[entry] = place;
    this.#store.attach(place.stored, place.row, entry);
  }

  #remove(stored: StoredFrame, row: number, hash: number, changed: Set<StoredFrame>): void {
    const entry = this.#find(stored, row, hash), place = entry < 0 ? null : this.#places[entry];
    if (!place || place.count === 0) return;
    this.#touch(entry, place);
    this.#places[entry] = { ...place, count: place.count - 1 };
    if (place.count > 1) return;
    changed.add(place.stored);
    this.#store.detach(place.stored, place.row);
  }

  /** What an output has changed of an entry. One that is not there any more is forgotten. */
  #changesOf(entry: number, before: Place | null): Change[] {
    const { stored, row, count } = this.#places[entry]!, had = before?.count ?? 0;
    this.#rows += count - had;
    if (count === 0) {
      this.#index.remove(entry);
      this.#places[entry] = null;
    }
    if (count > had) return Array.from({ length: count - had }, () => ({ op: "+I", stored, row }));
    if (count < had) return Array.from({ length: had - count }, () => ({ ...before!, op: "-D" }));
    if (!this.#keyed || had === 0 || equalRows(this.#all, before!.stored, before!.row, stored, row)) return [];
    return [{ ...before!, op: "-U" }, { op: "+U", stored, row }];
  }

  protected override timed({ frame }: RowRange): TimedFrame {
    return this.#timedFrame(new FrameView(frame));
  }

  #timedFrame(view: FrameView): TimedFrame {
    return { view, windowStart: this.windowStart < 0 ? null : new TimeColumn(view, this.windowStart) };
  }

  /** Throws RdxError("invalid") for a question that the view cannot be asked. */
  override query(query: ViewQuery): ViewRows {
    this.check(query);
    return { watermark: this.watermark, seq: this.seq, ranges: this.#rangesOf(query, QUERY_ROWS_MAX) };
  }

  override all(): readonly RowRange[] {
    return this.#rangesOf({ limit: Infinity, order: "asc" }, Infinity);
  }

  #rangesOf(query: ViewQuery, most: number): readonly RowRange[] {
    const testOf = this.test(query, query.from !== undefined || query.to !== undefined);
    const frames = [...this.#store.frames], found = new RowList();
    frames.forEach((stored, chunk) => {
      const passes = testOf?.(this.#timedFrame(stored.view)), { entries } = stored;
      for (let row = 0; row < entries.length; row++) {
        if (entries[row] < 0 || (passes && !passes(row))) continue;
        for (let copies = this.#places[entries[row]]!.count; copies > 0; copies--) found.push(chunk, row);
      }
    });
    const limit = Math.min(query.limit, most), chosen = new RowList();
    for (const i of selectLeast(found.length, limit, this.#order(found, frames, query.order))) {
      chosen.push(found.chunk(i), found.row(i));
    }
    return chosen.ranges(frames);
  }

  /** An order of the positions of a list. */
  #order(found: RowList, frames: readonly StoredFrame[], order: "asc" | "desc"): (a: number, b: number) => number {
    const sign = order === "asc" ? 1 : -1;
    if (this.#asked.length > 0) return this.#askedOrder(found, frames, sign);
    const { keyColumns, windowEnd } = this, windows = windowEnd >= 0;
    const keySign = windows ? 1 : sign, arrivalSign = windows || keyColumns.length > 0 ? 1 : sign;
    return (a, b) => {
      const frameA = frames[found.chunk(a)], rowA = found.row(a), frameB = frames[found.chunk(b)], rowB = found.row(b);
      const compare = (column: number) => frameA.cells(column).compare(rowA, frameB.cells(column), rowB);
      const byWindow = windows ? compare(windowEnd) : 0;
      if (byWindow !== 0) return byWindow * sign;
      for (const column of keyColumns) {
        const byKey = compare(column);
        if (byKey !== 0) return byKey * keySign;
      }
      const arrived = this.#index.arrived(frameA.entries[rowA]) - this.#index.arrived(frameB.entries[rowB]);
      return arrived === 0 ? a - b : arrived * arrivalSign;
    };
  }

  /** The order that the view was made with; rows that are equal in it stay as they arrived. */
  #askedOrder(found: RowList, frames: readonly StoredFrame[], sign: number): (a: number, b: number) => number {
    return (a, b) => {
      const frameA = frames[found.chunk(a)], rowA = found.row(a), frameB = frames[found.chunk(b)], rowB = found.row(b);
      for (const { position, desc, nullsLast } of this.#asked) {
        const cellsA = frameA.cells(position), cellsB = frameB.cells(position);
        const there = Number(cellsA.isThere(rowA)) - Number(cellsB.isThere(rowB));
        if (there !== 0) return (nullsLast ? -there : there) * sign;
        const compared = cellsA.compare(rowA, cellsB, rowB);
        if (compared !== 0) return (desc ? -compared : compared) * sign;
      }
      const arrived = this.#index.arrived(frameA.entries[rowA]) - this.#index.arrived(frameB.entries[rowB]);
      return (arrived === 0 ? a - b : arrived) * sign;
    };
  }
}

/** Changes as ranges, neighbours together. */
function joined(changes: readonly Change[]): ViewDelta["changes"] {
  const ranges: { op: RowKind; range: { frame: ArrayBuffer; start: number; rows: number } }[] = [];
  for (const { op, stored: { frame }, row } of changes) {
    const last = ranges.at(-1);
    if (last?.op === op && last.range.frame === frame && last.range.start + last.range.rows === row) last.range.rows++;
    else ranges.push({ op, range: { frame, start: row, rows: 1 } });
  }
  return ranges;
}

function positionOf(view: string, columns: readonly Column[], key: string): number {
  const index = columnIndex(columns, key);
  if (index < 0) throw new RdxError("invalid_plan", `View ${view} has no column ${JSON.stringify(key)} to be a key`);
  return index;
}
