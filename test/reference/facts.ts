import type { Column } from "../../src/core/schema.ts";
import type { JoinNode, OverNode, PlanNode, ProjectNode, RankNode, Window, WindowNode } from "../../src/plan/plan.ts";

/** Columns that are the start and the end of a window, and its time if that is a column too. */
export interface WindowSpan {
  readonly start: string;
  readonly end: string;
  readonly time: string | null;
  /** How far windows may be over behind the watermark. */
  readonly lagMs: number;
  /** Null: without bound. */
  readonly lengthMs: number | null;
}

/** What a node's output is known to be. */
export interface Facts {
  readonly columns: readonly Column[];
  /** The column of event time that is meant where none is named, null for none. */
  readonly time: string | null;
  /** By column of event time, how far it may be behind the watermark. */
  readonly lags: ReadonlyMap<string, number>;
  readonly spans: readonly WindowSpan[];
  readonly sources: readonly string[];
}

/** The window that is among the keys of an aggregate, or null. */
export function spanOf(keys: readonly string[], { spans }: Facts): WindowSpan | null {
  return spans.find(({ start, end }) => keys.includes(start) && keys.includes(end)) ?? null;
}

/** What comes out once the watermark has passed its time may meet one that is at it. */
const PASSED_MS = 1;

/** How far a node goes by the watermark of its sources from behind. `windowBefore`: of an aggregate that is made with its window, and reads what that reads. */
export function lagOf(node: PlanNode, inputs: readonly Facts[], windowBefore: WindowNode | null): number {
  const [first] = inputs, greatest = Math.max(0, ...inputs.flatMap(({ lags }) => [...lags.values()]));
  if (windowBefore) return windowBehind(windowBefore, first).lagMs;
  switch (node.op) {
    case "window":
      return windowBehind(node, first).lagMs;
    case "aggregate":
      return spanOf(node.keys, first)?.lagMs ?? greatest;
    case "join":
      return node.within || node.as_of || node.window ? worstLag(node, inputs) : greatest;
    case "rank":
      return endingAt(first, node.window_end)?.lagMs ?? greatest;
    case "over":
      return node.time === undefined ? greatest : lagAt(first, node.time);
    default:
      return greatest;
  }
}

/** What the facts of the inputs are behind the node, whose columns are known. */
export function factsBehind(
  node: PlanNode,
  columns: readonly Column[],
  inputs: readonly Facts[],
  windowBefore: WindowNode | null,
): Facts {
  const sources = [...new Set(inputs.flatMap(({ sources }) => sources))], [first] = inputs;
  const behind = timesBehind(node, inputs, windowBefore),
    has = (name: string | null) => columns.some((column) => column.name === name);
  const lags = new Map([...behind.lags].filter(([name]) => has(name)));
  const spans = behind.spans.filter(({ start, end }) => has(start) && has(end))
    .map((span) => ({ ...span, time: has(span.time) ? span.time : null }));
  const named = behind.time === undefined ? first.time : behind.time;
  return { columns, sources, lags, spans, time: named !== null && lags.has(named) ? named : null };
}

/** `time`: absent: that of the first input. */
type Times = Pick<Facts, "lags" | "spans"> & { readonly time?: string | null };

function timesBehind(node: PlanNode, inputs: readonly Facts[], windowBefore: WindowNode | null): Times {
  const [first] = inputs;
  switch (node.op) {
    case "project":
      return renamed(node, first);
    case "union":
      return together(inputs);
    case "window": {
      const span = windowBehind(node, first), own = ["window_time", span.lagMs] as const;
      if (node.window.kind === "session") return { lags: new Map([own]), spans: [span], time: "window_time" };
      return { lags: new Map([...first.lags, own]), spans: [span] };
    }
    case "aggregate": {
      const span = windowBefore ? windowBehind(windowBefore, first) : spanOf(node.keys, first);
      if (!span) return { lags: new Map(), spans: [], time: null };
      const lagMs = span.lagMs + (node.lateness_ms ?? 0),
        lags = new Map(span.time === null ? [] : [[span.time, lagMs]]);
      return { lags, spans: [{ ...span, lagMs }], time: span.time };
    }
    case "join":
      return joined(node, inputs);
    case "rank":
      return ranked(node, first);
    case "over":
      return node.time === undefined ? first : passed(node, first);
    default:
      return first;
  }
}

function lagAt({ lags }: Facts, name: string | null): number {
  return name === null ? 0 : lags.get(name) ?? 0;
}

function lengthOf(window: Window): number | null {
  return window.kind === "session" ? window.max_ms ?? null : window.size_ms;
}

function windowBehind({ window }: WindowNode, input: Facts): WindowSpan {
  const lagMs = lagAt(input, window.time ?? input.time), lengthMs = lengthOf(window);
  return { start: "window_start", end: "window_end", time: "window_time", lagMs, lengthMs };
}

function endingAt({ spans }: Facts, end: string | undefined): WindowSpan | undefined {
  return spans.find((span) => span.end === end);
}

/** Times of rows that come when their window is over: the window's own is at the watermark, another may be as far behind as the window is long. */
function untilEnd({ lags }: Facts, { time, lengthMs }: WindowSpan, lagMs: number): (readonly [string, number])[] {
  return [...lags].flatMap(([name, own]): (readonly [string, number])[] => {
    if (name === time) return [[name, lagMs]];
    return lengthMs === null ? [] : [[name, Math.max(own, lagMs) + lengthMs]];
  });
}

function worstLag({ within, as_of, window }: JoinNode, inputs: readonly Facts[]): number {
  const lags = (["left", "right"] as const).map((side, i) => {
    if (window) return endingAt(inputs[i], window[side])?.lagMs ?? 0;
    return lagAt(inputs[i], (within ?? as_of)![side]);
  });
  return Math.max(...lags);
}

function joined(node: JoinNode, inputs: readonly Facts[]): Times {
  const { type, within, as_of, window } = node, [left] = inputs;
  if (!within && !as_of && !window) return { lags: new Map(), spans: [], time: null };
  const worst = worstLag(node, inputs), isNarrow = type === "semi" || type === "anti";
  if (as_of) {
    const spans = left.spans.map((span) => ({ ...span, lagMs: Math.max(span.lagMs, worst) + PASSED_MS }));
    return { lags: new Map([[as_of.left, worst + PASSED_MS]]), spans, time: as_of.left };
  }
  // Event time is that of sides that are in every row.
  const sides = [
    ...(type === "right" || type === "full" ? [] : [{ side: "left", input: inputs[0] } as const]),
    ...(type === "left" || type === "full" || isNarrow ? [] : [{ side: "right", input: inputs[1] } as const]),
  ];
  if (within) {
    const alone = type === "inner" || type === "semi" ? 0 : PASSED_MS;
    const lagMs = worst + Math.max(within.upper_ms, -within.lower_ms, 0) + alone;
    const times = sides.map(({ side }) => within[side]);
    return { lags: new Map(times.map((name) => [name, lagMs])), spans: [], time: times[0] ?? null };
  }
  const found = sides.flatMap(({ side, input }) => {
    const span = endingAt(input, window![side]);
    return span ? [{ input, span }] : [];
  });
  return {
    lags: new Map(found.flatMap(({ input, span }) => untilEnd(input, span, worst))),
    spans: found.map(({ span }) => ({ ...span, lagMs: worst })),
  };
}

/** Behind a rank that has no window rows of any age may come, but for the newest or oldest row of each key by a time. */
function ranked({ window_end, order, from, to, fn = "row_number" }: RankNode, input: Facts): Times {
  const span = endingAt(input, window_end);
  if (span) return { lags: new Map(untilEnd(input, span, span.lagMs)), spans: [span] };
  if (order.length === 0) return input;
  const [{ column }] = order, isOne = from === 1 && to === 1 && fn === "row_number";
  return { lags: new Map(isOne ? [...input.lags].filter(([name]) => name === column) : []), spans: [], time: column };
}

/** Rows that wait until the watermark has passed their time: others of them may be far behind by then. */
function passed({ time }: OverNode, input: Facts): Times {
  const ends = input.spans.map((span) => span.time);
  return { ...input, lags: new Map([...input.lags].filter(([name]) => name === time || ends.includes(name))), time };
}

/** What holds in all inputs, by the names of the first. */
function together(inputs: readonly Facts[]): Times {
  const [first, ...rest] = inputs, place = (name: string | null) => first.columns.findIndex((one) => one.name === name);
  const nameIn = ({ columns }: Facts, name: string | null) => columns[place(name)]?.name ?? null;
  const lags = [...first.lags].flatMap(([name, lagMs]): (readonly [string, number])[] => {
    const others = rest.map((input) => input.lags.get(nameIn(input, name)!));
    return others.includes(undefined) ? [] : [[name, Math.max(lagMs, ...others.map((other) => other!))]];
  });
  const spans = first.spans.flatMap((span) => {
    const others = rest.map((input) => {
      const { start, end } = span;
      return input.spans.find((one) => one.start === nameIn(input, start) && one.end === nameIn(input, end));
    });
    return others.includes(undefined)
      ? []
      : [{ ...span, lagMs: Math.max(span.lagMs, ...others.map((other) => other!.lagMs)) }];
  });
  return { lags: new Map(lags), spans };
}

/** Times and windows behind a projection: as far as their columns are passed on. */
function renamed({ columns, keep }: ProjectNode, { time, lags, spans }: Facts): Times {
  const nameOf = (name: string | null): string | null => {
    if (name === null) return null;
    const passed = columns.find(({ expr }) => "column" in expr && expr.column === name)?.as;
    return passed ?? (keep && !columns.some(({ as }) => as === name) ? name : null);
  };
  const kept = spans.map((span) => ({
    ...span,
    start: nameOf(span.start),
    end: nameOf(span.end),
    time: nameOf(span.time),
  }));
  return {
    time: nameOf(time),
    lags: new Map([...lags].flatMap(([name, lagMs]) => {
      const as = nameOf(name);
      return as === null ? [] : [[as, lagMs] as const];
    })),
    spans: kept.filter((span): span is WindowSpan => span.start !== null && span.end !== null),
  };
}
