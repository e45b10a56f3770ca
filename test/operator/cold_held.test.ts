import assert from "node:assert/strict";
import type { ColdFile } from "../../src/core/cold_file.ts";
import { StateFull } from "../../src/operator.ts";
import { openColdFile } from "../../src/store/cold_file_deno.ts";
import { randomOf } from "../kernel/numbers.ts";
import { restoreSteps } from "../kernel/state_steps.ts";
import { bounded, wholeText } from "./cold_run.ts";
import { type InputRow, type Step, Task } from "./form_task.ts";
import { type Form, OPERATOR_FORMS } from "./forms.ts";
import { drained, stateOf } from "./rounds.ts";

/** Rows of a key, whose values all differ. */
function rowsOf(random: () => number, key: string, count: number): InputRow[] {
  return Array.from({ length: count }, () => {
    const number = BigInt(Math.floor(random() * 2 ** 40)), wide = number * 10n ** 20n;
    return {
      kind: 0,
      values: [key, number, Number(number) / 4, 0n, 0n, random() < 0.5, number, wide, new Uint8Array([1])],
    };
  });
}

function stepOf(rows: readonly InputRow[], watermark: number): Step {
  return { input: 0, rows, tick: false, watermark };
}

/** Counts and sums of different values: what they come to is soon told, however many these are. */
function counts(retracts: boolean): Form {
  const form = OPERATOR_FORMS.get("group of sets")!, { plan } = form;
  assert.ok(plan.op === "group");
  const kept = plan.calls.flatMap(({ fn }, i) => fn === "count" || fn === "sum" ? [i] : []), keys = plan.keys.length;
  const columns = [...plan.columns.slice(0, keys), ...kept.map((i) => plan.columns[keys + i])];
  return { ...form, plan: { ...plan, retracts, columns, calls: kept.map((i) => plan.calls[i]) }, changes: [retracts] };
}

const FORMS: readonly (readonly [string, Form])[] = [
  ["sets", counts(false)],
  ["sets of changes", counts(true)],
  ["lists and minima of changes", OPERATOR_FORMS.get("group of texts, changelog")!],
];

for (const [name, form] of FORMS) {
  Deno.test(`groups that take many parts of a file leave and come back whole: ${name}`, () => {
    const random = randomOf(5), bound = name.startsWith("sets") ? 1_200_000 : 3_000_000, memory = new Task(form, 0, 1);
    // Values that are never taken back take less
    const count = name === "sets" ? 1000 : 400;
    let task = bounded(form, bound), most = 0, reads = 0;
    for (let round = 0; round < 24; round++) {
      const rows = [0, 1].flatMap((i) => rowsOf(random, `key ${(round * 3 + i) % 16}`, count));
      // Some of what came is taken back, the rest stays
      if (form.changes[0]) rows.push(...rows.slice(0, 150).map((row) => ({ ...row, kind: 3 })));
      const step = stepOf(rows, round);
      assert.deepEqual(task.run(step), memory.run(step), `round ${round}`);
      most = Math.max(most, task.operator.cold!.bytes);
      if (round % 8 !== 7) continue;
      const steps = drained(task, true);
      reads += task.operator.cold!.reads;
      task.close();
      task = bounded(form, bound);
      restoreSteps(task.kernel, stateOf(task), steps);
    }
    assert.deepEqual(wholeText(task), wholeText(memory));
    assert.ok(most > 400_000, `${most} bytes left`);
    assert.ok(reads + task.operator.cold!.reads > 10);
    task.close();
    memory.close();
  });
}

Deno.test("groups that are asked for again and again stay in memory while others come and go", () => {
  const random = randomOf(8), task = bounded(OPERATOR_FORMS.get("group of sketches")!, 6_000_000);
  const hot = () => Array.from({ length: 20 }, (_, i) => rowsOf(random, `hot ${i}`, 5)).flat();
  let once = 0;
  for (let round = 0; round < 60; round++) {
    const others = Array.from({ length: 200 }, () => rowsOf(random, `key ${once++ % 3000}`, 1)).flat();
    task.run(stepOf([...hot(), ...others], round));
  }
  const { rows, reads } = task.operator.cold!;
  assert.ok(rows > 1000, `${rows} groups are on disk`);
  // Those that come once in 15 rounds are read each time; of the hot ones only few are, while there are no others to tell them from
  assert.ok(reads < once - 3000 + 150, `${reads} groups came back for ${once} rows of 3000 keys`);
  task.run(stepOf(hot(), 60));
  const more = task.operator.cold!.reads - reads;
  assert.ok(more <= 2, `${more} of the 20 hot groups were on disk`);
  task.close();
});

Deno.test("a group that is alone larger than the bound is a state that is full, and the reason says so", () => {
  const random = randomOf(6), task = bounded(counts(false), 1_000_000);
  assert.throws(() => {
    for (let round = 0; round < 100; round++) task.run(stepOf(rowsOf(random, "one", 400), round));
  }, (thrown) => thrown instanceof StateFull && /group that (alone|is asked for) takes \d+ bytes/.test(thrown.message));
});

/** What comes back from a file of which something is amiss: how much of what was read. */
const DAMAGES: ReadonlyMap<string, (into: Uint8Array<ArrayBuffer>) => number> = new Map([
  ["at its end", (into) => flip(into, into.length - 20)],
  ["in the midst", (into) => flip(into, into.length >>> 1)],
  ["in what it says of itself", (into) => flip(into, 3)],
  ["torn", (into) => into.length - 16],
]);

function flip(into: Uint8Array<ArrayBuffer>, at: number): number {
  into[at] ^= 16;
  return into.length;
}

for (const name of ["group of lists", "group of sets"]) {
  for (const [how, damage] of DAMAGES) {
    Deno.test(`what a group holds that comes back damaged is no group: the operator says so: ${name}, ${how}`, () => {
      const random = randomOf(7);
      const damaging = (): ColdFile => {
        const real = openColdFile(null);
        return { ...real, read: (at, into) => (real.read(at, into), damage(into)) };
      };
      const task = bounded(OPERATOR_FORMS.get(name)!, 600_000, damaging);
      assert.throws(() => {
        for (let round = 0; round < 100; round++) {
          const key = () => `key ${Math.floor(random() * 4000)}`;
          task.run(stepOf(Array.from({ length: 200 }, () => rowsOf(random, key(), 1)).flat(), round));
        }
      }, { code: "invalid", message: /^The file with cold rows of state is damaged: / });
    });
  }
}

/** How many values a key has, round by round: from few to more than one table finds, to none, and again. */
const SIZES = [1, 2, 3, 9, 40, 400, 2500, 300, 3, 0, 1, 60, 0, 12];

for (const retracts of [true, false]) {
  const name = `sets that grow${retracts ? " and shrink" : ""} between their times in a file are what they would be`;
  Deno.test(`${name} in memory`, () => {
    // With more, hardly a group comes back where nothing is taken back
    const bound = retracts ? 3_000_000 : 1_800_000;
    const random = randomOf(12), form = counts(retracts), memory = new Task(form, 0, 1);
    const alive = new Map<string, InputRow[]>();
    let task = bounded(form, bound), reads = 0;
    for (let round = 0; round < 3 * SIZES.length; round++) {
      const rows: InputRow[] = [];
      for (let i = 0; i < 3; i++) {
        const key = `key ${(round * 3 + i) % 6}`, own = alive.get(key) ?? [];
        const size = SIZES[(Math.floor(round / 2) + i * 5) % SIZES.length];
        const more = rowsOf(random, key, Math.max(0, size - own.length));
        // What came goes in another order, and some of it comes and goes at once
        const gone = retracts ? own.splice(0, Math.max(0, own.length - size)) : [];
        const brief = retracts ? rowsOf(random, key, 5) : [];
        rows.push(...more, ...brief, ...[...gone.reverse(), ...brief].map((row) => ({ ...row, kind: 3 })));
        alive.set(key, [...own, ...more]);
      }
      // Others push them out
      const others = Array.from({ length: 300 }, () => rowsOf(random, `other ${Math.floor(random() * 2000)}`, 2));
      for (const step of [stepOf(rows, round), stepOf(others.flat(), round)]) {
        assert.deepEqual(task.run(step), memory.run(step), `round ${round}`);
      }
      assert.equal(task.operator.stateRows, memory.operator.stateRows);
      if (round % 9 !== 8) continue;
      const steps = drained(task, true);
      reads += task.operator.cold!.reads;
      task.close();
      task = bounded(form, bound);
      restoreSteps(task.kernel, stateOf(task), steps);
    }
    assert.deepEqual(wholeText(task), wholeText(memory));
    reads += task.operator.cold!.reads;
    assert.ok(reads > 100, `${reads} groups came back`);
    task.close();
    memory.close();
  });
}
