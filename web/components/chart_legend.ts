import { compactNumber, formatNumber } from "../model/format.ts";
import { h, setAttribute, setText } from "./dom.ts";

/** What one button of the legend says. */
export interface LegendItem {
  readonly label: string;
  /** One for each field; null for none at this place. */
  readonly values: readonly (number | null | undefined)[];
  /** Whether the values are of a window that is still open. */
  readonly open: boolean;
}

interface Button {
  readonly item: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly label: HTMLElement;
  readonly value: HTMLElement;
  shown: boolean;
}

/** A button for each series: its colour, its name, its value at the cursor, and whether it is drawn. */
export class ChartLegend {
  readonly element = h("ul", { class: "legend", "aria-label": "Series" });
  readonly #toggled: (place: number, shown: boolean) => void;
  #buttons: Button[] = [];

  constructor(toggled: (place: number, shown: boolean) => void) {
    this.#toggled = toggled;
  }

  isShown(place: number): boolean {
    return this.#buttons[place]?.shown ?? true;
  }

  /** One item for each place; null where no series is. `colour` gives the name of a CSS variable. */
  paint(items: readonly (LegendItem | null)[], colour: (place: number) => string): void {
    while (this.#buttons.length > items.length) this.#buttons.pop()!.item.remove();
    while (this.#buttons.length < items.length) this.#buttons.push(this.#make(this.#buttons.length, colour));
    items.forEach((item, place) => {
      const { item: element, label, value, button } = this.#buttons[place];
      element.hidden = item === null;
      if (!item) return;
      setText(label, item.label);
      setAttribute(button, "title", item.label);
      setText(
        value,
        item.values.map((one) => one === null || one === undefined ? "–" : compactNumber(one)).join(" … "),
      );
      const exact = item.values.map((one) => one === null || one === undefined ? "none" : formatNumber(one)).join(", ");
      setAttribute(value, "title", item.open ? `${exact} (window still open)` : exact);
      value.classList.toggle("open", item.open);
    });
  }

  #make(place: number, colour: (place: number) => string): Button {
    const swatch = h("span", { class: "swatch", "aria-hidden": "true" }), label = h("span", { class: "label" });
    swatch.style.setProperty("color", `var(${colour(place)})`);
    const value = h("span", { class: "value" });
    const button = h("button", { type: "button", "aria-pressed": "true" }, swatch, label, value);
    const made: Button = { item: h("li", {}, button), button, label, value, shown: true };
    button.addEventListener("click", () => {
      made.shown = !made.shown;
      setAttribute(button, "aria-pressed", String(made.shown));
      this.#toggled(place, made.shown);
    });
    this.element.append(made.item);
    return made;
  }
}
