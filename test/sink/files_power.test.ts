import assert from "node:assert/strict";
import { openEncoder } from "../../src/codec/encoder.ts";
import { INT64 } from "../../src/core/schema.ts";
import { filesSink } from "../../src/sink/files.ts";
import { SimClock } from "../sim/clock.ts";
import { SimDisk } from "../sim/disk.ts";
import { SimPartFolder } from "../sim/part_folder.ts";
import { seeded } from "../sim/pool.ts";

Deno.test("a run that has begun is there after a power cut, whatever was on its way to the disk", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    let disk = new SimDisk(seeded(seed));
    const factory = filesSink((path) => new SimPartFolder(disk, path), openEncoder, new SimClock());
    const create = () =>
      factory.create({ path: "out", format: "ndjson" }, [{ name: "id", type: INT64, nullable: false }], {
        pipeline: "p",
        node: "sink",
        upsertKeys: null,
        changes: false,
      });
    const sink = create();
    await sink.open();
    const { place } = sink;
    disk = disk.crash("power");
    assert.equal(await create().open(place), -1, `seed ${seed}`);
  }
});
