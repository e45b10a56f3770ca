import assert from "node:assert/strict";
import { type ErrorCode, RdxError } from "../../src/core/errors.ts";
import { ServerFacts } from "../../web/model/server_clock.ts";
import { parseSource } from "../../web/model/source.ts";
import {
  buildRemark,
  clockRemark,
  connecting,
  empty,
  failed,
  flowing,
  paused,
  type ThingName,
} from "../../web/model/status.ts";

const view: ThingName = { kind: "View", name: "delays" }, stream: ThingName = { kind: "Stream", name: "orders" };
const error = (code: ErrorCode, message = "Why", extra = {}) => new RdxError(code, message, [], extra);
const told = (thrown: RdxError, more: Partial<Parameters<typeof failed>[2]> = {}) =>
  failed(thrown, view, { retryMs: 3000, had: false, token: false, ...more }).text;

Deno.test("every state is a sentence that says what happens next", () => {
  const unreachable = error("closing", "fetch failed", { unreachable: true });
  assert.equal(connecting(view).text, "Connecting to view delays…");
  assert.equal(
    empty(view).text,
    "View delays has no rows yet — rows appear when a window closes: send events to the pipeline's stream",
  );
  assert.equal(empty(stream).text, "Stream orders has no rows yet — send some to /v1/streams/orders");
  assert.equal(told(unreachable), "Cannot reach the server; trying again in 3 s.");
  assert.equal(
    told(unreachable, { had: true }),
    "Cannot reach the server; trying again in 3 s. What is shown is how it was.",
  );
  assert.equal(told(unreachable, { retryMs: 120 }), "Cannot reach the server; trying again in 1 s.");
  assert.equal(told(error("closing")), "The server is shutting down or starting; trying again in 3 s.");
  assert.equal(
    told(error("busy", "Too many connections")),
    "The server is busy: Too many connections; trying again in 3 s.",
  );
  assert.equal(told(error("not_found")), "There is no view delays on this server yet; trying again in 3 s.");
  assert.equal(
    told(error("not_found"), { had: true }),
    "View delays is gone; trying again in 3 s. It is shown again as soon as it is back.",
  );
  assert.equal(
    told(error("unauthorized")),
    "The server asks for its token: set the attribute token; trying again in 3 s.",
  );
  assert.equal(
    told(error("unauthorized"), { token: true }),
    "The server refuses the token: set a valid one in the attribute token; trying again in 3 s.",
  );
  assert.match(
    told(error("unauthorized", "Cannot take requests of x", { problem: "forbidden" })),
    /refuses this page: Cannot take/,
  );
  assert.equal(told(error("internal")), "The server made a mistake: Why; trying again in 3 s.");
  assert.equal(told(error("invalid", "Limit is 9"), { retryMs: null }), "Limit is 9.");
});

Deno.test("a live view tells up to where it is complete, an ended one that it is final", () => {
  const text = (ms: number) => new Date(ms).toISOString();
  assert.equal(flowing(null, text).text, "Live");
  assert.equal(flowing(0, text).text, "Live · complete up to 1970-01-01T00:00:00.000Z UTC");
  assert.deepEqual(flowing(Infinity, text), { kind: "ended", text: "End of the input: these are the final results" });
  assert.equal(paused("12:00:00", 2).text, "Paused at 12:00:00 — still collecting, 2 rows came since");
});

Deno.test("clocks that differ by more than five seconds are told of, by the server's date", () => {
  const facts = new ServerFacts(), date = new Date(Date.UTC(2026, 0, 1));
  assert.equal(clockRemark(facts.offsetMs), null);
  facts.learn(new Headers({ date: date.toUTCString() }), date.getTime() + 90_000, date.getTime() + 90_200);
  assert.match(clockRemark(facts.offsetMs)!, /^This machine's clock is 1 min \d+ s ahead of the server's/);
  facts.learn(new Headers({ date: date.toUTCString() }), date.getTime() - 8000, date.getTime() - 7900);
  assert.match(clockRemark(facts.offsetMs)!, /behind the server's/);
  for (const offBy of [-999, -500, 0, 500, 999]) {
    assert.match(clockRemark(3_600_000 + offBy)!, /clock is 1 h behind/);
    assert.match(clockRemark(-3_600_000 + offBy)!, /clock is 1 h ahead of/);
  }
  assert.equal(facts.serverTime(5000), 5000 + 8450);
  facts.learn(new Headers({ date: date.toUTCString() }), date.getTime() + 300, date.getTime() + 500);
  assert.equal(clockRemark(facts.offsetMs), null);
  // Whole seconds say no more than that both may agree.
  assert.equal(facts.serverTime(5000), 5000);
});

Deno.test("a server of another build than the page's first is told of", () => {
  const facts = new ServerFacts(), learn = (build: string) => facts.learn(new Headers({ "rdx-build": build }), 0, 1);
  learn("a");
  assert.equal(buildRemark(facts.firstBuild, facts.build), null);
  learn("b");
  assert.match(buildRemark(facts.firstBuild, facts.build)!, /reload the page/);
  learn("a");
  assert.equal(buildRemark(facts.firstBuild, facts.build), null);
});

const page = "https://shop.example/dashboard/";

for (
  const [src, server, base, name] of [
    ["/v1/views/delays", null, "https://shop.example", "delays"],
    ["/v1/views/delays", "http://127.0.0.1:8080", "http://127.0.0.1:8080", "delays"],
    ["/rdx/v1/views/a.b-c?key=Oslo&limit=5", "http://h:1/", "http://h:1/rdx", "a.b-c"],
    ["http://other:9/v1/views/x", "http://h:1", "http://other:9", "x"],
    ["/v1/views/%3Cb%3E", null, "https://shop.example", "<b>"],
  ] as const
) {
  Deno.test(`src ${src} with server ${server} is ${name} of ${base}`, () => {
    const source = parseSource(src, server, page, "views");
    assert.ok(typeof source !== "string", String(source));
    assert.deepEqual([source.base, source.name], [base, name]);
    assert.equal(source.path, `/v1/views/${encodeURIComponent(name)}`);
  });
}

Deno.test("what names no view is a sentence with an example", () => {
  for (
    const src of [
      null,
      "",
      "delays",
      "/v1/streams/x",
      "/v1/views/",
      "javascript:alert(1)",
      "http://",
      "data:text/html,x",
    ]
  ) {
    const sentence = parseSource(src, null, page, "views");
    assert.ok(typeof sentence === "string", `${src} is taken`);
    assert.match(sentence, /src="\/v1\/views\/<name>"|attribute server/);
  }
  assert.match(parseSource("/v1/views/x", null, "file:///tmp/a.html", "views") as string, /set the attribute server/);
});
