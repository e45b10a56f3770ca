import assert from "node:assert/strict";
import { post, withServer } from "../server/harness.ts";
import { call } from "./terminal.ts";

Deno.test("dead rows are listed page by page, one a line, with the filter that was given", async () => {
  await withServer({}, async (harness) => {
    await post(harness, "s", '{"n":1}');
    harness.engine.dead.rows = ["bad", "worse"];
    const args = [
      "dead",
      "list",
      "s",
      "--server",
      harness.url,
      "--reason",
      "a b",
      "--offset-from",
      "3",
      "--limit",
      "2",
    ];
    const { code, out, err } = await call(args);
    assert.deepEqual([code, out, err], [0, '{"reason":"bad","id":0}\n{"reason":"worse","id":1}\n', ""]);
    const { query } = harness.engine.dead.asked[0] as unknown as { query: Record<string, unknown> };
    assert.deepEqual([query.limit, query.order, query.whole], [2, "newest", true]);
    assert.deepEqual(JSON.parse(JSON.stringify(query.filter)), { reason: "a b", offsetFrom: 3 });
    harness.engine.dead.next = 5;
    const more = await call([...args.slice(0, -1), "1"]);
    assert.match(more.err, /there are more/);
  });
});

Deno.test("dead rows are counted, replayed and discarded, and what failed again is an exit of bad input", async () => {
  await withServer({}, async (harness) => {
    await post(harness, "s", '{"n":1}');
    const { dead } = harness.engine, run = (...args: string[]) => call([...args, "--server", harness.url]);
    dead.rows = ["bad"];
    const reasons = await run("dead", "reasons", "s");
    assert.deepEqual(JSON.parse(reasons.out).reasons, [{ reason: "bad", field: null, rows: 1 }]);
    const failed = await run("dead", "replay", "s", "--ids", "3, 4");
    assert.equal(failed.code, 65);
    assert.deepEqual(JSON.parse(failed.out), {
      replayed: 1,
      failed: 1,
      skipped: 0,
      errors: [{ id: 3, reason: "It is bad" }],
    });
    assert.deepEqual((dead.asked.at(-1)!.query as { ids: number[] }).ids, [3, 4]);
    dead.replayed = { ...dead.replayed, failed: 0, skipped: 2, errors: [] };
    const skipped = await run("dead", "replay", "s");
    assert.equal(skipped.code, 0);
    assert.match(skipped.err, /2 are in the stream already, and others read it: --pipeline/);
    const discarded = await run("dead", "discard", "s", "--yes");
    assert.deepEqual(JSON.parse(discarded.out), { stream: "s", discarded: 1 });
    assert.equal((await run("dead", "list", "missing")).code, 66);
  });
});

Deno.test("a replay that takes several requests leaves alone what failed in the first", async () => {
  await withServer({}, async (harness) => {
    await post(harness, "s", '{"n":1}');
    const { dead } = harness.engine, answers = [true, true, false].map((more) => ({ ...dead.replayed, more }));
    const asked: unknown[] = [];
    dead.replay = (_, { before }) => {
      asked.push(before);
      return Promise.resolve(answers.shift()!);
    };
    const { out } = await call(["dead", "replay", "s", "--server", harness.url]);
    assert.deepEqual([JSON.parse(out).replayed, JSON.parse(out).failed], [3, 3]);
    assert.deepEqual(asked, [undefined, 9, 9]);
  });
});

Deno.test("a server that wants a token gets that of the environment, and one that is not there is told", async () => {
  await withServer({ token: "secret" }, async (harness) => {
    const args = ["dead", "reasons", "s", "--server", harness.url];
    const headers = { authorization: "Bearer secret" };
    await post(harness, "s", '{"n":1}', headers);
    assert.equal((await call(args)).code, 1);
    assert.equal((await call(args, { env: { RDX_TOKEN: "secret" } })).code, 0);
  });
  const { code, err } = await call(["dead", "list", "s", "--server", "http://127.0.0.1:1"]);
  assert.equal(code, 1);
  assert.match(err, /Cannot reach the server at http:\/\/127\.0\.0\.1:1/);
});
