import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { Clock } from "../../src/core/clock.ts";
import { RdxError } from "../../src/core/errors.ts";
import type { Log, LogEntry, ProducerMark } from "../../src/log.ts";
import { epochTests } from "./log_epochs.ts";
import { partitionTests } from "./log_partitions.ts";
import { timesTests } from "./log_times.ts";
import { LogModel } from "./log_model.ts";

/** Bounds that a log under test is made with, small enough to be reached. */
export interface LogUnderTest {
  readonly clock: Clock;
  readonly unreadBytesMax: number;
  readonly retainedBytesMax: number;
  readonly producersMax: number;
  readonly answersMax: number;
}

/** Opens an empty log that gives texts as answers. */
export type OpenLog = (options: LogUnderTest) => Log<string> | Promise<Log<string>>;

/** A wall clock that stands where it is put. */
export class HandClock implements Clock {
  ms = 1000;
  /** By so much the wall clock was set back. */
  setBackMs = 0;
  now(): number {
    return this.ms - this.setBackMs;
  }
  monotonic(): number {
    return this.ms;
  }
  after(): () => void {
    return () => {};
  }
  soon(): Promise<void> {
    return Promise.resolve();
  }
}

export const BOUNDS = { unreadBytesMax: 1000, retainedBytesMax: 500, producersMax: 3, answersMax: 4 };

/** An entry whose one frame has `bytes` bytes. */
export function entry(rows: number, bytes = rows * 8, mark?: ProducerMark): LogEntry<string> {
  const frames = rows === 0 ? [] : [new ArrayBuffer(bytes)];
  return { kind: "rows", rows, frames, schema: 1, mark, answer: (offset) => `${rows} rows at ${offset}` };
}

const END: LogEntry<string> = { kind: "end", rows: 0, frames: [], schema: 1, answer: (offset) => `end at ${offset}` };

export function mark(producer: string, sequence: number, digest = `${producer} ${sequence}`): ProducerMark {
  return { producer, sequence, digest };
}

/** Expects an RdxError with a code and, if given, the `expected` sequence number. */
export async function rejects(promise: Promise<unknown>, code: string, expected?: number): Promise<void> {
  await assert.rejects(promise, (thrown) => {
    assert.ok(thrown instanceof RdxError, `${thrown}`);
    assert.equal(thrown.code, code, thrown.message);
    if (expected !== undefined) assert.equal(thrown.extra.expected, expected);
    return true;
  });
}

/** Registers what every `Log` must do. */
export function logConformance(name: string, open: OpenLog): void {
  const test = (behaviour: string, run: (log: Log<string>, clock: HandClock) => Promise<void>) =>
    Deno.test(`${name}: ${behaviour}`, async () => {
      const clock = new HandClock();
      const log = await open({ clock, ...BOUNDS });
      await run(log, clock);
      await log.close();
    });
  readingTests(test);
  producerTests(test);
  boundTests(test);
  epochTests(test);
  timesTests(test);
  partitionTests(test);
  Deno.test(`${name}: does the same as a plain model for any sequence of calls`, async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), (steps) => followModel(open, steps)), {
      numRuns: 300,
    });
  });
}

export type Test = (behaviour: string, run: (log: Log<string>, clock: HandClock) => Promise<void>) => void;

function readingTests(test: Test): void {
  test("numbers rows, stamps their arrival and gives records back as they came", async (log, clock) => {
    const first = entry(3), second = entry(2);
    assert.deepEqual(await log.append(first), { duplicate: false, answer: "3 rows at 0" });
    clock.ms = 2500;
    assert.deepEqual(await log.append(second), { duplicate: false, answer: "2 rows at 3" });
    assert.equal(log.end, 5);
    const reader = log.reader("earliest");
    assert.equal(reader.position, 0);
    const a = reader.next(), b = reader.next();
    assert.deepEqual([a?.offset, a?.rows, a?.arrivalMs, a?.bytes, a?.kind], [0, 3, 1000, 24, "rows"]);
    assert.deepEqual([b?.offset, b?.rows, b?.arrivalMs, b?.bytes], [3, 2, 2500, 16]);
    assert.deepEqual(a?.frames.map((frame) => frame.byteLength), [24]);
    assert.equal(reader.next(), null);
    assert.equal(reader.position, 5);
  });

  test(
    "lets rows that all readers are done with leave when their time is over, and never others",
    async (log, clock) => {
      log.retain(500);
      const reader = log.reader("earliest");
      await log.append(entry(3));
      clock.ms += 400;
      await log.append(entry(2));
      reader.next();
      reader.release(3);
      assert.equal(log.start, 0);
      clock.ms += 200;
      await log.append(entry(1));
      assert.equal(log.start, 3);
      clock.ms += 10_000;
      await log.append(entry(1));
      assert.equal(log.start, 3);
      reader.close();
      assert.equal(log.start, 6);
    },
  );

  test("lets the oldest rows that all readers are done with leave when there are more bytes than are to be kept", async (log) => {
    log.retain(null, 100);
    const reader = log.reader("earliest");
    for (let i = 0; i < 5; i++) await log.append(entry(5));
    assert.equal(log.start, 0);
    for (let i = 0; i < 5; i++) reader.next();
    reader.release(20);
    // Of the 160 bytes that are released, so many leave that 100 stay at most.
    assert.equal(log.start, 10);
    log.retain(null, 0);
    assert.equal(log.start, 20);
    reader.close();
    log.retain(null);
    for (let i = 0; i < 10; i++) await log.append(entry(5));
    assert.ok(log.end - log.start >= 50, "without a bound of its own it keeps what the log's bound allows");
  });

  test("opens readers at an offset, at the record around it, at the newest, and refuses others", async (log) => {
    await log.append(entry(3));
    await log.append(entry(4));
    assert.equal(log.reader(3).next()?.offset, 3);
    assert.equal(log.reader(5).next()?.offset, 3);
    assert.equal(log.reader("latest").next(), null);
    assert.equal(log.reader(7).position, 7);
    assert.throws(() => log.reader(8), { code: "invalid" });
    assert.throws(() => log.reader(-1), { code: "not_found" });
    assert.throws(() => log.reader(NaN), { code: "not_found" });
  });

  test("gives the end to every reader, also to one that opens after it, and takes no more rows", async (log) => {
    const reader = log.reader("latest");
    await log.append(entry(2, 16, mark("p", 0)));
    await log.append(END);
    assert.equal(log.ended, true);
    assert.deepEqual([reader.next()?.kind, reader.next()?.kind, reader.next()], ["rows", "end", null]);
    reader.release(log.end);
    assert.equal(log.reader("latest").next()?.kind, "end");
    await rejects(log.append(entry(1)), "conflict");
    await rejects(log.append(END), "conflict");
    assert.equal((await log.append(entry(2, 16, mark("p", 0)))).duplicate, true);
  });

  test("calls back at appends and releases until told to stop", async (log) => {
    let calls = 0;
    const stop = log.onChange(() => calls++);
    await log.append(entry(1));
    assert.equal(calls, 1);
    const reader = log.reader("earliest");
    reader.next();
    reader.release(1);
    assert.equal(calls, 2);
    stop();
    await log.append(entry(1));
    assert.equal(calls, 2);
  });

  test("refuses entries that make no sense", async (log) => {
    await rejects(log.append(entry(0)), "invalid");
    await rejects(log.append({ ...END, rows: 1 }), "invalid");
    await rejects(log.append(entry(-1, 0)), "invalid");
    await rejects(log.append(entry(1, 8, mark("p", 0.5))), "invalid");
    assert.equal(log.end, 0);
  });

  test("is closed after close", async (log) => {
    const reader = log.reader("earliest");
    await log.append(entry(1));
    await log.close();
    assert.equal(reader.next(), null);
    await rejects(log.append(entry(1)), "closing");
  });
}

function producerTests(test: Test): void {
  test("gives the first answer to a repetition and stores nothing again", async (log) => {
    await log.append(entry(2, 16, mark("p", 0)));
    await log.append(entry(9));
    await log.append(entry(3, 24, mark("p", 1)));
    assert.deepEqual(await log.append(entry(3, 24, mark("p", 1))), { duplicate: true, answer: "3 rows at 11" });
    assert.deepEqual(await log.append(entry(2, 16, mark("p", 0))), { duplicate: true, answer: "2 rows at 0" });
    assert.equal(log.end, 14);
  });

  test("refuses gaps and other starts than 0 with the number it expects", async (log) => {
    await rejects(log.append(entry(1, 8, mark("p", 1))), "conflict", 0);
    await log.append(entry(1, 8, mark("p", 0)));
    await rejects(log.append(entry(1, 8, mark("p", 2))), "conflict", 1);
    await log.append(entry(1, 8, mark("p", 1)));
    assert.equal(log.end, 2);
  });

  test("refuses other content under a used number", async (log) => {
    await log.append(entry(1, 8, mark("p", 0, "a")));
    // Whoever went on at a number that is told would lose this content.
    await assert.rejects(log.append(entry(1, 8, mark("p", 0, "b"))), (thrown) => {
      return thrown instanceof RdxError && thrown.code === "conflict" && thrown.extra.expected === undefined;
    });
  });

  test("says so when an answer is too old to be given again", async (log) => {
    for (let i = 0; i <= BOUNDS.answersMax; i++) await log.append(entry(1, 8, mark("p", i)));
    assert.equal((await log.append(entry(1, 8, mark("p", 1)))).duplicate, true);
    await assert.rejects(log.append(entry(1, 8, mark("p", 0))), /no longer kept/);
  });

  test("forgets the producer that was silent for longest, not the one that repeats", async (log) => {
    for (const name of ["a", "b", "__proto__"]) await log.append(entry(1, 8, mark(name, 0)));
    await log.append(entry(1, 8, mark("a", 0)));
    await log.append(entry(1, 8, mark("d", 0)));
    await log.append(entry(1, 8, mark("a", 1)));
    await log.append(entry(1, 8, mark("__proto__", 1)));
    await rejects(log.append(entry(1, 8, mark("b", 1))), "conflict", 0);
  });

  test("lets entries without rows use a number and shows them to no reader", async (log) => {
    const reader = log.reader("latest");
    assert.deepEqual(await log.append(entry(0, 0, mark("p", 0))), { duplicate: false, answer: "0 rows at 0" });
    assert.deepEqual(await log.append(entry(0, 0, mark("p", 0))), { duplicate: true, answer: "0 rows at 0" });
    assert.equal(reader.next(), null);
    await log.append(entry(1, 8, mark("p", 1)));
    assert.equal(reader.next()?.rows, 1);
  });
}

function boundTests(test: Test): void {
  test("is busy when readers leave no room, uses no number for it, and goes on after a release", async (log) => {
    const reader = log.reader("latest");
    await log.append(entry(1, 600, mark("p", 0)));
    assert.equal(log.unreadBytes, 600);
    assert.equal(log.hasRoom(401), false);
    await rejects(log.append(entry(1, 401, mark("p", 1))), "busy");
    await log.append(entry(1, 400, mark("p", 1)));
    assert.equal(reader.next()?.offset, 0);
    reader.release(1);
    assert.equal(log.unreadBytes, 400);
    await log.append(entry(1, 600, mark("p", 2)));
  });

  test("answers repetitions while it is busy", async (log) => {
    log.reader("latest");
    await log.append(entry(1, 1000, mark("p", 0)));
    assert.equal((await log.append(entry(1, 1000, mark("p", 0)))).duplicate, true);
  });

  test("takes an entry above the bound when nothing else is unread", async (log) => {
    log.reader("latest");
    assert.equal(log.hasRoom(5000), true);
    await log.append(entry(1, 5000));
    assert.equal(log.hasRoom(1), false);
  });

  test("waits for the slowest reader, and not for one that closed", async (log) => {
    const slow = log.reader("latest"), quick = log.reader("latest");
    await log.append(entry(1, 700));
    quick.next();
    quick.release(1);
    assert.equal(log.unreadBytes, 700);
    slow.close();
    assert.equal(log.unreadBytes, 0);
  });

  test("never refuses rows because nobody reads, and keeps the newest", async (log) => {
    for (let i = 0; i < 10; i++) await log.append(entry(1, 200));
    assert.equal(log.unreadBytes, 0);
    assert.equal(log.start, 8);
    const reader = log.reader("earliest");
    assert.equal(reader.position, 8);
    assert.equal(log.unreadBytes, 400);
    assert.throws(() => log.reader(7), { code: "not_found" });
  });

  test("releases whole records only, and none that was not read", async (log) => {
    const reader = log.reader("latest");
    await log.append(entry(4, 100));
    await log.append(entry(4, 50));
    reader.release(8);
    assert.equal(log.unreadBytes, 150);
    reader.next();
    reader.release(3);
    assert.equal(log.unreadBytes, 150);
    reader.release(8);
    assert.equal(log.unreadBytes, 50);
  });
}

type Step =
  | { do: "append"; rows: number; bytes: number; producer: number | null; ahead: number }
  | { do: "open"; at: number }
  | { do: "next"; reader: number }
  | { do: "close"; reader: number }
  | { do: "release"; reader: number; back: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: appendStep() },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("open" as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("next" as const), reader: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), reader: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("release" as const), reader: fc.nat(3), back: fc.nat(3) }) },
);

function appendStep(): fc.Arbitrary<Step> {
  return fc.record({
    do: fc.constant("append" as const),
    rows: fc.integer({ min: 1, max: 3 }),
    bytes: fc.integer({ min: 1, max: 450 }),
    producer: fc.option(fc.nat(4), { nil: null }),
    ahead: fc.integer({ min: -6, max: 1 }),
  });
}

/** Runs the steps on the log and on the model side by side, and compares all that can be seen after each. */
async function followModel(open: OpenLog, steps: Step[]): Promise<void> {
  const log = await open({ clock: new HandClock(), ...BOUNDS });
  const model = new LogModel(BOUNDS);
  const readers = new Map<number, ReturnType<Log<string>["reader"]>>();
  for (const step of steps) {
    if (step.do === "append") {
      const name = `p${step.producer}`;
      const sequence = Math.max(0, model.expected(name) + step.ahead);
      const what = entry(step.rows, step.bytes, step.producer === null ? undefined : mark(name, sequence));
      const got = await log.append(what).then((done) => done, (thrown) => thrown.code);
      assert.deepEqual(got, model.append(what));
    } else if (step.do === "open" && readers.size < 4) {
      const from = log.start + Math.floor(step.at * (log.end - log.start));
      readers.set(model.open(from), log.reader(from));
    } else if (step.do !== "open") {
      const id = [...readers.keys()][step.reader], reader = readers.get(id);
      if (!reader) continue;
      if (step.do === "next") assert.equal(reader.next()?.offset ?? null, model.next(id));
      else if (step.do === "close") {
        reader.close();
        model.close(id);
        readers.delete(id);
      } else {
        reader.release(reader.position - step.back);
        model.release(id, reader.position - step.back);
      }
    }
    assert.deepEqual([log.start, log.end, log.unreadBytes], [model.start, model.end, model.unreadBytes]);
  }
  await log.close();
}
