import assert from "node:assert/strict";
import type { Batch } from "../../src/core/batch.ts";
import type { ColdFile } from "../../src/core/cold_file.ts";
import { DOUBLE, INT64, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { StateFull } from "../../src/operator.ts";
import { openColdFile } from "../../src/store/cold_file_deno.ts";
import { memoryFile } from "../kernel/cold_kernel.ts";
import { randomOf } from "../kernel/numbers.ts";
import { drainSteps, restoreSteps, stepsText, type TableStep, takeSteps } from "../kernel/state_steps.ts";
import { valueAt, vectorOf } from "../kernel/vectors.ts";
import { type Step, Task } from "./form_task.ts";
import { type Form, INPUT, OPERATOR_FORMS } from "./forms.ts";
import { seeds } from "./seeds.ts";

const BOUND_BYTES = 300_000, KEYS = 6000, STEPS = 44, ROWS = 400, STEP_MS = 100, SIZE_MS = 1800;
const [K, N, X, , , , D] = INPUT.keys();

/** Counts, an exact sum, an average of decimals or doubles, and texts, over windows of many steps. */
function windows(slideMs: number, averaged = D): Form {
  const form = OPERATOR_FORMS.get("tumbling windows")!, { plan } = form;
  assert.ok(plan.op === "aggregate");
  const aggregates = [
    { fn: "count", arg: -1 },
    { fn: "sum", arg: N },
    { fn: "avg", arg: averaged },
    { fn: "min", arg: D },
    { fn: "max", arg: K },
    { fn: "first", arg: K },
    { fn: "last", arg: N },
  ] as const;
  const types = [INT64, INT64, DOUBLE, INPUT[D].type, STRING, STRING, INT64];
  const results = types.map((type, i) => ({ name: `a${i}`, type, nullable: true }));
  const columns = [...plan.columns.slice(0, 3), ...results];
  return { ...form, plan: { ...plan, aggregates, columns, sizeMs: SIZE_MS, slideMs } };
}

const FORMS: readonly (readonly [string, Form])[] = [
  ["tumbling", windows(SIZE_MS)],
  ["tumbling with averages of doubles", windows(SIZE_MS, X)],
  ["hopping", windows(600)],
  ["hopping with averages of doubles", windows(600, X)],
];

function bounded(form: Form, open: () => ColdFile = () => openColdFile(null), boundBytes = BOUND_BYTES): Task {
  return new Task(form, 0, 1, (kernel) => {
    kernel.cold = open;
    kernel.limitState(boundBytes);
  });
}

/** Rows around the watermark, some of them behind it. */
function stepOf(random: () => number, number: number, hot: boolean): Step {
  const below = (most: number) => Math.floor(random() * most), now = number * STEP_MS;
  const rows = Array.from({ length: ROWS }, () => {
    const at = hot && random() < 0.6 ? below(KEYS / 20) : below(KEYS);
    const key = at === 0 ? null : `key ${at} ${"x".repeat(at % 40)}`, n = below(9) === 0 ? null : BigInt(below(1000));
    const ts = now + (random() < 0.1 ? -below(2 * SIZE_MS) : below(STEP_MS));
    const values: Value[] = [key, n, below(400) / 7, 0n, BigInt(ts), true, BigInt(below(400)), 0n, new Uint8Array()];
    return { kind: 0, values };
  });
  return { input: 0, rows, tick: false, watermark: now };
}

function stateOf({ operator: { state } }: Task) {
  assert.ok(typeof state === "object");
  return state;
}

function cells({ kernel }: Task, batch: Batch): string[] {
  const rows = Array.from(
    { length: batch.rows },
    (_, row) => batch.columns.map((one) => String(valueAt(kernel, one, row))),
  );
  kernel.reset();
  return rows.map(String);
}

/** Open windows as a listing in steps gives them. */
function peeked(task: Task): string[] {
  const found: string[] = [];
  for (let first = true, batch; (batch = task.operator.peek(700, first)) !== null; first = false) {
    found.push(...cells(task, batch));
  }
  return found;
}

function looked(task: Task, key: Value | undefined): string[] {
  const { kernel } = task, keys = key === undefined ? null : [vectorOf(kernel, STRING, [key])];
  return cells(task, stateOf(task).look("slices", keys, 1000));
}

/** What a checkpoint takes: sometimes in rounds ahead of the cut, that may be left in the middle while rows come. */
function drained(task: Task, whole: boolean, random: () => number, next: () => void): TableStep[] {
  const state = stateOf(task), ahead = random() < 0.7, steps: TableStep[] = [];
  for (let round = 0; ahead && round < 2; round++) {
    state.ahead!(whole && round === 0);
    steps.push(...takeSteps(task.kernel, state, 300, random() < 0.5 ? 3 : Infinity));
    next();
  }
  return [...steps, ...drainSteps(task.kernel, state, whole, 500, ahead)];
}

for (const [name, form] of FORMS) {
  for (const hot of [false, true]) {
    Deno.test(`windows of several times their bound are what they would be in memory, over checkpoints and restarts: ${name}, ${hot ? "hot" : "uniform"} keys`, () => {
      seeds(1, (seed) => {
        const random = randomOf(seed), memory = new Task(form, 0, 1);
        let task = bounded(form), chain: TableStep[] = [], coldest = 0, results = 0, largest = 0, number = 0;
        const next = () => {
          const step = stepOf(random, number++, hot), expected = memory.run(step);
          assert.deepEqual(task.run(step), expected, `step ${number}`);
          results += expected.length;
          return step;
        };
        while (number < STEPS) {
          const step = next();
          const { cold, stateBytes } = task.operator;
          coldest = Math.max(coldest, cold!.rows);
          largest = Math.max(largest, memory.operator.stateBytes);
          assert.ok(stateBytes <= BOUND_BYTES, `${stateBytes} bytes`);
          if (number % 5 === 2) {
            const key = step.rows[7].values[0];
            assert.deepEqual(looked(task, key), looked(memory, key));
            assert.deepEqual(looked(task, undefined), looked(memory, undefined));
          }
          if (number % 9 === 4) assert.deepEqual(peeked(task), peeked(memory));
          if (number % 6 !== 5) continue;
          const whole = chain.length === 0 || random() < 0.3, steps = drained(task, whole, random, next);
          chain = whole ? steps : [...chain, ...steps];
          if (random() < 0.5) continue;
          task.close();
          assert.equal(task.kernel.fn("state_bytes")(), 0);
          task = bounded(form);
          restoreSteps(task.kernel, stateOf(task), chain);
        }
        assert.ok(largest > 2 * BOUND_BYTES && coldest > 1000 && results > 1000, `${largest} ${coldest} ${results}`);
        assert.deepEqual(
          stepsText(drainSteps(task.kernel, stateOf(task), true)),
          stepsText(drainSteps(memory.kernel, stateOf(memory), true)),
        );
        task.close();
        memory.close();
      });
    });
  }
}

Deno.test("what has left often is written as one: what is in the file stays near what there is", () => {
  const random = randomOf(7), task = bounded(windows(SIZE_MS)), memory = new Task(windows(SIZE_MS), 0, 1);
  for (let i = 0; i < 40; i++) {
    const step = { ...stepOf(random, 1, true), watermark: 0 };
    task.run(step);
    memory.run(step);
  }
  const { rows, bytes } = task.operator.cold!;
  assert.ok(rows < 5 * memory.operator.stateRows, `${rows} rows of ${memory.operator.stateRows}`);
  assert.ok(bytes > rows * 64);
  task.close();
  memory.close();
});

function fails(open: () => ColdFile): void {
  const random = randomOf(2), task = bounded(windows(SIZE_MS), open);
  for (let i = 0; i < STEPS; i++) task.run(stepOf(random, i, false));
}

Deno.test("a piece that comes back damaged is no piece: the operator says so", () => {
  const flipping = () => {
    const real = memoryFile();
    return {
      ...real,
      read: (at: number, into: Uint8Array<ArrayBuffer>) => {
        const bytes = real.read(at, into);
        into[into.length - 20] ^= 16;
        return bytes;
      },
    };
  };
  assert.throws(() => fails(flipping), { code: "invalid", message: /^The file with cold rows of state is damaged: / });
});

Deno.test("a disk without room is a state of windows that is full", () => {
  const full = () => ({
    ...memoryFile(),
    write: () => {
      throw new Error("ENOSPC: no space left on device");
    },
  });
  assert.throws(
    () => fails(full),
    (thrown) => thrown instanceof StateFull && /the disk has no room/.test(thrown.message),
  );
});
