/**
 * P12: what a row costs as keys and windows grow. Count and sum by key: tumbling windows at 1 k to 10 M keys against 1 k, and a hop of
 * 1 s in windows of 1 h at 10 k keys against a tumble of 1 s over the same rows. The processor time of rows going in is taken, with that
 * of the watermark behind them (which writes hopping slices out), and not what fires: that is one row out for each key and window in
 * either (bench/kernel/hop.bench.ts counts it). Every answer is held against plain counts.
 *
 *   deno run -A scripts/build.ts && deno bench -A bench/kernel/growth.bench.ts
 */
import { cpuUsage } from "node:process";
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { INT64, TIMESTAMP } from "../../src/core/schema.ts";
import { WindowAggregate } from "../../src/kernel/aggregate.ts";
import { Kernel } from "../../src/kernel/module.ts";
import { benchOnce } from "../lib/compare.ts";

const KEYS = [1000, 10_000, 100_000, 1_000_000, 10_000_000];
const GROWTH_ROWS = 20_000_000, GROWTH_GATE = 6, GROWTH_GOAL = 4;
const HOP = { keys: 10_000, rowsASlice: 20_000, slices: 300, sizeMs: 3_600_000, slideMs: 1000 };
const HOP_GATE = 2, HOP_GOAL = 1.5;
const ROUNDS = 3;

const module = new WebAssembly.Module(Deno.readFileSync(new URL("../../dist/kernel.wasm", import.meta.url)));

interface Work {
  readonly keys: number;
  readonly rows: number;
  readonly rowsASlice: number;
  readonly sizeMs: number;
  readonly slideMs: number;
}

/** Nanoseconds that a row takes to go in. Throws when what comes out does not count every row of every window. */
function nanoseconds({ keys, rows, rowsASlice, sizeMs, slideMs }: Work): number {
  const kernel = new Kernel(module), at = [0, 1, 2].map(() => kernel.alloc(BATCH_ROWS_MAX * 8) >>> 0);
  const windows = new WindowAggregate(kernel, {
    keys: [INT64],
    aggregates: [{ fn: "count", type: null }, { fn: "sum", type: INT64 }],
    sizeMs,
    slideMs,
    offsetMs: 0,
    groupFrom: 0,
    groupTo: 128,
  });
  let seconds = 0, counted = 0, expected = 0;
  const drain = () => {
    for (let batch = windows.pull(BATCH_ROWS_MAX); batch; batch = windows.pull(BATCH_ROWS_MAX)) {
      const words = new Uint32Array(kernel.bytes.buffer), count = batch.columns[3].data >>> 2;
      for (let i = 0; i < batch.rows; i++) counted += words[count + i * 2];
      kernel.reset();
    }
    kernel.reset();
  };
  for (let row = 0, x = 2463534242; row < rows;) {
    const slice = Math.floor(row / rowsASlice),
      size = Math.min(BATCH_ROWS_MAX, (slice + 1) * rowsASlice - row, rows - row);
    const cells = new Int32Array(kernel.bytes.buffer), times = new BigInt64Array(kernel.bytes.buffer);
    for (let i = 0; i < size; i++) {
      // xorshift32 (Marsaglia, 2003)
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      cells[(at[0] >>> 2) + i * 2] = (x >>> 0) % keys;
      cells[(at[1] >>> 2) + i * 2] = (x >>> 8) & 0xffff;
    }
    times.fill(BigInt(slice * slideMs), at[2] / 8, at[2] / 8 + size);
    const [key, value, time] = at.map((data, i) => ({ type: i === 2 ? TIMESTAMP : INT64, data, validity: 0 }));
    const batch = { rows: size, columns: [], selection: 0, selected: size, kinds: 0 };
    const around = { time, running: 0, before: slice * slideMs - 1, delayMs: 1, others: Infinity };
    const start = cpuUsage();
    windows.push(batch, [key], [null, value], around);
    windows.advance(slice * slideMs - 1);
    const { user, system } = cpuUsage(start);
    seconds += (user + system) / 1e6;
    drain();
    row += size;
    expected += size * sizeMs / slideMs;
  }
  windows.advance(Infinity);
  drain();
  windows.close();
  if (counted !== expected) throw new Error(`${counted} rows were counted, and not ${expected}`);
  return seconds / rows * 1e9;
}

/** Medians of works that are done in turn. */
function medians(works: readonly Work[]): number[] {
  const times = works.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) works.forEach((work, i) => times[i].push(nanoseconds(work)));
  return times.map((all) => all.sort((a, b) => a - b)[ROUNDS >> 1]);
}

function verdict(ratio: number, gate: number, goal: number): string {
  return `${ratio.toFixed(2)} × (gate ${gate} × ${ratio <= gate ? "held" : "MISSED"}, goal ${goal} × ${
    ratio <= goal ? "reached" : "not reached"
  })`;
}

benchOnce("a row's cost as keys grow", () => {
  const hour = { rows: GROWTH_ROWS, rowsASlice: GROWTH_ROWS, sizeMs: 3_600_000, slideMs: 3_600_000 };
  const found = medians(KEYS.map((keys) => ({ keys, ...hour })));
  console.log(`\nP12: count and sum by key, ${GROWTH_ROWS / 1e6} M rows in one window, rows in`);
  KEYS.forEach((keys, i) =>
    console.log(`  ${String(keys).padStart(10)} keys  ${found[i].toFixed(1).padStart(6)} ns a row`)
  );
  console.log(`  ${verdict(found.at(-1)! / found[0], GROWTH_GATE, GROWTH_GOAL)} from the fewest to the most keys`);
});

benchOnce("a row's cost in long hops", () => {
  const { keys, rowsASlice, slices, sizeMs, slideMs } = HOP,
    rows = rowsASlice * slices,
    log = { keys, rows, rowsASlice };
  const [hop, tumble] = medians([{ ...log, sizeMs, slideMs }, { ...log, sizeMs: slideMs, slideMs }]);
  console.log(`\nP12: count and sum by ${keys} keys, ${rows / 1e6} M rows, 1 s in 1 h, rows in`);
  console.log(
    `  hop ${hop.toFixed(1)} ns a row, tumble ${tumble.toFixed(1)} ns: ${verdict(hop / tumble, HOP_GATE, HOP_GOAL)}`,
  );
});
