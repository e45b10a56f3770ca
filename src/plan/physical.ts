import { type Column, columnIndex, INT64, isVariable, TIMESTAMP } from "../core/schema.ts";
import { compileExpression, type Expression } from "../expr/mod.ts";
import type { Program } from "../kernel/program.ts";
import { aggregateNullable, aggregateType } from "./aggregates.ts";
import type { LogicalAggregate, LogicalNode, LogicalProject } from "./logical.ts";
import { usedColumns } from "./optimize.ts";
import { type AggregateName, type FileConnector, type SinkOptions, WINDOW_END, WINDOW_START } from "./plan.ts";
import type { ResolvedSource } from "./resolved.ts";

/** What the runtime runs: plain data that can be posted to workers and written as JSON. Columns go by number. */
export interface PhysicalPlan {
  readonly name: string;
  readonly sources: readonly PhysicalSource[];
  /** Inputs come first. */
  readonly operators: readonly PhysicalOperator[];
  readonly sinks: readonly PhysicalSink[];
}

/** Where rows come from: a stream or a file, the other is null. */
export interface PhysicalSource {
  readonly id: string;
  readonly stream: string | null;
  readonly file: FileConnector | null;
  /** The columns that are read, in the order of the source; at least one. */
  readonly columns: readonly Column[];
  /** Position of event time in `columns`, −1 = time of arrival. */
  readonly time: number;
  readonly delayMs: number;
  /** 0 = never idle. */
  readonly idleTimeoutMs: number;
  /** Rows whose event time is further than this ahead of their arrival are dead; 0 = none is. */
  readonly futureSkewMs: number;
}

export type PhysicalOperator = PhysicalFilter | PhysicalProject | PhysicalAggregate;

/** Selects the rows for which a bool program is true; the columns stay. */
export interface PhysicalFilter {
  readonly op: "filter";
  readonly id: string;
  /** A source or an operator. */
  readonly input: string;
  readonly columns: readonly Column[];
  readonly predicate: Program;
}

/** Computes one column a program, over all rows of the batch. */
export interface PhysicalProject {
  readonly op: "project";
  readonly id: string;
  readonly input: string;
  readonly columns: readonly Column[];
  readonly programs: readonly Program[];
}

export interface PhysicalCall {
  readonly fn: AggregateName;
  /** Input column, −1 = count(*). */
  readonly arg: number;
}

/** Aggregates by key and window. Output: window_start, window_end, the keys, the aggregates. */
export interface PhysicalAggregate {
  readonly op: "aggregate";
  readonly id: string;
  readonly input: string;
  /** The source above. */
  readonly source: string;
  readonly columns: readonly Column[];
  readonly inputColumns: readonly Column[];
  /** Input columns. */
  readonly keys: readonly number[];
  readonly aggregates: readonly PhysicalCall[];
  /** Input column of event time, −1 = the source's time of arrival. */
  readonly time: number;
  readonly sizeMs: number;
  /** Equals `sizeMs` for tumbling windows and divides it for hopping ones. */
  readonly slideMs: number;
  /** In [0, slideMs). */
  readonly offsetMs: number;
  readonly twoPhase: boolean;
}

export interface PhysicalSink {
  readonly id: string;
  readonly input: string;
  readonly columns: readonly Column[];
  /** What tells the rows of one window apart: the aggregate's keys by their names here; none if one is gone. */
  readonly keys: readonly string[];
  readonly sink: SinkOptions;
}

/** Compiles optimised nodes against the columns that are left. */
export function lowerPlan(
  name: string,
  nodes: readonly LogicalNode[],
  sources: readonly ResolvedSource[],
  keysOf: ReadonlyMap<string, readonly string[]>,
): PhysicalPlan {
  const names = new Map(sources.map((source) => [source.id, source.columns.map((column) => column.name)]));
  const used = usedColumns(nodes, names);
  const read = sources.map((source) => lowerSource(source, used.get(source.id)!));
  const columns = new Map<string, readonly Column[]>(read.map((source) => [source.id, source.columns]));
  const operators: PhysicalOperator[] = [], sinks: PhysicalSink[] = [];
  for (const node of nodes) {
    if (node.op === "source") continue;
    const input = columns.get(node.input)!;
    if (node.op === "sink") {
      const { id, sink } = node;
      sinks.push({ id, input: node.input, columns: input, keys: keysOf.get(id) ?? [], sink });
      continue;
    }
    const operator = lowerOperator(node, input);
    operators.push(operator);
    columns.set(node.id, operator.columns);
  }
  return { name, sources: read, operators, sinks };
}

function lowerSource(source: ResolvedSource, used: ReadonlySet<string>): PhysicalSource {
  const { id, stream, file, time, delayMs, idleTimeoutMs, futureSkewMs } = source;
  let columns = source.columns.filter(({ name }) => used.has(name) || name === time);
  if (columns.length === 0) columns = [source.columns.find(({ type }) => !isVariable(type)) ?? source.columns[0]];
  return {
    id,
    stream,
    file,
    columns,
    time: time === null ? -1 : columnIndex(columns, time),
    delayMs,
    idleTimeoutMs,
    futureSkewMs: time === null ? 0 : futureSkewMs,
  };
}

function lowerOperator(
  node: Exclude<LogicalNode, { op: "source" | "sink" }>,
  input: readonly Column[],
): PhysicalOperator {
  switch (node.op) {
    case "filter":
      return {
        op: "filter",
        id: node.id,
        input: node.input,
        columns: input,
        predicate: compile(node.where, input).program,
      };
    case "project":
      return lowerProject(node, input);
    case "aggregate":
      return lowerAggregate(node, input);
  }
}

/** Types were checked before: whatever is thrown here is a defect, not the author's mistake. */
function compile(expression: Expression, columns: readonly Column[]) {
  return compileExpression(expression, columns, "");
}

function lowerProject({ id, input: from, columns }: LogicalProject, input: readonly Column[]): PhysicalProject {
  const compiled = columns.map(({ expr }) => compile(expr, input));
  return {
    op: "project",
    id,
    input: from,
    columns: columns.map(({ as }, i) => ({ name: as, type: compiled[i].type, nullable: compiled[i].nullable })),
    programs: compiled.map(({ program }) => program),
  };
}

function lowerAggregate(node: LogicalAggregate, input: readonly Column[]): PhysicalAggregate {
  const keys = node.keys.map((name) => columnIndex(input, name));
  const aggregates = node.calls.map(({ fn, arg }) => ({ fn, arg: arg === null ? -1 : columnIndex(input, arg) }));
  const columns: Column[] = [
    ...[WINDOW_START, WINDOW_END].map((name) => ({ name, type: TIMESTAMP, nullable: false })),
    ...keys.map((key) => input[key]),
    ...node.calls.map(({ fn, as }, i) => callColumn(fn, as, input[aggregates[i].arg])),
  ];
  const { op, id, input: from, source, sizeMs, slideMs, offsetMs, twoPhase } = node;
  const time = node.time === null ? -1 : columnIndex(input, node.time);
  return {
    op,
    id,
    input: from,
    source,
    columns,
    inputColumns: input,
    keys,
    aggregates,
    time,
    sizeMs,
    slideMs,
    offsetMs,
    twoPhase,
  };
}

function callColumn(fn: AggregateName, name: string, argument: Column | undefined): Column {
  if (argument === undefined) return { name, type: INT64, nullable: false };
  return { name, type: aggregateType(fn, argument.type)!, nullable: aggregateNullable(fn, argument) };
}
