import assert from "node:assert/strict";
import { HALF_HEADS_OF_ADDRESS_MAX } from "../../../src/server/door/half_heads.ts";
import { HandClock, type Harness, rawRequest, until, withServer } from "../harness.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();

function rows(text: string, more: readonly string[] = [], stream = "s"): string {
  const length = encoder.encode(text).length;
  const lines = [`POST /v1/streams/${stream} HTTP/1.1`, "host: localhost", "content-type: application/x-ndjson"];
  return [...lines, `content-length: ${length}`, ...more, "", text].join("\r\n");
}

const GET = "GET /v1/streams HTTP/1.1\r\nhost: localhost\r\n\r\n";

/** A connection whose answers are taken one by one. */
class Caller {
  readonly #connection: Deno.TcpConn;
  #text = "";

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async to({ server }: Harness): Promise<Caller> {
    return new Caller(await Deno.connect({ hostname: "127.0.0.1", port: server.port }));
  }

  async send(text: string): Promise<void> {
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  async #more(): Promise<boolean> {
    const buffer = new Uint8Array(4096), count = await this.#connection.read(buffer);
    this.#text += decoder.decode(buffer.subarray(0, count ?? 0));
    return count !== null;
  }

  async answer(): Promise<{ status: number; headers: Headers; text: string }> {
    while (!this.#text.includes("\r\n\r\n")) assert.ok(await this.#more(), "no answer came");
    const end = this.#text.indexOf("\r\n\r\n"), [first, ...lines] = this.#text.slice(0, end).split("\r\n");
    const headers = new Headers(
      lines.map((line): [string, string] => [line.split(":")[0], line.slice(line.indexOf(":") + 1)]),
    );
    const length = Number(headers.get("content-length")), from = end + 4;
    while (this.#text.length < from + length) assert.ok(await this.#more(), "the answer breaks off");
    const text = this.#text.slice(from, from + length);
    this.#text = this.#text.slice(from + length);
    return { status: Number(first.split(" ")[1]), headers, text };
  }

  /** Resolves when the server has ended the connection. */
  async ended(): Promise<void> {
    while (await this.#more().catch(() => false)) { /* what still comes is of no interest */ }
  }

  close(): void {
    this.#connection.close();
  }
}

async function withCaller(test: (caller: Caller, harness: Harness) => Promise<void>, options = {}): Promise<void> {
  await withServer(options, async (harness) => {
    const caller = await Caller.to(harness);
    try {
      await test(caller, harness);
    } finally {
      caller.close();
    }
  });
}

const requestsOf = ({ engine }: Harness) => engine.streams.requests.map(({ text }) => text);
const counted = ({ server }: Harness, method: string, route: string, status: string) =>
  server.context.metrics.requests.with(method, route, status).value;

Deno.test("one connection brings rows again and again, also when requests do not wait for answers", async () => {
  await withCaller(async (caller, harness) => {
    for (let n = 0; n < 3; n++) {
      await caller.send(rows(`{"n":${n}}`));
      assert.equal(JSON.parse((await caller.answer()).text).offset, n);
    }
    await caller.send(rows('{"n":3}') + rows('{"n":4}') + rows("x".repeat(20_000)) + rows('{"n":5}'));
    const statuses: number[] = [];
    for (let n = 3; n < 7; n++) statuses.push((await caller.answer()).status);
    assert.deepEqual(statuses, [200, 200, 400, 200]);
    assert.deepEqual(requestsOf(harness).map((text) => text.slice(0, 7)), [
      ...[0, 1, 2, 3, 4].map((n) => `{"n":${n}}`),
      "xxxxxxx",
      '{"n":5}',
    ]);
    assert.equal(counted(harness, "POST", "/v1/streams/:name", "200"), 6);
    assert.equal(counted(harness, "POST", "/v1/streams/:name", "400"), 1);
  });
});

Deno.test("a head and a body may come byte by byte", async () => {
  await withCaller(async (caller, harness) => {
    for (const byte of rows('{"n":1}')) await caller.send(byte);
    assert.equal((await caller.answer()).status, 200);
    assert.deepEqual(requestsOf(harness), ['{"n":1}']);
  });
});

Deno.test("a connection goes over to other requests, and rows behind them are taken all the same", async () => {
  await withCaller(async (caller, harness) => {
    await caller.send(rows('{"n":1}') + GET);
    assert.equal((await caller.answer()).status, 200);
    assert.equal(JSON.parse((await caller.answer()).text).streams.length, 1);
    await caller.send(rows('{"n":2}') + GET);
    assert.equal((await caller.answer()).status, 200);
    assert.equal((await caller.answer()).status, 200);
    assert.deepEqual(requestsOf(harness), ['{"n":1}', '{"n":2}']);
  });
});

/** What does not tell one answer from another: a name for the platform's own, and what changes with time. */
function plain(headers: Headers): string[][] {
  return [...headers].filter(([name]) => !["date", "vary", "connection"].includes(name)).sort();
}

for (
  const [what, text, more] of [
    ["rows", '{"n":1}', []],
    ["no row that can be taken", "nonsense", []],
    ["a gap of a producer", '{"n":1}', ["rdx-producer: p", "rdx-sequence: 7"]],
  ] as const
) {
  Deno.test(`the answer to ${what} is the one that the platform's server gives`, async () => {
    for (const allowOrigins of [[], ["https://a.example"], ["*"]]) {
      await withCaller(async (caller) => {
        await caller.send(rows(text, more, "a"));
        const here = await caller.answer();
        assert.ok(here.headers.has("date"));
        await caller.send(rows(text, [...more, "content-encoding: identity"], "b"));
        const there = await caller.answer();
        assert.equal(here.status, there.status);
        assert.equal(here.text.replaceAll(/(streams\/|stream |")a\b/g, "$1b"), there.text);
        assert.deepEqual(plain(here.headers), plain(there.headers));
      }, { allowOrigins });
    }
  });
}

Deno.test("what must not come in is refused as ever: without the token, of a foreign host, where streams are not made", async () => {
  await withCaller(async (caller, harness) => {
    await caller.send(rows('{"n":1}'));
    assert.equal((await caller.answer()).status, 401);
    const other = await Caller.to(harness);
    await other.send(rows('{"n":1}', ["authorization: Bearer secret"]));
    assert.equal((await other.answer()).status, 200);
    other.close();
  }, { token: "secret" });
  await withServer({}, async ({ server, engine }) => {
    const answer = await rawRequest(server.port, rows("{}").replace("localhost", "evil.example"), /\}\s*$/);
    assert.match(answer, /^HTTP\/1.1 403/);
    assert.equal(engine.streams.requests.length, 0);
  });
  await withCaller(async (caller) => {
    await caller.send(rows("{}"));
    assert.equal((await caller.answer()).status, 404);
  }, { autoCreate: false });
});

Deno.test("a head that does not end is given up after the time of a body", async () => {
  const clock = new HandClock();
  await withCaller(async (caller) => {
    await caller.send("POST /v1/streams/s HTTP/1.1\r\nhost: loc");
    await until(() => clock.timers > 0);
    clock.advance(1001);
    await caller.ended();
    assert.equal(clock.timers, 0);
  }, { clock, bounds: { bodyIdleMsMax: 1000 } });
});

Deno.test("a head that comes byte by byte is given up when it takes longer than that as a whole", async () => {
  const clock = new HandClock();
  await withCaller(async (caller) => {
    const ended = caller.ended(), head = "POST /v1/streams/s HTTP/1.1\r\nhost: localhost\r\n";
    let isOver = false;
    void ended.then(() => isOver = true);
    for (const byte of head) {
      await caller.send(byte).catch(() => {});
      await until(() => clock.timers > 0 || isOver);
      clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    assert.ok(isOver);
    await ended;
  }, { clock, bounds: { bodyIdleMsMax: 1000 } });
});

Deno.test("behind a body that did not come in time the connection ends, when its client has heard so", async () => {
  const clock = new HandClock();
  await withCaller(async (caller, harness) => {
    await caller.send(rows("x".repeat(50_000)).slice(0, 30_000));
    await until(() => clock.timers > 0);
    clock.advance(1001);
    const { status, headers } = await caller.answer();
    assert.deepEqual([status, headers.get("connection")], [408, "close"]);
    await caller.ended();
    assert.deepEqual(requestsOf(harness), []);
    assert.equal(harness.server.context.budget.used, 0);
  }, { clock, bounds: { bodyIdleMsMax: 1000 } });
});

Deno.test("a server that stops answers what it has taken, and ends connections on which nothing is under way", async () => {
  await withServer({}, async (harness) => {
    const idle = await Caller.to(harness), busy = await Caller.to(harness), used = await Caller.to(harness);
    await used.send(rows('{"n":1}'));
    await used.answer();
    let release = () => {};
    harness.engine.streams.gate = new Promise((resolve) => release = resolve);
    await busy.send(rows('{"n":2}'));
    await until(() => requestsOf(harness).length === 2);
    const stopping = harness.server.stop();
    await Promise.all([idle.ended(), used.ended()]);
    release();
    assert.equal((await busy.answer()).status, 200);
    await busy.ended();
    await stopping;
    await harness.server.finished;
    for (const caller of [idle, busy, used]) caller.close();
  });
});

Deno.test("of connections of one address in the midst of a head one goes behind the bound, and the others have their answers", async () => {
  await withServer({}, async (harness) => {
    const callers: Caller[] = [];
    try {
      while (callers.length <= HALF_HEADS_OF_ADDRESS_MAX) callers.push(await Caller.to(harness));
      for (const caller of callers) await caller.send(GET.slice(0, 9));
      const over = new Set<Caller>();
      for (const caller of callers) void caller.ended().then(() => over.add(caller));
      await until(() => over.size > 0);
      const others = callers.filter((caller) => !over.has(caller));
      assert.equal(others.length, HALF_HEADS_OF_ADDRESS_MAX);
      for (const caller of others) await caller.send(GET.slice(9));
      const answered = (count: number) => until(() => counted(harness, "GET", "/v1/streams", "200") === count);
      await answered(others.length);
      // Heads that are whole make room.
      const next = await Caller.to(harness);
      callers.push(next);
      await next.send(GET.slice(0, 9));
      for (const rounds of [2, 3]) {
        for (const caller of others) await caller.send(GET);
        await answered(rounds * others.length);
      }
      await next.send(GET.slice(9));
      assert.equal((await next.answer()).status, 200);
    } finally {
      for (const caller of callers) caller.close();
    }
  });
});
