import { setAttribute, setText } from "../components/dom.ts";
import type { SqlChoice } from "../page_model/sql_tools.ts";
import { el, show } from "./dom.ts";

/** More choices than that are found by typing on. */
const CHOICES_MAX = 100;
const PAGE_CHOICES = 8;
const ID = "sql-choices";

/** The list of what may be written at the cursor. The text keeps the focus and says which choice is the active one. */
export class ChoiceList {
  readonly node: HTMLElement;
  readonly #field: HTMLElement;
  readonly #list = el("ul", { id: ID, role: "listbox", "aria-label": "What fits here" });
  readonly #doc = el("p", { class: "dim" });
  #choices: readonly SqlChoice[] = [];
  #active = 0;

  /** `field` has the focus; `taken` is called with a choice that somebody points at. */
  constructor(field: HTMLElement, taken: (choice: SqlChoice) => void) {
    this.#field = field;
    this.node = el("div", { class: "choices", hidden: true }, this.#list, this.#doc);
    // The text keeps the focus, and on a phone its keyboard.
    this.node.addEventListener("mousedown", (event) => event.preventDefault());
    this.#list.addEventListener("click", (event) => {
      const option = (event.target as Element).closest("li"),
        at = option ? [...this.#list.children].indexOf(option) : -1;
      if (at >= 0) taken(this.#choices[at]);
    });
  }

  get open(): boolean {
    return !this.node.hidden;
  }

  get active(): SqlChoice {
    return this.#choices[this.#active];
  }

  /** Opens the list with choices, at least one. */
  show(choices: readonly SqlChoice[]): void {
    show(this.node, true);
    this.#choices = choices.slice(0, CHOICES_MAX);
    this.#list.replaceChildren(...this.#choices.map((choice, i) => optionOf(choice, i)));
    this.#list.scrollTop = 0;
    setAttribute(this.#field, "role", "combobox");
    setAttribute(this.#field, "aria-expanded", "true");
    setAttribute(this.#field, "aria-autocomplete", "list");
    setAttribute(this.#field, "aria-controls", ID);
    this.#activate(0);
  }

  hide(): void {
    if (!this.open) return;
    show(this.node, false);
    for (const name of ["role", "aria-expanded", "aria-autocomplete", "aria-controls", "aria-activedescendant"]) {
      setAttribute(this.#field, name, null);
    }
  }

  /** Moves the active choice. Returns false for a key that does not do that. */
  move(key: string): boolean {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE_CHOICES, PageUp: -PAGE_CHOICES };
    if (!Object.hasOwn(steps, key)) return false;
    const step = steps[key], last = this.#choices.length - 1, next = this.#active + step;
    const wraps = Math.abs(step) === 1;
    this.#activate(next < 0 ? wraps ? last : 0 : next > last ? wraps ? 0 : last : next);
    return true;
  }

  #activate(at: number): void {
    this.#list.children[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = at;
    const option = this.#list.children[at], { detail, doc, kind } = this.active;
    option.setAttribute("aria-selected", "true");
    setAttribute(this.#field, "aria-activedescendant", option.id);
    setText(this.#doc, doc === "" ? "" : kind === "function" && detail !== "" ? `${detail} · ${doc}` : doc);
    show(this.#doc, doc !== "");
    option.scrollIntoView({ block: "nearest" });
  }
}

function optionOf({ label, detail, kind }: SqlChoice, at: number): HTMLElement {
  const said = kind === "column" ? detail : kind;
  return el(
    "li",
    { id: `${ID}-${at}`, role: "option", "aria-selected": "false", "data-kind": kind },
    el("span", {}, label),
    el("span", { class: "dim" }, ` ${said}`),
  );
}
