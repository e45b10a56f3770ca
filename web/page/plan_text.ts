import { setAttribute, setText } from "../components/dom.ts";
import { type JsonMistake, type JsonNode, placeOf, type Range, readJsonText } from "../page_model/json_text.ts";
import { CodeArea } from "./code_area.ts";
import { el } from "./dom.ts";

/** A text that a person writes, with the places that are marked in it. */
export interface ScriptText {
  readonly node: HTMLElement;
  readonly text: string;
  /** Puts another text in its place, as if it was there from the beginning. */
  set(text: string): void;
  /** Puts another text in its place, as if a person typed it: undo brings back what was there. */
  replace(text: string): void;
  /** Marks places with errors that the server found, and brings the first into view. */
  mark(places: readonly Range[]): void;
  /** Selects a place and brings it into view. */
  select(place: Range): void;
}

/** A text area for a plan, which tells the first mistake of its JSON while typing. */
export class PlanText implements ScriptText {
  readonly #code: CodeArea;
  readonly #said = el("button", { type: "button", class: "mistake", click: () => this.#goToMistake() });
  readonly #changed: () => void;
  #tree: JsonNode | null = null;
  #mistake: JsonMistake | null = null;
  /** Lines with an error of the server. */
  #marked: readonly number[] = [];

  constructor(changed: () => void) {
    this.#changed = changed;
    this.#code = new CodeArea({ id: "plan", label: "The plan as JSON", typed: () => this.#typed() });
    this.#code.foot.prepend(el("div", { id: "plan-mistake", role: "status" }, this.#said));
    this.#read();
  }

  get node(): HTMLElement {
    return this.#code.node;
  }

  get text(): string {
    return this.#code.text;
  }

  /** The plan with its places, or null while its JSON has a mistake. */
  get tree(): JsonNode | null {
    return this.#tree;
  }

  get mistake(): JsonMistake | null {
    return this.#mistake;
  }

  set(text: string): void {
    this.#code.set(text);
    this.#marked = [];
    this.#read();
  }

  replace(text: string): void {
    this.#code.replace(text);
  }

  mark(places: readonly Range[]): void {
    this.#marked = places.map(({ start }) => placeOf(this.text, start).line);
    this.#markLines();
    if (places.length > 0) this.#code.reveal(Math.min(...this.#marked));
  }

  select(place: Range): void {
    this.#code.select(place);
  }

  #goToMistake(): void {
    if (this.#mistake) this.select({ start: this.#mistake.offset, end: this.#mistake.offset + 1 });
  }

  #typed(): void {
    this.#marked = [];
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
    setAttribute(this.#code.area, "aria-invalid", place !== "" ? "true" : null);
    this.#markLines();
  }

  #markLines(): void {
    const wrong = this.text.trim() === "" || !this.#mistake ? [] : [this.#mistake.line];
    this.#code.mark([...wrong, ...this.#marked]);
  }
}
