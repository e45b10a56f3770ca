/**
 * Checkpoints of a table of a million keys, in the thread that a server writes them in: a whole one, deltas of one key in a hundred, a new base of both, and the way
 * back. The rival writes and reads the same bytes as plain files, with fdatasync and without anything that would find damage.
 */
import assert from "node:assert/strict";
import type { ColumnBuffers } from "../../src/core/frame.ts";
import { writeFrame } from "../../src/core/frame_writer.ts";
import { BATCH_ROWS_MAX, KEY_GROUPS } from "../../src/core/limits.ts";
import { type Column, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { CheckpointStore, SavedStep, SavedTable } from "../../src/store.ts";
import { ThreadCheckpoints } from "../../src/store/checkpoints_thread.ts";
import { startCheckpointThread, STORE_KINDS, type StoreKind } from "../../src/store/checkpoints_thread_deno.ts";
import { benchOnce, compare } from "../lib/compare.ts";
import { kernelModule } from "../../test/kernel/load.ts";

const KEYS = 1_000_000, DELTA_PART = 100, DELTA_BYTES_MAX = 0.02, FOLDER = "order/bench";

const column = (name: string, type: Column["type"]): Column => ({ name, type, nullable: false });
const TABLE: SavedTable = {
  node: "totals",
  name: "groups",
  version: 1,
  columns: [
    column("$group", INT64),
    column("customer", STRING),
    column("count", INT64),
    column("sum", decimal(18, 2)),
    column("mean", DOUBLE),
    column("last", TIMESTAMP),
  ],
  keys: 2,
  expiry: -1,
};

/** Rows of the keys with these numbers, in batches. */
function stepsOf(keys: readonly number[]): SavedStep[] {
  const encoder = new TextEncoder(), steps: SavedStep[] = [];
  for (let from = 0; from < keys.length; from += BATCH_ROWS_MAX) {
    const some = keys.slice(from, from + BATCH_ROWS_MAX), rows = some.length;
    const chars = encoder.encode(some.map((key) => `customer-${String(key).padStart(7, "0")}`).join(""));
    const words = (valueOf: (key: number) => number) => BigInt64Array.from(some, (key) => BigInt(valueOf(key)));
    const cells = [
      words((key) => Math.floor(key / (KEYS / KEY_GROUPS))),
      Int32Array.from({ length: rows + 1 }, (_, i) => i * 16),
      words((key) => key * 3),
      words((key) => key * 7),
      Float64Array.from(some, (key) => key / 3),
      words((key) => 1_700_000_000_000 + key),
    ];
    const columns = TABLE.columns.map(({ type }, i): ColumnBuffers => ({
      type,
      nulls: 0,
      validity: null,
      data: cells[i],
      chars: type.kind === "string" ? chars : null,
    }));
    const { node, name, columns: named } = TABLE;
    steps.push({ kind: "upsert", node, table: name, columns: named, frame: writeFrame(rows, columns), rows });
  }
  return steps;
}

const ALL = Array.from({ length: KEYS }, (_, key) => key);

async function take(
  store: CheckpointStore,
  number: number,
  steps: readonly SavedStep[],
  whole: boolean,
): Promise<void> {
  const writer = await store.begin(FOLDER, whole ? null : (await store.list(FOLDER))[0].number);
  for (const step of steps) await writer.add("frame" in step ? { ...step, frame: step.frame.slice(0) } : step);
  await writer.commit({ number, takenMs: 0, tables: [TABLE], run: {} });
}

async function rowsIn(store: CheckpointStore, number: number): Promise<number> {
  let rows = 0;
  for await (const step of (await store.open(FOLDER, number)).steps()) if ("rows" in step) rows += step.rows;
  return rows;
}

async function writePlain(path: string, frames: readonly ArrayBuffer[]): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  for (const frame of frames) {
    const bytes = new Uint8Array(frame);
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
  }
  await file.syncData();
}

/** Waits until a new base has been made of a checkpoint. */
async function untilCompact(store: CheckpointStore): Promise<void> {
  for (let tries = 0; (await store.list(FOLDER))[0].deltas > 0; tries++) {
    assert.ok(tries < 6000, "No new base was made");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function figures(kind: StoreKind, root: string): Promise<void> {
  const settings = { kind, root, module: kernelModule(), durability: "fsync" } as const;
  const entry = new URL("../../workers/checkpoints_deno.ts", import.meta.url);
  const store = new ThreadCheckpoints(kind, () => startCheckpointThread(entry, settings, (what) => console.log(what)));
  const whole = stepsOf(ALL), frames = whole.flatMap((step) => "frame" in step ? [step.frame] : []);
  const bytes = frames.reduce((sum, { byteLength }) => sum + byteLength, 0), plain = `${root}/plain`;
  let number = 0;
  const name = "write + fdatasync", work = { events: KEYS, bytes, rounds: 3 };
  await compare({
    ...work,
    title: `${kind}: a whole checkpoint of ${KEYS} keys (${(bytes / 1e6).toFixed(0)} MB)`,
    ours: { name: "rdx", run: async () => (await take(store, ++number, whole, true), { answer: KEYS, seconds: null }) },
    rivals: [{ name, run: async () => (await writePlain(plain, frames), { answer: KEYS, seconds: null }) }],
  });
  const read = await compare({
    ...work,
    title: `${kind}: the same, found whole and read back`,
    ours: { name: "rdx", run: async () => ({ answer: await rowsIn(store, number), seconds: null }) },
    rivals: [{ name: "read", run: async () => ({ answer: (await Deno.readFile(plain), KEYS), seconds: null }) }],
  });
  const [{ bytes: wholeBytes }] = await store.list(FOLDER), each = KEYS / bytes;
  console.log(`  1 GB of state would be read in ${(1e9 * each / read[0].eventsPerSecond).toFixed(1)} s`);
  const some = stepsOf(ALL.filter((key) => key % DELTA_PART === 0)), start = performance.now();
  await take(store, ++number, some, false);
  const [{ deltaBytes }] = await store.list(FOLDER), part = deltaBytes / wholeBytes;
  console.log(
    `  a delta of 1 key in ${DELTA_PART}: ${(part * 100).toFixed(2)} % of the bytes of the whole, in ${
      (performance.now() - start).toFixed(0)
    } ms`,
  );
  assert.ok(part <= DELTA_BYTES_MAX, `A delta takes ${part} of the whole`);
  const half = stepsOf(ALL.filter((key) => key % 2 === 0)), began = performance.now();
  await take(store, ++number, half, false);
  await untilCompact(store);
  console.log(
    `  a new base of ${KEYS} keys and deltas of half of them: ${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
  assert.equal(await rowsIn(store, number), KEYS);
  await store.close();
}

benchOnce("checkpoints", async () => {
  for (const kind of STORE_KINDS) {
    const root = await Deno.makeTempDir({ prefix: "rdx-bench-store-", dir: Deno.env.get("RDX_BENCH_FOLDER") });
    try {
      await figures(kind, root);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  }
});
