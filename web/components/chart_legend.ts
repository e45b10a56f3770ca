import { compactNumber, formatNumber } from "../model/format.ts";
import { h, setAttribute, setText } from "./dom.ts";

/** What one button of the legend says. */
export interface LegendItem {
  /** What is hidden and shown: it stays the same in whatever place the series stands. */
  readonly id: string;
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
  id: string;
}

/** A button for each series: its colour, its name, its value at the cursor, and whether it is drawn. */
export class ChartLegend {
  readonly element = h("ul", { class: "legend", "aria-label": "Series" });
  readonly #toggled: () => void;
  readonly #hidden = new Set<string>();
  #buttons: Button[] = [];

  /** `toggled` is called when a series is to be hidden or shown. */
  constructor(toggled: () => void) {
    this.#toggled = toggled;
  }

  isShown(id: string): boolean {
    return !this.#hidden.has(id);
  }

  /** One item for each place; null where no series is. `colour` gives the name of a CSS variable. */
  paint(items: readonly (LegendItem | null)[], colour: (place: number) => string): void {
    while (this.#buttons.length > items.length) this.#buttons.pop()!.item.remove();
    while (this.#buttons.length < items.length) this.#buttons.push(this.#make(this.#buttons.length, colour));
    items.forEach((item, place) => {
      const made = this.#buttons[place], { item: element, label, value, button } = made;
      element.hidden = item === null;
      if (!item) return;
      made.id = item.id;
      setAttribute(button, "aria-pressed", String(this.isShown(item.id)));
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
    const button = h("button", { type: "button" }, swatch, label, value);
    const made: Button = { item: h("li", {}, button), button, label, value, id: "" };
    button.addEventListener("click", () => {
      if (!this.#hidden.delete(made.id)) this.#hidden.add(made.id);
      setAttribute(button, "aria-pressed", String(this.isShown(made.id)));
      this.#toggled();
    });
    this.element.append(made.item);
    return made;
  }
}
