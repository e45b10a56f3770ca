import { type Column, columnIndex, INT64 } from "../core/schema.ts";
import type { PlacedNode } from "./graph.ts";
import { type AggregateNode, WINDOW_END, WINDOW_START, WINDOW_TIME } from "./plan.ts";
import { index, type Problems } from "./problems.ts";
import { resolveCall } from "./resolve_call.ts";
import {
  addUnknownColumn,
  type Facts,
  lostAt,
  type LostTime,
  plainFacts,
  type ResolvedNode,
  type Resolving,
  type WindowFact,
} from "./resolved.ts";

/** The window that an aggregate is by, and all its keys in the order in which they come out. */
export interface AggregateKeys {
  readonly window: WindowFact | null;
  readonly keys: readonly string[];
}

/** Behind a window node the window's columns are keys that stand in front; else a window's columns that are all keys. */
export function keysOf({ keys }: AggregateNode, input: ResolvedNode): AggregateKeys {
  if (input.node.op === "window") {
    const window = input.windows[0], front = [WINDOW_START, WINDOW_END, WINDOW_TIME];
    const first = front.filter((name) => name !== WINDOW_TIME || keys.includes(name));
    return { window, keys: [...first, ...keys.filter((name) => !front.includes(name))] };
  }
  const has = (name: string | null) => name !== null && keys.includes(name);
  return { window: input.windows.find(({ start, end }) => has(start) && has(end)) ?? null, keys };
}

export function resolveAggregate(
  { node, path }: PlacedNode<AggregateNode>,
  input: ResolvedNode,
  resolving: Resolving,
): Facts & { readonly window: WindowFact | null } {
  const { problems } = resolving, { window, keys } = keysOf(node, input);
  const columns: Column[] = [];
  const add = (column: Column, at: string) => {
    if (columnIndex(columns, column.name) < 0) columns.push(column);
    else problems.add(at, `Column ${JSON.stringify(column.name)} is named twice in the output`, OUTPUT_HINT);
  };
  checkKeys(node, input.columns, path, problems);
  checkSets(node, input.node.op === "window" ? null : window, path, problems);
  for (const name of keys) {
    const found = columnIndex(input.columns, name), column = input.columns[found];
    if (found >= 0) columns.push({ ...column, nullable: column.nullable || !inAllSets(node, input, name) });
  }
  if (node.grouping !== undefined) add({ name: node.grouping, type: INT64, nullable: false }, `${path}.grouping`);
  const over = { columns: input.columns, changes: input.changes, whole: keys.length === 0 };
  node.aggs.forEach((call, i) => {
    const at = index(`${path}.aggs`, i), column = resolveCall(call, over, at, resolving);
    if (column) add(column, `${at}.as`);
  });
  if (columns.length === 0 && node.keys.length === 0) {
    problems.add(
      `${path}.aggs`,
      "An aggregate without keys needs something to aggregate",
      'Add {"fn":"count","as":"n"}',
    );
  }
  checkEmit(node, window, path, problems);
  return { ...factsOf(node, input, { window, keys }, columns), window };
}

const OUTPUT_HINT = "An aggregate gives its window's columns, its keys and its aggs, each once";

function checkKeys({ keys }: AggregateNode, columns: readonly Column[], path: string, problems: Problems): void {
  keys.forEach((name, i) => {
    const at = index(`${path}.keys`, i);
    if (columnIndex(columns, name) < 0) addUnknownColumn(name, columns, at, problems);
    else if (keys.indexOf(name) < i) {
      problems.add(at, `Column ${JSON.stringify(name)} is named twice in the output`, OUTPUT_HINT);
    }
  });
}

/** `window`: the one whose columns are among the keys by the author's hand. */
function checkSets(
  { keys, sets = [] }: AggregateNode,
  window: WindowFact | null,
  path: string,
  problems: Problems,
): void {
  const seen = new Map<string, number>();
  sets.forEach((set, i) => {
    const at = index(`${path}.sets`, i), text = JSON.stringify([...new Set(set)].sort()), first = seen.get(text);
    for (const [j, name] of set.entries()) {
      if (!keys.includes(name)) {
        problems.add(index(at, j), `Column ${JSON.stringify(name)} is not among the keys`, `Keys: ${keys.join(", ")}`);
      }
    }
    if (first !== undefined) problems.add(at, `The set is there twice`, `It is ${index("sets", first)} too`);
    else seen.set(text, i);
    for (const name of window === null ? [] : [window.start!, window.end!]) {
      if (!set.includes(name)) {
        problems.add(at, `The set lacks ${name}: sets by window have the window's columns`, `Add ${name} to it`);
      }
    }
  });
}

/** Whether a key has its value in every grouping set; a window's columns behind its node are in all. */
export function inAllSets({ sets }: AggregateNode, input: ResolvedNode, name: string): boolean {
  const implied = input.node.op === "window" && [WINDOW_START, WINDOW_END, WINDOW_TIME].includes(name);
  return implied || !sets || sets.every((set) => set.includes(name));
}

function checkEmit(
  { emit, lateness_ms, ttl_ms }: AggregateNode,
  window: WindowFact | null,
  path: string,
  problems: Problems,
): void {
  if (emit?.mode === "final" && !window) {
    const reason = "Final results need a window: without one a group may always get another row";
    problems.add(`${path}.emit`, reason, 'Aggregate by window, or use {"mode":"changes"}');
  }
  if (lateness_ms && (!window || (emit && emit.mode !== "final"))) {
    const reason = window ? "Late rows have no meaning where results come at once" : "Late rows need a window";
    problems.add(`${path}.lateness_ms`, reason, "Leave it out");
  }
  if (ttl_ms !== undefined && window) {
    problems.add(`${path}.ttl_ms`, "Groups by window are forgotten with their window", "Leave it out");
  }
}

function factsOf(node: AggregateNode, input: ResolvedNode, { window, keys }: AggregateKeys, columns: Column[]): Facts {
  const { sets = [], grouping, aggs, emit, lateness_ms = 0 } = node;
  const final = window !== null && (emit === undefined || emit.mode === "final");
  // A group that nothing is counted of comes once and stays as long as it has rows.
  const changes = final ? lateness_ms > 0 : aggs.length > 0 || input.changes;
  // Keys that are NULL because they are not in the set do not tell the sets apart.
  const mixed = sets.length > 1 && grouping === undefined;
  const told = grouping === undefined || sets.length < 2 ? keys : [...keys, grouping];
  const timed = window && window.time !== null && keys.includes(window.time) ? input.times.get(window.time) : undefined;
  const lagMs = (timed?.lagMs ?? 0) + lateness_ms;
  const isKey = (name: string | null) => name !== null && keys.includes(name) ? name : null;
  return {
    ...plainFacts(columns, timed ? null : lostIn(node, window)),
    changes,
    upsertKeys: mixed ? null : told,
    keys: mixed ? [] : told.filter((name) => !window || ![window.start, window.end, window.time].includes(name)),
    times: new Map(timed ? [[window!.time!, { ...timed, lagMs }]] : []),
    windows: window
      ? [{
        ...window,
        start: isKey(window.start),
        end: isKey(window.end),
        time: isKey(window.time),
        lagMs: window.lagMs + lateness_ms,
      }]
      : [],
  };
}

function lostIn({ id }: AggregateNode, window: WindowFact | null): LostTime {
  if (!window) return lostAt(`aggregate ${id} has none, for its groups are not by window`);
  const name = window.time ?? WINDOW_TIME;
  return { reason: `aggregate ${id} gives no ${name}`, hint: `Add ${JSON.stringify(name)} to its keys` };
}
