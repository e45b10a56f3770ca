import uPlot from "uplot";
import { compactNumber, formatTick } from "../model/format.ts";
import { TIME_STEPS_MS, timeTicks } from "../model/time_ticks.ts";
import type { SeriesColumns } from "../model/series.ts";
import type { ChartKind } from "../model/chart_fields.ts";
import { groupedBars } from "./chart_bars.ts";

/** What does not change while a plot lives. */
export interface PlotShape {
  readonly kind: ChartKind;
  readonly time: boolean;
  readonly places: number;
  readonly fields: number;
}

/** Colours as a canvas takes them. */
export interface Palette {
  readonly series: readonly string[];
  readonly dim: string;
  readonly line: string;
  readonly font: string;
}

/** The y scale keeps its range until what is drawn needs less than this part of it: it does not breathe with every row. */
const SHRINK_SHARE = 0.6;
/** Pixels that a bar and the space before a group need at least. */
const BAR_PX_MIN = 3, GROUP_GAP_PX = 4;
const ZOOM = 0.7, PAN = 0.2;
const LONE_MS = 60_000;

/** uPlot with our scales, our colours, and a zoom that new data does not touch. */
export class ChartPlot {
  readonly shape: PlotShape;
  readonly #plot: uPlot;
  readonly #moved: () => void;
  #palette: Palette;
  #columns: SeriesColumns = { x: [], settled: [], open: [] };
  #yRange: [number, number] | null = null;
  #axisPx = 40;
  zoom: { readonly min: number; readonly max: number } | null = null;

  /** `moved` is called when the cursor or the zoom changed. */
  constructor(
    host: HTMLElement,
    size: { width: number; height: number },
    shape: PlotShape,
    palette: Palette,
    moved: () => void,
  ) {
    this.shape = shape;
    this.#palette = palette;
    this.#moved = moved;
    this.#plot = new uPlot(this.#options(size), this.#data(), host);
  }

  /** What is drawn now. */
  get columns(): SeriesColumns {
    return this.#columns;
  }

  /** The index in `columns.x` at which the cursor stands, or null. */
  get cursor(): number | null {
    const { left, idx } = this.#plot.cursor;
    return left !== undefined && left >= 0 && idx !== null && idx !== undefined && idx < this.#columns.x.length
      ? idx
      : null;
  }

  draw(columns: SeriesColumns): void {
    this.#columns = this.shape.kind === "bar" ? this.#thatFit(columns) : columns;
    if (this.zoom) {
      this.#plot.setData(this.#data(), false);
      this.#plot.setScale("x", this.zoom);
    } else this.#plot.setData(this.#data());
  }

  restyle(palette: Palette): void {
    this.#palette = palette;
    this.#plot.redraw(false, true);
  }

  resize(width: number, height: number): void {
    if (width === this.#plot.width && height === this.#plot.height) return;
    this.#plot.setSize({ width, height });
  }

  /** Fields that are one thing to a person: all of a band, each by itself otherwise. */
  get unit(): number {
    return this.shape.kind === "band" ? this.shape.fields : 1;
  }

  /** Draws or hides the settled and the open values of the n-th unit. */
  show(n: number, show: boolean): void {
    const { fields, places } = this.shape, { unit } = this;
    if (this.#plot.series[1 + n * unit].show === show) return;
    for (let slot = n * unit; slot < (n + 1) * unit; slot++) {
      for (const half of [0, places * fields]) this.#plot.setSeries(1 + half + slot, { show });
    }
  }

  /** Shows all there is, and what comes. */
  reset(): void {
    this.zoom = null;
    this.#yRange = null;
    this.draw(this.#columns);
    this.#moved();
  }

  /** Nearer (1) or further away (−1), around the cursor or the middle. */
  zoomBy(direction: 1 | -1): void {
    const { min, max, least, most } = this.#span(),
      at = this.cursor === null ? (min + max) / 2 : this.#columns.x[this.cursor];
    const factor = direction > 0 ? ZOOM : 1 / ZOOM, from = at - (at - min) * factor, to = at + (max - at) * factor;
    if (from <= least && to >= most) return this.reset();
    this.#zoomTo(Math.max(from, least), Math.min(to, most));
  }

  panBy(direction: 1 | -1): void {
    if (!this.zoom) return;
    const { min, max, least, most } = this.#span(), wished = direction * PAN * (max - min);
    const by = Math.max(least - min, Math.min(most - max, wished));
    this.#zoomTo(min + by, max + by);
  }

  /** Moves the cursor to the next place on the left (−1) or right (1); where there is none, it appears at the newest. */
  step(direction: 1 | -1): void {
    const { x } = this.#columns, { min, max } = this.#span();
    let at = this.cursor === null ? x.length - 1 : this.cursor + direction;
    at = Math.max(0, Math.min(x.length - 1, at));
    if (x.length === 0 || x[at] < min || x[at] > max) return;
    this.#plot.setCursor({ left: this.#plot.valToPos(x[at], "x"), top: 0 });
  }

  leave(): void {
    this.#plot.setCursor({ left: -10, top: -10 });
  }

  destroy(): void {
    this.#plot.destroy();
  }

  #span(): { min: number; max: number; least: number; most: number } {
    const { x } = this.#columns, { min, max } = this.#plot.scales.x;
    return { min: min ?? 0, max: max ?? 1, least: x[0] ?? 0, most: x[x.length - 1] ?? 1 };
  }

  #zoomTo(min: number, max: number): void {
    if (!(max > min)) return;
    this.zoom = { min, max };
    this.#yRange = null;
    this.#plot.setScale("x", this.zoom);
    this.#moved();
  }

  #data(): uPlot.AlignedData {
    const { x, settled, open } = this.#columns, count = this.shape.places * this.shape.fields;
    const none = Array.from({ length: count }, () => []);
    return [
      x as number[],
      ...(settled.length > 0 ? settled : none),
      ...(open.length > 0 ? open : none),
    ] as uPlot.AlignedData;
  }

  /** Of the newest as many as leave each bar its pixels. */
  #thatFit(columns: SeriesColumns): SeriesColumns {
    const { x } = columns, group = this.shape.places * this.shape.fields * BAR_PX_MIN + GROUP_GAP_PX;
    const groups = Math.max(2, Math.floor(this.#plot.width / group)), least = smallestStep(x);
    const from = x.findIndex((one) => one > x[x.length - 1] - groups * least);
    if (from <= 0) return columns;
    const newest = <T>(all: readonly T[]) => all.slice(from);
    return { x: newest(x), settled: columns.settled.map(newest), open: columns.open.map(newest) };
  }

  #options(size: { width: number; height: number }): uPlot.Options {
    const { kind, places, fields } = this.shape;
    const slots = Array.from({ length: places * fields }, (_, i) => i);
    return {
      ...size,
      padding: [14, 16, 0, 2],
      scales: {
        x: { time: false, range: (_plot, min, max) => this.#xRange(min, max) },
        y: { range: (_plot, min, max) => this.#yRangeOf(min, max) },
      },
      axes: this.#axes(),
      series: [{}, ...slots.map((i) => this.#series(i, false)), ...slots.map((i) => this.#series(i, true))],
      bands: kind !== "band" ? [] : Array.from({ length: places }, (_, place) => ({
        series: [1 + place * fields + 1, 1 + place * fields] as [number, number],
        fill: () => withAlpha(this.#colour(place), 0.2),
      })),
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => () => (this.reset(), null) },
      },
      hooks: { setCursor: [() => this.#moved()], setSelect: [(plot) => this.#selected(plot)] },
    };
  }

  #axes(): uPlot.Axis[] {
    const shared = {
      stroke: () => this.#palette.dim,
      grid: { stroke: () => this.#palette.line, width: 1 },
      ticks: { show: false },
      font: `11px ${this.#palette.font}`,
      gap: 6,
    };
    const numbers: uPlot.Axis = { values: (_plot, splits) => splits.map(compactNumber) };
    // uPlot's own axis of times goes by the local calendar.
    const times: uPlot.Axis = {
      space: 72,
      incrs: TIME_STEPS_MS as number[],
      splits: (_plot, _axis, from, to, step) => timeTicks(from, to, step),
      values: (_plot, splits, _axis, _space, step) => splits.map((ms) => formatTick(ms, step)),
    };
    return [
      {
        ...shared,
        size: 28,
        ...(this.shape.time ? times : numbers),
      },
      {
        ...shared,
        space: 34,
        size: (_plot, values) => {
          const longest = Math.max(0, ...(values ?? []).map((text) => text.length));
          return this.#axisPx = Math.max(this.#axisPx, Math.ceil(longest * 6.4) + 16);
        },
        ...numbers,
      },
    ];
  }

  #series(slot: number, open: boolean): uPlot.Series {
    const { kind, fields, places } = this.shape, field = slot % fields;
    const colour = () => this.#colour(Math.floor(slot / this.unit));
    if (kind === "bar") {
      const fill = () => withAlpha(colour(), open ? 0.18 : 0.82);
      const stroke = open ? { stroke: colour, width: 1, dash: [3, 3] } : { width: 0 };
      return { paths: groupedBars(slot, places * fields), fill, ...stroke, points: { show: false } };
    }
    const edge = kind === "band" && field < 2, lone = kind === "line" && places * fields === 1 && !open;
    return {
      stroke: edge ? () => withAlpha(colour(), 0.45) : colour,
      width: edge ? 1 : 1.6,
      ...(lone ? { fill: () => withAlpha(colour(), 0.08) } : {}),
      ...(open ? { dash: [4, 4], spanGaps: true } : {}),
      points: {
        show: (plot, series) => this.#isSparse(plot.data[series] as readonly unknown[]),
        size: 5,
        fill: colour,
      },
    };
  }

  /** So few points that no line is seen. */
  #isSparse(values: readonly unknown[]): boolean {
    let count = 0;
    for (const value of values) if (typeof value === "number" && ++count > 2) return false;
    return true;
  }

  #colour(i: number): string {
    return this.#palette.series[i % this.#palette.series.length];
  }

  #selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    const min = plot.posToVal(left, "x"), max = plot.posToVal(left + width, "x");
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#zoomTo(min, max);
  }

  #xRange(min: number | null, max: number | null): [number, number] {
    if (min === null || max === null) return this.shape.time ? [Date.now() - LONE_MS, Date.now()] : [0, 1];
    if (this.zoom) return [min, max];
    const { x } = this.#columns,
      lone = x.length < 2,
      step = lone ? (this.shape.time ? LONE_MS : 1) : (x[x.length - 1] - x[0]) / (x.length - 1);
    if (lone) return [x[0] - step, x[0] + step];
    return this.shape.kind === "bar" ? [x[0] - step / 2, x[x.length - 1] + step / 2] : [x[0], x[x.length - 1]];
  }

  #yRangeOf(min: number | null, max: number | null): [number, number] {
    if (min === null || max === null) return this.#yRange ?? [0, 1];
    const bars = this.shape.kind === "bar", low = bars ? Math.min(0, min) : min, high = bars ? Math.max(0, max) : max;
    const [from, to] = uPlot.rangeNum(low, high, 0.1, true) as [number, number], before = this.#yRange;
    const keeps = before !== null && before[0] <= low && before[1] >= high &&
      to - from > SHRINK_SHARE * (before[1] - before[0]);
    return this.#yRange = keeps ? before : [from, to];
  }
}

function smallestStep(x: readonly number[]): number {
  let least = Infinity;
  for (let i = 1; i < x.length; i++) least = Math.min(least, x[i] - x[i - 1]);
  return least;
}

/** A colour with so much of it that the rest shines through. */
function withAlpha(colour: string, alpha: number): string {
  return `color-mix(in srgb, ${colour} ${alpha * 100}%, transparent)`;
}
