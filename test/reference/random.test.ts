import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { textOf } from "../runtime/rows.ts";
import { firstDebt, netCounts, upserted } from "./changes.ts";
import { type LogEntry, runRandom } from "./engine.ts";
import { EngineUnderTest, type FoundRows, streamColumns } from "./engine_run.ts";
import { type Feature, FEATURES, type RandomSource } from "./random_flow.ts";
import { anyChoices, type RandomPlan, randomPlan } from "./random_plan.ts";
import { anySeeds, rowsOf, type StreamRow } from "./random_rows.ts";
import type { Row } from "./value.ts";

/** These, or what RDX_RANDOM_FEATURES lists, to look into one thing. */
const features = new Set((Deno.env.get("RDX_RANDOM_FEATURES")?.split(" ") ?? FEATURES) as Feature[]);
/** Runs of a plan: workers, and how the rows are cut. */
const RUNS = 3;

/** Plans that one engine runs: the memory of pipelines that are gone comes back in its own time. */
const ENGINE_RUNS_MAX = 40;

/** Failures after which a failing plan is made no smaller: each takes a run of the engine. */
const FAILURES_MAX = 150;

const engines = new Map<number, EngineUnderTest>();
let engineRuns = 0;

async function closeEngines(): Promise<void> {
  for (const engine of engines.values()) await engine.close();
  engines.clear();
}

async function engineWith(workers: number): Promise<EngineUnderTest> {
  if (++engineRuns % ENGINE_RUNS_MAX === 0) await closeEngines();
  let engine = engines.get(workers);
  if (!engine) engines.set(workers, engine = await EngineUnderTest.start(workers));
  return engine;
}

/** What is left of a changelog, as sorted text. */
const netText = (rows: readonly Row[]) =>
  [...netCounts(rows).values()].map(({ values, count }) => `${count} × ${textOf(values)}`).sort();

/** Whether a plan comes to so few rows that it has an end in engines too. Its sources' rows come by turns. */
function isBounded({ plan, sources }: RandomPlan, rows: ReadonlyMap<string, readonly StreamRow[]>): boolean {
  const turns = Math.max(...sources.map(({ id }) => rows.get(id)!.length));
  const log = Array.from({ length: turns }, (_, turn) =>
    sources.flatMap(({ id }): LogEntry[] => {
      const row = rows.get(id)!.at(turn);
      return row ? [{ source: id, ...row }] : [];
    }));
  return runRandom(plan, log.flat(), columnsOf(sources)) !== null;
}

const columnsOf = (sources: readonly RandomSource[]) =>
  Object.fromEntries(sources.map((source) => [source.id, streamColumns(source)]));

/** Runs a plan as each of `runs` says, and holds what comes against the reference engine. */
async function check(
  random: RandomPlan,
  rows: ReadonlyMap<string, readonly StreamRow[]>,
  runs: readonly {
    readonly workers: number;
    readonly cuts: readonly number[];
    readonly partitions: readonly number[];
  }[],
): Promise<void> {
  if (!isBounded(random, rows)) return;
  for (const { workers, cuts, partitions } of runs) {
    hold(random, await (await engineWith(workers)).run(random, rows, cuts, partitions));
  }
}

function hold({ plan, sources, changes }: RandomPlan, found: FoundRows): void {
  const expected = runRandom(plan, found.log, columnsOf(sources), new Map(), found.partitions)?.get("out");
  if (!changes) assert.ok(found.rows.every(({ kind }) => kind === "+I"), "only inserts come");
  if (!expected) return;
  assert.deepEqual(netText(found.rows), netText(expected.rows), JSON.stringify(plan.nodes));
  if (firstDebt(expected.rows) >= 0) return;
  assert.equal(firstDebt(found.rows), -1, "only rows that are there go");
  if (found.keys === null) return;
  const table = upserted(found.rows, found.keys).map((values) => `1 × ${textOf(values)}`).sort();
  assert.deepEqual(table, netText(expected.rows), `by columns ${found.keys.join()} of ${JSON.stringify(plan.nodes)}`);
}

Deno.test("a random plan gives what the reference engine gives, however rows are cut and with any number of workers", async () => {
  const run = fc.record({
    workers: fc.integer({ min: 1, max: 4 }),
    cuts: fc.array(fc.nat({ max: 30 }), { maxLength: 6 }),
    partitions: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
  });
  const runs = fc.array(run, { minLength: 1, maxLength: RUNS });
  const seeds = fc.tuple(anySeeds(120), anySeeds(60), anySeeds(60));
  let failures = 0;
  try {
    await fc.assert(
      fc.asyncProperty(anyChoices(6), seeds, runs, async (choices, seeds, runs) => {
        const random = randomPlan(choices, features), { sources } = random;
        if (failures > FAILURES_MAX) return;
        failures++;
        await check(random, new Map(sources.map((source, i) => [source.id, rowsOf(source, seeds[i])])), runs);
        failures--;
      }),
      { numRuns: Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 60) },
    );
  } finally {
    await closeEngines();
  }
});

Deno.test("random plans beside each other over the same streams give what each gives alone, whatever they share", async () => {
  const cuts = fc.array(fc.nat({ max: 30 }), { maxLength: 6 }), workers = fc.integer({ min: 1, max: 3 });
  const beside = fc.array(anyChoices(4), { minLength: 2, maxLength: 4 });
  const seeds = fc.tuple(anySeeds(80), anySeeds(40), anySeeds(40));
  try {
    await fc.assert(
      fc.asyncProperty(
        beside,
        seeds,
        workers,
        cuts,
        fc.boolean(),
        async ([first, ...others], seeds, workers, cuts, alike) => {
          // Sources are those of the first; with `alike` the steps of all begin as its do.
          const common = [first[0] ?? [], ...alike ? first.slice(1, 3) : []];
          const randoms = [first, ...others.map((one) => [...common, ...one.slice(1)])].map((choices) =>
            randomPlan(choices, features)
          );
          const sources = [...new Map(randoms.flatMap(({ sources }) => sources.map((one) => [one.id, one]))).values()];
          const rows = new Map(sources.map((source, i) => [source.id, rowsOf(source, seeds[i])]));
          if (!randoms.every((random) => isBounded(random, rows))) return;
          const found = await (await engineWith(workers)).runBeside(randoms, rows, cuts);
          randoms.forEach((random, i) => hold(random, found[i]));
        },
      ),
      { numRuns: Math.ceil(Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 60) / 3) },
    );
  } finally {
    await closeEngines();
  }
});
