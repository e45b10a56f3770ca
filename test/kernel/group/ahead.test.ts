import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { loadOperators } from "../load.ts";
import { randomOf } from "../numbers.ts";
import { restoreSteps, stepsText, type TableStep, takeSteps } from "../state_steps.ts";
import { call, calls, changelog, rows } from "./arbitrary.ts";
import type { Change } from "./reference.ts";
import { FORMS, kept, partsOf, PLAIN, Run, specOf } from "./state_run.ts";

const SKETCHES = ["approx_count_distinct", "percentile", "approx_top_k"];

/** Rounds in front of cuts, some of which are left, and what a checkpoint has of them. */
class Rounds {
  steps: TableStep[] = [];
  #ahead: TableStep[] = [];
  #begun = false;
  #whole = false;

  constructor(readonly random: () => number) {}

  /** More of the round at hand, or of a new one. */
  go(run: Run, rowsMax: number): void {
    if (!this.#begun || this.random() < 0.3) {
      assert.ok(run.state.ahead(this.#whole && !this.#begun));
      this.#begun = true;
    }
    this.#ahead.push(...takeSteps(run.kernel, run.state, rowsMax, 1 + Math.floor(this.random() * 6)));
  }

  /** Nobody keeps what it gave. */
  leave(): void {
    if (!this.#begun) return;
    this.#ahead = [];
    [this.#begun, this.#whole] = [false, true];
  }

  cut(run: Run, rowsMax: number): void {
    const drained = [...this.#ahead, ...run.drain(this.#whole, rowsMax, this.#begun)];
    this.steps = this.#whole ? drained : [...this.steps, ...drained];
    this.#ahead = [];
    this.#begun = this.#whole = false;
  }
}

Deno.test("what groups of every form and aggregate hold comes back as it is, whatever happens between the steps of rounds", () => {
  const acts = fc.array(fc.constantFrom("none", "go", "go", "go", "leave", "cut", "restart"), {
    minLength: 4,
    maxLength: 24,
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...FORMS),
      fc.array(fc.oneof(calls, calls, kept), { minLength: 1, maxLength: 5 }),
      fc.constantFrom<readonly number[]>([0], [1], [0, 1], []),
      rows,
      fc.integer(),
      acts,
      fc.constantFrom(500, 30, 3),
      (form, list, keys, all, seed, acts, rowsMax) => {
        const retracts = !list.some(({ fn }) => SKETCHES.includes(fn));
        const random = randomOf(seed), spec = specOf(form, list, keys, retracts && random() < 0.7);
        const changes = changelog(all, spec.retracts, random);
        const undisturbed = new Run(loadOperators(), spec), rounds = new Rounds(random);
        let run = new Run(loadOperators(), spec);
        for (const [i, { changes: part, tick, watermark }] of partsOf(changes, spec, random, 40).entries()) {
          assert.deepEqual(run.go(part, tick, watermark), undisturbed.go(part, tick, watermark), `part ${i}`);
          const act = acts[i % acts.length];
          if (act === "go") rounds.go(run, rowsMax);
          if (act === "leave") rounds.leave();
          if (act !== "cut" && act !== "restart") continue;
          rounds.cut(run, rowsMax);
          if (act !== "restart") continue;
          run.close();
          run = new Run(loadOperators(), spec);
          restoreSteps(run.kernel, run.state, rounds.steps);
        }
        rounds.cut(run, rowsMax);
        const twin = new Run(loadOperators(), spec);
        restoreSteps(twin.kernel, twin.state, rounds.steps);
        assert.deepEqual(stepsText(twin.drain(true, rowsMax)), stepsText(run.drain(true, rowsMax)));
        for (const one of [undisturbed, run, twin]) one.close();
      },
    ),
    { numRuns: Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 120), endOnFailure: true },
  );
});

Deno.test("a cut behind a round hands out of sets, lists and sketches what has changed since, and no more", () => {
  const list = ["mode", "array_agg", "approx_top_k"].map((fn) => ({ ...call(fn, 2, false, false), params: [5] }));
  const run = new Run(loadOperators(), specOf(PLAIN, list, [1], false)), KEYS = 500;
  const rowOf = (key: number, value: number): Change => {
    return { kind: 0, values: [0n, "a", BigInt(key), BigInt(value), 0, 0n, true, "", 0n] };
  };
  const rowsOf = (steps: readonly TableStep[]) => {
    const text = stepsText(steps).map((line) => line.slice(0, line.indexOf(" "))), count = new Map<string, number>();
    for (const table of text) count.set(table, (count.get(table) ?? 0) + 1);
    return Object.fromEntries(count);
  };
  for (let value = 0; value < 8; value++) {
    run.go(Array.from({ length: KEYS }, (_, key) => rowOf(key, value)), false, -Infinity);
  }
  run.state.ahead(true);
  const held = { "c0.values": 8 * KEYS, "c1.list": 8 * KEYS, "c2.pages": 8 * KEYS, groups: KEYS };
  assert.deepEqual(rowsOf(takeSteps(run.kernel, run.state, 100, Infinity)), held);
  run.go([rowOf(3, 7), rowOf(4, 100)], false, -Infinity);
  const changed = { "c0.values": 2, "c1.list": 2, "c2.pages": 2, groups: 2, scalars: 1 };
  assert.deepEqual(rowsOf(run.drain(true, 100, true)), changed);
  assert.deepEqual(rowsOf(run.drain(false, 100)), { scalars: 1 });
  run.close();
});
