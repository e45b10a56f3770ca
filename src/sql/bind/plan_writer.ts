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

/** The nodes of one plan, with the places in the text that they come from. */
export class PlanWriter {
  readonly nodes: WrittenNode[] = [];
  readonly #counts = new Map<string, number>();

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
