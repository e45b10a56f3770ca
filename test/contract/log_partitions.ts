import assert from "node:assert/strict";
import { FrameBuilder, FrameView } from "../../src/core/frame.ts";
import { INT64 } from "../../src/core/schema.ts";
import type { Log, LogEntry, LogReader, LogRecord, PartitionRows } from "../../src/log.ts";
import { seeded } from "../sim/pool.ts";
import { entry, rejects, type Test } from "./log.ts";

/** An entry whose rows are numbers: those of each part in a frame of their own. */
export function partitioned(
  parts: readonly (readonly [partition: number, numbers: readonly number[]])[],
): LogEntry<string> {
  const builder = new FrameBuilder([{ name: "n", type: INT64, nullable: false }]);
  const frames = parts.map(([, numbers]) => {
    for (const number of numbers) builder.append([number]);
    return builder.finish();
  });
  const partitions = parts.map(([partition, { length: rows }]): PartitionRows => ({ partition, rows }));
  const rows = partitions.reduce((sum, one) => sum + one.rows, 0);
  return { kind: "rows", rows, frames, schema: 1, partitions, answer: (offset) => `${rows} rows at ${offset}` };
}

/** The numbers of a record's rows, with their offsets. */
export function numbersOf({ offset, frames }: LogRecord): [offset: number, number: number][] {
  const numbers = frames.flatMap((frame) => {
    const view = new FrameView(frame);
    return Array.from({ length: view.rows }, (_, row) => Number(view.value(row, 0)));
  });
  return numbers.map((number, i) => [offset + i, number]);
}

/** All that a reader gives up to the log's end. */
export async function readAll(log: Log<string>, reader: LogReader): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  while (reader.position < log.end) {
    if (reader.ready) records.push(reader.next()!);
    else await new Promise<void>((resolve) => setTimeout(resolve, 0));
  }
  return records;
}

/** What several partitions of a log are to those who write and read. */
export function partitionTests(test: Test): void {
  test("gives readers of one partition its rows alone, with the offsets that they have in the log", async (log) => {
    const readers = [0, 1, 2].map((index) => log.reader("earliest", { index, count: 3 }));
    await log.append(partitioned([[1, [10, 11]]]));
    await log.append(partitioned([[0, [20]], [1, [21, 22]], [2, [23]]]));
    await log.append(partitioned([[2, [30]]]));
    const each = await Promise.all(readers.map(async (reader) => (await readAll(log, reader)).map(numbersOf)));
    assert.deepEqual(each, [[[[2, 20]]], [[[0, 10], [1, 11]], [[3, 21], [4, 22]]], [[[5, 23]], [[6, 30]]]]);
    const all = await readAll(log, log.reader("earliest"));
    assert.deepEqual(all.map(({ offset, rows }) => [offset, rows]), [[0, 2], [2, 4], [6, 1]]);
    const [one, two, three] = [0, 1, 2].map((partition) => ({ partition, rows: partition === 1 ? 2 : 1 }));
    assert.deepEqual(all[1].partitions, [one, two, three]);
  });

  test("takes records that name no partition for those of the first", async (log) => {
    await log.append({ ...partitioned([[0, [1, 2]]]), partitions: undefined });
    const [first, second] = [0, 1].map((index) => log.reader("earliest", { index, count: 2 }));
    assert.deepEqual((await readAll(log, first)).map(numbersOf), [[[0, 1], [1, 2]]]);
    assert.deepEqual([second.ready, second.position, second.next()], [false, 2, null]);
  });

  test("gives a reader of few shares the partitions that came since, each as a record", async (log) => {
    const kept = log.hold(0);
    await log.append(partitioned([[0, [1]], [1, [2]], [2, [3, 4]], [3, [5]]]));
    const [even, odd] = [0, 1].map((index) => log.reader("earliest", { index, count: 2 }));
    assert.deepEqual((await readAll(log, even)).map(numbersOf), [[[0, 1]], [[2, 3], [3, 4]]]);
    assert.deepEqual((await readAll(log, odd)).map(numbersOf), [[[1, 2]], [[4, 5]]]);
    kept.close();
  });

  test("begins a partition's reader behind its rows that lie before an offset inside a record", async (log) => {
    const kept = log.hold(0);
    await log.append(partitioned([[0, [1, 2]], [1, [3, 4]]]));
    await log.append(partitioned([[0, [5]]]));
    const [first, second] = [0, 1].map((index) => log.reader(2, { index, count: 2 }));
    assert.deepEqual((await readAll(log, first)).map(numbersOf), [[[4, 5]]]);
    assert.deepEqual((await readAll(log, second)).map(numbersOf), [[[2, 3], [3, 4]]]);
    kept.close();
  });

  test("keeps nothing for a partition to which no rows come, and what one has not released", async (log) => {
    const [first, silent] = [0, 1].map((index) => log.reader("earliest", { index, count: 2 }));
    for (let i = 0; i < 3; i++) {
      await log.append(partitioned([[0, [i]]]));
      assert.equal(silent.ready, false);
      assert.equal(first.ready, true);
      assert.equal(numbersOf(first.next()!)[0][1], i);
      await Promise.resolve();
      assert.ok(log.unreadBytes > 0);
      first.release(i + 1);
      assert.equal(log.unreadBytes, 0);
    }
    assert.equal(silent.position, 3);
    await log.append(partitioned([[1, [9]]]));
    assert.deepEqual([first.ready, silent.ready], [false, true]);
    await Promise.resolve();
    assert.ok(log.unreadBytes > 0);
    silent.next();
    silent.release(4);
    assert.equal(log.unreadBytes, 0);
  });

  test("gives the end to the readers of all partitions", async (log) => {
    const readers = [0, 1].map((index) => log.reader("earliest", { index, count: 2 }));
    await log.append(partitioned([[1, [1]]]));
    await log.append({ ...entry(0), kind: "end" });
    assert.deepEqual(readers.map((reader) => reader.next()?.kind), ["end", "rows"]);
    assert.deepEqual(readers.map((reader) => reader.next()?.kind), [undefined, "end"]);
  });

  test("refuses partitions that make no sense, and frames that have rows of several", async (log) => {
    const good = partitioned([[0, [1]], [1, [2]]]), [a, b] = good.partitions!;
    await rejects(log.append({ ...good, partitions: [a] }), "invalid");
    await rejects(log.append({ ...good, partitions: [a, { ...b, partition: -1 }] }), "invalid");
    await rejects(log.append({ ...good, partitions: [a, { ...b, partition: 1e6 }] }), "invalid");
    await rejects(log.append({ ...good, partitions: [a, b, { partition: 2, rows: 0 }] }), "invalid");
    await rejects(log.append({ ...partitioned([[0, [1, 2]]]), partitions: [a, b] }), "invalid");
    assert.equal(log.end, 0);
  });

  randomTests(test);
}

function randomTests(test: Test): void {
  const seed = 31;
  test(`has each row in one of the partitions, in order, whatever readers release (seed ${seed})`, async (log) => {
    const random = seeded(seed), count = 3, wanted: [number, number][][] = Array.from({ length: count }, () => []);
    const readers = wanted.map((_, index) => log.reader("earliest", { index, count }));
    const found: [number, number][][] = wanted.map(() => []);
    for (let i = 0, number = 0; i < 120; i++) {
      const parts = [...new Set(Array.from({ length: 1 + random(2) }, () => random(5)))]
        .map((partition) => [partition, Array.from({ length: 1 + random(3) }, () => number++)] as const);
      let offset = log.end;
      await log.append(partitioned(parts));
      for (const [partition, numbers] of parts) {
        for (const one of numbers) wanted[partition % count].push([offset++, one]);
      }
      for (const [index, reader] of readers.entries()) {
        // Room is small: who is behind catches up at every other record at least.
        const isFull = i % 2 === 1;
        if (random(3) === 0 && !isFull) continue;
        while (reader.ready) found[index].push(...numbersOf(reader.next()!));
        if (random(2) === 0 || isFull) reader.release(reader.position);
      }
      await Promise.resolve();
    }
    assert.deepEqual(found, wanted);
    assert.equal(log.unreadBytes, 0);
  });
}
