/*
 * <rdx-graph src="/v1/pipelines/p">: a pipeline's plan with what runs along each edge, asked once a second. One node has the focus: arrow keys move along
 * edges and within layers, and the line below says what the node does. Screen readers also get a list of all edges.
 */
import { formatNumber } from "../model/format.ts";
import { edgeSentence, type Flow, nodeSentence } from "../model/flow.ts";
import type { Source } from "../model/source.ts";
import { empty } from "../model/status.ts";
import { GRAPH_STYLE } from "../style/graph.ts";
import { h, setAttribute, setText } from "./dom.ts";
import { GraphPicture } from "./graph_picture.ts";
import { PollElement } from "./poll_element.ts";
import { factsOf } from "./servers.ts";

/** Below this width layers lie below each other. */
const NARROW_PX = 640;

export class RdxGraph extends PollElement {
  static readonly observedAttributes = ["src", "server", "token", "theme"];

  protected override readonly kind = "Pipeline";
  readonly #details = h("div", { class: "details", "aria-live": "polite" });
  readonly #list = h("ul", { class: "hidden", "aria-label": "Edges" });
  #flow: Flow | null = null;
  #picture: GraphPicture | null = null;
  /** What the picture was drawn for. */
  #shape = "";
  #chosen: string | null = null;
  #listMs = -Infinity;

  constructor() {
    super(GRAPH_STYLE);
    this.body.after(this.#details, this.#list);
    this.body.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.invalidate()).observe(this);
  }

  protected override reset(): void {
    this.#flow = null;
    this.#chosen = null;
    this.#shape = "";
    this.body.replaceChildren();
    setText(this.#details, "");
  }

  protected override async poll({ path }: Source, signal: AbortSignal): Promise<void> {
    this.#flow = await this.ask("GET", `${path}/flow`, signal) as Flow;
  }

  protected override paint(): void {
    const flow = this.#flow;
    if (!flow || !this.source) return;
    const down = this.clientWidth < NARROW_PX;
    const shape = JSON.stringify([down, flow.nodes, flow.edges.map(({ from, to }) => [from, to])]);
    if (shape !== this.#shape) this.#draw(flow, down, shape);
    const now = factsOf(this.source.base).serverTime(Date.now());
    this.#picture!.update(flow, now);
    const node = flow.nodes.find(({ id }) => id === this.#chosen);
    setText(this.#details, node ? nodeSentence(node, flow) : "Choose a node to see what it does.");
    if (performance.now() - this.#listMs > 3000) {
      this.#listMs = performance.now();
      this.#list.replaceChildren(...flow.edges.map((edge) => h("li", {}, edgeSentence(edge, now))));
    }
    if (!this.had) return;
    if (flow.nodes.length === 0) this.say(empty(this.thing), this.remarks);
    else this.say(statusOf(flow), this.remarks);
  }

  #draw(flow: Flow, down: boolean, shape: string): void {
    const hadFocus = this.shadowRoot!.activeElement?.classList.contains("node") ?? false;
    this.#shape = shape;
    this.#picture = new GraphPicture(flow, down);
    this.body.replaceChildren(this.#picture.element);
    for (const [id, element] of this.#picture.nodes) {
      element.addEventListener("focus", () => this.#choose(id));
      element.addEventListener("click", () => this.#choose(id));
    }
    if (this.#chosen !== null && this.#picture.nodes.has(this.#chosen)) this.#choose(this.#chosen, hadFocus);
  }

  #choose(id: string, focus = false): void {
    this.#chosen = id;
    for (const [other, element] of this.#picture?.nodes ?? []) {
      setAttribute(element, "tabindex", other === id ? "0" : "-1");
      element.classList.toggle("chosen", other === id);
      if (focus && other === id) element.focus();
    }
    this.invalidate();
  }

  /** Along the flow, against it, and to the neighbours in the order of the plan. */
  #key(event: KeyboardEvent): void {
    const flow = this.#flow, at = this.#chosen ?? flow?.nodes[0]?.id;
    if (!flow || at === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const ids = flow.nodes.map(({ id }) => id), place = ids.indexOf(at);
    const forth = flow.edges.find(({ from }) => from === at)?.to, back = flow.edges.find(({ to }) => to === at)?.from;
    const next = event.key === "ArrowRight"
      ? forth
      : event.key === "ArrowLeft"
      ? back
      : event.key === "ArrowDown"
      ? ids[place + 1]
      : event.key === "ArrowUp"
      ? ids[place - 1]
      : event.key === "Home"
      ? ids[0]
      : event.key === "End"
      ? ids[ids.length - 1]
      : null;
    if (next === null) return;
    if (next !== undefined) this.#choose(next, true);
    event.preventDefault();
  }
}

function statusOf({ state, reason, edges }: Flow) {
  const rate = edges.length === 0 ? 0 : Math.max(...edges.map(({ rows_per_second }) => rows_per_second));
  if (state === "completed") {
    return { kind: "ended", text: "Completed: the input has ended and all results are out" } as const;
  }
  if (state === "failed") return { kind: "failed", text: `Failed: ${reason ?? "the server's log says why"}` } as const;
  const why = reason === null ? "" : `: ${reason}`;
  if (state !== "running") return { kind: "waiting", text: `The pipeline is ${state}${why}` } as const;
  return { kind: "live", text: `Running · ${formatNumber(Math.round(rate))} rows/s on the busiest edge` } as const;
}
