import { type Column, columnIndex, INT64, isVariable, TIMESTAMP } from "../core/schema.ts";
import { compileExpression, type Expression } from "../expr/mod.ts";
import { aggregateNullable, aggregateType } from "./aggregates.ts";
import type { LogicalAggregate, LogicalNode, LogicalProject } from "./logical.ts";
import { usedColumns } from "./optimize.ts";
import type {
  PhysicalAggregate,
  PhysicalOperator,
  PhysicalPlan,
  PhysicalProject,
  PhysicalSink,
  PhysicalSource,
} from "./physical.ts";
import { type SliceAggregate, WINDOW_END, WINDOW_START } from "./plan.ts";
import type { ResolvedSource } from "./resolved.ts";

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
  const above = new Map<string, readonly string[]>(read.map(({ id }) => [id, [id]]));
  const operators: PhysicalOperator[] = [], sinks: PhysicalSink[] = [];
  for (const node of nodes) {
    if (node.op === "source") continue;
    const input = columns.get(node.input)!;
    if (node.op === "sink") {
      const { id, sink } = node;
      sinks.push({
        id,
        input: node.input,
        columns: input,
        keys: keysOf.get(id) ?? [],
        upsertKeys: null,
        changes: false,
        sink,
      });
      continue;
    }
    const from = { id: node.id, inputs: [node.input], sources: above.get(node.input)!, lagMs: 0 };
    const operator = lowerOperator(node, input, from);
    operators.push(operator);
    above.set(node.id, from.sources);
    columns.set(node.id, operator.columns);
  }
  return { name, sources: read, operators, sinks };
}

/** Where an operator stands. */
type Place = Pick<PhysicalOperator, "id" | "inputs" | "sources" | "lagMs">;

function lowerSource(source: ResolvedSource, used: ReadonlySet<string>): PhysicalSource {
  const { id, stream, file, time, delayMs, idleTimeoutMs, futureSkewMs } = source;
  let columns = source.columns.filter(({ name }) => used.has(name) || name === time);
  if (columns.length === 0) columns = [source.columns.find(({ type }) => !isVariable(type)) ?? source.columns[0]];
  return {
    id,
    stream,
    file,
    made: null,
    columns,
    time: time === null ? -1 : columnIndex(columns, time),
    delayMs,
    idleTimeoutMs,
    futureSkewMs: time === null ? 0 : futureSkewMs,
    kindColumn: -1,
  };
}

function lowerOperator(
  node: Exclude<LogicalNode, { op: "source" | "sink" }>,
  input: readonly Column[],
  from: Place,
): PhysicalOperator {
  switch (node.op) {
    case "filter":
      return { op: "filter", ...from, columns: input, predicate: compile(node.where, input).program };
    case "project":
      return lowerProject(node, input, from);
    case "aggregate":
      return lowerAggregate(node, input, from);
  }
}

/** Types were checked before: whatever is thrown here is a defect, not the author's mistake. */
function compile(expression: Expression, columns: readonly Column[]) {
  return compileExpression(expression, columns, "");
}

function lowerProject({ columns }: LogicalProject, input: readonly Column[], from: Place): PhysicalProject {
  const compiled = columns.map(({ expr }) => compile(expr, input));
  return {
    op: "project",
    ...from,
    columns: columns.map(({ as }, i) => ({ name: as, type: compiled[i].type, nullable: compiled[i].nullable })),
    programs: compiled.map(({ program }) => program),
  };
}

function lowerAggregate(node: LogicalAggregate, input: readonly Column[], from: Place): PhysicalAggregate {
  const keys = node.keys.map((name) => columnIndex(input, name));
  const aggregates = node.calls.map(({ fn, arg }) => ({ fn, arg: arg === null ? -1 : columnIndex(input, arg) }));
  const columns: Column[] = [
    ...[WINDOW_START, WINDOW_END].map((name) => ({ name, type: TIMESTAMP, nullable: false })),
    ...keys.map((key) => input[key]),
    ...node.calls.map(({ fn, as }, i) => callColumn(fn, as, input[aggregates[i].arg])),
  ];
  const { op, sizeMs, slideMs, offsetMs, twoPhase } = node;
  const time = node.time === null ? -1 : columnIndex(input, node.time);
  return {
    op,
    ...from,
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

function callColumn(fn: SliceAggregate, name: string, argument: Column | undefined): Column {
  if (argument === undefined) return { name, type: INT64, nullable: false };
  return { name, type: aggregateType(fn, argument.type)!, nullable: aggregateNullable(fn, argument) };
}
