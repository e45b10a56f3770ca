/**
 * P3: NDJSON bytes → windowed results with one worker, against JSON.parse + Map in one thread and the same job in C++ with simdjson. All
 * three begin with a file in the page cache.
 * P9: two workers that read the file themselves, against one. Each has its fastest plan. Two workers exchange what they have, so theirs
 * has two phases: each adds up the rows of a chunk first, and one partial result travels for a dozen bids. One worker exchanges
 * nothing, and two phases would only be more work for it. The answers are the same.
 */
import { benchOnce, compare } from "../lib/compare.ts";
import { BidsRun, buildNative, jsonParseAndMap, MANY_ROWS, ROWS, runNative, writeBids } from "./bids.ts";

/** Runs of P9 after which V8 has optimised what the main thread does. */
const WARM_RUNS = 3;
const NATIVE = "C++, simdjson and a hash table", MAP = "JSON.parse + Map", ONE = "rdx, one worker";

benchOnce("NDJSON file → windows", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-bench-" });
  try {
    // First, since what JSON.parse leaves in the heap would burden the main thread
    await twoWorkers(folder);
    await oneWorker(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function oneWorker(folder: string): Promise<void> {
  const { path, bytes } = await writeBids(folder, ROWS), one = await BidsRun.open(path, 1);
  const native = await buildNative(folder);
  if (!native) console.log(`${NATIVE}: skipped, there is no g++ or no libsimdjson-dev`);
  const rivals = [{ name: MAP, run: () => ({ answer: jsonParseAndMap(path), seconds: null }) }];
  await compare({
    title: "P3: NDJSON bytes → count and sum by auction in 10 s windows, one worker",
    events: ROWS,
    bytes,
    ours: { name: ONE, run: () => one.run() },
    rivals: native ? [...rivals, { name: NATIVE, run: () => runNative(native, path) }] : rivals,
    bars: { [MAP]: { gate: 5, goal: 8 }, [NATIVE]: { goal: 1 } },
  });
  await one.close();
}

async function twoWorkers(folder: string): Promise<void> {
  const { path, bytes } = await writeBids(folder, MANY_ROWS);
  const one = await BidsRun.open(path, 1), two = await BidsRun.open(path, 2, true);
  for (let i = 0; i < WARM_RUNS; i++) for (const run of [one, two]) await run.run();
  two.forget();
  await compare({
    title: "P9: two workers that read the file themselves",
    events: MANY_ROWS,
    bytes,
    ours: { name: "rdx, two workers, two phases", run: () => two.run() },
    rivals: [{ name: ONE, run: () => one.run() }],
    bars: { [ONE]: { gate: 1.5, goal: 1.85 } },
  });
  const share = two.mainShare * 100;
  console.log(
    `  main thread with two workers: ${share.toFixed(1)} % of a processor (gate 5: ${share <= 5 ? "held" : "MISSED"})`,
  );
  for (const run of [one, two]) await run.close();
  await Deno.remove(path);
}
