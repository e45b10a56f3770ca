import { RdxError, reasonOf } from "../../src/core/errors.ts";
import { setAttribute } from "../components/dom.ts";
import { History } from "../page_model/history.ts";
import { parseRoute, type Route } from "../page_model/routes.ts";
import { el } from "./dom.ts";
import { Flights } from "./flights.ts";
import { GIVE_UP_MS, type Link } from "./link.ts";
import { COMPONENTS } from "./parts.ts";
import { Shell } from "./shell.ts";

const REFRESH_MS = 1000;
/** How often a page whose token was refused asks again by itself. */
const REFUSED_MS = 10_000;

/** What is shown between the header and the end of the window. Its heading is the first `h1` in it. */
export interface Page {
  readonly title: string;
  readonly element: HTMLElement;
  /** Brings it up to date: once a second while the window is seen and the server answers. */
  refresh?(signal: AbortSignal): Promise<void>;
  /** It is shown no more. */
  leave?(): void;
}

/** What pages stand on. */
export interface Ground {
  readonly link: Link;
  /** Figures of the last minutes, by name. */
  readonly history: History;
  readonly flights: Flights;
  /** What the last deploys from this page have said of the pipelines' state, by pipeline, until somebody has read it. */
  readonly deployNotes: Map<string, readonly string[]>;
  /** Says a sentence to those who do not see the page. */
  announce(sentence: string): void;
  /** Goes to a hash. */
  go(hash: string): void;
  /** Brings the page up to date now. */
  refresh(): void;
}

/** Shows the page that the address names, and keeps it and the header up to date. */
export class App implements Ground {
  readonly history = new History();
  readonly deployNotes = new Map<string, readonly string[]>();
  readonly flights: Flights;
  readonly #shell: Shell;
  readonly #pageOf: (route: Route, ground: Ground) => Page;
  #page: Page | null = null;
  #left = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turning = false;
  #again = false;
  #refusedAtMs = -Infinity;

  constructor(readonly link: Link, pageOf: (route: Route, ground: Ground) => Page) {
    this.#pageOf = pageOf;
    this.flights = new Flights(this);
    this.#shell = new Shell(link, this.flights.node, () => this.refresh());
    document.body.replaceChildren(...this.#shell.nodes);
    addEventListener("hashchange", () => this.#show(true));
    document.addEventListener("visibilitychange", () => this.refresh());
    link.onChange(() => this.#giveToken());
    this.#show(false);
  }

  /** Components ask the server by themselves, with the page's token. */
  #giveToken(): void {
    for (const one of document.querySelectorAll(COMPONENTS)) setAttribute(one, "token", this.link.token);
  }

  announce(sentence: string): void {
    this.#shell.announce(sentence);
  }

  go(hash: string): void {
    if (location.hash === hash) this.#show(true);
    else location.hash = hash;
  }

  refresh(): void {
    clearTimeout(this.#timer);
    if (this.#turning) this.#again = true;
    else if (document.visibilityState === "visible") void this.#turn();
  }

  /** Puts the page of the address in place. The focus moves to its heading, so that what is read aloud begins there. */
  #show(focus: boolean): void {
    this.#left.abort();
    this.#left = new AbortController();
    this.#page?.leave?.();
    const page = this.#page = this.#pageOf(parseRoute(location.hash), this);
    this.#shell.show(page.element, page.title);
    document.title = `${page.title} · rdx`;
    const heading = page.element.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    scrollTo(0, 0);
    if (focus) heading?.focus({ preventScroll: true });
    this.refresh();
  }

  /** One look at the server, then at what the page shows. */
  async #turn(): Promise<void> {
    this.#turning = true;
    this.#again = false;
    const { link } = this;
    await link.look();
    if (link.state.kind === "ready" || link.state.kind === "draining") await this.#refreshPage();
    this.#turning = false;
    if (document.visibilityState !== "visible") return;
    const { state } = link, waitMs = state.kind === "gone" ? Math.max(0, state.retryAtMs - Date.now()) : REFRESH_MS;
    this.#timer = setTimeout(() => this.refresh(), this.#again ? 0 : waitMs);
  }

  async #refreshPage(): Promise<void> {
    const page = this.#page, { signal: left } = this.#left, { link } = this;
    if (!page?.refresh || link.refused && performance.now() - this.#refusedAtMs < REFUSED_MS) return;
    try {
      await page.refresh(AbortSignal.any([left, AbortSignal.timeout(GIVE_UP_MS)]));
      if (page === this.#page) this.#shell.notice(null);
    } catch (thrown) {
      if (left.aborted) return;
      if (link.refused) this.#refusedAtMs = performance.now();
      else this.#shell.notice(sentenceOf(thrown));
    }
  }
}

/** What the page says when it cannot be brought up to date. What heals by itself says so. */
function sentenceOf(thrown: unknown): string {
  const timedOut = thrown instanceof DOMException && thrown.name === "TimeoutError";
  const reason = timedOut ? "The server did not answer in time" : reasonOf(thrown);
  if (thrown instanceof RdxError && thrown.code === "not_found") {
    return `${reason}. Once it is there, it shows up here by itself.`;
  }
  return `${reason}. The page tries again by itself.`;
}

/** The page for an address that names none. */
export function unknownPage(hash: string): Page {
  const element = el("article", {}, el("h1", {}, "No such page"), el("p", {}, `There is nothing at ${hash}.`));
  element.append(el("p", {}, el("a", { href: "#/" }, "Go to the overview")));
  return { title: "No such page", element };
}
