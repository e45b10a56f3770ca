import assert from "node:assert/strict";
import { JSON_TYPE, post, problemOf, withServer } from "./harness.ts";

const READINGS = {
  columns: [{ name: "sensor", type: "string" }, { name: "ts", type: "timestamp", nullable: false }],
  time: "ts",
  delay_ms: 500,
  future_skew_ms: 0,
  on_error: "reject",
  retention_bytes: 1_000_000,
};
const put = (body: unknown) => ({ method: "PUT", headers: JSON_TYPE, body: JSON.stringify(body) });

Deno.test("a declared stream is created with 201, declared again with 200 and read back as it was declared", async () => {
  await withServer({}, async ({ ask }) => {
    const created = await ask("/v1/streams/readings", put(READINGS));
    assert.equal(created.status, 201);
    const again = await ask("/v1/streams/readings", put(READINGS));
    assert.equal(again.status, 200);
    assert.deepEqual(await created.json(), await again.json());
    const stream = await (await ask("/v1/streams/readings")).json();
    assert.deepEqual(stream.columns, [
      { name: "sensor", type: "string", nullable: true },
      { name: "ts", type: "timestamp", nullable: false },
    ]);
    assert.deepEqual(
      [
        stream.name,
        stream.time,
        stream.delay_ms,
        stream.future_skew_ms,
        stream.on_error,
        stream.retention_ms,
        stream.retention_bytes,
        stream.declared,
      ],
      ["readings", "ts", 500, 0, "reject", null, 1_000_000, true],
    );
    const { streams } = await (await ask("/v1/streams")).json();
    assert.deepEqual(streams, [stream]);
  });
});

Deno.test("a declaration that says something impossible is refused with each place and a hint", async () => {
  await withServer({}, async ({ ask, engine }) => {
    const answer = await ask(
      "/v1/streams/readings",
      put({ colums: [], columns: [{ name: "a", type: 1 }], delay_ms: -1 }),
    );
    assert.equal(answer.status, 422);
    const { code, errors } = await problemOf(answer);
    assert.equal(code, "invalid_plan");
    const byPath = new Map(errors.map((error: { path: string; hint: string }) => [error.path, error.hint]));
    assert.deepEqual([...byPath.keys()].sort(), ["columns[0].type", "colums", "delay_ms"]);
    assert.match(String(byPath.get("colums")), /columns/);
    assert.equal(engine.streams.list().length, 0);
  });
});

for (
  const [what, declaration, path] of [
    ["an unknown type", { columns: [{ name: "a", type: "decimal(99,2)" }] }, "columns[0].type"],
    ["a time column that is not there", { columns: [{ name: "a", type: "int64" }], time: "b" }, "time"],
    ["a time column that is no time", { columns: [{ name: "a", type: "string" }], time: "a" }, "time"],
  ] as const
) {
  Deno.test(`a declaration with ${what} names the place`, async () => {
    await withServer({}, async ({ ask }) => {
      const answer = await ask("/v1/streams/s", put(declaration));
      assert.equal(answer.status, 422);
      assert.equal((await problemOf(answer)).errors[0].path, path);
    });
  });
}

Deno.test("delays after which dead rows are tried again are declared as durations, and told with the stream", async () => {
  await withServer({}, async ({ ask }) => {
    const answer = await ask("/v1/streams/readings", put({ ...READINGS, retry: ["10s", "1m", "90 min"] }));
    assert.deepEqual([answer.status, (await answer.json()).retry], [201, ["10 s", "1 min", "90 min"]]);
    for (
      const retry of [
        ["soon"],
        ["0s"],
        ["-1s"],
        ["1 s", "1e3"],
        "10s",
        [10],
        Array.from({ length: 17 }, () => "1s"),
      ]
    ) {
      const refused = await ask("/v1/streams/readings", put({ ...READINGS, retry }));
      assert.equal(refused.status, 422, JSON.stringify(retry));
      assert.match((await problemOf(refused)).errors[0].path, /^retry/);
    }
  });
});

Deno.test("a declaration is JSON: other types are 415, broken JSON is 400", async () => {
  await withServer({}, async ({ ask }) => {
    const wrong = await ask("/v1/streams/s", { method: "PUT", headers: { "content-type": "text/plain" }, body: "{}" });
    assert.equal(wrong.status, 415);
    await wrong.body?.cancel();
    for (const body of ["{", "[".repeat(2000), new Uint8Array([0xff, 0x22])]) {
      const broken = await ask("/v1/streams/s", { method: "PUT", headers: JSON_TYPE, body });
      assert.equal(broken.status, 400);
      assert.equal((await problemOf(broken)).code, "invalid");
    }
  });
});

Deno.test("columns named __proto__ and constructor are columns like any other", async () => {
  await withServer({}, async (harness) => {
    const columns = ["__proto__", "constructor"].map((name) => ({ name, type: "string" }));
    assert.equal((await harness.ask("/v1/streams/s", put({ columns }))).status, 201);
    await post(harness, "s", '{"__proto__":"p","constructor":"c"}');
    const text = await (await harness.ask("/v1/streams/s/rows")).text();
    assert.match(text, /\{"__proto__":"p","constructor":"c"\}/);
  });
});

Deno.test("the newest rows come first, at most as many as asked for", async () => {
  await withServer({}, async (harness) => {
    await post(harness, "s", '{"n":1}\n{"n":2}\n{"n":3}');
    const { stream, columns, rows } = await (await harness.ask("/v1/streams/s/rows?limit=2")).json();
    assert.deepEqual([stream, columns, rows], [
      "s",
      [{ name: "n", type: "int64", nullable: true }],
      [{ n: 3 }, { n: 2 }],
    ]);
    const strings = await (await harness.ask("/v1/streams/s/rows?limit=1&int64=string")).json();
    assert.deepEqual(strings.rows, [{ n: "3" }]);
  });
});

Deno.test("a stream without dead rows has an empty list of them, a missing stream none", async () => {
  await withServer({}, async (harness) => {
    await post(harness, "s", '{"n":1}');
    assert.deepEqual((await (await harness.ask("/v1/streams/s/dead")).json()).rows, []);
    const missing = await harness.ask("/v1/streams/t/dead");
    assert.equal(missing.status, 404);
    await missing.body?.cancel();
  });
});

Deno.test("after its end a stream refuses rows with 409", async () => {
  await withServer({}, async (harness) => {
    await post(harness, "s", '{"n":1}');
    const ended = await harness.ask("/v1/streams/s/end", { method: "POST" });
    assert.equal((await ended.json()).ended, true);
    const late = await post(harness, "s", '{"n":2}');
    assert.equal(late.status, 409);
    assert.equal((await problemOf(late)).code, "conflict");
  });
});

Deno.test("a stream is deleted with 204, and refused with 409 while a pipeline reads it", async () => {
  await withServer({}, async (harness) => {
    await post(harness, "s", '{"n":1}');
    harness.engine.streams.readers = ["p"];
    assert.equal((await harness.ask("/v1/streams/s", { method: "DELETE" })).status, 409);
    harness.engine.streams.readers = [];
    assert.equal((await harness.ask("/v1/streams/s", { method: "DELETE" })).status, 204);
    assert.equal((await harness.ask("/v1/streams/s")).status, 404);
  });
});

Deno.test("a name that no stream may have is 400", async () => {
  await withServer({}, async (harness) => {
    for (const name of ["1a", "a b", "a%00", "%E0%A4", `a${"x".repeat(128)}`, "é"]) {
      const answer = await post(harness, encodeURI(name).replace("%25", "%"), "{}");
      assert.equal(answer.status, 400, name);
      await answer.body?.cancel();
    }
    assert.equal(harness.engine.streams.requests.length, 0);
  });
});

Deno.test("an unknown parameter is refused with the nearest known one", async () => {
  await withServer({}, async ({ ask }) => {
    const { status, detail } = await problemOf(await ask("/v1/streams/s/rows?limt=3"));
    assert.equal(status, 400);
    assert.match(detail, /did you mean limit/);
  });
});
