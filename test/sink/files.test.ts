import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { openEncoder } from "../../src/codec/encoder.ts";
import { systemClock } from "../../src/core/clock.ts";
import { filesSink } from "../../src/sink/files.ts";
import { DenoPartFolder } from "../../src/sink/part_folder_deno.ts";
import type { OutputBatch } from "../../src/sink.ts";
import { SINK_COLUMNS, SINK_INPUT, sinkConformance, sinkOutput } from "../contract/sink.ts";
import { SimClock } from "../sim/clock.ts";
import { seeded } from "../sim/pool.ts";
import { Crash, MemoryFolder } from "./memory_folder.ts";
import { readRows } from "./read_rows.ts";

const factory = filesSink((path) => new DenoPartFolder(path), openEncoder, systemClock);

/** Rows of all parts in the order of their names. */
function rowsIn(parts: ReadonlyMap<string, Uint8Array>, format: string): string[] {
  return [...parts.keys()].sort().flatMap((name) => {
    const bytes = parts.get(name)!;
    return readRows(format, name.endsWith(".gz") ? new Uint8Array(gunzipSync(bytes)) : bytes);
  });
}

function partsIn(path: string): Map<string, Uint8Array> {
  const names = [...Deno.readDirSync(path)].map(({ name }) => name).filter((name) => !name.startsWith("."));
  return new Map(names.map((name) => [name, Deno.readFileSync(`${path}/${name}`)]));
}

for (
  const [format, more] of [["ndjson", {}], ["csv", { roll_rows: 3 }], ["arrow", { roll_bytes: 700 }], [
    "ndjson",
    { compression: "gzip", roll_rows: 2 },
  ]] as const
) {
  sinkConformance(`a folder of ${format} ${JSON.stringify(more)}`, () => {
    const path = `${Deno.makeTempDirSync()}/out`;
    const options = { kind: "files", path, format };
    const create = filesSink((path) => new DenoPartFolder(path), openEncoder, systemClock).create;
    return {
      factory: { ...factory, create: (given, ...rest) => create({ ...more, ...given }, ...rest) },
      options,
      read: () => Promise.resolve(rowsIn(partsIn(path), format)),
    };
  });
}

const NOW = () => new Promise((resolve) => setTimeout(resolve, 0));

function sinkOn(folder: MemoryFolder, options: Record<string, unknown> = {}, clock = new SimClock()) {
  const made = filesSink(() => folder, openEncoder, clock);
  return made.create({ path: "out", format: "ndjson", ...options }, SINK_COLUMNS, SINK_INPUT);
}

function outputs(count: number, random: (below: number) => number): OutputBatch[] {
  return Array.from({ length: count }, (_, i) => {
    const rows = Array.from({ length: random(4) }, (_, row) => [BigInt(i + 1), `row ${row}`] as const);
    return sinkOutput(i + 1, rows);
  });
}

Deno.test("parts become visible by rows, by bytes, by the clock and at a flush, with their numbers in their names", async () => {
  const clock = new SimClock();
  const seen = async (options: Record<string, unknown>, run: (sink: ReturnType<typeof sinkOn>) => Promise<void>) => {
    const folder = new MemoryFolder(), sink = sinkOn(folder, options, clock);
    await sink.open();
    for (const number of [1, 2, 5]) await sink.write(sinkOutput(number, [[BigInt(number), "a"], [0n, "b"]]));
    await run(sink);
    return [...folder.visible().keys()];
  };
  const nothing = () => Promise.resolve();
  const one = "part-000001-000000000001-000000000005.ndjson";
  assert.deepEqual(await seen({}, nothing), []);
  assert.deepEqual(await seen({ roll_rows: 3 }, nothing), ["part-000001-000000000001-000000000002.ndjson"]);
  assert.deepEqual(await seen({ roll_bytes: 30, format: "csv" }, nothing), [
    "part-000001-000000000001-000000000005.csv",
  ]);
  assert.deepEqual(await seen({}, (sink) => sink.flush!()), [one]);
  assert.deepEqual(await seen({}, (sink) => sink.close()), [one]);
  const later = async (ms: number) => {
    clock.advance(ms);
    for (let i = 0; i < 5; i++) await NOW();
  };
  assert.deepEqual(await seen({ roll_ms: 500 }, () => later(499)), []);
  assert.deepEqual(await seen({ roll_ms: 500 }, () => later(500)), [one]);
});

for (const power of [false, true]) {
  Deno.test(`every row is in one visible part, wherever ${power ? "the power is cut" : "the process ends"}, also when readers take parts away`, async () => {
    const crashes = { seen: 0 };
    for (let seed = 1; seed <= 60; seed++) {
      const random = seeded(seed), folder = new MemoryFolder(), all = outputs(40, random);
      const options = { roll_rows: 1 + random(9), ...(random(3) === 0 ? { compression: "gzip" } : {}) };
      const taken = new Map<string, Uint8Array>();
      let place: unknown, from = 0;
      const live = async () => {
        const sink = sinkOn(folder, options);
        const committed = await sink.open(place);
        if (place === undefined) folder.left = 20 + random(60);
        place ??= JSON.parse(JSON.stringify(sink.place));
        for (const output of all.slice(from)) {
          if (output.number > committed) await sink.write(output);
          if (random(10) === 0) {
            await sink.flush!();
            // As a checkpoint does: only what is behind it comes again.
            if (random(2) === 0) [place, from] = [JSON.parse(JSON.stringify(sink.place)), output.number];
          }
          for (const [name, bytes] of folder.visible()) {
            if (random(6) > 0) continue;
            taken.set(name, bytes);
            folder.take(name);
          }
        }
        await sink.close();
      };
      for (let done = false; !done;) {
        folder.left = random(3) === 0 ? Infinity : random(60);
        if (place === undefined) folder.left = Infinity;
        try {
          await live();
          done = true;
        } catch (thrown) {
          assert.ok(thrown instanceof Crash || /has ended/.test(String(thrown)), String(thrown));
          crashes.seen++;
        }
        folder.restart({ power });
        const both = [...folder.visible().keys()].filter((name) => taken.has(name));
        assert.deepEqual(both, [], `seed ${seed}: parts that were taken away come again`);
      }
      const rows = rowsIn(new Map([...folder.visible(), ...taken]), "ndjson");
      const expected = all.flatMap(({ number, rows }) =>
        Array.from({ length: rows }, (_, row) => `${number} row ${row}`)
      );
      assert.deepEqual(rows, expected, `seed ${seed}`);
      assert.deepEqual(folder.names.filter((name) => name.endsWith(".tmp")), [], `seed ${seed}`);
    }
    assert.ok(crashes.seen > 10, `${crashes.seen} crashes`);
  });
}

Deno.test("what fails is told to who writes next, and nothing is visible of it", async () => {
  for (const compression of ["none", "gzip"]) {
    const folder = new MemoryFolder(), sink = sinkOn(folder, { compression, roll_rows: 3 });
    await sink.open();
    await sink.write(sinkOutput(1, [[1n, "a"]]));
    folder.failure = new Error("ENOSPC: no space left");
    const failing = async () => {
      for (let number = 2; number < 9; number++) await sink.write(sinkOutput(number, [[2n, "b"]]));
    };
    await assert.rejects(failing(), { code: "no_space", message: /folder out: ENOSPC/ });
    folder.failure = null;
    await assert.rejects(sink.write(sinkOutput(9, [[2n, "b"]])), { code: "no_space" });
    await assert.rejects(sink.close(), { code: "no_space" });
    assert.deepEqual([...folder.visible().keys()], []);
    await sink.close();
  }
});

Deno.test("what fails by the clock is told at the next write", async () => {
  const clock = new SimClock(), folder = new MemoryFolder(), sink = sinkOn(folder, { roll_ms: 10 }, clock);
  await sink.open();
  await sink.write(sinkOutput(1, [[1n, "a"]]));
  folder.failure = new Error("EIO: the device is gone");
  clock.advance(10);
  await NOW();
  folder.failure = null;
  await assert.rejects(sink.write(sinkOutput(2, [[2n, "b"]])), { code: "internal", message: /EIO/ });
  assert.equal(clock.waiting, 0);
});

Deno.test("a folder that has lost what was committed is refused; without the note of it, the parts say what is there", async () => {
  const folder = new MemoryFolder(), sink = sinkOn(folder, { roll_rows: 1 });
  await sink.open();
  await sink.write(sinkOutput(1, [[1n, "a"]]));
  await sink.write(sinkOutput(2, [[2n, "b"]]));
  const { place } = sink;
  await sink.close();
  folder.take(".rdx-000001");
  assert.equal(await sinkOn(folder).open(place), 2);
  folder.take("part-000001-000000000002-000000000002.ndjson");
  await assert.rejects(sinkOn(folder).open(place), { code: "conflict", message: /has lost parts/ });
  await folder.claim(".rdx-000001", "{");
  await assert.rejects(sinkOn(folder).open(place), {
    code: "conflict",
    message: /\.rdx-000001 of the folder says nothing/,
  });
});

Deno.test("Arrow is not packed, and a folder that cannot be made is an error that names it", async () => {
  const create = (options: Record<string, unknown>) => factory.create(options, SINK_COLUMNS, SINK_INPUT);
  assert.throws(() => create({ path: "x", format: "arrow", compression: "gzip" }), {
    code: "invalid_plan",
    message: /Arrow/,
  });
  await assert.rejects(create({ path: "/proc/nowhere", format: "csv" }).open(), {
    code: "invalid_plan",
    message: /\/proc\/nowhere/,
  });
});
