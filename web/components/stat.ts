/*
 * <rdx-stat src="/v1/views/delays" column="avg" key="Oslo" agg="last|sum|avg|min|max|count" warn="80" bad="<5" label="Delay" unit="min">: one figure,
 * how it went (a line of the windows before), and what its thresholds say, in words and not by colour alone.
 *
 * `key`: the value of the key column as it is; of several key columns their values in order, as key="Oslo,2" or, where values contain commas, as a JSON
 * array: key='["Oslo, Norway",2]'.
 */
import type { LiveChange } from "../../src/client/rdx/types.ts";
import { compactNumber, cut, formatCell, formatTime, fullText, isNull, isNumeric, numberOf } from "../model/format.ts";
import { rowsIn } from "../model/live_rows.ts";
import { type Fold, parseThreshold, reached, StatValue, wantedKey } from "../model/stat_value.ts";
import { invalid } from "../model/status.ts";
import { STAT_STYLE } from "../style/stat.ts";
import { h, setAttribute, setText } from "./dom.ts";
import { LiveElement } from "./live_element.ts";
import { paletteOf } from "./palette.ts";

const FOLDS: readonly string[] = ["last", "sum", "avg", "min", "max", "count"];
const COMPACT_FROM = 1e7;

export class RdxStat extends LiveElement {
  static readonly observedAttributes = [
    "src",
    "server",
    "token",
    "theme",
    "column",
    "key",
    "agg",
    "warn",
    "bad",
    "label",
    "unit",
  ];

  readonly #label = h("div", { class: "label" });
  readonly #number = h("span", { class: "number" }, "–");
  readonly #unit = h("span", { class: "unit" });
  readonly #verdict = h("div", { class: "verdict" });
  readonly #spark = h("canvas", { class: "spark", "aria-hidden": "true" });
  readonly #probe = h("span", { class: "probe" });
  #value: StatValue | null = null;
  #keys: readonly string[] = [];
  /** Of each key column the value that is meant. */
  #wanted: readonly string[] = [];
  #type = "double";
  #problem: string | null = null;

  constructor() {
    super(STAT_STYLE);
    this.body.append(
      this.#label,
      h("div", { class: "figure" }, this.#number, this.#unit),
      this.#verdict,
      this.#spark,
      this.#probe,
    );
    new ResizeObserver(() => this.invalidate()).observe(this.#spark);
  }

  protected override get onlyDrawn(): readonly string[] {
    return ["theme", "warn", "bad", "label", "unit"];
  }

  protected override get wantsOpen(): boolean {
    return false;
  }

  protected override get snapshotRows(): number | null {
    return null;
  }

  protected override reset(): void {
    this.#value = null;
    this.#problem = null;
  }

  protected override get isEmpty(): boolean {
    return this.#value?.isEmpty ?? false;
  }

  protected override take(change: LiveChange): void {
    if (change.kind === "snapshot") this.#begin(change);
    const value = this.#value;
    if (!value) return;
    for (const { row, gone } of rowsIn(change)) {
      if (!this.#wanted.every((text, i) => i >= this.#keys.length || String(row[this.#keys[i]]) === text)) continue;
      if (gone) value.remove(row, this.#keys);
      else value.put(row, this.#keys);
    }
    if (change.kind === "delta") value.settle();
  }

  #begin({ columns, keys }: Extract<LiveChange, { kind: "snapshot" }>): void {
    const agg = this.getAttribute("agg") ?? "last", wanted = this.getAttribute("column");
    const column = columns.find(({ name, type }) =>
      wanted === null ? isNumeric(type) && !keys.includes(name) : name === wanted
    );
    this.#value = null;
    this.#problem = null;
    if (!FOLDS.includes(agg)) {
      this.#problem = `Cannot fold by ${cut(agg, 40)}: expected agg to be one of ${FOLDS.join(", ")}`;
    } else if (!column) {
      const have = cut(columns.map(({ name }) => name).join(", "), 200);
      this.#problem = wanted === null
        ? "This view has no column of numbers: name one in the attribute column"
        : `This view has no column ${cut(wanted, 60)}: it has ${have}`;
    }
    if (this.#problem !== null || !column) return;
    this.#keys = keys;
    this.#wanted = wantedKey(this.getAttribute("key"), keys.length);
    this.#type = column.type;
    this.#value = new StatValue(column.name, agg as Fold);
  }

  protected override paint(): void {
    const warn = parseThreshold(this.getAttribute("warn"), "warn"),
      bad = parseThreshold(this.getAttribute("bad"), "bad");
    const problem = this.#problem ?? [warn, bad].find((one) => typeof one === "string") ?? null;
    if (typeof problem === "string") return this.tell(invalid(problem));
    setText(
      this.#label,
      this.getAttribute("label") ??
        [this.getAttribute("agg"), this.getAttribute("column"), this.getAttribute("key")].filter(Boolean).join(" · "),
    );
    setText(this.#unit, this.getAttribute("unit") ?? "");
    this.tell(null);
    const stat = this.#value;
    if (!stat) return;
    const raw = stat.value, number = numberOf(raw), exact = isNull(raw) ? "none" : fullText(raw);
    const short = isNull(raw)
      ? "–"
      : Math.abs(number) >= COMPACT_FROM
      ? compactNumber(number)
      : formatCell(raw, this.#type);
    setText(this.#number, short);
    setAttribute(this.#number, "title", exact);
    const isBad = reached(number, bad as Exclude<typeof bad, string>),
      isWarn = reached(number, warn as Exclude<typeof warn, string>);
    setAttribute(this.body, "data-level", isBad !== null ? "bad" : isWarn !== null ? "warn" : null);
    const since = Number.isFinite(stat.start) ? `window from ${formatTime(stat.start)}` : "";
    setText(this.#verdict, isBad !== null ? `Bad: ${isBad}` : isWarn !== null ? `Warning: ${isWarn}` : since);
    this.#draw([...stat.past, number].filter((one) => Number.isFinite(one)));
  }

  /** The windows before as a line, and the newest as a dot. */
  #draw(values: readonly number[]): void {
    const canvas = this.#spark, ratio = devicePixelRatio, width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    if (values.length < 2) return;
    const least = Math.min(...values),
      span = Math.max(...values) - least || 1,
      colour = paletteOf(this.#probe).series[0];
    const x = (i: number) => 3 + i * (width - 8) / (values.length - 1),
      y = (value: number) => height - 4 - (value - least) / span * (height - 8);
    context.beginPath();
    values.forEach((value, i) => context.lineTo(x(i), y(value)));
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = 1.5;
    context.lineJoin = "round";
    context.stroke();
    context.beginPath();
    context.arc(x(values.length - 1), y(values[values.length - 1]), 2.5, 0, 7);
    context.fill();
  }
}
