import type { JsonNode, Range } from "./json_text.ts";

/** What an error of the server says about its place. */
export interface Place {
  readonly node?: string;
  readonly path?: string;
}

/**
 * Where in a plan's text an error is. Paths are the server's (`nodes[1].window.size_ms`, `["odd name"]`); one that does not start with
 * `nodes` counts from the node that the error names. What a path names and the plan lacks is found as far as it goes. Null: the plan
 * has no such place.
 */
export function findPlace(plan: JsonNode, { node, path = "" }: Place): Range | null {
  const steps = pathSteps(path), named = node === undefined ? null : findNode(plan, node);
  if (named && steps[0] !== "nodes") return follow(ownerOf(plan, named, steps[0]), steps);
  if (steps.length === 0) return null;
  return follow(plan, steps);
}

/** `a[0]["b c"]` as names and positions. */
export function pathSteps(path: string): (string | number)[] {
  const steps: (string | number)[] = [], step = /\.?([A-Za-z_$][\w$]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  for (let match = step.exec(path); match; match = step.exec(path)) {
    if (match[2] !== undefined) steps.push(Number(match[2]));
    else steps.push(match[3] === undefined ? match[1] : JSON.parse(match[3]));
  }
  return steps;
}

function findNode(plan: JsonNode, id: string): JsonNode | null {
  const nodes = member(plan, "nodes");
  if (nodes?.kind !== "array") return null;
  return nodes.items.find((item) => {
    const given = member(item, "id");
    return given?.kind === "scalar" && given.value === id;
  }) ?? null;
}

/** The node that has a member, or the nearest of those it reads: an aggregate's state speaks of the window above it. */
function ownerOf(plan: JsonNode, node: JsonNode, name: string | number | undefined): JsonNode {
  if (typeof name !== "string") return node;
  const seen = new Set<JsonNode>();
  for (let at: JsonNode | null = node; at !== null && !seen.has(at);) {
    if (member(at, name)) return at;
    seen.add(at);
    const inputs = member(at, "input"), input = inputs?.kind === "array" ? inputs.items[0] : null;
    at = input?.kind === "scalar" ? findNode(plan, String(input.value)) : null;
  }
  return node;
}

function follow(from: JsonNode, steps: readonly (string | number)[]): Range | null {
  let at: JsonNode = from, found: Range | null = steps.length === 0 ? from : null;
  for (const step of steps) {
    const next: JsonNode | null = typeof step === "string"
      ? member(at, step)
      : at.kind === "array"
      ? at.items[step] ?? null
      : null;
    if (!next) return found ?? from;
    found = at = next;
  }
  return found;
}

/** As in `JSON.parse`, the last of members with one name counts. */
function member(node: JsonNode, name: string): JsonNode | null {
  if (node.kind !== "object") return null;
  return node.members.findLast((one) => one.name === name)?.node ?? null;
}
