/**
 * P3: NDJSON bytes → windowed results with one worker, against JSON.parse + Map in one thread and the same job in C++ with simdjson. All
 * three begin with a file in the page cache.
 * P9: two workers that read the file themselves, against one. Each has its fastest plan. Two workers exchange what they have, so theirs
 * has two phases: each adds up the rows of a chunk first, and one partial result travels for a dozen bids. One worker exchanges
 * nothing, and two phases would only be more work for it. The answers are the same.
 */
import { benchOnce, compare } from "../lib/compare.ts";
import { BidsRun, buildNative, jsonParseAndMap, ROWS, runNative, writeBids } from "./bids.ts";

const NATIVE = "C++, simdjson and a hash table", MAP = "JSON.parse + Map", ONE = "rdx, one worker";

benchOnce("NDJSON file → windows", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-bench-" });
  try {
    const { path, bytes } = await writeBids(folder);
    const one = await BidsRun.open(path, 1), two = await BidsRun.open(path, 2, true);
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
    await compare({
      title: "P9: two workers that read the file themselves",
      events: ROWS,
      bytes,
      ours: { name: "rdx, two workers, two phases", run: () => two.run() },
      rivals: [{ name: ONE, run: () => one.run() }],
      bars: { [ONE]: { gate: 1.5, goal: 1.85 } },
    });
    console.log(`  main thread with two workers: ${(two.mainShare * 100).toFixed(1)} % of a processor (gate 5 %)`);
    await one.close();
    await two.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
