import assert from "node:assert/strict";
import { connect, RdxError } from "../../src/client/rdx/mod.ts";
import { TokenSource, urlOf } from "../../src/client/rdx/address.ts";
import { Backoff } from "../../src/client/rdx/backoff.ts";
import { problemError, readProblem } from "../../src/client/rdx/http.ts";
import { isFinal, remedyOf } from "../../src/client/rdx/refusal.ts";
import { startServer } from "../e2e/server.ts";

async function refusal(work: Promise<unknown>): Promise<RdxError> {
  const thrown = await work.then(() => assert.fail("it was not refused"), (reason) => reason);
  assert.ok(thrown instanceof RdxError, String(thrown));
  return thrown;
}

Deno.test("answers are JSON, problems are errors with a code, a sentence, details and what else they say", async () => {
  await using server = await startServer();
  const client = connect(server.url);
  const columns = [{ name: "n", type: "int64" }];
  const made = await client.request("PUT", "/v1/streams/s", { columns }) as { name: string };
  assert.equal(made.name, "s");
  assert.equal(await client.request("DELETE", "/v1/streams/s"), null);
  const missing = await refusal(client.request("GET", "/v1/views/missing"));
  assert.deepEqual([missing.code, missing.extra.status], ["not_found", 404]);
  assert.match(missing.message, /missing/);
  const plan = { rdx: 1, nodes: [{ id: "in", op: "nothing" }] };
  const wrong = await refusal(client.request("PUT", "/v1/pipelines/p", plan));
  assert.equal(wrong.code, "invalid_plan");
  assert.ok(wrong.details.length > 0 && wrong.details[0].reason.length > 0);
  await client.close();
});

Deno.test("a server that cannot be reached, and an aborted request", async () => {
  const gone = await refusal(connect("http://127.0.0.1:9").request("GET", "/v1/streams"));
  assert.deepEqual([gone.code, gone.extra.unreachable], ["closing", true]);
  const reason = new Error("enough");
  const aborted = connect("http://127.0.0.1:9").request("GET", "/", undefined, { signal: AbortSignal.abort(reason) });
  await assert.rejects(aborted, reason);
});

Deno.test("an answer that is no problem of this server keeps its status and its beginning", async () => {
  const busy = await readProblem(new Response("slow down", { status: 429, headers: { "retry-after": "3" } }));
  assert.deepEqual([busy.code, busy.message, busy.extra.retryMs], ["busy", "The server answered 429: slow down", 3000]);
  assert.equal((await readProblem(new Response("<html>", { status: 502 }))).code, "closing");
  assert.equal((await readProblem(new Response(null, { status: 418 }))).code, "invalid");
  const gap = problemError({ type: "/problems/conflict", detail: "a gap", expected: 7, status: 409 });
  assert.deepEqual([gap.code, gap.message, gap.extra], ["conflict", "a gap", { expected: 7, status: 409 }]);
  const foreign = problemError({ type: "/problems/forbidden", title: "Forbidden", status: 403 });
  assert.deepEqual([foreign.code, foreign.message, foreign.extra.problem], ["unauthorized", "Forbidden", "forbidden"]);
});

Deno.test("paths lie below the server's own, and keep their query", () => {
  const at = (url: string, path: string) => urlOf({ url }, path).href;
  assert.equal(at("http://h:1", "/v1/views/v?key=a%20b"), "http://h:1/v1/views/v?key=a%20b");
  assert.equal(at("https://h/rdx/?old#there", "/v1/streams"), "https://h/rdx/v1/streams");
});

Deno.test("a token is asked for once, again when it was refused or its giver failed, and by all at the same time", async () => {
  let asked = 0;
  const source = new TokenSource(() => {
    if (++asked === 1) throw new Error("not yet");
    return `token ${asked}`;
  });
  await assert.rejects(source.current(), /not yet/);
  assert.deepEqual(await Promise.all([source.current(), source.current()]), ["token 2", "token 2"]);
  assert.equal(await source.refused("token 2"), true);
  await Promise.all([source.refused("token 2"), source.current()]);
  assert.equal(await source.current(), "token 3");
  assert.equal(await new TokenSource("fixed").refused("fixed"), false);
  assert.equal(await new TokenSource().current(), null);
});

Deno.test("waits double up to their bound, never fall below what the server asks, and begin anew after a success", () => {
  const backoff = new Backoff(100, 1000), waits = Array.from({ length: 8 }, () => backoff.next());
  waits.forEach((ms, i) => {
    const most = Math.min(1000, 100 * 2 ** i);
    assert.ok(ms >= most / 2 && ms <= most, `${ms} after ${i} tries`);
  });
  assert.equal(backoff.next(5000), 1000);
  backoff.reset();
  assert.ok(backoff.next() <= 100);
  assert.equal(backoff.next(700), 700);
});

Deno.test("what a refusal calls for follows from its code and the number that the server expects", () => {
  const conflict = (expected?: number) => new RdxError("conflict", "", [], expected === undefined ? {} : { expected });
  assert.equal(remedyOf(conflict(12), 10, 9), "forget");
  assert.equal(remedyOf(conflict(9), 10, 9), "again");
  assert.equal(remedyOf(conflict(0), 10, 9), "rename");
  assert.equal(remedyOf(conflict(), 10, 9), "give up");
  for (const code of ["busy", "closing", "no_space", "internal", "not_found"] as const) {
    assert.equal(remedyOf(new RdxError(code, ""), 10, 9), "again");
  }
  for (const code of ["invalid", "too_large", "invalid_plan", "unsupported_type"] as const) {
    assert.equal(remedyOf(new RdxError(code, ""), 10, 9), "give up");
    assert.equal(isFinal(new RdxError(code, ""), true, true), true);
  }
  assert.equal(isFinal(new RdxError("not_found", ""), false, false), true);
  assert.equal(isFinal(new RdxError("not_found", ""), true, false), false);
  assert.equal(isFinal(new RdxError("unauthorized", ""), false, true), false);
  assert.equal(isFinal(new RdxError("unauthorized", "", [], { problem: "forbidden" }), false, true), true);
});
