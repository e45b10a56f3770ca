import { setAttribute, setText } from "../components/dom.ts";
import { cut, formatTime, timeOf } from "../model/format.ts";
import type {
  DeadPageJson,
  DeadReasonJson,
  DeadReasonsJson,
  DeadReplayJson,
  DeadRowJson,
  StreamJson,
} from "../page_model/answers.ts";
import { ALL_DEAD, type DeadChoice, deadFacts, deadQuery, replaySentence } from "../page_model/dead.ts";
import { plural, short } from "../page_model/format.ts";
import { reasonOf } from "../../src/core/errors.ts";
import type { Ground } from "./app.ts";
import { el, KeyedList, type Part, show } from "./dom.ts";
import { confirmed, section, sentence, table, text } from "./parts.ts";

const ROWS_FIRST = 20, ROWS_FACTOR = 5, ROWS_MAX = 1000, RAW_CHARACTERS_MAX = 300, REASONS_SHOWN_MAX = 30;

/** The dead rows of a stream: reasons with counts to choose from, rows to choose, and what can be done with them. */
export class DeadRows {
  readonly node: HTMLElement;
  readonly #ground: Ground;
  readonly #stream: string;
  readonly #path: string;
  readonly #filter = el("input", {
    id: "dead-reason",
    type: "search",
    placeholder: "Reason",
    spellcheck: "false",
    input: () => this.#choose({ reason: this.#filter.value, field: null }),
  });
  readonly #reasons = el("div", { class: "chips", role: "group", "aria-label": "Reasons" });
  readonly #chips: KeyedList<DeadReasonJson>;
  readonly #rows: ReturnType<typeof table<DeadRowJson>>;
  readonly #none = el("p", { class: "dim" }, "No dead row is like that.");
  readonly #more = el("button", { type: "button", click: () => this.#showMore() }, "Show older rows");
  readonly #replay = el("button", { type: "button", class: "primary", click: () => void this.#act("replay") });
  readonly #discard = el("button", { type: "button", class: "danger", click: () => void this.#act("discard") });
  readonly #answer = el("p", { role: "status", class: "answer" });
  #choice: DeadChoice = ALL_DEAD;
  #limit = ROWS_FIRST;
  #chosen = new Set<number>();
  /** How many the choice takes, and whether that is all. */
  #count = { rows: 0, complete: true };
  #acting = false;
  #used = false;

  constructor(ground: Ground, stream: string, path: string) {
    this.#ground = ground;
    this.#stream = stream;
    this.#path = `${path}/dead`;
    this.#chips = new KeyedList(
      this.#reasons,
      ({ reason, field }) => JSON.stringify([reason, field]),
      (one) => this.#chip(one),
    );
    this.#rows = table<DeadRowJson>("Dead rows", ({ id }) => String(id), [
      { title: "", class: "pick", cell: (row) => this.#pick(row) },
      { title: "Reason", class: "wrap", cell: (row) => reasonCell(row) },
      { title: "Row", class: "wrap mono", cell: text(({ raw }) => raw === null ? "–" : cut(raw, RAW_CHARACTERS_MAX)) },
      { title: "Field", cell: text(({ field }) => field ?? "–") },
      { title: "Line", number: true, cell: text(({ line }) => line ?? "–") },
      { title: "Time (UTC)", cell: text(({ ts }) => timeText(ts)) },
    ]);
    const find = el("div", { class: "row" }, el("label", { for: "dead-reason" }, "Filter"), this.#filter);
    const actions = el("div", { class: "row" }, this.#replay, this.#discard);
    const more = el("div", { class: "row" }, this.#more), parts = [find, this.#reasons, actions, this.#answer];
    this.node = section("Dead rows", ...parts, this.#rows.node, this.#none, more);
    this.#rows.node.classList.add("dead");
    show(this.node, false);
  }

  /** Brings it up to date; it is there once there was a dead row. */
  async refresh({ dead_open: open }: StreamJson, signal: AbortSignal): Promise<void> {
    this.#used ||= open > 0;
    show(this.node, this.#used);
    if (!this.#used) return;
    const { link } = this.#ground, choice = this.#choice, page = deadQuery(choice, { limit: this.#limit });
    const [rows, all, those] = await Promise.all([
      link.get<DeadPageJson>(this.#path + page, signal),
      link.get<DeadReasonsJson>(`${this.#path}/reasons`, signal),
      choice === ALL_DEAD ? null : link.get<DeadReasonsJson>(`${this.#path}/reasons${deadQuery(choice)}`, signal),
    ]);
    // Somebody chose others meanwhile.
    if (choice !== this.#choice) return;
    this.#chips.update(all.reasons.slice(0, REASONS_SHOWN_MAX));
    show(this.#reasons, all.reasons.length > 1);
    this.#show(rows);
    this.#count = those ?? all;
    this.#label();
  }

  #show({ rows, next }: DeadPageJson): void {
    const there = new Set(rows.map(({ id }) => id));
    for (const id of this.#chosen) if (!there.has(id)) this.#chosen.delete(id);
    this.#rows.update(rows);
    show(this.#rows.node, rows.length > 0);
    show(this.#none, rows.length === 0);
    setText(this.#none, this.#choice === ALL_DEAD ? "No dead rows are left." : "No dead row is like that.");
    show(this.#more, next !== null && rows.length >= this.#limit && this.#limit < ROWS_MAX);
  }

  /** Buttons say what they would take. */
  #label(): void {
    const chosen = this.#chosen.size, { rows, complete } = this.#count;
    const what = chosen > 0
      ? `${chosen} chosen`
      : this.#choice === ALL_DEAD
      ? `all ${short(rows)}${complete ? "" : " or more"}`
      : `the ${short(rows)} shown by the filter`;
    setText(this.#replay, `Replay ${what}`);
    setText(this.#discard, `Discard ${what}`);
    this.#replay.disabled = this.#discard.disabled = this.#acting || (chosen === 0 && rows === 0);
    for (const chip of this.#reasons.children) {
      setAttribute(chip, "aria-pressed", String(chip.getAttribute("data-key") === keyOf(this.#choice)));
    }
  }

  #chip({ reason, field }: DeadReasonJson): Part<DeadReasonJson> {
    const count = el("strong"), words = el("span", {}, field === null ? reason : `${field}: ${reason}`);
    const press = () => {
      const pressed = node.getAttribute("aria-pressed") === "true";
      this.#filter.value = pressed ? "" : reason;
      this.#choose(pressed ? ALL_DEAD : { reason, field });
    };
    const node = el(
      "button",
      { type: "button", class: "chip", "aria-pressed": "false", "data-key": keyOf({ reason, field }), click: press },
      count,
      words,
    );
    return { node, update: ({ rows }) => setText(count, short(rows)) };
  }

  #pick({ id, line }: DeadRowJson): Part<DeadRowJson> {
    const node = el("input", {
      type: "checkbox",
      "aria-label": `Choose the row of line ${line}`,
      change: () => pick(),
    });
    const pick = () => {
      if (node.checked) this.#chosen.add(id);
      else this.#chosen.delete(id);
      this.#label();
    };
    return { node, update: () => node.checked = this.#chosen.has(id) };
  }

  #choose(choice: DeadChoice): void {
    this.#choice = choice.reason === "" && choice.field === null ? ALL_DEAD : choice;
    this.#chosen.clear();
    this.#limit = ROWS_FIRST;
    this.#label();
    this.#ground.refresh();
  }

  #showMore(): void {
    this.#limit = Math.min(this.#limit * ROWS_FACTOR, ROWS_MAX);
    this.#ground.refresh();
  }

  async #act(action: "replay" | "discard"): Promise<void> {
    const ids = [...this.#chosen], choice = this.#choice;
    if (action === "discard" && !await confirmed(...this.#question(ids.length))) return;
    this.#acting = true;
    this.#label();
    let said: string, tone = "good";
    try {
      if (action === "replay") [said, tone] = await this.#replayed(choice, ids);
      else said = await this.#discarded(choice, ids);
    } catch (thrown) {
      [said, tone] = [sentence(reasonOf(thrown)), "bad"];
    }
    this.#chosen.clear();
    this.#acting = false;
    setText(this.#answer, said);
    setAttribute(this.#answer, "data-tone", tone);
    this.#label();
    this.#ground.refresh();
  }

  #question(chosen: number): [question: string, consequence: string, yes: string] {
    const rows = chosen > 0 ? chosen : this.#count.rows;
    return [
      `Discard ${plural(rows, "dead row")} of ${this.#stream}?`,
      "They are listed no more and cannot be replayed.",
      "Discard",
    ];
  }

  /** Asks until nothing is left; those that fail are left alone. */
  async #replayed(choice: DeadChoice, ids: readonly number[]): Promise<[said: string, tone: string]> {
    let replayed = 0, failed = 0, skipped = 0, before: Record<string, number> = {};
    for (let more = true; more;) {
      const query = deadQuery(choice, before), body = ids.length > 0 ? { ids } : undefined;
      const answer = await this.#ground.link.request<DeadReplayJson>("POST", `${this.#path}/replay${query}`, body);
      replayed += answer.replayed;
      failed += answer.failed;
      skipped = answer.skipped;
      before = { before: answer.before };
      more = answer.more;
    }
    return [replaySentence({ replayed, failed, skipped }), failed + skipped > 0 ? "warn" : "good"];
  }

  async #discarded(choice: DeadChoice, ids: readonly number[]): Promise<string> {
    const body = ids.length > 0 ? { ids } : undefined;
    const { discarded } = await this.#ground.link.request<{ discarded: number }>(
      "POST",
      `${this.#path}/discard${deadQuery(choice)}`,
      body,
    );
    return `${plural(discarded, "row")} ${discarded === 1 ? "was" : "were"} discarded.`;
  }
}

function keyOf({ reason, field }: DeadChoice): string {
  return JSON.stringify([reason, field]);
}

/** To the second. */
function timeText(iso: string): string {
  return formatTime(timeOf(iso)).slice(0, 19);
}

/** The reason, and below it what else is known. */
function reasonCell({ reason }: DeadRowJson): Part<DeadRowJson> {
  const facts = el("span", { class: "facts dim" });
  return { node: el("span", {}, reason, facts), update: (row) => setText(facts, deadFacts(row, timeText)) };
}
