import assert from "node:assert/strict";
import type { ColdFile } from "../../src/core/cold_file.ts";
import type { Value } from "../../src/core/value.ts";
import type { GroupPlan } from "../../src/operator/group.ts";
import { StateFull } from "../../src/operator.ts";
import { COLD_SEGMENT_BYTES } from "../../src/core/limits.ts";
import { openColdFile } from "../../src/store/cold_file_deno.ts";
import { seeds } from "./seeds.ts";
import { randomOf } from "../kernel/numbers.ts";
import { restoreSteps, stepsText, type TableStep } from "../kernel/state_steps.ts";
import { type InputRow, type Step, Task } from "./form_task.ts";
import { type Form, OPERATOR_FORMS } from "./forms.ts";
import { drained, Rounds, stateOf } from "./rounds.ts";

const BOUND_BYTES = 600_000;

function groupOf(name: string): GroupPlan & { readonly op: "group"; readonly inputs: readonly string[] } {
  const { plan } = OPERATOR_FORMS.get(name)!;
  assert.ok(plan.op === "group");
  return plan;
}

/** Sums whose rows are taken back: minima then need what leaves no room for cold rows. */
function sums(): Form {
  const plan = groupOf("group of cells"), keys = plan.keys.length;
  const kept = plan.calls.flatMap(({ fn }, i) => fn === "min" || fn === "max" ? [] : [i]);
  const columns = [...plan.columns.slice(0, keys), ...kept.map((i) => plan.columns[keys + i])];
  return {
    ...FORM,
    plan: { ...plan, calls: kept.map((i) => plan.calls[i]), columns, retracts: true },
    changes: [true],
  };
}

const FORM = OPERATOR_FORMS.get("group of cells")!;
const FORMS: readonly (readonly [string, Form])[] = [
  ["cells", FORM],
  ["texts", OPERATOR_FORMS.get("group of texts")!],
  ["sums of changes", sums()],
];

type Open = () => ColdFile;
const onDisk: Open = () => openColdFile(null);

function bounded(form: Form, open: Open = onDisk): Task {
  return new Task(form, 0, 1, (kernel) => {
    kernel.cold = open;
    kernel.limitState(BOUND_BYTES);
  });
}

function rowOf(random: () => number, keys: number, hot: boolean): Value[] {
  const below = (most: number) => Math.floor(random() * most),
    at = hot && random() < 0.6 ? below(keys / 20) : below(keys);
  const key = at === 0 ? null : `key ${at} ${"x".repeat(at % 70)}`, wide = BigInt(below(5)) * 10n ** 30n;
  const number = below(9) === 0 ? null : BigInt(below(1000)), raw = new Uint8Array([below(255), 7, at & 255]);
  return [
    key,
    number,
    below(400) / 4,
    BigInt(at % 3),
    BigInt(below(99)),
    random() < 0.5,
    BigInt(below(400)),
    wide,
    raw,
  ];
}

/** Steps with rows of so many keys, of which some are taken back where the form takes that. */
function* stepsOf(form: Form, random: () => number, keys: number, hot: boolean, count: number): Generator<Step> {
  const alive: InputRow[] = [];
  for (let i = 0; i < count; i++) {
    const rows = Array.from({ length: 400 }, (): InputRow => {
      if (form.changes[0] && alive.length > 0 && random() < 0.2) {
        const at = Math.floor(random() * alive.length), [gone] = alive.splice(at, 1);
        return { kind: 3, values: gone.values };
      }
      const row = { kind: 0, values: rowOf(random, keys, hot) };
      if (form.changes[0]) alive.push(row);
      return row;
    });
    yield { input: 0, rows, tick: false, watermark: i };
  }
}

for (const [name, form] of FORMS) {
  for (const hot of [false, true]) {
    Deno.test(`state of several times its bound is what it would be in memory, over checkpoints and restarts: ${name}, ${hot ? "hot" : "uniform"} keys`, () => {
      seeds(1, (seed) => {
        const random = randomOf(seed), memory = new Task(form, 0, 1), rounds = new Rounds(random);
        let task = bounded(form), chain: TableStep[] = [], coldest = 0, restarts = 0, reads = 0;
        for (const step of stepsOf(form, random, 12_000, hot, 63)) {
          assert.deepEqual(task.run(step), memory.run(step), `watermark ${step.watermark}`);
          const { cold } = task.operator;
          assert.equal(task.operator.stateRows, memory.operator.stateRows);
          assert.ok(task.operator.stateBytes <= BOUND_BYTES);
          coldest = Math.max(coldest, cold!.rows);
          if (step.watermark % 7 > 2) rounds.go(task);
          if (step.watermark % 7 !== 6) continue;
          const [whole, steps] = rounds.cut(task);
          chain = whole ? steps : [...chain, ...steps];
          if (random() < 0.6) continue;
          restarts++;
          reads += cold!.reads;
          task.close();
          task = bounded(form);
          restoreSteps(task.kernel, stateOf(task), chain);
        }
        assert.ok(coldest > 1000, `at most ${coldest} rows were cold`);
        assert.ok(reads + task.operator.cold!.reads > 200);
        const rows = stepsText(drained(task, true)), expected = stepsText(drained(memory, true));
        assert.deepEqual(rows, expected);
        task.close();
        memory.close();
        return `${restarts} restarts, ${rounds.count} rounds in front of cuts`;
      });
    });
  }
}

Deno.test("the working file stays about twice as large as what is in it", () => {
  const random = randomOf(1);
  let file = 0, most = 0, written = 0;
  const counting: Open = () => {
    const real = onDisk();
    const write = (at: number, bytes: Uint8Array<ArrayBuffer>) => {
      file = Math.max(file, at + bytes.length);
      written += bytes.length;
      real.write(at, bytes);
    };
    return { ...real, write };
  };
  const counted = bounded(FORM, counting);
  for (const step of stepsOf(FORM, random, 10_000, false, 300)) {
    counted.run(step);
    most = Math.max(most, counted.operator.cold!.bytes);
  }
  assert.ok(written > 2 * file, `${written} bytes were written to a file of ${file}`);
  assert.ok(file <= 2 * most + 4 * COLD_SEGMENT_BYTES, `${file} bytes for ${most}`);

  counted.close();
});

Deno.test("a row that comes back damaged is no row: the operator says so", () => {
  const random = randomOf(2),
    flipping: Open = () => {
      const real = onDisk();
      return {
        ...real,
        read: (at, into) => {
          const bytes = real.read(at, into);
          into[into.length - 20] ^= 16;
          return bytes;
        },
      };
    };
  const task = bounded(FORM, flipping);
  assert.throws(() => {
    for (const step of stepsOf(FORM, random, 12_000, false, 60)) task.run(step);
  }, { code: "invalid", message: /^The file with cold rows of state is damaged: / });
});

Deno.test("a disk without room is a state that is full", () => {
  const random = randomOf(3),
    full: Open = () => ({
      write: () => {
        throw new Error("ENOSPC: no space left on device");
      },
      read: () => 0,
      truncate: () => {},
      close: () => {},
    });
  const task = bounded(FORM, full);
  assert.throws(() => {
    for (const step of stepsOf(FORM, random, 12_000, false, 60)) task.run(step);
  }, (thrown) => thrown instanceof StateFull && /the disk has no room/.test(thrown.message));
});

Deno.test("without a working file state ends with its bound", () => {
  const random = randomOf(4), task = new Task(FORM, 0, 1, (kernel) => kernel.limitState(BOUND_BYTES));
  assert.throws(() => {
    for (const step of stepsOf(FORM, random, 12_000, false, 60)) task.run(step);
  }, StateFull);
});
