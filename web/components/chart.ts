/*
 * <rdx-chart src="/v1/views/delays" kind="line|bar|band" x="window_start" y="avg" by="origin" top="8" history="300" paused>: a live view as a chart.
 *
 * Drag to zoom, double click or Escape for all; with the plot in focus + and − zoom, ← and → move the cursor, with Shift they move along, space pauses.
 * Windows that are still open are dashed. What is drawn is also told in words and as a small table that only screen readers see.
 */
import type { LiveChange, Row } from "../../src/client/rdx/types.ts";
import { type ChartFields, chartFields, type ChartKind, seriesLabel } from "../model/chart_fields.ts";
import { formatDuration, formatNumber, formatTime, numberOf } from "../model/format.ts";
import { rowsIn } from "../model/live_rows.ts";
import { keyText, TimeReader } from "../model/row_key.ts";
import { type Series, SeriesSet } from "../model/series.ts";
import { invalid, paused, type Status } from "../model/status.ts";
import { CHART_STYLE } from "../style/chart.ts";
import { ChartLegend, type LegendItem } from "./chart_legend.ts";
import { ChartPlot } from "./chart_plot.ts";
import { ChartWords } from "./chart_words.ts";
import { flag, h, integer, names, setAttribute, setText, watchSize } from "./dom.ts";
import { LiveElement } from "./live_element.ts";
import { paletteOf } from "./palette.ts";

const TOP_MAX = 24, HISTORY_MAX = 10_000, SERIES_COLOURS = 8, SNAPSHOT_ROWS_MAX = 10_000;
/** Who is shown is chosen so often, in ms. */
const RANK_MS = 1000;

export class RdxChart extends LiveElement {
  static readonly observedAttributes = [
    "src",
    "server",
    "token",
    "theme",
    "kind",
    "x",
    "y",
    "by",
    "top",
    "history",
    "paused",
  ];

  readonly #title = h("span", { class: "title" });
  readonly #at = h("span", { class: "at" });
  readonly #pause = h("button", { type: "button", "aria-pressed": "false" }, "Pause");
  readonly #all = h("button", { type: "button", hidden: "" }, "Show all");
  readonly #plotBox = h("div", { class: "plot", tabindex: "0", role: "group", "aria-roledescription": "chart" });
  readonly #probe = h("span", { class: "probe" });
  readonly #words = new ChartWords();
  readonly #legend = new ChartLegend(() => this.invalidate());
  readonly #times = new TimeReader();
  readonly #restyle = () => this.restyled("theme");
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  #series: SeriesSet | null = null;
  #fields: ChartFields | string | null = null;
  #values = new Float64Array(1);
  #keys: readonly string[] = [];
  #plot: ChartPlot | null = null;
  #size = { width: 0, height: 0 };
  #epoch = "";
  #drawn = -1;
  #rankedMs = -Infinity;
  /** Since when nothing new is drawn, and what came since. */
  #paused: { since: string; rows: number } | null = null;

  constructor() {
    super(CHART_STYLE);
    this.tools.append(this.#title, this.#at, this.#all, this.#pause);
    this.body.append(this.#plotBox, this.#legend.element, this.#words.element, this.#probe);
    this.#pause.addEventListener("click", () => this.toggleAttribute("paused", !flag(this, "paused", false)));
    this.#all.addEventListener("click", () => this.#plot?.reset());
    this.#plotBox.addEventListener("keydown", (event) => this.#key(event));
    this.#plotBox.addEventListener("blur", () => this.#plot?.leave());
    watchSize(this.#plotBox, (width, height) => {
      this.#size = { width: Math.floor(width), height: Math.floor(height) };
      this.invalidate();
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#dark.addEventListener("change", this.#restyle);
    this.restyled("paused");
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#dark.removeEventListener("change", this.#restyle);
    this.#destroyPlot();
  }

  protected override get onlyDrawn(): readonly string[] {
    return ["theme", "paused"];
  }

  protected override restyled(name: string): void {
    if (name === "theme") this.#plot?.restyle(paletteOf(this.#probe));
    if (name === "paused") {
      const is = flag(this, "paused", false);
      this.#paused = is ? { since: formatTime(Date.now()).slice(11, 19), rows: 0 } : null;
      setAttribute(this.#pause, "aria-pressed", String(is));
      setText(this.#pause, is ? "Go on" : "Pause");
    }
    this.invalidate();
  }

  protected override reset(): void {
    this.#series = null;
    this.#fields = null;
    this.#destroyPlot();
  }

  protected override take(change: LiveChange): void {
    if (change.kind === "snapshot") this.#begin(change);
    const series = this.#series, fields = this.#fields;
    if (!series || fields === null || typeof fields === "string") return;
    if (change.kind === "open") {
      series.setOpen(
        change.rows.map((row) => ({
          ...this.#point(fields, row),
          values: fields.y.map((name) => numberOf(row[name])),
          row,
        })),
      );
      return;
    }
    for (const { row, gone } of rowsIn(change)) {
      const { key, x } = this.#point(fields, row);
      if (gone) {
        series.remove(key, x);
        continue;
      }
      for (let i = 0; i < fields.y.length; i++) this.#values[i] = numberOf(row[fields.y[i]]);
      series.put(key, x, this.#values, row);
      if (this.#paused) this.#paused.rows++;
    }
  }

  protected override get isEmpty(): boolean {
    return this.#series !== null && this.#series.size === 0;
  }

  protected override get snapshotRows(): number | null {
    return SNAPSHOT_ROWS_MAX;
  }

  protected override paint(): void {
    const fields = this.#fields, series = this.#series;
    if (!fields || !series) this.#clear();
    if (typeof fields === "string") return this.tell(invalid(fields));
    if (fields && series) {
      this.#draw(fields, series);
      this.#label(fields, series);
    }
    const left = series?.leftOut ? [`${formatNumber(series.size)} series are kept: there is no room for more.`] : [];
    this.tell(this.#pauseStatus(), left);
  }

  #pauseStatus(): Status | null {
    return this.#paused ? paused(this.#paused.since, this.#paused.rows) : null;
  }

  /** What the view is like. A snapshot of the same epoch adds to what is drawn; another begins anew. */
  #begin({ columns, keys, epoch }: Extract<LiveChange, { kind: "snapshot" }>): void {
    const kind = this.#kind, by = this.hasAttribute("by") ? names(this, "by") : null;
    const fields = chartFields(columns, keys, { kind, x: this.getAttribute("x"), y: names(this, "y"), by });
    const same = JSON.stringify(fields) === JSON.stringify(this.#fields) && epoch === this.#epoch;
    if (same && this.#series) return;
    this.#fields = fields;
    this.#epoch = epoch;
    this.#series = null;
    this.#destroyPlot();
    if (typeof fields === "string") return;
    this.#values = new Float64Array(fields.y.length);
    this.#keys = fields.by.map(({ name }) => name);
    const top = fields.by.length === 0 ? 1 : integer(this, "top", kind === "band" ? 3 : 8, 1, TOP_MAX);
    const history = integer(this, "history", 300, 2, HISTORY_MAX), label = (row: Row) => seriesLabel(fields, row);
    this.#series = new SeriesSet({ fields: fields.y.length, top, history, aligned: fields.aligned, label });
  }

  #point({ x }: ChartFields, row: Row): { key: string; x: number } {
    const at = x.type === "timestamp" ? this.#times.read(row[x.name]) : numberOf(row[x.name]);
    return { key: keyText(row, this.#keys), x: at };
  }

  get #kind(): ChartKind {
    const kind = this.getAttribute("kind");
    return kind === "bar" || kind === "band" ? kind : "line";
  }

  #draw(fields: ChartFields, series: SeriesSet): void {
    const { width, height } = this.#size;
    if (width === 0 || height === 0) return;
    if (!this.#plot) {
      const shape = { kind: this.#kind, time: fields.time, places: series.places.length, fields: fields.y.length };
      this.#plot = new ChartPlot(this.#plotBox, this.#size, shape, paletteOf(this.#probe), () => this.invalidate());
      this.#drawn = -1;
    }
    this.#plot.resize(width, height);
    if ((this.#paused && this.#drawn >= 0) || this.#drawn === series.version) return;
    const now = performance.now();
    if (now - this.#rankedMs > RANK_MS) {
      series.rank();
      this.#rankedMs = now;
    }
    this.#drawn = series.version;
    this.#plot.draw(series.columns());
  }

  /** Everything around the plot that changes with the data or with the cursor. */
  #label(fields: ChartFields, series: SeriesSet): void {
    const plot = this.#plot;
    if (!plot) return;
    const { x } = plot.columns, cursor = plot.cursor, at = cursor ?? x.length - 1;
    const items = series.places.flatMap((one, place) => this.#items(plot, fields, one, place, at, cursor === null));
    items.forEach((item, unit) => item && plot.show(unit, this.#legend.isShown(item.id)));
    this.#legend.paint(items, (unit) => `--_series-${unit % SERIES_COLOURS + 1}`);
    const text = (value: number) => fields.time ? `${formatTime(value)} UTC` : formatNumber(value);
    setText(this.#title, fields.y.join(", "));
    setText(
      this.#at,
      cursor === null ? (plot.zoom ? `${text(plot.zoom.min)} – ${text(plot.zoom.max)}` : "") : text(x[cursor]),
    );
    this.#all.hidden = plot.zoom === null;
    const span = x.length === 0 ? "" : `, from ${text(x[0])} to ${text(x[x.length - 1])}`;
    const length = x.length > 1 && fields.time ? ` (${formatDuration(x[x.length - 1] - x[0])})` : "";
    const shown = series.places.filter((one) => one !== null).length, many = `${shown} of ${series.size} series`;
    setAttribute(this.#plotBox, "aria-label", `${this.#kind} chart of ${fields.y.join(", ")}: ${many}`);
    this.#words.tell(`${many}${span}${length}`, items, plot, cursor === null ? null : text(x[cursor]));
  }

  /** What was said of other data is not said of none. */
  #clear(): void {
    for (const one of [this.#title, this.#at]) setText(one, "");
    setAttribute(this.#plotBox, "aria-label", null);
    this.#all.hidden = true;
    this.#legend.paint([], String);
    this.#words.clear();
  }

  /** What the legend says of a series: the values at a place, or the newest settled ones that there are. A band is one item, other fields have one each. */
  #items(
    plot: ChartPlot,
    { y }: ChartFields,
    series: Series | null,
    place: number,
    at: number,
    newest: boolean,
  ): (LegendItem | null)[] {
    const { settled, open } = plot.columns, { unit } = plot;
    return Array.from({ length: y.length / unit }, (_, i) => {
      if (!series) return null;
      const slots = Array.from({ length: unit }, (_, j) => place * y.length + i * unit + j);
      const has = (columns: typeof settled, place: number) =>
        slots.some((slot) => typeof columns[slot]?.[place] === "number");
      let where = at;
      if (newest) { while (where > 0 && !has(settled, where)) where--; }
      const isOpen = !has(settled, where) && has(open, where), from = isOpen ? open : settled;
      const { key, label } = series, own = unit > 1 ? y.join(" … ") : y[i];
      const id = `${this.getAttribute("src")}\n${own}\n${key}`;
      const name = label === "" ? own : y.length > unit ? `${label} · ${own}` : label;
      return { id, label: name, values: slots.map((slot) => from[slot]?.[where]), open: isOpen };
    });
  }

  #key(event: KeyboardEvent): void {
    const plot = this.#plot;
    if (!plot || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") plot.zoomBy(1);
    else if (event.key === "-") plot.zoomBy(-1);
    else if (event.key === "ArrowLeft") event.shiftKey ? plot.panBy(-1) : plot.step(-1);
    else if (event.key === "ArrowRight") event.shiftKey ? plot.panBy(1) : plot.step(1);
    else if (event.key === "Escape" || event.key === "0") plot.reset();
    else if (event.key === " ") this.#pause.click();
    else return;
    event.preventDefault();
  }

  #destroyPlot(): void {
    this.#plot?.destroy();
    this.#plot = null;
  }
}
