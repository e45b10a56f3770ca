import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { RdxError } from "../../src/core/errors.ts";
import { INT64, STRING } from "../../src/core/schema.ts";
import { Settled } from "../../src/runtime/dead/settled.ts";
import { MetaFile } from "../../src/store/meta_deno.ts";
import { seeded } from "../sim/pool.ts";
import type { QuarantinedChunk, SavedPlan, SavedStream } from "../../src/store.ts";

async function withFile(run: (path: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rdx-meta-" });
  try {
    run(`${folder}/meta.sqlite`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Closes it and opens it again. */
function again(meta: MetaFile, path: string): MetaFile {
  meta.close();
  return new MetaFile(path);
}

function stream(name: string, more: Partial<SavedStream> = {}): SavedStream {
  return {
    name,
    kind: "rows",
    declared: true,
    schemaVersion: 1,
    columns: [{ name: "__proto__", type: INT64, nullable: false }],
    time: "__proto__",
    delayMs: 5,
    futureSkewMs: 0,
    onError: "reject",
    retentionMs: null,
    asideFrom: 0,
    ...more,
  };
}

Deno.test("streams are there again as they were changed last, in the order in which they were made", () =>
  withFile((path) => {
    let meta = new MetaFile(path);
    assert.deepEqual([meta.addStream(stream("b")), meta.addStream(stream("a", { kind: "late" }))], [
      "journal/b",
      "journal/a",
    ]);
    const columns = [...stream("b").columns, { name: "n", type: STRING, nullable: true }];
    const changed = stream("b", { columns, schemaVersion: 2, retentionMs: 7, retentionBytes: 9, asideFrom: 12 });
    meta.changeStream(changed);
    meta = again(meta, path);
    assert.deepEqual(meta.streams(), [
      { ...changed, folder: "journal/b" },
      { ...stream("a", { kind: "late" }), folder: "journal/a" },
    ]);
    assert.throws(() => meta.changeStream(stream("c")), /Nothing is noted of c/);
    assert.equal(meta.streams().length, 2);
    meta.close();
  }));

Deno.test("a folder is given only once, until it is gone", () =>
  withFile((path) => {
    let meta = new MetaFile(path);
    assert.equal(meta.addStream(stream("s")), "journal/s");
    assert.equal(meta.newest("journal/s"), null);
    meta.made("journal/s", 0);
    assert.equal(meta.newest("journal/s"), 0);
    meta.made("journal/s", 700);
    assert.equal(meta.dropStream("s"), "journal/s");
    assert.equal(meta.addStream(stream("s")), "journal/s~2");
    meta = again(meta, path);
    assert.deepEqual([meta.unused(), meta.folders()], [["journal/s"], ["journal/s", "journal/s~2"]]);
    assert.deepEqual([meta.newest("journal/s"), meta.newest("journal/s~2")], [700, null]);
    meta.forget("journal/s");
    assert.deepEqual(meta.unused(), []);
    meta.dropStream("s");
    assert.equal(meta.addStream(stream("s")), "journal/s");
    meta.close();
  }));

Deno.test("rows that were settled are ranges that join where they meet, and go with their stream", () =>
  withFile((path) => {
    let meta = new MetaFile(path);
    const folder = meta.addStream(stream("s.dead")), other = meta.addStream(stream("t.dead"));
    meta.settle(folder, [[0, 3], [10, 12], [20, 21]]);
    meta.settle(folder, [[3, 5], [11, 20]]);
    meta.settle(other, [[1, 2]]);
    meta = again(meta, path);
    assert.deepEqual([meta.settled(folder), meta.settled(other)], [[[0, 5], [10, 21]], [[1, 2]]]);
    meta.settle(folder, [[4, 11], [30, 31]]);
    assert.deepEqual(meta.settled(folder), [[0, 21], [30, 31]]);
    meta.dropStream("s.dead");
    assert.deepEqual([meta.settled(folder), meta.settled(other)], [[], [[1, 2]]]);
    meta.close();
  }));

const settledSeed = 31;
Deno.test(`what is settled is the union of all that was, in memory and in the file (seed ${settledSeed})`, () =>
  withFile((path) => {
    const random = seeded(settledSeed), meta = new MetaFile(path), folder = meta.addStream(stream("s.dead"));
    const settled = new Settled([], { settle: (ranges) => meta.settle(folder, ranges) }), all = new Set<number>();
    for (let i = 0; i < 300; i++) {
      const from = random(400), to = from + random(6);
      for (let id = from; id < to; id++) all.add(id);
      settled.add([[from, to]]);
      assert.deepEqual(settled.ranges, meta.settled(folder));
      const id = random(420), [a, b] = [random(420), random(420)].sort((x, y) => x - y);
      assert.equal(settled.has(id), all.has(id));
      let open = id;
      while (all.has(open)) open++;
      assert.equal(settled.nextOpen(id), open);
      assert.equal(settled.count(a, b), [...all].filter((one) => one >= a && one < b).length);
    }
    meta.close();
  }));

Deno.test("pipelines are there again with the plans that they had, and an order that belongs to none is unused", () =>
  withFile((path) => {
    let meta = new MetaFile(path);
    const plan: SavedPlan = {
      after: 0,
      plan: { rdx: 1 },
      sql: "SELECT 'ü'",
      streams: { s: stream("s") },
      starts: { in: 4 },
      origins: {},
    };
    const first = meta.newOrder("p"), other = meta.newOrder("p");
    assert.deepEqual([first, other], ["order/p", "order/p~2"]);
    meta.putPipeline({ name: "p", plans: [plan] }, first);
    meta.putPipeline({ name: "p", plans: [plan, { ...plan, after: 9 }] }, other);
    meta = again(meta, path);
    assert.deepEqual(meta.pipelines(), [{ name: "p", folder: other, plans: [plan, { ...plan, after: 9 }] }]);
    assert.deepEqual(meta.unused(), [first]);
    meta.dropPipeline("p");
    assert.deepEqual(meta.pipelines(), []);
    meta.close();
  }));

Deno.test("chunks in quarantine are there again by number, and go with the folder of their order", () =>
  withFile((path) => {
    let meta = new MetaFile(path);
    const chunk = (number: number): QuarantinedChunk => ({
      ...{ number, source: "in", input: "s", from: 1, to: 2 ** 40, node: null, reason: "unreachable 'ü'", atMs: 3.5 },
    });
    const first = meta.newOrder("p"), other = meta.newOrder("q");
    meta.quarantine(first, [chunk(9)]);
    meta.quarantine(first, [chunk(9), chunk(2 ** 40), chunk(7)]);
    meta.quarantine(other, [chunk(1)]);
    meta = again(meta, path);
    assert.deepEqual(meta.quarantined(first), [chunk(7), chunk(9), chunk(2 ** 40)]);
    meta.forget(first);
    assert.deepEqual([meta.quarantined(first), meta.quarantined(other)], [[], [chunk(1)]]);
    meta.close();
  }));

Deno.test("a file of another version, or that is no database, is refused", () =>
  withFile((path) => {
    const db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 7");
    db.close();
    assert.throws(() => new MetaFile(path), /has version 7, and this rdx knows 1: use the rdx that wrote it/);
    Deno.writeTextFileSync(path, "no database at all, but long enough to be read as the head of one ".repeat(20));
    assert.throws(() => new MetaFile(path), /put a copy in its place/);
  }));

const damageSeed = 155;
Deno.test(`a file with a damaged page is refused with what to do (seed ${damageSeed})`, () =>
  withFile((path) => {
    const made = new MetaFile(path), random = seeded(damageSeed);
    for (let i = 0; i < 200; i++) made.addStream(stream(`stream${i}`));
    made.close();
    const bytes = Deno.readFileSync(path);
    let refused = 0;
    for (let page = 1; page * 4096 < bytes.length; page++) {
      const damaged = bytes.slice();
      for (let at = page * 4096; at < (page + 1) * 4096; at++) damaged[at] = random(256);
      Deno.writeFileSync(path, damaged);
      assert.throws(() => new MetaFile(path), (thrown) => {
        assert.ok(thrown instanceof RdxError && thrown.code === "invalid", String(thrown));
        assert.match(thrown.message, /^Cannot use .*meta\.sqlite: .*put a copy in its place/);
        return ++refused > 0;
      }, `page ${page}`);
    }
    assert.ok(refused > 5, `${refused} pages`);
  }));
