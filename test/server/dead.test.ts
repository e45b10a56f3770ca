import assert from "node:assert/strict";
import { JSON_TYPE, post, problemOf, withServer } from "./harness.ts";

const BODY = (value: unknown) => ({ method: "POST", headers: JSON_TYPE, body: JSON.stringify(value) });

Deno.test("dead rows are listed with their ids, and the cursor of the next page", async () => {
  await withServer({}, async (harness) => {
    await post(harness, "s", '{"n":1}');
    harness.engine.dead.rows = ["bad", "worse"];
    harness.engine.dead.next = 17;
    const path = "/v1/streams/s/dead?limit=5&order=oldest&cursor=3&reason=x&field=f&pipeline=p&from=5&to=2026-01-01";
    const answer = await (await harness.ask(`${path}&offset_from=-1&offset_to=9&before=6&raw=whole`)).json();
    assert.deepEqual(answer, {
      stream: "s",
      columns: [{ name: "reason", type: "string", nullable: false }, { name: "id", type: "int64", nullable: false }],
      rows: [{ reason: "bad", id: 0 }, { reason: "worse", id: 1 }],
      next: 17,
    });
    const filter = { reason: "x", field: "f", pipeline: "p", fromMs: 5, toMs: Date.parse("2026-01-01") };
    assert.deepEqual(harness.engine.dead.asked, [{
      what: "list",
      stream: "s",
      query: {
        filter: { ...filter, offsetFrom: -1, offsetTo: 9, before: 6 },
        order: "oldest",
        limit: 5,
        cursor: 3,
        whole: true,
      },
    }]);
  });
});

Deno.test("dead rows are replayed and discarded all, by a filter, or by their ids", async () => {
  await withServer({}, async ({ ask, engine, ...harness }) => {
    await post({ ask, engine, ...harness }, "s", '{"n":1}');
    const replayed = await (await ask("/v1/streams/s/dead/replay", { method: "POST" })).json();
    assert.deepEqual(replayed, {
      stream: "s",
      replayed: 1,
      failed: 1,
      skipped: 0,
      more: false,
      before: 9,
      errors: [{ id: 3, reason: "It is bad" }],
    });
    engine.dead.rows = ["a", "b"];
    const discarded = await (await ask("/v1/streams/s/dead/discard?reason=a", BODY({ ids: [3, 4] }))).json();
    assert.deepEqual(discarded, { stream: "s", discarded: 2 });
    const filters = engine.dead.asked.map(({ query }) => JSON.parse(JSON.stringify(query)));
    assert.deepEqual(filters, [{}, { reason: "a", ids: [3, 4] }]);
    const reasons = await (await ask("/v1/streams/s/dead/reasons?field=f")).json();
    assert.deepEqual([reasons.rows, reasons.complete, reasons.reasons[1]], [2, true, {
      reason: "b",
      field: null,
      rows: 1,
    }]);
  });
});

for (
  const [what, path, init, status] of [
    ["a body that is no JSON", "replay", { headers: JSON_TYPE, body: "{" }, 400],
    ["a body of another type", "discard", { body: '{"ids":[1]}' }, 415],
    ["a body without a type", "discard", { body: new Uint8Array([123, 125]) }, 415],
    ["an empty body that says it is JSON", "discard", { headers: JSON_TYPE, body: "" }, 400],
    ["no ids", "discard", { headers: JSON_TYPE, body: '{"ids":[]}' }, 400],
    ["an id that is none", "discard", { headers: JSON_TYPE, body: '{"ids":[-1]}' }, 400],
    ["a choice by another name", "discard", { headers: JSON_TYPE, body: '{"offsets":[1]}' }, 400],
    ["a filter by another name", "discard?reasons=x", {}, 400],
    ["a time that is none", "replay?from=yesterday", {}, 400],
    ["an offset that is none", "replay?offset_from=1.5", {}, 400],
  ] as const
) {
  Deno.test(`${what} never passes as a wish for all dead rows`, async () => {
    await withServer({}, async (harness) => {
      await post(harness, "s", '{"n":1}');
      const answer = await harness.ask(`/v1/streams/s/dead/${path}`, { method: "POST", ...init } as RequestInit);
      assert.equal(answer.status, status);
      await problemOf(answer);
      assert.deepEqual(harness.engine.dead.asked, []);
    });
  });
}

Deno.test("a stream that is not there has no dead rows to do anything with", async () => {
  await withServer({}, async ({ ask }) => {
    for (const [method, what] of [["GET", ""], ["GET", "/reasons"], ["POST", "/replay"], ["POST", "/discard"]]) {
      const answer = await ask(`/v1/streams/missing/dead${what}`, { method });
      assert.equal(answer.status, 404, what);
      await answer.body?.cancel();
    }
    const wrong = await ask("/v1/streams/s/dead/replay");
    assert.deepEqual([wrong.status, wrong.headers.get("allow")], [405, "POST"]);
    await wrong.body?.cancel();
  });
});
