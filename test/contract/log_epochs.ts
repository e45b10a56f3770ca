import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { entry, mark, rejects, type Test } from "./log.ts";

/** What a log does for producers that say hello, and for those who keep what it has. */
export function epochTests(test: Test): void {
  test("a hello ends the epochs of the same producer before it, and tells the number that comes next", async (log) => {
    await log.append(entry(1, 8, mark("a", 0)));
    assert.deepEqual(await log.hello("a"), { epoch: 1, next: 1 });
    await assert.rejects(log.append(entry(1, 8, mark("a", 1))), (thrown) => {
      assert.ok(thrown instanceof RdxError && thrown.code === "conflict");
      assert.equal(thrown.extra.epoch, 1);
      return true;
    });
    await rejects(log.append(entry(1, 8, { ...mark("a", 1), epoch: 2 })), "conflict");
    assert.equal((await log.append(entry(1, 8, { ...mark("a", 1), epoch: 1 }))).duplicate, false);
    assert.deepEqual(await log.hello("a"), { epoch: 2, next: 2 });
    assert.deepEqual(await log.hello("b"), { epoch: 1, next: 0 });
    await log.append(entry(1, 8, mark("c", 0)));
    assert.deepEqual([log.lastOf("a"), log.lastOf("b"), log.lastOf("c"), log.lastOf("d")], [1, -1, 0, -1]);
  });

  test("numbers of a sparse mark may be left out, and what is not above the last is a repetition", async (log) => {
    const sparse = (sequence: number) => ({ ...mark("p", sequence), sparse: true as const });
    await log.append(entry(1, 8, sparse(7)));
    assert.equal((await log.append(entry(2, 8, sparse(9)))).duplicate, false);
    assert.deepEqual(await log.append(entry(3, 8, sparse(9))), { duplicate: true, answer: "2 rows at 1" });
    assert.equal((await log.append(entry(3, 8, sparse(4)))).duplicate, true);
    assert.deepEqual([log.end, log.lastOf("p")], [3, 9]);
  });

  test("keeps frames aside of a record, and what is held, released or not", async (log) => {
    assert.equal(log.newestAside, -1);
    await log.append(entry(10));
    const hold = log.hold(10);
    await log.append({ ...entry(10), aside: [new ArrayBuffer(5)] });
    for (let i = 0; i < 12; i++) await log.append(entry(10));
    assert.equal(log.newestAside, 10);
    assert.ok(log.start <= 10);
    const reader = log.reader(10);
    while (!reader.ready) await new Promise<void>((resolve) => log.onChange(resolve));
    assert.deepEqual(reader.next()?.aside.map(({ byteLength }) => byteLength), [5]);
    reader.close();
    hold.move(40);
    assert.ok(log.start <= 40, `${log.start}`);
    hold.close();
    assert.ok(log.start > 40, `${log.start}`);
  });
}
