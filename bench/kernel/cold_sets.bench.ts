/**
 * Groups that hold more than cells (different values, a list, a sketch) by an int64 key, each change told, with state of 0.5 × and 4 × its memory,
 * uniform keys and hot ones (nine of ten rows go to one key of twenty), against the same kernel without a bound: processor time of the rows behind
 * those that make the keys. Every run comes to the same sum of its batches' last results.
 *
 *   deno run -A scripts/build.ts && deno bench -A bench/kernel/cold_sets.bench.ts
 */
import { cpuUsage } from "node:process";
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { INT64 } from "../../src/core/schema.ts";
import { GroupAggregate, type GroupBatch, type GroupCallSpec } from "../../src/kernel/group.ts";
import { Kernel } from "../../src/kernel/module.ts";
import { openColdFile } from "../../src/store/cold_file_deno.ts";
import { benchOnce } from "../lib/compare.ts";

const BOUND_BYTES = 32 * 2 ** 20, ROWS = 400_000, TIMES = [0.5, 4];

const compiled = (name: string) =>
  new WebAssembly.Module(Deno.readFileSync(new URL(`../../dist/${name}.wasm`, import.meta.url)));
const module = compiled("kernel"), operators = compiled("operators");

/** What a group holds: its calls, how many values it begins with, and of how many there are. */
interface Form {
  readonly name: string;
  readonly calls: readonly GroupCallSpec[];
  readonly first: number;
  readonly values: number;
}

const call = { distinct: false, filter: -1, params: [], args: [1] };
const COUNT: GroupCallSpec = { ...call, fn: "count", distinct: true };
const FORMS: readonly Form[] = [
  { name: "8 different values", calls: [COUNT], first: 8, values: 8 },
  { name: "64 different values", calls: [COUNT], first: 64, values: 64 },
  { name: "a list", calls: [{ ...call, fn: "array_agg" }], first: 4, values: 1000 },
  { name: "a sketch", calls: [{ ...call, fn: "approx_count_distinct" }], first: 1, values: 1000 },
];

interface Run {
  readonly rowsPerSecond: number;
  readonly answer: number;
  readonly cold: number;
  readonly reads: number;
  readonly keyBytes: number;
}

function run({ calls, first, values }: Form, keys: number, hot: boolean, boundBytes: number | null): Run {
  const kernel = new Kernel(module), at = [0, 1].map(() => kernel.alloc(BATCH_ROWS_MAX * 8) >>> 0);
  kernel.extend("operators", operators);
  if (boundBytes !== null) {
    kernel.cold = () => openColdFile(null);
    kernel.limitState(boundBytes);
  }
  const groups = new GroupAggregate(kernel, {
    ...{ types: [INT64, INT64], keys: [0], retracts: false, end: null, final: false, latenessMs: 0 },
    ...{ upsert: true, ttlMs: 0, calls, cold: true },
  });
  const full = () => new Error("The state is full");
  let state = 1, answer = 0;
  const random = () => (state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0) / 2 ** 32;
  const push = (rows: number, row: (i: number) => readonly [key: number, value: number]) => {
    for (let i = 0; i < rows; i++) {
      const [key, value] = row(i);
      kernel.data.setBigInt64(at[0] + i * 8, BigInt(key), true);
      kernel.data.setBigInt64(at[1] + i * 8, BigInt(value), true);
    }
    const columns = at.map((data) => ({ type: INT64, data, validity: 0 })), before = cpuUsage();
    groups.push({ rows, columns, selection: 0, selected: rows, kinds: 0 });
    let last = 0;
    for (let out; (out = groups.pull(full)) !== null;) last = answerOf(kernel, out);
    answer += last;
    kernel.reset();
    const { user, system } = cpuUsage(before);
    return user + system;
  };
  const made = keys * first;
  for (let from = 0; from < made; from += BATCH_ROWS_MAX) {
    push(Math.min(BATCH_ROWS_MAX, made - from), (i) => [Math.floor((from + i) / first), (from + i) % first]);
  }
  const key = () => Math.floor(random() * (hot && random() < 0.9 ? keys / 20 : keys));
  const keyBytes = groups.stateBytes / keys;
  let micros = 0, rows = 0;
  for (; rows < ROWS; rows += BATCH_ROWS_MAX) {
    micros += push(BATCH_ROWS_MAX, () => [key(), Math.floor(random() * values)]);
  }
  const { rows: cold, reads } = groups.cold;
  if (groups.stateRows !== keys) throw new Error(`${groups.stateRows} rows of ${keys} keys`);
  groups.close();
  return { rowsPerSecond: rows / micros * 1e6, answer, cold, reads, keyBytes };
}

/** The last result of a batch: a number, or how long its text is. */
function answerOf({ data }: Kernel, { rows, columns: [, { type, data: at }] }: GroupBatch): number {
  const last = at + (rows - 1) * 8;
  return type.kind === "string" ? data.getUint32(last + 4, true) : Number(data.getBigInt64(last, true));
}

benchOnce("groups that hold more than memory", () => {
  for (const form of FORMS) {
    const bytes = run(form, 8192, false, null).keyBytes;
    for (const hot of [false, true]) {
      for (const times of TIMES) {
        const keys = Math.round(BOUND_BYTES / bytes * times);
        const free = run(form, keys, hot, null), bound = run(form, keys, hot, BOUND_BYTES);
        if (free.answer !== bound.answer) throw new Error(`${bound.answer} is not ${free.answer}`);
        const price = (free.rowsPerSecond / bound.rowsPerSecond).toFixed(2), rows = Math.round(free.rowsPerSecond);
        console.log(
          `${form.name}, ${
            hot ? "hot" : "uniform"
          } keys, ${times} × the bound: ${price} × the price of memory, at ${rows} rows/s, ` +
            `${bound.cold} of ${keys} keys on disk, ${bound.reads} came back`,
        );
      }
    }
  }
});
