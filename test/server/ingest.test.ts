import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { post, problemOf, withServer } from "./harness.ts";

Deno.test("rows are answered with what was stored, and bad ones by line", async () => {
  await withServer({}, async (harness) => {
    const answer = await post(harness, "s", '{"n":1}\nnonsense\n{"n":2}\n');
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), {
      stream: "s",
      accepted: 2,
      rejected: 1,
      offset: 0,
      durability: "none",
      errors: [{ line: 2, column: 1, reason: "It is no JSON object" }],
    });
  });
});

Deno.test("at most 20 errors are listed", async () => {
  await withServer({}, async (harness) => {
    const answer = await (await post(harness, "s", `{"n":1}\n${"x\n".repeat(30)}`)).json();
    assert.equal(answer.rejected, 30);
    assert.deepEqual(
      answer.errors.map(({ line }: { line: number }) => line),
      Array.from({ length: 20 }, (_, i) => i + 2),
    );
  });
});

Deno.test("a request without a good row is 400 with the lines, and stores nothing", async () => {
  await withServer({}, async (harness) => {
    const answer = await post(harness, "s", "x\ny\n");
    assert.equal(answer.status, 400);
    assert.equal((await problemOf(answer)).errors.length, 2);
  });
});

for (
  const [type, expected] of [
    ["application/x-ndjson", { format: "ndjson" }],
    ["application/x-ndjson; charset=utf-8", { format: "ndjson" }],
    ["Application/JSON;charset=UTF-8", { format: "json" }],
    ["text/csv", { format: "csv", header: true, delimiter: "," }],
    ["text/csv;header=absent", { format: "csv", header: false, delimiter: "," }],
    ["text/csv; header=absent; delimiter=;", { format: "csv", header: false, delimiter: ";" }],
    ["text/csv; delimiter=;; header=absent", { format: "csv", header: false, delimiter: ";" }],
    ['text/csv; delimiter="|"; charset="utf-8"', { format: "csv", header: true, delimiter: "|" }],
    ["text/csv;delimiter=tab;header=present", { format: "csv", header: true, delimiter: "\t" }],
    ["application/vnd.apache.arrow.stream", { format: "arrow" }],
  ] as const
) {
  Deno.test(`content-type ${type} is read as ${JSON.stringify(expected)}`, async () => {
    await withServer({}, async (harness) => {
      await post(harness, "s", '{"n":1}', { "content-type": type });
      const { format, header, delimiter } = harness.engine.streams.requests[0];
      assert.deepEqual(JSON.parse(JSON.stringify({ format, header, delimiter })), expected);
    });
  });
}

for (
  const type of [
    "text/plain",
    "application/xml",
    "text/csv;delimiter=ab",
    'text/csv;delimiter="\\""',
    "text/csv;header=maybe",
    "text/csv;header",
    "application/json;charset=latin1",
    "",
  ]
) {
  Deno.test(`content-type ${JSON.stringify(type)} is 415 and nothing is stored`, async () => {
    await withServer({}, async (harness) => {
      const answer = await post(harness, "s", '{"n":1}', { "content-type": type });
      assert.equal(answer.status, 415);
      assert.match((await problemOf(answer)).detail, /expected|from character/);
      assert.equal(harness.engine.streams.requests.length, 0);
    });
  });
}

Deno.test("without a content type the answer names all that are taken", async () => {
  await withServer({}, async ({ url }) => {
    const answer = await fetch(`${url}/v1/streams/s`, { method: "POST", body: new Uint8Array([123, 125]) });
    assert.equal(answer.status, 415);
    const { detail } = await problemOf(answer);
    for (const type of ["x-ndjson", "json", "text/csv", "arrow.stream"]) assert.ok(detail.includes(type), type);
  });
});

Deno.test("an empty body is 200 with 0 rows, and makes no stream", async () => {
  await withServer({}, async (harness) => {
    const answer = await post(harness, "s", "");
    assert.deepEqual([answer.status, (await answer.json()).accepted], [200, 0]);
    assert.deepEqual(harness.engine.streams.list(), []);
    await post(harness, "s", '{"n":1}');
    assert.equal((await (await post(harness, "s", "")).json()).offset, 1);
  });
});

Deno.test("where streams are not made by themselves, rows for an unknown one are 404, before the body is read", async () => {
  await withServer({ autoCreate: false }, async (harness) => {
    for (const body of ['{"n":1}', ""]) assert.equal((await post(harness, "s", body)).status, 404);
    assert.equal(harness.engine.streams.requests.length, 0);
    assert.equal(harness.server.context.metrics.bodyBytes.value, 0);
  });
});

Deno.test("a producer's batch that comes again is answered as the first time and marked", async () => {
  await withServer({}, async (harness) => {
    const headers = { "rdx-producer": "p-1", "rdx-sequence": "0" };
    const first = await (await post(harness, "s", '{"n":1}', headers)).json();
    const second = await (await post(harness, "s", '{"n":1}', headers)).json();
    assert.deepEqual(second, { ...first, duplicate: true });
    assert.equal(harness.engine.streams.get("s").rowsIn, 1);
  });
});

Deno.test("a gap in a producer's numbers is 409 with the expected one", async () => {
  await withServer({}, async (harness) => {
    const answer = await post(harness, "s", '{"n":1}', { "rdx-producer": "p", "rdx-sequence": "3" });
    assert.equal(answer.status, 409);
    const problem = await problemOf(answer);
    assert.deepEqual([problem.code, problem.expected, problem.status], ["conflict", 0, 409]);
  });
});

for (
  const [what, headers] of [
    ["no number", { "rdx-producer": "p" }],
    ["no name", { "rdx-sequence": "1" }],
    ["a negative number", { "rdx-producer": "p", "rdx-sequence": "-1" }],
    ["a number with a fraction", { "rdx-producer": "p", "rdx-sequence": "1.5" }],
    ["a number beyond what a double counts", { "rdx-producer": "p", "rdx-sequence": "9007199254740993" }],
    ["a name with a space", { "rdx-producer": "p q", "rdx-sequence": "0" }],
    ["a long name", { "rdx-producer": "p".repeat(257), "rdx-sequence": "0" }],
  ] as [string, Record<string, string>][]
) {
  Deno.test(`a producer with ${what} is 400`, async () => {
    await withServer({}, async (harness) => {
      const answer = await post(harness, "s", '{"n":1}', headers);
      assert.equal(answer.status, 400);
      await answer.body?.cancel();
      assert.equal(harness.engine.streams.requests.length, 0);
    });
  });
}

for (const [code, status] of [["busy", 429], ["closing", 503], ["no_space", 507]] as const) {
  Deno.test(`an engine that is ${code} answers ${status} and says when to come back`, async () => {
    await withServer({}, async (harness) => {
      harness.engine.streams.failure = new RdxError(code, "Not now");
      const answer = await post(harness, "s", '{"n":1}');
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get("retry-after"), "1");
      assert.equal((await problemOf(answer)).code, code);
    });
  });
}

Deno.test("a mistake of the engine is 500 without its message or a stack, and the log has both under the reference", async () => {
  const lines: string[] = [];
  const { createLog } = await import("../../src/telemetry/log.ts");
  await withServer({ log: createLog({ write: (line) => lines.push(line) }) }, async (harness) => {
    harness.engine.streams.failure = new TypeError("secret internals at /home/x.ts");
    const answer = await post(harness, "s", '{"n":1}');
    assert.equal(answer.status, 500);
    const text = await answer.text();
    assert.doesNotMatch(text, /secret|\.ts|at /);
    const reference = /under ([0-9a-f]{8})/.exec(text)![1];
    const [line] = lines.map((one) => JSON.parse(one));
    assert.equal(line.reference, reference);
    assert.match(line.cause, /secret internals/);
  });
});
