import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { DeadFilter, DeadPage } from "../../../src/runtime/service.ts";
import { BASE, durableTest, LENIENT, list, post, rows, rowsOf } from "./dead_run.ts";

const encoder = new TextEncoder();

durableTest("bad rows of every format are stored once their stream takes them, each once", async (life) => {
  const { streams, dead } = life.engine;
  streams.put("s", BASE);
  await post(life, '{"id":1,"text":"ok"}\n{"id":2,"text":"a","at":5}\n{"text":"no id"}\n{"id":"x"}', "ndjson");
  await post(life, '[{"id":3},\n{"text":"c",\n "other":[1,\n2]},{"id":4}]', "json");
  await post(life, 'text;id\nd;\n"e;\n""f""";\ng;7', "csv", { delimiter: ";" });
  assert.deepEqual(rowsOf(await list(life), "reason", "format", "head", "attempts", "id"), [
    'Missing "id", which is not nullable json null 0 0',
    "Expected int64, got a string that is not a whole number json null 0 1",
    'Missing "id", which is not nullable json null 0 2',
    "Cannot use NULL: the column is not nullable csv;delimiter=; text;id 0 3",
    "Cannot use NULL: the column is not nullable csv;delimiter=; text;id 0 4",
  ]);
  const again = await dead.replay("s", {});
  assert.deepEqual([again.replayed, again.failed, again.more, again.errors.length], [0, 5, false, 5]);
  assert.deepEqual(rowsOf(await list(life), "attempts", "id"), ["1 5", "1 6", "1 7", "1 8", "1 9"]);
  streams.put("s", LENIENT);
  const fixed = await dead.replay("s", {});
  assert.deepEqual([fixed.replayed, fixed.failed, fixed.errors[0].field], [4, 1, "id"]);
  assert.deepEqual(
    await rows(life),
    [
      '1n "ok"',
      '2n "a"',
      "3n null",
      "4n null",
      '7n "g"',
      'null "c"',
      'null "d"',
      'null "e;\\n\\"f\\""',
      'null "no id"',
    ].sort(),
  );
  assert.deepEqual(rowsOf(await list(life), "raw", "attempts"), ['{"id":"x"} 2']);
  await life.restart();
  assert.deepEqual(rowsOf(await list(life), "raw", "attempts"), ['{"id":"x"} 2']);
  const { deadOpen } = life.engine.streams.get("s");
  assert.equal(deadOpen, 1);
  assert.deepEqual(await life.engine.dead.replay("s", {}).then(({ replayed, failed }) => [replayed, failed]), [0, 1]);
  assert.equal((await rows(life)).length, 9);
});

durableTest(
  "dead rows are found by reason, field, time, offset and id, newest or oldest first, a page at a time",
  async (life) => {
    const { streams, dead } = life.engine;
    streams.put("s", BASE);
    for (let i = 0; i < 40; i++) {
      await post(life, `{"id":${i}}\n${i % 2 === 0 ? '{"text":"no id"}' : `{"id":"x${i}"}`}`, "ndjson");
    }
    const ids = async (filter: DeadFilter, more = {}) => rowsOf(await list(life, filter, more), "id").map(Number);
    const all = Array.from({ length: 40 }, (_, i) => i);
    assert.deepEqual(await ids({}), all);
    assert.deepEqual(await ids({}, { order: "newest" }), all.toReversed());
    assert.deepEqual(await ids({ reason: "missing" }), all.filter((id) => id % 2 === 0));
    assert.deepEqual(await ids({ reason: "WHOLE number", offsetFrom: 5, offsetTo: 8 }), [5, 7]);
    assert.deepEqual(await ids({ field: "text" }), []);
    assert.deepEqual(await ids({ ids: [3, 39, 400] }), [3, 39]);
    assert.deepEqual([await ids({ fromMs: Date.now() + 1000 }), (await ids({ toMs: Date.now() + 1000 })).length], [
      [],
      40,
    ]);
    for (const order of ["newest", "oldest"] as const) {
      const seen: number[] = [];
      for (let cursor: number | null = null;;) {
        const page: DeadPage = await list(life, { reason: "missing" }, { order, limit: 3, cursor });
        seen.push(...rowsOf(page, "id").map(Number));
        cursor = page.next;
        if (cursor === null) break;
      }
      const wanted = all.filter((id) => id % 2 === 0);
      assert.deepEqual(seen, order === "oldest" ? wanted : wanted.toReversed());
    }
    assert.deepEqual(await dead.reasons("s", {}), {
      rows: 40,
      complete: true,
      reasons: [
        { reason: 'Missing "id", which is not nullable', field: "id", rows: 20 },
        { reason: "Expected int64, got a string that is not a whole number", field: "id", rows: 20 },
      ],
    });
    assert.deepEqual((await dead.reasons("s", { reason: "missing" })).rows, 20);
    assert.deepEqual(await dead.discard("s", { reason: "missing" }), { discarded: 20 });
    assert.deepEqual(await dead.discard("s", { reason: "missing" }), { discarded: 0 });
    assert.deepEqual(await dead.reasons("s", {}).then(({ rows }) => rows), 20);
    await life.restart();
    assert.deepEqual(await ids({}), all.filter((id) => id % 2 === 1));
    assert.deepEqual(await life.engine.dead.discard("s", { ids: [1, 2, 3] }), { discarded: 2 });
    assert.deepEqual(await life.engine.dead.discard("s", {}), { discarded: 18 });
    assert.deepEqual([await ids({}), life.engine.streams.get("s").deadOpen], [[], 0]);
    // Rows that come later are dead rows of their own.
    await post(life, '{"id":1}\n{}', "ndjson");
    assert.deepEqual(await ids({}), [40]);
  },
);

durableTest("a row of which not all is kept is never stored, and says why", async (life) => {
  const { streams, dead } = life.engine;
  streams.put("s", BASE);
  const latin = new Uint8Array([...encoder.encode('{"id":1}\n{"text":"caf'), 0xe9, ...encoder.encode('"}')]);
  await streams.ingest("s", { body: latin, format: "ndjson", autoCreate: false });
  await post(life, `{"id":2}\n{"text":"${"x".repeat(1 << 20)}"}`, "ndjson");
  streams.put("s", LENIENT);
  const { replayed, failed, errors } = await dead.replay("s", {});
  assert.deepEqual([replayed, failed], [0, 2]);
  for (const { reason } of errors) assert.match(reason, /^Cannot be replayed: only a part of its text is kept/);
  const { errors: [{ reason }] } = await dead.replay("s", {});
  assert.equal(reason, errors[0].reason);
});

durableTest("rows are tried again whatever their quotes and line ends are, and take no others along", async (life) => {
  const { streams, dead } = life.engine;
  streams.put("s", BASE);
  const bad = [',"open', ",b", ',"c\nd"', ",e"];
  for (const row of bad) await post(life, `id,text\n1,ok\n${row}\n`, "csv");
  assert.equal((await rows(life)).length, 4);
  streams.put("s", LENIENT);
  const { replayed, failed } = await dead.replay("s", {});
  assert.deepEqual([replayed, failed], [3, 1]);
  assert.deepEqual((await rows(life)).slice(4), ['null "b"', 'null "c\\nd"', 'null "e"']);
  assert.deepEqual(rowsOf(await list(life), "raw"), [',"open\n']);
});

durableTest("rows that are in their stream are settled after a crash that came before this was noted", async (life) => {
  life.engine.streams.put("s", BASE);
  await post(life, '{"id":1}\n{}\n{"id":"x"}\n{"text":"b"}', "ndjson");
  life.engine.streams.put("s", LENIENT);
  assert.deepEqual((await life.engine.dead.replay("s", {})).replayed, 2);
  await life.engine.close();
  const meta = new DatabaseSync(`${life.folder}/data/meta.sqlite`);
  assert.equal(meta.prepare("SELECT count(*) AS n FROM settled").get()!.n, 1);
  meta.exec("DELETE FROM settled");
  meta.close();
  await life.start();
  assert.deepEqual(rowsOf(await list(life), "raw", "attempts", "id"), ['{"id":"x"} 1 3']);
  assert.deepEqual((await life.engine.dead.replay("s", {})).replayed, 0);
  assert.equal((await rows(life)).length, 3);
});

durableTest("a stream that has ended takes no dead rows, which can be discarded", async (life) => {
  const { streams, dead } = life.engine;
  streams.put("s", BASE);
  await post(life, '{"id":1}\n{}', "ndjson");
  await streams.end("s");
  await assert.rejects(dead.replay("s", {}), { code: "conflict" });
  assert.deepEqual(await dead.discard("s", {}), { discarded: 1 });
});

durableTest("a stream that was deleted leaves nothing settled for the next of its name", async (life) => {
  const { streams, dead } = life.engine;
  for (let i = 0; i < 2; i++) {
    streams.put("s", BASE);
    await post(life, '{"id":1}\n{}', "ndjson");
    streams.put("s", LENIENT);
    assert.deepEqual(await dead.replay("s", {}).then(({ replayed }) => replayed), 1);
    assert.deepEqual([(await rows(life)).length, rowsOf(await list(life), "id")], [2, []]);
    streams.delete("s");
  }
});
