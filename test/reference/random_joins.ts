import type { JoinNode, JoinType } from "../../src/plan/plan.ts";
import { call, col } from "./nodes.ts";
import { type Flow, type Flows, type Step, together } from "./random_flow.ts";
import { condition, keyColumns, type Picks } from "./random_parts.ts";
import { windowed } from "./random_windows.ts";

interface Sides {
  readonly left: Flow;
  readonly right: Flow;
  /** A pair of columns of one type, if there is one. */
  readonly on: JoinNode["on"];
}

/** Two flows, or twice the same; the right one's columns have new names. */
function sidesOf(flows: Flows, picks: Picks, test: (flow: Flow, left?: Flow) => boolean): Sides | null {
  const left = flows.pick(picks, (flow) => test(flow)), other = left && flows.pick(picks, (flow) => test(flow, left));
  if (!left || !other) return null;
  const right = flows.renamed(other);
  const pairs = keyColumns(left.columns).flatMap((l) =>
    keyColumns(right.columns).filter(({ type }) => type === l.type).map((r) => ({ left: l.name, right: r.name }))
  );
  return { left, right, on: pairs.length === 0 ? [] : [picks.of(pairs)] };
}

/** A condition over columns of both sides. */
function across(picks: Picks, { left, right }: Sides) {
  const l = picks.of(left.columns), same = right.columns.filter(({ type }) => type === l.type);
  if (same.length === 0) return condition(picks, [...left.columns, ...right.columns], 2);
  return call(picks.of(["le", "ne", "gt"]), col(l.name), col(picks.of(same).name));
}

type Join = Pick<JoinNode, "type" | "on"> & Partial<JoinNode>;

type Facts = Pick<Flow, "time" | "changes" | "span"> & Partial<Flow>;

function push(flows: Flows, picks: Picks, sides: Sides, join: Join, facts: Facts): void {
  const { left, right } = sides,
    flow = { ...together(left, right), ...facts },
    leftOnly = join.type === "semi" || join.type === "anti";
  const where = picks.rarely() ? { where: across(picks, sides) } : {};
  const columns = leftOnly ? left.columns : [...left.columns, ...right.columns];
  const id = flows.fresh();
  flows.push({ id, op: "join", input: [left.id, right.id], ...where, ...join }, { ...flow, columns });
}

/** A join that no time bounds. */
export const regular = (...types: readonly JoinType[]): Step => (flows, picks) => {
  const sides = sidesOf(flows, picks, () => true);
  if (!sides || sides.on.length === 0) return;
  const { left, right, on } = sides, type = picks.of(types);
  const changes = type !== "inner" || left.changes || right.changes;
  const order = type === "inner" ? {} : { ordered: false };
  push(flows, picks, sides, { type, on }, { time: null, changes, span: null, ...order });
};

export const windowJoin: Step = (flows, picks) => {
  const inWindow = ({ span, changes }: Flow, left?: Flow) =>
    span !== null && !changes && span.window !== "" && (!left || left.span!.window === span.window);
  if (!flows.pick(picks, (flow) => inWindow(flow))) windowed("tumble")(flows, picks);
  const sides = sidesOf(flows, picks, inWindow);
  if (!sides) return;
  const { left, right } = sides, type = picks.of<JoinType>(["inner", "left", "right", "full", "semi", "anti"]);
  const on = [
    { left: left.span!.start, right: right.span!.start },
    { left: left.span!.end, right: right.span!.end },
    ...(picks.rarely() ? [] : sides.on),
  ];
  const window = { left: left.span!.end, right: right.span!.end };
  const span = type === "right" || type === "full" ? null : left.span;
  push(flows, picks, sides, { type, on, window }, { time: null, changes: false, span, ordered: false });
};

/** The rows of each window with its greatest or least number. */
export const bestRows: Step = (flows, picks) => {
  const inWindow = ({ span, changes }: Flow) => span !== null && !changes && span.window !== "";
  const flow = flows.pick(picks, inWindow), numbers = flow?.columns.filter(({ type }) => type === "int64") ?? [];
  if (!flow || numbers.length === 0) return;
  const { start, end } = flow.span!, { name } = picks.of(numbers), id = flows.fresh(), best = flows.fresh();
  const aggs = [{ fn: picks.of(["max", "min"] as const), arg: col(name), as: best }];
  const keys = flows.isWindow(flow) ? [] : [start, end];
  const columns = [...flow.columns.filter((own) => own.name === start || own.name === end), {
    name: best,
    type: "int64",
  }];
  const group = flows.push(
    { id, op: "aggregate", input: [flow.id], keys, aggs, two_phase: false },
    { columns, time: null, changes: false, span: flow.span, ordered: false, sources: flow.sources },
  );
  const right = flows.renamed(group), window = { left: end, right: right.span!.end };
  const on = [window, { left: start, right: right.span!.start }, { left: name, right: right.columns.at(-1)!.name }];
  const facts = { time: null, changes: false, span: flow.span, ordered: false };
  push(flows, picks, { left: flow, right, on }, { type: "inner", on, window }, facts);
};

export const intervalJoin: Step = (flows, picks) => {
  const sides = sidesOf(flows, picks, ({ time, changes }) => time !== null && !changes);
  if (!sides || sides.on.length === 0) return;
  const { left, right, on } = sides, type = picks.of<JoinType>(["inner", "left", "right", "full"]);
  const lower_ms = picks.of([-5, 0, -20, 3]), upper_ms = lower_ms + picks.of([5, 0, 20]);
  const within = { left: left.time!, right: right.time!, lower_ms, upper_ms };
  const time = type === "inner" ? left.time : null;
  const order = type === "inner" ? {} : { ordered: false };
  push(flows, picks, sides, { type, on, within }, { time, changes: false, span: null, ...order });
};

export const asOfJoin: Step = (flows, picks) => {
  // Of right rows of one time the last one is met: there has to be a last one.
  const timed = ({ time, changes, ordered }: Flow) => time !== null && !changes && ordered;
  const sides = sidesOf(flows, picks, timed);
  if (!sides || sides.on.length === 0) return;
  const { left, right, on } = sides, as_of = { left: left.time!, right: right.time!, kind: "asof" as const };
  const type = picks.of<JoinType>(["inner", "left"]);
  push(flows, picks, sides, { type, on, as_of }, { time: left.time, changes: false, span: null, ordered: false });
};
