import { type Expression, isColumn } from "../expr/mod.ts";
import { filteredArgument } from "./aggregates.ts";
import type {
  AggregateNode,
  HopWindow,
  ProjectColumn,
  SinkOptions,
  SliceAggregate,
  TumbleWindow,
  WindowNode,
} from "./plan.ts";
import type { Resolved, ResolvedNode } from "./resolved.ts";
import { normalOffset, slideOf } from "./window.ts";

/**
 * The plan between its JSON and its physical form, which rewrites work on: inputs come first, projections name every
 * column of theirs, windows are part of their aggregates, and what is aggregated is a column.
 */
export type LogicalNode = LogicalSource | LogicalFilter | LogicalProject | LogicalAggregate | LogicalSink;

export interface LogicalSource {
  readonly op: "source";
  readonly id: string;
}

export interface LogicalFilter {
  readonly op: "filter";
  readonly id: string;
  readonly input: string;
  readonly where: Expression;
}

export interface LogicalProject {
  readonly op: "project";
  readonly id: string;
  readonly input: string;
  readonly columns: readonly ProjectColumn[];
}

export interface LogicalAggregate {
  readonly op: "aggregate";
  readonly id: string;
  readonly input: string;
  readonly source: string;
  readonly keys: readonly string[];
  readonly calls: readonly LogicalCall[];
  /** Column of event time; null = time of arrival. */
  readonly time: string | null;
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
  readonly twoPhase: boolean;
}

export interface LogicalCall {
  readonly fn: SliceAggregate;
  /** Column; null = count(*). */
  readonly arg: string | null;
  readonly as: string;
}

export interface LogicalSink {
  readonly op: "sink";
  readonly id: string;
  readonly input: string;
  readonly sink: SinkOptions;
}

/** Marks the names that lowering makes; ids of nodes cannot have it. */
const MADE = "$";

/** Lowers resolved nodes; what they mean stays the same. */
export function lowerNodes({ nodes, times }: Resolved): LogicalNode[] {
  const byId = new Map(nodes.map((one) => [one.node.id, one]));
  return nodes.flatMap((resolved): LogicalNode[] => {
    const { node } = resolved;
    switch (node.op) {
      case "source":
        return [{ op: "source", id: node.id }];
      case "filter":
        return [{ op: "filter", id: node.id, input: node.input[0], where: node.where }];
      case "project": {
        const made = new Map(node.columns.map((column) => [column.as, column]));
        const columns = resolved.columns.map(({ name }) => made.get(name) ?? { as: name, expr: { column: name } });
        return [{ op: "project", id: node.id, input: node.input[0], columns }];
      }
      case "window":
        return [];
      case "aggregate": {
        const window = byId.get(node.input[0]) as ResolvedNode<WindowNode>;
        return lowerAggregate(resolved as ResolvedNode<AggregateNode>, window, times.get(window.node.id) ?? null);
      }
      case "sink":
        return [{ op: "sink", id: node.id, input: node.input[0], sink: node.sink }];
      default:
        throw new Error(`Node ${node.id} was resolved and cannot be lowered`);
    }
  });
}

/** An aggregate, behind a projection of its arguments when they are more than columns. */
function lowerAggregate(
  { node, source }: ResolvedNode<AggregateNode>,
  window: ResolvedNode<WindowNode>,
  time: string | null,
): LogicalNode[] {
  const columns = new Map<string, ProjectColumn>();
  const names = new Map<string, string>();
  const keep = (name: string) => columns.set(name, { as: name, expr: { column: name } });
  for (const key of node.keys) keep(key);
  if (time !== null) keep(time);
  const calls = node.aggs.map(({ fn: name, arg, filter, as }): LogicalCall => {
    const fn = name as SliceAggregate;
    const value = filter ? filteredArgument(arg, filter) : arg;
    if (value === undefined) return { fn, arg: null, as };
    if (isColumn(value)) return keep(value.column), { fn, arg: value.column, as };
    const text = JSON.stringify(value), column = names.get(text) ?? freeName(window, names.size);
    names.set(text, column);
    columns.set(column, { as: column, expr: value });
    return { fn, arg: column, as };
  });
  const { input: [above] } = window.node, shape = window.node.window as TumbleWindow | HopWindow;
  const id = `${node.id}${MADE}args`, lowered = names.size > 0;
  const aggregate: LogicalAggregate = {
    op: "aggregate",
    id: node.id,
    input: lowered ? id : above,
    source: source.id,
    keys: node.keys,
    calls,
    time,
    sizeMs: shape.size_ms,
    slideMs: slideOf(shape),
    offsetMs: normalOffset(shape),
    twoPhase: node.two_phase,
  };
  return lowered ? [{ op: "project", id, input: above, columns: [...columns.values()] }, aggregate] : [aggregate];
}

/** A name for the `i`th computed argument that no column of the input has. */
function freeName({ columns }: ResolvedNode, i: number): string {
  let name = `${MADE}${i}`;
  while (columns.some((column) => column.name === name)) name = MADE + name;
  return name;
}
