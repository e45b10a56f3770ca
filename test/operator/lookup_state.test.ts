import assert from "node:assert/strict";
import type { Batch } from "../../src/core/batch.ts";
import { RdxError } from "../../src/core/errors.ts";
import type { TableLook } from "../../src/core/state.ts";
import fc from "../deps/fast_check.ts";
import { loadOperators } from "../kernel/load.ts";
import { drainSteps, restoreSteps, stepsText, type TableStep } from "../kernel/state_steps.ts";
import { valueAt, vectorOf } from "../kernel/vectors.ts";
import { textOf } from "../runtime/rows.ts";
import { anySettings, anyStep, coalesced, Driver, reference, type Settings } from "./lookup_run.ts";

/** A driver that goes on from the tables of another one. */
function goOn(from: Driver, steps: readonly TableStep[]): Driver {
  const next = new Driver(loadOperators(), from.settings, from);
  restoreSteps(next.kernel, next.operator.state, steps);
  next.ask();
  from.operator.close();
  return next;
}

const settled = (given: Settings): Settings => given.failing < 4 && !given.partial ? { ...given, batchRows: 1 } : given;

Deno.test("a lookup that takes in what another one knew asks, waits and answers as that one would", () => {
  const acts = fc.array(fc.constantFrom("none", "drain", "restart"), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(
      fc.array(anyStep, { minLength: 1, maxLength: 8 }),
      anySettings,
      acts,
      fc.constantFrom(8192, 3),
      (steps, given, acts, rowsMax) => {
        const settings = settled(given), expected = reference(steps, settings), drained: TableStep[] = [];
        let driver = new Driver(loadOperators(), settings);
        steps.forEach((step, i) => {
          driver.run(step);
          const act = acts[i % acts.length];
          if (act === "none") return;
          drained.push(...drainSteps(driver.kernel, driver.operator.state, false, rowsMax));
          if (act === "restart") driver = goOn(driver, drained);
        });
        const whole = drainSteps(driver.kernel, driver.operator.state, true, rowsMax), before = stepsText(whole);
        driver = goOn(driver, whole);
        assert.deepEqual(stepsText(drainSteps(driver.kernel, driver.operator.state, true, rowsMax)), before);
        for (let which = 0; driver.answer(which); which += 3);
        assert.deepEqual(coalesced(driver.events), expected.events);
        assert.deepEqual(driver.lost, expected.lost);
        driver.operator.close();
        assert.equal(driver.kernel.fn("state_bytes")(), 0);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("a look into a lookup finds what a whole drain gives, by the keys of the table, and leaves no trace", () => {
  let answers = 0;
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 1, maxLength: 8 }), anySettings, (steps, given) => {
      const settings = { ...settled(given), cacheRows: 1000 }, driver = new Driver(loadOperators(), settings);
      for (const step of steps) driver.run(step);
      const { kernel, operator: { state } } = driver, text: string[] = [], keyed: string[] = [];
      const write = (look: TableLook, rows: Batch) =>
        Array.from(
          { length: rows.rows },
          (_, row) => `${look.table} ${textOf(rows.columns.map((column) => valueAt(kernel, column, row)))}`,
        );
      for (const look of state.looks) text.push(...write(look, state.look(look.table, null, 8192)));
      const [entries, rows] = state.looks, { columns, rows: count } = state.look(entries.table, null, 8192);
      const keys = entries.key.map(({ name }) => columns[entries.columns.findIndex((column) => column.name === name)]);
      for (let row = 0; row < count; row++) {
        const key = () => keys.map((column) => vectorOf(kernel, column.type, [valueAt(kernel, column, row)]));
        assert.equal(state.look(entries.table, key(), 8192).rows, 1);
        keyed.push(...write(rows, state.look(rows.table, key(), 8192)));
      }
      kernel.reset();
      const whole = stepsText(drainSteps(kernel, state, true));
      assert.deepEqual(text.sort(), whole);
      assert.deepEqual(keyed.sort(), whole.filter((row) => row.startsWith("answers ")));
      answers += keyed.length;
      driver.operator.close();
    }),
    { numRuns: 100 },
  );
  assert.ok(answers > 0, "answers were looked for");
});

Deno.test("a lookup's questions without an answer are asked again under their numbers, and what it knows is not", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 1, maxLength: 5 }), anySettings, (steps, given) => {
      const driver = new Driver(loadOperators(), { ...settled(given), cacheRows: 1000 });
      for (const step of steps) driver.run(step);
      const open = [...driver.questions].sort((a, b) => a.request - b.request).map((
        { request, keys },
      ) => [request, [...new Uint8Array(keys)]]);
      const next = goOn(driver, drainSteps(driver.kernel, driver.operator.state, true));
      assert.deepEqual(next.questions.map(({ request, keys }) => [request, [...new Uint8Array(keys)]]), open);
      next.operator.close();
    }),
    { numRuns: 100 },
  );
});

Deno.test("tables that no lookup gave are refused, or taken for what they say, but never end a kernel", () => {
  const damage = fc.tuple(fc.nat({ max: 2 }), fc.nat(), fc.nat(), fc.oneof(fc.nat({ max: 300 }), fc.nat()));
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 1, maxLength: 4 }), anySettings, damage, (steps, given, harm) => {
      const [kind, at, byte, value] = harm, driver = new Driver(loadOperators(), settled(given));
      for (const step of steps) driver.run(step);
      const whole = drainSteps(driver.kernel, driver.operator.state, true), step = whole[at % whole.length];
      if (kind === 0) whole.splice(whole.indexOf(step), 1);
      else if (kind === 1) whole.push(step);
      else if (step.frame !== null) {
        const frame = step.frame.slice(0), last = Math.max(0, frame.byteLength - 64 * (1 + byte % 4));
        new DataView(frame).setBigInt64(last - last % 8, BigInt(value) - 2n, true);
        whole[whole.indexOf(step)] = { ...step, frame };
      }
      const next = new Driver(loadOperators(), driver.settings, driver);
      try {
        restoreSteps(next.kernel, next.operator.state, whole);
      } catch (thrown) {
        if (!(thrown instanceof RdxError)) throw thrown;
        return;
      }
      next.ask();
      drainSteps(next.kernel, next.operator.state, true);
    }),
    { numRuns: 300 },
  );
});
