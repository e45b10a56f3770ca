import { INT64 } from "../../src/core/schema.ts";
import type { PhysicalWindow } from "../../src/plan/physical.ts";
import { groupOf } from "../kernel/reference/groups.ts";
import { type Graph, type GraphNode, inputsOf } from "./graphs.ts";

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

/** Where a row leaves the stateless nodes: a sink (its position), or a node that keeps something. */
interface Leaf {
  readonly sink: number;
  readonly node: number;
  readonly row: NodeRow;
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
  readonly #sources: number;
  readonly #greatest: number[];
  readonly #floors: number[];
  readonly #windows = new Map<number, Windows>();
  /** By node, what it was told last. */
  readonly #watermarks: number[];

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#sources = graph.delaysMs.length;
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

  #advance(): void {
    const { delaysMs, nodes } = this.#graph;
    nodes.forEach((_, i) => {
      const each = this.#sourcesOf(this.#sources + i).map((s) =>
        Math.max(this.#greatest[s] - delaysMs[s], this.#floors[s])
      );
      this.#watermarks[i] = Math.min(...each);
      for (const row of this.#windows.get(i)?.fire(this.#watermarks[i]) ?? []) this.#send(this.#sources + i, row);
    });
  }

  /** Of one row, all that comes to one leaf comes together, in the order of the first ways. */
  #send(at: number, row: NodeRow): void {
    const ranks = new Map<string, number>();
    for (const { sink, node } of this.#leaves(at, row, true)) {
      if (!ranks.has(`${sink} ${node}`)) ranks.set(`${sink} ${node}`, ranks.size);
    }
    const leaves = this.#leaves(at, row, false);
    leaves.sort((a, b) => ranks.get(`${a.sink} ${a.node}`)! - ranks.get(`${b.sink} ${b.node}`)!);
    for (const { sink, node, row } of leaves) {
      if (sink >= 0) this.sinks[sink].push(row);
      else this.#keep(node, row);
    }
  }

  /** `all`: as if nothing were filtered out. */
  #leaves(at: number, row: NodeRow, all: boolean): Leaf[] {
    const { nodes, sinks } = this.#graph;
    const leaves: Leaf[] = sinks.flatMap((node, sink) => node === at ? [{ sink, node: -1, row }] : []);
    nodes.forEach((node, i) => {
      for (const input of inputsOf(node)) {
        if (input !== at) continue;
        if (node.kind === "aggregate" || node.kind === "assign") leaves.push({ sink: -1, node: i, row });
        else for (const out of passed(node, row, all)) leaves.push(...this.#leaves(this.#sources + i, out, all));
      }
    });
    return leaves;
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
      if (end - 1 <= watermark) this.late++;
      else this.#send(this.#sources + at, [BigInt(end - 1), row[1], row[2]]);
    }
  }
}

function passed(node: GraphNode, row: NodeRow, all: boolean): NodeRow[] {
  const [ts, k, v] = row;
  if (node.kind === "filter") return all || (v !== null && v >= BigInt(node.least)) ? [row] : [];
  if (node.kind !== "project") return [row];
  return [[ts, k === null ? null : k % BigInt(node.keyMod), v === null ? null : v + BigInt(node.add)]];
}
