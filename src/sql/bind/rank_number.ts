import type { PlanWriter, WrittenNode } from "./plan_writer.ts";

/**
 * Takes the numbers of ranks out that nobody reads: with its number, each row that moves in the order is a change. A name
 * that occurs anywhere behind the rank counts as read.
 */
export function dropUnusedNumbers(writer: PlanWriter): void {
  const readers = new Map<string, WrittenNode[]>();
  for (const node of writer.nodes) {
    for (const id of node.input ?? []) readers.set(id, [...readers.get(id) ?? [], node]);
  }
  writer.nodes.forEach((node, i) => {
    if (node.op !== "rank" || typeof node.as !== "string" || isRead(node.as, node, readers)) return;
    const { as: _, ...rest } = node;
    writer.replace(i, { ...rest, id: node.id, op: node.op });
  });
}

/** Whether a column of `node` is read, by nodes or by who gets the rows in the end. */
function isRead(name: string, node: WrittenNode, readers: ReadonlyMap<string, readonly WrittenNode[]>): boolean {
  const seen = new Set<WrittenNode>(), open = [...readers.get(node.id) ?? []];
  for (let next = open.pop(); next; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const { id: _, op, input: __, ...body } = next;
    if (op === "sink" || op === "union" || names(body, name)) return true;
    if (op === "aggregate" || (op === "project" && body.keep !== true)) continue;
    open.push(...readers.get(next.id) ?? []);
  }
  return false;
}

/** Whether `name` is anywhere in a value. */
function names(value: unknown, name: string): boolean {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (next === name) return true;
    if (typeof next === "object" && next !== null) open.push(...Object.values(next));
  }
  return false;
}
