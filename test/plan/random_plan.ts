import { RdxError } from "../../src/core/errors.ts";
import { BOOL, type Column, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { type Catalog, STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { analysePlan } from "../../src/plan/compile.ts";
import type { ResolvedNode } from "../../src/plan/resolved.ts";
import type { Json } from "./catalog.ts";
import type { Row } from "./reference/expression.ts";

/** Numbers from 0 to below 1 that a seed decides (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  roll(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(count: number): number {
    return Math.floor(this.roll() * count);
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  chance(part: number): boolean {
    return this.roll() < part;
  }

  some<T>(items: readonly T[], most: number): T[] {
    return items.filter(() => this.chance(0.5)).slice(0, most);
  }
}

const column = (name: string, type: Column["type"], nullable = false): Column => ({ name, type, nullable });
const COLUMNS: readonly Column[] = [
  column("ts", TIMESTAMP),
  column("k", STRING),
  column("v", INT64, true),
  column("f", BOOL),
  column("n", INT64),
];

/** Streams `a` with event time, and `b` without. */
export const RANDOM_CATALOG: Catalog = {
  stream: (name) =>
    name === "a" || name === "b"
      ? { columns: COLUMNS, time: name === "a" ? "ts" : null, delayMs: 0, futureSkewMs: 0 }
      : null,
  sinkKinds: STANDARD_SINKS,
};

export function randomRows(dice: Dice): Row[] {
  return Array.from({ length: dice.below(14) }, () => ({
    ts: dice.below(60),
    k: dice.of(["x", "y", "z"]),
    v: dice.chance(0.2) ? null : dice.below(4),
    f: dice.chance(0.5),
    n: dice.below(3),
  }));
}

/** Random nodes behind nodes that are known, in the JSON of plans; most of them are sound. */
class NodeMaker {
  constructor(readonly dice: Dice, readonly id: string) {}

  #names(input: ResolvedNode, ...kinds: string[]): string[] {
    return input.columns.filter(({ type }) => kinds.length === 0 || kinds.includes(type.kind)).map(({ name }) => name);
  }

  #condition(input: ResolvedNode): Json {
    const { dice } = this, numbers = this.#names(input, "int64", "timestamp"), texts = this.#names(input, "string");
    const one = (): Json => {
      if (numbers.length > 0 && dice.chance(0.6)) {
        return { call: dice.of(["gt", "lt", "eq"]), args: [{ column: dice.of(numbers) }, { literal: dice.below(40) }] };
      }
      if (texts.length > 0) return { call: "eq", args: [{ column: dice.of(texts) }, { literal: dice.of(["x", "y"]) }] };
      return { call: "is_null", args: [{ column: dice.of(this.#names(input)) }] };
    };
    return dice.chance(0.5) ? one() : { call: dice.of(["and", "and", "or"]), args: [one(), one()] };
  }

  #calls(input: ResolvedNode): Json[] {
    const { dice } = this, numbers = this.#names(input, "int64");
    return Array.from({ length: dice.below(3) + 1 }, (_, i) => {
      const as = `c${this.id}_${i}`, filter = dice.chance(0.3) ? { filter: this.#condition(input) } : {};
      if (numbers.length === 0 || dice.chance(0.3)) return { fn: "count", as, ...filter };
      const arg: Json = { column: dice.of(numbers) };
      const computed = dice.chance(0.3) ? { call: "add", args: [arg, { literal: 1 }] } : arg;
      const fn = dice.of(["sum", "min", "max", "count", "first", "last"]);
      const distinct = dice.chance(0.2) && fn !== "first" && fn !== "last" ? { distinct: true } : {};
      return { fn, arg: computed, as, ...distinct, ...filter };
    });
  }

  filter(input: ResolvedNode): Json {
    return { op: "filter", input: [input.node.id], where: this.#condition(input) };
  }

  project(input: ResolvedNode): Json {
    const { dice } = this, names = this.#names(input), numbers = this.#names(input, "int64");
    const columns: unknown[] = dice.some(names, 8).map((name) =>
      dice.chance(0.3) ? { as: `p${this.id}_${name}`.slice(0, 30), expr: { column: name } } : name
    );
    if (numbers.length > 0) {
      const expr = { call: "add", args: [{ column: dice.of(numbers) }, { literal: 2 }] };
      columns.push({ as: `p${this.id}`, expr });
    }
    return { op: "project", input: [input.node.id], columns, keep: columns.length === 0 || dice.chance(0.3) };
  }

  /** All columns under names that no other node has. */
  rename(input: ResolvedNode, mark: string): Json {
    const columns = this.#names(input).map((name, i) => ({ as: `${mark}${this.id}_${i}`, expr: { column: name } }));
    return { op: "project", input: [input.node.id], columns };
  }

  union(input: ResolvedNode, other: ResolvedNode): Json {
    return { op: "union", input: [input.node.id, other.node.id] };
  }

  window(input: ResolvedNode): Json {
    const { dice } = this, named = input.times.size > 1 || dice.chance(0.2);
    const time = named && input.times.size > 0 ? { time: dice.of([...input.times.keys()]) } : {};
    const offset_ms = dice.below(3);
    const window = dice.of<Json>([
      { kind: "tumble", size_ms: dice.of([10, 20]), offset_ms },
      { kind: "hop", size_ms: 20, slide_ms: dice.of([5, 10]), offset_ms },
      { kind: "cumulate", size_ms: 20, step_ms: 10, offset_ms },
      { kind: "session", gap_ms: 5, keys: dice.some(this.#names(input, "string"), 2) },
    ]);
    return { op: "window", input: [input.node.id], window: { ...window, ...time } };
  }

  aggregate(input: ResolvedNode): Json {
    const { dice } = this, near = input.windows[0], names = this.#names(input, "string", "int64", "bool");
    const windowed = near && dice.chance(0.7) ? [near.start, near.end, ...(dice.chance(0.3) ? [near.time] : [])] : [];
    const own = near?.window.kind === "session" && dice.chance(0.6) ? near.window.keys : dice.some(names, 2);
    const keys = [...windowed.filter((name) => name !== null), ...own];
    const rest = keys.filter((name) => !windowed.includes(name));
    const sets = rest.length > 0 && dice.chance(0.3)
      ? {
        sets: [keys, keys.filter((name) => name !== rest[0])],
        ...(dice.chance(0.5) ? { grouping: `g${this.id}` } : {}),
      }
      : {};
    return { op: "aggregate", input: [input.node.id], keys, aggs: this.#calls(input), ...sets };
  }

  join(input: ResolvedNode, other: ResolvedNode): Json {
    const { dice } = this, kinds = ["string", "int64"];
    const kind = dice.of(kinds), left = this.#names(input, kind), right = this.#names(other, kind);
    const on = left.length > 0 && right.length > 0 ? [{ left: dice.of(left), right: dice.of(right) }] : [];
    const times = [[...input.times.keys()][0], [...other.times.keys()][0]], timed = times.every(Boolean);
    const bound = timed && dice.chance(0.7)
      ? dice.of([
        { within: { left: times[0], right: times[1], lower_ms: 0 - dice.below(10), upper_ms: dice.below(10) } },
        { as_of: { left: times[0], right: times[1], kind: "asof" } },
      ])
      : {};
    const type = "as_of" in bound
      ? dice.of(["inner", "left"])
      : dice.of(["inner", "inner", "left", "right", "full", "semi", "anti"]);
    return { op: "join", input: [input.node.id, other.node.id], type, on, ...bound };
  }

  rank(input: ResolvedNode): Json {
    const { dice } = this, names = this.#names(input), to = 1 + dice.below(2);
    const end = input.windows[0]?.end ?? null, windowed = end !== null && dice.chance(0.5);
    const keys = [...new Set([...dice.some(this.#names(input, "string", "int64"), 2), ...(windowed ? [end] : [])])];
    const order = dice.some(names, 2).map((column) => ({ column, desc: dice.chance(0.5) }));
    const options = { ...(windowed ? { window_end: end } : {}), ...(dice.chance(0.5) ? { as: `r${this.id}` } : {}) };
    return { op: "rank", input: [input.node.id], keys, order, to, ...options };
  }

  over(input: ResolvedNode): Json {
    const { dice } = this,
      times = [...input.times.keys()],
      time = times.length > 0 && dice.chance(0.7) ? { time: times[0] } : {};
    const frame = "time" in time
      ? { kind: dice.of(["range", "rows"]), preceding: dice.of([null, 0, 2, 10]) }
      : { kind: "rows", preceding: dice.of([null, 0, 2]) };
    const keys = dice.some(this.#names(input, "string"), 1);
    return { op: "over", input: [input.node.id], keys, ...time, frame, aggs: this.#calls(input) };
  }
}

/** A random plan of about `steps` nodes that compiles; each node that nobody reads has a sink. */
export function randomPlan(dice: Dice, steps: number): Json {
  let nodes: Json[] = [
    { id: "s0", op: "source", stream: "a" },
    { id: "s1", op: "source", stream: dice.of(["a", "b"]) },
  ];
  for (let step = 0; step < steps; step++) {
    const known = analysePlan(withSinks(nodes), RANDOM_CATALOG).resolved.nodes.filter(({ node }) => node.op !== "sink");
    const next = [...nodes, ...randomStep(dice, `n${step}`, known)];
    if (compiles(withSinks(next))) nodes = next;
  }
  return withSinks(nodes);
}

function randomStep(dice: Dice, id: string, known: readonly ResolvedNode[]): Json[] {
  const maker = new NodeMaker(dice, id), input = dice.chance(0.6) ? known[known.length - 1] : dice.of(known);
  const other = dice.of(known);
  switch (
    dice.of([
      "filter",
      "filter",
      "project",
      "union",
      "window",
      "window",
      "aggregate",
      "aggregate",
      "join",
      "rank",
      "over",
    ])
  ) {
    case "filter":
      return [{ id, ...maker.filter(input) }];
    case "project":
      return [{ id, ...maker.project(input) }];
    case "union":
      return [{ id, ...maker.union(input, dice.chance(0.3) ? input : other) }];
    case "window":
      return [{ id, ...maker.window(input) }];
    case "aggregate":
      return [{ id, ...maker.aggregate(input) }];
    case "join": {
      const renamed = renamedNode(other, `${id}_r`, maker.rename(other, "r"));
      return [{ ...maker.rename(other, "r"), id: `${id}_r` }, { id, ...maker.join(input, renamed) }];
    }
    case "rank":
      return [{ id, ...maker.rank(input) }];
    default:
      return [{ id, ...maker.over(input) }];
  }
}

/** What is known of a node behind a projection that only renames. */
function renamedNode(node: ResolvedNode, id: string, { columns }: Json): ResolvedNode {
  const renamed = columns as readonly { as: string; expr: { column: string } }[];
  const nameOf = (name: string) => renamed.find(({ expr }) => expr.column === name)!.as;
  return {
    ...node,
    node: { ...node.node, id },
    columns: node.columns.map((one) => ({ ...one, name: nameOf(one.name) })),
    times: new Map([...node.times].map(([name, fact]) => [nameOf(name), fact])),
  };
}

function withSinks(nodes: readonly Json[]): Json {
  const read = new Set(nodes.flatMap(({ input = [] }) => input as string[]));
  const leaves = nodes.filter(({ id }) => !read.has(id as string));
  const sinks = leaves.map(({ id }) => ({ id: `${id}_sink`, op: "sink", input: [id], sink: { kind: "discard" } }));
  return { rdx: 1, name: "random", nodes: [...nodes, ...sinks] };
}

function compiles(plan: Json): boolean {
  try {
    analysePlan(plan, RANDOM_CATALOG);
    return true;
  } catch (thrown) {
    if (thrown instanceof RdxError && thrown.code === "invalid_plan") return false;
    throw thrown;
  }
}
