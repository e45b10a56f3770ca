import { INT64 } from "../../src/core/schema.ts";
import type { PhysicalWindow } from "../../src/plan/physical.ts";
import { groupOf } from "../kernel/reference/groups.ts";
import { type Graph, type GraphNode, inputsOf, lagsOf } from "./graphs.ts";

/** ts, k, v. */
export type NodeRow = readonly [bigint | null, bigint | null, bigint | null];

/** What happens, in the order of the log. */
export type GraphEvent =
  | { readonly source: number; readonly row: NodeRow }
  | { readonly source: number; readonly watermark: number };

const floor = (time: number, step: number, offset: number) => Math.floor((time - offset) / step) * step + offset;

/** The windows of a time, ascending. */
export function windowsAt(window: PhysicalWindow, time: number): [start: number, end: number][] {
  const { sizeMs, offsetMs } = window, found: [number, number][] = [];
  if (window.kind === "cumulate") {
    const start = floor(time, sizeMs, offsetMs);
    for (let end = start + window.stepMs; end <= start + sizeMs; end += window.stepMs) {
      if (end > time) found.push([start, end]);
    }
    return found;
  }
  const slideMs = window.kind === "hop" ? window.slideMs : sizeMs;
  for (let start = floor(time, slideMs, offsetMs); start > time - sizeMs; start -= slideMs) {
    found.unshift([start, start + sizeMs]);
  }
  return found;
}

interface Group {
  readonly end: number;
  readonly key: bigint | null;
  slice: number;
  place: number;
  readonly values: (bigint | null)[];
}

/** Windows of one aggregate, row by row. */
class Windows {
  readonly #groups = new Map<string, Group>();
  readonly #places = new Map<string, number>();
  #arrived = 0;

  constructor(readonly node: GraphNode & { kind: "aggregate" }) {}

  /** False: the row is late. */
  add([ts, key, value]: NodeRow, watermark: number): boolean {
    const { sizeMs, slideMs, offsetMs } = this.node, time = Number(ts), slices = gcd(sizeMs, slideMs);
    const windows = windowsAt({ kind: "hop", sizeMs, slideMs, offsetMs }, time);
    if (windows.at(-1)![1] - 1 <= watermark) return false;
    const slice = Math.floor((time - offsetMs) / slices), here = `${slice} ${key}`, arrived = this.#arrived++;
    if (!this.#places.has(here)) this.#places.set(here, arrived);
    const place = this.#places.get(here)!;
    for (const [, end] of windows) {
      if (end - 1 <= watermark) continue;
      const id = `${end} ${key}`, group = this.#groups.get(id) ?? { end, key, slice, place, values: [] };
      this.#groups.set(id, group);
      if (slice < group.slice) Object.assign(group, { slice, place });
      group.values.push(value);
    }
    return true;
  }

  fire(watermark: number): NodeRow[] {
    const fired = [...this.#groups].filter(([, { end }]) => end - 1 <= watermark);
    for (const [id] of fired) this.#groups.delete(id);
    const groups = fired.map(([, group]) => ({ ...group, order: groupOf([INT64], [group.key]) }));
    groups.sort((a, b) => a.end - b.end || a.order - b.order || a.slice - b.slice || a.place - b.place);
    return groups.map(({ end, key, values }) => [BigInt(end - 1), key, this.#result(values)]);
  }

  #result(all: readonly (bigint | null)[]): bigint | null {
    if (this.node.result === "n") return BigInt(all.length);
    const values = all.filter((value) => value !== null);
    if (values.length === 0) return null;
    return this.node.result === "last" ? values.at(-1)! : values.reduce((sum, value) => sum + value);
  }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** Who takes rows behind stateless nodes: a node that keeps something, or a sink (its position). */
interface Taker {
  readonly sink: number;
  readonly node: number;
  /** The node whose rows it reads. */
  readonly input: number;
}

/**
 * A graph as plain as can be: one row after the other, and everything that a row leads to before the next; then the watermark moves on,
 * node by node.
 */
export class GraphReference {
  readonly sinks: NodeRow[][];
  late = 0;
  untimed = 0;
  readonly #graph: Graph;
  readonly #keepsLate: boolean;
  readonly #sources: number;
  readonly #lags: readonly number[];
  readonly #greatest: number[];
  readonly #floors: number[];
  readonly #windows = new Map<number, Windows>();
  /** By node, what it was told last. */
  readonly #watermarks: number[];

  /** `keepsLate`: windows that have passed take rows all the same, as those of plans whose nodes forget no windows. */
  constructor(graph: Graph, keepsLate = false) {
    this.#graph = graph;
    this.#keepsLate = keepsLate;
    this.#sources = graph.delaysMs.length;
    this.#lags = lagsOf(graph);
    this.sinks = graph.sinks.map(() => []);
    this.#greatest = graph.delaysMs.map(() => -Infinity);
    this.#floors = graph.delaysMs.map(() => -Infinity);
    this.#watermarks = graph.nodes.map(() => -Infinity);
    graph.nodes.forEach((node, i) => {
      if (node.kind === "aggregate") this.#windows.set(i, new Windows(node));
    });
  }

  run(events: readonly GraphEvent[]): this {
    for (const event of events) {
      if ("row" in event) {
        this.#send(event.source, event.row);
        const time = Number(event.row[0]);
        if (event.row[0] !== null && Math.abs(time) <= 8.64e15) {
          this.#greatest[event.source] = Math.max(this.#greatest[event.source], time);
        }
      } else this.#floors[event.source] = Math.max(this.#floors[event.source], event.watermark);
      this.#advance();
    }
    return this;
  }

  #sourcesOf(at: number): number[] {
    return at < this.#sources
      ? [at]
      : inputsOf(this.#graph.nodes[at - this.#sources]).flatMap((input) => this.#sourcesOf(input));
  }

  /** Inputs first, as the sinks see them. */
  #advance(): void {
    const { delaysMs, sinks, nodes } = this.#graph, done = new Set<number>();
    const advance = (at: number) => {
      if (at < this.#sources || done.has(at)) return;
      done.add(at);
      inputsOf(nodes[at - this.#sources]).forEach(advance);
      const each = this.#sourcesOf(at).map((s) => Math.max(this.#greatest[s] - delaysMs[s], this.#floors[s]));
      const i = at - this.#sources;
      this.#watermarks[i] = Math.min(...each) - this.#lags[at];
      for (const row of this.#windows.get(i)?.fire(this.#watermarks[i]) ?? []) this.#send(at, row);
    };
    sinks.forEach(advance);
  }

  /** Of one row, those who take it have their turns in the order in which the sinks come upon them, first inputs first. */
  #send(at: number, row: NodeRow): void {
    for (const { sink, node, input } of this.#takersOf(at)) {
      for (const out of this.#rowsAt(input, at, row)) {
        if (sink >= 0) this.sinks[sink].push(out);
        else this.#keep(node, out);
      }
    }
  }

  #takersOf(head: number): Taker[] {
    const { nodes, sinks } = this.#graph, takers: Taker[] = [];
    const visit = (at: number, taker: Taker) => {
      const node = nodes[at - this.#sources];
      if (node) {
        const keeps = node.kind === "aggregate" || node.kind === "assign";
        for (const input of inputsOf(node)) visit(input, keeps ? { sink: -1, node: at - this.#sources, input } : taker);
      }
      const isKnown = takers.some(({ sink, node }) => sink === taker.sink && node === taker.node);
      if (at === head && !isKnown) takers.push(taker);
    };
    sinks.forEach((input, sink) => visit(input, { sink, node: -1, input }));
    return takers;
  }

  /** What a row of the node `head` comes to behind a node, through stateless ones. */
  #rowsAt(at: number, head: number, row: NodeRow): NodeRow[] {
    if (at === head) return [row];
    const node = this.#graph.nodes[at - this.#sources];
    if (!node || node.kind === "aggregate" || node.kind === "assign") return [];
    return inputsOf(node).flatMap((input) => this.#rowsAt(input, head, row)).flatMap((one) => passed(node, one));
  }

  #keep(at: number, row: NodeRow): void {
    const node = this.#graph.nodes[at], [ts] = row;
    if (ts === null || Math.abs(Number(ts)) > 8.64e15) {
      this.untimed++;
      return;
    }
    const watermark = this.#watermarks[at];
    if (node.kind === "aggregate") {
      if (!this.#windows.get(at)!.add(row, watermark)) this.late++;
      return;
    }
    if (node.kind !== "assign") return;
    for (const [, end] of windowsAt(node.window, Number(ts))) {
      if (!this.#keepsLate && end - 1 <= watermark) this.late++;
      else this.#send(this.#sources + at, [BigInt(end - 1), row[1], row[2]]);
    }
  }
}

function passed(node: GraphNode, row: NodeRow): NodeRow[] {
  const [ts, k, v] = row;
  if (node.kind === "filter") return v !== null && v >= BigInt(node.least) ? [row] : [];
  if (node.kind !== "project") return [row];
  return [[ts, k === null ? null : k % BigInt(node.keyMod), v === null ? null : v + BigInt(node.add)]];
}
