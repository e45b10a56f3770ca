import assert from "node:assert/strict";
import { formatNumber } from "../../web/model/format.ts";
import { ALL_DEAD, deadFacts, deadQuery, replaySentence } from "../../web/page_model/dead.ts";

Deno.test("a choice of dead rows is a query, and none where it takes all", () => {
  assert.equal(deadQuery(ALL_DEAD), "");
  assert.equal(deadQuery({ reason: 'a & "b"', field: "n=1" }), "?reason=a+%26+%22b%22&field=n%3D1");
  assert.equal(deadQuery({ reason: "x", field: null }, { limit: 5 }), "?limit=5&reason=x");
  assert.equal(deadQuery({ reason: "", field: "" }), "?field=");
});

Deno.test("what a replay has come to is a sentence", () => {
  const sentence = (replayed: number, failed: number, skipped: number) => replaySentence({ replayed, failed, skipped });
  assert.equal(sentence(0, 0, 0), "There was nothing to replay.");
  assert.equal(sentence(1, 0, 0), "1 row is in the stream now.");
  assert.equal(sentence(20_000, 1, 0), `${formatNumber(20_000)} rows are in the stream now; 1 row failed again.`);
  assert.equal(
    sentence(0, 0, 1),
    "1 row is in the stream already, where a pipeline left it out, and others read it.",
  );
});

Deno.test("what is known of a dead row stands beside its reason", () => {
  const row = { id: 1, ts: "", offset: 0, line: 1, field: null, reason: "", raw: "" };
  const facts = (more: Partial<Parameters<typeof deadFacts>[0]>) =>
    deadFacts({ ...row, attempts: 0, retry_at: null, pipeline: null, format: "json", ...more }, (iso) => `at ${iso}`);
  assert.equal(facts({}), "");
  assert.equal(facts({ attempts: 1, retry_at: "noon" }), "tried again once, next try at noon");
  assert.equal(
    facts({ attempts: 2, pipeline: "p", format: null }),
    "tried again 2 times, left out by p, not kept whole: cannot be replayed",
  );
});
