/**
 * Count and sum by an int64 key in one window, with state of 0.5 ×, 1 ×, 2 × and 4 × its memory, uniform and hot keys (nine of ten rows go to
 * one key of twenty), against the same kernel without a bound: processor time of the rows behind those that make the keys, and of the window that
 * fires then. Both come to the same results.
 *
 *   deno run -A scripts/build.ts && deno bench -A bench/kernel/cold_windows.bench.ts
 */
import { cpuUsage } from "node:process";
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { INT64, TIMESTAMP } from "../../src/core/schema.ts";
import { WindowAggregate } from "../../src/kernel/aggregate.ts";
import { Kernel } from "../../src/kernel/module.ts";
import { openColdFile } from "../../src/store/cold_file_deno.ts";
import { benchOnce } from "../lib/compare.ts";

const BOUND_BYTES = 32 * 2 ** 20;
/** A row of 48 bytes, and its place in the index. */
const KEY_BYTES = 60;
const ROWS = 2_000_000, TIMES = [0.5, 1, 2, 4], DAY_MS = 86_400_000;

const module = new WebAssembly.Module(Deno.readFileSync(new URL("../../dist/kernel.wasm", import.meta.url)));

interface Run {
  readonly rowsPerSecond: number;
  readonly resultsPerSecond: number;
  readonly answer: bigint;
  readonly cold: number;
}

function run(keys: number, hot: boolean, boundBytes: number | null): Run {
  const kernel = new Kernel(module), at = [0, 1, 2].map(() => kernel.alloc(BATCH_ROWS_MAX * 8) >>> 0);
  if (boundBytes !== null) {
    kernel.cold = () => openColdFile(null);
    kernel.limitState(boundBytes);
  }
  const windows = new WindowAggregate(kernel, {
    keys: [INT64],
    aggregates: [{ fn: "count", type: null }, { fn: "sum", type: INT64 }],
    sizeMs: DAY_MS,
    slideMs: DAY_MS,
    offsetMs: 0,
    groupFrom: 0,
    groupTo: 128,
  });
  let state = 1;
  const random = () => (state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0) / 2 ** 32;
  const timed = (act: () => void) => {
    const before = cpuUsage();
    act();
    const { user, system } = cpuUsage(before);
    return user + system;
  };
  const push = (rows: number, key: (i: number) => number) => {
    for (let i = 0; i < rows; i++) {
      // Keys lie far apart: what is found by its place in a list is not what is measured
      kernel.data.setBigInt64(at[0] + i * 8, BigInt(key(i)) * 1_000_003n, true);
      kernel.data.setBigInt64(at[1] + i * 8, BigInt(i), true);
    }
    const [id, value] = at.map((data) => ({ type: INT64, data, validity: 0 }));
    const time = { type: TIMESTAMP, data: at[2], validity: 0 };
    const batch = { rows, columns: [id, value, time], selection: 0, selected: rows, kinds: 0 };
    return timed(() => {
      const times = { time, running: 0, before: -Infinity, delayMs: 1, others: Infinity };
      const { consumed } = windows.push(batch, [id], [null, value], times);
      if (consumed < rows) throw new Error("The state is full");
      kernel.reset();
    });
  };
  for (let from = 0; from < keys; from += BATCH_ROWS_MAX) push(Math.min(BATCH_ROWS_MAX, keys - from), (i) => from + i);
  const skewed = () => Math.floor(random() * (random() < 0.9 ? keys / 20 : keys));
  let micros = 0, rows = 0, answer = 0n, results = 0;
  for (; rows < ROWS; rows += BATCH_ROWS_MAX) {
    micros += push(BATCH_ROWS_MAX, hot ? skewed : () => Math.floor(random() * keys));
  }
  const cold = windows.cold.bytes;
  const fired = timed(() => {
    windows.advance(Infinity);
    for (let out; (out = windows.pull(BATCH_ROWS_MAX)) !== null; kernel.reset()) {
      results += out.rows;
      for (let i = 0; i < out.rows; i++) {
        answer = (answer * 31n + kernel.data.getBigInt64(out.columns[4].data + i * 8, true)) & 0xffff_ffffn;
      }
    }
  });
  windows.close();
  return { rowsPerSecond: rows / micros * 1e6, resultsPerSecond: results / fired * 1e6, answer, cold };
}

benchOnce("windows with more state than memory", () => {
  for (const hot of [false, true]) {
    for (const times of TIMES) {
      const keys = Math.round(BOUND_BYTES / KEY_BYTES * times);
      const free = run(keys, hot, null), bound = run(keys, hot, BOUND_BYTES);
      if (free.answer !== bound.answer) throw new Error(`${bound.answer} is not ${free.answer}`);
      const pushed = `${Math.round(bound.rowsPerSecond)} rows/s, ${
        (bound.rowsPerSecond / free.rowsPerSecond).toFixed(3)
      }`;
      const fired = `${(bound.resultsPerSecond / free.resultsPerSecond).toFixed(3)} × memory to fire`;
      console.log(
        `${hot ? "hot" : "uniform"} keys, ${times} × the bound: ${pushed} × memory, ${fired}, ${
          bound.cold >> 20
        } MiB on disk`,
      );
    }
  }
});
