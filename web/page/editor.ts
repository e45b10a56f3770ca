import { RdxError, reasonOf } from "../../src/core/errors.ts";
import { setText } from "../components/dom.ts";
import type { DeployedJson, PipelineJson, StreamJson } from "../page_model/answers.ts";
import { apiPath, pathTo } from "../page_model/routes.ts";
import type { Ground, Page } from "./app.ts";
import { el, fill, show } from "./dom.ts";
import { errorItem } from "./error_item.ts";
import { copyBox, link, sentence } from "./parts.ts";
import { PlanSheet } from "./plan_sheet.ts";
import type { Language, Refusal, Sheet, SheetTemplate } from "./sheet.ts";
import { SqlSheet } from "./sql_sheet.ts";

/** How the server says that a plan goes only without the state that runs; here a button says so. */
const FRESH = /[;:] state=fresh starts without it$/;
const OWN_STREAM = {
  name: "orders",
  columns: [{ name: "ts", type: "timestamp" }, { name: "city", type: "string" }, {
    name: "price",
    type: "double",
  }],
  time: "ts",
};
const STARTS = [["earliest", "at the oldest rows that are kept"], ["latest", "at the next row"]] as const;
const LANGUAGES: readonly (readonly [Language, string])[] = [["sql", "SQL"], ["json", "JSON plan"]];

/** Where a new pipeline is written, or that of a pipeline is changed, in SQL or as a plan. What was typed stays until it is deployed. */
export function editorPage(pipeline: string | null, ground: Ground, options = new URLSearchParams()): Page {
  const editor = new Editor(pipeline, ground, options.get("as"));
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
  readonly #sql: SqlSheet;
  readonly #sheets: Readonly<Record<Language, Sheet>>;
  /** Null until it is known in which language the pipeline was deployed. */
  #language: Language | null = null;
  readonly #outcome = el("div", { class: "outcome", role: "status" });
  readonly #explained = copyBox("How it would run");
  readonly #effect = el("p", { class: "dim" });
  readonly #note = el("p", { class: "dim", hidden: true });
  readonly #stream = el("select", { "aria-label": "Stream of the template", change: () => this.#showTemplates() });
  readonly #templates = el("span", { class: "row" });
  #fitting: readonly SheetTemplate[] = [];
  readonly #start = el("select", { id: "start" }, STARTS.map(([value, text]) => el("option", { value }, text)));
  readonly #deploy = el(
    "button",
    { type: "button", class: "primary", click: () => void this.deploy("keep") },
    "Deploy",
  );
  readonly #choices = new Map(LANGUAGES.map(([value]) => [
    value,
    el("input", { type: "radio", name: "language", value, change: () => this.#switch(value) }),
  ]));
  /** The language of the pipeline that runs; null: there is none yet, or it is not known. */
  #deployedAs: Language | null = null;
  #streams: readonly StreamJson[] = [];
  #running: ReadonlySet<string> = new Set();
  readonly #differs = el(
    "p",
    { class: "bar", "data-tone": "warn", role: "status", hidden: true },
    "This is what you typed before. It differs from what runs. ",
    el("button", { type: "button", class: "quiet", click: () => void this.#discard() }, "Take what runs"),
  );

  constructor(pipeline: string | null, ground: Ground, as: string | null) {
    this.#pipeline = pipeline;
    this.#ground = ground;
    this.title = pipeline === null ? "Write a pipeline" : `Change pipeline ${pipeline}`;
    this.#sql = new SqlSheet(pipeline, ground.link, () => this.#sayEffect());
    this.#sheets = { sql: this.#sql, json: new PlanSheet(pipeline, () => this.#sayEffect()) };
    this.node = this.#layout();
    show(this.#explained.node, false);
    const kept = LANGUAGES.find(([language]) => this.#sheets[language].hasKept)?.[0];
    const wanted = as === "json" || as === "sql" ? as : kept ?? (pipeline === null ? "sql" : null);
    for (const { node } of Object.values(this.#sheets)) show(node, false);
    if (wanted !== null) this.#choose(wanted);
  }

  get #sheet(): Sheet | null {
    return this.#language && this.#sheets[this.#language];
  }

  #layout(): HTMLElement {
    const check = el("button", { type: "button", click: () => void this.#check() }, "Check");
    const tidy = el("button", { type: "button", click: () => this.#tidy() }, "Tidy");
    const again = el("button", { type: "button", click: () => void this.#discard() }, "Discard changes");
    const over = el("span", { class: "row" }, "over", this.#stream);
    const templates = el("div", { class: "row" }, el("span", {}, "Begin with"), this.#templates, over);
    const start = el("span", { class: "field" }, el("label", { for: "start" }, "A new pipeline starts"), this.#start);
    const back = this.#pipeline === null
      ? link("#/", "Overview")
      : link(pathTo("pipeline", this.#pipeline), this.#pipeline);
    const languages = el(
      "div",
      { class: "switch", role: "radiogroup", "aria-label": "Language" },
      LANGUAGES.map(([value, text]) => el("label", {}, this.#choices.get(value)!, el("span", {}, text))),
    );
    return el(
      "article",
      { class: "editor" },
      back,
      el("div", { class: "head" }, el("h1", {}, this.title), el("span", { class: "grow" }), languages),
      this.#pipeline === null ? templates : null,
      this.#differs,
      this.#note,
      Object.values(this.#sheets).map(({ node }) => node),
      el("div", { class: "row" }, this.#deploy, check, tidy, this.#pipeline === null ? start : again),
      this.#effect,
      this.#outcome,
      this.#explained.node,
    );
  }

  /** Shows another language; what is written in the one that was shown stays there. */
  #choose(language: Language): void {
    this.#language = language;
    for (const [value, input] of this.#choices) {
      input.checked = value === language;
      show(this.#sheets[value].node, value === language);
    }
    fill(this.#outcome);
    show(this.#explained.node, false);
    this.#showTemplates();
    this.#sayEffect();
    if (language === "sql") void this.#sql.load();
  }

  #switch(language: Language): void {
    this.#choose(language);
    this.#ground.refresh();
  }

  async refresh(signal: AbortSignal): Promise<void> {
    const { link } = this.#ground;
    const { streams } = await link.get<{ streams: StreamJson[] }>("/v1/streams", signal);
    const { pipelines } = await link.get<{ pipelines: PipelineJson[] }>("/v1/pipelines", signal);
    this.#running = new Set(pipelines.map(({ name }) => name));
    this.#showStreams(streams);
    this.#sayEffect();
    if (this.#language === "sql") {
      await this.#sql.load();
      this.#sql.streams(this.#streams);
    }
    if (this.#pipeline === null) this.#begin();
    else if (this.#language === null || !this.#sheet!.loaded || this.#sheet!.draft !== null) {
      this.#showRunning(await this.#runningPipeline(signal));
    }
  }

  /** A new pipeline begins with a template. */
  #begin(): void {
    const sheet = this.#sheet!, stream = this.#chosenStream();
    if (!sheet.loaded) sheet.give(sheet.templates[0].put(stream, stream !== OWN_STREAM), false);
  }

  #showRunning(pipeline: PipelineJson): void {
    this.#deployedAs = typeof pipeline.sql === "string" ? "sql" : "json";
    if (this.#language === null) this.#choose(this.#deployedAs);
    const sheet = this.#sheet!, running = sheet.contentOf(pipeline);
    if (!sheet.loaded) sheet.give(running, false);
    else if (sheet.draft !== null) sheet.compare(sheet.draft, running);
    this.#sayEffect();
  }

  #runningPipeline(signal?: AbortSignal): Promise<PipelineJson> {
    return this.#ground.link.get<PipelineJson>(apiPath("pipelines", this.#pipeline!), signal);
  }

  /** Streams that a plan may read; what the server makes beside them comes last. */
  #showStreams(streams: readonly StreamJson[]): void {
    const own = streams.filter(({ name }) => !/\.(dead|late)$/.test(name));
    const names = own.map(({ name }) => name), before = this.#stream.value;
    this.#streams = own;
    if (names.join("\n") === [...this.#stream.options].map(({ value }) => value).join("\n") && names.length > 0) return;
    const shown = names.length > 0 ? names : [OWN_STREAM.name];
    fill(this.#stream, shown.map((name) => el("option", { value: name, selected: name === before }, name)));
    this.#showTemplates();
  }

  #chosenStream() {
    return this.#streams.find(({ name }) => name === this.#stream.value) ?? OWN_STREAM;
  }

  /** A button for each template that is about the chosen stream. */
  #showTemplates(): void {
    const name = this.#chosenStream().name, all = this.#sheet?.templates ?? [];
    const fitting = all.filter(({ stream }) => stream === undefined || stream === name);
    // Buttons that stay are not made anew: streams come late, and the focus may be on one.
    if (fitting.length === this.#fitting.length && fitting.every((one, i) => one === this.#fitting[i])) return;
    this.#fitting = fitting;
    fill(this.#templates, fitting.map((one) => this.#templateButton(one)));
  }

  #templateButton({ title, put }: SheetTemplate): HTMLElement {
    const give = () => {
      const stream = this.#chosenStream();
      this.#sheet!.give(put(stream, stream !== OWN_STREAM), true);
    };
    return el("button", { type: "button", click: give }, title);
  }

  #sayEffect(): void {
    // The sheets call while they are made.
    const sheet = this.#sheet, name = sheet?.name ?? null;
    show(this.#differs, sheet?.differs ?? false);
    setText(
      this.#note,
      this.#language === "json"
        ? "This is the plan that its SQL has become. Deployed from here, the plan takes the place of the SQL."
        : "It was deployed as a plan, so that there is no SQL of it. What you deploy from here takes the plan's place.",
    );
    show(this.#note, this.#deployedAs !== null && this.#language !== this.#deployedAs);
    if (name === null) return setText(this.#effect, "");
    const there = this.#running.has(name);
    const beside = this.#pipeline !== null && name !== this.#pipeline ? `, beside ${this.#pipeline}` : "";
    setText(
      this.#effect,
      there ? `Deploying changes pipeline ${name}, which runs.` : `Deploying makes pipeline ${name}${beside}.`,
    );
  }

  #tidy(): void {
    const sheet = this.#sheet;
    if (!sheet) return;
    fill(this.#outcome);
    this.#refuse(sheet, sheet.tidy());
  }

  async #discard(): Promise<void> {
    const sheet = this.#sheet;
    if (!sheet) return;
    fill(this.#outcome);
    try {
      sheet.give(sheet.contentOf(await this.#runningPipeline()), true);
    } catch (thrown) {
      this.#fail(sheet, thrown);
    }
  }

  /** Asks the server how it would run, without deploying it. */
  async #check(): Promise<void> {
    const sheet = this.#sheet;
    if (!sheet || !this.#ready(sheet)) return;
    try {
      const text = await this.#ground.link.text("/v1/explain", {
        method: "POST",
        headers: { "content-type": sheet.contentType },
        body: sheet.text.text,
      });
      this.#explained.update(text);
      show(this.#explained.node, true);
      fill(this.#outcome, el("p", { "data-tone": "good" }, `The ${sheet.noun} can be deployed. It would run so:`));
    } catch (thrown) {
      this.#fail(sheet, thrown);
    }
  }

  /** Deploys what is written under its name, with the state that runs or without it. */
  async deploy(state: "keep" | "fresh"): Promise<void> {
    const sheet = this.#sheet;
    if (!sheet || !this.#ready(sheet) || !this.#refuse(sheet, sheet.unnamed())) return;
    this.#deploy.disabled = true;
    const name = sheet.name!, body = sheet.text.text, { mark } = sheet;
    const query = new URLSearchParams({ state, start: this.#start.value });
    try {
      const init = { method: "PUT", headers: { "content-type": sheet.contentType }, body };
      const answer = await this.#ground.link.text(apiPath("pipelines", name, `?${query}`), init);
      sheet.deployed(mark);
      this.#sayDeployed(name, JSON.parse(answer));
      if (!this.left) this.#ground.go(pathTo("pipeline", name));
    } catch (thrown) {
      if (this.left) this.#ground.announce(`Pipeline ${name} was not deployed. ${sentence(reasonOf(thrown))}`);
      this.#fail(sheet, thrown);
    } finally {
      this.#deploy.disabled = false;
    }
  }

  /** What becomes of its state stays to be read on the pipeline's page. */
  #sayDeployed(name: string, { notes }: DeployedJson): void {
    const { deployNotes } = this.#ground;
    if (notes.length > 0) deployNotes.set(name, notes);
    else deployNotes.delete(name);
    this.#ground.announce([`Pipeline ${name} is deployed.`, ...notes.map(sentence)].join(" "));
  }

  /** Whether the server may be asked; else what is wrong is shown where it is. */
  #ready(sheet: Sheet): boolean {
    show(this.#explained.node, false);
    sheet.text.mark([]);
    return this.#refuse(sheet, sheet.refusal());
  }

  /** Shows a refusal. Returns true where there is none. */
  #refuse(sheet: Sheet, refusal: Refusal | null): boolean {
    if (refusal) this.#showErrors(sheet, refusal);
    return refusal === null;
  }

  #fail(sheet: Sheet, thrown: unknown): void {
    const error = thrown instanceof RdxError ? thrown : null;
    if (error?.code === "closing" && error.extra.unreachable) {
      const title = `The server cannot be reached; the ${sheet.noun} is kept here`;
      return this.#showErrors(sheet, { title, errors: [] });
    }
    const errors = error?.details ?? [], title = errors.length === 0 ? reasonOf(thrown) : sheet.titleOf(error!);
    if (error?.code !== "conflict" || !FRESH.test(error.message)) return this.#showErrors(sheet, { title, errors });
    const plain = errors.map(({ hint: _, ...rest }) => rest);
    this.#showErrors(sheet, { title: title.replace(FRESH, ""), errors: plain });
    this.#offerFresh();
  }

  #showErrors(sheet: Sheet, { title, errors }: Refusal): void {
    const places = errors.map((error) => sheet.placeOf(error));
    sheet.text.mark(places.filter((place) => place !== null));
    const items = errors.map((error, i) => errorItem(error, places[i], () => sheet.text.select(places[i]!)));
    fill(this.#outcome, el("p", { class: "reason" }, sentence(title)), el("ol", { class: "errors" }, items));
    this.#outcome.scrollIntoView({ block: "nearest" });
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
