/**
 * Count and sum by an int64 key, each change told, with state of 0.5 ×, 1 ×, 2 × and 4 × its memory, uniform and hot keys (nine of ten
 * rows go to one key of twenty), against the same kernel without a bound: processor time of the rows behind those that make the keys. Every
 * run comes to the same sum of results.
 *
 *   deno run -A scripts/build.ts && deno bench -A bench/kernel/cold_groups.bench.ts
 */
import { cpuUsage } from "node:process";
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { INT64 } from "../../src/core/schema.ts";
import { GroupAggregate } from "../../src/kernel/group.ts";
import { Kernel } from "../../src/kernel/module.ts";
import { openColdFile } from "../../src/store/cold_file_deno.ts";
import { benchOnce } from "../lib/compare.ts";

const BOUND_BYTES = 32 * 2 ** 20;
/** A row of 96 bytes, and its place in the index. */
const KEY_BYTES = 115;
const ROWS = 1_000_000, TIMES = [0.5, 1, 2, 4];

const compiled = (name: string) =>
  new WebAssembly.Module(Deno.readFileSync(new URL(`../../dist/${name}.wasm`, import.meta.url)));
const module = compiled("kernel"), operators = compiled("operators");

interface Run {
  readonly rowsPerSecond: number;
  readonly answer: number;
  readonly cold: number;
}

function run(keys: number, hot: boolean, boundBytes: number | null): Run {
  const kernel = new Kernel(module), at = [0, 1].map(() => kernel.alloc(BATCH_ROWS_MAX * 8) >>> 0);
  kernel.extend("operators", operators);
  if (boundBytes !== null) {
    kernel.cold = () => openColdFile(null);
    kernel.limitState(boundBytes);
  }
  const call = { distinct: false, filter: -1, params: [] }, full = () => new Error("The state is full");
  const groups = new GroupAggregate(kernel, {
    ...{
      types: [INT64, INT64],
      keys: [0],
      retracts: false,
      end: null,
      final: false,
      latenessMs: 0,
      upsert: true,
      ttlMs: 0,
    },
    calls: [{ ...call, fn: "count", args: [] }, { ...call, fn: "sum", args: [1] }],
    cold: true,
  });
  let state = 1, answer = 0;
  const random = () => (state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0) / 2 ** 32;
  const push = (rows: number, key: (i: number) => number) => {
    for (let i = 0; i < rows; i++) {
      kernel.data.setBigInt64(at[0] + i * 8, BigInt(key(i)), true);
      kernel.data.setBigInt64(at[1] + i * 8, BigInt(i), true);
    }
    const columns = at.map((data) => ({ type: INT64, data, validity: 0 })), before = cpuUsage();
    groups.push({ rows, columns, selection: 0, selected: rows, kinds: 0 });
    for (let out; (out = groups.pull(full)) !== null;) {
      answer += Number(kernel.data.getBigInt64(out.columns[1].data + (out.rows - 1) * 8, true));
    }
    kernel.reset();
    const { user, system } = cpuUsage(before);
    return user + system;
  };
  for (let from = 0; from < keys; from += BATCH_ROWS_MAX) push(Math.min(BATCH_ROWS_MAX, keys - from), (i) => from + i);
  const skewed = () => Math.floor(random() * (random() < 0.9 ? keys / 20 : keys));
  let micros = 0, rows = 0;
  for (; rows < ROWS; rows += BATCH_ROWS_MAX) {
    micros += push(BATCH_ROWS_MAX, hot ? skewed : () => Math.floor(random() * keys));
  }
  const cold = groups.cold.rows;
  if (groups.stateRows !== keys) throw new Error(`${groups.stateRows} rows of ${keys} keys`);
  groups.close();
  return { rowsPerSecond: rows / micros * 1e6, answer, cold };
}

benchOnce("groups with more state than memory", () => {
  for (const hot of [false, true]) {
    for (const times of TIMES) {
      const keys = Math.round(BOUND_BYTES / KEY_BYTES * times),
        free = run(keys, hot, null),
        bound = run(keys, hot, BOUND_BYTES);
      if (free.answer !== bound.answer) throw new Error(`${bound.answer} is not ${free.answer}`);
      const figures = `${Math.round(bound.rowsPerSecond)} rows/s, ${
        (bound.rowsPerSecond / free.rowsPerSecond).toFixed(3)
      } × memory`;
      console.log(
        `${hot ? "hot" : "uniform"} keys, ${times} × the bound: ${figures}, ${bound.cold} of ${keys} rows on disk`,
      );
    }
  }
});
