/**
 * P7: a checkpoint a second at a million keys, against the same work without any, in turn (RDX_BENCH_ROUNDS): rows in so many seconds, rows for each second of processor time, and the
 * longest time in which the task did nothing else (a file of RDX_BENCH_ROWS rows, which each plan reads several times). The first checkpoint, which has
 * everything, comes before the rows that are timed; a run goes on until enough others have fallen into it, and where they do not, no gate is told. P8: how long it takes until about a
 * gigabyte of state is there again.
 */
import { benchOnce } from "../lib/compare.ts";
import { COUNTS, JOINS, KeyedRun, KEYS, type Paced, RANKS, WINDOWS, writeKeys } from "./keyed_run.ts";

const ROWS = Number(Deno.env.get("RDX_BENCH_ROWS") ?? 6_000_000),
  SECONDS = Number(Deno.env.get("RDX_BENCH_SECONDS") ?? 6);
/** Of plans whose rows take longer. */
const SHORT_SECONDS = SECONDS * 2 / 3;
/** A run into which too few checkpoints have fallen goes on for so long. */
const SECONDS_MAX = SECONDS * 5;
const ROUNDS = Number(Deno.env.get("RDX_BENCH_ROUNDS") ?? 3);
/** A timed run has so many checkpoints. */
const CHECKPOINTS_MIN = 4;
const MIB = 2 ** 20;

benchOnce("a checkpoint a second", () =>
  inFolder(async (folder) => {
    const uniform = await writeKeys(folder, ROWS, "uniform"), hot = await writeKeys(folder, ROWS, "hot");
    for (const plan of [WINDOWS, COUNTS]) {
      await every(folder, `${plan.title}, uniform keys`, plan, uniform, SECONDS);
      await every(folder, `${plan.title}, hot keys`, plan, hot, SECONDS);
    }
    await every(folder, `${RANKS.title}, uniform keys`, RANKS, uniform, SHORT_SECONDS);
  }));

// Their rows take many times as long as those of the others, one after the other: that keeps no other figures back
benchOnce("a checkpoint a second of joins", () =>
  inFolder(async (folder) => {
    const path = await writeKeys(folder, ROWS, "uniform");
    await every(folder, `${JOINS.title}, uniform keys`, JOINS, path, SHORT_SECONDS);
  }));

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rdx-bench-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function every(
  folder: string,
  title: string,
  plan: typeof WINDOWS,
  path: string,
  seconds: number,
): Promise<void> {
  const bounds = { seconds, secondsMax: SECONDS_MAX }, pairs: { readonly idle: Paced; readonly busy: Paced }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const idle = await KeyedRun.pace(folder, plan, path, bounds, null);
    const busy = await KeyedRun.pace(folder, plan, path, bounds, { intervalMs: 1000, least: CHECKPOINTS_MIN });
    pairs.push({ idle, busy });
  }
  const costs = (rate: (run: Paced) => number) => pairs.map(({ idle, busy }) => (rate(idle) / rate(busy) - 1) * 100);
  const walls = costs(({ rows, seconds }) => rows / seconds), cpus = costs(({ rows, cpuSeconds }) => rows / cpuSeconds);
  const wall = median(walls), cpu = median(cpus), each = walls.map((one) => one.toFixed(1)).join(", ");
  const longest = Math.max(0, ...pairs.flatMap(({ busy }) => busy.checkpoints.map(({ stoodMs }) => stoodMs)));
  console.log(`\nP7: ${title}: ${KEYS / 1e6} M keys`);
  for (const { idle, busy } of pairs) tell(idle, busy);
  const length = Math.min(...pairs.map(({ busy }) => busy.checkpoints.length)), few = length < CHECKPOINTS_MIN;
  const gate = (most: number, value: number) => `gate ${most} ${few ? "not told" : value <= most ? "held" : "MISSED"}`;
  console.log(`  costs ${wall.toFixed(1)} % (${gate(8, wall)}; ${each}), ${cpu.toFixed(1)} % of processor time`);
  console.log(`  longest pause ${longest.toFixed(0)} ms (${gate(10, longest)})`);
  if (few) console.log(`  ${length} of at least ${CHECKPOINTS_MIN} checkpoints in ${SECONDS_MAX} s: they tell nothing`);
}

function tell(idle: Paced, busy: Paced): void {
  for (const [name, { rows, seconds, cpuSeconds, checkpoints }] of [["none", idle], ["one a second", busy]] as const) {
    const each = checkpoints.map(({ bytes, stoodMs }) => `${(bytes / MIB).toFixed(1)} MiB in ${stoodMs.toFixed(0)} ms`);
    const rates = [rows / seconds, rows / cpuSeconds].map((rate) => (rate / 1e6).toFixed(2));
    console.log(`  ${name.padEnd(14)}${rates[0]} M ev/s, ${rates[1]} M each second of processors  ${each.join(", ")}`);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

benchOnce("recovery of a gigabyte", () =>
  inFolder(async (folder) => {
    const { bytes, seconds, rows } = await KeyedRun.recover(folder);
    console.log(`\nP8: ${(bytes / MIB).toFixed(0)} MiB of state, ${rows} rows, base and deltas`);
    console.log(`  there again in ${seconds.toFixed(2)} s (gate 10 ${seconds <= 10 ? "held" : "MISSED"})`);
  }));
