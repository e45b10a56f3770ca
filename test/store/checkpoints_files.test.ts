import assert from "node:assert/strict";
import { STRING } from "../../src/core/schema.ts";
import { checkpointStoreContract, factsOf, FOLDER, groups } from "../contract/checkpoint_store.ts";
import { randomRow, rowStep } from "../contract/checkpoint_tables.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";
import { fileStore } from "./file_stores.ts";

checkpointStoreContract("files", 12, () => {
  const disk = new SimDisk(seeded(1));
  return Promise.resolve({
    open: (bounds = {}) => Promise.resolve(fileStore(disk, bounds)),
    remove: () => Promise.resolve(),
  });
});

Deno.test("rows of very many tables wait for their files in a bounded memory, and are all there", async () => {
  const disk = new SimDisk(() => 1), store = fileStore(disk, {}, "os"), random = seeded(8), rows = 400;
  const tables = Array.from({ length: 40 }, (_, i) => ({ ...groups(), node: `n${i}` }));
  // All to be written at once would be more than what may wait, with no file that has enough to be written by itself.
  const steps = tables.flatMap((table) => {
    const wide = { ...table, columns: [...table.columns, { name: "text", type: STRING, nullable: false }] };
    const text = "x".repeat(1000), make = () => [...randomRow(random, table), text];
    return [{ table: wide, step: rowStep(wide, "upsert", Array.from({ length: rows * 2 }, make)) }];
  });
  const facts = factsOf(1, steps.map(({ table }) => table)), writer = await store.begin(FOLDER, null);
  let written = 0;
  for (const { step } of steps) {
    await writer.add(step);
    written = disk.paths.length;
  }
  assert.ok(written > 0, "nothing was written before the end");
  await writer.commit(facts);
  let found = 0;
  for await (const step of (await store.open(FOLDER, 1)).steps()) if ("rows" in step) found += step.rows;
  assert.equal(found, 40 * rows * 2);
});
