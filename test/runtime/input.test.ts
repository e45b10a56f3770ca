import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { FrameView } from "../../src/core/frame.ts";
import { CHUNK_ROWS } from "../../src/core/limits.ts";
import { INT64 } from "../../src/core/schema.ts";
import { MemoryLog } from "../../src/log/memory.ts";
import { LogInput, RangeInput, type Taken } from "../../src/runtime/input.ts";
import type { FileRange, RangeSource } from "../../src/source.ts";
import { createJournal, journalParts, openJournal } from "../log/journals.ts";
import { SimClock } from "../sim/clock.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";
import { until } from "../until.ts";
import { frameOfRows } from "./rows.ts";

const COLUMN = [{ name: "n", type: INT64, nullable: false }];

class Stream {
  readonly clock = new SimClock(1000);
  readonly log: MemoryLog<null>;
  rows = 0;

  constructor(unreadBytesMax = 1 << 30) {
    this.log = new MemoryLog<null>(this.clock, { unreadBytesMax });
  }

  /** Appends one record whose frames have these many rows, numbered on. */
  append(...frames: number[]): void {
    const made = frames.map((rows) => frameOfRows(COLUMN, Array.from({ length: rows }, () => [BigInt(this.rows++)])));
    const rows = frames.reduce((sum, one) => sum + one, 0);
    void this.log.append({ kind: "rows", rows, frames: made, schema: 1, answer: () => null });
  }

  end(): void {
    void this.log.append({ kind: "end", rows: 0, frames: [], schema: 1, answer: () => null });
  }
}

function rowsOf({ frames }: Taken): number[] {
  return frames.flatMap(({ frame }) => {
    const view = new FrameView(frame);
    return Array.from({ length: view.rows }, (_, row) => Number(view.int64(0, row)));
  });
}

Deno.test("small records travel together, with the times at which they arrived", () => {
  const stream = new Stream(), input = new LogInput(stream.log, "earliest");
  assert.equal(input.ready, false);
  stream.append(2);
  stream.clock.advance(5);
  stream.append(1, 3);
  assert.equal(input.ready, true);
  assert.equal(input.lagRows, 6);
  const taken = input.take();
  assert.deepEqual(rowsOf(taken), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(taken.frames.map(({ arrivalMs }) => arrivalMs), [1000, 1005, 1005]);
  assert.deepEqual([taken.from, taken.to, taken.end, taken.range], [0, 6, false, null]);
  assert.equal(input.ready, false);
  assert.equal(input.lagRows, 0);
});

Deno.test("any records give every row once and in order, in chunks that are bounded, whatever is appended in between", () => {
  const record = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(fc.tuple(record, fc.boolean()), { maxLength: 8 }), (records) => {
      const stream = new Stream(), input = new LogInput(stream.log, "earliest"), got: number[] = [];
      let to = 0;
      const take = () => {
        while (input.ready) {
          const taken = input.take(), rows = rowsOf(taken);
          if (taken.end) break;
          assert.deepEqual([taken.from, taken.to], [to, to + rows.length]);
          assert.ok(rows.length < CHUNK_ROWS + 3000, `${rows.length} rows in a chunk`);
          to = taken.to;
          got.push(...rows);
          input.release(to);
        }
      };
      for (const [frames, now] of records) {
        stream.append(...frames);
        if (now) take();
      }
      stream.end();
      take();
      assert.deepEqual(got, Array.from({ length: stream.rows }, (_, i) => i));
      assert.equal(input.ready, false);
      assert.equal(stream.log.unreadBytes, 0);
    }),
    { numRuns: 40 },
  );
});

Deno.test("a long record counts as unread until its last chunk has had its effect", () => {
  const stream = new Stream(), input = new LogInput(stream.log, "earliest");
  stream.append(8000, 8000, 8000);
  const first = input.take(), second = input.take();
  assert.deepEqual([first.to, second.to], [16_000, 24_000]);
  input.release(first.to);
  assert.ok(stream.log.unreadBytes > 0);
  input.release(second.to);
  assert.equal(stream.log.unreadBytes, 0);
});

Deno.test("the end of the stream comes behind its rows, once", () => {
  const stream = new Stream(), input = new LogInput(stream.log, "earliest");
  stream.append(3);
  stream.end();
  assert.deepEqual(rowsOf(input.take()), [0, 1, 2]);
  assert.equal(input.ready, true);
  const end = input.take();
  assert.deepEqual([end.end, end.from, end.to], [true, 3, 3]);
  assert.equal(input.ready, false);
});

Deno.test("a stopped input still gives all that the log has accepted, then its end", () => {
  const stream = new Stream(), input = new LogInput(stream.log, "earliest");
  for (let i = 0; i < 4; i++) stream.append(8000);
  input.take();
  input.stop();
  const rows: number[] = [];
  for (let taken = input.take(); !taken.end; taken = input.take()) rows.push(...rowsOf(taken));
  assert.equal(rows.length, 16_000);
  assert.equal(input.ready, false);
});

Deno.test("an input that starts at the latest row gives what comes after it", () => {
  const stream = new Stream();
  stream.append(5);
  const input = new LogInput(stream.log, "latest");
  assert.equal(input.lagRows, 0);
  stream.append(2);
  const taken = input.take();
  assert.deepEqual([rowsOf(taken), taken.from, taken.to], [[5, 6], 5, 7]);
});

Deno.test("an input says when its stream refuses producers, and tells of changes until it is told not to", () => {
  const stream = new Stream(300), input = new LogInput(stream.log, "earliest");
  let calls = 0;
  const off = input.onReady(() => calls++);
  assert.equal(input.refusing, false);
  stream.append(30);
  assert.equal(input.refusing, true);
  assert.equal(calls, 1);
  input.release(input.take().to);
  assert.equal(input.refusing, false);
  off();
  stream.append(1);
  assert.equal(calls, 2);
});

Deno.test("an input is reading while rows that it is to give come from disk, and neither before nor behind them", async () => {
  const parts = journalParts(new SimDisk(seeded(5)), new SimClock()), written = createJournal(parts);
  const frames = [frameOfRows(COLUMN, [[1n]])];
  for (let i = 0; i < 3; i++) await written.append({ kind: "rows", rows: 1, frames, schema: 1, answer: String });
  await written.close();
  const log = await openJournal(parts);
  for (const only of [undefined, { index: 0, count: 2 }]) {
    const input = new LogInput(log, "earliest", only), latest = new LogInput(log, "latest", only);
    assert.deepEqual([input.ready, input.reading, latest.reading], [false, true, false]);
    await until(() => input.ready);
    assert.equal(input.reading, false);
    while (input.lagRows > 0) {
      await until(() => input.ready);
      input.take();
    }
    assert.deepEqual([input.ready, input.reading], [false, false]);
    input.close();
  }
  const closed = new LogInput(log, "earliest");
  closed.close();
  assert.equal(closed.reading, false);
  await log.close();
});

Deno.test("a closed input gives nothing and holds nothing back", () => {
  const stream = new Stream(), input = new LogInput(stream.log, "earliest");
  stream.append(8000, 8000);
  input.take();
  input.close();
  assert.equal(input.ready, false);
  assert.equal(stream.log.unreadBytes, 0);
});

/** Ranges of ten bytes. */
class TenByteRanges implements RangeSource {
  position = 0;
  constructor(readonly size: number) {}

  next(): FileRange | null {
    if (this.position >= this.size) return null;
    const offset = this.position, length = Math.min(10, this.size - offset);
    this.position += length;
    return { path: "x.ndjson", format: "ndjson", offset, length, size: this.size };
  }
}

Deno.test("a file gives its ranges, then its end, and says how far it is", () => {
  const input = new RangeInput(new TenByteRanges(25)), offsets: number[] = [];
  assert.equal(input.progress, 0);
  for (let taken = input.take(); !taken.end; taken = input.take()) {
    offsets.push(taken.range!.offset);
    assert.deepEqual([taken.from, taken.to], [taken.range!.offset, taken.range!.offset + taken.range!.length]);
  }
  assert.deepEqual(offsets, [0, 10, 20]);
  assert.equal(input.ready, false);
  assert.equal(input.progress, 1);
});

Deno.test("an empty file is at its end at once", () => {
  const input = new RangeInput(new TenByteRanges(0));
  assert.equal(input.progress, 1);
  assert.equal(input.take().end, true);
});

Deno.test("a stopped file gives no more ranges", () => {
  const input = new RangeInput(new TenByteRanges(25));
  input.take();
  input.stop();
  assert.equal(input.take().end, true);
  assert.equal(input.ready, false);
});
