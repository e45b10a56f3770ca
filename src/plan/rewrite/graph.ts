import type { LogicalNode } from "../logical.ts";

/** Nodes while they are moved around, with who reads whom. */
export class Graph {
  readonly #nodes: Map<string, LogicalNode>;
  /** By id the nodes that read it; one that reads it twice is there twice. */
  readonly #readers = new Map<string, string[]>();

  constructor(nodes: readonly LogicalNode[]) {
    this.#nodes = new Map(nodes.map((node) => [node.id, node]));
    for (const { id, inputs } of nodes) for (const input of inputs) this.#join(input, id);
  }

  get(id: string): LogicalNode | undefined {
    return this.#nodes.get(id);
  }

  readersOf(id: string): readonly string[] {
    return this.#readers.get(id) ?? [];
  }

  /** Puts a node in, in the place of the one that has its id. */
  set(node: LogicalNode): void {
    for (const input of this.#nodes.get(node.id)?.inputs ?? []) this.#leave(input, node.id);
    this.#nodes.set(node.id, node);
    for (const input of node.inputs) this.#join(input, node.id);
  }

  /** All who read `from` read `to` instead. */
  redirect(from: string, to: string): void {
    for (const reader of new Set(this.readersOf(from))) {
      const node = this.#nodes.get(reader)!;
      this.set({ ...node, inputs: node.inputs.map((id) => id === from ? to : id) });
    }
  }

  /** The nodes, inputs first and else as `order` has them; those that it lacks stand before their first readers. */
  nodes(order: readonly LogicalNode[]): LogicalNode[] {
    const done = new Set<string>(), sorted: LogicalNode[] = [];
    const visit = (id: string) => {
      if (done.has(id)) return;
      done.add(id);
      const node = this.#nodes.get(id)!;
      for (const input of node.inputs) visit(input);
      sorted.push(node);
    };
    for (const { id } of order) visit(id);
    return sorted;
  }

  #join(input: string, reader: string): void {
    const readers = this.#readers.get(input);
    if (readers) readers.push(reader);
    else this.#readers.set(input, [reader]);
  }

  #leave(input: string, reader: string): void {
    const readers = this.#readers.get(input)!;
    readers.splice(readers.indexOf(reader), 1);
  }
}
