import assert from "node:assert/strict";
import { randomOf } from "../../kernel/numbers.ts";
import { HOW, sourceOf, wholePlan } from "../cold_plans.ts";
import { DurableRun } from "../durable_run.ts";
import { EVENTS } from "../engine_run.ts";

const BOUND_BYTES = 1_500_000, KEYS = 1500, ROUNDS = 12, ROUND_ROWS = 1500, WINDOW_ROUNDS = 8;
const WINDOW_MS = WINDOW_ROUNDS * ROUND_ROWS, SLIDE_MS = WINDOW_MS / 4, NEXT_ROUND = 5, COLD_MIN = 800;

type Node = Readonly<Record<string, unknown>>;

interface Kept {
  readonly name: string;
  /** The last of them keeps the state, and is called like that; `more`: it also finds out what has come since NEXT_ROUND. */
  readonly nodes: (more: Node | null) => readonly Node[];
  /** What is found out of all that comes out. */
  readonly sums: readonly string[];
  /** How long rows wait for the watermark. */
  readonly delayMs?: number;
}

const column = (name: string) => ({ column: name });
const renamed = (side: string, input: string, names: readonly string[]): Node => ({
  id: `${side}s`,
  op: "project",
  input: [input],
  columns: names.map((name) => ({ as: `${side}_${name}`, expr: column(name) })),
  keep: false,
});
const tumbling = (stream: string): Node => ({
  id: `${stream}_window`,
  op: "window",
  input: [stream],
  window: { kind: "tumble", size_ms: WINDOW_MS },
});
const OWN = ["ts", "key", "value"], SPAN = ["window_start", "window_end"];
const ON = { left: "l_key", right: "r_key" };

/** A join of both streams whose columns are called after their sides. */
function joined(type: string, how: Node, before: readonly Node[] = [], inputs = ["events", "others"], names = OWN) {
  const join = { id: "kept", op: "join", input: ["ls", "rs"], type, on: [ON], ...how };
  return [...before, renamed("l", inputs[0], names), renamed("r", inputs[1], names), join];
}

const WITHIN = { left: "l_ts", right: "r_ts", lower_ms: -ROUND_ROWS, upper_ms: 5 * ROUND_ROWS };
const WINDOWS = {
  on: [ON, ...SPAN.map((name) => ({ left: `l_${name}`, right: `r_${name}` }))],
  window: { left: "l_window_end", right: "r_window_end" },
};
const windowJoin = (type: string) =>
  joined(type, WINDOWS, [tumbling("events"), tumbling("others")], ["events_window", "others_window"], [
    ...SPAN,
    ...OWN.slice(1),
  ]);
const SIDES = ["l_value", "r_value"];
const rank = (input: string, keys: readonly string[], order: Node, more: Node = {}): Node => ({
  id: "kept",
  op: "rank",
  input: [input],
  keys,
  order: [order],
  from: 1,
  to: 4,
  ...more,
});
const hopping = (other: Node, more: Node | null): readonly Node[] => [
  { id: "hop", op: "window", input: ["events"], window: { kind: "hop", size_ms: WINDOW_MS, slide_ms: SLIDE_MS } },
  {
    id: "kept",
    op: "aggregate",
    input: ["hop"],
    keys: ["key"],
    aggs: [
      { fn: "sum", arg: column("value"), as: "total" },
      { ...other, arg: column("value"), as: "other" },
      ...(more ? [{ fn: "sum", arg: column("value"), as: "since", ...more }] : []),
    ],
  },
];

const ALL: readonly Kept[] = [
  { name: "joins of windows", nodes: () => windowJoin("full"), sums: SIDES },
  { name: "joins by an interval", nodes: () => joined("full", { within: WITHIN }), sums: SIDES },
  {
    name: "joins with versions",
    nodes: () => {
      const versions = { ...sourceOf("others"), changes: "upsert", primary_key: ["key"] };
      const join = {
        id: "kept",
        op: "join",
        input: ["ls", "others"],
        type: "left",
        on: [{ left: "l_key", right: "key" }],
        as_of: { left: "l_ts", right: "ts", kind: "temporal" },
      };
      return [versions, renamed("l", "events", OWN), join];
    },
    sums: ["l_value", "value"],
    delayMs: 4 * ROUND_ROWS,
  },
  {
    name: "joins with the newest row",
    nodes: () => joined("left", { as_of: { left: "l_ts", right: "r_ts", kind: "asof" } }),
    sums: SIDES,
    delayMs: 4 * ROUND_ROWS,
  },
  { name: "hopping windows", nodes: (more) => hopping({ fn: "max" }, more), sums: ["total", "other"] },
  {
    name: "hopping windows of different values",
    nodes: (more) => hopping({ fn: "count", distinct: true }, more),
    sums: ["total", "other"],
  },
  {
    name: "the best of a key",
    nodes: () => [rank("events", ["key"], { column: "value", desc: true })],
    sums: ["value"],
  },
  {
    name: "the best of a window",
    nodes: () => [
      tumbling("events"),
      rank("events_window", [...SPAN, "key"], column("value"), { window_end: "window_end" }),
    ],
    sums: ["value"],
  },
];

/** What a plan has that may change: a filter beside what keeps the state, and an aggregate more. */
interface Changes {
  readonly least: number;
  /** Null: none. */
  readonly more: Node | null;
}

const isAggregate = (sums: readonly string[]) => sums.includes("total");

function planOf({ nodes, sums }: Kept, { least, more }: Changes) {
  const squares = sums.map((name): Node => ({ call: "mul", args: [column(name), column(sums[0])] }));
  const args = [...sums.map(column), ...squares, ...(more && isAggregate(sums) ? [column("since")] : [])];
  const aggs = [{ fn: "count", as: "rows" }, ...args.map((arg, i): Node => ({ fn: "sum", arg, as: `sum_${i}` }))];
  const sources = [sourceOf("events"), ...(sums.includes("l_value") ? [sourceOf("others")] : [])];
  const own = nodes(more), known = sources.filter(({ id }) => !own.some((node) => node.id === id));
  const whole = wholePlan([...known, ...own], aggs), counted = more ? [{ fn: "count", as: "also" }] : [];
  return {
    ...whole,
    nodes: [
      ...whole.nodes,
      {
        id: "some",
        op: "filter",
        input: ["events"],
        where: { call: "ge", args: [column("value"), { literal: least }] },
      },
      { id: "seen", op: "aggregate", input: ["some"], keys: [], aggs: [{ fn: "count", as: "seen" }, ...counted] },
      { id: "seen_view", op: "sink", input: ["seen"], sink: { kind: "view", name: "seen" } },
    ],
  };
}

type Behind = (life: DurableRun, round: number) => Promise<void>;

/** Sends rows that a seed makes, round by round, and what ends all windows; what the view has after each. */
async function send(life: DurableRun, kept: Kept, first: Changes, seed: number, behind: Behind): Promise<string[][]> {
  const random = randomOf(seed),
    views: string[][] = [],
    streams = kept.sums.length > 1 ? ["events", "others"] : ["events"];
  for (const stream of streams) life.engine.streams.put(stream, { ...EVENTS, delayMs: kept.delayMs ?? 0 });
  await life.engine.pipelines.put("p", planOf(kept, first), HOW);
  for (let round = 0; round <= ROUNDS; round++) {
    await behind(life, round);
    for (const stream of streams) {
      const rows = Array.from({ length: round < ROUNDS ? ROUND_ROWS : 1 }, (_, i) => ({
        ts: round < ROUNDS ? round * ROUND_ROWS + i : 100 * WINDOW_MS,
        key: `a key of ${Math.floor(random() * KEYS)} ${"x".repeat(200)}`,
        value: Math.floor(random() * 1000),
      }));
      await life.send(stream, rows);
    }
    await life.settled();
    views.push(life.view("all").rows);
  }
  return views;
}

/** Rows of the node that keeps them which are on disk. */
async function coldRows(life: DurableRun): Promise<number> {
  const { operators } = await life.engine.states.get("p");
  return operators.filter(({ node }) => node.startsWith("kept")).reduce((sum, { cold }) => sum + cold.rows, 0);
}

const SINCE = { call: "ge", args: [column("ts"), { literal: NEXT_ROUND * ROUND_ROWS, type: "timestamp" }] };

for (const kept of ALL) {
  Deno.test(`rows of which most have left memory go on under changed plans, and with other workers: ${kept.name}`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31), cold: number[] = [];
    let views: string[][] = [], expected: string[][] = [];
    const changes: Record<number, (life: DurableRun) => Promise<unknown>> = {
      // Where they are
      3: (life) => life.engine.pipelines.put("p", planOf(kept, { least: 500, more: null }), HOW),
      4: (life) => life.restart(3),
      // From one pipeline to the next
      [NEXT_ROUND]: (life) => life.engine.pipelines.put("p", planOf(kept, { least: 500, more: {} }), HOW),
      6: (life) => life.restart(2),
      7: (life) => life.checkpoint("p"),
      11: (life) => life.restart(3),
    };
    await DurableRun.with(async (life) => {
      views = await send(life, kept, { least: 0, more: null }, seed, async (_, round) => {
        if (!Object.hasOwn(changes, round)) return;
        cold.push(await coldRows(life));
        await changes[round](life);
        if (round !== 7) cold.push(await coldRows(life));
      });
      assert.ok(life.said.some((line) => line.includes("memory")), life.said.join("\n"));
    }, { stateBytesMax: BOUND_BYTES, workers: 2 });
    await DurableRun.with(async (life) => {
      expected = await send(life, kept, { least: 0, more: { filter: SINCE } }, seed, () => Promise.resolve());
    });
    assert.ok(Math.min(...cold) > COLD_MIN, `${cold} rows were on disk, seed ${seed}`);
    // Until it is there, nothing is found out by it
    const found = views.map((rows, round) =>
      round < NEXT_ROUND && isAggregate(kept.sums) ? rows.map((row) => `${row} null`) : rows
    );
    assert.deepEqual(found, expected, `seed ${seed}`);
  });
}
