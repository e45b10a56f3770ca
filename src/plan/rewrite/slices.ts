import { type Expression, isColumn } from "../../expr/mod.ts";
import { filteredArgument, isSliceAggregate } from "../aggregates.ts";
import {
  freeName,
  type LogicalAggregate,
  type LogicalAssign,
  type LogicalCall,
  type LogicalGroup,
  type LogicalNode,
  type LogicalProject,
  type LogicalSession,
  MADE,
} from "../logical.ts";
import { type ProjectColumn, WINDOW_END, WINDOW_START, WINDOW_TIME } from "../plan.ts";
import { type Names, outputColumns } from "./columns.ts";
import { isWithinBounds } from "./expressions.ts";
import { peelWindows, type WindowedBranch, windowPart } from "./peel.ts";

/** The window's last millisecond; an end has one, so that it is never NULL. */
const LAST: Expression = {
  call: "coalesce",
  args: [{ call: "sub", args: [{ column: WINDOW_END }, { literal: 1 }] }, { column: WINDOW_END }],
};

/**
 * Groups by window whose rows come right from what puts them in windows are done in one: over shared slices where the
 * kernel of slices knows window and calls, and within their sessions.
 */
export function fuseWindows(nodes: readonly LogicalNode[], sources: Names): LogicalNode[] {
  const names = outputColumns(nodes, sources), byId = new Map(nodes.map((node) => [node.id, node]));
  const above = sourcesAbove(nodes), renamed = new Map<string, string>();
  return nodes.flatMap((node): LogicalNode[] => {
    const inputs = node.inputs.map((id) => renamed.get(id) ?? id), same = [{ ...node, inputs }];
    if (node.op !== "group" || node.emit.mode !== "final" || node.emit.latenessMs > 0 || node.retracts) return same;
    const branches = peelWindows(node.inputs[0], byId, names);
    const fused = branches && fuse(node, branches, above.get(node.id)!.size === 1);
    if (!fused) return same;
    const front = fused.map((one) => ({ ...one, inputs: one.inputs.map((id) => renamed.get(id) ?? id) }));
    if (fused[fused.length - 1].id !== node.id) renamed.set(node.id, fused[fused.length - 1].id);
    return front;
  });
}

function sourcesAbove(nodes: readonly LogicalNode[]): Map<string, Set<string>> {
  const above = new Map<string, Set<string>>();
  for (const { op, id, inputs } of nodes) {
    above.set(id, new Set(op === "source" ? [id] : inputs.flatMap((input) => [...above.get(input)!])));
  }
  return above;
}

/** What a group's columns are where its rows are not in windows yet. */
interface Parts {
  /** By the name of a key the column of the window that it is. */
  readonly window: ReadonlyMap<string, string>;
  /** Names of the other keys. */
  readonly keys: readonly string[];
}

/** `alone`: all rows come from one source. */
function fuse(group: LogicalGroup, branches: readonly WindowedBranch[], alone: boolean): LogicalNode[] | null {
  const parts = partsOf(group, branches), [{ window }] = branches;
  if (!parts) return null;
  if (window.op === "assign") {
    const assigns = branches.map((branch) => branch.window);
    // Slices tell which rows are late by the running times of one source.
    const sliced = alone && window.lagMs === 0 && assigns.every((one) => isAlike(one, window));
    return sliced ? fuseSlices(group, branches, window, parts) : null;
  }
  const columns = branches[0].columns, found = parts.keys.map((name) => columns.get(name)!);
  const by = new Set(found.map((expr) => isColumn(expr) ? expr.column : null));
  if (branches.length > 1 || by.size !== window.keys.length || !window.keys.every((name) => by.has(name))) return null;
  return fuseSession(group, branches[0], window, parts);
}

function isAlike(one: WindowedBranch["window"], other: LogicalAssign): boolean {
  return one.op === "assign" && JSON.stringify(one.window) === JSON.stringify(other.window) &&
    (one.time === null) === (other.time === null) && one.lagMs === other.lagMs;
}

/** Null when a key is computed of the window, or when the keys lack its start or its end. */
function partsOf({ keys, emit }: LogicalGroup, branches: readonly WindowedBranch[]): Parts | null {
  const window = new Map<string, string>(), others: string[] = [];
  for (const key of keys) {
    const [part, ...rest] = branches.map(({ columns }) => windowPart(columns.get(key)!));
    if (part === undefined || rest.some((one) => one !== part)) return null;
    if (part === null) others.push(key);
    else window.set(key, part);
  }
  const has = new Set(window.values());
  const whole = has.has(WINDOW_START) && emit.end !== null && window.get(emit.end) === WINDOW_END;
  return whole ? { window, keys: others } : null;
}

/** The columns in front of a fused operator: for each branch a projection, unless the columns are there already. */
class Front {
  readonly #branches: readonly WindowedBranch[];
  /** For each branch the expressions of its columns. */
  readonly #columns: readonly ProjectColumn[][];
  readonly #names = new Map<string, string>();
  /** Columns have other names or values than in the branches' inputs. */
  changed: boolean;
  sound = true;

  constructor(branches: readonly WindowedBranch[]) {
    this.#branches = branches;
    this.#columns = branches.map(() => []);
    this.changed = branches.length > 1;
  }

  /** The column that holds what the branches' expressions are; `wanted` is the name that it gets if it has none. */
  add(expressions: readonly Expression[], wanted: string | null, reserved: readonly string[] = []): string {
    const text = JSON.stringify(expressions), known = this.#names.get(text);
    if (known !== undefined && (wanted === null || known === wanted)) return known;
    if (expressions.some((expr) => windowPart(expr) !== null || !isWithinBounds(expr))) this.sound = false;
    const [first] = expressions, taken = [...this.#columns[0].map(({ as }) => as), ...reserved];
    const own = wanted ?? (isColumn(first) ? first.column : `${MADE}${this.#computed()}`);
    const name = freeName(own, taken);
    this.#names.set(text, name);
    if (!isColumn(first) || first.column !== name) this.changed = true;
    expressions.forEach((expr, i) => this.#columns[i].push({ as: name, expr }));
    return name;
  }

  #computed(): number {
    return this.#columns[0].filter(({ expr }) => !isColumn(expr)).length;
  }

  /** The nodes that make the columns for node `id`, and what it reads then. */
  nodes(id: string, lagMs: number): { readonly nodes: LogicalNode[]; readonly input: string } {
    if (!this.changed) return { nodes: [], input: this.#branches[0].window.inputs[0] };
    const single = this.#branches.length === 1;
    const projects = this.#branches.map(({ window }, i): LogicalProject => ({
      op: "project",
      id: single ? `${id}${MADE}rows` : `${id}${MADE}rows${i + 1}`,
      inputs: window.inputs,
      lagMs,
      columns: this.#columns[i],
    }));
    if (single) return { nodes: projects, input: projects[0].id };
    const union = `${id}${MADE}rows`;
    return {
      nodes: [...projects, { op: "union", id: union, inputs: projects.map((one) => one.id), lagMs }],
      input: union,
    };
  }
}

function fuseSlices(
  group: LogicalGroup,
  branches: readonly WindowedBranch[],
  window: LogicalAssign,
  parts: Parts,
): LogicalNode[] | null {
  const { window: shape } = window, front = new Front(branches);
  if (shape.kind === "cumulate") return null;
  const of = (name: string) => branches.map(({ columns }) => columns.get(name)!);
  const made = [WINDOW_START, WINDOW_END, ...group.calls.map(({ as }) => as)];
  if (new Set(made).size < made.length) return null;
  const keys = parts.keys.map((name) => front.add(of(name), plainName(of(name), made) ?? name, made));
  const time = window.time === null ? null : front.add(branches.map((one) => ({ column: one.window.time! })), null);
  const calls: LogicalCall[] = [];
  for (const { fn, arg, params, distinct, filter, as, addsWide } of group.calls) {
    if (!isSliceAggregate(fn) || distinct || params.length > 0 || addsWide) return null;
    const values = arg === null ? branches.map(() => undefined) : of(arg);
    const filters = filter === null ? null : of(filter);
    const counted = filters ? filters.map((one, i) => filteredArgument(values[i], one)) : values;
    calls.push({ fn, arg: counted[0] === undefined ? null : front.add(counted as Expression[], null), as });
  }
  if (!front.sound) return null;
  const { nodes, input } = front.nodes(group.id, window.lagMs);
  const aggregate: LogicalAggregate = {
    op: "aggregate",
    id: group.id,
    inputs: [input],
    lagMs: window.lagMs,
    keys: [...new Set(keys)],
    calls,
    time,
    sizeMs: shape.sizeMs,
    slideMs: shape.kind === "hop" ? shape.slideMs : shape.sizeMs,
    offsetMs: shape.offsetMs,
    twoPhase: group.twoPhase,
  };
  return [...nodes, aggregate, ...restore(group, parts, keys)];
}

/** The name of a key in the input, where it is a column there whose name is free in the output. */
function plainName(expressions: readonly Expression[], made: readonly string[]): string | null {
  const [first] = expressions;
  if (expressions.length > 1 || !isColumn(first) || made.includes(first.column)) return null;
  return first.column;
}

function fuseSession(
  group: LogicalGroup,
  branch: WindowedBranch,
  window: LogicalSession,
  parts: Parts,
): LogicalNode[] | null {
  const front = new Front([branch]), of = (name: string) => [branch.columns.get(name)!];
  const made = [WINDOW_START, WINDOW_END, ...group.calls.map(({ as }) => as)];
  if (new Set(made).size < made.length) return null;
  const keys = parts.keys.map((name) => front.add(of(name), plainName(of(name), made) ?? name, made));
  const time = window.time === null ? null : front.add([{ column: window.time }], null);
  const calls = group.calls.map((call) => ({
    ...call,
    arg: call.arg === null ? null : front.add(of(call.arg), null),
    filter: call.filter === null ? null : front.add(of(call.filter), null),
  }));
  if (!front.sound) return null;
  const { nodes, input } = front.nodes(group.id, window.lagMs);
  const session: LogicalSession = { ...window, id: group.id, inputs: [input], keys: [...new Set(keys)], time, calls };
  return [...nodes, session, ...restore(group, parts, keys)];
}

/** The group's columns of those of a fused operator, where they are others or stand elsewhere. */
function restore(group: LogicalGroup, { window, keys }: Parts, inner: readonly string[]): LogicalNode[] {
  const columns = group.keys.map((as): ProjectColumn => {
    const part = window.get(as);
    if (part === WINDOW_TIME) return { as, expr: LAST };
    return { as, expr: { column: part ?? inner[keys.indexOf(as)] } };
  });
  const given = [WINDOW_START, WINDOW_END, ...inner];
  const same = columns.length === given.length &&
    columns.every(({ as, expr }, i) => isColumn(expr) && expr.column === given[i] && as === given[i]);
  if (same) return [];
  const all = [...columns, ...group.calls.map(({ as }) => ({ as, expr: { column: as } }))];
  return [{ op: "project", id: `${group.id}${MADE}keys`, inputs: [group.id], lagMs: group.lagMs, columns: all }];
}
