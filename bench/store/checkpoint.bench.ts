/**
 * P7: a checkpoint a second at a million keys, against the same work without any: rows in so many seconds, rows for each second of processor time, and the
 * longest time in which the task did nothing else (a file of RDX_BENCH_ROWS rows, which each plan reads several times). The first checkpoint, which has
 * everything, comes before the rows that are timed; a run into which too few others fall says nothing, and is told. P8: how long it takes until about a
 * gigabyte of state is there again.
 */
import { benchOnce } from "../lib/compare.ts";
import { COUNTS, JOINS, KeyedRun, KEYS, type Paced, RANKS, WINDOWS, writeKeys } from "./keyed_run.ts";

const ROWS = Number(Deno.env.get("RDX_BENCH_ROWS") ?? 6_000_000),
  SECONDS = Number(Deno.env.get("RDX_BENCH_SECONDS") ?? 6);
/** Of plans whose rows take longer. */
const SHORT_SECONDS = SECONDS * 2 / 3;
/** A timed run has so many checkpoints. */
const CHECKPOINTS_MIN = 4;
const MIB = 2 ** 20;

benchOnce("a checkpoint a second", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-bench-" });
  try {
    for (const keys of ["uniform", "hot"] as const) {
      const path = await writeKeys(folder, ROWS, keys);
      for (const plan of [WINDOWS, COUNTS]) await every(folder, `${plan.title}, ${keys} keys`, plan, path, SECONDS);
      if (keys === "hot") continue;
      for (const plan of [RANKS, JOINS]) await every(folder, `${plan.title}, ${keys} keys`, plan, path, SHORT_SECONDS);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function every(
  folder: string,
  title: string,
  plan: typeof WINDOWS,
  path: string,
  seconds: number,
): Promise<void> {
  const idle = await KeyedRun.pace(folder, plan, path, seconds, 0);
  const busy = await KeyedRun.pace(folder, plan, path, seconds, 1000);
  const costOf = (rate: (run: Paced) => number) => (rate(idle) / rate(busy) - 1) * 100;
  const wall = costOf(({ rows, seconds }) => rows / seconds), cpu = costOf(({ rows, cpuSeconds }) => rows / cpuSeconds);
  const longest = Math.max(0, ...busy.checkpoints.map(({ stoodMs }) => stoodMs));
  console.log(`\nP7: ${title}: ${KEYS / 1e6} M keys`);
  for (const [name, { rows, seconds, cpuSeconds, checkpoints }] of [["none", idle], ["one a second", busy]] as const) {
    const each = checkpoints.map(({ bytes, stoodMs }) => `${(bytes / MIB).toFixed(1)} MiB in ${stoodMs.toFixed(0)} ms`);
    const rates = [rows / seconds, rows / cpuSeconds].map((rate) => (rate / 1e6).toFixed(2));
    console.log(`  ${name.padEnd(14)}${rates[0]} M ev/s, ${rates[1]} M each second of processors  ${each.join(", ")}`);
  }
  console.log(
    `  costs ${wall.toFixed(1)} % (gate 8 ${wall <= 8 ? "held" : "MISSED"}), ${cpu.toFixed(1)} % of processor time`,
  );
  console.log(`  longest pause ${longest.toFixed(0)} ms (gate 10 ${longest <= 10 ? "held" : "MISSED"})`);
  const { length } = busy.checkpoints;
  if (length < CHECKPOINTS_MIN) {
    console.log(`  ${length} checkpoints tell little (at least ${CHECKPOINTS_MIN}): set RDX_BENCH_SECONDS higher`);
  }
}

benchOnce("recovery of a gigabyte", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-bench-" });
  try {
    const { bytes, seconds, rows } = await KeyedRun.recover(folder);
    console.log(`\nP8: ${(bytes / MIB).toFixed(0)} MiB of state, ${rows} rows, base and deltas`);
    console.log(`  there again in ${seconds.toFixed(2)} s (gate 10 ${seconds <= 10 ? "held" : "MISSED"})`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
