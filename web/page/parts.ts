import { reasonOf } from "../../src/core/errors.ts";
import { setAttribute, setText, svg } from "../components/dom.ts";
import { type Sample, sparkPoints } from "../page_model/history.ts";
import { type Attributes, type Child, el, KeyedList, type Part, show } from "./dom.ts";
import type { Ground } from "./app.ts";
import type { Link } from "./link.ts";

/** Longer figures are written smaller, so that they stay on their line. */
const FIGURE_CHARACTERS = 13;
const SPARK_WIDTH = 96, SPARK_HEIGHT = 22;

/** A line of the last minutes; the figure beside it says the same to those who do not see it. */
export function sparkline(): Part<readonly Sample[]> & { readonly node: SVGElement } {
  const line = svg("polyline", { class: "spark-line" });
  const floor = svg("line", { class: "spark-floor", x1: 0, x2: SPARK_WIDTH, y1: SPARK_HEIGHT, y2: SPARK_HEIGHT });
  const node = svg(
    "svg",
    {
      class: "spark",
      viewBox: `-1 -2 ${SPARK_WIDTH + 2} ${SPARK_HEIGHT + 4}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    },
    floor,
    line,
  );
  return { node, update: (values) => setAttribute(line, "points", sparkPoints(values, SPARK_WIDTH, SPARK_HEIGHT)) };
}

/** The colour that a pipeline's state has. */
export function toneOf(state: string): "good" | "warn" | "bad" | "dim" {
  if (state === "running") return "good";
  if (state === "failed") return "bad";
  return state === "stalled" || state === "starting" || state === "recovering" ? "warn" : "dim";
}

/** A state as a word with a dot of its colour. */
export function pill(): Part<{ text: string; tone: string }> {
  const node = el("span", { class: "pill" });
  return {
    node,
    update({ text, tone }) {
      setText(node, text);
      setAttribute(node, "data-tone", tone);
    },
  };
}

export function link(href: string, text: string): HTMLAnchorElement {
  return el("a", { href }, text);
}

/** A column of a table: its cells are made once for a row and then follow the row's item. */
export interface TableColumn<T> {
  readonly title: string;
  readonly number?: boolean;
  readonly class?: string;
  readonly cell: (item: T) => Part<T>;
}

/** A cell of text. */
export function text<T>(of: (item: T) => string | number, tag = "span"): (item: T) => Part<T> {
  return () => {
    const node = el(tag);
    return { node, update: (item) => setText(node, String(of(item))) };
  };
}

/** A cell that is made once. */
export function fixed<T>(make: (item: T) => Child): (item: T) => Part<T> {
  return (item) => ({ node: el("span", {}, make(item)), update() {} });
}

/** A table that scrolls by itself where it is too wide. */
export function table<T>(
  label: string,
  keyOf: (item: T) => string,
  columns: readonly TableColumn<T>[],
): Part<readonly T[]> & { readonly node: HTMLElement } {
  const body = el("tbody"),
    classOf = (column: TableColumn<T>) => [column.number ? "number" : "", column.class ?? ""].join(" ").trim() || null;
  const head = columns.map((column) => el("th", { scope: "col", class: classOf(column) }, column.title));
  const list = new KeyedList<T>(body, keyOf, (item) => {
    const parts = columns.map((column) => column.cell(item));
    const cells = parts.map(({ node }, i) =>
      el(i === 0 ? "th" : "td", { class: classOf(columns[i]), scope: i === 0 ? "row" : null }, node)
    );
    return { node: el("tr", {}, cells), update: (next) => parts.forEach((part) => part.update(next)) };
  });
  const node = el(
    "div",
    { class: "scroll", role: "region", "aria-label": label, tabindex: 0 },
    el("table", {}, el("thead", {}, el("tr", {}, head)), body),
  );
  return { node, update: (items) => list.update(items) };
}

/** A table under a title, shown while it has rows: also before the first answer of the server there is no empty one. */
export function listSection<T>(title: string, rows: ReturnType<typeof table<T>>): Part<readonly T[]> {
  const node = section(title, rows.node);
  show(node, false);
  return {
    node,
    update(items) {
      show(node, items.length > 0);
      rows.update(items);
    },
  };
}

/** Lines to copy. Without leave for the clipboard the text is selected, so that one key copies it. */
export function copyBox(label: string): Part<string> & { readonly node: HTMLElement } {
  const code = el("code"), button = el("button", { type: "button", class: "quiet", click: () => void copy() }, "Copy");
  const box = el("pre", { tabindex: 0, "aria-label": label }, code),
    said = el("span", { role: "status", class: "dim" });
  const node = el("div", { class: "copy" }, box, el("div", { class: "copy-bar" }, button, said));
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(code.textContent ?? "");
      said.textContent = "Copied";
    } catch {
      getSelection()?.selectAllChildren(code);
      said.textContent = "Selected: copy it with Ctrl+C or ⌘C";
    }
    setTimeout(() => said.textContent = "", 3000);
  }
  return { node, update: (lines) => setText(code, lines) };
}

/** A figure with its name. */
export function figure(label: string): Part<{ value: string; note?: string; tone?: string }> {
  const value = el("dd"), note = el("dd", { class: "note" });
  const node = el("div", { class: "figure" }, el("dt", {}, label), value, note);
  return {
    node,
    update(item) {
      setText(value, item.value);
      value.toggleAttribute("data-long", item.value.length > FIGURE_CHARACTERS);
      setText(note, item.note ?? "");
      setAttribute(node, "data-tone", item.tone ?? null);
    },
  };
}

export interface Figures<T> {
  readonly label: string;
  readonly of: (item: T) => { value: string; note?: string; tone?: string };
}

/** Figures in one line, which breaks where it must. */
export function figures<T>(list: readonly Figures<T>[]): Part<T> & { readonly node: HTMLElement } {
  const parts = list.map(({ label }) => figure(label));
  const node = el("dl", { class: "figures" }, parts.map((part) => part.node));
  return { node, update: (item) => parts.forEach((part, i) => part.update(list[i].of(item))) };
}

/** A part of a page with a heading of its own. */
export function section(title: string, ...children: Child[]): HTMLElement {
  const heading = el("h2", {}, title);
  return el("section", { "aria-label": title }, heading, ...children);
}

/** Asks before something that cannot be taken back. Resolves with whether the answer was yes; leaving the page is a no. */
export function confirmed(question: string, consequence: string, yes: string): Promise<boolean> {
  const dialog = el(
    "dialog",
    { "aria-labelledby": "confirm-title" },
    el("h2", { id: "confirm-title" }, question),
    el("p", {}, consequence),
    el(
      "form",
      { method: "dialog", class: "row" },
      el("button", { value: "no", autofocus: true }, "Cancel"),
      el("button", { value: "yes", class: "danger" }, yes),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  // Comes before `hashchange`, at which the next page takes the focus: an open dialog would keep it.
  const left = new AbortController();
  addEventListener("popstate", () => dialog.close("no"), { signal: left.signal });
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => {
      left.abort();
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    })
  );
}

/** Closes a sentence that others wrote without a full stop. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What components are called. */
export const COMPONENTS = "rdx-table, rdx-chart, rdx-stat, rdx-graph, rdx-stream";

/** A component that asks the page's server with the page's token, in the page's theme. */
export function component({ token }: Link, tag: `rdx-${string}`, attributes: Attributes = {}): HTMLElement {
  return el(tag, { ...attributes, token, theme: document.documentElement.getAttribute("theme") });
}

/** A button that deletes what the page shows, when that is confirmed, and the place for why it cannot be deleted. */
export function deletion(ground: Ground, what: string, path: string, consequence: string) {
  const failure = el("p", { class: "reason", role: "alert", hidden: true });
  const button = el("button", { type: "button", class: "danger", click: () => void remove() }, "Delete");
  async function remove(): Promise<void> {
    if (!await confirmed(`Delete ${what}?`, consequence, "Delete")) return;
    try {
      await ground.link.request("DELETE", path);
      ground.announce(`Deleted ${what}.`);
      ground.go("#/");
    } catch (thrown) {
      setText(failure, sentence(reasonOf(thrown)));
      show(failure, true);
    }
  }
  return { button, failure };
}
