import { formatNumber, fullText } from "../model/format.ts";
import { h, setText } from "./dom.ts";

/** Characters of a long value that are shown before a person asks for all. */
const SHOWN_FIRST = 20_000;

/** Shows all of one value, however long, over the lower part of an element. */
export class ValuePanel {
  readonly element: HTMLElement;
  readonly #title = h("span", { class: "title" });
  readonly #text = h("pre", { tabindex: "0" });
  readonly #all = h("button", { type: "button" });
  readonly #closed: () => void;
  #value = "";

  /** `closed`: gets the focus back to where it was. */
  constructor(closed: () => void) {
    this.#closed = closed;
    const close = h("button", { type: "button" }, "Close"), copy = h("button", { type: "button" }, "Copy");
    close.addEventListener("click", () => this.close());
    this.#all.addEventListener("click", () => {
      this.#show(Infinity);
      this.#text.focus();
    });
    copy.addEventListener("click", () => void this.#copy(copy));
    this.element = h(
      "section",
      { class: "panel", hidden: "", "aria-label": "The whole value" },
      h("header", {}, this.#title, this.#all, copy, close),
      this.#text,
    );
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  open(title: string, value: unknown): void {
    setText(this.#title, title);
    this.#value = fullText(value);
    setText(this.#all, `Show all ${formatNumber(this.#value.length)} characters`);
    this.element.hidden = false;
    this.#show(SHOWN_FIRST);
    this.#text.scrollTop = 0;
    this.#text.focus();
  }

  close(): void {
    if (this.element.hidden) return;
    this.element.hidden = true;
    this.#text.textContent = this.#value = "";
    this.#closed();
  }

  #show(characters: number): void {
    this.#all.hidden = this.#value.length <= characters;
    this.#text.textContent = this.#all.hidden ? this.#value : `${this.#value.slice(0, characters)}…`;
  }

  async #copy(button: HTMLElement): Promise<void> {
    const copied = await navigator.clipboard?.writeText(this.#value).then(() => true, () => false);
    setText(button, copied ? "Copied" : "Select the text and copy it");
    setTimeout(() => setText(button, "Copy"), 2000);
  }
}
