import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { CHECKPOINT_VERSION } from "../../src/store/manifest.ts";
import { seal, unseal } from "../../src/store/sealed.ts";
import { contentsOf, factsOf, FOLDER, groups, newestOf, take, upserts } from "../contract/checkpoint_store.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";
import { checksum, fileStore, ROOT, takeSome } from "./file_stores.ts";

/** A disk that answers at once, with two checkpoints: the second has a part of its own on that of the first. */
async function twoCheckpoints() {
  const disk = new SimDisk(() => 1), texts = new Map<number, string[]>(), store = fileStore(disk);
  await takeSome(store, 2, (number, text) => texts.set(number, text));
  await store.close();
  return { disk, texts };
}

/** The second checkpoint is refused for this file, is still told of, and the first is as it was where it has no part in the damage. */
async function isRefused(
  disk: SimDisk,
  path: string,
  texts: ReadonlyMap<number, string[]>,
  what: string,
): Promise<void> {
  const store = fileStore(disk), infos = await store.list(FOLDER);
  assert.ok(infos.some(({ number }) => number === 1), what);
  if (!path.endsWith("2/manifest.json") || disk.paths.includes(path)) {
    assert.deepEqual(infos.map(({ number }) => number), [2, 1], what);
    await assert.rejects(store.open(FOLDER, 2), (thrown) => {
      assert.ok(thrown instanceof RdxError && thrown.code === "invalid", `${what}: ${thrown}`);
      assert.ok(thrown.message.startsWith(`Cannot use ${path}: `), `${what}: ${thrown.message}`);
      return true;
    });
  }
  if (path.startsWith(`${ROOT}/2/`)) assert.deepEqual(await contentsOf(store, 1), texts.get(1), what);
  else await assert.rejects(store.open(FOLDER, 1), { code: "invalid" }, what);
}

/** Files that the second checkpoint consists of. */
function filesOf(disk: SimDisk): string[] {
  const files = disk.paths.filter((path) => path !== `${ROOT}/1/manifest.json`);
  assert.equal(files.filter((path) => path.startsWith(`${ROOT}/1/`)).length, 2);
  assert.ok(files.filter((path) => path.startsWith(`${ROOT}/2/`)).length >= 3, files.join());
  return files;
}

Deno.test("a flipped bit in any byte of any file is found when the checkpoint is opened, and the one before can be opened", async () => {
  const { disk, texts } = await twoCheckpoints();
  for (const path of filesOf(disk)) {
    const bytes = disk.bytes(path);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice(), flipped = disk.copy();
      damaged[at] ^= 1 << (at % 8);
      flipped.put(path, damaged);
      await isRefused(flipped, path, texts, `${path} at ${at}`);
    }
  }
});

Deno.test("a file that ends at any byte is found when the checkpoint is opened, and so is one that is longer", async () => {
  const { disk, texts } = await twoCheckpoints();
  for (const path of filesOf(disk)) {
    const bytes = disk.bytes(path);
    for (let length = 0; length < bytes.length; length++) {
      const cut = disk.copy();
      cut.put(path, bytes.slice(0, length));
      await isRefused(cut, path, texts, `${path} cut at ${length}`);
    }
    const longer = disk.copy();
    longer.put(path, Uint8Array.of(...bytes, 32));
    await isRefused(longer, path, texts, `${path} longer`);
  }
});

Deno.test("a file that is missing is named, and a checkpoint without a manifest is none", async () => {
  const { disk, texts } = await twoCheckpoints();
  for (const path of filesOf(disk)) {
    const less = disk.copy();
    await less.remove(path);
    await isRefused(less, path, texts, `${path} missing`);
  }
});

Deno.test("a manifest in the place of another is refused", async () => {
  const { disk } = await twoCheckpoints(), store = fileStore(disk);
  disk.put(`${ROOT}/2/manifest.json`, disk.bytes(`${ROOT}/1/manifest.json`).slice());
  await assert.rejects(store.open(FOLDER, 2), /it is that of checkpoint 1/);
});

Deno.test("nothing is taken on top of a damaged checkpoint but a whole one, and it goes with time or when it is discarded", async () => {
  const { disk } = await twoCheckpoints(), path = `${ROOT}/2/manifest.json`, table = groups(), random = seeded(2);
  disk.put(path, disk.bytes(path).slice(1));
  for (const discarded of [false, true]) {
    const own = disk.copy(), store = fileStore(own);
    await assert.rejects(store.begin(FOLDER, await newestOf(store)), { code: "invalid" });
    if (discarded) {
      await store.discard(FOLDER, 2);
      assert.deepEqual((await store.list(FOLDER)).map(({ number }) => number), [1]);
      assert.deepEqual(own.paths.filter((path) => path.startsWith(`${ROOT}/2/`)), []);
      await take(store, factsOf(3, [table]), []);
      assert.deepEqual(await contentsOf(store, 3), await contentsOf(store, 1));
      continue;
    }
    for (let number = 3; number < 6; number++) {
      // What a damaged manifest may name is not removed under it.
      assert.ok(own.paths.some((path) => path.startsWith(`${ROOT}/2/0-`)));
      await take(store, factsOf(number, [table]), [upserts(random, table, 5)], number === 3);
    }
    assert.deepEqual((await store.list(FOLDER)).map(({ number }) => number), [5, 4, 3]);
    assert.deepEqual(own.paths.filter((path) => /\/[12]\//.test(path)), []);
  }
});

Deno.test("a checkpoint of a newer version is told of, refused with what to do, and nothing is changed", async () => {
  const { disk, texts } = await twoCheckpoints(), path = `${ROOT}/2/manifest.json`, store = fileStore(disk);
  const unsealed = unseal<Record<string, unknown>>(disk.bytes(path), checksum);
  if ("damage" in unsealed) throw new Error(unsealed.damage);
  disk.put(path, seal({ ...unsealed.body, format: CHECKPOINT_VERSION + 1, parts: "otherwise" }, checksum));
  const paths = disk.paths;
  assert.deepEqual((await store.list(FOLDER)).map(({ number }) => number), [2, 1]);
  const expected = {
    code: "invalid",
    message: /has version 3 of the format, and this rdx knows 2; use the rdx that wrote it/,
  };
  await assert.rejects(store.open(FOLDER, 2), expected);
  for (const below of [await newestOf(store), null]) await assert.rejects(store.begin(FOLDER, below), expected);
  assert.deepEqual(await contentsOf(store, 1), texts.get(1));
  assert.deepEqual(disk.paths, paths);
});

Deno.test("damage that is found while a new base is made is told, and nothing more is taken on top of it", async () => {
  const { disk } = await twoCheckpoints(), said: string[] = [], table = groups();
  const store = fileStore(disk, { smallBytes: 0 }, "fsync", said), path = `${ROOT}/1/0-upserts.arrow`;
  const damaged = disk.bytes(path).slice();
  damaged[damaged.length - 20] ^= 1;
  disk.put(path, damaged);
  await take(store, factsOf(3, [table]), [upserts(seeded(3), table, 500)]);
  await store.settled();
  assert.equal(said.length, 1);
  assert.match(said[0], /No new base was made.*1\/0-upserts\.arrow: its bytes are not those/);
  await assert.rejects(store.begin(FOLDER, await newestOf(store)), { code: "invalid" });
  await take(store, factsOf(4, [table]), [upserts(seeded(3), table, 5)], true);
  await take(store, factsOf(5, [table]), [upserts(seeded(4), table, 5)]);
  assert.equal((await contentsOf(store, 5)).length, 10);
});
