/**
 * Runs one query over the files of a suite, with one worker, and prints what it took as JSON. A process of its own, so that nothing
 * of other queries is in its memory.
 *
 *   deno run -A bench/nexmark/one.ts QUERY EVENTS EVENTS_PER_SECOND FOLDER WARM_FOLDER
 */
import { cpuUsage } from "node:process";
import { createEngine } from "../../src/compose.ts";
import type { Plan, PlanNode } from "../../src/plan/mod.ts";
import { STANDARD_SINKS } from "../../src/plan/mod.ts";
import type { Engine } from "../../src/runtime/engine.ts";
import { nexmarkRows, type NexmarkTable } from "../../src/source/nexmark.ts";
import { compileSqlOrThrow } from "../../src/sql/mod.ts";
import { queryScript, withoutSink } from "../../test/nexmark/queries.ts";
import { SEED } from "./data.ts";

/** What a run took. */
export interface Measured {
  /** Of the tables that the query reads. */
  readonly events: number;
  readonly seconds: number;
  /** Of all threads. */
  readonly coreSeconds: number;
  readonly rowsOut: number;
  readonly peakBytes: number;
  /** The most memory that the process had in each quarter of the rows, before the end of input; null: no look fell into it. */
  readonly quarterBytes: readonly (number | null)[];
  /** Keyed state at the end of each quarter, as the pipeline tells it. */
  readonly stateBytes: readonly (number | null)[];
}

/** What was there at one time of a run. */
interface Look {
  readonly rows: number;
  readonly rssBytes: number;
  readonly stateBytes: number;
}

/** Part of the rows after which chunks may be under way behind which the input ends, and all that waits comes out. */
const LOOKED = 0.95;

/** How often a run is looked at. */
const LOOK_MS = 20;

/** The plan of a query that reads the files of a folder and keeps nothing. */
async function planOf(query: string, events: number, eventsPerSecond: number, folder: string): Promise<Plan> {
  const script = withoutSink(await queryScript(query, { events, eventsPerSecond, seed: SEED }, folder));
  const catalog = { stream: () => null, sinkKinds: STANDARD_SINKS };
  const { pipelines: [{ plan }] } = compileSqlOrThrow(script, catalog, { name: query, sink: { kind: "discard" } });
  const fromFile = (node: PlanNode): PlanNode => {
    if (node.op !== "source" || !("connector" in node) || node.connector.kind !== "nexmark") return node;
    const path = `${folder}/${node.connector.table}.ndjson`;
    return { ...node, connector: { kind: "file", path, format: "ndjson", header: true, delimiter: "," } };
  };
  return { ...plan, nodes: plan.nodes.map(fromFile) };
}

/** Rows of the tables that the plan reads; a table that it reads twice counts once. */
function eventsOf({ nodes }: Plan, events: number): number {
  const paths = nodes.flatMap((node) =>
    node.op === "source" && "connector" in node && node.connector.kind === "file" ? [node.connector.path] : []
  );
  const tables = new Set(paths.flatMap((path) => /(\w+)\.ndjson$/.exec(path)?.[1] ?? []));
  return [...tables].reduce((sum, table) => sum + nexmarkRows({ table: table as NexmarkTable, events }), 0);
}

async function run({ pipelines }: Engine, plan: Plan): Promise<{ readonly rowsOut: number; readonly looks: Look[] }> {
  const looks: Look[] = [];
  await pipelines.put(plan.name, plan, { start: "earliest", state: "fresh" });
  const timer = setInterval(() => {
    const { rowsIn: rows, stateBytes } = pipelines.get(plan.name);
    looks.push({ rows, stateBytes, rssBytes: Deno.memoryUsage().rss });
  }, LOOK_MS);
  await pipelines.find(plan.name)!.settled();
  clearInterval(timer);
  const { state, reason, rowsIn, rowsOut } = pipelines.get(plan.name);
  await pipelines.delete(plan.name);
  if (state !== "completed") throw new Error(`The pipeline is ${state}: ${reason}`);
  return { rowsOut, looks: looks.map((look) => ({ ...look, rows: look.rows / rowsIn })) };
}

/** Of each quarter of the rows what `of` makes of the looks that fell into it; what the end of input lets out is no part of the last. */
function byQuarter(looks: readonly Look[], of: (looks: readonly Look[]) => number): (number | null)[] {
  return [0, 1, 2, 3].map((quarter) => {
    const own = looks.filter(({ rows }) => rows > quarter / 4 && rows <= (quarter + 1) / 4 && rows < LOOKED);
    return own.length === 0 ? null : of(own);
  });
}

/** The most memory that the process has had (Linux). */
async function peakBytes(): Promise<number> {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(await Deno.readTextFile("/proc/self/status")) ?? [];
  return Number(kib) * 1024;
}

if (import.meta.main) {
  const [query, eventsText, rateText, folder, warmFolder] = Deno.args, events = Number(eventsText);
  const plan = await planOf(query, events, Number(rateText), folder), engine = await createEngine({ workers: 1 });
  await run(engine, await planOf(query, events, Number(rateText), warmFolder));
  const start = performance.now(), cpu = cpuUsage(), { rowsOut, looks } = await run(engine, plan);
  const seconds = (performance.now() - start) / 1000, { user, system } = cpuUsage(cpu);
  const coreSeconds = (user + system) / 1e6;
  const measured: Measured = {
    events: eventsOf(plan, events),
    seconds,
    coreSeconds,
    rowsOut,
    peakBytes: await peakBytes(),
    quarterBytes: byQuarter(looks, (own) => Math.max(...own.map(({ rssBytes }) => rssBytes))),
    stateBytes: byQuarter(looks, (own) => own.at(-1)!.stateBytes),
  };
  console.log(JSON.stringify(measured));
  await engine.close();
}
