/**
 * P7: a checkpoint a second at a million keys, against the same work without any: throughput, and the longest time in which the task did
 * nothing else (a file of RDX_BENCH_ROWS rows, which each plan reads several times). The first checkpoint, which has everything, comes before the rows
 * that are timed; a run into which too few others fall says nothing, and is refused. P8: how long it takes until about a gigabyte of state is there
 * again.
 */
import { benchOnce } from "../lib/compare.ts";
import { COUNTS, KeyedRun, KEYS, type Paced, WINDOWS, writeKeys } from "./keyed_run.ts";

const ROWS = Number(Deno.env.get("RDX_BENCH_ROWS") ?? 24_000_000), ROUNDS = 3;
/** A timed run takes so long at least, and has so many checkpoints. */
const SECONDS_MIN = 6, CHECKPOINTS_MIN = 4;
const MIB = 2 ** 20;

benchOnce("a checkpoint a second", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-bench-" });
  try {
    for (const keys of ["uniform", "hot"] as const) {
      const path = await writeKeys(folder, ROWS, keys);
      for (const plan of [WINDOWS, COUNTS]) await every(folder, `${plan.title}, ${keys} keys`, plan, path);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function every(folder: string, title: string, plan: typeof WINDOWS, path: string): Promise<void> {
  const without: Paced[] = [], withThem: Paced[] = [], rows = ROWS * plan.times;
  for (let round = 0; round <= ROUNDS; round++) {
    const pair = [
      await KeyedRun.pace(folder, plan, path, rows, 0),
      await KeyedRun.pace(folder, plan, path, rows, 1000),
    ];
    check(title, pair[1]);
    if (round === 0) continue;
    without.push(pair[0]);
    withThem.push(pair[1]);
  }
  const [idle, busy] = [without, withThem].map((runs) => runs.toSorted((a, b) => a.seconds - b.seconds)[ROUNDS >> 1]);
  const cost = (busy.seconds / idle.seconds - 1) * 100;
  const longest = Math.max(0, ...withThem.flatMap(({ checkpoints }) => checkpoints.map(({ stoodMs }) => stoodMs)));
  console.log(`\nP7: ${title}: ${rows / 1e6} M rows over ${KEYS / 1e6} M keys`);
  for (const [name, { seconds, checkpoints }] of [["none", idle], ["one a second", busy]] as const) {
    const each = checkpoints.map(({ bytes, stoodMs }) => `${(bytes / MIB).toFixed(1)} MiB in ${stoodMs.toFixed(0)} ms`);
    console.log(`  ${name.padEnd(14)}${(rows / seconds / 1e6).toFixed(2)} M ev/s  ${each.join(", ")}`);
  }
  console.log(`  costs ${cost.toFixed(1)} % (gate 8 ${cost <= 8 ? "held" : "MISSED"})`);
  console.log(`  longest pause ${longest.toFixed(0)} ms (gate 10 ${longest <= 10 ? "held" : "MISSED"})`);
}

/** Refuses a run that is too short to tell anything. */
function check(title: string, { seconds, checkpoints: { length } }: Paced): void {
  if (seconds >= SECONDS_MIN && length >= CHECKPOINTS_MIN) return;
  throw new Error(
    `${title}: a run of ${
      seconds.toFixed(1)
    } s with ${length} checkpoints tells nothing (at least ${SECONDS_MIN} s and ${CHECKPOINTS_MIN}): set ` +
      `RDX_BENCH_ROWS higher`,
  );
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
