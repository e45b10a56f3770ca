/**
 * P12: what a row costs as keys and windows grow. Count and sum by key: tumbling windows at 1 k to 10 M keys against 1 k, and a hop of
 * 1 s in windows of 1 h at 10 k keys against a tumble of 1 s over the same rows. The processor time of rows going in is taken, with that
 * of the watermark behind them (which writes hopping slices out), and not what fires: that is one row out for each key and window in
 * either (bench/kernel/hop.bench.ts counts it). Every answer is held against plain counts.
 *
 * The state is filled first, and that is told as a line of its own: new keys, and memory that the system hands out page by page, come once.
 * What a row costs "but for cache misses" is told by a loop that does nothing but add to a count and a sum at a random place of as many
 * rows: the memory's own price, which nobody can go below. What a row costs in prices of memory is to stay flat. The longest push of all is
 * told, but for the first ones, in which the kernel is compiled: none may take 10 ms.
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
const GROWTH_ROWS = 10_000_000, GROWTH_GATE = 6, GROWTH_GOAL = 4;
/** Rows of the fill for each key: nearly all keys are there behind them. */
const FILL_ROWS_A_KEY = 4, FILL_ROWS_MIN = 1_000_000;
const PAUSE_GATE_MS = 10, PAUSE_GOAL_MS = 5;
const HOP = { keys: 10_000, rowsASlice: 20_000, fill: 3600, slices: 300, sizeMs: 3_600_000, slideMs: 1000 };
const HOP_GATE = 2, HOP_GOAL = 1.5;
const ROUNDS = 3;
/** In the rows before that the kernel is compiled. */
const COMPILED_ROWS = 100_000;

const module = new WebAssembly.Module(Deno.readFileSync(new URL("../../dist/kernel.wasm", import.meta.url)));

interface Work {
  readonly keys: number;
  /** The first of the rows, which fill the state. */
  readonly fill: number;
  readonly rows: number;
  readonly rowsASlice: number;
  readonly sizeMs: number;
  readonly slideMs: number;
}

/** Processor time. */
interface Cost {
  /** Nanoseconds that a row takes to go in while the state fills, and when it is full. */
  readonly filling: number;
  readonly full: number;
  /** Milliseconds of the longest push and watermark. */
  readonly longest: number;
}

/** Throws when what comes out does not count every row of every window. */
function costOf({ keys, fill, rows, rowsASlice, sizeMs, slideMs }: Work): Cost {
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
  let filling = 0, full = 0, longest = 0, counted = 0, expected = 0;
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
      size = Math.min(BATCH_ROWS_MAX, (slice + 1) * rowsASlice - row, (row < fill ? fill : rows) - row);
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
    const { user, system } = cpuUsage(start), seconds = (user + system) / 1e6;
    if (row < fill) filling += seconds;
    else full += seconds;
    if (row >= COMPILED_ROWS) longest = Math.max(longest, seconds * 1000);
    drain();
    row += size;
    expected += size * sizeMs / slideMs;
  }
  windows.advance(Infinity);
  drain();
  windows.close();
  if (counted !== expected) throw new Error(`${counted} rows were counted, and not ${expected}`);
  return { filling: filling / fill * 1e9, full: full / (rows - fill) * 1e9, longest };
}

/** The price of memory: nanoseconds to add to a count and a sum, of 32 bytes a key, at random. */
function memoryPrice(keys: number, rows: number): number {
  const state = new Float64Array(keys * 4).fill(1), places = new Uint32Array(BATCH_ROWS_MAX);
  let seconds = 0;
  for (let row = 0, x = 2463534242; row < rows; row += BATCH_ROWS_MAX) {
    for (let i = 0; i < BATCH_ROWS_MAX; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      places[i] = (x >>> 0) % keys * 4;
    }
    const start = cpuUsage();
    addAll(state, places);
    const { user, system } = cpuUsage(start);
    seconds += (user + system) / 1e6;
  }
  return seconds / rows * 1e9;
}

function addAll(state: Float64Array, places: Uint32Array): void {
  for (let i = 0; i < places.length; i++) {
    const at = places[i];
    state[at + 2]++;
    state[at + 3] += i;
  }
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1];
}

/** Medians of works that are done in turn; of pauses the longest. */
function costs(works: readonly Work[]): Cost[] {
  const all = works.map((): Cost[] => []);
  for (let round = 0; round < ROUNDS; round++) works.forEach((work, i) => all[i].push(costOf(work)));
  return all.map((found) => ({
    filling: median(found.map(({ filling }) => filling)),
    full: median(found.map(({ full }) => full)),
    longest: Math.max(...found.map(({ longest }) => longest)),
  }));
}

function verdict(found: number, unit: string, gate: number, goal: number): string {
  return `${found.toFixed(2)} ${unit} (gate ${gate} ${found <= gate ? "held" : "MISSED"}, goal ${goal} ${
    found <= goal ? "reached" : "not reached"
  })`;
}

benchOnce("a row's cost as keys grow", () => {
  const hour = { rowsASlice: Infinity, sizeMs: 3_600_000, slideMs: 3_600_000 };
  const found = costs(KEYS.map((keys) => {
    const fill = Math.max(FILL_ROWS_MIN, keys * FILL_ROWS_A_KEY);
    return { ...hour, keys, fill, rows: fill + GROWTH_ROWS };
  }));
  const prices = KEYS.map((keys) => median(Array.from({ length: ROUNDS }, () => memoryPrice(keys, GROWTH_ROWS))));
  console.log(`\nP12: count and sum by key, ${GROWTH_ROWS / 1e6} M rows in one window that has all keys, rows in`);
  KEYS.forEach((keys, i) => {
    const { filling, full, longest } = found[i], columns = [full, full / prices[i], prices[i], filling, longest];
    const [ns, times, price, fills, ms] = columns.map((number) => number.toFixed(1).padStart(5));
    console.log(`  ${String(keys).padStart(10)} keys  ${ns} ns a row, ${times} × memory's price of ${price} ns`);
    console.log(`                   ${fills} ns while it fills, longest push ${ms} ms`);
  });
  const growth = found.at(-1)!.full / found[0].full, price = prices.at(-1)! / prices[0];
  console.log(`  from the fewest to the most keys ${growth.toFixed(2)} ×, memory's price ${price.toFixed(2)} ×`);
  console.log(`  but for cache misses: ${verdict(growth / price, "×", GROWTH_GATE, GROWTH_GOAL)}`);
  const longest = Math.max(...found.map(({ longest }) => longest));
  console.log(`  longest push: ${verdict(longest, "ms", PAUSE_GATE_MS, PAUSE_GOAL_MS)}`);
});

benchOnce("a row's cost in long hops", () => {
  const { keys, rowsASlice, fill, slices, sizeMs, slideMs } = HOP;
  const log = { keys, rowsASlice, fill: rowsASlice * fill, rows: rowsASlice * (fill + slices) };
  const [hop, tumble] = costs([{ ...log, sizeMs, slideMs }, { ...log, sizeMs: slideMs, slideMs }]);
  console.log(
    `\nP12: count and sum by ${keys} keys, ${rowsASlice} rows a second, 1 s in 1 h, rows in when the first hour is over`,
  );
  console.log(
    `  hop ${hop.full.toFixed(1)} ns a row, tumble ${tumble.full.toFixed(1)} ns: ${
      verdict(hop.full / tumble.full, "×", HOP_GATE, HOP_GOAL)
    }`,
  );
  console.log(
    `  in the first hour, while slices take new memory: hop ${hop.filling.toFixed(1)} ns, tumble ${
      tumble.filling.toFixed(1)
    } ns`,
  );
});
