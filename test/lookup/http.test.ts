import assert from "node:assert/strict";
import { BOOL, type Column, type DataType, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { rangeOf } from "../../src/client/http/address.ts";
import { httpLookup } from "../../src/lookup/http.ts";
import { DenoWeb } from "../../src/client/http/web_deno.ts";
import { type Lookup, LookupFailure, type LookupShape } from "../../src/lookup.ts";
import { cert, key } from "./certificate.ts";
import { forever, keysOf, rowsOf } from "./frames.ts";

const column = (name: string, type: DataType, nullable = true): Column => ({ name, type, nullable });
const id = column("id", INT64, false), name = column("name", STRING);
const shape: LookupShape = { keys: [id], columns: [name] };
const one = keysOf([id], [[1n]]);

type Handler = (request: Request) => Response | Promise<Response>;

/** A server on loopback, and a lookup that asks it. */
async function withServer(
  handler: Handler,
  options: Readonly<Record<string, unknown>>,
  run: (
    lookup: Lookup,
    requests: readonly { readonly url: string; readonly body: string; readonly headers: Headers }[],
  ) => Promise<void>,
  own: LookupShape = shape,
): Promise<void> {
  const requests: { url: string; body: string; headers: Headers }[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    requests.push({ url: pathname + search, body: await request.clone().text(), headers: request.headers });
    return await handler(request);
  });
  const { port } = server.addr, lookup = lookupOf({ ...options, url: `http://127.0.0.1:${port}${options.url}` }, own);
  try {
    await lookup.open();
    await run(lookup, requests);
  } finally {
    await lookup.close();
    await server.shutdown();
  }
}

function lookupOf(
  options: Readonly<Record<string, unknown>>,
  own: LookupShape = shape,
  allowed = ["127.0.0.1"],
): Lookup {
  return httpLookup(() => new DenoWeb(allowed.map(rangeOf), (path) => path)).create(options, own);
}

async function failureOf(lookup: Lookup, keys = one): Promise<LookupFailure> {
  const thrown = await lookup.find(keys, forever).then(() => null, (thrown: unknown) => thrown);
  assert.ok(thrown instanceof LookupFailure, String(thrown));
  return thrown;
}

Deno.test("a URL asks for one key, whose rows need not say it; a server that does not know it answers 404 or nothing", async () => {
  const handler: Handler = ({ url }) => {
    const key = new URL(url).pathname.split("/").at(-1)!;
    if (key === "404") return new Response("no", { status: 404 });
    if (key === "204") return new Response(null, { status: 204 });
    if (key === "0") return Response.json([]);
    return key === "2"
      ? Response.json([{ name: "a" }, { name: "b" }])
      : Response.json({ id: Number(key), name: `n${key}` });
  };
  await withServer(handler, { url: "/people/{id}" }, async (lookup, requests) => {
    const of = async (key: bigint) => rowsOf(await lookup.find(keysOf([id], [[key]]), forever));
    assert.deepEqual(await of(1n), [[0n, "n1"]]);
    assert.deepEqual(await of(2n), [[0n, "a"], [0n, "b"]]);
    for (const key of [404n, 204n, 0n]) assert.deepEqual(await of(key), []);
    assert.equal(requests[0].url, "/people/1");
    assert.equal(requests[0].headers.get("accept"), "application/json");
  });
});

Deno.test("keys in a URL are escaped, with commas between, and a URL that would be too long becomes several", async () => {
  const key = column("key", STRING), own = { keys: [key], columns: [name] };
  const handler: Handler = ({ url }) => {
    const keys = new URL(url).search.slice("?keys=".length).split(",").map(decodeURIComponent);
    return Response.json(keys.map((key) => ({ key, name: key.toUpperCase() })).reverse());
  };
  await withServer(handler, { url: "/rows?keys={key}" }, async (lookup, requests) => {
    const texts = ["a b", "ä/ü", "x,y", "&z=1#%"], keys = keysOf([key], texts.map((text) => [text]));
    assert.deepEqual(rowsOf(await lookup.find(keys, forever)), texts.map((text, i) => [BigInt(i), text.toUpperCase()]));
    assert.equal(requests.length, 1);
    const long = Array.from({ length: 3000 }, (_, i) => `key ${i}`);
    const rows = rowsOf(await lookup.find(keysOf([key], long.map((text) => [text])), forever));
    assert.deepEqual(rows, long.map((text, i) => [BigInt(i), text.toUpperCase()]));
    assert.ok(requests.length > 3 && requests.every(({ url }) => url.length <= 8192), `${requests.length} requests`);
    assert.match((await failureOf(lookup, keysOf([key], [["x".repeat(9000)]]))).message, /more than 8192 characters/);
  }, own);
});

Deno.test("a key cannot step up in the path of a URL", async () => {
  const key = column("key", STRING), own = { keys: [key], columns: [name] };
  await withServer(() => Response.json({ name: "secret" }), { url: "/people/{key}/name" }, async (lookup, requests) => {
    for (const text of ["..", "."]) {
      assert.match((await failureOf(lookup, keysOf([key], [[text]]))).message, /A key of dots/);
    }
    await lookup.find(keysOf([key], [["../../x"]]), forever);
    assert.deepEqual(requests.map(({ url }) => url), ["/people/..%2F..%2Fx/name"]);
  }, own);
});

Deno.test("a POST has the keys as JSON, whole numbers exact, and the rows may stand in a member of the answer", async () => {
  const text = column("text", STRING), own: LookupShape = { keys: [id, text], columns: [column("n", INT64), id] };
  const handler: Handler = async (request) => {
    assert.equal(request.method, "POST");
    assert.equal(request.headers.get("content-type"), "application/json");
    await request.body?.cancel();
    return new Response('{"data": [{"id": 9007199254740993, "text": "b\\"", "n": -9007199254740995}], "next": null}');
  };
  await withServer(handler, { url: "/find", method: "POST", rows: "data" }, async (lookup, requests) => {
    const keys = keysOf([id, text], [[1n, "a"], [9007199254740993n, 'b"']]);
    assert.deepEqual(rowsOf(await lookup.find(keys, forever)), [[1n, -9007199254740995n, 9007199254740993n]]);
    assert.equal(requests[0].body, '{"keys":[{"id":1,"text":"a"},{"id":9007199254740993,"text":"b\\""}]}');
  }, own);
});

Deno.test("values of all types come as their columns say", async () => {
  const columns = [
    column("i", INT64),
    column("f", DOUBLE),
    column("d", decimal(18, 3)),
    column("e", decimal(6, 2)),
    column("b", BOOL),
    column("t", TIMESTAMP),
    column("u", TIMESTAMP),
    column("x", { kind: "bytes" }),
    column("gone", STRING),
  ];
  const body =
    `{"i": 12, "f": 1.5e3, "d": 123456789012345.678, "e": "-1.5", "b": false, "t": "2026-01-02T03:04:05Z", "u": 5, "x": "AP8="}`;
  await withServer(() => new Response(body), { url: "/{id}" }, async (lookup) => {
    assert.deepEqual(rowsOf(await lookup.find(one, forever)), [
      [
        0n,
        12n,
        1500,
        123456789012345678n,
        -150n,
        false,
        BigInt(Date.UTC(2026, 0, 2, 3, 4, 5)),
        5n,
        new Uint8Array([0, 255]),
        null,
      ],
    ]);
  }, { keys: [id], columns });
});

Deno.test("an answer that makes no sense is a lasting failure that says why", async () => {
  const strict: LookupShape = { keys: [id], columns: [column("name", STRING, false), column("n", INT64)] };
  const cases: [string, RegExp][] = [
    ["<html>", /The answer is no JSON: "<html>"/],
    ["[1]", /rows that are no objects/],
    ["[[1]]", /rows that are no objects/],
    ['{"id": 2, "name": "x"}', /a row of the key 2, for which nobody asked/],
    ['{"id": "one", "name": "x"}', /Column id has the string "one", and it was declared as int64/],
    ['{"nome": "x", "m": 1}', /no column name: there are nome, m/],
    ['{"name": null}', /Column name is NULL, and it was declared NOT NULL/],
    ['{"name": 5}', /Column name has the number "?5"?, and it was declared as string/],
    ['{"name": "x", "n": 1.5}', /Column n has the number 1.5, .* int64/],
    ['{"name": "x", "n": 9223372036854775808}', /Column n has the number 9223372036854775808/],
    ['{"name": {"a": 1}}', /Column name has an object/],
  ];
  let body = "";
  await withServer(() => new Response(body), { url: "/{id}" }, async (lookup) => {
    for (const [text, reason] of cases) {
      body = text;
      const failure = await failureOf(lookup);
      assert.match(failure.message, reason);
      assert.equal(failure.lasting, true, text);
    }
  }, strict);
  await withServer(() => new Response('{"rows": []}'), { url: "/{id}", rows: "data" }, async (lookup) => {
    assert.match((await failureOf(lookup)).message, /no member data/);
  });
  await withServer(() => new Response('[{"name": "x"}]'), { url: "/{id}" }, async (lookup) => {
    assert.match((await failureOf(lookup, keysOf([id], [[1n], [2n]]))).message, /a row without the key id/);
  });
});

Deno.test("a row that makes no sense leaves the keys beside its own their answers", async () => {
  const body =
    '[{"id": 1, "name": "one"}, {"id": 2, "name": "two"}, {"id": 3, "nome": "x"}, {"id": 2, "name": 2}, {"id": 4, "name": "four"}]';
  const own: LookupShape = { keys: [id], columns: [column("name", STRING, false)] };
  await withServer(() => new Response(body), { url: "/", method: "POST" }, async (lookup) => {
    assert.deepEqual(rowsOf(await lookup.find(keysOf([id], [[4n], [3n], [2n], [1n]]), forever)), [
      [0n, "four"],
      [3n, "one"],
      [-2n, "The answer has no column name: there are id, nome"],
      [-3n, "Column name has the number 2, and it was declared as string"],
    ]);
  }, own);
});

Deno.test("a server that is overloaded or down may answer later, one that refuses will not", async () => {
  let status = 500, headers: Record<string, string> = {};
  await withServer(() => new Response("no", { status, headers }), { url: "/{id}" }, async (lookup) => {
    for (
      const [code, lasting] of [[500, false], [503, false], [429, false], [408, false], [400, true], [401, true], [
        403,
        true,
      ]] as const
    ) {
      status = code;
      const failure = await failureOf(lookup);
      assert.equal(failure.message, `The server answers ${code}`);
      assert.equal(failure.lasting, lasting, `${code}`);
    }
    [status, headers] = [429, { "retry-after": "7" }];
    assert.equal((await failureOf(lookup)).waitMs, 7000);
    headers = { "retry-after": new Date(Date.now() + 60_000).toUTCString() };
    const { waitMs } = await failureOf(lookup);
    assert.ok(waitMs > 50_000 && waitMs <= 60_000, `${waitMs}`);
    headers = { "retry-after": "later" };
    assert.equal((await failureOf(lookup)).waitMs, 0);
    [status, headers] = [404, {}];
    assert.equal(
      (await failureOf(lookup, keysOf([id], [[1n], [2n]]))).lasting,
      false,
      "of several keys 404 says nothing",
    );
  });
});

Deno.test("a server that is not there, and one that breaks off, may answer later", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }), { port } = listener.addr;
  const answers = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(4096));
      const head = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"name": "';
      await connection.write(new TextEncoder().encode(head));
      connection.close();
    }
  })();
  const lookup = lookupOf({ url: `http://127.0.0.1:${port}/{id}` });
  await lookup.open();
  const broken = await failureOf(lookup);
  assert.match(broken.message, /The answer breaks off/);
  assert.equal(broken.lasting, false);
  listener.close();
  await answers;
  const gone = await failureOf(lookup);
  assert.match(gone.message, /cannot be reached/);
  assert.equal(gone.lasting, false);
  await lookup.close();
});

Deno.test("an answer of more bytes than are held is a lasting failure, and its rest is not read", async () => {
  let sent = 0;
  const handler: Handler = () =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += 1 << 20;
          if (sent > 100 << 20) controller.close();
          else controller.enqueue(new Uint8Array(1 << 20).fill(0x20));
        },
      }),
    );
  await withServer(handler, { url: "/{id}" }, async (lookup) => {
    const failure = await failureOf(lookup);
    assert.match(failure.message, /more than 16777216 bytes/);
    assert.equal(failure.lasting, true);
    assert.ok(sent < 60 << 20, `${sent} bytes were sent`);
  });
});

Deno.test("a question is given up when its signal says so", async () => {
  const hangs = Promise.withResolvers<Response>();
  await withServer(() => hangs.promise, { url: "/{id}" }, async (lookup) => {
    const ends = new AbortController(), asked = lookup.find(one, ends.signal);
    setTimeout(() => ends.abort(new LookupFailure("too late", false)), 20);
    await assert.rejects(asked, /too late/);
    hangs.resolve(new Response("[]"));
  });
});

Deno.test("redirects are followed, but not for ever, and not with the headers of the plan to another server", async () => {
  let seen: Headers | null = null;
  const other = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ headers }) => {
    seen = headers;
    return Response.json({ name: "there" });
  });
  const handler: Handler = ({ url }) => {
    const { pathname } = new URL(url),
      to = (location: string, status = 302) => new Response(null, { status, headers: { location } });
    if (pathname === "/1") return to("/2");
    if (pathname === "/2") return Response.json({ name: "here" });
    if (pathname === "/3") return to("/3");
    if (pathname === "/4") return to(`http://127.0.0.1:${other.addr.port}/x`, 307);
    if (pathname === "/5") return to(`http://127.0.0.2:${other.addr.port}/x`);
    return to("file:///etc/passwd");
  };
  await withServer(handler, { url: "/{id}", headers: { authorization: "secret" } }, async (lookup, requests) => {
    const of = (key: bigint) => keysOf([id], [[key]]);
    assert.deepEqual(rowsOf(await lookup.find(of(1n), forever)), [[0n, "here"]]);
    assert.equal(requests.at(-1)!.headers.get("authorization"), "secret");
    assert.match((await failureOf(lookup, of(3n))).message, /more than 4 redirects/);
    assert.deepEqual(rowsOf(await lookup.find(of(4n), forever)), [[0n, "there"]]);
    assert.equal(seen!.get("authorization"), null);
    assert.match((await failureOf(lookup, of(5n))).message, /127\.0\.0\.2 is an address of an inner network/);
    assert.match((await failureOf(lookup, of(6n))).message, /leads from http: to file:/);
  });
  await other.shutdown();
});

Deno.test("servers of inner networks are refused when the plan is deployed, however their addresses are written", async () => {
  const urls = [
    "http://127.0.0.1/{id}",
    "http://2130706433/{id}",
    "http://0x7f.1/{id}",
    "http://[::1]/{id}",
    "http://[::ffff:10.0.0.1]/{id}",
    "http://localhost/{id}",
    "https://169.254.169.254/{id}",
  ];
  for (const url of urls) {
    const lookup = lookupOf({ url }, shape, []);
    await assert.rejects(lookup.open(), {
      code: "invalid_plan",
      message: /inner network: allow it with --allow-private/,
    }, url);
    assert.equal((await failureOf(lookup)).lasting, true, url);
    await lookup.close();
  }
});

Deno.test("over https nothing is sent to a server whose certificate is not trusted", async () => {
  let requests = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} }, () => {
    requests++;
    return Response.json({ name: "x" });
  });
  const { port } = server.addr as Deno.NetAddr, lookup = lookupOf({ url: `https://127.0.0.1:${port}/{id}` });
  await lookup.open();
  const failure = await failureOf(lookup);
  assert.match(failure.message, /cannot be reached: .*certificate/);
  assert.equal(failure.lasting, false);
  assert.equal(requests, 0);
  await lookup.close();
  await server.shutdown();
});

Deno.test("an address that is none, of another protocol, with a password or with a key in the server's name is refused", () => {
  for (
    const url of [
      "rows",
      "ftp://host/{id}",
      "file:///{id}",
      "http://user:pass@host/{id}",
      "http://{id}.host/",
      "http://{id}/x",
    ]
  ) {
    assert.throws(() => lookupOf({ url }), { code: "invalid_plan", message: /Cannot look rows up at/ }, url);
  }
});

Deno.test("headers come from the plan, from a variable of the environment and from a file; no failure tells them", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "of the file\n");
  Deno.env.set("RDX_SECRET_LOOKUP_TEST", "of the environment");
  const headers = {
    "X-Plain": "plain",
    Authorization: { env: "RDX_SECRET_LOOKUP_TEST", prefix: "Bearer " },
    "x-file": { file },
  };
  try {
    await withServer(() => Response.json({ name: "x" }), { url: "/{id}", headers }, async (lookup, requests) => {
      await lookup.find(one, forever);
      const of = (name: string) => requests[0].headers.get(name);
      assert.deepEqual(["x-plain", "authorization", "x-file"].map(of), [
        "plain",
        "Bearer of the environment",
        "of the file",
      ]);
    });
    const refused = (value: unknown, reason: RegExp) =>
      assert.rejects(lookupOf({ url: "http://127.0.0.1/{id}", headers: { a: value } }).open(), {
        code: "invalid_plan",
        message: reason,
      });
    await refused({ env: "RDX_SECRET_NONE" }, /no variable RDX_SECRET_NONE/);
    await refused({ env: "PATH" }, /begin with RDX_SECRET_, and not PATH/);
    await refused({ file: `${file}.not` }, /Cannot read the file/);
    await refused({ file, env: "RDX_SECRET_LOOKUP_TEST" }, /"env" or "file"/);
    Deno.env.set("RDX_SECRET_LOOKUP_TEST", "two\nlines");
    await assert.rejects(
      lookupOf({ url: "http://127.0.0.1/{id}", headers: { a: { env: "RDX_SECRET_LOOKUP_TEST" } } }).open(),
      (thrown: Error) => /cannot be sent: a/.test(thrown.message) && !thrown.message.includes("lines"),
    );
  } finally {
    Deno.env.delete("RDX_SECRET_LOOKUP_TEST");
    await Deno.remove(file);
  }
});
