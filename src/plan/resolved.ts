import { nearest } from "../core/nearest.ts";
import { type Column, type DataType, INT64, TIMESTAMP } from "../core/schema.ts";
import type { PlacedNode } from "./graph.ts";
import type { FileConnector, PlanNode } from "./plan.ts";
import type { Problems } from "./problems.ts";

/** A source with its columns and its event time. */
export interface ResolvedSource {
  readonly id: string;
  readonly stream: string | null;
  readonly file: FileConnector | null;
  readonly columns: readonly Column[];
  /** The column of event time; null = time of arrival. A window may name it when nothing declares it. */
  time: string | null;
  readonly delayMs: number;
  readonly idleTimeoutMs: number;
  readonly futureSkewMs: number;
}

/** A node whose output is known. */
export interface ResolvedNode<N extends PlanNode = PlanNode> extends PlacedNode<N> {
  /** The source above. */
  readonly source: ResolvedSource;
  readonly columns: readonly Column[];
  /** For each column the source's column that it is, unchanged; null where it is computed. */
  readonly origins: readonly (string | null)[];
  /** Columns that tell the rows of one window apart: the keys of the aggregate above; none when one of them is gone. */
  readonly keys: readonly string[];
}

export interface Resolved {
  /** Inputs come first. */
  readonly nodes: readonly ResolvedNode[];
  readonly sources: readonly ResolvedSource[];
  /** By the id of a window: the input's column of event time, null for the time of arrival. */
  readonly times: ReadonlyMap<string, string | null>;
}

export const TIME_HINT = "Event time is a column of type timestamp, or int64 in epoch milliseconds";

export function isTime(type: DataType): boolean {
  return type.kind === TIMESTAMP.kind || type.kind === INT64.kind;
}

export function addUnknownColumn(name: string, columns: readonly Column[], path: string, problems: Problems): void {
  const names = columns.map((column) => column.name), near = nearest(name, names);
  problems.add(
    path,
    `Unknown column ${JSON.stringify(name)}`,
    near ? `Did you mean ${near}?` : `Known: ${names.join(", ")}`,
  );
}
