import { setAttribute, setText } from "../components/dom.ts";
import { clockRemark } from "../model/status.ts";
import { el, show } from "./dom.ts";
import type { Link, LinkState } from "./link.ts";
import { COMPONENTS, link as anchor, pill, sentence as asSentence } from "./parts.ts";

const THEME_KEY = "rdx.theme", THEMES = ["auto", "light", "dark"] as const;
const COUNTDOWN_MS = 250;
/** What is said stays beside what comes right behind it for so long: a sentence that is replaced at once is never read. */
const SPOKEN_MS = 1000;
const WORDS: Readonly<Record<LinkState["kind"], readonly [string, string]>> = {
  starting: ["connecting", "dim"],
  ready: ["ready", "good"],
  slow: ["slow", "warn"],
  draining: ["draining", "warn"],
  gone: ["gone", "bad"],
};

/** What surrounds every page: the header, sentences about the server, the form for its token. */
export class Shell {
  readonly nodes: readonly HTMLElement[];
  readonly #link: Link;
  readonly #retry: () => void;
  readonly #state = pill();
  readonly #main = el("main", { id: "main", tabindex: -1 });
  readonly #spoken = el("p", { class: "unseen", role: "status" });
  /** What was said lately, and when. */
  #said: { readonly text: string; readonly atMs: number }[] = [];
  readonly #server = el("p", { class: "bar", "data-tone": "bad", hidden: true });
  readonly #serverText = el("span");
  readonly #build = bar("warn");
  readonly #clock = bar("warn");
  readonly #notice = bar("bad");
  readonly #token: TokenForm;
  #saidKind: LinkState["kind"] = "starting";

  constructor(link: Link, dock: HTMLElement, retry: () => void) {
    this.#link = link;
    this.#retry = retry;
    this.#token = new TokenForm(link, retry);
    this.#server.append(this.#serverText, el("button", { type: "button", class: "quiet", click: retry }, "Try now"));
    const reload = el("button", { type: "button", class: "quiet", click: () => location.reload() }, "Reload");
    this.#build.append("The server is of another build than this page. What you have typed is kept. ", reload);
    const bars = el(
      "div",
      { class: "bars" },
      this.#server,
      this.#build,
      this.#clock,
      this.#token.node,
      this.#notice,
    );
    const skip = el("a", { class: "skip", href: "#main", click: (event) => this.#skip(event) }, "Skip to the content");
    this.nodes = [skip, this.#header(), bars, this.#main, dock, this.#spoken];
    link.onChange(() => this.#changed());
    setInterval(() => this.#link.state.kind === "gone" && this.#changed(), COUNTDOWN_MS);
    this.#changed();
  }

  /** Puts a page in the place of the one before. */
  show(page: HTMLElement, title: string): void {
    show(this.#notice, false);
    this.#main.replaceChildren(page);
    for (const one of document.querySelectorAll("header nav a")) {
      const current = one.getAttribute("href") === (location.hash || "#/");
      setAttribute(one, "aria-current", current ? "page" : null);
    }
    this.announce(title);
  }

  announce(sentence: string): void {
    const now = performance.now(), kept = this.#said.filter(({ atMs }) => now - atMs < SPOKEN_MS);
    this.#said = [...kept.filter(({ text }) => text !== sentence), { text: sentence, atMs: now }];
    setText(this.#spoken, this.#said.map(({ text }) => asSentence(text)).join(" "));
  }

  /** A sentence above the page, or none. */
  notice(sentence: string | null): void {
    if (sentence !== null && this.#notice.hidden) this.announce(sentence);
    else if (sentence === null && !this.#notice.hidden) this.announce("Up to date again.");
    setText(this.#notice, sentence ?? "");
    show(this.#notice, sentence !== null);
    this.#main.toggleAttribute("data-stale", sentence !== null);
  }

  #header(): HTMLElement {
    const home = el("a", { class: "brand", href: "#/" }, el("span", { class: "mark", "aria-hidden": "true" }), "rdx");
    const nav = el("nav", { "aria-label": "Pages" }, anchor("#/", "Overview"), anchor("#/new", "Write a pipeline"));
    const more = el(
      "nav",
      { class: "more", "aria-label": "For programs" },
      anchor("#/api", "API"),
      anchor("#/metrics", "Metrics"),
    );
    return el(
      "header",
      { class: "top" },
      home,
      this.#state.node,
      nav,
      el("div", { class: "grow" }),
      more,
      themeSwitch(),
    );
  }

  #changed(): void {
    const { state, facts: { offsetMs, build } } = this.#link, [word, tone] = WORDS[state.kind];
    this.#state.update({ text: word, tone });
    const sentence = sentenceOf(state);
    setText(this.#serverText, sentence);
    show(this.#server, sentence !== "");
    setAttribute(this.#server, "data-tone", tone);
    if (state.kind !== this.#saidKind) this.#say(state, sentence);
    const ours = document.querySelector('meta[name="rdx-build"]')?.getAttribute("content") ?? "";
    show(this.#build, build !== null && ours !== "" && build !== ours);
    const clock = clockRemark(offsetMs);
    setText(this.#clock, clock ?? "");
    show(this.#clock, clock !== null);
    this.#token.update();
  }

  #say(state: LinkState, sentence: string): void {
    const before = this.#saidKind;
    this.#saidKind = state.kind;
    if (state.kind === "ready" && before === "gone") this.announce("The server is back.");
    else if (state.kind === "ready" && before === "slow") this.announce("The server answers again.");
    else if (state.kind === "gone") this.announce("Cannot reach the server. The page tries again by itself.");
    else if (sentence !== "") this.announce(sentence);
  }

  #skip(event: Event): void {
    event.preventDefault();
    this.#main.focus();
  }
}

function sentenceOf(state: LinkState): string {
  switch (state.kind) {
    case "gone": {
      const seconds = Math.ceil((state.retryAtMs - Date.now()) / 1000);
      return `Cannot reach the server; trying again ${seconds > 0 ? `in ${seconds} s` : "now"}. `;
    }
    case "slow":
      return "The server answers slowly; what is shown may be old. ";
    case "draining":
      return `${state.reason || "The server finishes what it has accepted"}. It takes nothing new. `;
    default:
      return "";
  }
}

function bar(tone: string): HTMLElement {
  return el("p", { class: "bar", "data-tone": tone, hidden: true });
}

const UNSENDABLE = "This is no token of a server: it is empty or has characters that a request cannot carry.";

/** Asks for the token when the server refuses the page. */
class TokenForm {
  readonly node: HTMLFormElement;
  readonly #link: Link;
  /** The token that the sentence is about; undefined while nothing is said. */
  #saidFor: string | null | undefined;
  readonly #text = el("span", { id: "token-text", role: "status" });
  readonly #input = el("input", {
    type: "password",
    id: "token",
    autocomplete: "current-password",
    required: true,
    "aria-describedby": "token-text",
  });

  constructor(link: Link, retry: () => void) {
    this.#link = link;
    this.node = el(
      "form",
      { class: "bar token", hidden: true, submit: (event) => send(event) },
      this.#text,
      el("label", { for: "token" }, "Token"),
      this.#input,
      el("button", { class: "primary" }, "Use it"),
    );
    const send = (event: Event) => {
      event.preventDefault();
      const taken = link.setToken(this.#input.value.trim());
      if (!taken) return setText(this.#text, UNSENDABLE);
      this.#input.value = "";
      retry();
    };
  }

  update(): void {
    const { refused, expired, token, unusable } = this.#link;
    if (!refused) this.#saidFor = undefined;
    // What was said about a token that was just typed stays until there is something new to say.
    if (refused && this.#saidFor !== token) {
      this.#saidFor = token;
      const why = token === null && unusable
        ? "The token in the address cannot be used. The server asks for its token."
        : token === null
        ? "The server asks for its token."
        : expired
        ? "The token has expired: the server took it before and refuses it now."
        : "The server refuses this token.";
      setText(this.#text, why);
    }
    if (refused && this.node.hidden) {
      show(this.node, true);
      this.#input.focus();
    } else if (!refused) show(this.node, false);
  }
}

/** The switch of light and dark; what was chosen is kept. */
function themeSwitch(): HTMLElement {
  const choose = (event: Event) => {
    const { value } = event.target as HTMLSelectElement;
    localStorage.setItem(THEME_KEY, value);
    useTheme(value);
  };
  const kept = localStorage.getItem(THEME_KEY) ?? "auto";
  const select = el(
    "select",
    { "aria-label": "Theme", change: choose },
    THEMES.map((theme) => el("option", { value: theme, selected: theme === kept }, theme)),
  );
  useTheme(kept);
  return select;
}

/** Components take the attribute too: what they draw on a canvas does not follow a style by itself. */
function useTheme(theme: string): void {
  for (const one of [document.documentElement, ...document.querySelectorAll(COMPONENTS)]) {
    setAttribute(one, "theme", theme === "auto" ? null : theme);
  }
}
