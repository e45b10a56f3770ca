import { setAttribute, setText } from "../components/dom.ts";
import { isNumeric } from "../model/format.ts";
import type { ViewJson } from "../page_model/answers.ts";
import { short, watermarkFigure } from "../page_model/format.ts";
import { apiPath, pathTo } from "../page_model/routes.ts";
import { type Embedded, embedLines } from "../page_model/snippets.ts";
import { RdxError } from "../../src/core/errors.ts";
import type { Ground, Page } from "./app.ts";
import { el, fill, show } from "./dom.ts";
import { component, copyBox, type Figures, figures, link, section } from "./parts.ts";

/** Columns that the choice of values offers. */
const CHOICES_MAX = 100;
const KINDS = ["line", "bar", "band"] as const, TOP_DEFAULT = "8";
/** Series that a chart draws at most. */
const TOP_MAX = 24;

function figuresOf({ link }: Ground): readonly Figures<ViewJson>[] {
  return [
    { label: "Rows", of: (v) => ({ value: short(v.rows), note: `change ${short(v.seq)}` }) },
    { label: "Keys", of: (v) => ({ value: v.keys.join(", ") || "none" }) },
    {
      label: "Watermark (UTC)",
      of: (v) => watermarkFigure(v.watermark, link.now()),
    },
  ];
}

/** What a person has chosen; it stands in the address, so that a link shows the same. */
interface Choice {
  readonly kind: string;
  readonly y: string;
  readonly top: string;
  readonly keys: readonly string[];
}

/** A view: chart, figure and table, live, and the lines that show them in another page. */
export function viewPage(name: string, options: URLSearchParams, ground: Ground): Page {
  const { link: server } = ground, totals = figures(figuresOf(ground)), pipeline = el("p");
  const embed = copyBox("HTML that shows this view in another page");
  const stat = component(server, "rdx-stat"), chart = component(server, "rdx-chart");
  const rows = component(server, "rdx-table"), holder = el("div", { class: "controls" });
  const drawn = section("Chart", holder, chart);
  // Without the view there is nothing to show but that it is missing.
  const body = el(
    "div",
    { class: "stack", hidden: true },
    pipeline,
    el("div", { class: "with-stat" }, totals.node, stat),
    drawn,
    section("Rows", rows),
    section(
      "Embed",
      el("p", {}, "Three lines show it live in any page. Allow that page's origin when the server starts: "),
      el("p", {}, el("code", {}, "serve --allow-origin https://your.page")),
      embed.node,
    ),
  );
  const element = el(
    "article",
    {},
    link("#/", "Overview"),
    el("div", { class: "head" }, el("h1", {}, name)),
    body,
  );
  let known: ViewJson | null = null, controls: Controls | null = null;

  function apply(choice: Choice): void {
    if (!known) return;
    const made = embedded(known, choice);
    made.forEach(({ attributes }, i) => {
      const node = [stat, chart, rows][i];
      for (const [attribute, value] of attributes) setAttribute(node, attribute, value || null);
    });
    const withServer = made.slice(1).map(({ tag, attributes: [src, ...rest] }): Embedded => {
      return { tag, attributes: [src, ["server", server.origin], ...rest] };
    });
    embed.update(embedLines(server.origin, withServer));
    show(stat, firstNumber(known) !== "");
    // Without times there is nothing to draw along.
    show(drawn, known.columns.some(({ type }) => type === "timestamp"));
  }

  async function refresh(signal: AbortSignal): Promise<void> {
    const view = await findView(ground, name, signal);
    show(body, view !== null && view.state !== "absent");
    if (view === null) throw new RdxError("not_found", `There is no view ${name}`);
    if (view.state === "absent") {
      throw new RdxError("unavailable", `View ${name} comes back with pipeline ${view.pipeline}`);
    }
    totals.update(view);
    if (known === null || shapeOf(known) !== shapeOf(view)) {
      known = view;
      fill(pipeline, "Written by ", link(pathTo("pipeline", view.pipeline), view.pipeline), ".");
      controls = new Controls(view, controls?.given ?? givenBy(view, options), (choice) => {
        history.replaceState(null, "", `${pathTo("view", name)}${queryOf(choice)}`);
        apply(choice);
      });
      fill(holder, controls.node);
      apply(controls.choice);
    }
  }
  return { title: `View ${name}`, element, refresh };
}

async function findView({ link }: Ground, name: string, signal: AbortSignal): Promise<ViewJson | null> {
  const { views } = await link.get<{ views: ViewJson[] }>("/v1/views", signal);
  return views.find((one) => one.name === name) ?? null;
}

/** Columns and keys: when they become others, controls and components begin anew. */
function shapeOf({ columns, keys, pipeline }: ViewJson): string {
  return JSON.stringify([columns, keys, pipeline]);
}

function numbersOf({ columns, keys }: ViewJson): string[] {
  return columns.filter(({ name, type }) => isNumeric(type) && !keys.includes(name)).map(({ name }) => name);
}

function firstNumber(view: ViewJson): string {
  return numbersOf(view)[0] ?? "";
}

/** The components of the page with their attributes, as they also stand in the lines to embed. */
function embedded(view: ViewJson, { kind, y, top, keys }: Choice): readonly Embedded[] {
  const query = new URLSearchParams(keys.map((key) => ["key", key]));
  const src = apiPath("views", view.name, keys.length > 0 ? `?${query}` : ""), label = y.split(",")[0];
  return [
    { tag: "rdx-stat", attributes: [["src", src], ["column", label], ["agg", "avg"], ["label", `${label}, average`]] },
    {
      tag: "rdx-chart",
      attributes: [["src", src], ["kind", kind], ["y", y], ["top", top === TOP_DEFAULT ? null : top]],
    },
    { tag: "rdx-table", attributes: [["src", src]] },
  ];
}

function queryOf({ kind, y, top, keys }: Choice): string {
  const query = new URLSearchParams([["kind", kind], ["y", y], ["top", top], ...keys.map((key) => ["key", key])]);
  return `?${query}`;
}

/** What stands in the controls, also where it is no whole choice yet; keys by their columns. */
interface Given {
  readonly kind: string | null;
  readonly y: string | null;
  readonly top: string;
  readonly keys: ReadonlyMap<string, string>;
}

function givenBy({ keys }: ViewJson, options: URLSearchParams): Given {
  const values = options.getAll("key");
  return {
    kind: options.get("kind"),
    y: options.get("y"),
    top: options.get("top") ?? TOP_DEFAULT,
    keys: new Map(keys.map((name, i) => [name, values[i] ?? ""])),
  };
}

/** Choices of what the chart shows. */
class Controls {
  readonly node: HTMLElement;
  readonly #kind: HTMLSelectElement;
  readonly #y: HTMLSelectElement;
  readonly #top: HTMLInputElement;
  readonly #keys: readonly HTMLInputElement[];
  readonly #said = el("span", { class: "dim", role: "status" });

  constructor(view: ViewJson, given: Given, changed: (choice: Choice) => void) {
    const tell = () => {
      this.#sayKeys(view);
      changed(this.choice);
    };
    const numbers = numbersOf(view).slice(0, CHOICES_MAX);
    this.#kind = choiceOf("kind", KINDS, given.kind, tell);
    this.#y = choiceOf("y", yChoices(numbers), given.y, tell);
    const { top } = given;
    this.#top = el("input", { id: "top", type: "number", min: 1, max: TOP_MAX, value: top, change: tell });
    this.#keys = view.keys.map((name, i) =>
      el("input", {
        id: `key-${i}`,
        value: given.keys.get(name) ?? "",
        placeholder: "all",
        change: tell,
        "data-key": name,
      })
    );
    this.node = el(
      "div",
      { class: "row" },
      labelled("Kind", this.#kind),
      labelled("Value", this.#y),
      view.keys.length > 0 ? labelled("Series", this.#top) : null,
      this.#keys.map((input, i) => labelled(view.keys[i], input)),
      this.#said,
    );
    this.#sayKeys(view);
  }

  get given(): Given {
    const keys = new Map(this.#keys.map((input) => [input.dataset.key!, input.value]));
    return { kind: this.#kind.value, y: this.#y.value, top: this.#top.value, keys };
  }

  /** A filter needs a value for each key column. */
  get choice(): Choice {
    const keys = this.#keys.map(({ value }) => value), all = keys.length > 0 && keys.every((key) => key !== "");
    return { kind: this.#kind.value, y: this.#y.value, top: this.#top.value || TOP_DEFAULT, keys: all ? keys : [] };
  }

  #sayKeys({ keys }: ViewJson): void {
    const given = this.#keys.filter(({ value }) => value !== "").length;
    const some = given > 0 && given < keys.length;
    setText(this.#said, some ? `To filter, give a value for each of ${keys.join(", ")}.` : "");
  }
}

/** Each number alone, then all of them: a band takes its bounds from two. */
function yChoices(numbers: readonly string[]): string[] {
  const pairs = numbers.slice(1).map((name, i) => `${numbers[i]},${name}`);
  const all = numbers.length > 2 ? [numbers.join(",")] : [];
  return [...numbers, ...pairs, ...all];
}

function choiceOf(
  id: string,
  values: readonly string[],
  chosen: string | null,
  changed: () => void,
): HTMLSelectElement {
  const options = values.map((value) =>
    el("option", { value, selected: value === chosen }, value.replaceAll(",", ", "))
  );
  return el("select", { id, change: changed }, options);
}

function labelled(label: string, input: HTMLElement): HTMLElement {
  return el("span", { class: "field" }, el("label", { for: input.id }, label), input);
}
