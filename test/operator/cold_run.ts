import assert from "node:assert/strict";
import type { ColdFile } from "../../src/core/cold_file.ts";
import type { Value } from "../../src/core/value.ts";
import { openColdFile } from "../../src/store/cold_file_deno.ts";
import { FrameView } from "../../src/core/frame.ts";
import { FrameWriter, NO_INFO } from "../../src/kernel/frame.ts";
import { vectorOf } from "../kernel/vectors.ts";
import { textOf } from "../runtime/rows.ts";
import { randomOf } from "../kernel/numbers.ts";
import { restoreSteps, type TableStep } from "../kernel/state_steps.ts";
import { type InputRow, type Step, Task } from "./form_task.ts";
import type { Form } from "./forms.ts";
import { drained, Rounds, stateOf } from "./rounds.ts";
import { seeds } from "./seeds.ts";

export type Open = () => ColdFile;
export const onDisk: Open = () => openColdFile(null);

/** The operator of a form whose state has this bound, and leaves for a working file. */
export function bounded(form: Form, boundBytes: number, open: Open = onDisk): Task {
  return new Task(form, 0, 1, (kernel) => {
    kernel.cold = open;
    kernel.limitState(boundBytes);
  });
}

/** How large a run is. */
export interface Size {
  readonly boundBytes: number;
  readonly keys: number;
  readonly steps: number;
  /** Milliseconds of the watermark from step to step. */
  readonly stepMs: number;
  /** Six of ten rows are of one key of twenty. */
  readonly hot: boolean;
  /** Some rows are longer than what leaves memory. */
  readonly long?: boolean;
  /** Behind the steps the watermark goes on to the end. */
  readonly ends?: boolean;
}

function rowOf(random: () => number, { keys, hot, long = false }: Size, watermark: number): Value[] {
  const below = (most: number) => Math.floor(random() * most),
    at = hot && random() < 0.6 ? below(keys / 20) : below(keys);
  const key = at === 0 ? null : `key ${at} ${"x".repeat(at % 70)}`, wide = BigInt(below(5)) * 10n ** 30n;
  const number = below(9) === 0 ? null : BigInt(below(1000)), time = BigInt(watermark + below(120) - 20);
  const bytes = !long || random() > 0.0003 ? 3 : random() < 0.5 ? 9_000 : 70_000;
  const raw = new Uint8Array(bytes).fill(at & 255);
  return [key, number, below(400) / 4, (time / 50n + 1n) * 50n, time, random() < 0.5, BigInt(below(400)), wide, raw];
}

/** Steps of 400 rows, of which some are taken back where the form takes that. */
export function* stepsOf(form: Form, random: () => number, size: Size): Generator<Step> {
  const alive: InputRow[][] = form.changes.map(() => []);
  for (let i = 0; i < size.steps; i++) {
    const input = i % form.changes.length, watermark = i * size.stepMs, own = alive[input];
    const rows = Array.from({ length: 400 }, (): InputRow => {
      if (form.changes[input] && own.length > 0 && random() < 0.2) {
        const [gone] = own.splice(Math.floor(random() * own.length), 1);
        return { kind: 3, values: gone.values };
      }
      const row = { kind: 0, values: rowOf(random, size, watermark) };
      if (form.changes[input]) own.push(row);
      return row;
    });
    yield { input, rows, tick: i % 3 === 2, watermark };
  }
}

/** Names of rows and of what they hold, which are given block by block of the input: where there is little room, blocks are shorter. */
const NAMES = ["$number", "$numbers", "$of", "$entry", "$node", "$page"];
/** Pages are named by their row, with so many bits behind. */
const PAGE_BITS = 10n;

/** The rows of a whole drain; names of rows are the keys of these. */
export function wholeText(task: Task): string[] {
  const { tables } = stateOf(task), steps = drained(task, true), keys = new Map<string, string>();
  const rowsOf = (of: string) =>
    steps.flatMap(({ kind, table, frame }) => {
      if (kind !== "upsert" || table !== of) return [];
      const view = new FrameView(frame!), { columns } = tables.find(({ name }) => name === of)!;
      return Array.from(
        { length: view.rows },
        (_, row) => new Map(columns.map(({ name }, i) => [name, view.value(row, i)])),
      );
    });
  for (const row of rowsOf("groups")) {
    if (row.has("$number")) keys.set(`${row.get("$group")} ${row.get("$number")}`, textOf([row.get("k")!]));
  }
  const text = (row: ReadonlyMap<string, Value>) => {
    const page = row.get("$page"), of = typeof page === "bigint" ? page >> PAGE_BITS : row.get("$of");
    const owner = of === undefined ? "" : keys.get(`${row.get("$group")} ${of}`) ?? "nobody";
    return `${owner} ${textOf([...row].filter(([name]) => !NAMES.includes(name)).map(([, value]) => value))}`;
  };
  return tables.flatMap(({ name }) => rowsOf(name).map((row) => `${name} ${text(row)}`)).sort();
}

/** What looks at tables by the key find. */
function lookText(task: Task, key: Value): string[] {
  const { kernel } = task, state = stateOf(task), keyed = state.looks.filter((look) => look.key.length === 1);
  return keyed.flatMap(({ table, columns, key: [{ type }] }) => {
    const found = state.look(table, [vectorOf(kernel, type, [key])], 1000);
    const view = new FrameView(new FrameWriter(kernel).write(found, NO_INFO));
    kernel.reset();
    const shown = view.types.flatMap((_, i) => NAMES.includes(columns[i].name) ? [] : [i]);
    const rows = Array.from({ length: view.rows }, (_, row) => shown.map((column) => view.value(row, column)));
    return rows.map((row) => `${table} ${textOf(row)}`).sort();
  });
}

/** Runs a form with and without a bound, with checkpoints and restarts in between: what comes out and what is kept is the same. */
export function runCold(form: Form, size: Size, seed: number): { coldest: number; reads: number } {
  const random = randomOf(seed), memory = new Task(form, 0, 1), make = () => bounded(form, size.boundBytes);
  const rounds = new Rounds(random);
  let task = make(), chain: TableStep[] = [], coldest = 0, reads = 0, at = 0;
  for (const step of stepsOf(form, random, size)) {
    assert.deepEqual(task.run(step), memory.run(step), `watermark ${step.watermark}`);
    const { operator } = task;
    assert.equal(operator.stateRows, memory.operator.stateRows, `rows at watermark ${step.watermark}`);
    // Names of rows that are gone since the last cut are kept whatever the bound
    assert.ok(operator.stateBytes <= size.boundBytes * 1.15, `${operator.stateBytes} bytes`);
    coldest = Math.max(coldest, operator.cold!.rows);
    for (const { values: [key] } of step.rows.slice(0, 3)) assert.deepEqual(lookText(task, key), lookText(memory, key));
    if (at % 7 > 2) rounds.go(task);
    if (at++ % 7 !== 6) continue;
    const [whole, steps] = rounds.cut(task);
    chain = whole ? steps : [...chain, ...steps];
    if (random() < 0.6) continue;
    reads += operator.cold!.reads;
    task.close();
    task = make();
    restoreSteps(task.kernel, stateOf(task), chain);
    assert.equal(task.operator.stateRows, memory.operator.stateRows, "rows behind a restart");
  }
  reads += task.operator.cold!.reads;
  assert.deepEqual(wholeText(task), wholeText(memory));
  if (size.ends) {
    const end = { input: 0, rows: [], tick: false, watermark: Infinity };
    assert.deepEqual(task.run(end), memory.run(end), "at the end");
    assert.deepEqual(wholeText(task), wholeText(memory));
  }
  task.close();
  memory.close();
  return { coldest, reads };
}

/** The same with a seed, which a failure names: more rows than `coldestMin` leave memory, and some come back. */
export function holdsCold(form: Form, size: Size, coldestMin = 500): void {
  seeds(1, (seed) => {
    const { coldest, reads } = runCold(form, size, seed);
    assert.ok(coldest > coldestMin, `at most ${coldest} rows were cold`);
    assert.ok(reads > 100, `${reads} rows were read`);
  });
}

/** Runs a form with and without a bound until most of its rows are cold, and ends its input: the same comes out, and no row is left. What its state then takes. */
export function endCold(form: Form, size: Size, seed: number): { readonly stateBytes: number } {
  const memory = new Task(form, 0, 1), task = bounded(form, size.boundBytes);
  for (const step of stepsOf(form, randomOf(seed), size)) assert.deepEqual(task.run(step), memory.run(step));
  const { cold, stateRows } = task.operator, end = { input: 0, rows: [], tick: false, watermark: Infinity };
  assert.ok(cold!.rows > 2 * (stateRows - cold!.rows), `${cold!.rows} rows were cold`);
  const out = memory.run(end);
  assert.ok(out.length > 5000, `${out.length} rows`);
  assert.deepEqual(task.run(end), out);
  assert.equal(task.operator.stateRows, 0);
  const { stateBytes } = task.operator;
  task.close();
  memory.close();
  return { stateBytes };
}
