import { type Column, columnIndex, formatType } from "../core/schema.ts";
import { namedTime } from "./event_time.ts";
import type { PlacedNode } from "./graph.ts";
import type { JoinNode } from "./plan.ts";
import { index, type Problems } from "./problems.ts";
import { checkBool } from "./resolve_expression.ts";
import { joinFacts, type JoinTimes, outputOf } from "./join_facts.ts";
import { checkWidth } from "./resolve_rows.ts";
import { addUnknownColumn, type Facts, type ResolvedNode, type Resolving, type WindowFact } from "./resolved.ts";
import { formatWindow, sameWindow } from "./window.ts";

export function resolveJoin(
  placed: PlacedNode<JoinNode>,
  [left, right]: readonly ResolvedNode[],
  resolving: Resolving,
): Facts | null {
  const { node, path } = placed, { problems } = resolving, before = problems.count;
  checkOn(node, left.columns, right.columns, path, problems);
  const narrow = node.type === "semi" || node.type === "anti";
  if (!narrow || node.where) checkNames(left, right, path, problems);
  if (node.where && problems.count === before) {
    checkBool(node.where, [...left.columns, ...right.columns], `${path}.where`, problems);
  }
  checkOptions(node, path, problems);
  const times = timesOf(placed, left, right, resolving);
  if (!times || problems.count > before) return null;
  const columns = outputOf(node, left.columns, right.columns);
  checkWidth(columns, path, problems);
  return { ...joinFacts(node, left, right, times), columns };
}

function checkOn(
  { on }: JoinNode,
  left: readonly Column[],
  right: readonly Column[],
  path: string,
  problems: Problems,
): void {
  on.forEach((pair, i) => {
    const at = index(`${path}.on`, i), l = columnIndex(left, pair.left), r = columnIndex(right, pair.right);
    if (l < 0) addUnknownColumn(pair.left, left, `${at}.left`, problems);
    if (r < 0) addUnknownColumn(pair.right, right, `${at}.right`, problems);
    if (l < 0 || r < 0) return;
    const a = left[l].type, b = right[r].type;
    if (a.kind === b.kind && a.scale === b.scale) return;
    const reason = `Cannot compare ${pair.left}, which is ${formatType(a)}, with ${pair.right}, which is ${
      formatType(b)
    }`;
    problems.add(at, reason, "Cast one of them in a projection before the join");
  });
}

function checkNames(left: ResolvedNode, right: ResolvedNode, path: string, problems: Problems): void {
  const names = new Set(left.columns.map(({ name }) => name));
  const both = right.columns.filter(({ name }) => names.has(name)).map(({ name }) => JSON.stringify(name));
  if (both.length === 0) return;
  const reason = `Both sides have ${both.length === 1 ? "a column" : "columns"} ${both.slice(0, 10).join(", ")}`;
  problems.add(`${path}.input[1]`, reason, `Rename them by a projection between ${right.node.id} and this join`);
}

function checkOptions(
  { type, within, as_of, window, ttl_ms, null_aware, on }: JoinNode,
  path: string,
  problems: Problems,
) {
  const bounds = Object.entries({ within, as_of, window }).flatMap(([name, value]) =>
    value === undefined ? [] : [name]
  );
  if (bounds.length > 1) {
    problems.add(
      `${path}.${bounds[1]}`,
      `The join has ${bounds[0]} already`,
      "One of them says how time bounds the join",
    );
  }
  if (ttl_ms !== undefined && bounds.length > 0) {
    problems.add(`${path}.ttl_ms`, `State is bounded by ${bounds[0]}`, "Leave it out");
  }
  if (null_aware && type !== "anti") {
    problems.add(`${path}.null_aware`, `NULL has no meaning of its own in a join of type ${type}`, "Use it with anti");
  } else if (null_aware && (on.length !== 1 || bounds.length > 0)) {
    problems.add(`${path}.null_aware`, "NOT IN compares one column, and no time bounds it", "Use one pair in on");
  }
  if (within && within.lower_ms > within.upper_ms) {
    const reason = `Expected at most upper_ms (${within.upper_ms}), got ${within.lower_ms}: no row could match`;
    problems.add(`${path}.within.lower_ms`, reason);
  }
  if (as_of && type !== "inner" && type !== "left") {
    problems.add(`${path}.type`, `A join with the newest row before it is inner or left, not ${type}`);
  }
}

/** What the join goes by, with the lag of both sides; null with problems. */
function timesOf(
  { node, path }: PlacedNode<JoinNode>,
  left: ResolvedNode,
  right: ResolvedNode,
  resolving: Resolving,
): JoinTimes | null {
  const { within, as_of, window } = node, { problems } = resolving, bound = within ?? as_of;
  if (window) return windowsOf(node, left, right, path, problems);
  if (!bound) return { leftLagMs: 0, rightLagMs: 0 };
  const at = `${path}.${within ? "within" : "as_of"}`;
  const a = namedTime(left, bound.left, `${at}.left`, resolving);
  const b = namedTime(right, bound.right, `${at}.right`, resolving);
  if (within) {
    refuseChanges(left, `${path}.input[0]`, "An interval join", problems);
    refuseChanges(right, `${path}.input[1]`, "An interval join", problems);
  } else if (as_of?.kind === "asof") {
    refuseChanges(right, `${path}.input[1]`, "The right side of an asof join", problems);
  } else if (as_of) {
    checkVersions(node, right, path, problems);
  }
  return a && b && { leftLagMs: a.lagMs, rightLagMs: b.lagMs };
}

function refuseChanges(input: ResolvedNode, path: string, who: string, problems: Problems): void {
  if (!input.changes) return;
  const reason = `${who} takes rows that are only inserted, and those of ${input.node.id} may be taken back`;
  problems.add(path, reason, "Join before what makes changes, or without within and as_of");
}

/** A temporal join finds the version of a row by the keys of `on`, which must have the row's key. */
function checkVersions({ on }: JoinNode, right: ResolvedNode, path: string, problems: Problems): void {
  const keys = right.upsertKeys, at = `${path}.input[1]`;
  if (keys === null || keys.length === 0) {
    const reason = `Cannot join versions of ${right.node.id}: nothing tells its rows apart`;
    problems.add(
      at,
      reason,
      'Give its source "primary_key", keep the last row of each key by a rank, or use "kind": "asof"',
    );
    return;
  }
  const missing = keys.filter((name) => !on.some((pair) => pair.right === name));
  if (missing.length > 0) {
    const reason = `The key of ${right.node.id} is ${keys.join(", ")}, and on lacks ${missing.join(", ")}`;
    problems.add(`${path}.on`, reason, "Compare every column of the key");
  }
}

function windowsOf(
  { window, on }: JoinNode,
  left: ResolvedNode,
  right: ResolvedNode,
  path: string,
  problems: Problems,
): JoinTimes | null {
  const find = (side: "left" | "right", input: ResolvedNode): WindowFact | null => {
    const name = window![side], found = input.windows.find(({ end }) => end === name) ?? null;
    if (found) return found;
    if (columnIndex(input.columns, name) < 0) addUnknownColumn(name, input.columns, `${path}.window.${side}`, problems);
    else {
      const reason = `Column ${name} of ${input.node.id} is not the end of a window`;
      problems.add(`${path}.window.${side}`, reason, "Put a window node before the join and name its window_end");
    }
    return null;
  };
  const a = find("left", left), b = find("right", right);
  if (!a || !b) return null;
  if (!sameWindow(a.window, b.window)) {
    const reason = `Cannot join rows of a ${formatWindow(a.window)} with rows of a ${formatWindow(b.window)}`;
    problems.add(`${path}.window`, reason, "Use equal windows of a fixed size on both sides");
  }
  const paired = (l: string | null, r: string | null) => on.some(({ left, right }) => left === l && right === r);
  if (!paired(a.start, b.start) || !paired(a.end, b.end)) {
    const reason = "A window join compares window_start and window_end of both sides";
    problems.add(`${path}.on`, reason, "Add both pairs");
  }
  return { leftLagMs: a.lagMs, rightLagMs: b.lagMs };
}
