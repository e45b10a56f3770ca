import { setAttribute } from "../components/dom.ts";
import { placeOf, type Range } from "../page_model/json_text.ts";
import type { PaintedPiece } from "../page_model/sql_tools.ts";
import { el, show } from "./dom.ts";

const INDENT = "  ";
/** The height of a line and the space around the text, as page.css has them. */
const LINE_PX = 20, PAD_X_PX = 12, PAD_Y_PX = 10;
/** About the width of a character, where nothing can be measured. */
const CHARACTER_PX = 7.5;

export interface CodeAreaOptions {
  readonly id: string;
  /** What stands in it. */
  readonly label: string;
  /** The text has become another. */
  typed(event?: InputEvent): void;
  /** Returns true for a key that is dealt with. */
  key?(event: KeyboardEvent): boolean;
  /** The cursor goes elsewhere. */
  moved?(): void;
  /** The text lies elsewhere below its box. */
  scrolled?(): void;
}

/**
 * A text area for code: line numbers, marks, colours below a text that is transparent then. Tab indents; after Escape it leaves, as everywhere else.
 */
export class CodeArea {
  readonly area: HTMLTextAreaElement;
  /** Below the text: what is said of it. */
  readonly foot = el("div", { class: "plan-foot" });
  readonly node: HTMLElement;
  readonly #options: CodeAreaOptions;
  readonly #numbers = el("pre", { class: "numbers", "aria-hidden": "true" });
  readonly #paint = el("code");
  readonly #code: HTMLElement;
  #leaving = false;
  #marked: ReadonlySet<number> = new Set();

  constructor(options: CodeAreaOptions) {
    const { id, label } = options;
    this.#options = options;
    this.area = el("textarea", {
      id,
      class: "mono",
      wrap: "off",
      spellcheck: "false",
      autocapitalize: "off",
      autocomplete: "off",
      autocorrect: "off",
      rows: 18,
      "aria-label": label,
      "aria-describedby": `${id}-help ${id}-mistake`,
      input: (event) => options.typed(event as InputEvent),
      keydown: (event) => this.#key(event as KeyboardEvent),
      blur: () => {
        this.#leaving = false;
        options.moved?.();
      },
      pointerdown: () => options.moved?.(),
      scroll: () => this.#scrolled(),
    });
    const help = el(
      "p",
      { id: `${id}-help`, class: "code-help dim" },
      "Tab indents; press Escape first to leave with Tab.",
    );
    this.foot.append(help);
    const paint = el("pre", { class: "paint", "aria-hidden": "true" }, this.#paint);
    this.#code = el("div", { class: "code" }, this.area, paint);
    this.node = el("div", { class: "plan" }, el("div", { class: "plan-box" }, this.#numbers, this.#code), this.foot);
    this.mark([]);
  }

  get text(): string {
    return this.area.value;
  }

  /** Where the cursor is, or null while text is selected. */
  get cursor(): number | null {
    const { selectionStart, selectionEnd } = this.area;
    return selectionStart === selectionEnd ? selectionStart : null;
  }

  /** Puts another text in its place, as if it was there from the beginning. */
  set(text: string): void {
    this.area.value = text;
  }

  /** Puts another text in its place, as if a person typed it: undo brings back what was there. */
  replace(text: string): void {
    if (text === this.text) return;
    this.insert(text, { start: 0, end: this.text.length });
    this.area.setSelectionRange(0, 0);
    this.area.scrollTop = 0;
  }

  /** Puts text in the place of a range, or of what is selected, as if it was typed, so that undo knows of it. */
  insert(text: string, range?: Range): void {
    if (range) {
      this.area.focus();
      this.area.setSelectionRange(range.start, range.end);
    }
    if (document.execCommand("insertText", false, text)) return;
    const { selectionStart, selectionEnd } = this.area;
    this.area.setRangeText(text, selectionStart, selectionEnd, "end");
    this.#options.typed();
  }

  /** Marks lines, which count from 1. */
  mark(lines: readonly number[]): void {
    this.#marked = new Set(lines);
    const count = this.text.split("\n").length;
    if (this.#numbers.childElementCount !== count) {
      this.#numbers.replaceChildren(...Array.from({ length: count }, (_, i) => el("span", {}, `${i + 1}\n`)));
    }
    [...this.#numbers.children].forEach((number, i) =>
      setAttribute(number, "data-tone", this.#marked.has(i + 1) ? "bad" : null)
    );
    this.#scrolled();
  }

  /** Colours the text; null: it is shown as it is. */
  paint(pieces: readonly PaintedPiece[] | null): void {
    this.#code.toggleAttribute("data-painted", pieces !== null);
    this.#paint.replaceChildren(...(pieces ?? []).map((piece) => this.#span(piece)));
  }

  #span({ start, end, class: kind, wrong }: PaintedPiece): HTMLElement | string {
    const text = this.text.slice(start, end), names = [kind === "space" ? "" : `sql-${kind}`, wrong ? "wrong" : ""];
    return names.join("") === "" ? text : el("span", { class: names.join(" ").trim() }, text);
  }

  /** Selects a place and brings it into view. */
  select({ start, end }: Range): void {
    this.area.focus();
    this.area.setSelectionRange(start, end);
    this.reveal(placeOf(this.text, start).line);
  }

  /** Brings a line into view. */
  reveal(line: number): void {
    const top = (line - 1) * LINE_PX, { scrollTop, clientHeight } = this.area;
    if (top < scrollTop || top + 2 * LINE_PX > scrollTop + clientHeight) this.area.scrollTop = top - 3 * LINE_PX;
    this.area.scrollLeft = 0;
  }

  /** Shows an element below a place of the text, or above it where there is no room. */
  showAt(element: HTMLElement, offset: number): void {
    show(element, true);
    const { area, node } = this,
      { left, top, width } = node.getBoundingClientRect(),
      box = area.getBoundingClientRect();
    const x = box.left - left + PAD_X_PX + this.#widthBefore(offset) - area.scrollLeft;
    const y = box.top - top + PAD_Y_PX + placeOf(this.text, offset).line * LINE_PX - area.scrollTop;
    const { offsetWidth, offsetHeight } = element, seen = globalThis.visualViewport?.height ?? innerHeight;
    const above = y - LINE_PX - offsetHeight, fits = top + y + offsetHeight <= seen || top + above < 0;
    element.style.left = `${Math.max(0, Math.min(x, width - offsetWidth))}px`;
    element.style.top = `${fits ? y : above}px`;
  }

  /** How wide the text is between the beginning of a place's line and the place. */
  #widthBefore(offset: number): number {
    const start = this.text.lastIndexOf("\n", offset - 1) + 1;
    if (start === offset) return 0;
    const from = this.#nodeAt(start), to = this.#nodeAt(offset);
    if (!from || !to) return (offset - start) * CHARACTER_PX;
    const range = document.createRange();
    range.setStart(...from);
    range.setEnd(...to);
    return range.getBoundingClientRect().width;
  }

  #nodeAt(offset: number): [Node, number] | null {
    const walker = document.createTreeWalker(this.#paint, NodeFilter.SHOW_TEXT);
    let left = offset;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const { length } = node as Text;
      if (left <= length) return [node, left];
      left -= length;
    }
    return null;
  }

  #scrolled(): void {
    const { scrollTop, scrollLeft } = this.area;
    this.#numbers.scrollTop = scrollTop;
    this.#paint.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
    this.#options.scrolled?.();
  }

  #key(event: KeyboardEvent): void {
    if (this.#options.key?.(event)) return event.preventDefault();
    if (event.key === "Escape") this.#leaving = true;
    else if (event.key !== "Tab") this.#leaving &&= event.key === "Shift";
    else if (!this.#leaving && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      this.insert(INDENT);
    }
  }
}
