import { cut } from "../model/format.ts";
import { edgeLines, type Flow, type FlowNode, nodeSentence } from "../model/flow.ts";
import { type GraphLayout, layoutGraph } from "../model/graph_layout.ts";
import { setAttribute, setText, svg } from "./dom.ts";

const NODE_WIDTH = 148, NODE_HEIGHT = 46, LABEL_CHARACTERS = 19;
/** Distances between layers and between nodes of a layer: edges write their figures between layers. */
const ACROSS = { layer: NODE_WIDTH + 156, place: NODE_HEIGHT + 34 };
const DOWN = { layer: NODE_HEIGHT + 74, place: NODE_WIDTH + 20 };

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Draws a pipeline: nodes in layers from left to right, or from above where there is little room, and what runs along each edge. */
export class GraphPicture {
  readonly element: SVGSVGElement;
  readonly #nodes = new Map<string, SVGGElement>();
  readonly #edges: { path: SVGPathElement; lines: readonly SVGTSpanElement[] }[] = [];
  readonly #layout: GraphLayout;
  readonly #down: boolean;

  constructor(flow: Flow, down: boolean) {
    this.#down = down;
    this.#layout = layoutGraph(flow.nodes.map(({ id }) => id), flow.edges);
    const { layers, places } = this.#layout, step = down ? DOWN : ACROSS;
    const along = (layers - 1) * step.layer, across = (places - 1) * step.place;
    const width = NODE_WIDTH + (down ? across : along) + 4, height = NODE_HEIGHT + (down ? along : across) + 4;
    this.element = svg("svg", {
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "group",
      "aria-label": `Nodes of ${flow.pipeline}`,
    });
    for (const [i, edge] of flow.edges.entries()) this.#addEdge(edge.from, edge.to, this.#layout.bends[i]);
    for (const node of flow.nodes) this.#addNode(node);
  }

  /** The nodes' elements by their ids, in the order of the plan. */
  get nodes(): ReadonlyMap<string, SVGGElement> {
    return this.#nodes;
  }

  /** Writes the figures of a flow of the same shape. */
  update(flow: Flow, nowMs: number): void {
    flow.edges.forEach((edge, i) => {
      const { path, lines } = this.#edges[i];
      edgeLines(edge, nowMs).forEach((text, line) => setText(lines[line], text));
      setAttribute(
        path,
        "class",
        `edge${edge.queue_rows > 0 ? " queued" : edge.rows_per_second > 0 ? " flowing" : ""}`,
      );
    });
    for (const node of flow.nodes) setAttribute(this.#nodes.get(node.id)!, "aria-label", nodeSentence(node, flow));
  }

  /** The middle of a place. */
  #at(layer: number, place: number): Point {
    const step = this.#down ? DOWN : ACROSS,
      along = layer * step.layer,
      across = (place + (this.#layout.places - 1) / 2) * step.place;
    const [x, y] = this.#down ? [across, along] : [along, across];
    return { x: x + NODE_WIDTH / 2 + 2, y: y + NODE_HEIGHT / 2 + 2 };
  }

  #addNode({ id, op, label }: FlowNode): void {
    const { layer, place } = this.#layout.nodes.get(id)!,
      { x, y } = this.#at(layer, place),
      left = x - NODE_WIDTH / 2,
      top = y - NODE_HEIGHT / 2;
    const kind = op === "source" || op === "sink" ? ` ${op}` : "";
    const element = svg(
      "g",
      { class: `node${kind}`, role: "button", tabindex: this.#nodes.size === 0 ? 0 : -1 },
      svg("title", {}, `${op} ${id}: ${label}`),
      svg("rect", { x: left, y: top, width: NODE_WIDTH, height: NODE_HEIGHT }),
      svg("circle", { class: "mark", cx: left + 13, cy: top + 16, r: 3.5 }),
      svg(
        "text",
        { class: "op", x: left + 23, y: top + 20 },
        op,
      ),
      svg("text", { class: "id", x: left + 10, y: top + 37 }, cut(id, LABEL_CHARACTERS)),
    );
    this.#nodes.set(id, element);
    this.element.append(element);
  }

  #addEdge(from: string, to: string, bends: readonly { layer: number; place: number }[]): void {
    const start = this.#layout.nodes.get(from), end = this.#layout.nodes.get(to), path = svg("path", { class: "edge" });
    const lines = ["rate", "mark", "queue"].map((name) => svg("tspan", { class: name }));
    this.#edges.push({ path, lines });
    if (!start || !end) return;
    const half = this.#down ? { x: 0, y: NODE_HEIGHT / 2 } : { x: NODE_WIDTH / 2, y: 0 };
    const first = this.#at(start.layer, start.place), last = this.#at(end.layer, end.place);
    const points = [
      { x: first.x + half.x, y: first.y + half.y },
      ...bends.map(({ layer, place }) => this.#at(layer, place)),
      { x: last.x - half.x - (this.#down ? 0 : 6), y: last.y - half.y - (this.#down ? 6 : 0) },
    ];
    path.setAttribute("d", curve(points, this.#down));
    const tip = points[points.length - 1], { x, y } = middle(points[points.length - 2], tip);
    const corners = this.#down
      ? `${tip.x - 4},${tip.y} ${tip.x + 4},${tip.y} ${tip.x},${tip.y + 6}`
      : `${tip.x},${tip.y - 4} ${tip.x},${tip.y + 4} ${tip.x + 6},${tip.y}`;
    lines.forEach((line, i) => {
      line.setAttribute("x", String(x));
      line.setAttribute("y", String(y + (this.#down ? [-8, 6, 20] : [-7, 13, 26])[i]));
    });
    const text = svg("text", { class: "info", "aria-hidden": "true" }, ...lines);
    this.element.append(path, svg("polygon", { class: "tip", points: corners }), text);
  }
}

function middle(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

/** A line through all points that leaves and reaches each along the layers. */
function curve(points: readonly Point[], down: boolean): string {
  let text = `M${points[0].x} ${points[0].y}`;
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1], b = points[i], half = middle(a, b);
    text += down
      ? ` C${a.x} ${half.y} ${b.x} ${half.y} ${b.x} ${b.y}`
      : ` C${half.x} ${a.y} ${half.x} ${b.y} ${b.x} ${b.y}`;
  }
  return text;
}
