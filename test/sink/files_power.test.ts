import assert from "node:assert/strict";
import type { Device } from "../../src/core/device.ts";
import { openEncoder } from "../../src/codec/encoder.ts";
import { filesSink } from "../../src/sink/files.ts";
import { SINK_COLUMNS, SINK_INPUT, sinkOutput } from "../contract/sink.ts";
import { SimClock } from "../sim/clock.ts";
import { SimDisk } from "../sim/disk.ts";
import { SimPartFolder } from "../sim/part_folder.ts";
import { seeded } from "../sim/pool.ts";
import { StoppingDevice } from "../sim/stopping_device.ts";
import { readRows } from "./read_rows.ts";

function sinkOn(device: Device) {
  const factory = filesSink((path) => new SimPartFolder(device, path), openEncoder, new SimClock());
  return factory.create({ path: "out", format: "ndjson", roll_rows: 3 }, SINK_COLUMNS, SINK_INPUT);
}

/** What each run writes: a row in each output. */
const OUTPUTS = Array.from({ length: 24 }, (_, i) => sinkOutput(i + 1, [[BigInt(i + 1), "row"]]));

/** Begins a run; its place. */
async function begun(disk: SimDisk): Promise<unknown> {
  const sink = sinkOn(disk);
  await sink.open();
  return sink.place;
}

/** One process, which begins again behind what its folder has committed. */
async function live(device: Device, place: unknown): Promise<"ended"> {
  const sink = sinkOn(device), committed = await sink.open(place);
  for (const output of OUTPUTS) if (output.number > committed) await sink.write(output);
  await sink.close();
  return "ended";
}

Deno.test("a run that has begun is there after a power cut, whatever was on its way to the disk", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    let disk = new SimDisk(seeded(seed));
    const place = await begun(disk);
    disk = disk.crash("power");
    assert.equal(await sinkOn(disk).open(place), -1, `seed ${seed}`);
  }
});

Deno.test("every row is in one part after power cuts, whichever of the names that were not synced they keep", async () => {
  let cuts = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const random = seeded(seed);
    let disk = new SimDisk(random);
    const place = await begun(disk);
    for (let ended = false; !ended;) {
      const device = new StoppingDevice(disk, random(50));
      ended = await Promise.race([live(device, place), device.stopped]) === "ended";
      // Nor is there for good what a process has left unsynced that was killed in between.
      disk = disk.crash(ended || random(3) > 0 ? "power" : "kill");
      cuts++;
    }
    const names = disk.paths.filter((path) => path.startsWith("out/part-"));
    const rows = names.flatMap((name) => readRows("ndjson", disk.bytes(name)));
    assert.deepEqual(rows, OUTPUTS.map(({ number }) => `${number} row`), `seed ${seed}`);
  }
  assert.ok(cuts > 200, `${cuts} cuts`);
});

Deno.test("a part that a reader has seen, or taken away, before a power cut is there as it was or with the same name and rows again", async () => {
  let again = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const random = seeded(seed);
    let disk = new SimDisk(random);
    const place = await begun(disk), seen = new Map<string, readonly string[]>(), taken = new Set<string>();
    const look = (on: SimDisk) => {
      for (const name of on.paths.filter((path) => path.startsWith("out/part-"))) {
        const rows = readRows("ndjson", on.bytes(name));
        assert.deepEqual(rows, seen.get(name) ?? rows, `seed ${seed}: ${name} has other rows`);
        seen.set(name, rows);
      }
    };
    for (let ended = false; !ended;) {
      const device = new StoppingDevice(disk, random(50)), on = disk;
      device.onOperation = () => look(on);
      ended = await Promise.race([live(device, place), device.stopped]) === "ended";
      look(disk);
      for (const name of disk.paths.filter((path) => path.startsWith("out/part-") && random(2) === 0)) {
        if (taken.has(name)) again++;
        taken.add(name);
        await disk.remove(name);
      }
      disk = disk.crash(random(3) > 0 ? "power" : "kill");
    }
    look(disk);
    const rows = [...seen.keys()].sort().flatMap((name) => seen.get(name)!);
    assert.deepEqual(rows, OUTPUTS.map(({ number }) => `${number} row`), `seed ${seed}`);
  }
  assert.ok(again > 0, "no part came again");
});
