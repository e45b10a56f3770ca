import { columnIndex } from "../core/schema.ts";
import { inheritedTime, namedTime, originName } from "./event_time.ts";
import type { PlacedNode } from "./graph.ts";
import { WINDOW_END, WINDOW_START, WINDOW_TIME, type WindowNode } from "./plan.ts";
import { index } from "./problems.ts";
import { checkWidth } from "./resolve_rows.ts";
import {
  addUnknownColumn,
  type Facts,
  type ResolvedNode,
  type Resolving,
  type TimeFact,
  type WindowFact,
} from "./resolved.ts";
import { checkWindow, WINDOW_COLUMNS } from "./window.ts";

const isWindowColumn = (name: string) => WINDOW_COLUMNS.some((column) => column.name === name);

/** Rows in windows: the input's columns, but for those that the window's hide, and the window's. */
export function resolveWindow(
  { node, path }: PlacedNode<WindowNode>,
  input: ResolvedNode,
  resolving: Resolving,
): Facts & { readonly time: string | null } | null {
  const { window } = node, { problems } = resolving, here = `${path}.window`;
  checkWindow(window, here, problems);
  if (window.kind === "session") {
    window.keys.forEach((name, i) => {
      const at = index(`${here}.keys`, i);
      if (columnIndex(input.columns, name) < 0) addUnknownColumn(name, input.columns, at, problems);
      else if (window.keys.indexOf(name) < i) problems.add(at, `Column ${JSON.stringify(name)} is named twice`);
    });
  }
  const columns = [...input.columns.filter(({ name }) => !isWindowColumn(name)), ...WINDOW_COLUMNS];
  checkWidth(columns, here, problems);
  const found = timeOf(node, input, here, resolving);
  if (!found) return null;
  const { column, fact } = found, own: TimeFact = { lagMs: fact.lagMs, origin: originName(node.id, WINDOW_TIME) };
  const fixed = window.kind !== "session", stays = ([name]: readonly [string, unknown]) => !isWindowColumn(name);
  // Rows of a session come when it has ended, which may be any time after their own.
  const times = new Map([...(fixed ? input.times : [])].filter(stays)).set(WINDOW_TIME, own);
  const nearest: WindowFact = {
    node: node.id,
    of: fact.origin,
    window,
    start: WINDOW_START,
    end: WINDOW_END,
    time: WINDOW_TIME,
    lagMs: fact.lagMs,
  };
  const facts: Facts = {
    columns,
    // What is taken back before its session has ended never comes out of it.
    changes: fixed && input.changes,
    upsertKeys: keysIn(input.upsertKeys, window.kind === "hop" || window.kind === "cumulate"),
    keys: keysIn(input.keys, false) ?? [],
    times,
    windows: [nearest, ...input.windows.map(visiblePart)].filter(({ start, end, time }) => start ?? end ?? time),
    lost: null,
    origins: new Map([...(fixed ? input.origins : [])].filter(stays)),
    arrival: false,
  };
  return { ...facts, time: column };
}

function timeOf({ window }: WindowNode, input: ResolvedNode, path: string, resolving: Resolving) {
  if (window.time === undefined) return inheritedTime(input, path, resolving);
  const fact = namedTime(input, window.time, `${path}.time`, resolving);
  return fact && { column: window.time, fact };
}

/** What tells rows apart once each may be in several windows; null when a column of it is hidden. */
function keysIn(keys: readonly string[] | null, several: boolean): readonly string[] | null {
  if (keys === null || keys.some(isWindowColumn)) return null;
  return several ? [...keys, WINDOW_START, WINDOW_END] : keys;
}

function visiblePart({ start, end, time, ...rest }: WindowFact): WindowFact {
  const visible = (name: string | null) => name === null || isWindowColumn(name) ? null : name;
  return { ...rest, start: visible(start), end: visible(end), time: visible(time) };
}
