import { nearest } from "../core/nearest.ts";
import type { SinkKind } from "./catalog.ts";
import type { Draft } from "./parse.ts";
import { inputsOf, type PlanNode } from "./plan.ts";
import { index, member } from "./problems.ts";

/** A node with its place in the plan, in an order in which inputs come first. */
export interface PlacedNode<N extends PlanNode = PlanNode> {
  readonly node: N;
  /** `nodes[2]`, for errors. */
  readonly path: string;
}

/**
 * Checks how the nodes of a plan hang together: ids, inputs, cycles, and that every node reaches a sink. Adds what is wrong to the draft's problems; returns the nodes that can be looked at further, inputs first.
 */
export function checkGraph(draft: Draft, sinkKinds: ReadonlyMap<string, SinkKind>): PlacedNode[] {
  const byId = indexIds(draft);
  checkInputs(draft, byId);
  const ordered = topologicalOrder(draft, byId);
  // A node whose shape is wrong may be the reader of others: only a plan of sound nodes shows who is not read.
  if (!draft.nodes.includes(null)) checkReaders(draft);
  checkTargets(draft, sinkKinds);
  return ordered;
}

/** Positions by id; the first of doubled ones. */
function indexIds({ ids, problems }: Draft): Map<string, number> {
  const byId = new Map<string, number>();
  ids.forEach((id, i) => {
    if (id === undefined) return;
    const first = byId.get(id);
    if (first === undefined) byId.set(id, i);
    else problems.add(`${index("nodes", i)}.id`, `Id ${id} is used twice`, `${index("nodes", first)} has it too`);
  });
  return byId;
}

function checkInputs({ nodes, problems }: Draft, byId: Map<string, number>): void {
  nodes.forEach((node, i) => {
    if (!node) return;
    inputsOf(node).forEach((id, j) => {
      const path = index(`${index("nodes", i)}.input`, j), at = byId.get(id);
      if (at === undefined) {
        const near = nearest(id, byId.keys());
        problems.add(
          path,
          `Unknown node ${id}`,
          near ? `Did you mean ${near}?` : `Known: ${[...byId.keys()].join(", ")}`,
        );
      } else if (nodes[at]?.op === "sink") {
        problems.add(path, `Cannot read from ${id}: a sink gives no rows on`, "Read from the input of the sink");
      }
    });
  });
}

/** Nodes, inputs first and else as they are written; those on a cycle or behind something unsound are left out. */
function topologicalOrder({ nodes, problems }: Draft, byId: Map<string, number>): PlacedNode[] {
  const state = new Array<"open" | "done" | "unsound" | undefined>(nodes.length);
  const ordered: PlacedNode[] = [];
  const visit = (i: number): boolean => {
    const node = nodes[i];
    if (state[i] !== undefined) {
      if (state[i] === "open") {
        problems.add(
          `${index("nodes", i)}.input`,
          `Node ${node!.id} is on a cycle`,
          "Rows flow one way, from sources to sinks",
        );
      }
      return state[i] === "done";
    }
    if (!node) return false;
    state[i] = "open";
    const sound = inputsOf(node).map((id) => byId.has(id) && visit(byId.get(id)!)).every(Boolean);
    state[i] = sound ? "done" : "unsound";
    if (sound) ordered.push({ node, path: index("nodes", i) });
    return sound;
  };
  nodes.forEach((_, i) => visit(i));
  return ordered;
}

function checkReaders({ nodes, problems }: Draft): void {
  const read = new Set<string>();
  const sound = nodes as readonly PlanNode[];
  if (!sound.some(({ op }) => op === "sink")) {
    problems.add("nodes", "The plan has no sink", 'Add one, such as {"op":"sink","sink":{"kind":"view","name":"v"}}');
    return;
  }
  const byId = new Map(sound.map((node) => [node.id, node]));
  const open = sound.filter(({ op }) => op === "sink");
  for (let node = open.pop(); node; node = open.pop()) {
    if (read.has(node.id)) continue;
    read.add(node.id);
    for (const id of inputsOf(node)) if (byId.has(id)) open.push(byId.get(id)!);
  }
  sound.forEach(({ id, op }, i) => {
    if (!read.has(id)) {
      problems.add(index("nodes", i), `No sink reads ${op} ${id}`, "Connect it to a sink or remove it");
    }
  });
}

/** Two sinks that write to one place would overwrite each other. */
function checkTargets({ nodes, problems }: Draft, sinkKinds: ReadonlyMap<string, SinkKind>): void {
  const writers = new Map<string, string>();
  nodes.forEach((node, i) => {
    if (node?.op !== "sink") return;
    const { kind } = node.sink, option = sinkKinds.get(kind)?.target;
    if (option === undefined) return;
    const target = JSON.stringify([kind, node.sink[option]]), first = writers.get(target);
    if (first === undefined) writers.set(target, node.id);
    else {
      const path = member(`${index("nodes", i)}.sink`, option);
      problems.add(
        path,
        `Sink ${first} writes to this ${kind === "files" ? "folder" : kind} too`,
        "Give each sink a target of its own",
      );
    }
  });
}
