import { columnIndex } from "../core/schema.ts";
import type { PlacedNode } from "./graph.ts";
import type { OrderColumn, SinkNode, SinkOptions } from "./plan.ts";
import { index, type Problems } from "./problems.ts";
import { addUnknownColumn, type Facts, type ResolvedNode, type Resolving, sameFacts } from "./resolved.ts";
import type { SinkKind } from "./catalog.ts";

/** What rows a sink takes, with its options. */
export function takenBy({ changes = "insert" }: SinkKind, { sink }: SinkNode): "insert" | "upsert" | "all" {
  return sink.changelog === true ? "all" : changes;
}

/** How the rows of a view follow each other, as its sink says it; nothing for other sinks. */
export function viewOrder({ kind, order }: SinkOptions): OrderColumn[] {
  if (kind !== "view" || !Array.isArray(order)) return [];
  // The schema of views has looked at these.
  const items: readonly (Partial<OrderColumn> & Pick<OrderColumn, "column">)[] = order;
  return items.map(({ column, desc = false, nulls_last = desc }) => ({ column, desc, nulls_last }));
}

/** Adds a problem for a sink that could not write what the node before it may give. */
export function resolveSink(
  { node, path }: PlacedNode<SinkNode>,
  input: ResolvedNode,
  { catalog, problems }: Resolving,
): Facts {
  const kind = catalog.sinkKinds.get(node.sink.kind), takes = kind ? takenBy(kind, node) : "all";
  const from = `${input.node.op} ${input.node.id}`;
  viewOrder(node.sink).forEach(({ column }, i) => {
    if (columnIndex(input.columns, column) >= 0) return;
    addUnknownColumn(column, input.columns, `${index(`${path}.sink.order`, i)}.column`, problems);
  });
  if (input.changes && takes === "insert") {
    const reason = `A sink of kind ${node.sink.kind} cannot take rows back, and ${from} does`;
    problems.add(`${path}.sink`, reason, hintFor(kind, input));
  } else if (input.changes && takes === "upsert" && input.upsertKeys === null) {
    const reason =
      `A sink of kind ${node.sink.kind} needs a key to change rows by, and nothing tells those of ${from} apart`;
    problems.add(
      `${path}.sink`,
      reason,
      "Keep the keys of the aggregates and joins before it, or use a sink that takes all changes",
    );
  }
  checkKeys(node, path, input, problems);
  if (node.sink.kind === "files" && node.sink.format === "arrow" && node.sink.compression === "gzip") {
    problems.add(
      `${path}.sink.compression`,
      "Arrow is not packed as a whole",
      "Leave compression out, or write ndjson or csv",
    );
  }
  return sameFacts(input);
}

/** The keys that a sink is told must be there, and be those by which rows change. */
function checkKeys({ sink: { keys } }: SinkNode, path: string, input: ResolvedNode, problems: Problems): void {
  if (!Array.isArray(keys)) return;
  const names = keys.map(String), known = names.filter((name) => columnIndex(input.columns, name) >= 0);
  names.forEach((name, i) => {
    if (!known.includes(name)) addUnknownColumn(name, input.columns, index(`${path}.sink.keys`, i), problems);
  });
  const { changes, upsertKeys } = input;
  if (!changes || upsertKeys === null || known.length < names.length) return;
  if (new Set(names).size === upsertKeys.length && names.every((name) => upsertKeys.includes(name))) return;
  const by = upsertKeys.join(", ") || "no key, since there is one row";
  problems.add(
    `${path}.sink.keys`,
    `Rows change by ${by}, and not by ${names.join(", ")}`,
    "Leave keys out, or name these",
  );
}

function hintFor(kind: SinkKind | undefined, input: ResolvedNode): string {
  const ways = ["use a view", ...(kind?.options.properties?.changelog ? ['set "changelog": true'] : [])];
  const early = input.node.op === "aggregate" && input.window && input.node.emit && input.node.emit.mode !== "final";
  if (early) ways.push('aggregate with "emit": {"mode":"final"}');
  else if (input.node.op === "aggregate" && !input.window) ways.push("aggregate by window");
  const text = ways.join(", or ");
  return text[0].toUpperCase() + text.slice(1);
}
