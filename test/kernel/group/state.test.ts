import assert from "node:assert/strict";
import { RdxError } from "../../../src/core/errors.ts";
import fc from "../../deps/fast_check.ts";
import { loadOperators } from "../load.ts";
import { randomOf } from "../numbers.ts";
import { bytesOf, restoreSteps, stepsText, type TableStep } from "../state_steps.ts";
import { call, calls, changelog, rows } from "./arbitrary.ts";
import type { Change } from "./reference.ts";
import { FORMS, kept, partsOf, PLAIN, Run, SPAN_MS, specOf } from "./state_run.ts";

Deno.test("groups of every form and aggregate go on from their tables as they would without", () => {
  const acts = fc.array(fc.constantFrom("none", "drain", "restart"), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(
      fc.constantFrom(...FORMS),
      fc.array(fc.oneof(calls, calls, kept), { maxLength: 5 }),
      fc.constantFrom<readonly number[]>([], [0], [1], [0, 1], [5], [3, 0], [7]),
      rows,
      fc.integer(),
      acts,
      fc.constantFrom(8192, 3),
      (form, list, keys, all, seed, acts, rowsMax) => {
        const retracts = !list.some(({ fn }) => ["approx_count_distinct", "percentile", "approx_top_k"].includes(fn));
        const random = randomOf(seed), spec = specOf(form, list, keys, retracts && random() < 0.7);
        const changes = changelog(all, spec.retracts, random);
        let run = new Run(loadOperators(), spec);
        const undisturbed = new Run(loadOperators(), spec), steps: TableStep[] = [];
        for (const [i, { changes: part, tick, watermark }] of partsOf(changes, spec, random, 60).entries()) {
          assert.deepEqual(run.go(part, tick, watermark), undisturbed.go(part, tick, watermark), `part ${i}`);
          const act = acts[i % acts.length];
          if (act === "none") continue;
          steps.push(...run.drain(random() < 0.1, rowsMax));
          if (act !== "restart") continue;
          const next = new Run(loadOperators(), spec);
          restoreSteps(next.kernel, next.state, steps);
          run.close();
          run = next;
        }
        const twin = new Run(loadOperators(), spec), tables = run.drain(true, rowsMax);
        restoreSteps(twin.kernel, twin.state, tables);
        assert.deepEqual(stepsText(twin.drain(true, rowsMax)), stepsText(tables));
        for (const one of [undisturbed, run, twin]) one.close();
      },
    ),
    { numRuns: Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 150), endOnFailure: true },
  );
});

/** A drain that no aggregation gave: a step is missing, is there twice, or has a word of another value. */
function damaged(steps: readonly TableStep[], [kind, at, byte, value]: readonly number[]): TableStep[] {
  const i = at % steps.length, step = steps[i];
  if (kind === 0) return steps.filter((_, k) => k !== i);
  if (kind === 1 || step.frame === null) return [...steps, step];
  const frame = step.frame.slice(0), last = Math.max(0, frame.byteLength - 8 * (1 + byte % 64));
  new DataView(frame).setBigInt64(last - last % 8, kind === 2 ? BigInt(value) - 2n : -1n << BigInt(value % 64), true);
  return steps.with(i, { ...step, frame });
}

Deno.test("tables that no aggregation gave are refused, or taken for what they say, but never end a kernel", () => {
  const harm = fc.tuple(fc.nat({ max: 3 }), fc.nat(), fc.nat(), fc.oneof(fc.nat({ max: 300 }), fc.nat()));
  fc.assert(
    fc.property(
      fc.constantFrom(...FORMS),
      fc.array(fc.oneof(calls, kept, kept), { minLength: 1, maxLength: 4 }),
      rows,
      fc.integer(),
      harm,
      (form, list, all, seed, harm) => {
        const random = randomOf(seed), spec = specOf(form, list, [0], false), run = new Run(loadOperators(), spec);
        const part = (): Change[] =>
          all.map((values) => ({ kind: 0, values: [BigInt(SPAN_MS * (1 + Math.floor(random() * 3))), ...values] }));
        run.go(part(), false, 0);
        const next = new Run(loadOperators(), spec);
        try {
          restoreSteps(next.kernel, next.state, damaged(run.drain(true, 8192), harm));
        } catch (thrown) {
          if (!(thrown instanceof RdxError)) throw thrown;
          next.group.close();
          return;
        } finally {
          run.close();
        }
        next.go(part(), spec.ticks === true, 2 * SPAN_MS);
        next.drain(true, 8192);
        next.group.close();
      },
    ),
    { numRuns: Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 200), endOnFailure: true },
  );
});

const PARAMS: Readonly<Record<string, readonly number[]>> = { approx_top_k: [5], percentile: [0.5] };

/** Rows for `keys` groups from a seed: a key, numbers and a text. */
function manyRows(seed: number, keys: number, count: number, from: number): Change[] {
  const random = randomOf(seed), below = (most: number) => Math.floor(random() * most);
  return Array.from({ length: count }, (_, i): Change => {
    const key = BigInt(from + i % keys), text = `text ${below(1000)}`;
    return { kind: 0, values: [0n, "a", key, BigInt(below(1e6)), below(1e6) / 8, 0n, true, text, 0n] };
  });
}

for (
  const fns of [["sum", "min", "count"], ["approx_count_distinct", "percentile"], ["array_agg"], ["mode"], [
    "approx_top_k",
  ]]
) {
  Deno.test(`what 1 % of the keys changed is at most 2 % of the bytes of the whole: ${fns} (seed 11)`, () => {
    const list = fns.map((fn) => ({ ...call(fn, 2, false, false), params: PARAMS[fn] ?? [] }));
    const spec = specOf(PLAIN, list, [1], false), run = new Run(loadOperators(), spec), keys = 2000;
    const wide = 40;
    for (let i = 0; i < wide; i++) run.go(manyRows(11 + i, keys, keys, 0), false, -Infinity);
    const whole = bytesOf(run.drain(false, 8192)), again = bytesOf(run.drain(false, 8192));
    run.go(manyRows(7, keys / 100, keys / 100, 500), false, -Infinity);
    const delta = bytesOf(run.drain(false, 8192));
    // What a frame takes beside its rows is the same for both
    const bound = 0.02 * whole + again + 4096;
    assert.ok(delta <= bound, `${delta} bytes of ${whole}, ${again} without a change`);
    run.close();
  });
}
