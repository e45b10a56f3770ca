import { PLAN_NODES_MAX } from "../../core/limits.ts";
import type { PlanNode } from "../../plan/mod.ts";
import type { Span } from "../ast.ts";
import { TooLarge } from "./report.ts";
import type { Places } from "./value.ts";

/** A node as it is written: what `compilePlan` reads. */
export interface WrittenNode {
  readonly id: string;
  readonly op: PlanNode["op"];
  readonly input?: readonly string[];
  readonly [member: string]: unknown;
}

/** Nodes that hand rows on and care for no time. */
const PASSES_TIME: ReadonlySet<PlanNode["op"]> = new Set(["filter", "project", "union", "unnest", "lookup"]);

/** The nodes of one plan, with the places in the text that they come from. */
export class PlanWriter {
  readonly nodes: WrittenNode[] = [];
  readonly #counts = new Map<string, number>();
  readonly #byArrival = new Map<string, string>();

  constructor(readonly places: Places) {}

  /** Adds a node under its operation's name, with a number from the second on; returns its id. Throws TooLarge. */
  add(op: PlanNode["op"], input: readonly string[], body: Readonly<Record<string, unknown>>, at: Span): string {
    if (this.nodes.length >= PLAN_NODES_MAX) {
      throw new TooLarge(
        at,
        `The plan has more than ${PLAN_NODES_MAX} nodes`,
        "Split the script over several pipelines",
      );
    }
    const count = (this.#counts.get(op) ?? 0) + 1, id = count === 1 ? op : `${op}_${count}`;
    this.#counts.set(op, count);
    this.nodes.push(this.places.mark({ id, op, ...(input.length > 0 ? { input } : {}), ...body }, at));
    return id;
  }

  /** Whether rows of a node can go by their time of arrival: it and what is above it go by no other time. */
  mayGoByArrival(id: string): boolean {
    const { op, input = [] } = this.#node(id);
    return op === "source" || (PASSES_TIME.has(op) && input.every((above) => this.mayGoByArrival(above)));
  }

  /** The node, and all above it, once more over sources whose rows go by their time of arrival; returns its id. Throws TooLarge. */
  byArrival(id: string): string {
    const known = this.#byArrival.get(id);
    if (known !== undefined) return known;
    const { id: _, op, input = [], delay_ms: __, future_skew_ms: ___, ...body } = this.#node(id);
    const at = this.places.of(this.#node(id))!, inputs = input.map((above) => this.byArrival(above));
    const made = this.add(op, inputs, op === "source" ? { ...body, time: null } : body, at);
    this.#byArrival.set(id, made);
    return made;
  }

  /** Takes nodes out that nobody reads, since others took their places. */
  dropReplaced(): void {
    for (const id of [...this.#byArrival.keys()].toReversed()) {
      if (this.nodes.some(({ input = [] }) => input.includes(id))) continue;
      this.nodes.splice(this.nodes.findIndex((node) => node.id === id), 1);
    }
  }

  #node(id: string): WrittenNode {
    return this.nodes.find((node) => node.id === id)!;
  }

  /** Puts another node in the place of one. */
  replace(position: number, node: WrittenNode): void {
    const at = this.places.of(this.nodes[position]);
    this.nodes[position] = at ? this.places.mark(node, at) : node;
  }

  /** The place in the text of a path such as `nodes[2].where.args[0]`: that of the innermost part that has one. */
  placeOf(path: string): Span | undefined {
    let part: unknown = { nodes: this.nodes }, at: Span | undefined;
    for (const step of path.matchAll(/[^.[\]"]+|"(?:[^"\\]|\\.)*"/g)) {
      if (typeof part !== "object" || part === null) break;
      const name = step[0].startsWith('"') ? JSON.parse(step[0]) as string : step[0];
      part = Object.hasOwn(part, name) ? (part as Record<string, unknown>)[name] : undefined;
      if (typeof part === "object" && part !== null) at = this.places.of(part) ?? at;
    }
    return at;
  }
}
