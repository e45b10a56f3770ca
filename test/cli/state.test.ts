import assert from "node:assert/strict";
import { JSON_TYPE, withServer } from "../server/harness.ts";
import { call } from "./terminal.ts";

const PLAN = {
  rdx: 1,
  nodes: [
    { id: "in", op: "source", stream: "readings" },
    { id: "out", op: "sink", input: ["in"], sink: { kind: "view", name: "hot" } },
  ],
};

Deno.test("what a pipeline keeps is shown, and what it comes to at a number", async () => {
  await withServer({}, async (harness) => {
    await harness.ask("/v1/pipelines/hot", { method: "PUT", headers: JSON_TYPE, body: JSON.stringify(PLAN) });
    const run = (...args: string[]) => call(["state", ...args, "--server", harness.url]);
    const { code, out } = await run("hot");
    assert.deepEqual([code, JSON.parse(out).pipeline], [0, "hot"]);
    const digest = JSON.parse((await run("hot", "--digest", "--offset", "5")).out);
    assert.deepEqual([digest.offset, digest.digest.length], [5, 64]);
    assert.equal((await run("none")).code, 66);
    const looked = JSON.parse((await run("hot", "totals", "EUR", "--internal")).out);
    assert.deepEqual([looked.node, looked.table, looked.rows[0].key], ["totals", "groups", "EUR"]);
    const first = JSON.parse((await run("hot", "totals", "--table", "a.values", "--limit", "1")).out);
    assert.deepEqual([first.table, first.rows], ["a.values", []]);
    const wrong = await run("hot", "totals", '["EUR",7]');
    assert.equal(wrong.code, 65);
    assert.match(wrong.err, /Parameter key has 2 values, not 1: table groups is looked for by key string/);
  });
});

Deno.test("without a pipeline, or with an offset of nothing, the usage is told", async () => {
  for (
    const args of [
      [],
      ["a", "b", "c", "d"],
      ["no/name"],
      ["a", "--offset", "5"],
      ["a", "b", "--digest"],
      ["a", "--table", "t"],
      ["a", "b", "--limit", "0"],
    ]
  ) {
    assert.equal((await call(["state", ...args])).code, 2, args.join(" "));
  }
});
