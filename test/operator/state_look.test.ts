import assert from "node:assert/strict";
import type { Batch } from "../../src/core/batch.ts";
import { FrameView } from "../../src/core/frame.ts";
import type { Column } from "../../src/core/schema.ts";
import type { OperatorState, TableLook } from "../../src/core/state.ts";
import type { Value } from "../../src/core/value.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { openColdFile } from "../../src/store/cold_file_deno.ts";
import fc from "../deps/fast_check.ts";
import { drainSteps, stepsText, type TableStep } from "../kernel/state_steps.ts";
import { valueAt, vectorOf } from "../kernel/vectors.ts";
import { textOf } from "../runtime/rows.ts";
import { stepsOf } from "./form_steps.ts";
import { Task } from "./form_task.ts";
import { OPERATOR_FORMS } from "./forms.ts";

const ROWS_MAX = 8192;
/** Place in a slice's rows: a look does not count them. */
const UNTOLD = "$row";

type Row = ReadonlyMap<string, Value>;

function stateOf({ operator: { state } }: Task): OperatorState {
  assert.ok(typeof state === "object");
  return state;
}

/** The rows of a whole drain, by table: it may also take away what it has not given. */
function drained(steps: readonly TableStep[], state: OperatorState): Map<string, Row[]> {
  return new Map(state.tables.map(({ name, columns }) => {
    let rows: Row[] = [];
    for (const { kind, table, frame } of steps) {
      if (table !== name || !frame) continue;
      const view = new FrameView(frame), told = columns.slice(0, view.columns);
      const own = Array.from(
        { length: view.rows },
        (_, row): Row => new Map(told.map((column, i) => [column.name, view.value(row, i)])),
      );
      if (kind === "upsert") rows.push(...own);
      else rows = rows.filter((row) => !own.some((gone) => told.every(({ name }) => row.get(name) === gone.get(name))));
    }
    return [name, rows];
  }));
}

function looked(kernel: Kernel, columns: readonly Column[], batch: Batch): Value[][] {
  const rows = Array.from(
    { length: batch.rows },
    (_, row) => columns.map((_, i) => valueAt(kernel, batch.columns[i], row)),
  );
  kernel.reset();
  return rows;
}

const texts = (columns: readonly Column[], rows: readonly Row[]) =>
  rows.map((row) => textOf(columns.map(({ name }) => row.get(name)!))).sort();

/** Rows of the group table that a row of a detail table may belong to name it; others have the key themselves. */
function keysOf(
  look: TableLook,
  rows: readonly Row[],
  groups: readonly Row[],
): Map<string, { key: Value[]; rows: Row[] }> {
  const found = new Map<string, { key: Value[]; rows: Row[] }>();
  for (const row of rows) {
    const of = row.has("$of")
      ? groups.find((group) => group.get("$group") === row.get("$group") && group.get("$number") === row.get("$of"))!
      : row;
    const key = look.key.map(({ name }) => of.get(name)!), text = textOf(key), known = found.get(text);
    if (known) known.rows.push(row);
    else found.set(text, { key, rows: [row] });
  }
  return found;
}

function same(task: Task, whole: ReadonlyMap<string, Row[]>): number {
  const { kernel } = task, state = stateOf(task);
  let found = 0;
  for (const look of state.looks) {
    const table = state.tables.find(({ name }) => name === look.table)!, rows = whole.get(look.table)!;
    const columns = look.columns.slice(0, table.columns.filter(({ name }) => name !== UNTOLD).length);
    const cells = (batch: Batch) => looked(kernel, columns, batch).map(textOf).sort();
    const told = (rows: readonly Row[]) => texts(columns, rows);
    assert.deepEqual(cells(state.look(look.table, null, ROWS_MAX)), told(rows), `${look.table}, all rows`);
    if (look.key.length === 0) continue;
    for (const { key, rows: own } of keysOf(look, rows, whole.get("groups") ?? []).values()) {
      const vectors = () => key.map((value, i) => vectorOf(kernel, look.key[i].type, [value]));
      assert.deepEqual(
        cells(state.look(look.table, vectors(), ROWS_MAX)),
        told(own),
        `${look.table} of ${textOf(key)}`,
      );
      assert.equal(state.look(look.table, vectors(), 1).rows, 1, "no more than are asked for");
      kernel.reset();
      found++;
    }
    const absent = look.key.map(({ type }) => vectorOf(kernel, type, [absentOf(type.kind)]));
    assert.equal(state.look(look.table, absent, ROWS_MAX).rows, 0, `${look.table} of a key that is not there`);
    kernel.reset();
  }
  return found;
}

function absentOf(kind: string): Value {
  return kind === "string" ? "nowhere" : 123_456_789_123n;
}

for (const [name, form] of OPERATOR_FORMS) {
  // Those that rows reach where they are: of what these keep, only lookups know keys (lookup_state.test.ts)
  if (!form.splits && name !== "NOT IN") continue;
  Deno.test(`a look finds what a whole drain gives, and leaves no trace: ${name}`, () => {
    let found = 0;
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.boolean(), { minLength: 3, maxLength: 9 }), (seed, cuts) => {
        const watched = new Task(form, 0, 1), alone = new Task(form, 0, 1), whole = new Task(form, 0, 1);
        stepsOf(form, seed, 24).forEach((step, i) => {
          const expected = alone.run(step);
          assert.deepEqual(watched.run(step), expected, "results are the same");
          whole.run(step);
          found += same(watched, drained(drainSteps(whole.kernel, stateOf(whole), true), stateOf(whole)));
          if (!cuts[i % cuts.length]) return;
          const changes = stepsText(drainSteps(watched.kernel, stateOf(watched), false));
          assert.deepEqual(changes, stepsText(drainSteps(alone.kernel, stateOf(alone), false)), "changes are the same");
        });
        for (const task of [watched, alone, whole]) task.close();
      }),
      { numRuns: Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 2), endOnFailure: true },
    );
    assert.ok(found > 0, "keys were looked for");
  });
}

Deno.test("a look finds rows that have left memory for a file, and leaves them there", () => {
  const form = OPERATOR_FORMS.get("group of cells")!, KEYS = 6000;
  const task = new Task(form, 0, 1, (kernel) => {
    kernel.cold = () => openColdFile(null);
    kernel.limitState(400_000);
  });
  const { kernel } = task, state = stateOf(task), [look] = state.looks;
  for (let from = 0; from < KEYS; from += 500) {
    const rows = Array.from({ length: 500 }, (_, i) => {
      const values: Value[] = [`key ${from + i}`, 1n, 0.5, 0n, 0n, true, 1n, BigInt(from + i), new Uint8Array([1])];
      return { kind: 0, values };
    });
    task.run({ input: 0, rows, tick: false, watermark: 0 });
  }
  const keys = Array.from({ length: KEYS / 50 }, (_, i) => `key ${i * 50}`);
  const cells = (key: string) => {
    const columns = look.columns.slice(0, state.tables.find(({ name }) => name === "groups")!.columns.length);
    return looked(kernel, columns, state.look("groups", [vectorOf(kernel, look.key[0].type, [key])], 10)).map(textOf);
  };
  const found = keys.flatMap(cells);
  assert.equal(found.length, keys.length);
  assert.deepEqual(keys.flatMap(cells), found, "they are where they were");
  const inMemory = state.look("groups", null, ROWS_MAX).rows;
  kernel.reset();
  assert.ok(inMemory < KEYS / 2, `${inMemory} rows are in memory`);
  const whole = drained(drainSteps(kernel, state, true), state).get("groups")!;
  const wanted = texts(state.tables.find(({ name }) => name === "groups")!.columns, whole).filter((row) =>
    found.includes(row)
  );
  assert.deepEqual(wanted, found.sort());
  assert.deepEqual(cells("nobody"), []);
  task.close();
});

/** What is shown of all rows of the table of keys, as rows that come out are written. */
function shown(task: Task, name: (column: string) => string): string[] {
  const state = stateOf(task),
    [look] = state.looks,
    rows = looked(task.kernel, look.columns, state.look(look.table, null, ROWS_MAX));
  return rows.map((row) => look.shown.map((i) => `${name(look.columns[i].name)} ${cellText(row[i])}`).join(" ")).sort();
}

const cellText = (value: Value) => Object.is(value, -0) ? "0" : String(value);

for (
  const name of [
    "cells",
    "texts",
    "sets",
    "lists",
    "sketches",
    "cells, changelog",
    "texts, changelog",
    "sets, changelog",
  ]
) {
  Deno.test(`a look shows what the aggregates of each key have told last: group of ${name}`, () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const form = OPERATOR_FORMS.get(`group of ${name}`)!,
          task = new Task(form, 0, 1),
          told = new Map<string, string>();
        for (const step of stepsOf(form, seed, 24)) {
          for (const line of task.run(step)) {
            const row = line.slice(2), key = row.slice(0, row.indexOf(" a0 "));
            if (line.startsWith("3")) told.delete(key);
            else if (!line.startsWith("1")) told.set(key, row);
          }
          assert.deepEqual(shown(task, (column) => column), [...told.values()].sort());
        }
        task.close();
      }),
      { numRuns: 3, endOnFailure: true },
    );
  });
}

for (const name of ["group of windows", "group of windows, sketches", "tumbling windows"]) {
  Deno.test(`a look shows what windows will tell if nothing more comes: ${name}`, () => {
    let windows = 0;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const form = OPERATOR_FORMS.get(name)!, task = new Task(form, 0, 1);
        for (const step of stepsOf(form, seed, 12)) task.run(step);
        const before = shown(task, (column) => column === "$slice" ? "window_start" : column);
        const last = task.run({ input: 0, rows: [], tick: false, watermark: 1e12 });
        // Of groups whose rows were all taken back nothing comes out; the end of a tumbling window follows from its start
        const expected = last.map((line) => line.slice(2).replace(/window_end \S+ /, "")).sort();
        assert.deepEqual(before.filter((row) => name === "tumbling windows" || expected.includes(row)), expected);
        windows += expected.length;
        task.close();
      }),
      { numRuns: 10, endOnFailure: true },
    );
    assert.ok(windows > 0, "windows were open");
  });
}
