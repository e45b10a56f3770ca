import type { Row } from "../../src/client/rdx/types.ts";
import { PointRing } from "./point_ring.ts";
import { rank, type Ranked } from "./ranking.ts";

/** Series whose points are kept. */
export const SERIES_MAX = 2000;

export interface SeriesOptions {
  /** Values of y that each point has. */
  readonly fields: number;
  /** Points of time kept. */
  readonly history: number;
  /** Series shown at once. */
  readonly top: number;
  /** Whether all series have their points at the same x, as windows have: one that lacks a point then has a gap there. Default true. */
  readonly aligned?: boolean;
  readonly seriesMax?: number;
  /** What a series is called, from the first row of it. */
  label(row: Row): string;
}

/** A key of the view and its points. */
export interface Series extends Ranked {
  readonly key: string;
  readonly label: string;
  readonly points: PointRing;
  /** Points of windows that are still open, x ascending, `fields` values each. */
  open: { readonly x: number; readonly values: readonly number[] }[];
}

type Values = (number | null | undefined)[];

/** Columns for a chart: x ascending; for each place and field the settled values, and behind all of those the open ones. */
export interface SeriesColumns {
  readonly x: readonly number[];
  /** [place · fields + field]: null is a gap, undefined nothing at this x. */
  readonly settled: readonly Values[];
  /** The same for open windows, beginning at the last settled point. */
  readonly open: readonly Values[];
}

/**
 * The series of a chart, made of the rows of a live view. A point costs one look-up and one write; what is drawn is merged from the rings of the few
 * series that are shown.
 *
 *   rows ─▶ key ─▶ ring of points (Float64Array, at most `history`) ─▶ top N, each in its place ─▶ x, y₁ … yₙ
 */
export class SeriesSet {
  readonly options: SeriesOptions;
  readonly #all = new Map<string, Series>();
  #open: Series[] = [];
  /** The series that are shown: places keep their series, and so their colours, as long as it is among the best. */
  readonly places: (Series | null)[];
  /** Points for whose series there was no room. */
  leftOut = 0;
  /** Counts up with every point. */
  version = 0;

  constructor(options: SeriesOptions) {
    this.options = options;
    this.places = new Array<Series | null>(Math.max(1, options.top)).fill(null);
  }

  get size(): number {
    return this.#all.size;
  }

  /** Puts a settled point in. An open one at the same x is over. */
  put(key: string, x: number, values: ArrayLike<number>, row: Row): void {
    const series = this.#series(key, row);
    if (!series || Number.isNaN(x)) return;
    series.points.put(x, values);
    if (series.open.length > 0) series.open = series.open.filter((point) => point.x > x);
    this.version++;
  }

  remove(key: string, x: number): void {
    this.#all.get(key)?.points.remove(x);
    this.version++;
  }

  /** All open windows there are now, in the place of those before. */
  setOpen(points: Iterable<{ key: string; x: number; values: readonly number[]; row: Row }>): void {
    for (const series of this.#open) series.open = [];
    this.#open = [];
    for (const { key, x, values, row } of points) {
      const series = this.#series(key, row);
      if (!series || Number.isNaN(x)) continue;
      const { length } = series.points;
      if (length > 0 && x <= series.points.x(length - 1)) continue;
      if (series.open.length === 0) this.#open.push(series);
      series.open.push({ x, values });
    }
    for (const series of this.#open) series.open.sort((a, b) => a.x - b.x);
    this.version++;
  }

  /** Chooses anew who is shown; forgets series whose points are all older than what is shown. Costs a pass over all points: call it now and then. */
  rank(): void {
    for (const series of this.#all.values()) series.score = this.#score(series);
    rank(this.places, this.#all.values());
    this.#forgetOld();
  }

  /** What is drawn now. */
  columns(): SeriesColumns {
    const { history, fields, aligned = true } = this.options, places = this.places.length;
    const none = aligned ? null : undefined, { x, cursors } = this.#mergedX(history), length = x.length;
    const settled = columnsOf(places * fields, length, none), open = columnsOf(places * fields, length, undefined);
    this.places.forEach((series, place) => {
      if (!series) return;
      let at = cursors[place], openAt = 0;
      const { points } = series, last = points.length - 1;
      for (let i = 0; i < length; i++) {
        if (at <= last && points.x(at) === x[i]) {
          for (let field = 0; field < fields; field++) {
            const value = valueOf(points.y(at, field));
            settled[place * fields + field][i] = value;
            if (at === last && series.open.length > 0) open[place * fields + field][i] = value;
          }
          at++;
        }
        if (openAt < series.open.length && series.open[openAt].x === x[i]) {
          const { values } = series.open[openAt++];
          for (let field = 0; field < fields; field++) open[place * fields + field][i] = valueOf(values[field]);
        }
      }
    });
    return { x, settled, open };
  }

  /** The newest `history` places in time of the shown series with open windows behind them, and where each series' first of them is. */
  #mergedX(history: number): { x: number[]; cursors: number[] } {
    const open = [...new Set(this.places.flatMap((series) => series ? series.open.map((point) => point.x) : []))];
    const cursors = this.places.map((series) => (series?.points.length ?? 0) - 1), x: number[] = [];
    while (x.length < history) {
      let newest = -Infinity;
      this.places.forEach((series, i) => {
        if (series && cursors[i] >= 0) newest = Math.max(newest, series.points.x(cursors[i]));
      });
      if (newest === -Infinity) break;
      x.push(newest);
      this.places.forEach((series, i) => {
        if (series && cursors[i] >= 0 && series.points.x(cursors[i]) === newest) cursors[i]--;
      });
    }
    x.reverse();
    const merged = open.length === 0 ? x : [...new Set([...x, ...open])].sort((a, b) => a - b);
    return { x: merged, cursors: cursors.map((cursor) => cursor + 1) };
  }

  #series(key: string, row: Row): Series | null {
    const found = this.#all.get(key);
    if (found) return found;
    const { seriesMax = SERIES_MAX, fields, history, top, label } = this.options;
    if (this.#all.size >= seriesMax) {
      this.leftOut++;
      return null;
    }
    const series: Series = { key, label: label(row), score: NaN, points: new PointRing(fields, history), open: [] };
    this.#all.set(key, series);
    // The first few are shown at once, the others when they are ranked.
    if (this.#all.size <= top) this.places[this.places.indexOf(null)] = series;
    return series;
  }

  /** The shown are those with most to show: all that their points amount to, in the first field. A mean would bring up keys that were seen once. */
  #score({ points, open }: Series): number {
    let sum = 0, count = 0;
    for (let i = 0; i < points.length; i++) {
      const value = points.y(i, 0);
      if (Number.isNaN(value)) continue;
      sum += Math.abs(value);
      count++;
    }
    if (count > 0) return sum;
    return open.length > 0 && points.length === 0 ? Math.abs(open[0].values[0]) : NaN;
  }

  /** Keys come and go: those of which nothing is left in the span that is shown make room for others. */
  #forgetOld(): void {
    const { seriesMax = SERIES_MAX } = this.options;
    if (this.#all.size < seriesMax) return;
    const oldest = this.columns().x[0] ?? -Infinity;
    for (const [key, { points, open }] of this.#all) {
      if (open.length === 0 && (points.length === 0 || points.x(points.length - 1) < oldest)) this.#all.delete(key);
    }
  }
}

function columnsOf(count: number, length: number, value: null | undefined): Values[] {
  return Array.from({ length: count }, () => new Array<number | null | undefined>(length).fill(value));
}

function valueOf(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
