import assert from "node:assert/strict";
import { FrameView } from "../../src/core/frame.ts";
import type { CheckpointFacts, CheckpointStore, CheckpointWriter, SavedStep, SavedTable } from "../../src/store.ts";
import { type Random, seeded } from "../sim/pool.ts";
import { randomRow, randomStep, randomTable, rowStep, TableModel, textOfSteps } from "./checkpoint_tables.ts";

/** Bounds that are small enough for a test to reach them. */
export interface StoreBounds {
  readonly kept?: number;
  readonly deltasMax?: number;
  readonly smallBytes?: number;
  readonly compactBytes?: number;
}

/** A place where stores are opened, one after the other. */
export interface StorePlace {
  /** `settled` of the store resolves when nothing is under way any more. */
  open(bounds?: StoreBounds): Promise<CheckpointStore & { settled?(): Promise<void> }>;
  remove(): Promise<void>;
}

export const FOLDER = "order/p";

/** The number of the newest; null: there is none. */
export async function newestOf(store: CheckpointStore): Promise<number | null> {
  return (await store.list(FOLDER)).at(0)?.number ?? null;
}

/** Takes a checkpoint of these steps. */
export async function take(
  store: CheckpointStore,
  facts: CheckpointFacts,
  steps: readonly SavedStep[],
  whole = false,
  bases?: "come",
): Promise<void> {
  const writer = await store.begin(FOLDER, whole ? null : await newestOf(store));
  await addAll(writer, steps);
  await writer.commit(facts, bases);
}

/** Adds copies: a store may take frames away. What it says that it has spent is written over at once. */
export async function addAll(writer: CheckpointWriter, steps: readonly SavedStep[]): Promise<void> {
  for (const step of steps) {
    await writer.add("frame" in step ? { ...step, frame: step.frame.slice(0) } : step);
    for (const spent of writer.spent?.() ?? []) new Uint8Array(spent).fill(0xee);
  }
}

export function factsOf(number: number, tables: readonly SavedTable[]): CheckpointFacts {
  return {
    number,
    takenMs: 1000 + number,
    tables,
    run: { positions: [number, "x"], big: String(2n ** 70n), none: null },
  };
}

/** What is in a checkpoint. */
export async function contentsOf(store: CheckpointStore, number: number): Promise<string[]> {
  const { facts, steps } = await store.open(FOLDER, number);
  return await textOfSteps(facts.tables, steps());
}

function randomTables(random: Random): SavedTable[] {
  return Array.from({ length: 1 + random(4) }, (_, i) => randomTable(random, `n${i >> 1}`, `t${i}`));
}

/** What every store of checkpoints does; with `seeds` random runs. */
export function checkpointStoreContract(name: string, seeds: number, makePlace: () => Promise<StorePlace>): void {
  const test = (behaviour: string, run: (place: StorePlace) => Promise<void>) =>
    Deno.test(`${name}: ${behaviour}`, async () => {
      const place = await makePlace();
      try {
        await run(place);
      } finally {
        await place.remove();
      }
    });

  test("a checkpoint gives back what tables had at its number, with any steps, over restarts and new bases", async (place) => {
    for (let seed = 1; seed <= seeds; seed++) {
      const random = seeded(seed), tables = randomTables(random), model = new TableModel(tables);
      const bounds = { smallBytes: 0, deltasMax: 1 + random(6), compactBytes: [1, 20_000, 1 << 20][random(3)] };
      let store = await place.open(bounds);
      const taken = new Map<number, string[]>(), last = 8 + random(8);
      for (let number = 1; number <= last; number++) {
        const steps = Array.from({ length: random(10) }, () => randomStep(random, tables[random(tables.length)]));
        steps.forEach((step) => model.apply(step));
        await take(store, factsOf(number, tables), steps);
        taken.set(number, model.text());
        if (random(2) === 0) await store.settled?.();
        if (random(4) === 0) {
          await store.close();
          store = await place.open(bounds);
        }
        for (const { number } of await store.list(FOLDER)) {
          assert.deepEqual(await contentsOf(store, number), taken.get(number), `seed ${seed}, checkpoint ${number}`);
        }
      }
      await store.remove(FOLDER);
      await store.close();
    }
  });

  test("frames, facts and the order of steps come back as they were", async (place) => {
    const random = seeded(4711), store = await place.open(), tables = randomTables(random);
    const steps = Array.from({ length: 60 }, () => randomStep(random, tables[random(tables.length)]));
    const facts = factsOf(17, tables);
    await take(store, facts, steps);
    const opened = await store.open(FOLDER, 17), found: SavedStep[] = await Array.fromAsync(opened.steps());
    assert.deepEqual(opened.facts, facts);
    // A step without rows says nothing.
    assert.deepEqual(found.map(described), steps.filter((step) => !("frame" in step) || step.rows > 0).map(described));
    await store.close();
  });

  test("the last checkpoints are kept, and told with what they take", async (place) => {
    const store = await place.open({ kept: 3, smallBytes: 1 << 30 }), random = seeded(5), tables = [groups()];
    assert.deepEqual(await store.list(FOLDER), []);
    for (let number = 10; number <= 60; number += 10) {
      await take(store, factsOf(number, tables), [upserts(random, tables[0], number === 10 ? 1000 : 10)]);
    }
    const infos = await store.list(FOLDER);
    assert.deepEqual(infos.map(({ number, takenMs, deltas }) => [number, takenMs, deltas]), [
      [60, 1060, 5],
      [50, 1050, 4],
      [40, 1040, 3],
    ]);
    const [newest, second] = infos;
    assert.ok(newest.deltaBytes > 0 && newest.bytes > second.bytes && newest.bytes > 5 * newest.deltaBytes);
    await assert.rejects(store.open(FOLDER, 30), { code: "not_found" });
    await take(store, factsOf(70, tables), [upserts(random, tables[0], 5)], true);
    assert.equal((await contentsOf(store, 70)).length, 5);
    assert.equal((await store.list(FOLDER))[0].deltas, 0);
    await store.close();
  });

  test("nothing is seen of a checkpoint that is not committed or was abandoned, and others are not disturbed", async (place) => {
    const store = await place.open(), random = seeded(6), table = groups();
    await take(store, factsOf(1, [table]), [upserts(random, table, 50)]);
    const before = await contentsOf(store, 1), writer = await store.begin(FOLDER, await newestOf(store));
    await addAll(writer, [upserts(random, table, 50)]);
    assert.deepEqual((await store.list(FOLDER)).map(({ number }) => number), [1]);
    await assert.rejects(store.begin(FOLDER, await newestOf(store)), { code: "conflict" });
    await writer.abandon();
    await writer.abandon();
    await assert.rejects(addAll(writer, [upserts(random, table, 1)]).then(() => writer.commit(factsOf(2, [table]))), {
      code: "conflict",
    });
    await take(store, factsOf(2, [table]), []);
    assert.deepEqual(await contentsOf(store, 2), before);
    await store.close();
  });

  test("a number that is told at the end has to be above the newest, else the checkpoint is not there and the next one may come", async (place) => {
    const store = await place.open(), random = seeded(12), table = groups();
    await take(store, factsOf(3, [table]), [upserts(random, table, 50)]);
    const before = await contentsOf(store, 3);
    for (const number of [3, 2]) {
      for (const whole of [false, true]) {
        await assert.rejects(take(store, factsOf(number, [table]), [upserts(random, table, 50)], whole), {
          code: "conflict",
        });
        assert.deepEqual((await store.list(FOLDER)).map(({ number }) => number), [3]);
        assert.deepEqual(await contentsOf(store, 3), before);
      }
    }
    await take(store, factsOf(4, [table]), []);
    assert.deepEqual(await contentsOf(store, 4), before);
    await store.close();
  });

  test("what the facts do not tell of, and frames of other columns, are refused", async (place) => {
    const store = await place.open(), random = seeded(7), table = groups(), step = upserts(random, table, 3);
    await assert.rejects(take(store, factsOf(1, [{ ...table, name: "other" }]), [step]), /no such table/);
    await assert.rejects(take(store, factsOf(1, [{ ...table, columns: table.columns.slice(1) }]), [step]), {
      code: "invalid",
    });
    if (!("frame" in step)) throw new Error("It has rows");
    const writer = await store.begin(FOLDER, await newestOf(store)),
      short = { ...step, columns: step.columns.slice(1) };
    await assert.rejects(addAll(writer, [short]).then(() => writer.commit(factsOf(1, [table]))), { code: "invalid" });
    await writer.abandon();
    assert.deepEqual(await store.list(FOLDER), []);
    await take(store, factsOf(1, [table]), [step]);
    await store.close();
  });

  test("steps that are to lie on a checkpoint which is not the newest, or gone, are refused", async (place) => {
    const store = await place.open(), random = seeded(13), table = groups();
    await assert.rejects(store.begin(FOLDER, 1), { code: "conflict" });
    for (const number of [1, 2]) await take(store, factsOf(number, [table]), [upserts(random, table, 20)]);
    for (const number of [1, 3]) await assert.rejects(store.begin(FOLDER, number), { code: "conflict" });
    await store.discard(FOLDER, 1);
    await assert.rejects(store.begin(FOLDER, 2), { code: "conflict", message: /after number 2 is gone/ });
    const writer = await store.begin(FOLDER, null);
    await addAll(writer, [upserts(random, table, 20)]);
    await writer.commit(factsOf(2, [table]));
    await store.close();
  });

  test("a checkpoint is discarded with those on top of it, and the one before is the newest again", async (place) => {
    const store = await place.open({ kept: 9 }), random = seeded(8), table = groups(), texts: string[][] = [];
    for (let number = 1; number <= 4; number++) {
      await take(store, factsOf(number, [table]), [upserts(random, table, 20)]);
      texts.push(await contentsOf(store, number));
    }
    await store.discard(FOLDER, 3);
    assert.deepEqual((await store.list(FOLDER)).map(({ number }) => number), [2, 1]);
    assert.deepEqual(await contentsOf(store, 2), texts[1]);
    await take(store, factsOf(3, [table]), [upserts(seeded(8), table, 20)]);
    assert.deepEqual((await store.list(FOLDER)).map(({ number, deltas }) => [number, deltas]), [[3, 2], [2, 1], [
      1,
      0,
    ]]);
    await store.discard(FOLDER, 99);
    assert.equal((await store.list(FOLDER)).length, 3);
    await store.close();
  });

  test("a pipeline's checkpoints are removed without those of another", async (place) => {
    const store = await place.open(), random = seeded(9), table = groups();
    await take(store, factsOf(1, [table]), [upserts(random, table, 20)]);
    const other = await store.begin("order/p~2", null);
    await addAll(other, [upserts(random, table, 20)]);
    await other.commit(factsOf(5, [table]));
    const left = await store.begin(FOLDER, await newestOf(store));
    await addAll(left, [upserts(random, table, 20)]);
    await store.remove(FOLDER);
    await store.remove("order/never");
    assert.deepEqual(await store.list(FOLDER), []);
    assert.deepEqual((await store.list("order/p~2")).map(({ number }) => number), [5]);
    await take(store, factsOf(1, [table]), []);
    await store.close();
  });

  test("many checkpoints become few files' worth: what was overwritten goes when a new base is made", async (place) => {
    const store = await place.open({ smallBytes: 0, kept: 1 }), table = groups();
    if (!store.settled) return;
    await take(store, factsOf(1, [table]), [upserts(seeded(10), table, 2000)]);
    const [{ bytes: first }] = await store.list(FOLDER);
    for (let number = 2; number <= 40; number++) {
      await take(store, factsOf(number, [table]), [upserts(seeded(10), table, 400)]);
      await store.settled();
      const [{ bytes, deltas }] = await store.list(FOLDER);
      assert.ok(
        bytes < first * 2 && deltas <= 4,
        `checkpoint ${number} takes ${bytes} bytes, the first ${first}, with ${deltas} deltas`,
      );
    }
    assert.equal((await contentsOf(store, 40)).length, new Set(await contentsOf(store, 40)).size);
    await store.close();
  });

  test("no new base is made of checkpoints behind which one has everything, and what lies on them stays readable", async (place) => {
    const store = await place.open({ smallBytes: 0, deltasMax: 1 }), table = groups(), random = seeded(11);
    if (!store.settled) return;
    const bases = [undefined, "come", "come", "come", undefined] as const;
    const deltas: number[] = [];
    for (const [i, come] of bases.entries()) {
      const number = i + 1;
      await take(store, factsOf(number, [table]), [upserts(random, table, 50)], number === 1, come);
      await store.settled();
      deltas.push((await store.list(FOLDER))[0].deltas);
      assert.ok((await contentsOf(store, number)).length > 0);
    }
    assert.deepEqual(deltas, [0, 1, 2, 3, 0]);
    await store.close();
  });

  test("a checkpoint that has everything ends the work on a new base of those before it", async (place) => {
    const store = await place.open({ smallBytes: 0, deltasMax: 0, compactBytes: 1 }), table = groups();
    if (!store.settled) return;
    await take(store, factsOf(1, [table]), [upserts(seeded(12), table, 2000)], true);
    await take(store, factsOf(2, [table]), [upserts(seeded(13), table, 2000)]);
    const before = await contentsOf(store, 2);
    await take(store, factsOf(3, [table]), [upserts(seeded(14), table, 100)], true);
    await store.settled();
    const [newest, below] = await store.list(FOLDER);
    assert.deepEqual([newest.number, newest.deltas, below.number, below.deltas], [3, 0, 2, 1]);
    assert.deepEqual(await contentsOf(store, 2), before);
    await store.close();
  });
}

function described(step: SavedStep): unknown {
  if (!("frame" in step)) return step;
  const { frame, ...rest } = step, view = new FrameView(frame);
  const rows = Array.from({ length: view.rows }, (_, row) => view.types.map((_, column) => view.value(row, column)));
  return { ...rest, rows, types: view.types };
}

/** A table of sums by key. */
export function groups(): SavedTable {
  const random = seeded(99);
  let table = randomTable(random, "sum", "groups");
  while (table.keys < 2 || table.expiry >= 0) table = randomTable(random, "sum", "groups");
  return {
    ...table,
    columns: table.columns.map((column, i) => i < table.keys ? column : { ...column, nullable: true }),
  };
}

/** Rows of a table. */
export function upserts(random: Random, table: SavedTable, rows: number): SavedStep {
  return rowStep(table, "upsert", Array.from({ length: rows }, () => randomRow(random, table)));
}
