import { setAttribute, setText } from "../components/dom.ts";
import { type JsonMistake, type JsonNode, placeOf, type Range, readJsonText } from "../page_model/json_text.ts";
import { el } from "./dom.ts";

const INDENT = "  ";
/** The height of a line, as page.css has it. */
const LINE_PX = 20;

/**
 * A text area for a plan: line numbers, the first mistake of its JSON while typing. Tab indents; after Escape it leaves, as everywhere
 * else.
 */
export class PlanText {
  readonly node: HTMLElement;
  readonly #area: HTMLTextAreaElement;
  readonly #numbers = el("pre", { class: "numbers", "aria-hidden": "true" });
  readonly #said = el("button", { type: "button", class: "mistake", click: () => this.#goToMistake() });
  readonly #changed: () => void;
  #leaving = false;
  #tree: JsonNode | null = null;
  #mistake: JsonMistake | null = null;
  /** Lines with an error of the server. */
  #marked: ReadonlySet<number> = new Set();

  constructor(changed: () => void) {
    this.#changed = changed;
    this.#area = el("textarea", {
      id: "plan",
      class: "mono",
      wrap: "off",
      spellcheck: "false",
      autocapitalize: "off",
      autocomplete: "off",
      rows: 18,
      "aria-describedby": "plan-help plan-mistake",
      input: () => this.#typed(),
      keydown: (event) => this.#key(event as KeyboardEvent),
      blur: () => this.#leaving = false,
      scroll: () => this.#numbers.scrollTop = this.#area.scrollTop,
    });
    const help = el("p", { id: "plan-help", class: "dim" }, "Tab indents; press Escape first to leave with Tab.");
    const said = el("div", { id: "plan-mistake", role: "status" }, this.#said);
    const box = el("div", { class: "plan-box" }, this.#numbers, this.#area);
    this.node = el("div", { class: "plan" }, box, el("div", { class: "plan-foot" }, said, help));
    this.#read();
  }

  get text(): string {
    return this.#area.value;
  }

  /** The plan with its places, or null while its JSON has a mistake. */
  get tree(): JsonNode | null {
    return this.#tree;
  }

  get mistake(): JsonMistake | null {
    return this.#mistake;
  }

  /** Puts another text in its place, as if it was there from the beginning. */
  set(text: string): void {
    this.#area.value = text;
    this.#marked = new Set();
    this.#read();
  }

  /** Puts another text in its place, as if a person typed it: undo brings back what was there. */
  replace(text: string): void {
    if (text === this.text) return;
    this.#area.focus();
    this.#area.select();
    this.#insert(text);
    this.#area.setSelectionRange(0, 0);
    this.#area.scrollTop = 0;
  }

  focus(): void {
    this.#area.focus();
  }

  /** Marks the lines of places with errors, and brings the first into view. */
  mark(places: readonly Range[]): void {
    const lines = places.map(({ start }) => placeOf(this.text, start).line);
    this.#marked = new Set(lines);
    this.#drawNumbers();
    if (lines.length > 0) this.#reveal(Math.min(...lines));
  }

  /** Selects a place and brings it into view. */
  select({ start, end }: Range): void {
    this.#area.focus();
    this.#area.setSelectionRange(start, end);
    this.#reveal(placeOf(this.text, start).line);
  }

  #reveal(line: number): void {
    const top = (line - 1) * LINE_PX, { scrollTop, clientHeight } = this.#area;
    if (top < scrollTop || top + 2 * LINE_PX > scrollTop + clientHeight) this.#area.scrollTop = top - 3 * LINE_PX;
    this.#area.scrollLeft = 0;
  }

  #goToMistake(): void {
    if (this.#mistake) this.select({ start: this.#mistake.offset, end: this.#mistake.offset + 1 });
  }

  #typed(): void {
    this.#marked = new Set();
    this.#read();
    this.#changed();
  }

  #read(): void {
    const { node, mistake } = readJsonText(this.text), empty = this.text.trim() === "";
    this.#tree = node;
    this.#mistake = mistake;
    const place = mistake && !empty ? `Line ${mistake.line}, column ${mistake.column}: ${mistake.reason}` : "";
    setText(this.#said, place);
    this.#said.hidden = place === "";
    setAttribute(this.#area, "aria-invalid", place !== "" ? "true" : null);
    this.#drawNumbers();
  }

  #drawNumbers(): void {
    const lines = this.text.split("\n").length, wrong = this.text.trim() === "" ? null : this.#mistake?.line;
    const marks = Array.from({ length: lines }, (_, i) => i + 1 === wrong || this.#marked.has(i + 1));
    if (this.#numbers.childElementCount !== lines) {
      this.#numbers.replaceChildren(...marks.map((_, i) => el("span", {}, `${i + 1}\n`)));
    }
    marks.forEach((marked, i) => setAttribute(this.#numbers.children[i], "data-tone", marked ? "bad" : null));
    this.#numbers.scrollTop = this.#area.scrollTop;
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Escape") this.#leaving = true;
    else if (event.key !== "Tab") this.#leaving &&= event.key === "Shift";
    else if (!this.#leaving && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      this.#insert(INDENT);
    }
  }

  /** As if it was typed, so that undo knows of it. */
  #insert(text: string): void {
    if (document.execCommand("insertText", false, text)) return;
    const { selectionStart, selectionEnd } = this.#area;
    this.#area.setRangeText(text, selectionStart, selectionEnd, "end");
    this.#typed();
  }
}
