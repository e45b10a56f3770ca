import { COLUMNS_MAX, IDLE_TIMEOUT_MS } from "../core/limits.ts";
import { nearest } from "../core/nearest.ts";
import { type Column, columnIndex, type DataType, formatType, INT64, parseType, TIMESTAMP } from "../core/schema.ts";
import { compileExpression, type Expression, isColumn } from "../expr/mod.ts";
import { aggregateNullable, aggregateTakes, aggregateType, filteredArgument } from "./aggregates.ts";
import type { Catalog } from "./catalog.ts";
import type { PlacedNode } from "./graph.ts";
import {
  type AggregateNode,
  type ConnectorSourceNode,
  type ProjectNode,
  type SliceAggregate,
  type SourceNode,
  WINDOW_END,
  WINDOW_START,
} from "./plan.ts";
import { index, type Problems } from "./problems.ts";
import {
  addUnknownColumn,
  isTime,
  type Resolved,
  type ResolvedNode,
  type ResolvedSource,
  TIME_HINT,
} from "./resolved.ts";
import { resolveTimes } from "./time.ts";
import { checkWindow } from "./window.ts";

/**
 * Lets columns and types flow from the sources to the sinks. Adds what does not fit to `problems`; nodes behind a node
 * that has problems are not looked at.
 */
export function resolve(nodes: readonly PlacedNode[], catalog: Catalog, problems: Problems): Resolved {
  const resolved = new Map<string, ResolvedNode>();
  const sources: ResolvedSource[] = [];
  for (const placed of nodes) {
    const before = problems.count;
    const found = placed.node.op === "source"
      ? resolveSource(placed as PlacedNode<SourceNode>, catalog, problems)
      : resolveInner(placed, resolved.get(placed.node.input[0]), problems);
    if (!found || problems.count > before) continue;
    resolved.set(placed.node.id, found);
    if (placed.node.op === "source") sources.push(found.source);
  }
  const all = [...resolved.values()];
  return { nodes: all, sources, times: resolveTimes(all, problems) };
}

function resolveSource(placed: PlacedNode<SourceNode>, catalog: Catalog, problems: Problems): ResolvedNode | null {
  const { node, path } = placed, stream = "stream" in node ? node.stream : null;
  const info = stream === null ? null : catalog.stream(stream);
  if (stream !== null && !info) {
    const near = nearest(stream, catalog.streamNames?.() ?? []);
    const create = `Create it with PUT /v1/streams/${stream}, or by sending it rows with POST /v1/streams/${stream}`;
    problems.add(`${path}.stream`, `Unknown stream ${stream}`, near ? `Did you mean ${near}? ${create}` : create);
    return null;
  }
  const file = "connector" in node && node.connector.kind === "file" ? node.connector : null;
  const columns = "columns" in node ? declaredColumns(node, path, problems) : info!.columns;
  if (info?.columns.length === 0) {
    problems.add(`${path}.stream`, `Stream ${stream} has no columns yet`, "Send it rows first, or declare its columns");
  }
  const declared = info?.time ?? null, time = node.time ?? declared;
  const source: ResolvedSource = {
    id: node.id,
    stream,
    file,
    columns,
    time,
    delayMs: node.delay_ms ?? (info && time === declared ? info.delayMs : 0),
    idleTimeoutMs: node.idle_timeout_ms ?? IDLE_TIMEOUT_MS,
    futureSkewMs: node.future_skew_ms ?? info?.futureSkewMs ?? 0,
  };
  if (time !== null) checkTime(time, columns, `${path}.time`, problems);
  return { ...placed, source, columns, origins: columns.map(({ name }) => name), keys: [] };
}

function declaredColumns(node: ConnectorSourceNode, path: string, problems: Problems): Column[] {
  const columns: Column[] = [];
  node.columns.forEach(({ name, type, nullable }, i) => {
    const at = index(`${path}.columns`, i);
    if (columnIndex(columns, name) >= 0) problems.add(`${at}.name`, `Column ${JSON.stringify(name)} is named twice`);
    try {
      columns.push({ name, type: parseType(type), nullable });
    } catch (thrown) {
      problems.addThrown(thrown, `${at}.type`);
    }
  });
  return columns;
}

function checkTime(time: string, columns: readonly Column[], path: string, problems: Problems): void {
  const at = columnIndex(columns, time);
  if (at < 0) addUnknownColumn(time, columns, path, problems);
  else if (!isTime(columns[at].type)) {
    problems.add(path, `Cannot use ${time} as event time: it is ${formatType(columns[at].type)}`, TIME_HINT);
  }
}

function resolveInner(placed: PlacedNode, input: ResolvedNode | undefined, problems: Problems): ResolvedNode | null {
  if (!input) return null;
  const { node, path } = placed, { source, columns, origins, keys } = input;
  switch (node.op) {
    case "project":
      return resolveProject(placed as PlacedNode<ProjectNode>, input, problems);
    case "aggregate":
      return resolveAggregate(placed as PlacedNode<AggregateNode>, input, problems);
    case "filter":
      checkBool(node.where, columns, `${path}.where`, problems);
      break;
    case "window":
      checkWindow(node.window, `${path}.window`, problems);
      break;
  }
  return { ...placed, source, columns, origins, keys };
}

/** The type of an expression over `columns`, or null with its problems added. */
function typeOf(
  expression: Expression,
  columns: readonly Column[],
  path: string,
  problems: Problems,
): { type: DataType; nullable: boolean } | null {
  try {
    return compileExpression(expression, columns, path);
  } catch (thrown) {
    problems.addThrown(thrown, path);
    return null;
  }
}

function checkBool(expression: Expression, columns: readonly Column[], path: string, problems: Problems): void {
  const found = typeOf(expression, columns, path, problems);
  if (found && found.type.kind !== "bool") {
    problems.add(path, `Expected a condition (bool), got ${formatType(found.type)}`, "Compare it with something");
  }
}

function resolveProject(placed: PlacedNode<ProjectNode>, input: ResolvedNode, problems: Problems): ResolvedNode {
  const { node, path } = placed;
  const columns = node.keep ? [...input.columns] : [], origins = node.keep ? [...input.origins] : [];
  const named = new Set<string>();
  node.columns.forEach(({ as, expr }, i) => {
    const at = index(`${path}.columns`, i);
    if (named.has(as)) problems.add(`${at}.as`, `Column ${JSON.stringify(as)} is named twice`);
    named.add(as);
    const found = typeOf(expr, input.columns, `${at}.expr`, problems);
    if (!found) return;
    const kept = columnIndex(columns, as), to = kept < 0 ? columns.length : kept;
    columns[to] = { name: as, type: found.type, nullable: found.nullable };
    origins[to] = isColumn(expr) ? input.origins[columnIndex(input.columns, expr.column)] : null;
  });
  if (columns.length > COLUMNS_MAX) {
    problems.add(
      `${path}.columns`,
      `Cannot make ${columns.length} columns: at most ${COLUMNS_MAX}`,
      "Keep fewer of them",
    );
  }
  return { ...placed, source: input.source, columns, origins, keys: keptKeys(node, input.keys) };
}

/** The names of the keys behind a projection, or none when one is not passed on. */
function keptKeys({ columns, keep }: ProjectNode, keys: readonly string[]): readonly string[] {
  const kept = keys.map((key) => {
    const passed = columns.find(({ expr }) => isColumn(expr) && expr.column === key)?.as;
    return passed ?? (keep && !columns.some(({ as }) => as === key) ? key : null);
  });
  return kept.every((name) => name !== null) ? kept : [];
}

function resolveAggregate(placed: PlacedNode<AggregateNode>, input: ResolvedNode, problems: Problems): ResolvedNode {
  const { node, path } = placed;
  const columns: Column[] = [WINDOW_START, WINDOW_END].map((name) => ({ name, type: TIMESTAMP, nullable: false }));
  const add = (column: Column, at: string) => {
    if (columnIndex(columns, column.name) < 0) columns.push(column);
    else problems.add(at, `Column ${JSON.stringify(column.name)} is named twice in the output`, OUTPUT_HINT);
  };
  node.keys.forEach((name, i) => {
    const at = index(`${path}.keys`, i), found = columnIndex(input.columns, name);
    if (found < 0) addUnknownColumn(name, input.columns, at, problems);
    else add(input.columns[found], at);
  });
  node.aggs.forEach((call, i) => {
    const at = index(`${path}.aggs`, i);
    if (call.distinct) problems.add(`${at}.distinct`, "Distinct aggregates are not there yet", "Leave distinct out");
    const type = resolveCall(call, input.columns, at, problems);
    if (call.filter) checkFilter(call.filter, call.arg, input.columns, `${at}.filter`, problems);
    if (type) add({ name: call.as, ...type }, `${at}.as`);
  });
  return { ...placed, source: input.source, columns, origins: columns.map(() => null), keys: node.keys };
}

/** A filter must be a condition, and still be shallow enough when it stands around the argument. */
function checkFilter(
  filter: Expression,
  arg: Expression | undefined,
  columns: readonly Column[],
  path: string,
  problems: Problems,
): void {
  const before = problems.count;
  checkBool(filter, columns, path, problems);
  if (problems.count === before) typeOf(filteredArgument(arg, filter), columns, path, problems);
}

const OUTPUT_HINT = `An aggregate gives ${WINDOW_START}, ${WINDOW_END}, its keys and its aggs`;

function resolveCall(
  { fn: name, arg, filter }: AggregateNode["aggs"][number],
  columns: readonly Column[],
  path: string,
  problems: Problems,
): { type: DataType; nullable: boolean } | null {
  const fn = name as SliceAggregate;
  if (arg === undefined) {
    if (fn === "count") return { type: INT64, nullable: false };
    problems.add(`${path}.arg`, `arg is missing: ${fn} needs a column or an expression`);
    return null;
  }
  const found = typeOf(arg, columns, `${path}.arg`, problems);
  if (!found) return null;
  const type = aggregateType(fn, found.type);
  if (type === null) {
    const takes = fn === "count" ? "" : `It takes ${aggregateTakes(fn)}`;
    problems.add(`${path}.arg`, `Cannot take ${fn} of ${formatType(found.type)}`, takes);
    return null;
  }
  return { type, nullable: aggregateNullable(fn, { type: found.type, nullable: found.nullable || !!filter }) };
}
