import type { Column } from "../core/schema.ts";
import type { JoinNode } from "./plan.ts";
import { type Facts, lostAt, type ResolvedNode, type TimeFact, type WindowFact } from "./resolved.ts";
import { lengthOf } from "./window.ts";

/** How far the times that a join goes by may lag. */
export interface JoinTimes {
  readonly leftLagMs: number;
  readonly rightLagMs: number;
}

/** Which sides may be missing in a row, and are NULL then. */
function optionalSides({ type }: Pick<JoinNode, "type">): { readonly left: boolean; readonly right: boolean } {
  return { left: type === "right" || type === "full", right: type === "left" || type === "full" };
}

/** Whether the output is the left side's columns only. */
export function isNarrow({ type }: Pick<JoinNode, "type">): boolean {
  return type === "semi" || type === "anti";
}

/** The sides that every row of the output has columns of. */
function presentSides(node: JoinNode, left: ResolvedNode, right: ResolvedNode) {
  const optional = optionalSides(node);
  return [
    ...(optional.left ? [] : [{ side: "left", input: left } as const]),
    ...(optional.right || isNarrow(node) ? [] : [{ side: "right", input: right } as const]),
  ];
}

/** The columns of a join's output. */
export function outputOf(
  node: Pick<JoinNode, "type">,
  left: readonly Column[],
  right: readonly Column[],
): Column[] {
  const optional = optionalSides(node);
  const side = (columns: readonly Column[], missing: boolean) =>
    columns.map(({ name, type, nullable }) => ({ name, type, nullable: nullable || missing }));
  return [...side(left, optional.left), ...(isNarrow(node) ? [] : side(right, optional.right))];
}

/** Whether the join keys of a side tell its current rows apart. */
export function isUnique({ on }: JoinNode, input: ResolvedNode, side: "left" | "right"): boolean {
  return input.upsertKeys?.every((name) => on.some((pair) => pair[side] === name)) ?? false;
}

/** What holds behind a join, but for its columns. */
export function joinFacts(
  node: JoinNode,
  left: ResolvedNode,
  right: ResolvedNode,
  times: JoinTimes,
): Omit<Facts, "columns"> {
  const upsertKeys = keysOf(node, left, right), windows = windowsOf(node, left, right, times);
  const inWindow = (name: string) => windows.some(({ start, end, time }) => [start, end, time].includes(name));
  return {
    changes: changesOf(node, left, right),
    upsertKeys,
    keys: upsertKeys?.filter((name) => !inWindow(name)) ?? [],
    times: timesOf(node, left, right, times),
    windows,
    lost: isBounded(node) ? null : lostAt(`join ${node.id} has none, for its rows wait for others of any age`),
    origins: new Map(),
    arrival: false,
  };
}

function isBounded({ within, as_of, window }: JoinNode): boolean {
  return within !== undefined || as_of !== undefined || window !== undefined;
}

/** A row without a match is taken back when one comes, unless time says that none will. */
function changesOf(node: JoinNode, left: ResolvedNode, right: ResolvedNode): boolean {
  if (node.within || node.window) return false;
  if (node.as_of) return left.changes;
  const waits = node.type !== "inner" && node.type !== "semi";
  return left.changes || right.changes || waits;
}

function keysOf(node: JoinNode, left: ResolvedNode, right: ResolvedNode): readonly string[] | null {
  const { type } = node, a = left.upsertKeys, b = right.upsertKeys;
  if (isNarrow(node)) return a;
  // Each left row has one match at most: what tells left rows apart tells the output's apart.
  const one = node.as_of !== undefined || isUnique(node, right, "right");
  if (a !== null && one && (type === "inner" || type === "left")) return a;
  if (b !== null && isUnique(node, left, "left") && (type === "inner" || type === "right")) return b;
  if (a === null || b === null) return null;
  // A left row without a match is told from a right one by a key that is not NULL where there is a row.
  const told = type !== "full" ||
    [[left, a] as const, [right, b] as const].some(([{ columns }, keys]) =>
      columns.some(({ name, nullable }) => !nullable && keys.includes(name))
    );
  return told ? [...a, ...b] : null;
}

/** Rows that come out once the watermark has passed their time meet those behind when that one is at it: a step further back, they are not late. */
const PASSED_MS = 1;

/** Whether rows come out that met nobody, when nobody can come any more. */
function givesAlone({ type }: JoinNode): boolean {
  return type !== "inner" && type !== "semi";
}

/** The event times that a join keeps: those that its rows cannot be far behind. */
function timesOf(node: JoinNode, left: ResolvedNode, right: ResolvedNode, lags: JoinTimes): Map<string, TimeFact> {
  const { within, as_of, window } = node, times = new Map<string, TimeFact>();
  const worst = Math.max(lags.leftLagMs, lags.rightLagMs), present = presentSides(node, left, right);
  const keep = (input: ResolvedNode, name: string, lagMs: number) => {
    const fact = input.times.get(name);
    if (fact && present.some((side) => side.input === input)) times.set(name, { ...fact, lagMs });
  };
  if (within) {
    // Rows of either side wait until the watermark has passed the last time that one of the other may have. As in Flink
    // both times are as far behind as the side that waits longer, so that it does not matter which one windows go by.
    const waits = Math.max(0, within.upper_ms, -within.lower_ms) + (givesAlone(node) ? PASSED_MS : 0);
    keep(left, within.left, worst + waits);
    keep(right, within.right, worst + waits);
  } else if (as_of) {
    keep(left, as_of.left, worst + PASSED_MS);
  } else if (window) {
    for (const { side, input } of present) {
      const fact = input.windows.find(({ end }) => end === window[side]);
      if (fact?.time) keep(input, fact.time, worst);
      const length = fact && lengthOf(fact.window);
      for (const [name, { lagMs }] of input.times) {
        if (name !== fact?.time && typeof length === "number") keep(input, name, Math.max(worst, lagMs) + length);
      }
    }
  }
  return times;
}

/** Windows of the sides stay where all of their rows come out at their end. */
function windowsOf(node: JoinNode, left: ResolvedNode, right: ResolvedNode, lags: JoinTimes): readonly WindowFact[] {
  const { window } = node, worst = Math.max(lags.leftLagMs, lags.rightLagMs);
  if (node.as_of) return left.windows.map((one) => ({ ...one, lagMs: Math.max(one.lagMs, worst) + PASSED_MS }));
  if (!window) return [];
  return presentSides(node, left, right).flatMap(({ side, input }) => {
    const found = input.windows.find(({ end }) => end === window[side]);
    return found ? [{ ...found, lagMs: worst }] : [];
  });
}
