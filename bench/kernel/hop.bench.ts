/**
 * P12: a hop of 1 s in windows of 1 h, and of 1 min in a day, against a tumble whose fires hand out as many rows.
 *
 *   deno run -A scripts/build.ts && deno bench -A bench/kernel/hop.bench.ts
 *
 * A window that fires hands out one row for each key in it, and that work nobody can save: so what is compared is the time for
 * a row in or out. "All keys in every slice": both read the same log, and each fire of either hands out every key. "Each key in
 * few slices": a hop finds 10,000 keys in its window though a slice has ten of them; the tumble beside it gets a log in
 * which every window has 10,000 keys. The first window fills before the clock starts; then it runs over one more size, from rows
 * that lie in kernel memory until every result lies in columns and has been read. Every answer is checked against a plain
 * computation in TypeScript, and the longest single call is printed: nothing may take 10 ms.
 */
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { INT64, TIMESTAMP } from "../../src/core/schema.ts";
import { type AggregateCall, WindowAggregate } from "../../src/kernel/aggregate.ts";
import { Kernel } from "../../src/kernel/module.ts";
import { benchOnce, compare, type Contestant } from "../lib/compare.ts";

const HOUR = { name: "1 s in 1 h", slideMs: 1000, slices: 3600 };
const DAY = { name: "1 min in 1 day", slideMs: 60_000, slices: 1440 };
const COUNT_SUM: readonly AggregateCall[] = [{ fn: "count", type: null }, { fn: "sum", type: INT64 }];
const MIN_MAX: readonly AggregateCall[] = [{ fn: "min", type: INT64 }, { fn: "max", type: INT64 }];
/** Rows of keys and values that a log goes through again and again. */
const CYCLE_ROWS = 128 * BATCH_ROWS_MAX;
/** The window that is left when the clock stops takes long to compute plainly; so many of the last ones are enough. */
const CHECKED_WINDOWS = 3;

interface Log {
  readonly keys: number;
  readonly rowsASlice: number;
}

interface Shape {
  readonly slideMs: number;
  /** Slices of a window. */
  readonly slices: number;
  /** Slices of the log; the clock runs over the last half. */
  readonly logSlices: number;
  readonly calls: readonly AggregateCall[];
}

interface Cycle {
  readonly keys: Int32Array;
  readonly values: Int32Array;
}

const dist = new URL("../../dist/", import.meta.url);
const module = new WebAssembly.Module(
  Deno.readFileSync(new URL(`${Deno.env.get("RDX_KERNEL_ROOM") ?? "kernel"}.wasm`, dist)),
);

/** Keys and values by xorshift32 (Marsaglia, 2003). */
function makeCycle(keys: number): Cycle {
  const cycle = { keys: new Int32Array(CYCLE_ROWS), values: new Int32Array(CYCLE_ROWS) };
  for (let i = 0, x = 2463534242; i < CYCLE_ROWS; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    cycle.keys[i] = (x >>> 0) % keys;
    cycle.values[i] = (x >>> 8) & 0xffff;
  }
  return cycle;
}

/** Rows of a window, and a sum over keys and results that no two different windows are likely to share. */
interface WindowSum {
  rows: number;
  sum: number;
}

/** What the windows of the last slices of a log hold, plainly. */
function plain({ keys, values }: Cycle, { rowsASlice }: Log, { slices, logSlices, calls }: Shape): WindowSum[] {
  return Array.from({ length: CHECKED_WINDOWS }, (_, i) => {
    const end = logSlices - CHECKED_WINDOWS + 1 + i, found = new Map<number, [number, number]>();
    for (let at = (end - slices) * rowsASlice; at < end * rowsASlice; at++) {
      const key = keys[at % CYCLE_ROWS], value = values[at % CYCLE_ROWS], known = found.get(key);
      if (known === undefined) found.set(key, calls === MIN_MAX ? [value, value] : [1, value]);
      else if (calls === MIN_MAX) found.set(key, [Math.min(known[0], value), Math.max(known[1], value)]);
      else found.set(key, [known[0] + 1, known[1] + value]);
    }
    let sum = 0;
    for (const [key, [first, second]] of found) sum += (key + 1) * first + second;
    return { rows: found.size, sum };
  });
}

/** One run over a log: answers with the sums of the last windows and the rows in and out while the clock ran. */
class Run {
  readonly #kernel = new Kernel(module);
  readonly #columns: readonly [key: number, value: number, time: number];
  readonly #rows: number;
  /** Milliseconds of the longest call. */
  longestMs = 0;

  constructor(readonly name: string, cycle: Cycle, readonly log: Log, readonly shape: Shape) {
    const kernel = this.#kernel, rows = this.#rows = log.rowsASlice * shape.logSlices;
    this.#columns = [kernel.alloc(CYCLE_ROWS * 8), kernel.alloc(CYCLE_ROWS * 8), kernel.alloc(rows * 8)];
    const words = new Int32Array(kernel.bytes.buffer), [key, value, time] = this.#columns.map((at) => (at >>> 0) / 4);
    for (let i = 0; i < CYCLE_ROWS; i++) {
      words[key + i * 2] = cycle.keys[i];
      words[value + i * 2] = cycle.values[i];
    }
    for (let i = 0; i < rows; i++) words[time + i * 2] = this.#timeOf(i);
  }

  #timeOf(row: number): number {
    return Math.floor(row / this.log.rowsASlice * this.shape.slideMs);
  }

  run(expected: readonly WindowSum[]): { seconds: number; rows: number } {
    const { slideMs, slices, logSlices, calls } = this.shape, half = this.#rows / 2;
    const sizes = { sizeMs: slideMs * slices, slideMs, offsetMs: 0 };
    const windows = new WindowAggregate(this.#kernel, {
      keys: [INT64],
      aggregates: calls,
      ...sizes,
      groupFrom: 0,
      groupTo: 128,
    });
    const sums: WindowSum[] = Array.from({ length: logSlices + 1 }, () => ({ rows: 0, sum: 0 }));
    let start = 0, rowsOut = 0;
    for (let at = 0; at < this.#rows;) {
      if (start === 0 && at >= half) {
        start = performance.now();
        rowsOut = 0;
        this.longestMs = 0;
      }
      const end = Math.min(this.#rows, at + BATCH_ROWS_MAX - at % BATCH_ROWS_MAX, at < half ? half : this.#rows);
      this.#push(windows, at, end);
      windows.advance(end === this.#rows ? logSlices * slideMs - 1 : this.#timeOf(end - 1) - 1);
      rowsOut += this.#drain(windows, sums);
      at = end;
    }
    const seconds = (performance.now() - start) / 1000;
    windows.close();
    const got = sums.slice(-CHECKED_WINDOWS);
    if (JSON.stringify(got) !== JSON.stringify(expected)) {
      throw new Error(`${this.name} gives ${JSON.stringify(got)}, and not ${JSON.stringify(expected)}`);
    }
    return { seconds, rows: this.#rows - half + rowsOut };
  }

  #push(windows: WindowAggregate, at: number, end: number): void {
    const before = performance.now(), [key, value, time] = this.#columns, cycled = at % CYCLE_ROWS;
    const column = (address: number, row: number, type = INT64) => ({ type, data: address + row * 8, validity: 0 });
    const batch = { rows: end - at, columns: [], selection: 0, selected: end - at, kinds: 0 };
    const args = this.shape.calls.map(({ type }) => type && column(value, cycled));
    windows.push(batch, [column(key, cycled)], args, {
      time: column(time, at, TIMESTAMP),
      running: 0,
      before: at === 0 ? -Infinity : this.#timeOf(at - 1),
      delayMs: 1,
      others: Infinity,
    });
    this.longestMs = Math.max(this.longestMs, performance.now() - before);
  }

  #drain(windows: WindowAggregate, sums: WindowSum[]): number {
    let rowsOut = 0;
    for (;;) {
      const before = performance.now(), batch = windows.pull(BATCH_ROWS_MAX);
      this.longestMs = Math.max(this.longestMs, performance.now() - before);
      if (!batch) break;
      const words = new Uint32Array(this.#kernel.bytes.buffer), [, end, key, first, second] = batch.columns;
      const [endAt, keyAt, firstAt, secondAt] = [end, key, first, second].map(({ data }) => data >>> 2);
      for (let i = 0; i < batch.rows * 2; i += 2) {
        const sum = sums[(words[endAt + i] + words[endAt + i + 1] * 2 ** 32) / this.shape.slideMs];
        if (sum === undefined) continue;
        sum.rows++;
        sum.sum += (words[keyAt + i] + 1) * words[firstAt + i] + words[secondAt + i] +
          words[secondAt + i + 1] * 2 ** 32;
      }
      rowsOut += batch.rows;
      this.#kernel.reset();
    }
    this.#kernel.reset();
    return rowsOut;
  }
}

/** One of several: seconds are those of a million rows in or out. */
function contestant(name: string, log: Log, shape: Shape): { contestant: Contestant<null>; run: Run } {
  const cycle = makeCycle(log.keys), run = new Run(name, cycle, log, shape), expected = plain(cycle, log, shape);
  return {
    run,
    contestant: {
      name,
      run() {
        const { seconds, rows } = run.run(expected);
        return { answer: null, seconds: seconds / rows * 1e6 };
      },
    },
  };
}

async function against(title: string, span: typeof HOUR, calls: Shape["calls"], hopLog: Log, tumbleLog: Log) {
  const { slideMs, slices } = span, logSlices = slices * 2;
  const hop = contestant("hop", hopLog, { slideMs, slices, logSlices, calls });
  // A tumble has no window to fill: as many rows in and out as the hop has, but no more than memory has room for
  const tumbleSlices = Math.min(logSlices, Math.floor(24e6 / tumbleLog.rowsASlice));
  const tumble = contestant("tumble", tumbleLog, { slideMs, slices: 1, logSlices: tumbleSlices, calls });
  await compare({
    title: `${title}, ${span.name}: rows in and out`,
    events: 1e6,
    ours: hop.contestant,
    rivals: [tumble.contestant],
    bars: { tumble: { gate: 1 / 2, goal: 1 / 1.5 } },
  });
  console.log(
    `  longest call of hop ${hop.run.longestMs.toFixed(1)} ms, of tumble ${tumble.run.longestMs.toFixed(1)} ms`,
  );
}

const DENSE = { keys: 1000, rowsASlice: 3000 };
const SPARSE = { keys: 10_000, rowsASlice: 10 };
const FULL = { keys: 10_000, rowsASlice: 30_000 };

benchOnce("long hops against tumbles", async () => {
  for (const span of [HOUR, DAY]) {
    await against("count and sum, all 1,000 keys in every slice", span, COUNT_SUM, DENSE, DENSE);
    await against("count and sum, each of 10,000 keys in few slices", span, COUNT_SUM, SPARSE, FULL);
  }
  await against("min and max, all 1,000 keys in every slice", HOUR, MIN_MAX, DENSE, DENSE);
  await against("min and max, each of 10,000 keys in few slices", HOUR, MIN_MAX, SPARSE, FULL);
});
