import assert from "node:assert/strict";
import { randomOf } from "../kernel/numbers.ts";
import { compiled } from "../runtime/pipeline_run.ts";
import { COLUMNS, frameOfRows, type Row } from "../runtime/rows.ts";
import { StateRun, type Step, tablesText } from "./state_run.ts";

const KEYS = 30_000, ROUND_STEPS = 5, STEP_ROWS = 2048, CHANGED = 300;

const window = { id: "window", op: "window", input: ["source"], window: { kind: "tumble", size_ms: 1e9 } };
const counts = { id: "counts", op: "aggregate", keys: ["number"], aggs: [{ fn: "count", as: "n" }] };
const PLANS: readonly (readonly [name: string, nodes: readonly unknown[]])[] = [
  ["windows", [window, { ...counts, input: ["window"], two_phase: false }]],
  ["groups", [{ ...counts, input: ["source"] }]],
];

function runOf(nodes: readonly unknown[]): StateRun {
  const source = { id: "source", op: "source", stream: "rows", delay_ms: 1 };
  const sink = { id: "out", op: "sink", input: ["counts"], sink: { kind: "discard" } };
  const plan = compiled({ rdx: 1, name: "p", nodes: [source, ...nodes, sink] });
  const positions = plan.sources.map(({ columns }) =>
    columns.map(({ name }) => COLUMNS.findIndex((one) => one.name === name))
  );
  return new StateRun(plan, positions);
}

function send(run: StateRun, keys: readonly number[]): void {
  const rows = keys.map((key): Row => [5n, BigInt(key), null, null, null, null, 1n, null]);
  for (let at = 0; at < rows.length; at += 5000) {
    const frames = [{ frame: frameOfRows(COLUMNS, rows.slice(at, at + 5000)), arrivalMs: 0 }];
    run.send({ kind: "chunk", source: 0, frames, range: null, late: false });
  }
}

/** How many rows of keys steps have. */
function upserts(steps: readonly Step[]): number {
  return tablesText(steps).length;
}

for (const [name, nodes] of PLANS) {
  Deno.test(`a cut that meets a round of everything has what that has not handed out, and what has changed since: ${name}`, () => {
    const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed), run = runOf(nodes);
    send(run, Array.from({ length: KEYS }, (_, i) => i));
    const ahead = run.ahead(true, STEP_ROWS, ROUND_STEPS), before = upserts(ahead);
    assert.ok(before > 0 && before <= ROUND_STEPS * STEP_ROWS, `${before} rows`);
    send(run, Array.from({ length: CHANGED }, () => Math.floor(random() * KEYS)));
    const rest = run.drain(true, STEP_ROWS, true), left = upserts(rest);
    // Operators have a few rows beside those of their keys
    assert.ok(left <= KEYS - before + CHANGED + 10, `seed ${seed}: ${before} rows in front of the cut, ${left} at it`);
    const twin = runOf(nodes);
    twin.restore([...ahead, ...rest]);
    assert.deepEqual(tablesText(twin.drain(true)), tablesText(run.drain(true)), `seed ${seed}`);
    for (const one of [run, twin]) one.close();
  });
}
