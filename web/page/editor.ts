import { type ErrorDetail, RdxError, reasonOf } from "../../src/core/errors.ts";
import { NAME_PATTERN } from "../../src/core/schema.ts";
import { setText } from "../components/dom.ts";
import type { PipelineJson, StreamJson } from "../page_model/answers.ts";
import { layoutJson, layoutText } from "../page_model/json_layout.ts";
import { type Range, valueOf } from "../page_model/json_text.ts";
import { findPlace } from "../page_model/plan_place.ts";
import { apiPath, pathTo } from "../page_model/routes.ts";
import { TEMPLATES } from "../page_model/templates.ts";
import type { Ground, Page } from "./app.ts";
import { el, fill, show } from "./dom.ts";
import { copyBox, link, sentence } from "./parts.ts";
import { PlanText } from "./plan_text.ts";

/** How the server says that a plan goes only without the state that runs; here a button says so. */
const FRESH = /[;:] state=fresh starts without it$/;
const KEPT = "rdx.editor.", JSON_TYPE = { "content-type": "application/json" };
const OWN_STREAM = {
  name: "orders",
  columns: [{ name: "ts", type: "timestamp" }, { name: "city", type: "string" }, {
    name: "price",
    type: "double",
  }],
  time: "ts",
};
const STARTS = [["earliest", "at the oldest rows that are kept"], ["latest", "at the next row"]] as const;

/** Where a new plan is written, or that of a pipeline is changed. What was typed stays until it is deployed. */
export function editorPage(pipeline: string | null, ground: Ground): Page {
  const editor = new Editor(pipeline, ground);
  return {
    title: editor.title,
    element: editor.node,
    refresh: (signal) => editor.refresh(signal),
    leave: () => editor.left = true,
  };
}

class Editor {
  readonly title: string;
  readonly node: HTMLElement;
  /** Another page is shown: what comes now leads nowhere. */
  left = false;
  readonly #pipeline: string | null;
  readonly #ground: Ground;
  readonly #key: string;
  readonly #text: PlanText;
  readonly #outcome = el("div", { class: "outcome", role: "status" });
  readonly #explained = copyBox("How the plan would run");
  readonly #effect = el("p", { class: "dim" });
  readonly #stream = el("select", { "aria-label": "Stream of the template" });
  readonly #start = el("select", { id: "start" }, STARTS.map(([value, text]) => el("option", { value }, text)));
  readonly #deploy = el(
    "button",
    { type: "button", class: "primary", click: () => void this.deploy("keep") },
    "Deploy",
  );
  #streams: readonly StreamJson[] = [];
  #running: ReadonlySet<string> = new Set();
  #loaded: boolean;
  /** What the page itself put into the text: a template, or the plan that runs. */
  #given: string | null = null;
  /** Text from before, until it is compared with the plan that runs. */
  #draft: string | null;
  readonly #differs = el(
    "p",
    { class: "bar", "data-tone": "warn", role: "status", hidden: true },
    "This is what you typed before. It differs from the plan that runs. ",
    el("button", { type: "button", class: "quiet", click: () => void this.#discard() }, "Take the running plan"),
  );

  constructor(pipeline: string | null, ground: Ground) {
    this.#pipeline = pipeline;
    this.#ground = ground;
    this.title = pipeline === null ? "Write a pipeline" : `Change pipeline ${pipeline}`;
    this.#key = KEPT + (pipeline ?? "");
    this.#text = new PlanText(() => this.#typed());
    const kept = sessionStorage.getItem(this.#key);
    this.#loaded = kept !== null;
    this.#draft = pipeline === null ? null : kept;
    this.node = this.#layout();
    if (kept !== null) this.#text.set(kept);
    show(this.#explained.node, false);
  }

  #layout(): HTMLElement {
    const check = el("button", { type: "button", click: () => void this.#check() }, "Check");
    const tidy = el("button", { type: "button", click: () => this.#tidy() }, "Tidy");
    const again = el("button", { type: "button", click: () => void this.#discard() }, "Discard changes");
    const templates = el(
      "div",
      { class: "row" },
      el("span", {}, "Begin with"),
      TEMPLATES.map(({ title, make }) =>
        el("button", { type: "button", click: () => this.#give(make(this.#chosenStream()), true) }, title)
      ),
      el("span", { class: "row" }, "over", this.#stream),
    );
    const start = el("span", { class: "field" }, el("label", { for: "start" }, "A new pipeline starts"), this.#start);
    const back = this.#pipeline === null
      ? link("#/", "Overview")
      : link(pathTo("pipeline", this.#pipeline), this.#pipeline);
    return el(
      "article",
      { class: "editor" },
      back,
      el("h1", {}, this.title),
      this.#pipeline === null ? templates : null,
      el("label", { for: "plan", class: "unseen" }, "The plan as JSON"),
      this.#differs,
      this.#text.node,
      el("div", { class: "row" }, this.#deploy, check, tidy, this.#pipeline === null ? start : again),
      this.#effect,
      this.#outcome,
      this.#explained.node,
    );
  }

  async refresh(signal: AbortSignal): Promise<void> {
    const { link } = this.#ground;
    const { streams } = await link.get<{ streams: StreamJson[] }>("/v1/streams", signal);
    const { pipelines } = await link.get<{ pipelines: PipelineJson[] }>("/v1/pipelines", signal);
    this.#running = new Set(pipelines.map(({ name }) => name));
    this.#showStreams(streams);
    this.#sayEffect();
    if (this.#pipeline === null) {
      if (!this.#loaded) this.#give(TEMPLATES[0].make(this.#chosenStream()), false);
    } else if (!this.#loaded) this.#give(await this.#runningPlan(signal), false);
    else if (this.#draft !== null) this.#compare(this.#draft, await this.#runningPlan(signal));
  }

  async #runningPlan(signal?: AbortSignal): Promise<string> {
    const { plan } = await this.#ground.link.get<PipelineJson>(apiPath("pipelines", this.#pipeline!), signal);
    return layoutJson(plan);
  }

  /** Puts in a text that nobody typed. `undo`: a person asked for it, and may want back what was there. */
  #give(text: string, undo: boolean): void {
    this.#loaded = true;
    this.#given = text;
    if (undo) this.#text.replace(text);
    else this.#text.set(text);
    this.#typed();
  }

  #compare(draft: string, running: string): void {
    this.#draft = null;
    this.#given = running;
    show(this.#differs, layoutText(draft) !== running);
  }

  /** Streams that a plan may read; what the server makes beside them comes last. */
  #showStreams(streams: readonly StreamJson[]): void {
    const own = streams.filter(({ name }) => !/\.(dead|late)$/.test(name));
    const names = own.map(({ name }) => name), before = this.#stream.value;
    this.#streams = own;
    if (names.join("\n") === [...this.#stream.options].map(({ value }) => value).join("\n") && names.length > 0) return;
    const shown = names.length > 0 ? names : [OWN_STREAM.name];
    fill(this.#stream, shown.map((name) => el("option", { value: name, selected: name === before }, name)));
  }

  #chosenStream() {
    return this.#streams.find(({ name }) => name === this.#stream.value) ?? OWN_STREAM;
  }

  #typed(): void {
    // Only what a person typed is kept.
    if (this.#text.text === this.#given) sessionStorage.removeItem(this.#key);
    else if (this.#loaded) sessionStorage.setItem(this.#key, this.#text.text);
    this.#sayEffect();
  }

  /** The name in the plan, or null. */
  #name(): string | null {
    const plan = this.#text.tree && valueOf(this.#text.tree);
    if (typeof plan !== "object" || plan === null || Array.isArray(plan)) return null;
    const { name } = plan as { name?: unknown };
    return typeof name === "string" ? name : null;
  }

  #sayEffect(): void {
    const name = this.#name();
    if (name === null) return setText(this.#effect, "");
    const there = this.#running.has(name);
    const beside = this.#pipeline !== null && name !== this.#pipeline ? `, beside ${this.#pipeline}` : "";
    setText(
      this.#effect,
      there ? `Deploying changes pipeline ${name}, which runs.` : `Deploying makes pipeline ${name}${beside}.`,
    );
  }

  #tidy(): void {
    this.#text.replace(layoutText(this.#text.text));
  }

  async #discard(): Promise<void> {
    fill(this.#outcome);
    try {
      this.#give(await this.#runningPlan(), true);
      show(this.#differs, false);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Asks the server how the plan would run, without deploying it. */
  async #check(): Promise<void> {
    if (!this.#ready()) return;
    try {
      const text = await this.#ground.link.text("/v1/explain", {
        method: "POST",
        headers: JSON_TYPE,
        body: this.#text.text,
      });
      this.#explained.update(text);
      show(this.#explained.node, true);
      fill(this.#outcome, el("p", { "data-tone": "good" }, "The plan can be deployed. It would run so:"));
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Deploys the plan under its name, with the state that runs or without it. */
  async deploy(state: "keep" | "fresh"): Promise<void> {
    if (!this.#ready()) return;
    const name = this.#name();
    if (name === null || !NAME_PATTERN.test(name)) {
      const reason = 'A plan needs a name: a letter or _, then letters, digits, _, . or -, as in "name": "sales"';
      return this.#showErrors("The plan cannot be deployed", [{ path: "name", reason }]);
    }
    this.#deploy.disabled = true;
    const body = this.#text.text;
    const query = new URLSearchParams({ state, start: this.#start.value });
    try {
      const init = { method: "PUT", headers: JSON_TYPE, body };
      await this.#ground.link.text(apiPath("pipelines", name, `?${query}`), init);
      if (sessionStorage.getItem(this.#key) === body) sessionStorage.removeItem(this.#key);
      this.#ground.announce(`Pipeline ${name} is deployed.`);
      if (!this.left) this.#ground.go(pathTo("pipeline", name));
    } catch (thrown) {
      if (this.left) this.#ground.announce(`Pipeline ${name} was not deployed. ${sentence(reasonOf(thrown))}`);
      this.#fail(thrown);
    } finally {
      this.#deploy.disabled = false;
    }
  }

  /** Whether the text is JSON; else its mistake is shown where it is. */
  #ready(): boolean {
    const { mistake, tree } = this.#text;
    show(this.#explained.node, false);
    this.#text.mark([]);
    if (tree && tree.kind !== "object") {
      const reason = 'A plan is an object, as in { "rdx": 1, "name": "sales", "nodes": [] }';
      this.#showErrors("The plan cannot be used", [{ path: "", reason }]);
      return false;
    }
    if (!mistake) return true;
    const place = { line: mistake.line, column: mistake.column, reason: mistake.reason };
    this.#showErrors("The plan is no JSON yet", [place]);
    return false;
  }

  #fail(thrown: unknown): void {
    const error = thrown instanceof RdxError ? thrown : null;
    if (error?.code === "closing" && error.extra.unreachable) {
      return this.#showErrors("The server cannot be reached; the plan is kept here", []);
    }
    const errors = error?.details ?? [], title = errors.length === 0 ? reasonOf(thrown) : titleOf(error!);
    if (error?.code !== "conflict" || !FRESH.test(error.message)) return this.#showErrors(title, errors);
    this.#showErrors(title.replace(FRESH, ""), errors.map(({ hint: _, ...rest }) => rest));
    this.#offerFresh();
  }

  #showErrors(title: string, errors: readonly ErrorDetail[]): void {
    const places = errors.map((error) => this.#placeOf(error));
    this.#text.mark(places.filter((place) => place !== null));
    const items = errors.map((error, i) => errorItem(error, places[i], () => this.#text.select(places[i]!)));
    fill(this.#outcome, el("p", { class: "reason" }, sentence(title)), el("ol", { class: "errors" }, items));
    this.#outcome.scrollIntoView({ block: "nearest" });
  }

  #placeOf(error: ErrorDetail): Range | null {
    const { mistake, tree } = this.#text;
    if (mistake) return { start: mistake.offset, end: mistake.offset + 1 };
    return tree && findPlace(tree, error);
  }

  #offerFresh(): void {
    const lost = "Starting fresh throws away its open windows and the rows of its views, and reads its streams again " +
      `${STARTS.find(([value]) => value === this.#start.value)![1]}.`;
    const fresh = el(
      "button",
      { type: "button", class: "danger", click: () => void this.deploy("fresh") },
      "Start fresh",
    );
    this.#outcome.append(el("div", { class: "fresh" }, el("p", {}, lost), fresh));
  }
}

function titleOf({ message, details }: RdxError): string {
  const count = details.length === 1 ? "one mistake" : `${details.length} mistakes`;
  return /^Cannot use plan/.test(message) ? `The plan was not deployed: it has ${count}` : message;
}

/** An error with its place; where the plan has the place, a click goes there. */
function errorItem(
  { node, path, line, column, reason, hint }: ErrorDetail,
  at: Range | null,
  go: () => void,
): HTMLElement {
  const places = [
    node === undefined ? "" : `node ${node}`,
    path ?? "",
    line === undefined ? "" : `line ${line}, column ${column}`,
  ].filter(Boolean).join(" · ");
  const said = [
    places === "" ? null : el("code", {}, places),
    el("span", {}, sentence(reason)),
    hint === undefined ? null : el("span", { class: "dim" }, sentence(hint)),
  ];
  return el(
    "li",
    {},
    at ? el("button", { type: "button", class: "error", click: go }, said) : el("div", { class: "error" }, said),
  );
}
