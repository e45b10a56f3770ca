import assert from "node:assert/strict";
import { DenoDevice } from "../../src/log/device_deno.ts";
import { arrayOf, BOOL, BYTES, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { CheckpointStore, SavedStep, SavedTable } from "../../src/store.ts";
import { SqliteCheckpoints } from "../../src/store/checkpoints_sqlite_deno.ts";
import { CHECKPOINT_VERSION } from "../../src/store/manifest.ts";
import { SqliteRows } from "../../src/store/sqlite_rows_deno.ts";
import { addAll, contentsOf, FOLDER, newestOf } from "../contract/checkpoint_store.ts";
import { rowStep, TableModel } from "../contract/checkpoint_tables.ts";
import { checksum, fileStore } from "./file_stores.ts";

// test/data/checkpoints/v1/ was written by the first version of the format: `files` is a data directory of checkpoints in files, `checkpoints.sqlite` the same in
// SQLite, `contents.json` what each checkpoint has. v2/ has the same files in the version of now: RDX_WRITE_GOLDEN=1 writes these anew, which only a new version of
// the format has reason to, under its own name.
const first = new URL("../data/checkpoints/v1/", import.meta.url).pathname;
const data = new URL(`../data/checkpoints/v${CHECKPOINT_VERSION}/`, import.meta.url).pathname;

const column = (name: string, type: typeof INT64, nullable = true) => ({ name, type, nullable });
const GROUPS: SavedTable = {
  node: "totals",
  name: "groups",
  version: 3,
  columns: [
    column("$group", INT64, false),
    column("customer", STRING),
    column("$end", TIMESTAMP, false),
    column("count", INT64),
    column("sum", decimal(12, 2)),
    column("wide", decimal(38, 3)),
    column("mean", DOUBLE),
    column("open", BOOL),
    column("sketch", BYTES),
    column("items", arrayOf(INT64)),
  ],
  keys: 3,
  expiry: 2,
};
const WORD: SavedTable = {
  node: "totals",
  name: "$word",
  version: 1,
  columns: [column("$watermark", INT64)],
  keys: 0,
  expiry: -1,
};

const group = (
  n: number,
  end: bigint,
  ...rest: Parameters<typeof rowStep>[2][number]
) => [BigInt(n % 128), `c${n}`, end, ...rest];
const FIRST = [
  group(1, 1000n, 1n, 12_345n, 10n ** 37n, 0.5, true, Uint8Array.of(0, 255), "[1,2]"),
  group(2, 1000n, -(2n ** 63n), -(10n ** 18n) + 1n, -(10n ** 38n) + 1n, -0, false, Uint8Array.of(), "[]"),
  group(130, 2000n, null, null, null, null, null, null, null),
  [5n, null, 3000n, 2n ** 63n - 1n, 0n, 0n, NaN, true, Uint8Array.of(7), '["é🜚"]'],
];

/** Number by number: a base, deltas of each kind, and at last one that has nothing new. */
const CHECKPOINTS: readonly { readonly number: number; readonly steps: readonly SavedStep[] }[] = [
  { number: 7, steps: [rowStep(GROUPS, "upsert", FIRST), rowStep(WORD, "upsert", [[900n]])] },
  {
    number: 12,
    steps: [
      { kind: "expire", node: "totals", table: "groups", below: 1001n },
      rowStep(GROUPS, "delete", [FIRST[2]]),
      rowStep(GROUPS, "upsert", [group(3, 4000n, 5n, 1n, 2n, Infinity, null, null, "[3]")]),
      rowStep(WORD, "upsert", [[1999n]]),
    ],
  },
  {
    number: 9_007_199_254_740_990,
    steps: [{ kind: "clear", node: "totals", table: "$word" }],
  },
  { number: 9_007_199_254_740_991, steps: [] },
];

async function write(store: CheckpointStore & { settled(): Promise<void> }): Promise<void> {
  for (const { number, steps } of CHECKPOINTS) {
    const writer = await store.begin(FOLDER, await newestOf(store)), run = { positions: { a: number }, text: 'é"\\' };
    await addAll(writer, steps);
    await writer.commit({ number, takenMs: 1_700_000_000_000 + number % 1000, tables: [GROUPS, WORD], run });
    await store.settled();
  }
}

/** From the second delta on, all becomes a new base. */
const BOUNDS = { deltasMax: 1, smallBytes: 1 << 20 };

function openFiles(root: string) {
  return fileStore(new DenoDevice(root), BOUNDS, "os");
}

function openSqlite(path: string) {
  return new SqliteCheckpoints({
    rows: SqliteRows.open(path, checksum),
    durability: "os",
    bounds: BOUNDS,
    said: () => {},
  });
}

/** Paths of all files below a folder, from there on. */
function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesIn(`${folder}/${name}`).map((path) => `${name}/${path}`) : [name]
  ).sort();
}

if (Deno.env.get("RDX_WRITE_GOLDEN") === "1") {
  await Deno.remove(data, { recursive: true }).catch(() => {});
  await Deno.mkdir(`${data}files`, { recursive: true });
  const store = openFiles(`${data}files`);
  await write(store);
  await store.close();
}

function expected(): Record<string, string[]> {
  const model = new TableModel([GROUPS, WORD]);
  return Object.fromEntries(CHECKPOINTS.map(({ number, steps }) => {
    steps.forEach((step) => model.apply(step));
    return [String(number), model.text()];
  }));
}

async function check(store: CheckpointStore): Promise<void> {
  const golden: Record<string, string[]> = JSON.parse(await Deno.readTextFile(`${first}contents.json`));
  const infos = await store.list(FOLDER);
  assert.deepEqual(infos.map(({ number }) => number), CHECKPOINTS.slice(1).map(({ number }) => number).reverse());
  for (const { number, takenMs } of infos) {
    const { facts } = await store.open(FOLDER, number);
    assert.deepEqual(facts.tables, [GROUPS, WORD]);
    assert.deepEqual(facts.run, { positions: { a: number }, text: 'é"\\' });
    assert.equal(facts.takenMs, takenMs);
    assert.deepEqual(await contentsOf(store, number), golden[String(number)]);
  }
  await store.close();
}

async function inCopy(data: string, run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rdx-golden-" });
  try {
    for (const path of filesIn(data)) {
      await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.copyFile(`${data}${path}`, `${folder}/${path}`);
    }
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("checkpoints that the first version of the format wrote are restored", () =>
  inCopy(first, async (folder) => {
    assert.deepEqual(JSON.parse(await Deno.readTextFile(`${first}contents.json`)), expected());
    await check(openFiles(`${folder}/files`));
    await check(openSqlite(`${folder}/checkpoints.sqlite`));
  }));

Deno.test("checkpoints that the version of now wrote are restored, and one lies on those of the first", async () => {
  await inCopy(data, (folder) => check(openFiles(`${folder}/files`)));
  await inCopy(first, async (folder) => {
    const store = fileStore(new DenoDevice(`${folder}/files`), {}, "os"), { number: last } = CHECKPOINTS.at(-1)!;
    await store.discard(FOLDER, last);
    const writer = await store.begin(FOLDER, await newestOf(store)), step = rowStep(WORD, "upsert", [[77n]]);
    await addAll(writer, [step]);
    await writer.commit({ number: last, takenMs: 1, tables: [GROUPS, WORD], run: {} });
    const model = new TableModel([GROUPS, WORD]);
    for (const { steps } of CHECKPOINTS) steps.forEach((one) => model.apply(one));
    model.apply(step);
    assert.deepEqual(await contentsOf(store, last), model.text());
    await store.close();
  });
});

Deno.test("files that are written now are those of their version, byte by byte, so that another format is another version", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-golden-" });
  try {
    const store = openFiles(folder);
    await write(store);
    await store.close();
    assert.deepEqual(filesIn(folder), filesIn(`${data}files`));
    for (const path of filesIn(folder)) {
      assert.deepEqual(await Deno.readFile(`${folder}/${path}`), await Deno.readFile(`${data}files/${path}`), path);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
