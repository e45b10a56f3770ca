/**
 * P2: tumbling count and sum by an int64 key, against C (bench/native/hashagg.c), DuckDB-WASM, a JS Map, Arquero and RxJS.
 *
 *   deno run -A scripts/build.ts && deno bench -A bench/kernel/aggregate.bench.ts
 *
 * RDX_KERNEL_ROOM=aggregate takes the build of the room alone. Rows lie in kernel memory in batches of BATCH_ROWS_MAX, as a
 * decoder leaves them; the clock runs from there until every result lies in columns and has been read. Every contestant answers
 * with the number of groups of all windows, their counts and their sums. C has 4-byte keys and times, we have 8-byte ones.
 */
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { INT64, TIMESTAMP } from "../../src/core/schema.ts";
import { WindowAggregate } from "../../src/kernel/aggregate.ts";
import { Kernel } from "../../src/kernel/module.ts";
import { benchOnce, compare, type Contestant } from "../lib/compare.ts";
import { type Answer, arqueroGroups, duckdbWasm, jsMap, makeWork, native, type Work } from "./aggregate_rivals.ts";
import { rxjsGroups } from "./rxjs_rival.ts";

const ROWS = 10_000_000;
/** The rows that rivals which take long get. */
const SLOW_ROWS = 2_000_000;
/** RxJS takes 8 µs a row with many keys. */
const RXJS_ROWS = 200_000;
const WINDOWS = [1_000_000, 10_000_000];
const KEYS = [1000, 100_000, 1_000_000];

const dist = new URL("../../dist/", import.meta.url);
const module = new WebAssembly.Module(
  Deno.readFileSync(new URL(`${Deno.env.get("RDX_KERNEL_ROOM") ?? "kernel"}.wasm`, dist)),
);

/** Adds what a batch of results says. Counts and sums stay far below 2^53. */
function read(kernel: Kernel, answer: Answer, rows: number, count: number, sum: number): void {
  const words = new Uint32Array(kernel.bytes.buffer);
  answer.groups += rows;
  for (let i = 0; i < rows * 2; i += 2) {
    answer.count += words[(count >> 2) + i];
    answer.sum += words[(sum >> 2) + i] + words[(sum >> 2) + i + 1] * 2 ** 32;
  }
}

function ours({ keys, values, windowRows }: Work): Contestant<Answer> {
  const rows = keys.length, kernel = new Kernel(module);
  const [keyAt, valueAt, timeAt] = [0, 1, 2].map(() => kernel.alloc(rows * 8));
  const words = new Int32Array(kernel.bytes.buffer);
  for (let i = 0; i < rows; i++) {
    words[(keyAt >> 2) + i * 2] = keys[i];
    words[(valueAt >> 2) + i * 2] = values[i];
    words[(timeAt >> 2) + i * 2] = i;
  }
  const spec = {
    keys: [INT64],
    aggregates: [{ fn: "count", type: null }, { fn: "sum", type: INT64 }] as const,
    sizeMs: windowRows,
    slideMs: windowRows,
    offsetMs: 0,
    groupFrom: 0,
    groupTo: 128,
  };
  const drain = (windows: WindowAggregate, answer: Answer) => {
    for (let batch = windows.pull(BATCH_ROWS_MAX); batch; batch = windows.pull(BATCH_ROWS_MAX)) {
      read(kernel, answer, batch.rows, batch.columns[3].data, batch.columns[4].data);
      kernel.reset();
    }
    kernel.reset();
  };
  const run = () => {
    const start = performance.now(), windows = new WindowAggregate(kernel, spec);
    const answer = { groups: 0, count: 0, sum: 0 };
    for (let at = 0; at < rows; at += BATCH_ROWS_MAX) {
      const count = Math.min(BATCH_ROWS_MAX, rows - at);
      const column = (address: number, type = INT64) => ({ type, data: address + at * 8, validity: 0 });
      const batch = { rows: count, columns: [], selection: 0, selected: count, kinds: 0 };
      const times = { time: column(timeAt, TIMESTAMP), running: 0, before: at - 1, delayMs: 1, others: Infinity };
      windows.push(batch, [column(keyAt)], [null, column(valueAt)], times);
      windows.advance(at + count - 2);
      drain(windows, answer);
    }
    windows.advance(Infinity);
    drain(windows, answer);
    const seconds = (performance.now() - start) / 1000;
    windows.close();
    return { answer, seconds };
  };
  return { name: "rdx", run };
}

const bars = { C: { gate: 0.45, goal: 0.7 }, "DuckDB-WASM": { gate: 2 } };
benchOnce("tumbling count and sum by key", async () => {
  for (const distinct of KEYS) {
    for (const windowRows of WINDOWS) {
      const work = makeWork(ROWS, distinct, windowRows), c = await native(work);
      await compare({
        title: `${ROWS / 1e6} M rows, ${distinct} keys, windows of ${windowRows / 1e6} M rows`,
        events: ROWS,
        ours: ours(work),
        rivals: c === null ? [] : [c],
        rounds: 7,
        bars,
      });
    }
    const work = makeWork(SLOW_ROWS, distinct, WINDOWS[0]);
    await compare({
      title: `${SLOW_ROWS / 1e6} M rows, ${distinct} keys, windows of ${WINDOWS[0] / 1e6} M rows`,
      events: SLOW_ROWS,
      ours: ours(work),
      rivals: [await duckdbWasm(work), jsMap(work), arqueroGroups(work)],
      rounds: 3,
      bars,
    });
  }
  const work = makeWork(RXJS_ROWS, KEYS[0], RXJS_ROWS / 2);
  await compare({
    title: `${RXJS_ROWS / 1e6} M rows, ${KEYS[0]} keys, two windows`,
    events: RXJS_ROWS,
    ours: ours(work),
    rivals: [rxjsGroups(work)],
    rounds: 3,
  });
});
