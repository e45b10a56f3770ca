import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { RowKind } from "../../src/core/batch.ts";
import { FrameBuilder, FrameView, type Value } from "../../src/core/frame.ts";
import type { TableKeeper, TableStep } from "../../src/store.ts";
import { type Column, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { TableView } from "../../src/view/table_view.ts";
import { WindowView } from "../../src/view/window_view.ts";
import type { View } from "../../src/view.ts";
import { NEWEST, OLDEST, output, rangeOf, rowsOf } from "../contract/view.ts";

const column = (name: string, type: Column["type"]): Column => ({ name, type, nullable: true });
const COLUMNS = [
  column("window_start", TIMESTAMP),
  column("window_end", TIMESTAMP),
  column("key", STRING),
  column("$count", INT64),
];
const BOUNDS = { rowsMax: 40 }, KEYS = ["key"];

/** Views of every kind, empty. */
const VIEWS: Readonly<Record<string, () => View>> = {
  windows: () => new WindowView("v", COLUMNS, KEYS, BOUNDS),
  keyed: () => new TableView("v", COLUMNS, { keys: KEYS, identity: ["window_end", "key"] }),
  unkeyed: () => new TableView("v", COLUMNS, { keys: [], identity: null }),
  ordered: () =>
    new TableView("v", COLUMNS, {
      keys: KEYS,
      identity: ["key"],
      order: [{ column: "$count", desc: true, nullsLast: true }],
    }),
};

const anyRow = fc.record({
  kind: fc.constantFrom<RowKind>("+I", "+I", "-U", "+U", "-D"),
  step: fc.integer({ min: -1, max: 2 }),
  key: fc.constantFrom("", "a", "ab", "ä", null),
  count: fc.nat(3),
});
const anyOutputs = fc.array(fc.array(anyRow, { maxLength: 20 }), { maxLength: 30 });
const anyActs = fc.array(fc.constantFrom("none", "drain", "restart"), { minLength: 1, maxLength: 12 });

function everythingOf(view: View) {
  const rows = (query: typeof OLDEST) => rowsOf(view.query({ ...query, limit: 10_000 }).ranges);
  return [view.seq, view.watermark, view.rows, rows(OLDEST), rows(NEWEST), rowsOf(view.all())];
}

function drained(keeper: TableKeeper, whole: boolean): TableStep[] {
  const steps: TableStep[] = [];
  keeper.cut(whole);
  for (let step; (step = keeper.drain()) !== null;) steps.push(step);
  return steps;
}

function taken(view: View, steps: readonly TableStep[]): View {
  for (const step of steps) view.keeper!.restore(step);
  view.keeper!.restored();
  return view;
}

/** What base and deltas come to, in any order of the rows. */
function compacted(keeper: TableKeeper, steps: readonly TableStep[]): TableStep[] {
  return keeper.tables.map((table): TableStep => {
    const rows = new Map<string, readonly Value[]>(), { columns, keys, expiry, name } = table;
    for (const step of steps.filter((one) => one.table === name)) {
      if (step.kind === "clear") rows.clear();
      else if (step.kind === "expire") {
        for (const [key, row] of rows) if (BigInt(row[expiry] as bigint) < step.below) rows.delete(key);
      } else {
        for (const row of rowsOf([{ frame: step.frame, start: 0, rows: step.rows }])) {
          const key = row.slice(0, keys).join();
          if (step.kind === "delete") rows.delete(key);
          else rows.set(key, row);
        }
      }
    }
    const builder = new FrameBuilder(columns);
    for (const row of [...rows.values()].reverse()) builder.append(row);
    return { kind: "upsert", table: name, frame: builder.finish(), rows: rows.size, columns };
  });
}

Deno.test("a column is nullable as soon as rows come back that have NULL in it, whatever the plan says of it", () => {
  const strict = COLUMNS.map((one) => ({ ...one, nullable: false }));
  const options = { keys: KEYS, identity: ["window_end", "key"] };
  for (const open of [() => new WindowView("v", strict, KEYS), () => new TableView("v", strict, options)]) {
    const from = open(), rows = [[1n, 2n, "a", null], [3n, 4n, "b", 1n]];
    from.apply(output(1, [rangeOf(COLUMNS, rows, 1, ["+I", "+I"])], 1));
    const to = taken(open(), drained(from.keeper!, true));
    assert.deepEqual(to.columns.map(({ nullable }) => nullable), [false, false, false, true]);
    assert.deepEqual(rowsOf(to.all()), rows);
    const whole = open();
    whole.apply(output(1, [rangeOf(COLUMNS, rows.slice(1), 1, ["+I"])], 1));
    assert.ok(taken(open(), drained(whole.keeper!, true)).columns.every(({ nullable }) => !nullable));
  }
});

for (const [kind, open] of Object.entries(VIEWS)) {
  Deno.test(`who follows a view of ${kind} is told once that it has taken in what another one gave out, when it has all of it`, () => {
    const from = open(), to = open(), told: number[] = [];
    for (const seq of [1, 2]) {
      from.apply(output(seq, [rangeOf(COLUMNS, [[BigInt(seq), BigInt(seq + 1), "a" + seq, 1n]], 1, ["+I"])], seq));
    }
    const end = to.subscribe(() => assert.fail("no delta leads there"), () => told.push(to.seq, to.rows));
    taken(to, drained(from.keeper!, true));
    assert.deepEqual(told, [2, 2]);
    end();
    assert.deepEqual(everythingOf(to), everythingOf(from));
  });

  Deno.test(`a view of ${kind} that takes in what another one gave out goes on as that one does`, () => {
    fc.assert(
      fc.property(anyOutputs, anyActs, (outputs, acts) => {
        const undisturbed = open(), steps: TableStep[] = [];
        let view = open(), end = 10;
        outputs.forEach((rows, i) => {
          const values = rows.map(({ step, key, count }) => {
            end += step * 10;
            return [BigInt(end - 10), BigInt(end), key, BigInt(count)];
          });
          const kinds = kind === "windows" ? [] : rows.map((row) => row.kind);
          const given = output(i + 1, [rangeOf(COLUMNS, values, 1, kinds)], end);
          for (const one of [undisturbed, view]) one.apply(given);
          const act = acts[i % acts.length];
          if (act !== "none") steps.push(...drained(view.keeper!, false));
          if (act === "restart") {
            view = taken(open(), i % 2 === 0 ? steps : compacted(view.keeper!, steps));
            if (view.seq > 0) assert.equal(view.since(0), null);
            assert.deepEqual(view.since(view.seq), []);
          }
          assert.deepEqual(everythingOf(view), everythingOf(undisturbed), `output ${i}`);
        });
        const all = drained(view.keeper!, true);
        assert.deepEqual(everythingOf(taken(open(), all)), everythingOf(undisturbed));
        assert.ok(all.every((step) => !("frame" in step) || new FrameView(step.frame).rows === step.rows));
      }),
      { numRuns: 200 },
    );
  });
}

Deno.test("a delta of a view has what has changed, and nothing else", () => {
  const table = VIEWS.keyed(),
    windows = VIEWS.windows(),
    rowsIn = (steps: TableStep[]) =>
      steps.filter(({ table }) => table === "rows").flatMap((step) =>
        "rows" in step ? [`${step.kind} ${step.rows}`] : []
      );
  const rows = Array.from({ length: 30 }, (_, i) => [0n, 10n, `key ${i}`, 1n]);
  for (const view of [table, windows]) {
    view.apply(output(1, [rangeOf(COLUMNS, rows)]));
    assert.deepEqual(rowsIn(drained(view.keeper!, false)), ["upsert 30"]);
    assert.deepEqual(rowsIn(drained(view.keeper!, false)), []);
  }
  const changes = [[0n, 10n, "key 3", 2n], [0n, 10n, "key 5", 1n], [0n, 10n, "new", 1n], [0n, 10n, "new", 1n]];
  table.apply(output(2, [rangeOf(COLUMNS, changes, 1, ["+U", "-D", "+I", "-D"])]));
  assert.deepEqual(rowsIn(drained(table.keeper!, false)), ["delete 1", "upsert 1"]);
  windows.apply(output(2, [rangeOf(COLUMNS, rows.slice(5).map(([, , key, n]) => [10n, 20n, key, n]))]));
  assert.deepEqual(rowsIn(drained(windows.keeper!, false)), ["upsert 25"]);
  assert.equal(windows.rows, 25, "the window before is gone");
});

Deno.test("tables that no view gave are refused", () => {
  for (const [kind, open] of Object.entries(VIEWS)) {
    const view = open();
    view.apply(output(1, [rangeOf(COLUMNS, [[0n, 10n, "a", 1n], [0n, 10n, "b", 1n]])]));
    const steps = drained(view.keeper!, true), rows = steps.find((step) => step.table === "rows" && "frame" in step)!;
    const refused = (given: readonly TableStep[]) =>
      assert.throws(
        () => taken(open(), given),
        { code: "invalid" },
        `${kind} ${JSON.stringify(given.map(({ kind }) => kind))}`,
      );
    refused([]);
    refused(steps.filter(({ table }) => table !== "view"));
    refused([...steps, { ...rows, table: "other" }]);
    const facts = steps.find(({ table }) => table === "view")!;
    if ("frame" in facts && "frame" in rows) {
      refused([{ ...facts, frame: rows.frame }]);
      refused([facts, { ...rows, frame: facts.frame }]);
    }
    if (kind === "windows") refused(steps.filter((step) => step !== rows));
  }
});
