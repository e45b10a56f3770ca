import { setAttribute } from "../components/dom.ts";
import { placeOf, type Range } from "../page_model/json_text.ts";
import {
  paintedPieces,
  type SqlCatalogue,
  type SqlChoice,
  type SqlChoices,
  type SqlMistake,
  type SqlTools,
} from "../page_model/sql_tools.ts";
import { ChoiceList } from "./choice_list.ts";
import { CodeArea } from "./code_area.ts";
import { el, fill } from "./dom.ts";
import { errorItem } from "./error_item.ts";
import type { ScriptText } from "./plan_text.ts";

/** Mistakes are told when somebody stops to type for this long: a text is wrong most of the time while it is written. */
const PAUSE_MS = 500;
/** Longer texts are shown without colours, and completed on demand alone: each key reads all of it. */
const LIVE_CHARACTERS_MAX = 20_000;
const MISTAKES_MAX = 3;
const WORD = /[\p{ID_Continue}$.]/u;

/** A text area for SQL: colours, completion, mistakes where they are. All of it comes with the tools; until then it is a text area. */
export class SqlText implements ScriptText {
  readonly #code: CodeArea;
  readonly #choices: ChoiceList;
  readonly #changed: () => void;
  readonly #said = el("div", { id: "sql-mistake", role: "status" });
  #tools: SqlTools | null = null;
  #catalogue: SqlCatalogue = { tables: [], functions: [] };
  /** What the open list stands for. */
  #found: SqlChoices = { from: 0, to: 0, items: [] };
  #taking = false;
  /** Where a key has looked for choices by itself; null: the text or what is chosen has changed since in another way. */
  #sought: number | null = null;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #wrong: readonly Range[] = [];

  constructor(changed: () => void) {
    this.#changed = changed;
    this.#code = new CodeArea({
      id: "sql",
      label: "The script in SQL",
      typed: (event) => this.#typed(event),
      key: (event) => this.#key(event),
      moved: () => this.#close(),
      scrolled: () => this.#place(),
    });
    this.#choices = new ChoiceList(this.#code.area, (choice) => this.#take(choice));
    this.#code.node.append(this.#choices.node);
    this.#code.foot.prepend(this.#said);
  }

  get node(): HTMLElement {
    return this.#code.node;
  }

  get text(): string {
    return this.#code.text;
  }

  /** What the text is coloured and completed with. */
  use(tools: SqlTools): void {
    this.#tools = tools;
    this.#draw();
  }

  /** What completion offers. Whoever has typed a word before it came is offered what begins so now. */
  know(catalogue: SqlCatalogue): void {
    this.#catalogue = catalogue;
    if (this.#sought !== null && this.#sought === this.#code.cursor) this.#complete(true);
  }

  set(text: string): void {
    this.#code.set(text);
    this.#forget();
  }

  replace(text: string): void {
    this.#code.replace(text);
  }

  mark(places: readonly Range[]): void {
    clearTimeout(this.#pause);
    fill(this.#said);
    this.#wrong = places;
    this.#draw();
    if (places.length > 0) this.#code.reveal(Math.min(...places.map(({ start }) => placeOf(this.text, start).line)));
  }

  select(place: Range): void {
    this.#code.select(place);
  }

  #forget(): void {
    this.#close();
    this.mark([]);
  }

  #close(): void {
    this.#sought = null;
    this.#choices?.hide();
  }

  #place(): void {
    if (this.#choices?.open) this.#code.showAt(this.#choices.node, this.#found.from);
  }

  #typed(event?: InputEvent): void {
    const wasOpen = this.#choices.open;
    this.#forget();
    this.#pause = setTimeout(() => this.#look(), PAUSE_MS);
    this.#changed();
    if (event?.isComposing || this.#taking) return;
    const typed = event?.inputType === "insertText" && event.data?.length === 1 && WORD.test(event.data);
    const back = wasOpen && event?.inputType === "deleteContentBackward";
    if ((typed || back) && this.text.length <= LIVE_CHARACTERS_MAX) {
      this.#sought = this.#code.cursor;
      this.#complete(true);
    }
  }

  #draw(): void {
    const { text } = this, live = this.#tools !== null && text.length <= LIVE_CHARACTERS_MAX;
    this.#code.paint(live ? paintedPieces(this.#tools!.pieces(text), this.#wrong) : null);
    this.#code.mark(this.#wrong.map(({ start }) => placeOf(text, start).line));
    setAttribute(this.#code.area, "aria-invalid", this.#wrong.length > 0 ? "true" : null);
  }

  /** Tells what cannot be read, unless it is only because more is about to be written. */
  #look(): void {
    const found = this.#tools?.mistakes(this.text) ?? [];
    this.#wrong = found;
    this.#draw();
    if (found.length === 0) return;
    const more = found.length > MISTAKES_MAX
      ? el("li", { class: "dim" }, `and ${found.length - MISTAKES_MAX} more`)
      : null;
    const items = found.slice(0, MISTAKES_MAX).map((mistake) => this.#item(mistake));
    fill(this.#said, el("ol", { class: "errors" }, items, more));
  }

  #item({ start, end, ...told }: SqlMistake): HTMLElement {
    const place = { start, end };
    return errorItem(told, place, () => this.select(place));
  }

  /** Offers what fits at the cursor. `quiet`: nobody asked, so that what is written already is not offered. */
  #complete(quiet: boolean): void {
    const { cursor } = this.#code;
    if (!this.#tools || cursor === null) return this.#choices.hide();
    const found = this.#tools.choices(this.text, cursor, this.#catalogue);
    const written = this.text.slice(found.from, cursor).toLowerCase();
    const known = found.items.some(({ label, insert }) => [label, insert].some((one) => one.toLowerCase() === written));
    if (found.items.length === 0 || quiet && (known || written === "" && this.text[cursor - 1] !== ".")) {
      return this.#choices.hide();
    }
    this.#found = found;
    this.#choices.show(found.items);
    this.#place();
  }

  #take({ insert }: SqlChoice): void {
    const { from, to } = this.#found;
    this.#taking = true;
    this.#code.insert(insert, { start: from, end: to });
    this.#taking = false;
    this.#choices.hide();
  }

  #key(event: KeyboardEvent): boolean {
    const { key, ctrlKey, altKey, metaKey, shiftKey } = event;
    if (event.isComposing) return false;
    if (ctrlKey && key === " ") {
      this.#complete(false);
      return true;
    }
    if (!this.#choices.open || ctrlKey || altKey || metaKey || shiftKey) return false;
    this.#sought = null;
    if (key === "Escape") this.#choices.hide();
    else if (key === "Enter" || key === "Tab") this.#take(this.#choices.active);
    else if (!this.#choices.move(key)) {
      if (key.length > 1 && key !== "Backspace") this.#choices.hide();
      return false;
    }
    return true;
  }
}
