/*
 * The one base of all elements.
 *
 *   attributes ──▶ run(signal) ──▶ model ──▶ invalidate() ──▶ paint(), at most once a frame and only while it can be seen
 *                     │ ends when the element leaves the page or an attribute asks for something else
 *                     └──▶ say(status): a sentence in the status line, announced, and the event `rdx-status`
 *
 * What is drawn lies in a shadow root; styles are constructed sheets, so that a page may forbid inline styles. While nobody can see the element, or
 * its tab is hidden, nothing is drawn: `run` goes on and keeps the bounded model, nothing else.
 */
import type { RdxError } from "../../src/core/errors.ts";
import { parseSource, type Source, type Thing } from "../model/source.ts";
import { connecting, failed, invalid, type Status, type ThingName } from "../model/status.ts";
import { BASE_STYLE } from "../style/base.ts";
import { h, setAttribute, setText } from "./dom.ts";
import { remarksOf } from "./servers.ts";

const sheets = new Map<string, CSSStyleSheet>();

/** One sheet for all elements of a kind. */
function sheetOf(css: string): CSSStyleSheet {
  let sheet = sheets.get(css);
  if (!sheet) {
    sheets.set(css, sheet = new CSSStyleSheet());
    sheet.replaceSync(css);
  }
  return sheet;
}

export abstract class RdxElement extends HTMLElement {
  protected readonly tools = h("div", { class: "tools", part: "tools" });
  protected readonly body = h("div", { class: "body", part: "body" });
  readonly #sentence = h("span", { class: "sentence" });
  readonly #remarks = h("span", { class: "remark" });
  readonly #line = h("div", { class: "status", part: "status" }, this.#sentence, this.#remarks);
  /** What a screen reader hears: only when something else happens, not with every new row. */
  readonly #spoken = h("div", { class: "hidden", role: "status", "aria-live": "polite" });
  #run: AbortController | null = null;
  #restarting = false;
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #paintedMs = -Infinity;
  #observed: IntersectionObserver | null = null;
  #status: Status = { kind: "connecting", text: "" };
  /** What `src` names; null when it names nothing that the element can show. */
  protected source: Source | null = null;
  /** Whether there was something to show since the element began. */
  protected had = false;
  /** Whether it can be seen, as far as the page's layout says. */
  protected inView = true;

  constructor(...styles: readonly string[]) {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [BASE_STYLE, ...styles].map(sheetOf);
    root.append(h("div", { class: "frame", part: "frame" }, this.tools, this.body, this.#line), this.#spoken);
  }

  /** What the element shows one of. */
  protected abstract readonly kind: ThingName["kind"];
  /** Forgets what was known. */
  protected abstract reset(): void;
  /** Follows what the attributes name until the signal aborts. */
  protected abstract run(signal: AbortSignal): Promise<void>;
  /** Draws what is known now. */
  protected abstract paint(): void;
  /** Attributes that change what is drawn and not what is followed. */
  protected get onlyDrawn(): readonly string[] {
    return ["theme"];
  }

  get status(): Status {
    return this.#status;
  }

  connectedCallback(): void {
    this.#observed = new IntersectionObserver((entries) => {
      this.inView = entries[entries.length - 1].isIntersecting;
      if (this.inView) this.invalidate();
    });
    this.#observed.observe(this);
    this.#start();
  }

  disconnectedCallback(): void {
    this.#observed?.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#run?.abort();
    this.#run = null;
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || !this.isConnected) return;
    if (this.onlyDrawn.includes(name)) return this.restyled(name);
    if (this.#restarting) return;
    // Several attributes often change together.
    this.#restarting = true;
    queueMicrotask(() => {
      this.#restarting = false;
      if (this.isConnected) this.#start();
    });
  }

  protected get thing(): ThingName {
    return { kind: this.kind, name: this.source?.name ?? "" };
  }

  protected get remarks(): string[] {
    return remarksOf(this.source!.base);
  }

  /** Begins with what the attributes say, and says so. */
  protected begin(): Source | null {
    this.had = false;
    this.reset();
    const thing = `${this.kind.toLowerCase()}s` as Thing;
    const source = parseSource(this.getAttribute("src"), this.getAttribute("server"), document.baseURI, thing);
    const isNone = typeof source === "string";
    this.source = isNone ? null : source;
    this.say(isNone ? invalid(source) : connecting(this.thing));
    return this.source;
  }

  /** Says what went wrong and when the next try is. */
  protected sayFailed(error: RdxError, retryMs: number): void {
    const token = Boolean(this.getAttribute("token"));
    this.say(failed(error, this.thing, { retryMs, had: this.had, token }), this.remarks);
  }

  /** An attribute of `onlyDrawn` changed. */
  protected restyled(_name: string): void {
    this.invalidate();
  }

  /** Draws with the next frame, however often it is called before. */
  protected invalidate(): void {
    if (this.#frame !== 0 || !this.inView || !this.isConnected) return;
    this.#frame = requestAnimationFrame((now) => {
      this.#frame = 0;
      this.#paintedMs = now;
      this.paint();
    });
  }

  /** The same for new data: at the earliest `everyMs` after the last time. Text that changes with each frame can be read by nobody. */
  protected invalidateSlowly(everyMs: number): void {
    if (this.#frame !== 0 || this.#timer !== undefined) return;
    const wait = everyMs - (performance.now() - this.#paintedMs);
    if (wait <= 0) return this.invalidate();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.invalidate();
    }, wait);
  }

  /** Says what the element is doing; `remarks` stand beside it. */
  protected say(status: Status, remarks: readonly string[] = []): void {
    const { kind, text } = this.#status;
    setText(this.#sentence, status.text);
    setText(this.#remarks, remarks.join(" "));
    setAttribute(this.#line, "data-kind", status.kind);
    this.#status = status;
    if (kind === status.kind && (text === status.text || kind === "live" || kind === "paused")) return;
    setText(this.#spoken, status.text);
    this.dispatchEvent(
      new CustomEvent("rdx-status", {
        bubbles: true,
        composed: true,
        detail: { kind: status.kind, text: status.text },
      }),
    );
  }

  #start(): void {
    this.#run?.abort();
    const controller = this.#run = new AbortController();
    this.run(controller.signal).catch((thrown) => {
      if (!controller.signal.aborted) reportError(thrown);
    });
    this.invalidate();
  }
}
