import assert from "node:assert/strict";
import { ThreadCheckpoints } from "../../src/store/checkpoints_thread.ts";
import { startCheckpointThread, STORE_KINDS, type StoreKind } from "../../src/store/checkpoints_thread_deno.ts";
import {
  checkpointStoreContract,
  factsOf,
  FOLDER,
  groups,
  newestOf,
  take,
  upserts,
} from "../contract/checkpoint_store.ts";
import { kernelModule } from "../kernel/load.ts";
import { seeded } from "../sim/pool.ts";

const entry = new URL("../../workers/checkpoints_deno.ts", import.meta.url);

async function makePlace(kind: StoreKind = "files") {
  const root = await Deno.makeTempDir({ prefix: "rdx-checkpoints-" });
  return {
    root,
    open: (bounds = {}) => {
      const settings = { kind, root, module: kernelModule(), durability: "os", bounds } as const;
      return Promise.resolve(new ThreadCheckpoints(kind, () => startCheckpointThread(entry, settings, () => {})));
    },
    remove: () => Deno.remove(root, { recursive: true }),
  };
}

for (const kind of STORE_KINDS) checkpointStoreContract(`${kind} in a thread`, 2, () => makePlace(kind));

Deno.test("a closed store refuses, and says so", async () => {
  const place = await makePlace(), store = await place.open();
  await take(store, factsOf(1, [groups()]), [upserts(seeded(1), groups(), 10)]);
  await store.close();
  await store.close();
  await assert.rejects(store.list(FOLDER), { code: "closing" });
  await place.remove();
});

Deno.test("a thread that has ended is told once, and another takes its place", async () => {
  const place = await makePlace(), table = groups();
  let threads = 0;
  const settings = { kind: "files", root: place.root, module: kernelModule(), durability: "os" } as const;
  const store = new ThreadCheckpoints("files", async () => {
    const thread = await startCheckpointThread(entry, settings, () => {});
    threads++;
    last = thread;
    return thread;
  });
  let last: { end(): void } | null = null;
  await take(store, factsOf(1, [table]), [upserts(seeded(1), table, 10)]);
  const writer = await store.begin(FOLDER, await newestOf(store));
  (last as { end(): void } | null)?.end();
  await assert.rejects(writer.add(upserts(seeded(1), table, 10)).then(() => writer.commit(factsOf(2, [table]))), {
    code: "internal",
  });
  await writer.abandon().catch(() => {});
  assert.deepEqual((await store.list(FOLDER)).map(({ number }) => number), [1]);
  await take(store, factsOf(2, [table]), []);
  assert.equal(threads, 2);
  await store.close();
  await place.remove();
});

Deno.test("steps that do not wait for each other come in their order, and no more are on the way than there is room for", async () => {
  const place = await makePlace(), store = await place.open(), table = groups();
  const writer = await store.begin(FOLDER, null), random = seeded(3);
  const steps = Array.from({ length: 400 }, (_, i) => upserts(random, table, 1 + i % 7)), rows = steps.map(rowsOf);
  // What is not awaited is there when it is committed, too
  const added = steps.map((step) => writer.add(step));
  await writer.commit(factsOf(1, [table]));
  await Promise.all(added);
  const opened = await store.open(FOLDER, 1), found: number[] = [];
  for await (const step of opened.steps()) found.push(rowsOf(step));
  assert.deepEqual(found, rows);
  // Whoever leaves in the middle leaves nothing behind.
  for await (const _ of opened.steps()) break;
  await store.close();
  await place.remove();
});

function rowsOf(step: object): number {
  return "rows" in step && typeof step.rows === "number" ? step.rows : 0;
}
