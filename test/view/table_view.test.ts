import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { RowKind } from "../../src/core/batch.ts";
import { BYTES, type Column, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { createView } from "../../src/view/create.ts";
import { TableView } from "../../src/view/table_view.ts";
import { WindowView } from "../../src/view/window_view.ts";
import type { View, ViewDelta, ViewQuery } from "../../src/view.ts";
import { OLDEST, output, rangeOf, type Row, rowsOf, viewConformance } from "../contract/view.ts";

viewConformance(
  "TableView",
  ({ columns, keys, ...bounds }) => new TableView("v", columns, { keys, identity: null }, bounds),
);

const column = (name: string, type: Column["type"]): Column => ({ name, type, nullable: true });
const COLUMNS = [column("key", STRING), column("part", INT64), column("value", DOUBLE)];
const KEYED = { keys: ["key", "part"], identity: ["key", "part"] };

const text = (row: Row) => row.map((value) => Object.is(value, -0) ? "0" : String(value)).join("|");
const texts = (rows: readonly Row[]) => rows.map(text);
const all = (view: View, query: Partial<ViewQuery> = {}) =>
  texts(rowsOf(view.query({ ...OLDEST, limit: 10_000, ...query }).ranges));

/** Changes of a delta one by one. */
function changesOf({ changes }: ViewDelta): [RowKind, string][] {
  return changes.flatMap(({ op, range }) => rowsOf([range]).map((row): [RowKind, string] => [op, text(row)]));
}

/** What a client has that follows a snapshot by deltas: rows and how often they are there. */
class Follower {
  readonly rows = new Map<string, number>();

  constructor(snapshot: readonly string[] = []) {
    for (const row of snapshot) this.#add(row, 1);
  }

  #add(row: string, count: number): void {
    const sum = (this.rows.get(row) ?? 0) + count;
    assert.ok(sum >= 0, `${row} is taken back and is not there`);
    if (sum === 0) this.rows.delete(row);
    else this.rows.set(row, sum);
  }

  follow(delta: ViewDelta): void {
    for (const [op, row] of changesOf(delta)) this.#add(row, op === "+I" || op === "+U" ? 1 : -1);
  }

  get sorted(): string[] {
    return [...this.rows].flatMap(([row, count]) => Array.from({ length: count }, () => row)).sort();
  }
}

const anyChange = fc.record({
  kind: fc.constantFrom<RowKind>("+I", "+I", "-U", "+U", "-D"),
  key: fc.option(fc.constantFrom("", "a", "ab", "a long key that is longer", "ä"), { nil: null }),
  part: fc.option(fc.bigInt(-2n, 2n), { nil: null }),
  value: fc.constantFrom(null, 0, -0, NaN, 1.5, 2),
});
type AnyChange = typeof anyChange extends fc.Arbitrary<infer T> ? T : never;
const anyOutputs = fc.array(fc.record({ changes: fc.array(anyChange, { maxLength: 20 }), cut: fc.nat(20) }), {
  maxLength: 40,
  size: "max",
});
const rowOf = ({ key, part, value }: AnyChange): Row => [key, part, value];

/** Rows one after the other: by key, or each for itself. */
function applied(table: Map<string, Row[]>, change: AnyChange, keyed: boolean): void {
  const row = rowOf(change), id = text(keyed ? row.slice(0, 2) : row), there = table.get(id) ?? [];
  const adds = change.kind === "+I" || change.kind === "+U";
  const left = adds ? (keyed ? [row] : [...there, row]) : there.slice(1);
  if (left.length === 0) table.delete(id);
  else table.set(id, left);
}

for (const keyed of [true, false]) {
  Deno.test(`a table is what its changelog describes, and deltas lead from any snapshot to it, ${keyed ? "by key" : "without a key"}`, () => {
    let rows = 0;
    fc.assert(
      fc.property(anyOutputs, fc.nat(40), (outputs, joins) => {
        const view = new TableView("v", COLUMNS, { keys: KEYED.keys, identity: keyed ? KEYED.identity : null });
        const model = new Map<string, Row[]>(), first = new Follower();
        let later: Follower | null = null;
        view.subscribe((delta) => {
          first.follow(delta);
          later?.follow(delta);
        });
        outputs.forEach(({ changes, cut }, i) => {
          if (i === joins) later = new Follower(all(view));
          const ranges = [changes.slice(0, cut), changes.slice(cut)].map((part, around) =>
            rangeOf(COLUMNS, part.map(rowOf), around, part.map(({ kind }) => kind))
          );
          view.apply(output(i + 1, ranges, i));
          for (const change of changes) applied(model, change, keyed);
        });
        const expected = [...model.values()].flatMap((rows) => texts(rows)).sort();
        assert.deepEqual(all(view).sort(), expected);
        assert.equal(view.rows, expected.length);
        assert.deepEqual(first.sorted, expected);
        if (later !== null) assert.deepEqual((later as Follower).sorted, expected);
        rows += expected.length;
      }),
      { numRuns: 300 },
    );
    assert.ok(rows > 1000, `${rows} rows`);
  });
}

function keyedView(bounds = {}): { view: TableView; apply(...rows: [RowKind, string, number][]): [RowKind, string][] } {
  const view = new TableView("v", COLUMNS, { keys: ["key"], identity: ["key"] }, bounds);
  let number = 0;
  return {
    view,
    apply(...rows) {
      let told: [RowKind, string][] = [];
      const end = view.subscribe((delta) => told = changesOf(delta));
      const values = rows.map(([, key, value]): Row => [key, 0n, value]);
      view.apply(output(++number, [rangeOf(COLUMNS, values, 1, rows.map(([kind]) => kind))]));
      end();
      return told;
    },
  };
}

Deno.test("a delta is what an output has changed in all", () => {
  const { apply } = keyedView();
  assert.deepEqual(apply(["+I", "a", 1], ["+I", "b", 1], ["-D", "b", 1]), [["+I", "a|0|1"]]);
  const updates = apply(["-U", "a", 1], ["+U", "a", 2], ["-U", "a", 2], ["+U", "a", 3]);
  assert.deepEqual(updates, [["-U", "a|0|1"], ["+U", "a|0|3"]]);
  assert.deepEqual(apply(["-U", "a", 3], ["+U", "a", 4], ["-U", "a", 4], ["+U", "a", 3]), []);
  assert.deepEqual(apply(["-U", "a", 3]), [["-D", "a|0|3"]], "what replaced it was filtered out");
  assert.deepEqual(apply(["+U", "a", 5]), [["+I", "a|0|5"]], "what it replaces was filtered out");
  assert.deepEqual(apply(["-D", "nobody", 1]), []);
});

Deno.test("a table is asked by key, ordered by its keys either way, and bounded by the limit", () => {
  const { view, apply } = keyedView();
  apply(["+I", "b", 1], ["+I", "a", 2], ["+I", "c", 3], ["+U", "b", 4]);
  assert.deepEqual(all(view), ["a|0|2", "b|0|4", "c|0|3"]);
  assert.deepEqual(all(view, { order: "desc", limit: 2 }), ["c|0|3", "b|0|4"]);
  assert.deepEqual(all(view, { key: ["b"] }), ["b|0|4"]);
  assert.deepEqual(all(view, { key: ["d"] }), []);
  const delta = view.since(0)!.at(-1)!;
  assert.deepEqual(changesOf(view.narrow(delta, { ...OLDEST, key: ["c"] })), [["+I", "c|0|3"]]);
});

Deno.test("a table of windows is ordered by them and asked by time", () => {
  const columns = [
    column("window_start", TIMESTAMP),
    column("window_end", TIMESTAMP),
    column("key", STRING),
    column("n", INT64),
  ];
  const view = new TableView("v", columns, { keys: ["key"], identity: ["window_start", "window_end", "key"] });
  const row = (end: bigint, key: string, n: bigint): Row => [end - 10n, end, key, n];
  const rows = [row(20n, "b", 1n), row(10n, "z", 2n), row(20n, "a", 3n), row(10n, "z", 5n)];
  view.apply(output(1, [rangeOf(columns, rows, 1, ["+I", "+I", "+I", "+U"])]));
  assert.deepEqual(all(view), ["0|10|z|5", "10|20|a|3", "10|20|b|1"]);
  assert.deepEqual(all(view, { order: "desc" }), ["10|20|a|3", "10|20|b|1", "0|10|z|5"]);
  assert.deepEqual(all(view, { from: 10 }), ["10|20|a|3", "10|20|b|1"]);
  assert.deepEqual(all(view, { to: 10, key: ["z"] }), ["0|10|z|5"]);
});

Deno.test("a table with more rows than a view may have says so", () => {
  const { view, apply } = keyedView({ rowsMax: 3 });
  apply(["+I", "a", 1], ["+I", "b", 1], ["+I", "c", 1], ["-D", "c", 1], ["+I", "d", 1]);
  assert.equal(view.rows, 3);
  assert.throws(() => apply(["+I", "e", 1]), { code: "no_space", message: /View v has 4 rows.*room for 3/ });
});

Deno.test("a column that tells rows apart has to be there", () => {
  assert.throws(() => new TableView("v", COLUMNS, { keys: [], identity: ["nothing"] }), {
    code: "invalid_plan",
    message: /"nothing"/,
  });
});

Deno.test("rows are told apart by values of every type", () => {
  const columns = [column("k", BYTES), column("d", DOUBLE), column("n", INT64)];
  const view = new TableView("v", columns, { keys: ["k", "d"], identity: ["k", "d"] });
  const bytes = (...all: number[]) => Uint8Array.from(all);
  const rows: Row[] = [
    [bytes(1), 0, 1n],
    [bytes(1), -0, 2n],
    [bytes(1), NaN, 3n],
    [bytes(1), -NaN, 4n],
    [bytes(1, 0), 0, 5n],
    [
      null,
      0,
      6n,
    ],
    [bytes(), 0, 7n],
    [null, 0, 8n],
  ];
  view.apply(output(1, [rangeOf(columns, rows)]));
  assert.deepEqual(rowsOf(view.query(OLDEST).ranges).map((row) => row[2]), [8n, 7n, 2n, 4n, 5n]);
});

Deno.test("many small outputs, and updates without end, keep few frames and little memory", () => {
  const { view, apply } = keyedView(), keys = 3000;
  for (let i = 0; i < 20_000; i++) apply(["+U", `key ${i * 7919 % keys}`, i]);
  assert.equal(view.rows, keys);
  const { ranges } = view.query({ ...OLDEST, limit: 10_000 });
  assert.ok(ranges.length === 1);
  const values = rowsOf(ranges).map((row) => Number(row[2]));
  assert.deepEqual([Math.min(...values), Math.max(...values)], [20_000 - keys, 19_999]);
  assert.ok(view.frames < 200, `${view.frames} frames`);
});

Deno.test("what comes to a view decides what it is", () => {
  const input = { keys: [], upsertKeys: ["key"], changes: false };
  assert.ok(createView("v", COLUMNS, input) instanceof WindowView);
  const table = createView("v", COLUMNS, { ...input, changes: true });
  assert.ok(table instanceof TableView);
  assert.deepEqual(table.keys, ["key"]);
  assert.deepEqual(createView("v", COLUMNS, { keys: ["part"], upsertKeys: null, changes: true }).keys, ["part"]);
});

Deno.test("a view with an order of its own answers in it, NULL where it is asked for, equal rows as they arrived", () => {
  const order = [{ column: "value", desc: true, nullsLast: true }, { column: "key", desc: false, nullsLast: false }];
  const view = createView("v", COLUMNS, { keys: [], upsertKeys: null, changes: false, order });
  const rows: Row[] = [["b", 1n, 2], ["a", 1n, null], ["b", 2n, 7], [null, 3n, 2], ["b", 4n, 2], ["a", 5n, 2]];
  rows.forEach((row, i) => view.apply(output(i + 1, [rangeOf(COLUMNS, [row])])));
  const asked = ["b|2|7", "null|3|2", "a|5|2", "b|1|2", "b|4|2", "a|1|null"];
  assert.deepEqual(texts(rowsOf(view.all())), asked);
  assert.deepEqual(all(view, { limit: 2 }), asked.slice(0, 2));
  assert.deepEqual(all(view, { order: "desc", limit: 2 }), asked.toReversed().slice(0, 2));
  view.apply(output(7, [rangeOf(COLUMNS, [["c", 9n, 3]])]));
  assert.deepEqual(texts(rowsOf(view.all()))[1], "c|9|3");
});
