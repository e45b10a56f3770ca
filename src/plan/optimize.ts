import type { LogicalNode } from "./logical.ts";
import { fuseWindows } from "./rewrite/slices.ts";
import { keepBestRows } from "./rewrite/best_rows.ts";
import { mergeFilters } from "./rewrite/merge_filters.ts";
import { mergeProjects } from "./rewrite/merge_projects.ts";
import { pruneColumns, type Pruned } from "./rewrite/prune.ts";
import { pushFilters } from "./rewrite/push_filters.ts";
import { shareSubplans } from "./rewrite/share.ts";
import type { SourceNames } from "./rewrite/columns.ts";

/** A plan that does less, and which of its nodes stand for others. */
export interface Optimized extends Pruned {
  /** By the id of a node that went the one that does the same. */
  readonly shared: ReadonlyMap<string, string>;
}

/**
 * Rewrites a plan so that it does less and means the same: what is done twice is done once, filters move towards the
 * sources, projections and filters in a row become one, windows and what is aggregated in them are one, of rows that are
 * joined with their own greatest value the others are not kept, and columns that nobody reads are neither read nor computed
 * nor kept.
 */
export function optimize(nodes: readonly LogicalNode[], sources: SourceNames): Optimized {
  const first = shareSubplans(nodes), names = new Map([...sources].map(([id, { names }]) => [id, names]));
  const pushed = mergeProjects(pushFilters(mergeFilters(first.nodes), names));
  const fused = dropUnread(fuseWindows(dropUnread(keepBestRows(pushed, sources)), names));
  const second = shareSubplans(mergeFilters(fused));
  const shared = new Map([...first.shared, ...second.shared]);
  return { ...pruneColumns(second.nodes, sources), shared };
}

/** Leaves out nodes whose rows come to no sink. */
function dropUnread(nodes: readonly LogicalNode[]): LogicalNode[] {
  const read = new Set<string>();
  for (const node of nodes.toReversed()) {
    if (node.op === "sink") read.add(node.id);
    if (read.has(node.id)) { for (const id of node.inputs) read.add(id); }
  }
  return nodes.filter(({ id }) => read.has(id));
}
