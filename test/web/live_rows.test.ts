import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { LiveChange, Row } from "../../src/client/rdx/types.ts";
import { shownRow } from "../../web/model/latest_rows.ts";
import { LiveRows } from "../../web/model/live_rows.ts";

const COLUMNS = ["window_start", "window_end", "key", "n"].map((name) => ({ name, type: "int64", nullable: true }));
type Op = "+I" | "-U" | "+U" | "-D";

function row(window: number, key: string, n: number): Row {
  return { window_start: window, window_end: window + 1, key, n };
}

function snapshot(rows: Row[], keys = ["key"], seq = 0): LiveChange {
  return { kind: "snapshot", seq, epoch: "a", watermark: null, complete: true, keys, columns: COLUMNS, rows };
}

function delta(rows: { op: Op; row: Row }[], seq = 1): LiveChange {
  return { kind: "delta", seq, watermark: null, rows };
}

const openIn = (rows: LiveRows) => rows.list().filter((entry) => entry.open !== null).length;
const open = (rows: Row[], seq = 1): LiveChange => ({ kind: "open", seq, watermark: null, rows });

/** Windows of a key close in their order; what is open begins behind what is closed. */
const script = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ what: fc.constant("close" as const), keys: fc.array(fc.nat(5), { maxLength: 6 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ what: fc.constant("open" as const), keys: fc.array(fc.nat(5), { maxLength: 6 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ what: fc.constant("update" as const), keys: fc.array(fc.nat(5), { maxLength: 3 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ what: fc.constant("delete" as const), keys: fc.array(fc.nat(5), { maxLength: 3 }) }),
    },
  ),
  { maxLength: 30 },
);

interface Step {
  readonly change: LiveChange;
  /** All rows that are settled, oldest first, and those that are open. */
  readonly settled: readonly Row[];
  readonly open: readonly Row[];
}

/** Plays a script against lists that are searched from end to end. */
function play(steps: readonly { what: string; keys: readonly number[] }[]): Step[] {
  let settled: Row[] = [], opened: Row[] = [], window = 0, n = 0;
  return steps.map(({ what, keys }) => {
    const names = [...new Set(keys)].map((key) => `key ${key}`),
      newest = (key: string) => settled.findLast((one) => one.key === key);
    let change: LiveChange;
    if (what === "close") {
      window++;
      const rows = names.map((key) => row(window, key, n++));
      settled = [...settled, ...rows];
      opened = opened.filter((one) =>
        !rows.some((other) => other.key === one.key && other.window_start === one.window_start)
      );
      change = delta(rows.map((one) => ({ op: "+I", row: one })));
    } else if (what === "open") {
      opened = names.map((key) => row(window + 1, key, n++));
      change = open(opened);
    } else {
      const rows = names.map(newest).filter((one) => one !== undefined);
      const changes: { op: Op; row: Row }[] = [];
      for (const before of rows) {
        const at = settled.indexOf(before);
        if (what === "update") {
          const after = { ...before, n: n++ };
          changes.push({ op: "-U", row: before }, { op: "+U", row: after });
          settled = settled.with(at, after);
        } else {
          changes.push({ op: "-D", row: before });
          settled = settled.toSpliced(at, 1);
        }
      }
      change = delta(changes);
    }
    return { change, settled, open: opened };
  });
}

Deno.test("a history holds the newest rows, newest first, behind the windows that are open", () => {
  fc.assert(
    fc.property(script, fc.integer({ min: 40, max: 200 }), (steps, limit) => {
      const rows = new LiveRows({ show: "history", historyRowsMax: limit });
      rows.apply(snapshot([]));
      for (const { change, settled, open: opened } of play(steps)) {
        rows.apply(change);
        const expected = [...[...opened].reverse(), ...settled.slice(-limit).reverse()];
        assert.deepEqual(rows.list().map(shownRow), expected);
        assert.equal(openIn(rows), opened.length);
      }
    }),
    { verbose: 1 },
  );
});

Deno.test("by key there is the newest settled window, and the open one in front of it", () => {
  fc.assert(
    fc.property(script.map((steps) => steps.filter(({ what }) => what !== "delete")), (steps) => {
      const rows = new LiveRows({ show: "latest", historyRowsMax: 1 });
      rows.apply(snapshot([]));
      for (const { change, settled, open: opened } of play(steps)) {
        rows.apply(change);
        const expected = new Map<unknown, Row>();
        for (const one of settled) expected.set(one.key, one);
        // Windows of a key close in their order: what lies before a closed one is open no more.
        const still = opened.filter(({ key, window_start }) =>
          !((expected.get(key)?.window_start ?? -1) as number >= (window_start as number))
        );
        for (const one of still) expected.set(one.key, one);
        assert.deepEqual(new Map(rows.list().map((entry) => [shownRow(entry).key, shownRow(entry)])), expected);
        assert.equal(openIn(rows), still.length);
      }
    }),
    { verbose: 1 },
  );
});

Deno.test("a key whose newest window is deleted goes, unless a window of it is open", () => {
  const rows = new LiveRows({ show: "latest", historyRowsMax: 1 });
  rows.apply(snapshot([row(1, "a", 1), row(1, "b", 2)]));
  rows.apply(open([row(2, "b", 3)]));
  rows.apply(delta([{ op: "-D", row: row(1, "a", 1) }, { op: "-D", row: row(1, "b", 2) }]));
  assert.deepEqual(rows.list().map((entry) => shownRow(entry)), [row(2, "b", 3)]);
  rows.apply(open([]));
  assert.deepEqual(rows.list(), []);
});

Deno.test("a snapshot is newest first and takes the place of all that was there", () => {
  const rows = new LiveRows({ show: "history", historyRowsMax: 10 });
  rows.apply(snapshot([row(9, "x", 9)]));
  rows.apply(snapshot([row(2, "b", 2), row(1, "a", 1)], ["key"], 7));
  assert.deepEqual(rows.list().map((entry) => shownRow(entry).n), [2, 1]);
});

Deno.test("keys of different types and names that look alike are different keys", () => {
  const rows = new LiveRows({ show: "latest", historyRowsMax: 1 }), keys = ["key", "n"];
  const values = [
    null,
    "null",
    "n",
    "",
    "1",
    1,
    1n << 60n,
    String(1n << 60n),
    "__proto__",
    "constructor",
    "1:1",
    "a;b",
  ];
  const all = values.flatMap((key) => values.map((n) => ({ window_start: 1, window_end: 2, key, n })));
  rows.apply(snapshot(all, keys));
  assert.equal(rows.list().length, all.length);
});

Deno.test("rows and keys stay within their bounds, and what had no room is counted", () => {
  const history = new LiveRows({ show: "history", historyRowsMax: 3 });
  const latest = new LiveRows({ show: "latest", historyRowsMax: 1, keysMax: 2 });
  for (const rows of [history, latest]) {
    rows.apply(snapshot([]));
    for (let i = 0; i < 50; i++) rows.apply(delta([{ op: "+I", row: row(i, `key ${i % 5}`, i) }], i));
  }
  assert.deepEqual(history.list().map((entry) => shownRow(entry).n), [49, 48, 47]);
  assert.equal(latest.list().length, 2);
  assert.equal(latest.leftOut, 30);
});

Deno.test("a view without keys is shown as a history", () => {
  const rows = new LiveRows({ show: "latest", historyRowsMax: 10 });
  rows.apply(snapshot([row(1, "a", 2), row(1, "a", 1)], []));
  assert.equal(rows.byKey, false);
  assert.equal(rows.list().length, 2);
});
