import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { RdxError } from "../../src/core/errors.ts";
import { SqliteCheckpoints } from "../../src/store/checkpoints_sqlite_deno.ts";
import { SqliteRows } from "../../src/store/sqlite_rows_deno.ts";
import {
  addAll,
  checkpointStoreContract,
  contentsOf,
  factsOf,
  FOLDER,
  groups,
  newestOf,
  take,
  upserts,
} from "../contract/checkpoint_store.ts";
import { randomStep, TableModel } from "../contract/checkpoint_tables.ts";
import { seeded } from "../sim/pool.ts";
import { checksum } from "./file_stores.ts";

const NAME = "checkpoints.sqlite";

function storeOf(rows: SqliteRows, bounds = {}, said: string[] = []): SqliteCheckpoints {
  return new SqliteCheckpoints({ rows, durability: "os", bounds, said: (what) => said.push(what) });
}

function openStore(folder: string, bounds = {}, said: string[] = []): SqliteCheckpoints {
  return storeOf(SqliteRows.open(`${folder}/${NAME}`, checksum), bounds, said);
}

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rdx-checkpoints-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

checkpointStoreContract("SQLite", 6, async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-checkpoints-" });
  return {
    open: (bounds = {}) => Promise.resolve(openStore(folder, bounds)),
    remove: () => Deno.remove(folder, { recursive: true }),
  };
});

/** The database as a process that is killed now would leave it. */
function copyTo(from: string, to: string): void {
  for (const { name } of Deno.readDirSync(from)) Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
}

function partsIn(folder: string): number {
  const db = new DatabaseSync(`${folder}/${NAME}`, { readOnly: true });
  try {
    return Number(db.prepare("SELECT count(*) AS n FROM parts").get()?.n);
  } finally {
    db.close();
  }
}

Deno.test("wherever a process ends, the last committed checkpoint in SQLite is whole, and nothing is left over", async () => {
  const bounds = { kept: 2, smallBytes: 0, deltasMax: 2 };
  await withFolder(async (folder) => {
    const store = openStore(folder, bounds), random = seeded(3), table = groups(), model = new TableModel([table]);
    const texts = new Map<number, string[]>();
    let committed = 0, looked = 0;
    const look = () =>
      withFolder(async (copy) => {
        copyTo(folder, copy);
        const other = openStore(copy, bounds), infos = await other.list(FOLDER);
        assert.equal(infos[0]?.number ?? 0, committed);
        for (const { number } of infos) assert.deepEqual(await contentsOf(other, number), texts.get(number));
        await take(other, factsOf(committed + 1, [table]), []);
        await other.settled();
        assert.ok(partsIn(copy) <= 2 * bounds.deltasMax + 4);
        await other.close();
        looked++;
      });
    for (let number = 1; number <= 6; number++) {
      const steps = Array.from({ length: 3 }, () => randomStep(random, table, 200));
      steps.forEach((step) => model.apply(step));
      texts.set(number, model.text());
      const writer = await store.begin(FOLDER, await newestOf(store));
      await look();
      for (const step of steps) {
        await addAll(writer, [step]);
        await look();
      }
      await writer.commit(factsOf(number, [table]));
      committed = number;
      await look();
      await store.settled();
      await look();
    }
    assert.equal(looked, 36);
    await store.close();
  });
});

Deno.test("a full database refuses with no_space, leaves what was there, and takes checkpoints again once there is room", async () => {
  await withFolder(async (folder) => {
    const db = new DatabaseSync(`${folder}/${NAME}`), rows = new SqliteRows(`${folder}/${NAME}`, db, checksum);
    const store = storeOf(rows), table = groups(), random = seeded(4);
    await take(store, factsOf(1, [table]), [upserts(random, table, 100)]);
    const before = await contentsOf(store, 1), room = (pages: number) => db.exec(`PRAGMA max_page_count = ${pages}`);
    const pages = Number(db.prepare("PRAGMA page_count").get()?.page_count);
    let refusals = 0;
    for (let more = 0; more < 200; more++) {
      room(pages + more);
      try {
        await take(store, factsOf(2, [table]), [upserts(seeded(5), table, 3000)]);
        break;
      } catch (thrown) {
        assert.ok(thrown instanceof RdxError && thrown.code === "no_space", String(thrown));
        assert.match(thrown.message, /no room on the disk for .*checkpoints\.sqlite/);
        refusals++;
      }
      assert.deepEqual((await store.list(FOLDER)).map(({ number }) => number), [1]);
      assert.deepEqual(await contentsOf(store, 1), before);
    }
    assert.ok(refusals > 3, `${refusals} refusals`);
    room(1_000_000);
    await store.discard(FOLDER, 2);
    await take(store, factsOf(2, [table]), [upserts(seeded(5), table, 3000)]);
    await store.close();
    assert.equal(partsIn(folder), 2);
  });
});

Deno.test("a flipped bit of the database is found, or changes nothing", async () => {
  await withFolder(async (folder) => {
    // Small pages, so that few bytes mean nothing.
    const small = new DatabaseSync(`${folder}/${NAME}`);
    small.exec("PRAGMA page_size = 1024; PRAGMA user_version = 1");
    small.close();
    const store = openStore(folder), table = groups(), random = seeded(6), texts = new Map<number, string[]>();
    for (const number of [1, 2]) {
      await take(store, factsOf(number, [table]), [upserts(random, table, 40)]);
      texts.set(number, await contentsOf(store, number));
    }
    await store.close();
    const path = `${folder}/${NAME}`, bytes = await Deno.readFile(path);
    let refused = 0, same = 0;
    for (let at = 0; at < bytes.length; at += 29) {
      const damaged = bytes.slice();
      damaged[at] ^= 1 << (at % 8);
      await Deno.writeFile(path, damaged);
      let own: SqliteCheckpoints | null = null;
      try {
        own = openStore(folder);
        for (const { number } of await own.list(FOLDER)) {
          assert.deepEqual(await contentsOf(own, number), texts.get(number), `byte ${at}`);
        }
        same++;
      } catch (thrown) {
        assert.ok(thrown instanceof RdxError, `byte ${at}: ${thrown}`);
        assert.ok(["invalid", "internal", "not_found"].includes(thrown.code), `byte ${at}: ${thrown.code}`);
        refused++;
      } finally {
        await own?.close();
      }
      for (const ending of ["-wal", "-shm"]) await Deno.remove(path + ending).catch(() => {});
    }
    assert.ok(refused > 20 && same > 20, `${refused} refused, ${same} the same`);
  });
});

Deno.test("a step that is missing, changed or moved is refused by its number, and the checkpoint before can be opened", async () => {
  const changes = [
    "DELETE FROM steps WHERE part = 2 AND position = 1",
    "UPDATE steps SET frame = zeroblob(length(frame)) WHERE part = 2 AND position = 0",
    "UPDATE steps SET head = replace(head, 'upsert', 'delete') WHERE part = 2 AND position = 0",
    "UPDATE steps SET position = 1 - position - 10 WHERE part = 2; UPDATE steps SET position = position + 10 WHERE part = 2",
    "UPDATE checkpoints SET document = CAST(substr(document, 1, length(document) - 9) AS BLOB) WHERE number = 2",
    "UPDATE checkpoints SET number = 3 WHERE number = 2",
  ];
  for (const change of changes) {
    await withFolder(async (folder) => {
      const store = openStore(folder), table = groups(), random = seeded(7);
      await take(store, factsOf(1, [table]), [upserts(random, table, 40)]);
      const before = await contentsOf(store, 1);
      await take(store, factsOf(2, [table]), [upserts(random, table, 40), upserts(random, table, 30)]);
      await store.close();
      const db = new DatabaseSync(`${folder}/${NAME}`);
      db.exec(change);
      db.close();
      const again = openStore(folder), [newest] = await again.list(FOLDER);
      await assert.rejects(again.open(FOLDER, newest.number), { code: "invalid" }, change);
      assert.deepEqual(await contentsOf(again, 1), before);
      await again.discard(FOLDER, newest.number);
      await take(again, factsOf(9, [table]), []);
      assert.deepEqual(await contentsOf(again, 9), before);
      assert.equal(partsIn(folder), 2);
      await again.close();
    });
  }
});

Deno.test("a database of another version, and a file that is none, are refused with what to do", async () => {
  await withFolder(async (folder) => {
    const db = new DatabaseSync(`${folder}/${NAME}`);
    db.exec("PRAGMA user_version = 9");
    db.close();
    assert.throws(() => openStore(folder), {
      code: "invalid",
      message: /has version 9, and this rdx knows 1; use the rdx/,
    });
    await Deno.writeTextFile(`${folder}/${NAME}`, "no database, ".repeat(200));
    assert.throws(() => openStore(folder), { code: "invalid", message: /checkpoints\.sqlite: .*not a database/ });
  });
});
