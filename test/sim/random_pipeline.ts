import assert from "node:assert/strict";
import type { OrderRecord } from "../../src/log.ts";
import type { Value } from "../../src/core/value.ts";
import { STORED } from "../contract/state_inputs.ts";
import { netCounts } from "../reference/changes.ts";
import { runReference } from "../reference/engine.ts";
import { lineOf, streamColumns } from "../reference/engine_run.ts";
import { KIND_COLUMN, type RandomSource, STREAM_COLUMNS } from "../reference/random_flow.ts";
import { type RandomPlan, randomPlan } from "../reference/random_plan.ts";
import { rowsOf, type Seed, type StreamRow } from "../reference/random_rows.ts";
import type { Row } from "../reference/value.ts";
import { textOf } from "../runtime/rows.ts";
import { idleAfter } from "./engine_plans.ts";
import { StreamPartitions } from "./partitions.ts";
import type { Random } from "./pool.ts";
import type { Batch, Supply } from "./producer.ts";
import { type LoggedRow, type NotedPlans, takenOf } from "./taken_rows.ts";

const STEPS_MAX = 5, CHOICES_MAX = 24, ROWS_MAX = 400, BATCH_ROWS_MAX = 25;
/** What a plan may make of its rows: joins of joins of few keys have more rows than any process could take. */
const JOINED_ROWS_MAX = 1_000_000, KEYS = 5;
const WIDE = [0n, 150n, -150n, 10n ** 18n, 1n - 10n ** 18n, 2n ** 64n, 10n ** 30n - 1n];

/** A value for each column of STREAM_COLUMNS but the time, or null at times. */
function valuesOf(random: Random): Value[] {
  const perhaps = (value: Value) => random(7) === 0 ? null : value;
  return [
    perhaps(BigInt(random(4))),
    perhaps(["a", "b", "", "ä", "B"][random(5)]),
    perhaps(random(2) === 0),
    perhaps(BigInt(random(601) - 300)),
    perhaps((random(81) - 40) / 4),
    perhaps(BigInt(random(19) - 9)),
    perhaps(WIDE[random(WIDE.length)]),
  ];
}

/** Times ascend with steps back and gaps. */
function seedOf(random: Random): Seed {
  const kind = random(16), step = kind < 12 ? random(4) : kind < 15 ? random(41) - 30 : random(91);
  return { step, values: valuesOf(random), act: random(6) };
}

/** The rows of a random source, which one producer sends in their order, each batch to the partition that it names. */
class RandomSupply implements Supply {
  readonly acked: Batch[] = [];
  refused = 0;
  readonly rows: readonly StreamRow[];
  readonly partitions: StreamPartitions;
  /** Those that were sent, as the log has them. */
  readonly logged: LoggedRow[] = [];
  readonly #source: RandomSource;
  #sent = 0;

  constructor(source: RandomSource, random: Random) {
    this.#source = source;
    this.partitions = new StreamPartitions(random, ["name"]);
    this.rows = rowsOf(source, Array.from({ length: 1 + random(ROWS_MAX) }, () => seedOf(random)));
  }

  batch(producer: string, sequence: number, random: Random): Batch | null {
    const from = this.#sent, to = Math.min(this.rows.length, from + 1 + random(BATCH_ROWS_MAX));
    if (from === to) return null;
    this.#sent = to;
    const ids = Array.from({ length: to - from }, (_, i) => from + i), partition = this.partitions.named(random) ?? 0;
    this.logged.push(...this.rows.slice(from, to).map((row) => ({ ...row, partition })));
    const body = ids.map((i) => lineOf(this.#source, this.rows[i])).join("");
    return { producer, sequence, ids, bad: 0, body, partition };
  }
}

/** A random plan over streams of its own, and what it has to come to. */
export class RandomPipeline {
  readonly supplies: ReadonlyMap<string, RandomSupply>;
  readonly #random: RandomPlan;
  readonly #idleMs: number;

  /** `idleMs`: after so long its sources are idle, 0: never. */
  constructor(random: Random, idleMs: number) {
    this.#idleMs = idleMs;
    const numbers = () => Array.from({ length: 1 + random(CHOICES_MAX) }, () => random(1000));
    const any = () => randomPlan(Array.from({ length: 2 + random(STEPS_MAX) }, numbers), STORED);
    let made = any();
    // To import their modules takes turns that no seed decides
    while (callsUserFunctions(made) || mostRows(made) > JOINED_ROWS_MAX) made = any();
    this.#random = made;
    this.supplies = new Map(this.#random.sources.map((source) => [source.id, new RandomSupply(source, random)]));
  }

  /** Its streams by their names: old rows leave as soon as nobody needs them. */
  declarations(): [string, object][] {
    const columnOf = ({ name, type }: { name: string; type: string }) => ({ name, type, nullable: name !== "ts" });
    return this.#random.sources.map(({ id, delayMs, changes }) => {
      const { partitions } = this.supplies.get(id)!.partitions.declaration;
      const op = changes ? [{ name: KIND_COLUMN, type: "string", nullable: false }] : [];
      const columns = [...STREAM_COLUMNS.map(columnOf), ...op], timing = { delay_ms: delayMs, future_skew_ms: 0 };
      return [id, { columns, time: "ts", ...timing, on_error: "reject", retention_bytes: 1, partitions }];
    });
  }

  get plan(): object {
    const { plan: { nodes }, changes } = this.#random, sink = { kind: changes ? "changes" : "verify", name: "random" };
    const view = { id: "view", op: "sink", input: nodes.at(-1)!.op === "sink" ? inputOf(nodes.at(-1)!) : [] };
    const made = {
      rdx: 1,
      nodes: [
        ...nodes.map((node) => node.op === "sink" ? { ...node, sink } : node),
        ...(changes ? [] : [{ ...view, sink: { kind: "view", name: "random" } }]),
      ],
    };
    return idleAfter(made, this.#idleMs);
  }

  /** Holds what its sinks have against the reference engine over what its order took. `view`: null where it has none. */
  check(
    order: readonly OrderRecord[],
    plans: NotedPlans,
    verified: readonly Row[],
    view: readonly string[] | null,
  ): void {
    const { plan, sources } = this.#random, streams = sources.map((source) => [source.id, streamColumns(source)]);
    const logs = new Map([...this.supplies].map(([id, { logged: rows }]) => [id, { stream: id, rows }]));
    const log = takenOf(order, plans, logs);
    const { rows } = runReference(plan, log, Object.fromEntries(streams)).get("out")!;
    const net = (rows: readonly Row[]) =>
      [...netCounts(rows).values()].map(({ values, count }) => `${count} × ${textOf(values)}`).sort();
    assert.deepEqual(net(verified), net(rows), JSON.stringify(plan.nodes));
    if (view) assert.deepEqual([...view], verified.map(({ values }) => textOf(values)).sort());
  }
}

function inputOf(node: object): unknown {
  return "input" in node ? node.input : [];
}

/** The most rows that any node of a plan is likely to give. */
function mostRows({ plan: { nodes } }: RandomPlan): number {
  const rows = new Map<string, number>();
  for (const node of nodes) {
    const [left = ROWS_MAX / 2, ...others] = inputsOf(node).map((id) => rows.get(id) ?? 0);
    const joined = node.op === "join" && !node.as_of ? left * others[0] / KEYS : left;
    rows.set(node.id, node.op === "union" ? others.reduce((sum, one) => sum + one, left) : Math.max(left, joined));
  }
  return Math.max(...rows.values());
}

function inputsOf(node: object): readonly string[] {
  return "input" in node && Array.isArray(node.input) ? node.input : [];
}

function callsUserFunctions({ plan }: RandomPlan): boolean {
  return JSON.stringify(plan).includes('"function":{"module"');
}
