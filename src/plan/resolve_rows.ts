import { COLUMNS_MAX } from "../core/limits.ts";
import { type Column, columnIndex, type DataType, formatType } from "../core/schema.ts";
import { type Expression, isCall, isColumn, isLiteral } from "../expr/mod.ts";
import { commonType } from "../expr/type.ts";
import { originName } from "./event_time.ts";
import type { PlacedNode } from "./graph.ts";
import type { FilterNode, ProjectNode, UnionNode } from "./plan.ts";
import { index, type Problems } from "./problems.ts";
import { checkBool, typeOf } from "./resolve_expression.ts";
import { type Facts, type Origin, type ResolvedNode, type Resolving, sameFacts, type TimeFact } from "./resolved.ts";
import { sameWindow } from "./window.ts";

export function resolveFilter(
  { node, path }: PlacedNode<FilterNode>,
  input: ResolvedNode,
  { problems }: Resolving,
): Facts {
  checkBool(node.where, input.columns, `${path}.where`, problems);
  return sameFacts(input);
}

export function resolveProject(
  { node, path }: PlacedNode<ProjectNode>,
  input: ResolvedNode,
  { problems }: Resolving,
): Facts {
  const columns = node.keep ? [...input.columns] : [];
  /** For each column the one of the input that it is. */
  const passed: (string | null)[] = columns.map(({ name }) => name);
  const named = new Set<string>();
  /** Event times plus a while, by the columns that hold them. */
  const later = new Map<string, TimeFact>();
  node.columns.forEach(({ as, expr }, i) => {
    const at = index(`${path}.columns`, i);
    if (named.has(as)) problems.add(`${at}.as`, `Column ${JSON.stringify(as)} is named twice`);
    named.add(as);
    const found = typeOf(expr, input.columns, `${at}.expr`, problems);
    if (!found) return;
    const kept = columnIndex(columns, as), to = kept < 0 ? columns.length : kept;
    columns[to] = { name: as, type: found.type, nullable: found.nullable };
    passed[to] = isColumn(expr) ? expr.column : null;
    // Only of an expression that makes sense: one that does not may lack its arguments.
    const fact = laterTime(expr, input);
    if (fact) later.set(as, { ...fact, origin: originName(node.id, as) });
  });
  checkWidth(columns, `${path}.columns`, problems);
  const facts = passedFacts(input, columns, passed);
  return { ...facts, times: new Map([...facts.times, ...later]), columns };
}

/** The fact of an event time plus a while: the watermark is never ahead of it. */
function laterTime(expr: Expression, { times }: ResolvedNode): TimeFact | null {
  if (!isCall(expr) || expr.call !== "add" || expr.args.length !== 2) return null;
  const [time, added] = expr.args, ms = isLiteral(added) ? added.literal : null;
  if (!isColumn(time) || !(typeof ms === "number" || typeof ms === "bigint") || ms < 0) return null;
  const fact = times.get(time.column);
  return fact ? { ...fact, later: true } : null;
}

/** Problem of a node that gives too many columns. */
export function checkWidth(columns: readonly unknown[], path: string, problems: Problems): void {
  if (columns.length <= COLUMNS_MAX) return;
  problems.add(path, `Cannot make ${columns.length} columns: at most ${COLUMNS_MAX}`, "Keep fewer of them");
}

/** The facts of `input` where `columns` are `passed` columns of it under other names, or computed (null). */
function passedFacts(
  input: ResolvedNode,
  columns: readonly Column[],
  passed: readonly (string | null)[],
): Omit<Facts, "columns"> {
  /** The first name of a column, preferably its own. */
  const nameOf = (column: string): string | null => {
    const own = columns.findIndex(({ name }, i) => name === column && passed[i] === column);
    const at = own >= 0 ? own : passed.indexOf(column);
    return at < 0 ? null : columns[at].name;
  };
  const namesOf = (names: readonly string[] | null): readonly string[] | null => {
    const found = names?.map(nameOf) ?? [null];
    return found.every((name) => name !== null) ? found : null;
  };
  const times = new Map<string, TimeFact>(), origins = new Map<string, readonly Origin[]>();
  columns.forEach(({ name }, i) => {
    const from = passed[i], time = from === null ? undefined : input.times.get(from);
    if (time) times.set(name, time);
    const origin = from === null ? undefined : input.origins.get(from);
    if (origin) origins.set(name, origin);
  });
  const part = (name: string | null) => name === null ? null : nameOf(name);
  const windows = input.windows.map((one) => ({
    ...one,
    start: part(one.start),
    end: part(one.end),
    time: part(one.time),
  }));
  return {
    changes: input.changes,
    upsertKeys: namesOf(input.upsertKeys),
    keys: namesOf(input.keys) ?? [],
    times,
    windows: windows.filter(({ start, end, time }) => start !== null || end !== null || time !== null),
    lost: input.lost,
    origins,
    arrival: input.arrival,
  };
}

export function resolveUnion(
  { node, path }: PlacedNode<UnionNode>,
  inputs: readonly ResolvedNode[],
  { problems }: Resolving,
): Facts {
  const [first, ...rest] = inputs;
  const columns = first.columns.map((column) => ({ ...column }));
  rest.forEach((input, i) => {
    const at = index(`${path}.input`, i + 1), id = node.input[i + 1];
    if (input.columns.length !== columns.length) {
      const counts = `${id} has ${input.columns.length} columns and ${node.input[0]} has ${columns.length}`;
      problems.add(at, `Cannot put rows together: ${counts}`, "Project both to the same columns");
      return;
    }
    input.columns.forEach(({ name, type, nullable }, j) => {
      const common = unionType(columns[j].type, type);
      if (common) columns[j] = { ...columns[j], type: common, nullable: columns[j].nullable || nullable };
      else {
        const types = `${name} of ${id} is ${formatType(type)} and ${columns[j].name} of ${node.input[0]} is ${
          formatType(columns[j].type)
        }`;
        problems.add(at, `Cannot put rows together: ${types}`, "Cast one of them in a projection");
      }
    });
  });
  return { ...unionFacts(inputs, node.id), columns };
}

/** The type of both, whose cells are those of either; null when there is none. */
function unionType(a: DataType, b: DataType): DataType | null {
  if (a.nested || b.nested) return a.nested && b.nested ? commonType(a, b) : null;
  if (a.kind !== b.kind || a.scale !== b.scale) return null;
  return (a.precision ?? 0) >= (b.precision ?? 0) ? a : b;
}

/** What holds in all inputs, column by column. */
function unionFacts(inputs: readonly ResolvedNode[], node: string): Omit<Facts, "columns"> {
  const [first, ...rest] = inputs;
  /** The name in an input of the column that has a name in the first. */
  const nameIn = (input: ResolvedNode, name: string) => input.columns[columnIndex(first.columns, name)]?.name;
  const times = new Map<string, TimeFact>(), origins = new Map<string, readonly Origin[]>();
  for (const { name } of first.columns) {
    const facts = inputs.map((input) => input.times.get(nameIn(input, name)));
    const known = facts.filter((fact) => fact !== undefined);
    if (known.length === inputs.length) {
      const [{ origin }] = known, same = known.every((fact) => fact.origin === origin);
      const later = known.some((fact) => fact.later) ? { later: true } as const : {};
      const lagMs = Math.max(...known.map((fact) => fact.lagMs));
      times.set(name, { lagMs, origin: same ? origin : originName(node, name), ...later });
    }
    const from = inputs.map((input) => input.origins.get(nameIn(input, name)));
    if (from.every((one) => one !== undefined)) origins.set(name, distinctOrigins(from));
  }
  const windows = first.windows.flatMap((fact) => {
    const { window, start, end, time, lagMs } = fact;
    const others = rest.map((input) =>
      input.windows.find((other) =>
        sameWindow(window, other.window) && [[start, other.start], [end, other.end], [time, other.time]].every((
          [a, b],
        ) => a === null || nameIn(input, a) === b)
      )
    );
    const known = others.filter((other) => other !== undefined);
    // One is over when it is over in each of them.
    return known.length < rest.length ? [] : [{ ...fact, lagMs: Math.max(lagMs, ...known.map((one) => one.lagMs)) }];
  });
  return {
    changes: inputs.some(({ changes }) => changes),
    upsertKeys: null,
    keys: [],
    times,
    windows,
    lost: inputs.find(({ lost }) => lost !== null)?.lost ?? null,
    origins,
    arrival: inputs.every(({ arrival }) => arrival),
  };
}

/** Each origin once, however often its source is read. */
function distinctOrigins(origins: readonly (readonly Origin[])[]): readonly Origin[] {
  const all = new Map<string, Origin>();
  for (const list of origins) for (const origin of list) all.set(`${origin.source.id} ${origin.column}`, origin);
  return [...all.values()];
}
