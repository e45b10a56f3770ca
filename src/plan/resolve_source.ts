import { IDLE_TIMEOUT_MS } from "../core/limits.ts";
import { nearest } from "../core/nearest.ts";
import { type Column, columnIndex, formatType, parseType } from "../core/schema.ts";
import type { Expression } from "../expr/mod.ts";
import { originName } from "./event_time.ts";
import type { PlacedNode } from "./graph.ts";
import type { ConnectorSourceNode, SourceNode } from "./plan.ts";
import { index, type Problems } from "./problems.ts";
import { typeOf } from "./resolve_expression.ts";
import { checkWidth } from "./resolve_rows.ts";
import { substitute } from "./rewrite/expressions.ts";
import {
  addUnknownColumn,
  isTime,
  plainFacts,
  type ResolvedNode,
  type ResolvedSource,
  type Resolving,
  TIME_HINT,
} from "./resolved.ts";

/** A source; `claimed` is the column that a node behind it names as event time, for a source that has none. */
export function resolveSource(
  placed: PlacedNode<SourceNode>,
  resolving: Resolving,
  claimed: string | undefined,
): ResolvedNode | null {
  const { node, path } = placed, { catalog, problems } = resolving, stream = "stream" in node ? node.stream : null;
  const info = stream === null ? null : catalog.stream(stream);
  if (stream !== null && !info) {
    addUnknownStream(stream, path, resolving);
    return null;
  }
  const connector = "connector" in node ? node.connector : null;
  const columns = "columns" in node ? declaredColumns(node, path, problems) : info!.columns;
  if (info?.columns.length === 0) {
    problems.add(`${path}.stream`, `Stream ${stream} has no columns yet`, "Send it rows first, or declare its columns");
    return null;
  }
  if (connector?.kind === "values") checkRows(connector.rows, columns, `${path}.connector.rows`, problems);
  const own = columns.filter(({ name }) => name !== node.kind_column), before = problems.count;
  const computed = computedColumns(node, own, path, problems);
  if (problems.count > before) return null;
  const declared = info?.time ?? null, time = node.time === undefined ? declared ?? claimed ?? null : node.time;
  const source: ResolvedSource = {
    id: node.id,
    stream,
    file: connector?.kind === "file" ? connector : null,
    made: connector?.kind === "file" ? null : connector,
    declared: columns,
    columns: [...own, ...computed.map(({ column }) => column)],
    computed: computed.map(({ column, expr }) => ({ as: column.name, expr })),
    time,
    byArrival: node.time === null,
    delayMs: node.delay_ms ?? (info && time === declared ? info.delayMs : 0),
    idleTimeoutMs: node.idle_timeout_ms ?? IDLE_TIMEOUT_MS,
    futureSkewMs: node.future_skew_ms ?? info?.futureSkewMs ?? 0,
    changes: node.changes ?? "insert",
    primaryKey: node.primary_key ?? null,
    kindColumn: columns.find(({ name }) => name === node.kind_column) ?? null,
  };
  checkChanges(node, columns, source.columns, path, problems);
  if (time !== null && (node.time !== undefined || declared !== null)) {
    checkTime(time, source.columns, `${path}.time`, problems);
  }
  checkTimings(node, source, path, problems);
  return { ...placed, inputs: [], sources: [source], ...factsOf(source) };
}

function factsOf(source: ResolvedSource): Omit<ResolvedNode, "node" | "path" | "inputs" | "sources"> {
  const { id, columns, time, changes, primaryKey } = source;
  return {
    ...plainFacts(columns, null),
    changes: changes !== "insert",
    upsertKeys: primaryKey,
    keys: primaryKey ?? [],
    times: new Map(time === null ? [] : [[time, { lagMs: 0, origin: originName(id, time) }]]),
    origins: new Map(columns.map(({ name }) => [name, [{ source, column: name }]])),
    arrival: time === null,
  };
}

interface Computed {
  readonly column: Column;
  /** Over the source's own columns. */
  readonly expr: Expression;
}

/** Columns over those before them; what is over computed ones becomes an expression over the source's own. */
function computedColumns(
  { computed = [] }: SourceNode,
  own: readonly Column[],
  path: string,
  problems: Problems,
): Computed[] {
  const made: Computed[] = [], known = new Map(own.map(({ name }): [string, Expression] => [name, { column: name }]));
  computed.forEach(({ as, expr }, i) => {
    const at = index(`${path}.computed`, i), columns = [...own, ...made.map(({ column }) => column)];
    if (columnIndex(columns, as) >= 0) {
      problems.add(`${at}.as`, `Column ${JSON.stringify(as)} is there already`, "Choose another name");
    }
    if (!typeOf(expr, columns, `${at}.expr`, problems)) return;
    const whole = substitute(expr, known), found = whole && typeOf(whole, own, `${at}.expr`, problems);
    if (!whole || !found) return;
    made.push({ column: { name: as, type: found.type, nullable: found.nullable }, expr: whole });
    known.set(as, whole);
  });
  checkWidth([...own, ...made], `${path}.computed`, problems);
  return made;
}

function addUnknownStream(stream: string, path: string, { catalog, problems }: Resolving): void {
  const near = nearest(stream, catalog.streamNames?.() ?? []);
  const create = `Create it with PUT /v1/streams/${stream}, or by sending it rows with POST /v1/streams/${stream}`;
  problems.add(`${path}.stream`, `Unknown stream ${stream}`, near ? `Did you mean ${near}? ${create}` : create);
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

/** Rows that stand in the plan have a cell for each column; whether cells fit their types, their reader tells. */
function checkRows(
  rows: readonly (readonly unknown[])[],
  columns: readonly Column[],
  path: string,
  problems: Problems,
): void {
  rows.forEach((row, i) => {
    const at = index(path, i);
    if (row.length !== columns.length) {
      problems.add(at, `Expected ${columns.length} values, one for each column, got ${row.length}`);
    }
    row.slice(0, columns.length).forEach((cell, j) => {
      if (typeof cell === "object" && cell !== null && !columns[j].type.nested) {
        problems.add(index(at, j), "Expected a number, a string, a boolean or null");
      } else if (cell === null && !columns[j].nullable) {
        problems.add(index(at, j), `Column ${JSON.stringify(columns[j].name)} cannot be null`);
      }
    });
  });
}

function checkTime(time: string, columns: readonly Column[], path: string, problems: Problems): void {
  const at = columnIndex(columns, time);
  if (at < 0) addUnknownColumn(time, columns, path, problems);
  else if (!isTime(columns[at].type)) {
    problems.add(path, `Cannot use ${time} as event time: it is ${formatType(columns[at].type)}`, TIME_HINT);
  }
}

/** A delay or a bound of event time without event time would have no effect, nor would a bound by arrivals that are not there. */
function checkTimings(node: SourceNode, source: ResolvedSource, path: string, problems: Problems): void {
  const { delay_ms, future_skew_ms } = node, timeHint = 'Add "time": "<column>"', skew = `${path}.future_skew_ms`;
  if (source.time === null && delay_ms) {
    problems.add(`${path}.delay_ms`, "A delay needs event time, and this source has none", timeHint);
  }
  if (!future_skew_ms) return;
  if (source.stream === null) {
    const kind = source.file ? "a file" : "this connector";
    problems.add(skew, `Rows of ${kind} have no arrival that their times could be ahead of`, "Leave it out");
  } else if (source.time === null) {
    problems.add(skew, "A bound of event time needs event time, and this source has none", timeHint);
  }
}

/** `columns` are the source's own, `known` those that it gives. */
function checkChanges(
  node: SourceNode,
  columns: readonly Column[],
  known: readonly Column[],
  path: string,
  problems: Problems,
): void {
  const { changes = "insert", primary_key, kind_column, time } = node;
  primary_key?.forEach((name, i) => {
    const at = index(`${path}.primary_key`, i);
    if (columnIndex(known, name) < 0) addUnknownColumn(name, known, at, problems);
    else if (primary_key.indexOf(name) < i) problems.add(at, `Column ${JSON.stringify(name)} is named twice`);
  });
  if (changes === "upsert" && !primary_key) {
    problems.add(
      `${path}.changes`,
      "Upserts need a primary key, and this source has none",
      'Add "primary_key": ["<column>"]',
    );
  }
  if (changes === "all" && kind_column === undefined) {
    problems.add(`${path}.changes`, "A changelog needs a column of row kinds", 'Add "kind_column": "<column>"');
  }
  if (kind_column === undefined) return;
  const at = columnIndex(columns, kind_column), here = `${path}.kind_column`;
  if (at < 0) addUnknownColumn(kind_column, columns, here, problems);
  else if (columns[at].type.kind !== "string") {
    problems.add(
      here,
      `Expected a column of strings, got ${formatType(columns[at].type)}`,
      "It holds +I, -U, +U or -D",
    );
  } else if (changes === "insert") {
    problems.add(here, "Row kinds have no meaning where every row is new", 'Add "changes": "all" or "upsert"');
  } else if (known.length === 0) {
    problems.add(here, "The source has no column beside the row kinds");
  } else if (kind_column === time) {
    problems.add(here, `Column ${JSON.stringify(kind_column)} is the event time already`);
  }
}
