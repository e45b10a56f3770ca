import assert from "node:assert/strict";
import { type Column, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { SessionOperator, type SessionPlan } from "../../src/operator/session.ts";
import fc from "../deps/fast_check.ts";
import { changesOf } from "../kernel/group/run.ts";
import { loadOperators } from "../kernel/load.ts";
import { vectorOf } from "../kernel/vectors.ts";

const column = (name: string, type: Column["type"]): Column => ({ name, type, nullable: true });
const INPUT = [column("ts", TIMESTAMP), column("user", STRING), column("n", INT64)];
const WINDOW = [column("window_start", TIMESTAMP), column("window_end", TIMESTAMP)];

interface Row {
  readonly at: number;
  readonly user: string | null;
  readonly n: bigint;
}

interface Session {
  start: number;
  last: number;
  rows: Row[];
}

function endOfSession(start: number, last: number, gapMs: number, maxMs: number): number {
  return Math.min(last + gapMs, start + (maxMs || Infinity));
}

/** Sessions as the definition has them: the watermark goes on row by row, and what it has passed takes no more rows. */
function reference(
  rows: readonly Row[],
  gapMs: number,
  maxMs: number,
  delayMs: number,
): { closed: Map<string, Session[]>; late: number } {
  const open = new Map<string, Session[]>(), closed = new Map<string, Session[]>();
  let most = -Infinity, late = 0;
  for (const row of rows) {
    const watermark = most - delayMs, key = String(row.user), mine = open.get(key) ?? [];
    const endOf = ({ start, last }: Session) => endOfSession(start, last, gapMs, maxMs);
    const [over, still] = [
      mine.filter((one) => endOf(one) - 1 <= watermark),
      mine.filter((one) => endOf(one) - 1 > watermark),
    ];
    closed.set(key, [...closed.get(key) ?? [], ...over]);
    const fits = (a: Session, b: Session) =>
      Math.max(a.last, b.last) - Math.min(a.start, b.start) < (maxMs || Infinity);
    const own: Session = { start: row.at, last: row.at, rows: [row] };
    const inTime = row.at + (maxMs || Infinity) - 1 > watermark;
    const near = still.filter((one) =>
      inTime && row.at >= one.start - gapMs && row.at <= one.last + gapMs && fits(one, own)
    );
    if (near.length === 0 && row.at + gapMs - 1 <= watermark) late++;
    else {
      // Of those that begin together the one that was opened first
      near.sort((a, b) => a.start - b.start);
      const joined = near[0] ?? own, gone: Session[] = [];
      if (near.length === 0) still.push(own);
      else {
        joined.start = Math.min(joined.start, row.at);
        joined.last = Math.max(joined.last, row.at);
        joined.rows.push(row);
      }
      for (const other of near.slice(1)) {
        if (!fits(joined, other)) continue;
        joined.last = Math.max(joined.last, other.last);
        joined.rows.push(...other.rows);
        gone.push(other);
      }
      still.splice(0, still.length, ...still.filter((one) => !gone.includes(one)));
    }
    open.set(key, still);
    most = Math.max(most, row.at);
  }
  for (const [key, rest] of open) closed.set(key, [...closed.get(key) ?? [], ...rest]);
  return { closed, late };
}

Deno.test("sessions hold what the watermark, row by row, lets them, however the rows are cut into batches", () => {
  const rows = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 400 }),
      user: fc.constantFrom("a", "b", "c", null),
      n: fc.bigInt({ min: 0n, max: 99n }),
    }),
    { minLength: 1, maxLength: 400, size: "max" },
  );
  fc.assert(
    fc.property(
      rows,
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(0, 0, 40, 70, 150),
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 0, max: 3 }),
      (all, gapMs, maxMs, delayMs, cut, drift) => {
        const drifting = all.map((row, i) => ({ ...row, at: row.at + drift * i }));
        const plan: SessionPlan = {
          id: "s",
          columns: [...WINDOW, INPUT[1], column("total", INT64), column("rows", INT64), column("first", INT64)],
          inputColumns: INPUT,
          keys: [1],
          time: 0,
          gapMs,
          maxMs,
          calls: [
            { fn: "sum", args: [2], distinct: false, filter: -1, params: [] },
            { fn: "count", args: [], distinct: false, filter: -1, params: [] },
            { fn: "first", args: [2], distinct: false, filter: -1, params: [] },
          ],
        };
        const kernel = loadOperators(), operator = new SessionOperator(kernel, plan), got: string[] = [];
        const drain = () => {
          for (let out = operator.pull(); out; out = operator.pull()) {
            got.push(...changesOf(kernel, out).map(({ values }) => values.join(" ")));
          }
          kernel.reset();
        };
        let most = -Infinity;
        for (let from = 0; from < drifting.length; from += cut) {
          const part = drifting.slice(from, from + cut);
          const columns = operator.exchanges[0].columns.map((c) =>
            vectorOf(kernel, INPUT[c].type, part.map(({ at, user, n }): Value => [BigInt(at), user, n][c]))
          );
          const running = kernel.arena(part.length * 8 + 8), before = most;
          part.forEach(({ at }, i) => {
            kernel.data.setBigInt64(running + i * 8, most === -Infinity ? -(2n ** 62n) : BigInt(most), true);
            most = Math.max(most, at);
          });
          const batch = { rows: part.length, columns, selection: 0, selected: part.length, kinds: 0 };
          operator.push(batch, { running, before, delayMs, others: Infinity });
          drain();
          operator.advance(most - delayMs);
          drain();
        }
        operator.advance(Infinity);
        drain();
        const { closed, late } = reference(drifting, gapMs, maxMs, delayMs);
        const expected = [...closed.values()].flat().map(({ start, last, rows }) => {
          const inOrder = drifting.filter((row) => rows.includes(row)),
            sum = rows.reduce((total, { n }) => total + n, 0n);
          return [start, endOfSession(start, last, gapMs, maxMs), rows[0].user, sum, rows.length, inOrder[0].n].join(
            " ",
          );
        });
        assert.deepEqual(got.toSorted(), expected.toSorted());
        assert.equal(operator.counts.late, late);
        assert.equal(operator.stateRows, 0);
        const ends = got.map((line) => Number(line.split(" ")[1]));
        assert.deepEqual(ends, ends.toSorted((a, b) => a - b));
        operator.close();
        assert.equal(kernel.fn("state_bytes")(), 0);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("rows leave with the bounds of their session, as they came; a bound cuts sessions that go on", () => {
  const kernel = loadOperators();
  const plan: SessionPlan = {
    id: "s",
    columns: [...INPUT, ...WINDOW, column("window_time", TIMESTAMP)],
    inputColumns: INPUT,
    keys: [1],
    time: 0,
    gapMs: 10,
    maxMs: 25,
    calls: null,
  };
  const operator = new SessionOperator(kernel, plan);
  const times = [0, 8, 16, 24, 32, null, 100];
  const rows = times.map((at, i): Value[] => ["a", at === null ? null : BigInt(at), BigInt(i)]);
  const columns = [STRING, TIMESTAMP, INT64].map((type, c) => vectorOf(kernel, type, rows.map((row) => row[c])));
  const batch = { rows: rows.length, columns, selection: 0, selected: rows.length, kinds: 0 };
  operator.push(batch, { running: 0, before: -Infinity, delayMs: 0, others: Infinity });
  assert.equal(operator.pull(), null);
  operator.advance(60);
  const got = changesOf(kernel, operator.pull()!).map(({ values }) => values.map(String).join(" "));
  assert.deepEqual(got, [
    "0 a 0 0 25 24",
    "8 a 1 0 25 24",
    "16 a 2 0 25 24",
    "24 a 3 0 25 24",
    "32 a 4 32 42 41",
  ]);
  assert.equal(operator.pull(), null);
  assert.deepEqual(operator.counts, { late: 0, nullTime: 1 });
  assert.equal(operator.stateRows, 1);
  operator.close();
  assert.equal(kernel.fn("state_bytes")(), 0);
});

Deno.test("sessions that would be too long as one stay apart, none is longer than its bound, and no row is lost", () => {
  const kernel = loadOperators();
  const plan: SessionPlan = {
    id: "s",
    columns: [...WINDOW, INPUT[1], column("count", INT64)],
    inputColumns: INPUT,
    keys: [1],
    time: 0,
    gapMs: 40,
    maxMs: 150,
    calls: [{ fn: "count", args: [], distinct: false, filter: -1, params: [] }],
  };
  const operator = new SessionOperator(kernel, plan);
  // At 180 a row is near two sessions that would be too long as one: it is of the first, and that at 200 too
  const times = [200, 230, 260, 300, 165, 145, 310, 105, 180, 200];
  const rows = times.map((at, i): Value[] => ["a", BigInt(at), BigInt(i)]);
  const columns = [STRING, TIMESTAMP, INT64].map((type, c) => vectorOf(kernel, type, rows.map((row) => row[c])));
  const batch = { rows: rows.length, columns, selection: 0, selected: rows.length, kinds: 0 };
  operator.push(batch, { running: 0, before: -Infinity, delayMs: 0, others: Infinity });
  assert.equal(operator.pull(), null);
  const left = (watermark: number) => {
    operator.advance(watermark);
    const got: string[] = [];
    for (let out = operator.pull(); out; out = operator.pull()) {
      got.push(...changesOf(kernel, out).map(({ values }) => values.map(String).join(" ")));
    }
    return got;
  };
  assert.deepEqual(left(238), []);
  assert.deepEqual(left(239), ["105 240 a 4"]);
  assert.deepEqual(left(313), []);
  assert.deepEqual(left(314), ["165 315 a 6"]);
  operator.close();
  assert.equal(kernel.fn("state_bytes")(), 0);
});
