import { type Column, columnIndex, INT64, JSON_VALUE } from "../core/schema.ts";
import { compileExpression } from "../expr/mod.ts";
import { commonType } from "../expr/type.ts";
import type { AggregateSignature } from "./aggregates.ts";
import { markEnds } from "./lower_ends.ts";
import { markLate } from "./lower_late.ts";
import { markUpserts } from "./lower_upsert.ts";
import type { LogicalNode, LogicalSink } from "./logical.ts";
import { lowerAggregate, lowerGroup, lowerOver, lowerSession } from "./lower_calls.ts";
import { lowerJoin, lowerRank } from "./lower_join.ts";
import { lowerLookup } from "./lower_lookup.ts";
import {
  givenBy,
  type PhysicalOperator,
  type PhysicalPlan,
  type PhysicalSink,
  type PhysicalSource,
} from "./physical.ts";
import type { MadeConnector } from "./plan.ts";
import type { Pruned } from "./rewrite/prune.ts";
import type { ResolvedNode, ResolvedSource } from "./resolved.ts";
import { WINDOW_COLUMNS } from "./window.ts";

/** Where an operator stands. */
export type Place = Pick<PhysicalOperator, "id" | "inputs" | "sources" | "lagMs">;

/** What lowering needs beside the nodes. */
export interface Lowering {
  readonly sources: readonly ResolvedSource[];
  /** The plan's nodes by id, for what is known of the rows that sinks get. */
  readonly resolved: ReadonlyMap<string, ResolvedNode>;
  readonly aggregates: ReadonlyMap<string, AggregateSignature> | undefined;
}

/** Compiles nodes against the columns that they read of their sources. */
export function lowerPlan(name: string, { nodes, read: names }: Pruned, lowering: Lowering): PhysicalPlan {
  const read = lowering.sources.filter(({ id }) => names.has(id))
    .map((source) => lowerSource(source, names.get(source.id)!));
  const columns = new Map(read.map((source): [string, readonly Column[]] => [source.id, givenBy(source)]));
  const above = new Map<string, readonly string[]>(read.map(({ id }) => [id, [id]]));
  const operators: PhysicalOperator[] = [], sinks: PhysicalSink[] = [];
  for (const node of nodes) {
    if (node.op === "source") continue;
    const inputs = node.inputs.map((id) => columns.get(id)!);
    if (node.op === "sink") {
      sinks.push(lowerSink(node, inputs[0], lowering));
      continue;
    }
    const all = [...new Set(node.inputs.flatMap((id) => above.get(id)!))];
    const place = { id: node.id, inputs: node.inputs, sources: all, lagMs: node.lagMs };
    const operator = lowerOperator(node, inputs, place, lowering);
    operators.push(operator);
    columns.set(node.id, operator.columns);
    // What is behind a lookup goes by the clock that the lookup has.
    above.set(node.id, node.op === "lookup" ? [node.id] : all);
  }
  const late = markLate(operators, sinks);
  return {
    name,
    sources: read,
    operators: markUpserts(markEnds(late.operators), late.sinks),
    sinks: late.sinks,
  };
}

function lowerSource(source: ResolvedSource, names: readonly string[]): PhysicalSource {
  const { id, stream, file, made, time, delayMs, idleTimeoutMs, futureSkewMs, kindColumn, declared } = source;
  const read = declared.filter(({ name }) => names.includes(name) && name !== kindColumn?.name);
  const computed = source.computed.filter(({ as }) => names.includes(as)).map(({ as, expr }) => {
    const { program, type, nullable } = compileExpression(expr, read);
    return { column: { name: as, type, nullable }, program };
  });
  const columns = kindColumn ? [...read, kindColumn] : read;
  return {
    id,
    stream,
    file,
    made: made && readByColumns(made, declared, columns),
    columns,
    computed,
    time: time === null ? -1 : columnIndex([...read, ...computed.map(({ column }) => column)], time),
    delayMs,
    idleTimeoutMs,
    futureSkewMs: time === null ? 0 : futureSkewMs,
    kindColumn: kindColumn ? read.length : -1,
  };
}

/** The rows of a plan with cells for the columns that are read, in their order. */
function readByColumns(
  made: MadeConnector,
  declared: readonly Column[],
  columns: readonly Column[],
): MadeConnector {
  if (made.kind !== "values") return made;
  const places = columns.map(({ name }) => columnIndex(declared, name));
  return { ...made, rows: made.rows.map((row) => places.map((place) => row[place])) };
}

function lowerSink(
  { id, inputs, sink }: LogicalSink,
  columns: readonly Column[],
  { resolved }: Lowering,
): PhysicalSink {
  const { keys, upsertKeys, changes } = resolved.get(id)!;
  return { id, input: inputs[0], columns, keys, upsertKeys, changes, sink };
}

function lowerOperator(
  node: Exclude<LogicalNode, { op: "source" | "sink" }>,
  inputs: readonly (readonly Column[])[],
  place: Place,
  { aggregates }: Lowering,
): PhysicalOperator {
  const [input] = inputs, at = (name: string | null) => name === null ? -1 : columnIndex(input, name);
  switch (node.op) {
    case "filter":
      // Types were checked before: whatever is thrown here is a defect, not the author's mistake.
      return {
        ...{ op: "filter", ...place, columns: input, predicate: compileExpression(node.where, input).program },
        ...(node.refuse === undefined ? {} : { refuse: node.refuse }),
      };
    case "project": {
      const compiled = node.columns.map(({ expr }) => compileExpression(expr, input));
      const columns = node.columns.map(({ as }, i) => ({
        name: as,
        type: compiled[i].type,
        nullable: compiled[i].nullable,
      }));
      return { op: "project", ...place, columns, programs: compiled.map(({ program }) => program) };
    }
    case "union":
      return { op: "union", ...place, columns: unionColumns(inputs) };
    case "assign":
      return {
        op: "assign",
        ...place,
        columns: [...input, ...WINDOW_COLUMNS],
        time: at(node.time),
        window: node.window,
        latenessMs: 0,
      };
    case "aggregate":
      return lowerAggregate(node, input, place);
    case "session":
      return lowerSession(node, input, place, aggregates);
    case "group":
      return lowerGroup(node, input, place, aggregates);
    case "join":
      return lowerJoin(node, inputs, place);
    case "lookup":
      return lowerLookup(node, input, place);
    case "unnest": {
      const outer = node.type === "left";
      const made = [
        { name: node.item, type: JSON_VALUE, nullable: true },
        { name: node.number, type: INT64, nullable: outer },
      ];
      return { op: "unnest", ...place, columns: [...input, ...made], list: at(node.list), outer };
    }
    case "rank":
      return lowerRank(node, input, place);
    case "over":
      return lowerOver(node, input, place, aggregates);
    case "normalize":
      return { op: "normalize", ...place, columns: input, keys: node.keys.map(at) };
  }
}

/** The names of the first input; a column may be NULL where it may in any, and has the most digits, or what nested types have in common. */
function unionColumns([first, ...rest]: readonly (readonly Column[])[]): Column[] {
  return first.map((column, i) =>
    rest.reduce((sum, columns) => {
      const { type, nullable } = columns[i], wider = (type.precision ?? 0) > (sum.type.precision ?? 0);
      const common = type.nested ? commonType(sum.type, type)! : wider ? type : sum.type;
      return { name: sum.name, type: common, nullable: sum.nullable || nullable };
    }, column)
  );
}
