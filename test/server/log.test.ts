import assert from "node:assert/strict";
import { createEngine } from "../../src/compose.ts";
import { startServer } from "../../src/server/serve.ts";
import { LOG_UNREAD_BYTES_MAX } from "../../src/core/limits.ts";
import { until } from "../until.ts";
import { post, problemOf, withServer } from "./harness.ts";

type Line = {
  readonly offset?: number;
  readonly arrival?: string;
  readonly row?: Record<string, unknown>;
  readonly heartbeat?: string;
  readonly error?: { readonly detail: string };
  readonly next?: number;
};

/** Lines of an answer, one by one. */
class Lines {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(answer: Response) {
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), "application/x-ndjson");
    this.#reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  }

  async next(): Promise<Line | null> {
    let end: number;
    while ((end = this.#text.indexOf("\n")) < 0) {
      const { value, done } = await this.#reader.read();
      if (done) return null;
      this.#text += value;
    }
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return JSON.parse(line);
  }

  async all(): Promise<Line[]> {
    const lines: Line[] = [];
    for (let line = await this.next(); line; line = await this.next()) lines.push(line);
    return lines;
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }
}

Deno.test("a log is read from an offset up to another, with offset and arrival of each row", async () => {
  await withServer({}, async (harness) => {
    await post(harness, "s", '{"n":1}\n{"n":2}\n{"n":3}');
    const text = await (await harness.ask("/v1/streams/s/log?from=1&to=3")).text();
    assert.equal(
      text,
      '{"offset":1,"arrival":"1970-01-01T00:00:01.002Z","row":{"n":2}}\n{"offset":2,"arrival":"1970-01-01T00:00:01.003Z","row":{"n":3}}\n',
    );
    const raw = await (await harness.ask("/v1/streams/s/log?from=latest&follow=false")).text();
    assert.equal(raw, "");
    const ms = await (await harness.ask("/v1/streams/s/log?limit=1&time=ms&int64=string")).text();
    assert.equal(ms, '{"offset":0,"arrival":1001,"row":{"n":"1"}}\n');
  });
});

for (
  const [query, status] of [
    ["from=-1", 400],
    ["from=yesterday", 400],
    ["to=1e3", 400],
    ["follow=maybe", 400],
    ["limit=0", 400],
    ["form=3", 400],
    ["from=9", 400],
  ] as const
) {
  Deno.test(`a log is not read with ${query}`, async () => {
    await withServer({}, async (harness) => {
      await post(harness, "s", '{"n":1}');
      const answer = await harness.ask(`/v1/streams/s/log?${query}`);
      assert.equal(answer.status, status);
      await problemOf(answer);
      assert.equal((await harness.ask("/v1/streams/missing/log")).status, 404);
    });
  });
}

/** A server over a real engine; with a folder, over its data directory. */
async function withEngine(data: string | null, run: (real: Real) => Promise<void>): Promise<void> {
  const durable = data === null ? {} : { durability: "fsync", data } as const;
  const engine = await createEngine({ workers: 1, ...durable });
  const server = startServer({ hostname: "127.0.0.1", port: 0, token: null, engine, bounds: { heartbeatMs: 50 } });
  try {
    const ask = (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init);
    const send = async (rows: readonly unknown[]) => {
      const body = rows.map((row) => JSON.stringify(row)).join("\n"),
        headers = { "content-type": "application/x-ndjson" };
      const answer = await ask("/v1/streams/s", { method: "POST", body, headers });
      assert.equal(answer.status, 200, await answer.text());
    };
    await run({ ask, send, stop: () => server.stop(), connections: () => server.context.connections.count });
  } finally {
    await server.stop();
    await engine.close();
  }
}

interface Real {
  ask(path: string, init?: RequestInit): Promise<Response>;
  send(rows: readonly unknown[]): Promise<void>;
  stop(): Promise<unknown>;
  connections(): number;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

for (const where of ["in memory", "on disk"]) {
  Deno.test(`a log ${where} is followed: what is there, what comes, heartbeats, and a last line at the server's end`, async () => {
    const data = where === "on disk" ? await Deno.makeTempDir({ prefix: "rdx-log-" }) : null;
    await withEngine(data, async ({ ask, send, stop }) => {
      await send([{ n: 0 }, { n: 1 }]);
      const lines = new Lines(await ask("/v1/streams/s/log?from=1"));
      assert.deepEqual((await lines.next())?.row, { n: 1 });
      await send([{ n: 2 }]);
      const seen: Line[] = [];
      while (seen.length < 3) {
        const line = (await lines.next())!;
        if (line.row || seen.length > 0) seen.push(line);
      }
      assert.deepEqual([seen[0].offset, seen[0].row], [2, { n: 2 }]);
      assert.match(seen[0].arrival!, /^\d{4}-\d\d-\d\dT/);
      assert.ok(seen[1].heartbeat && seen[2].heartbeat, JSON.stringify(seen));
      // The schema widens under who follows.
      await send([{ n: 2.5, text: "x" }]);
      let line = (await lines.next())!;
      while (!line.row) line = (await lines.next())!;
      assert.deepEqual(line.row, { n: 2.5, text: "x" });
      void stop();
      const last = (await lines.all()).at(-1)!;
      assert.match(last.error!.detail, /shutting down/);
      assert.equal(last.next, 4);
    });
    if (data) await Deno.remove(data, { recursive: true });
  });
}

Deno.test("a log is read from the time at which rows arrived, and up to another, also behind a restart", async () => {
  const data = await Deno.makeTempDir({ prefix: "rdx-log-" }), arrivals: string[] = [];
  await withEngine(data, async ({ ask, send }) => {
    for (let n = 0; n < 5; n++) {
      await send([{ n }]);
      await pause(5);
    }
    const lines = await new Lines(await ask("/v1/streams/s/log?follow=false")).all();
    arrivals.push(...lines.map(({ arrival }) => arrival!));
  });
  await withEngine(data, async ({ ask }) => {
    for (const [i, arrival] of arrivals.entries()) {
      const lines = await new Lines(await ask(`/v1/streams/s/log?from=${arrival}&follow=false`)).all();
      assert.deepEqual(lines.map(({ offset }) => offset), [0, 1, 2, 3, 4].slice(i), arrival);
      const before = await new Lines(await ask(`/v1/streams/s/log?to=${arrival}`)).all();
      assert.deepEqual(before.map(({ offset }) => offset), [0, 1, 2, 3, 4].slice(0, i), arrival);
    }
    const soon = new Date(Date.now() + 300).toISOString();
    const lines = await new Lines(await ask(`/v1/streams/s/log?from=3&to=${soon}&follow=true`)).all();
    assert.deepEqual(lines.filter(({ row }) => row).map(({ offset }) => offset), [3, 4]);
  });
  await Deno.remove(data, { recursive: true });
});

Deno.test("somebody who follows and takes nothing keeps no producer waiting, and a deleted stream is told", async () => {
  await withEngine(null, async ({ ask, send, connections }) => {
    const text = "x".repeat(1 << 20);
    await send([{ text }]);
    const head = await ask("/v1/streams/s/log", { method: "HEAD" });
    assert.deepEqual([head.status, connections()], [200, 0]);
    const slow = new Lines(await ask("/v1/streams/s/log")), gone = new Lines(await ask("/v1/streams/s/log?from=1"));
    await slow.next();
    // More than readers of the log may leave unread.
    for (let sent = 0; sent < LOG_UNREAD_BYTES_MAX * 1.5; sent += 8 << 20) {
      await send(Array.from({ length: 8 }, () => ({ text })));
      await pause(150);
    }
    await gone.close();
    await slow.close();
    const left = new Lines(await ask("/v1/streams/s/log?from=latest"));
    assert.ok((await left.next())!.heartbeat);
    assert.equal((await ask("/v1/streams/s", { method: "DELETE" })).status, 204);
    assert.match((await left.all()).at(-1)!.error!.detail, /was deleted/);
    await until(() => connections() === 0, 10);
  });
});
