/*
 * <rdx-stream src="/v1/streams/orders" show="rows|dead|late" limit="100">: the newest rows of a stream, its dead rows with their reasons, and its late
 * rows with the watermark that each met. Asks once a second while it can be seen.
 */
import { RdxError, reasonOf } from "../../src/core/errors.ts";
import type { Row, ViewColumn } from "../../src/client/rdx/types.ts";
import { formatNumber, rowJson } from "../model/format.ts";
import type { Source } from "../model/source.ts";
import { empty, type Status } from "../model/status.ts";
import { PANEL_STYLE } from "../style/panel.ts";
import { STREAM_STYLE } from "../style/stream.ts";
import { h, integer, setAttribute, setText } from "./dom.ts";
import { PollElement } from "./poll_element.ts";
import { StreamRows } from "./stream_rows.ts";
import { ValuePanel } from "./value_panel.ts";

type Tab = "rows" | "dead" | "late";
const TABS: readonly (readonly [Tab, string])[] = [["rows", "Newest rows"], ["dead", "Dead rows"], [
  "late",
  "Late rows",
]];
const ROWS_DEFAULT = 100, ROWS_MAX = 1000;

interface Answer {
  readonly columns: readonly ViewColumn[];
  readonly rows: readonly Row[];
}

/** What was done with dead rows. */
interface Done {
  readonly replayed?: number;
  readonly failed?: number;
  readonly discarded?: number;
}

function saidOf({ replayed, failed, discarded }: Done): string {
  return replayed === undefined ? `${discarded} discarded` : `${replayed} replayed, ${failed} failed again`;
}

export class RdxStream extends PollElement {
  static readonly observedAttributes = ["src", "server", "token", "theme", "show", "limit"];

  protected override readonly kind = "Stream";
  readonly #tabs = TABS.map(([tab, label]) =>
    h("button", { type: "button", role: "tab", id: tab, "aria-controls": "pane" }, label)
  );
  readonly #actions = h(
    "div",
    { class: "actions" },
    this.#action("replay", "Replay"),
    this.#action("discard", "Discard"),
  );
  readonly #pane = h("div", { class: "pane", id: "pane", role: "tabpanel", tabindex: "0" });
  readonly #rows = new StreamRows((row) => this.#open(row));
  readonly #panel = new ValuePanel(() => this.#pane.focus());
  #answer: Answer | null = null;
  /** What was answered for. */
  #tab: Tab = "rows";
  #notKept = false;
  /** What a button did, until the next tab. */
  #done: string | null = null;

  constructor() {
    super(STREAM_STYLE, PANEL_STYLE);
    const list = h("div", { role: "tablist", "aria-label": "Kinds of rows" }, ...this.#tabs);
    this.tools.append(list, this.#actions);
    this.body.append(this.#pane, this.#panel.element);
    this.#tabs.forEach((tab, i) => tab.addEventListener("click", () => this.setAttribute("show", TABS[i][0])));
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  protected override get onlyDrawn(): readonly string[] {
    return ["theme", "show", "limit"];
  }

  protected override restyled(name: string): void {
    if (name !== "theme") {
      this.#done = null;
      this.askNow();
    }
    this.invalidate();
  }

  get #show(): Tab {
    const show = this.getAttribute("show");
    return show === "dead" || show === "late" ? show : "rows";
  }

  protected override reset(): void {
    this.#answer = null;
    this.#notKept = false;
    this.#done = null;
    this.#panel.close();
  }

  protected override async poll({ path }: Source, signal: AbortSignal): Promise<void> {
    const tab = this.#show, limit = integer(this, "limit", ROWS_DEFAULT, 1, ROWS_MAX);
    let answer: Answer = { columns: [], rows: [] }, notKept = false;
    try {
      answer = await this.ask("GET", `${path}/${tab}?limit=${limit}`, signal) as Answer;
    } catch (thrown) {
      // Late rows that nobody asked for are no fault: the stream is there.
      if (
        tab !== "late" || !(thrown instanceof RdxError) || thrown.code !== "not_found" ||
        !/not kept/.test(thrown.message)
      ) throw thrown;
      notKept = true;
    }
    if (signal.aborted || tab !== this.#show) return;
    this.#answer = answer;
    this.#notKept = notKept;
    this.#tab = tab;
  }

  #action(action: "replay" | "discard", label: string): HTMLButtonElement {
    const button = h("button", { type: "button" }, label);
    button.addEventListener("click", () => {
      // Asks in its own place: a page that embeds it may allow no dialogs.
      if (action === "discard" && button.textContent === label) return setText(button, "Discard all?");
      setText(button, label);
      void this.#act(button, "POST", `${this.source!.path}/dead/${action}`, (answer) => saidOf(answer as Done));
    });
    button.addEventListener("blur", () => setText(button, label));
    return button;
  }

  async #act(
    button: HTMLButtonElement,
    method: string,
    path: string,
    done: (answer: unknown) => string,
  ): Promise<void> {
    button.disabled = true;
    try {
      this.#done = done(await this.ask(method, path));
    } catch (thrown) {
      this.#done = reasonOf(thrown);
    } finally {
      button.disabled = false;
    }
    this.invalidate();
    this.askNow();
  }

  protected override paint(): void {
    const show = this.#show;
    this.#tabs.forEach((tab, i) => {
      const selected = TABS[i][0] === show;
      setAttribute(tab, "aria-selected", String(selected));
      setAttribute(tab, "tabindex", selected ? "0" : "-1");
    });
    setAttribute(this.#pane, "aria-labelledby", show);
    this.#actions.hidden = show !== "dead" || (this.#answer?.rows.length ?? 0) === 0;
    const answer = this.#answer;
    if (!answer || !this.source || this.#tab !== show) return;
    const content = this.#notKept
      ? this.#offerLate()
      : answer.rows.length === 0
      ? this.#nothing(show)
      : this.#rows.element;
    if (content === this.#rows.element) this.#rows.paint(answer.columns, answer.rows);
    if (this.#pane.firstChild !== content) this.#pane.replaceChildren(content);
    const remarks = [...(this.#done === null ? [] : [this.#done]), ...this.#rows.remarks, ...this.remarks];
    this.say(this.#status(show, answer.rows.length), remarks);
  }

  #status(show: Tab, count: number): Status {
    if (this.#notKept) return { kind: "live", text: "Late rows are counted, not kept" };
    if (count === 0) return show === "rows" ? empty(this.thing) : { kind: "live", text: `No ${show} rows` };
    return {
      kind: "live",
      text: `Live · the newest ${formatNumber(count)} ${show === "rows" ? "" : `${show} `}${
        count === 1 ? "row" : "rows"
      }`,
    };
  }

  readonly #words = h("div", { class: "say" });

  #nothing(show: Tab): Node {
    setText(
      this.#words,
      {
        rows: `No rows yet. Send some: POST ${this.source!.path} with one JSON object a line.`,
        dead: "No dead rows. Rows that cannot be read come here, each with its line, its field and the reason.",
        late: "No late rows. Rows whose windows have all closed come here, each with the watermark that it met.",
      }[show],
    );
    return this.#words;
  }

  #offer: HTMLElement | null = null;

  #offerLate(): Node {
    if (this.#offer) return this.#offer;
    const button = h("button", { type: "button" }, "Keep late rows from now on");
    button.addEventListener(
      "click",
      () => void this.#act(button, "PUT", `${this.source!.path}/late`, () => "Late rows are kept from now on."),
    );
    const text =
      `Late rows of this stream are counted, not kept. Keep them to see each with the watermark that it met.`;
    return this.#offer = h("div", { class: "say" }, h("div", {}, text), button);
  }

  #open(row: Row): void {
    this.#panel.open(`Row of ${this.source?.name ?? ""}`, rowJson(row));
  }

  #key(event: KeyboardEvent): void {
    const at = TABS.findIndex(([tab]) => tab === this.#show), last = TABS.length - 1;
    const next =
      { ArrowRight: (at + 1) % TABS.length, ArrowLeft: (at + last) % TABS.length, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    this.setAttribute("show", TABS[next][0]);
    this.#tabs[next].focus();
    event.preventDefault();
  }
}
