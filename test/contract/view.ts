import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { RowKind } from "../../src/core/batch.ts";
import { FrameBuilder, FrameView, type Value } from "../../src/core/frame.ts";
import { RowRenderer } from "../../src/core/render.ts";
import { type Column, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { OutputBatch, RowRange } from "../../src/sink.ts";
import type { View, ViewDelta, ViewQuery } from "../../src/view.ts";

/** What a view under test is made with. */
export interface ViewUnderTest {
  readonly columns: readonly Column[];
  readonly keys: readonly string[];
  readonly rowsMax: number;
  readonly deltasMax: number;
  readonly deltaRowsMax: number;
}

export type OpenView = (options: ViewUnderTest) => View;

const column = (name: string, type: Column["type"]): Column => ({ name, type, nullable: true });

export const WINDOW_COLUMNS = [
  column("window_start", TIMESTAMP),
  column("window_end", TIMESTAMP),
  column("key", STRING),
  column("part", INT64),
  column("count", INT64),
];
const BOUNDS = { rowsMax: 200, deltasMax: 5, deltaRowsMax: 100 };
export const WINDOWS: ViewUnderTest = { columns: WINDOW_COLUMNS, keys: ["key", "part"], ...BOUNDS };
export const PLAIN: ViewUnderTest = { columns: [column("a", INT64), column("b", STRING)], keys: [], ...BOUNDS };

export type Row = readonly Value[];

/** A range of the rows in a frame that has other rows before and behind. */
export function rangeOf(
  columns: readonly Column[],
  rows: readonly Row[],
  around = 1,
  kinds: readonly RowKind[] = [],
): RowRange {
  const builder = new FrameBuilder(columns);
  for (let i = 0; i < around; i++) builder.append([]);
  for (const [i, row] of rows.entries()) builder.append(row, kinds[i]);
  for (let i = 0; i < around; i++) builder.append([]);
  return { frame: builder.finish(), start: around, rows: rows.length };
}

export function output(number: number, ranges: readonly RowRange[], watermark = 0): OutputBatch {
  return { number, ranges, rows: ranges.reduce((sum, { rows }) => sum + rows, 0), watermark };
}

export function rowsOf(ranges: readonly RowRange[]): Row[] {
  return ranges.flatMap(({ frame, start, rows }) => {
    const view = new FrameView(frame);
    return Array.from({ length: rows }, (_, i) => view.types.map((_, column) => view.value(start + i, column)));
  });
}

/** A row of a window of 10 ms. */
export function windowRow(end: number, key: string | null, part: number | null, count: number): Row {
  const cell = (value: number | null) => value === null ? null : BigInt(value);
  return [BigInt(end - 10), BigInt(end), key, cell(part), BigInt(count)];
}

export const NEWEST: ViewQuery = { limit: 1000, order: "desc" };
export const OLDEST: ViewQuery = { limit: 1000, order: "asc" };

/** Registers what every `View` must do with rows that are only added and not more than it has room for. */
export function viewConformance(name: string, open: OpenView): void {
  const test = (behaviour: string, run: () => void) => Deno.test(`${name}: ${behaviour}`, run);
  queryTests(test, open);
  deltaTests(test, open);
  Deno.test(`${name}: answers any question as a plain model does, however the rows were cut into outputs`, () => {
    fc.assert(
      fc.property(fc.array(anyOutput, { maxLength: 30 }), fc.array(anyQuery), fc.boolean(), followModel(open)),
      {
        numRuns: 300,
      },
    );
  });
}

type Test = (behaviour: string, run: () => void) => void;

function queryTests(test: Test, open: OpenView): void {
  test("is empty before the first output", () => {
    const view = open(WINDOWS);
    assert.deepEqual([view.seq, view.rows, view.watermark], [0, 0, -Infinity]);
    assert.deepEqual(rowsOf(view.query(NEWEST).ranges), []);
  });

  test("orders by window end, newest or oldest first, and by ascending keys within a window", () => {
    const view = open(WINDOWS);
    const rows = [
      windowRow(10, "b", 1, 1),
      windowRow(10, "a", 2, 2),
      windowRow(10, "a", 1, 3),
      windowRow(20, "z", 0, 4),
    ];
    view.apply(output(1, [rangeOf(WINDOW_COLUMNS, rows)], 21));
    const counts = (query: ViewQuery) => rowsOf(view.query(query).ranges).map((row) => Number(row[4]));
    assert.deepEqual(counts(NEWEST), [4, 3, 2, 1]);
    assert.deepEqual(counts(OLDEST), [3, 2, 1, 4]);
    assert.deepEqual(counts({ ...NEWEST, limit: 2 }), [4, 3]);
    assert.deepEqual(counts({ ...OLDEST, limit: 2 }), [3, 2]);
    assert.deepEqual(counts({ ...OLDEST, limit: 0 }), []);
  });

  test("filters by keys, as JSON writes them, and by window start", () => {
    const view = open(WINDOWS);
    const rows = [10, 20, 30].flatMap((end) =>
      ["a", "b", null].map((key) => windowRow(end, key, key ? -1 : null, end))
    );
    view.apply(output(1, [rangeOf(WINDOW_COLUMNS, rows)]));
    const ends = (query: Partial<ViewQuery>) =>
      rowsOf(view.query({ ...OLDEST, ...query }).ranges).map((row) => `${row[2]} ${row[1]}`);
    assert.deepEqual(ends({ key: ["b", "-1"] }), ["b 10", "b 20", "b 30"]);
    assert.deepEqual(ends({ key: ["null", "null"] }), ["null 10", "null 20", "null 30"]);
    assert.deepEqual(ends({ key: ["b", "-01"] }), []);
    assert.deepEqual(ends({ key: ["a", "-1"], from: 10, to: 20 }), ["a 20"]);
    assert.deepEqual(ends({ key: ["a", "-1"], from: 11 }), ["a 30"]);
    assert.deepEqual(ends({ to: 0 }), []);
    assert.deepEqual(ends({ to: 1, limit: 1 }), ["null 10"]);
  });

  test("refuses a wrong number of keys, and window bounds where there are no windows", () => {
    assert.throws(() => open(WINDOWS).query({ ...NEWEST, key: ["a"] }), { code: "invalid", message: /key, part/ });
    assert.throws(() => open(PLAIN).query({ ...NEWEST, key: ["a"] }), { code: "invalid", message: /no key columns/ });
    assert.throws(() => open(PLAIN).query({ ...NEWEST, from: 5 }), { code: "invalid", message: /window_start/ });
    assert.throws(() => open({ ...PLAIN, keys: ["nothing"] }), { code: "invalid_plan", message: /"nothing"/ });
  });

  test("refuses rows of other columns", () => {
    const view = open(WINDOWS);
    assert.throws(() => view.apply(output(1, [rangeOf(PLAIN.columns, [[1n, "x"]])])), { code: "internal" });
    assert.equal(view.rows, 0);
  });

  test("shows rows without windows in order of arrival", () => {
    const view = open(PLAIN);
    view.apply(output(1, [rangeOf(PLAIN.columns, [[3n, "x"], [1n, "y"]]), rangeOf(PLAIN.columns, [[2n, "z"]])]));
    const column = (query: ViewQuery) => rowsOf(view.query(query).ranges).map((row) => row[0]);
    assert.deepEqual(column(OLDEST), [3n, 1n, 2n]);
    assert.deepEqual(column(NEWEST), [2n, 1n, 3n]);
    assert.deepEqual(column({ ...NEWEST, limit: 2 }), [2n, 1n]);
  });
}

function deltaTests(test: Test, open: OpenView): void {
  const one = (number: number) =>
    output(number, [rangeOf(WINDOW_COLUMNS, [windowRow(number * 10, "a", 1, number)])], number);

  test("moves the watermark and keeps the number for outputs without rows", () => {
    const view = open(WINDOWS), seen: number[] = [];
    view.subscribe(({ seq }) => seen.push(seq));
    view.apply(one(3));
    view.apply(output(4, [], 99));
    assert.deepEqual([view.seq, view.watermark, seen], [3, 99, [3]]);
    assert.deepEqual(view.query(NEWEST).watermark, 99);
  });

  test("takes no output twice", () => {
    const view = open(WINDOWS);
    view.apply(one(1));
    view.apply(one(2));
    view.apply(one(2));
    view.apply(one(1));
    assert.deepEqual([view.rows, view.seq], [2, 2]);
  });

  test("tells subscribers what each output changed, until they end", () => {
    const view = open(WINDOWS), seen: ViewDelta[] = [];
    const end = view.subscribe((delta) => {
      assert.equal(view.seq, delta.seq);
      seen.push(delta);
    });
    view.apply(one(1));
    end();
    view.apply(one(2));
    assert.deepEqual(seen.map(({ seq, watermark }) => [seq, watermark]), [[1, 1]]);
    assert.deepEqual(seen[0].changes.map(({ op }) => op), ["+I"]);
    assert.deepEqual(rowsOf(seen[0].changes.map(({ range }) => range)), [windowRow(10, "a", 1, 1)]);
  });

  test("gives the deltas after a number, or null when some are gone", () => {
    const view = open(WINDOWS);
    const numbers = (seq: number) => view.since(seq)?.map((delta) => delta.seq) ?? null;
    assert.deepEqual(numbers(0), []);
    for (let number = 2; number <= 12; number += 2) view.apply(one(number));
    assert.deepEqual(numbers(12), []);
    assert.deepEqual(numbers(13), null);
    assert.deepEqual(numbers(2), [4, 6, 8, 10, 12]);
    assert.deepEqual(numbers(7), [8, 10, 12]);
    assert.deepEqual(numbers(1), null);
    assert.deepEqual(numbers(0), null);
  });

  test("keeps no more rows in deltas than it may", () => {
    const view = open(WINDOWS);
    const rows = Array.from({ length: 60 }, (_, i) => windowRow(10, "a", i, i));
    for (let number = 1; number <= 3; number++) view.apply(output(number, [rangeOf(WINDOW_COLUMNS, rows)]));
    assert.equal(view.since(1), null);
    assert.deepEqual(view.since(2)?.length, 1);
  });
}

const keyText = fc.constantFrom("", "a", "ab", "ä", "b", null);
const part = fc.option(fc.integer({ min: -2, max: 2 }), { nil: null });

/** Rows of some windows: how far each window's end is behind the one before (mostly in order), and its keys. */
const anyOutput = fc.record({
  windows: fc.array(
    fc.record({ step: fc.nat(2), rows: fc.array(fc.tuple(keyText, part), { minLength: 1, maxLength: 12 }) }),
    { maxLength: 3 },
  ),
  cut: fc.nat(10),
});

const anyQuery = fc.record({
  key: fc.option(fc.tuple(keyText.map(String), part.map(String)), { nil: undefined }),
  from: fc.option(fc.integer({ min: -10, max: 400 }), { nil: undefined }),
  to: fc.option(fc.integer({ min: -10, max: 400 }), { nil: undefined }),
  limit: fc.oneof(fc.nat(5), fc.constant(1000)),
  order: fc.constantFrom("asc" as const, "desc" as const),
});

type AnyOutput = typeof anyOutput extends fc.Arbitrary<infer T> ? T : never;

/** Applies outputs to a view and to an array; then both answer the questions. `disorder` lets window ends descend. */
function followModel(open: OpenView) {
  return (outputs: readonly AnyOutput[], queries: readonly ViewQuery[], disorder: boolean) => {
    const view = open({ ...WINDOWS, rowsMax: Infinity }), all: Row[] = [], deltas: ViewDelta[] = [];
    view.subscribe((delta) => deltas.push(delta));
    let end = 10, number = 0;
    for (const { windows, cut } of outputs) {
      const rows = windows.flatMap(({ step, rows }, i) => {
        end += step * 10 * (disorder && i === 1 ? -1 : 1);
        return rows.map(([key, part]) => windowRow(end, key, part, all.length));
      });
      const ranges = [rows.slice(0, cut), rows.slice(cut)].map((part, i) => rangeOf(WINDOW_COLUMNS, part, i));
      view.apply(output(++number, ranges, end));
      all.push(...rows);
    }
    assert.equal(view.rows, all.length);
    for (const query of queries) {
      const answer = modelAnswer(all, query);
      assert.deepEqual(rowsOf(view.query(query).ranges), answer);
      const parts = deltas.flatMap((delta) => view.narrow(delta, query).changes.map(({ range }) => range));
      assert.deepEqual(inOrder(rowsOf(parts)), inOrder(modelAnswer(all, { ...query, limit: Infinity })));
    }
  };
}

function inOrder(rows: readonly Row[]): string[] {
  return rows.map((row) => row.join("|")).sort();
}

const renderer = new RowRenderer(WINDOW_COLUMNS);

function modelAnswer(all: readonly Row[], { key, from = -Infinity, to = Infinity, limit, order }: ViewQuery): Row[] {
  const texts = all.map((row) => {
    const { frame } = rangeOf(WINDOW_COLUMNS, [row], 0);
    const json = JSON.parse(renderer.row(new FrameView(frame), 0));
    return [String(json.key), String(json.part)];
  });
  const found = all.map((row, at) => ({ row, at, text: texts[at] })).filter(({ row, text }) =>
    Number(row[0]) >= from && Number(row[0]) < to && (!key || text.join() === key.join())
  );
  const compare = (a: Value, b: Value) => a === b ? 0 : a === null ? -1 : b === null ? 1 : a < b ? -1 : 1;
  found.sort((a, b) => {
    const byEnd = compare(a.row[1], b.row[1]) * (order === "asc" ? 1 : -1);
    return byEnd || compare(a.row[2], b.row[2]) || compare(a.row[3], b.row[3]) || a.at - b.at;
  });
  return found.slice(0, limit).map(({ row }) => row);
}
