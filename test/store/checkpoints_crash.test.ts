import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { contentsOf, factsOf, FOLDER, groups, newestOf, take, upserts } from "../contract/checkpoint_store.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";
import { StoppingDevice } from "../sim/stopping_device.ts";
import { fileStore, takeSome, unnamed } from "./file_stores.ts";

/** New bases are made of the second delta on. */
const BOUNDS = { kept: 2, smallBytes: 0, deltasMax: 2 };

for (const how of ["power", "kill"] as const) {
  Deno.test(`whatever operation of the disk is the last (${how}), the last committed checkpoint is whole, and nothing is left over`, async () => {
    let newBases = 0;
    for (let last = 0, ended = false; !ended; last++) {
      const disk = new SimDisk(seeded(last + 1)), device = new StoppingDevice(disk, last);
      const texts = new Map<number, string[]>(), store = fileStore(device, BOUNDS);
      let committed = 0;
      const done = (async () => {
        await takeSome(store, 5, (number, text) => {
          committed = number - 1;
          texts.set(number, text);
        });
        committed = 5;
        await store.settled();
        return "ended" as const;
      })();
      ended = await Promise.race([done, device.stopped]) === "ended";
      const left = disk.crash(how), again = fileStore(left, BOUNDS), infos = await again.list(FOLDER);
      const whole: number[] = [];
      for (const { number, deltas } of infos) {
        try {
          assert.deepEqual(
            await contentsOf(again, number),
            texts.get(number),
            `operation ${last}, checkpoint ${number}`,
          );
          whole.push(number);
          if (number > 1 && deltas === 0) newBases++;
        } catch (thrown) {
          // Of those that were to go, what names them may come back without all of their files.
          if (!(thrown instanceof RdxError) || thrown.code !== "invalid" || number > committed - BOUNDS.kept) {
            throw thrown;
          }
        }
      }
      assert.ok(committed === 0 || whole[0] >= committed, `operation ${last}: ${whole} of ${committed}`);
      assert.ok((infos[0]?.number ?? 0) <= committed + 1);
      const number = (infos[0]?.number ?? 0) + 1;
      await take(again, factsOf(number, [groups()]), [upserts(seeded(1), groups(), 3)]);
      await again.settled();
      assert.deepEqual(unnamed(left), [], `operation ${last}`);
      await again.close();
    }
    assert.ok(newBases > 0, "no new base was made");
  });
}

Deno.test("a full disk refuses with no_space, leaves what was there, and takes checkpoints again once there is room", async () => {
  let refusals = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const random = seeded(seed), disk = new SimDisk(random), said: string[] = [];
    const store = fileStore(disk, BOUNDS, "fsync", said), table = groups();
    await take(store, factsOf(1, [table]), [upserts(random, table, 200)]);
    if (random(2) === 0) disk.faults.writesLeft = random(12);
    else disk.faults.capacity = disk.paths.reduce((sum, path) => sum + disk.bytes(path).length, random(20_000));
    let number = 2;
    for (let tries = 0; tries < 6; tries++) {
      const before = await contentsOf(store, number - 1);
      try {
        await take(store, factsOf(number, [table]), [upserts(random, table, 100)]);
        number++;
      } catch (thrown) {
        assert.ok(thrown instanceof RdxError && thrown.code === "no_space", `seed ${seed}: ${thrown}`);
        refusals++;
        assert.equal((await store.list(FOLDER))[0].number, number - 1, `seed ${seed}`);
        assert.deepEqual(await contentsOf(store, number - 1), before, `seed ${seed}`);
        if (random(2) === 0) disk.faults.writesLeft = disk.faults.capacity = Infinity;
        // A writer that has failed may be left alone or abandoned: the next one begins.
        await store.begin(FOLDER, await newestOf(store)).then((writer) => writer.abandon());
      }
    }
    disk.faults.writesLeft = disk.faults.capacity = Infinity;
    await take(store, factsOf(number, [table]), []);
    await store.settled();
    assert.deepEqual(unnamed(disk), [], `seed ${seed}`);
    await store.close();
  }
  assert.ok(refusals > 20, `${refusals} refusals`);
});

Deno.test("a checkpoint whose files cannot be synced is not there, and the next one is", async () => {
  for (let syncs = 0; syncs < 6; syncs++) {
    const disk = new SimDisk(seeded(syncs + 1)), store = fileStore(disk), table = groups(), random = seeded(9);
    await take(store, factsOf(1, [table]), [upserts(random, table, 50)]);
    disk.faults.syncsLeft = syncs;
    const refused = await take(store, factsOf(2, [table]), [upserts(random, table, 50)]).then(
      () => null,
      (thrown) => thrown,
    );
    disk.faults.syncsLeft = Infinity;
    if (syncs < 3) assert.ok(refused instanceof RdxError && refused.code === "internal", `${syncs} syncs: ${refused}`);
    assert.deepEqual((await store.list(FOLDER)).map(({ number }) => number), refused ? [1] : [2, 1]);
    await take(store, factsOf(3, [table]), [upserts(random, table, 50)]);
    const text = await contentsOf(store, 3);
    assert.deepEqual(await contentsOf(fileStore(disk.crash("power")), 3), text);
  }
});

Deno.test("files that are copied one by one while checkpoints are taken give what was committed, or are refused", async () => {
  let opened = 0, refused = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed), disk = new SimDisk(random), device = new StoppingDevice(disk, Infinity);
    const copy = new SimDisk(random), texts = new Map<number, string[]>(), begin = random(200);
    let operations = 0, waiting: string[] | null = null;
    device.onOperation = () => {
      if (operations++ < begin) return;
      waiting ??= disk.paths.toSorted(() => random(3) - 1);
      const path = random(8) === 0 ? waiting.pop() : undefined;
      if (path && disk.paths.includes(path)) copy.put(path, disk.bytes(path).slice());
    };
    const store = fileStore(device, BOUNDS);
    await takeSome(store, 8, (number, text) => texts.set(number, text), seed);
    await store.close();
    const other = fileStore(copy, BOUNDS);
    for (const { number } of await other.list(FOLDER)) {
      try {
        assert.deepEqual(await contentsOf(other, number), texts.get(number), `seed ${seed}, checkpoint ${number}`);
        opened++;
      } catch (thrown) {
        if (!(thrown instanceof RdxError)) throw thrown;
        assert.equal(thrown.code, "invalid");
        refused++;
      }
    }
  }
  assert.ok(opened > 5 && refused > 5, `${opened} opened, ${refused} refused`);
});

Deno.test("what is read stays while newer checkpoints take its place", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = seeded(seed), disk = new SimDisk(random), store = fileStore(disk, { ...BOUNDS, kept: 1 });
    const table = groups(), steps = () => Array.from({ length: 6 }, () => upserts(random, table, 20));
    await take(store, factsOf(1, [table]), steps());
    await take(store, factsOf(2, [table]), steps());
    await store.settled();
    const opened = await store.open(FOLDER, 2), expected = (await Array.fromAsync(opened.steps())).length;
    let found = 0;
    for await (const _ of opened.steps()) {
      if (found++ === random(4)) {
        for (let number = 3; number < 6; number++) await take(store, factsOf(number, [table]), steps());
        await store.settled();
      }
    }
    assert.equal(found, expected, `seed ${seed}`);
    if ((await store.list(FOLDER))[0].number > 2) {
      await assert.rejects(Array.fromAsync(opened.steps()), { code: "not_found" });
      await take(store, factsOf(9, [table]), []);
      await store.settled();
      assert.deepEqual(unnamed(disk), []);
    }
    await store.close();
  }
});
