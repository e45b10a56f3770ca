import { type Plan, PLAN_VERSION, type PlanNode } from "../plan/plan.ts";

/** A node while the pipeline is being written. */
export interface DraftNode {
  id: string;
  readonly op: PlanNode["op"];
  readonly inputs: readonly DraftNode[];
  /** What the node says beside id, op and input. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** The plan that all stages of one pipeline write to. */
export class Draft {
  readonly #nodes: DraftNode[] = [];

  constructor(readonly name: string) {}

  /** Adds a node, without `id` under a free one: its operation, then its operation with a number. */
  add(
    op: PlanNode["op"],
    inputs: readonly DraftNode[],
    body: Readonly<Record<string, unknown>>,
    id?: string,
  ): DraftNode {
    const node = { id: id ?? this.#freeId(op), op, inputs, body };
    this.#nodes.push(node);
    return node;
  }

  #freeId(op: string): string {
    const taken = new Set(this.#nodes.map(({ id }) => id));
    let id = op;
    for (let number = 2; taken.has(id); number++) id = `${op}_${number}`;
    return id;
  }

  rename(node: DraftNode, id: string): void {
    node.id = id;
  }

  toPlan(): Plan {
    const nodes = this.#nodes.map(({ id, op, inputs, body }) => ({
      id,
      op,
      ...(inputs.length > 0 ? { input: inputs.map((input) => input.id) } : {}),
      ...body,
    }));
    return { rdx: PLAN_VERSION, name: this.name, nodes: nodes as readonly unknown[] as PlanNode[] };
  }
}

/** The members that have a value. */
export function given<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>;
}
