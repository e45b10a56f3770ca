/**
 * P2: tumbling count and sum by an int64 key, against C (bench/native/hashagg.c), DuckDB-WASM, a JS Map and Arquero.
 *
 *   deno run -A scripts/build.ts && deno run -A bench/kernel/aggregate.bench.ts [keys…]
 *
 * RDX_KERNEL_ROOM=aggregate takes the build of the room alone. Rows lie in kernel memory in batches of BATCH_ROWS_MAX, as a
 * decoder leaves them; the clock runs from there until every result lies in columns. Every contestant answers with the number of
 * groups of all windows, their counts and their sums. C has 4-byte keys and times, a table of the right size, and prefetch.
 */
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { INT64, TIMESTAMP } from "../../src/core/schema.ts";
import { WindowAggregate } from "../../src/kernel/aggregate.ts";
import { Kernel } from "../../src/kernel/module.ts";
import { compare, type Contestant, which } from "../lib/compare.ts";

const ROWS = 10_000_000;
const WINDOWS = [1_000_000, 10_000_000];
const KEYS = [1000, 100_000, 1_000_000];

interface Answer {
  groups: number;
  count: number;
  sum: number;
}

/** Keys and values by xorshift32 (Marsaglia, 2003), as hashagg.c makes them; the time of row i is i. */
function* data(rows: number, keys: number): Generator<[key: number, value: number]> {
  for (let i = 0, x = 2463534242; i < rows; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield [(x >>> 0) % keys, (x >>> 8) & 0xffff];
  }
}

const dist = new URL("../../dist/", import.meta.url);
const module = new WebAssembly.Module(
  Deno.readFileSync(new URL(`${Deno.env.get("RDX_KERNEL_ROOM") ?? "kernel"}.wasm`, dist)),
);

function ours(rows: number, keys: number, windowRows: number): Contestant<Answer> {
  const kernel = new Kernel(module), columns = [0, 1, 2].map(() => kernel.alloc(rows * 8));
  const [keyAt, valueAt, timeAt] = columns;
  const words = new Int32Array(kernel.bytes.buffer);
  let row = 0;
  for (const [key, value] of data(rows, keys)) {
    words[(keyAt >> 2) + row * 2] = key;
    words[(valueAt >> 2) + row * 2] = value;
    words[(timeAt >> 2) + row * 2] = row++;
  }
  const run = () => {
    const windows = new WindowAggregate(kernel, {
      keys: [INT64],
      aggregates: [{ fn: "count", type: null }, { fn: "sum", type: INT64 }],
      sizeMs: windowRows,
      slideMs: windowRows,
      offsetMs: 0,
      groupFrom: 0,
      groupTo: 128,
    });
    const answer = { groups: 0, count: 0, sum: 0 };
    const drain = () => {
      for (let batch = windows.pull(BATCH_ROWS_MAX); batch; batch = windows.pull(BATCH_ROWS_MAX)) {
        const low = new Uint32Array(kernel.bytes.buffer), [, , , count, sum] = batch.columns;
        answer.groups += batch.rows;
        for (let i = 0; i < batch.rows; i++) {
          answer.count += low[(count.data >> 2) + i * 2];
          answer.sum += low[(sum.data >> 2) + i * 2] + low[(sum.data >> 2) + i * 2 + 1] * 2 ** 32;
        }
        kernel.reset();
      }
    };
    const start = performance.now();
    for (let at = 0; at < rows; at += BATCH_ROWS_MAX) {
      const count = Math.min(BATCH_ROWS_MAX, rows - at);
      const column = (address: number, type = INT64) => ({ type, data: address + at * 8, validity: 0 });
      const batch = { rows: count, columns: [], selection: 0, selected: count, kinds: 0 };
      const time = column(timeAt, TIMESTAMP);
      const times = { time, running: 0, before: at - 1, delayMs: 1, others: Infinity };
      windows.push(batch, [column(keyAt)], [null, column(valueAt)], times);
      windows.advance(at + count - 2);
      drain();
    }
    windows.advance(Infinity);
    drain();
    const seconds = (performance.now() - start) / 1000;
    windows.close();
    return { answer, seconds };
  };
  return { name: "rdx", run };
}

async function native(rows: number, keys: number, windowRows: number): Promise<Contestant<Answer> | null> {
  const gcc = await which("gcc");
  if (gcc === null) return null;
  const source = new URL("../native/hashagg.c", import.meta.url).pathname, program = new URL("hashagg", dist).pathname;
  await new Deno.Command(gcc, { args: ["-O3", "-march=native", source, "-o", program] }).output();
  const args = [rows, keys, windowRows, 2].map(String);
  return {
    name: "C, open addressing, prefetch",
    async run() {
      const { stdout } = await new Deno.Command(program, { args }).output();
      const [seconds, groups, count, sum] = new TextDecoder().decode(stdout).trim().split("\n").at(-1)!.split(" ").map(
        Number,
      );
      return { answer: { groups, count, sum }, seconds };
    },
  };
}

const chosen = Deno.args.length > 0 ? Deno.args.map(Number) : KEYS;
for (const keys of chosen) {
  for (const windowRows of WINDOWS) {
    const rival = await native(ROWS, keys, windowRows);
    await compare({
      title: `${ROWS / 1e6} M rows, ${keys} keys, windows of ${windowRows / 1e6} M rows`,
      events: ROWS,
      ours: ours(ROWS, keys, windowRows),
      rivals: rival === null ? [] : [rival],
      rounds: 5,
      bars: { "C, open addressing, prefetch": { gate: 0.45, goal: 0.7 } },
    });
  }
}
