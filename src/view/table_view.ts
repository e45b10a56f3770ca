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
import { type Before, Places } from "./places.ts";
import { RowList } from "./row_list.ts";
import { selectLeast } from "./selection.ts";
import type { TableKeeper } from "../store.ts";
import { TableIndex } from "./table_index.ts";
import { TableRows } from "./table_rows.ts";
import { ViewKeeper } from "./view_keeper.ts";
import { equalRows, type StoredFrame, TableStore } from "./table_store.ts";

const ADDS = ROW_KINDS.map((kind) => kind === "+I" || kind === "+U");

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
  /** Columns in which rows of one identity may differ, the last one first. */
  readonly #others: readonly number[];
  readonly #seed = crypto.getRandomValues(new Int32Array(1))[0];
  readonly #index = new TableIndex();
  readonly #store: TableStore;
  readonly #places = new Places();
  /** What its answers are ordered by; empty: by windows and keys. */
  readonly #asked: readonly (Omit<ViewOrder, "column"> & { readonly position: number })[];
  readonly #kept: TableRows;
  override readonly keeper: TableKeeper;

  constructor(
    name: string,
    columns: readonly Column[],
    { keys, identity, order = [] }: TableOptions,
    bounds: Partial<ViewBounds> = {},
  ) {
    super(name, columns, keys, bounds);
    this.#keyed = identity !== null;
    this.#identity = identity?.map((key) => positionOf(name, columns, key)) ?? columns.map((_, column) => column);
    // Those that change come behind the keys
    this.#others = columns.map((_, column) => column).filter((column) => !this.#identity.includes(column)).reverse();
    this.#asked = order.map(({ column, ...how }) => ({ position: positionOf(name, columns, column), ...how }));
    this.#store = new TableStore((entry, stored, row) => {
      this.#places.put(entry, stored, row, this.#places.countOf(entry));
    });
    const index = this.#index, places = this.#places, store = this.#store, seed = this.#seed;
    this.#kept = new TableRows({ columns, identity: this.#identity, seed, index, places, store });
    this.keeper = new ViewKeeper(["seq", "watermark", "arrivals"], this.#kept, {
      read: () => [this.facts.seq, this.facts.watermark, index.arrivals],
      write: ([seq, watermark, arrivals]) => {
        this.facts = { seq, watermark };
        index.arrivals = arrivals;
      },
      lacks: (behind) => this.lacks(behind),
      restored: () => this.tellAnew(),
    });
  }

  override get rows(): number {
    return this.#kept.rows;
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
      const end = start + rows;
      for (let row = start; row < end; row++) {
        if (kinds === null || ADDS[kinds[row]]) this.#add(stored, row, hash(row), changed);
        else if (row + 1 === end || !ADDS[kinds[row + 1]] || !this.#isReplaced(stored, row)) {
          this.#remove(stored, row, hash(row), changed);
        }
      }
    }
    const changes: Change[] = [];
    this.#places.settle((entry, before) => this.#tell(entry, before, changes));
    this.#store.settle([...frames.values(), ...changed]);
    if (this.#kept.rows > this.bounds.rowsMax) {
      throw new RdxError(
        "no_space",
        `View ${this.name} has ${this.#kept.rows} rows, and a view has room for ${this.bounds.rowsMax}: keep fewer keys, or forget them ` +
          "by windows or a time to live",
      );
    }
    return joined(changes);
  }

  /** Whether the row behind this one takes its place: then this one need not go first. */
  #isReplaced(stored: StoredFrame, row: number): boolean {
    return this.#keyed && equalRows(this.#identity, stored, row, stored, row + 1);
  }

  #find(stored: StoredFrame, row: number, hash: number): number {
    return this.#index.find(hash, (entry) => {
      return equalRows(this.#identity, this.#places.storedOf(entry), this.#places.rowOf(entry), stored, row);
    });
  }

  #add(stored: StoredFrame, row: number, hash: number, changed: Set<StoredFrame>): void {
    const found = this.#find(stored, row, hash),
      entry = found < 0 ? this.#index.add(hash) : found,
      places = this.#places;
    if (found < 0) places.open(entry);
    places.touch(entry);
    const count = places.countOf(entry);
    if (count > 0 && !this.#keyed) {
      places.setCount(entry, count + 1);
      return;
    }
    if (count > 0) {
      changed.add(places.storedOf(entry));
      this.#store.detach(places.storedOf(entry), places.rowOf(entry));
    }
    places.put(entry, stored, row, 1);
    this.#store.attach(stored, row, entry);
  }

  #remove(stored: StoredFrame, row: number, hash: number, changed: Set<StoredFrame>): void {
    const entry = this.#find(stored, row, hash), places = this.#places, count = entry < 0 ? 0 : places.countOf(entry);
    if (count === 0) return;
    places.touch(entry);
    places.setCount(entry, count - 1);
    if (count > 1) return;
    changed.add(places.storedOf(entry));
    this.#store.detach(places.storedOf(entry), places.rowOf(entry));
  }

  /** Adds to `changes` what an output has changed of an entry. One that is not there any more is forgotten. */
  #tell(entry: number, before: Before, changes: Change[]): void {
    const stored = this.#places.storedOf(entry), row = this.#places.rowOf(entry), count = this.#places.countOf(entry);
    this.#kept.rows += count - before.count;
    this.#kept.note(entry, count > 0);
    if (count === 0) {
      this.#index.remove(entry);
      this.#places.clear(entry);
    }
    for (let more = before.count; more < count; more++) changes.push({ op: "+I", stored, row });
    if (before.stored === null) return;
    for (let less = count; less < before.count; less++) {
      changes.push({ op: "-D", stored: before.stored, row: before.row });
    }
    if (!this.#keyed || count !== before.count || count === 0) return;
    if (equalRows(this.#others, before.stored, before.row, stored, row)) return;
    changes.push({ op: "-U", stored: before.stored, row: before.row }, { op: "+U", stored, row });
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
        for (let copies = this.#places.countOf(entries[row]); copies > 0; copies--) found.push(chunk, row);
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
