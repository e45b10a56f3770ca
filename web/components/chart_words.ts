import { formatNumber } from "../model/format.ts";
import type { LegendItem } from "./chart_legend.ts";
import type { ChartPlot } from "./chart_plot.ts";
import { h, setText } from "./dom.ts";

/** The words are written anew so often, in ms: readers of the screen lose their place in what changes all the time. */
const WORDS_MS = 3000;

/** What the chart shows, for those who do not see it: a summary, a table of the series, and the values where the cursor stands. */
export class ChartWords {
  readonly #summary = h("caption");
  readonly #rows = h("tbody");
  readonly #cursor = h("div", { "aria-live": "polite" });
  readonly element = h(
    "div",
    { class: "hidden" },
    h(
      "table",
      {},
      this.#summary,
      h(
        "thead",
        {},
        h("tr", {}, ...["Series", "Newest", "Lowest", "Highest"].map((text) => h("th", { scope: "col" }, text))),
      ),
      this.#rows,
    ),
    this.#cursor,
  );
  #writtenMs = -Infinity;
  #at: string | null = null;

  /** Says nothing, until there is something to say again. */
  clear(): void {
    this.#writtenMs = -Infinity;
    this.#at = null;
    for (const one of [this.#summary, this.#rows, this.#cursor]) one.replaceChildren();
  }

  /** `at`: where the cursor stands, or null. */
  tell(summary: string, items: readonly (LegendItem | null)[], plot: ChartPlot, at: string | null): void {
    if (at !== this.#at) {
      this.#at = at;
      setText(this.#cursor, at === null ? "" : `${at}: ${items.filter((item) => item !== null).map(said).join("; ")}`);
    }
    const now = performance.now();
    if (now - this.#writtenMs < WORDS_MS) return;
    this.#writtenMs = now;
    setText(this.#summary, summary);
    const { settled } = plot.columns, { unit } = plot;
    this.#rows.replaceChildren(...items.flatMap((item, i) => {
      if (!item) return [];
      const values = settled[i * unit]?.filter((value) => typeof value === "number") ?? [];
      const low = values.reduce((a, b) => Math.min(a, b), Infinity),
        high = values.reduce((a, b) => Math.max(a, b), -Infinity);
      const cells = [said(item).slice(item.label.length + 1), formatNumber(low), formatNumber(high)];
      return [h("tr", {}, h("th", { scope: "row" }, item.label), ...cells.map((text) => h("td", {}, text)))];
    }));
  }
}

function said({ label, values, open }: LegendItem): string {
  const texts = values.map((value) => typeof value === "number" ? formatNumber(value) : "none");
  return `${label} ${texts.join(" to ")}${open ? ", window still open" : ""}`;
}
