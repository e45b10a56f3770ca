import type { JoinNode } from "../../plan/mod.ts";
import { nameIn, type Relation } from "./column.ts";
import type { Context } from "./context.ts";
import { isTimeOf, type JoinRequest, type KeyPair } from "./join.ts";
import { columnOf } from "./nodes.ts";
import { intersection, type TimeBound, timeBound } from "./time_bounds.ts";
import type { Value } from "./value.ts";

export type TimeMode = "regular" | "window" | "interval" | "temporal" | "asof";

/** How time bounds a join, with the conditions that are left when that is said. */
export interface JoinTime {
  readonly mode: TimeMode;
  readonly pairs: readonly KeyPair[];
  readonly rest: readonly Value[];
  /** Columns that stay event time, by their ids, if their side has a part in every row. */
  readonly times: readonly string[];
  /** The member of the node, by the names that its sides have in the end. */
  readonly member: (left: Relation, right: Relation) => Pick<JoinNode, "within" | "as_of" | "window">;
}

/** Finds how time bounds a join; null with a problem. */
export function joinTime(
  request: JoinRequest,
  pairs: readonly KeyPair[],
  rest: readonly Value[],
  context: Context,
): JoinTime | null {
  if (request.asOf?.kind === "temporal") return temporal(request, request.asOf.time, pairs, rest, context);
  if (request.asOf?.kind === "asof") return asOf(request, pairs, rest, context);
  return windowed(request, pairs, rest) ?? interval(request, pairs, rest) ??
    { mode: "regular", pairs, rest, times: [], member: () => ({}) };
}

/** Both sides are in windows of one kind, whose starts and ends are equal. */
function windowed({ left, right }: JoinRequest, pairs: readonly KeyPair[], rest: readonly Value[]): JoinTime | null {
  const ends = pairs.map((pair) => {
    const a = columnOf(left, pair.left), b = columnOf(right, pair.right);
    const l = a && left.windows.get(a.column.id), r = b && right.windows.get(b.column.id);
    // Sessions are never the same: they depend on the rows.
    const isFixed = l && !l.window.includes('"session"');
    return l && r && isFixed && l.part === r.part && l.window === r.window ? { part: l.part, left: a, right: b } : null;
  });
  const end = ends.find((one) => one?.part === "end");
  if (!end || !ends.some((one) => one?.part === "start")) return null;
  const member = (leftSide: Relation, rightSide: Relation) => ({
    window: { left: nameIn(leftSide, end.left.column.id)!, right: nameIn(rightSide, end.right.column.id)! },
  });
  return { mode: "window", pairs, rest, times: [...left.times, ...right.times], member };
}

/** Event times of both sides are bound to each other from below and from above. */
function interval({ left, right }: JoinRequest, pairs: readonly KeyPair[], rest: readonly Value[]): JoinTime | null {
  const all = [...pairs.filter(({ nulls }) => !nulls).map(({ condition }) => condition), ...rest];
  const found = all.map((condition) => ({ condition, bound: timeBound(condition.expr, left.times, right.times) }));
  let chosen: TimeBound | null = null;
  for (const { bound } of found) {
    if (bound === null) continue;
    const same = found.flatMap((other) => other.bound ?? []).filter((other) => intersection(bound, other) !== null);
    const both: TimeBound = same.reduce((a, b) => intersection(a, b)!);
    if (both.lower === null || both.upper === null) continue;
    chosen = both;
    break;
  }
  if (chosen === null) return null;
  const { left: leftTime, right: rightTime, lower, upper } = chosen;
  const used = new Set(
    found.filter(({ bound }) => bound?.exact && intersection(bound, chosen)).map(({ condition }) => condition),
  );
  const member = (leftSide: Relation, rightSide: Relation) => ({
    within: {
      left: nameIn(leftSide, leftTime)!,
      right: nameIn(rightSide, rightTime)!,
      lower_ms: lower!,
      upper_ms: upper!,
    },
  });
  return {
    mode: "interval",
    pairs: pairs.filter(({ condition }) => !used.has(condition)),
    rest: rest.filter((condition) => !used.has(condition)),
    times: [leftTime, rightTime],
    member,
  };
}

function temporal(
  { left, right, at, type }: JoinRequest,
  time: Value,
  pairs: readonly KeyPair[],
  rest: readonly Value[],
  { report }: Context,
): JoinTime | null {
  if (type !== "inner" && type !== "left") {
    return report.add(
      at,
      "A join FOR SYSTEM_TIME AS OF is an inner or a left join",
      "Put the versioned table on the right",
    );
  }
  if (!isTimeOf(left, time)) {
    const hint = "Name the column of event time of the left side: FOR SYSTEM_TIME AS OF a.ts";
    return report.add(time.at, "This is no event time of the left side", hint);
  }
  const version = right.columns.find(({ column }) => right.times.has(column.id));
  if (version === undefined) {
    const hint = "Declare it with WATERMARK FOR in CREATE TABLE, and a PRIMARY KEY";
    return report.add(at, "The versioned table has no event time that says since when a version holds", hint);
  }
  const leftTime = columnOf(left, time)!;
  const member = (leftSide: Relation, rightSide: Relation) => ({
    as_of: {
      left: nameIn(leftSide, leftTime.column.id)!,
      right: nameIn(rightSide, version.column.id)!,
      // Rows that take none back are all versions: the newest one is what holds.
      kind: right.changes ? "temporal" as const : "asof" as const,
    },
  });
  return { mode: right.changes ? "temporal" : "asof", pairs, rest, times: [leftTime.column.id], member };
}

/** ASOF JOIN: one of its conditions says `left.time >= right.time`. */
function asOf(
  { left, right, at, type }: JoinRequest,
  pairs: readonly KeyPair[],
  rest: readonly Value[],
  { report }: Context,
): JoinTime | null {
  if (type !== "inner" && type !== "left") return report.add(at, "An ASOF join is an inner or a left join");
  const found = rest.map((condition) => ({ condition, bound: timeBound(condition.expr, left.times, right.times) }))
    .find(({ bound }) => bound !== null && bound.lower === null);
  if (!found) {
    const hint = "Write ON a.key = b.key AND a.ts >= b.ts with the event times of both sides";
    return report.add(at, "An ASOF join needs a condition between event times", hint);
  }
  const { left: leftTime, right: rightTime, upper } = found.bound!;
  if (upper !== 0) {
    return report.add(found.condition.at, "An ASOF join takes the newest row that is not later", "Write a.ts >= b.ts");
  }
  const member = (leftSide: Relation, rightSide: Relation) => ({
    as_of: { left: nameIn(leftSide, leftTime)!, right: nameIn(rightSide, rightTime)!, kind: "asof" as const },
  });
  const others = rest.filter((condition) => condition !== found.condition);
  return { mode: "asof", pairs, rest: others, times: [leftTime], member };
}
