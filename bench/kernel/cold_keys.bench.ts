/**
 * Deduplication (the newest row of each key) and a regular join of two inputs by an int64 key, with state of 0.5 × and 4 × its memory, uniform keys and
 * hot ones (nine of ten rows go to one key of twenty), against the same kernel without a bound: processor time of the rows behind those that make the
 * keys. Every run comes to the same number of results.
 *
 *   deno run -A scripts/build.ts && deno bench -A bench/kernel/cold_keys.bench.ts
 */
import { cpuUsage } from "node:process";
import type { Batch } from "../../src/core/batch.ts";
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { INT64 } from "../../src/core/schema.ts";
import { Join } from "../../src/kernel/join.ts";
import { Kernel } from "../../src/kernel/module.ts";
import { Ranking } from "../../src/kernel/rank.ts";
import { openColdFile } from "../../src/store/cold_file_deno.ts";
import { benchOnce } from "../lib/compare.ts";

const BOUND_BYTES = 32 * 2 ** 20, ROWS = 400_000, TIMES = [0.5, 4];

const compiled = (name: string) =>
  new WebAssembly.Module(Deno.readFileSync(new URL(`../../dist/${name}.wasm`, import.meta.url)));
const module = compiled("kernel"), operators = compiled("operators");

/** What takes rows of an int64 key and an int64 value, and tells how many results they made. */
interface Taker {
  take(batch: Batch): number;
  readonly cold: { readonly rows: number };
  close(): void;
}

/** Bytes of a key's rows, with what finds them. */
interface Form {
  readonly name: string;
  readonly keyBytes: number;
  make(kernel: Kernel): Taker;
}

const full = () => new Error("The state is full");
const MET = { running: 0, before: -Infinity, delayMs: 0, others: Infinity };

function newest(kernel: Kernel): Taker {
  const ranks = new Ranking(kernel, {
    ...{ types: [INT64, INT64], keys: 1, from: 1, to: 1, number: false, retracts: false, end: null, ttlMs: 0 },
    order: [{ column: 1, desc: true, nullsLast: false }],
  }, [0, 1]);
  const take = (batch: Batch) => {
    let rows = 0;
    ranks.push(batch);
    for (let out; (out = ranks.pull(full)) !== null;) rows += out.rows;
    return rows;
  };
  return Object.assign(ranks, { take });
}

/** Each row of the left replaces the one with its key, and meets the row of the right. */
function joined(kernel: Kernel): Taker {
  const types = [INT64, INT64],
    changes = { leftChanges: true, rightChanges: true, leftUnique: true, rightUnique: true };
  const join = new Join(kernel, {
    ...{ type: "inner", mode: { mode: "regular", ttlMs: 0 }, left: types, right: types, leftKeys: [0], rightKeys: [0] },
    ...{ where: null, nullAware: false, ...changes },
  });
  let batches = 0;
  const take = (batch: Batch) => {
    let rows = 0;
    if (!join.push(batch, batches++ % 2, MET)) throw full();
    for (let out; (out = join.pull(8192)) !== null;) rows += out.rows;
    return rows;
  };
  return Object.assign(join, { take });
}

const FORMS: readonly Form[] = [
  { name: "the newest row of a key", keyBytes: 92, make: newest },
  { name: "a join of two changelogs", keyBytes: 120, make: joined },
];

interface Run {
  readonly rowsPerSecond: number;
  readonly answer: number;
  readonly cold: number;
}

function run({ make }: Form, keys: number, hot: boolean, boundBytes: number | null): Run {
  const kernel = new Kernel(module), at = [0, 1].map(() => kernel.alloc(BATCH_ROWS_MAX * 8) >>> 0);
  kernel.extend("operators", operators);
  if (boundBytes !== null) {
    kernel.cold = () => openColdFile(null);
    kernel.limitState(boundBytes);
  }
  const taker = make(kernel);
  let state = 1, answer = 0, time = 0;
  const random = () => (state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0) / 2 ** 32;
  const push = (rows: number, key: (i: number) => number) => {
    for (let i = 0; i < rows; i++) {
      kernel.data.setBigInt64(at[0] + i * 8, BigInt(key(i)), true);
      kernel.data.setBigInt64(at[1] + i * 8, BigInt(time++), true);
    }
    const columns = at.map((data) => ({ type: INT64, data, validity: 0 })), before = cpuUsage();
    answer += taker.take({ rows, columns, selection: 0, selected: rows, kinds: 0 });
    kernel.reset();
    const { user, system } = cpuUsage(before);
    return user + system;
  };
  for (let from = 0; from < keys; from += BATCH_ROWS_MAX) push(Math.min(BATCH_ROWS_MAX, keys - from), (i) => from + i);
  const keyOf = () => Math.floor(random() * (hot && random() < 0.9 ? keys / 20 : keys));
  let micros = 0, rows = 0;
  for (; rows < ROWS; rows += BATCH_ROWS_MAX) micros += push(BATCH_ROWS_MAX, keyOf);
  const cold = taker.cold.rows;
  taker.close();
  return { rowsPerSecond: rows / micros * 1e6, answer, cold };
}

benchOnce("keys with more state than memory", () => {
  for (const form of FORMS) {
    for (const hot of [false, true]) {
      for (const times of TIMES) {
        const keys = Math.round(BOUND_BYTES / form.keyBytes * times);
        const free = run(form, keys, hot, null), bound = run(form, keys, hot, BOUND_BYTES);
        if (free.answer !== bound.answer) throw new Error(`${bound.answer} is not ${free.answer}`);
        const ratio = (bound.rowsPerSecond / free.rowsPerSecond).toFixed(3);
        console.log(
          `${form.name}, ${hot ? "hot" : "uniform"} keys, ${times} × the bound: ${
            Math.round(bound.rowsPerSecond)
          } rows/s, ` +
            `${ratio} × memory, ${bound.cold} rows on disk for ${keys} keys`,
        );
      }
    }
  }
});
