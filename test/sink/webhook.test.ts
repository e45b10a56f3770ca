import assert from "node:assert/strict";
import { WebFailure, type WebRequest } from "../../src/client/http/web.ts";
import { DenoWeb } from "../../src/client/http/web_deno.ts";
import { openEncoder } from "../../src/codec/encoder.ts";
import { systemClock } from "../../src/core/clock.ts";
import { FrameBuilder } from "../../src/core/frame.ts";
import {
  BREAKER_FAILURES_MAX,
  BREAKER_OPEN_MS,
  WEBHOOK_BODY_BYTES_MAX,
  WEBHOOK_RETRY_MS_MAX,
} from "../../src/core/limits.ts";
import type { OutputBatch } from "../../src/sink.ts";
import { webhookSink } from "../../src/sink/webhook.ts";
import { silentLog } from "../../src/telemetry/log.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { sinkMetrics } from "../../src/telemetry/sink_metrics.ts";
import { SINK_COLUMNS, sinkConformance, sinkOutput } from "../contract/sink.ts";
import { SimClock } from "../sim/clock.ts";
import { seeded } from "../sim/pool.ts";
import { type Act, Receiver } from "./receiver.ts";
import { hooks, openWeb, passTime, SimWeb, turns } from "./webhooks.ts";

for (const more of [{}, { outbox: true }, { format: "json", batch_rows: 2 }]) {
  sinkConformance(`a webhook ${JSON.stringify(more)}`, async () => {
    const receiver = await Receiver.start(), made = hooks(openWeb);
    const metrics = sinkMetrics(new MetricRegistry());
    const factory = webhookSink({
      openWeb,
      openEncoder,
      openLog: made.logs.open,
      clock: systemClock,
      random: Math.random,
      metrics,
      log: silentLog,
    });
    return {
      factory: { ...factory, create: (given, ...rest) => factory.create({ ...more, ...given }, ...rest) },
      options: { kind: "webhook", url: receiver.url },
      isKeyed: true,
      read: () => {
        const rows = receiver.rows as { n: number; s: string; $op?: string }[];
        const texts = rows.map(({ n, s, $op }) => [n, s, ...($op === undefined ? [] : [$op])].join(" "));
        return Promise.resolve(texts);
      },
      end: () => receiver.close(),
    };
  });
}

Deno.test("requests have keys that say pipeline, sink, run, output and part, and no more rows and bytes than they may", async () => {
  const web = new SimWeb(), sink = hooks(() => web).sink({ batch_rows: 3 });
  await sink.open();
  await sink.write(sinkOutput(4, Array.from({ length: 7 }, (_, i) => [BigInt(i), `r${i}`])));
  await sink.write(sinkOutput(5, []));
  await sink.write(sinkOutput(9, [[9n, "last"]]));
  assert.deepEqual(web.keys, ["p/out/RUN/4/0", "p/out/RUN/4/1", "p/out/RUN/4/2", "p/out/RUN/9/0"]);
  const bodies = web.requests.map(({ body }) => new TextDecoder().decode(body as Uint8Array));
  assert.equal(bodies[0], '{"n":0,"s":"r0"}\n{"n":1,"s":"r1"}\n{"n":2,"s":"r2"}\n');
  assert.equal(bodies[2], '{"n":6,"s":"r6"}\n');
  assert.equal(web.requests[0].headers["content-type"], "application/x-ndjson");
  // Rows that are long go in fewer a request, one by itself whatever it has.
  const long = "x".repeat(WEBHOOK_BODY_BYTES_MAX / 2), builder = new FrameBuilder(SINK_COLUMNS);
  for (const text of [long, long, long + long, "y"]) builder.append([1n, text]);
  const output: OutputBatch = {
    number: 10,
    ranges: [{ frame: builder.finish(), start: 0, rows: 4 }],
    rows: 4,
    watermark: 0,
  };
  await sink.write(output);
  assert.deepEqual(web.keys.slice(4), [0, 1, 2, 3].map((ordinal) => `p/out/RUN/10/${ordinal}`));
  await sink.close();
});

Deno.test("an array of JSON has the rows of its lines, whatever is in them", async () => {
  const web = new SimWeb(), sink = hooks(() => web).sink({ format: "json" });
  await sink.open();
  await sink.write(sinkOutput(1, [[1n, "a\nb"], [2n, 'c,"d"'], [9007199254740993n, ""]]));
  const body = new TextDecoder().decode(web.requests[0].body as Uint8Array);
  assert.equal(body, '[{"n":1,"s":"a\\nb"},{"n":2,"s":"c,\\"d\\""},{"n":9007199254740993,"s":""}]');
  assert.equal(web.requests[0].headers["content-type"], "application/json");
  await sink.close();
});

Deno.test("what may succeed later is sent again with the same key, ever less often, at random and no sooner than the receiver wants", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed), web = new SimWeb(), clock = new SimClock();
    const failures = random(4), retryAfterMs = random(2) * 40_000;
    const kinds: (() => Response | Promise<Response>)[] = [
      () => new Response("later", { status: [500, 502, 503, 408, 425, 429][random(6)] }),
      () =>
        new Response(null, {
          status: 429,
          headers: retryAfterMs > 0 ? { "retry-after": `${retryAfterMs / 1000}` } : {},
        }),
      () => Promise.reject(new Error("reset")),
    ];
    const times: number[] = [];
    web.answer = (_, i) => {
      times.push(clock.monotonic());
      return i < failures ? kinds[random(kinds.length)]() : new Response();
    };
    const sink = hooks(() => web, clock, () => random(1000) / 1000).sink();
    await sink.open();
    await passTime(clock, sink.write(sinkOutput(1, [[1n, "a"]])), 200);
    assert.equal(web.requests.length, failures + 1, `seed ${seed}`);
    assert.equal(new Set(web.keys).size, 1);
    for (let i = 1; i < times.length; i++) {
      const waitedMs = times[i] - times[i - 1], most = Math.min(WEBHOOK_RETRY_MS_MAX, 200 * 2 ** (i - 1));
      assert.ok(
        waitedMs <= Math.max(most, retryAfterMs) + 400,
        `seed ${seed}: waited ${waitedMs} ms before try ${i + 1}`,
      );
    }
    await sink.close();
  }
});

Deno.test("Retry-After is honoured, as seconds and as a date", async () => {
  for (const how of ["seconds", "date"]) {
    const web = new SimWeb(), clock = new SimClock(), sink = hooks(() => web, clock, () => 0).sink();
    const value = how === "seconds" ? "7" : new Date(clock.now() + 7000).toUTCString();
    web.answer = (_, i) =>
      i === 0 ? new Response(null, { status: 429, headers: { "retry-after": value } }) : new Response();
    await sink.open();
    const tookMs = await passTime(clock, sink.write(sinkOutput(1, [[1n, "a"]])));
    assert.ok(tookMs >= 6000 && tookMs <= 7100, `${how}: ${tookMs} ms`);
    await sink.close();
  }
});

Deno.test("a receiver that hangs is given up after the time-out and asked again; who it is and why is told meanwhile", async () => {
  const web = new SimWeb(), clock = new SimClock(), sink = hooks(() => web, clock, () => 0.5).sink({ timeout_ms: 300 });
  web.answer = ({ signal }, i) =>
    i > 0 ? new Response() : new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await sink.open();
  const writing = sink.write(sinkOutput(1, [[1n, "a"]]));
  await turns();
  assert.equal(sink.trouble, null);
  clock.advance(300);
  await turns();
  assert.match(sink.trouble!, /http:\/\/receiver does not answer within 300 ms, 1 try so far/);
  await passTime(clock, writing);
  assert.deepEqual([sink.trouble, web.requests.length], [null, 2]);
  await sink.close();
  assert.equal(clock.waiting, 0);
});

Deno.test("a receiver that fails again and again is left alone by all sinks that send there, which they say and count", async () => {
  const web = new SimWeb(), clock = new SimClock(), made = hooks(() => web, clock, () => 0);
  const [a, b] = [made.sink(), made.sink({ url: "http://receiver/other" })];
  let isUp = false;
  web.answer = () => new Response(null, { status: isUp ? 200 : 503 });
  await a.open();
  await b.open();
  const writing = a.write(sinkOutput(1, [[1n, "a"]]));
  for (let i = 0; i < 20; i++) {
    await turns(2);
    clock.advance(1);
  }
  assert.equal(web.requests.length, BREAKER_FAILURES_MAX);
  assert.match(a.trouble!, /answers 503, 5 tries so far; nothing is sent for a while \(the circuit is open\)/);
  assert.match(made.registry.render(), /rdx_sink_breaker_open\{pipeline="p",node="out"\} 1/);
  const other = b.write(sinkOutput(1, [[1n, "b"]]));
  await turns();
  assert.equal(web.requests.length, BREAKER_FAILURES_MAX);
  isUp = true;
  const tookMs = await passTime(clock, Promise.all([writing, other]));
  assert.ok(tookMs <= BREAKER_OPEN_MS, `${tookMs} ms`);
  assert.match(made.registry.render(), /rdx_sink_breaker_open\{pipeline="p",node="out"\} 0/);
  assert.match(made.registry.render(), /rdx_sink_requests_total\{pipeline="p",node="out",outcome="failed"\} 5/);
  await a.close();
  await b.close();
  assert.doesNotMatch(made.registry.render(), /rdx_sink_requests_total\{/);
});

Deno.test("rows that are refused end the pipeline with what the receiver says, or are kept with that", async () => {
  const refuses = (request: WebRequest) =>
    request.headers["rdx-number"] === "2" ? new Response("no such city", { status: 422 }) : new Response();
  const web = new SimWeb(), made = hooks(() => web), stops = made.sink({ batch_rows: 2 });
  web.answer = refuses;
  await stops.open();
  await stops.write(sinkOutput(1, [[1n, "a"]]));
  await assert.rejects(stops.write(sinkOutput(2, [[2n, "b"]])), {
    code: "internal",
    message: "Rows are refused: http://receiver answers 422: no such city",
  });
  await stops.close();
  assert.deepEqual(made.refused, []);
  const keeps = made.sink({ batch_rows: 2, on_refused: "dead_letter" });
  await keeps.open();
  await keeps.write(sinkOutput(2, [[2n, "b"], [3n, "c"], [4n, "d"]]));
  await keeps.write(sinkOutput(3, [[5n, "e"]]));
  assert.deepEqual(made.refused, [
    {
      number: 2,
      ordinal: 0,
      rows: ['{"n":2,"s":"b"}', '{"n":3,"s":"c"}'],
      reason: "http://receiver answers 422: no such city",
    },
    { number: 2, ordinal: 1, rows: ['{"n":4,"s":"d"}'], reason: "http://receiver answers 422: no such city" },
  ]);
  assert.match(made.registry.render(), /outcome="refused"\} 2/);
  await keeps.close();
});

Deno.test("a failure that no repetition helps ends the pipeline, and is not taken for refused rows", async () => {
  const web = new SimWeb(), made = hooks(() => web), sink = made.sink({ on_refused: "dead_letter" });
  web.answer = () => Promise.reject(new WebFailure("10.0.0.1 is an address of an inner network", true));
  await sink.open();
  await assert.rejects(sink.write(sinkOutput(1, [[1n, "a"]])), { code: "internal", message: /inner network/ });
  assert.deepEqual(made.refused, []);
  await sink.close();
});

Deno.test("a redirect is followed with the key and without what is secret, and its address is looked at", async () => {
  const web = new SimWeb(), sink = hooks(() => web).sink({ headers: { authorization: { env: "RDX_SECRET_X" } } });
  web.answer = ({ url }) =>
    url.hostname === "receiver"
      ? new Response(null, { status: 307, headers: { location: "http://other/rows" } })
      : new Response();
  await sink.open();
  await sink.write(sinkOutput(1, [[1n, "a"]]));
  const [first, second] = web.requests;
  assert.deepEqual([first.headers.authorization, second.headers.authorization], ["secret", undefined]);
  assert.equal(second.headers["idempotency-key"], first.headers["idempotency-key"]);
  assert.deepEqual(second.body, first.body);
  await sink.close();
  const inner = hooks(() => new DenoWeb([], (path) => path)).sink({ url: "http://127.0.0.1:9/rows" });
  await assert.rejects(inner.open(), { code: "invalid_plan", message: /--allow-private 127\.0\.0\.1/ });
  assert.throws(() => hooks(() => web).sink({ url: "ftp://receiver" }), {
    code: "invalid_plan",
    message: /not of http/,
  });
});

Deno.test("who has no time to wait for a receiver gives up at once", async () => {
  for (const outbox of [false, true]) {
    const web = new SimWeb(), clock = new SimClock(), sink = hooks(() => web, clock).sink({ outbox });
    web.answer = () => new Response(null, { status: 503 });
    await sink.open();
    const writing = sink.write(sinkOutput(1, [[1n, "a"]]));
    await turns();
    const closing = outbox ? writing.then(() => sink.close()) : null;
    await turns();
    sink.giveUp!();
    if (outbox) await closing;
    else await assert.rejects(writing, { code: "closing" });
    await sink.close();
    assert.equal(clock.waiting, 0);
  }
});

Deno.test("with an outbox rows are taken while the receiver is away, wait in order, and go on in the next process", async () => {
  const web = new SimWeb(),
    clock = new SimClock(),
    made = hooks(() => web, clock),
    options = { outbox: true, batch_rows: 2 };
  let isUp = false, answered = 0;
  web.answer = () => {
    if (!isUp || answered === 4) return new Response(null, { status: 503 });
    answered++;
    return new Response();
  };
  const first = made.sink(options);
  assert.equal(await first.open(), -1);
  for (const number of [1, 2, 3]) await first.write(sinkOutput(number, [[BigInt(number), "a"], [0n, "b"], [0n, "c"]]));
  assert.match(made.registry.render(), /rdx_sink_outbox_requests\{pipeline="p",node="out"\} 6/);
  isUp = true;
  const delivered = async () => {
    while (answered < 4) await new Promise((resolve) => setTimeout(resolve, 0));
  };
  await passTime(clock, delivered());
  await turns();
  const { place } = first;
  assert.equal((place as { number: number }).number, 3);
  first.giveUp!();
  await first.close();
  answered = 0;
  const second = made.sink(options);
  assert.equal(await second.open(JSON.parse(JSON.stringify(place))), 3);
  await second.write(sinkOutput(4, [[4n, "d"]]));
  await passTime(clock, second.close());
  const keys = web.keys.filter((key, i, all) => key !== all[i - 1]);
  assert.deepEqual(keys.map((key) => key.split("/").slice(3).join("/")), [
    "1/0",
    "1/1",
    "2/0",
    "2/1",
    "3/0",
    "3/1",
    "4/0",
  ]);
});

Deno.test("an outbox that has lost what waited is refused", async () => {
  const web = new SimWeb(), made = hooks(() => web), sink = made.sink({ outbox: true });
  await sink.open();
  await sink.write(sinkOutput(5, [[1n, "a"]]));
  await sink.close();
  const { run } = sink.place as { run: string };
  const again = made.sink({ outbox: true });
  await assert.rejects(again.open({ run, number: 6 }), { code: "conflict", message: /are gone/ });
});

Deno.test("a receiver that stores, then resets, fails, hangs or is slow has every row once by its key, in order, over crashes", async () => {
  for (const outbox of [false, true]) {
    for (let seed = 1; seed <= 8; seed++) {
      const random = seeded(seed * 2 + Number(outbox)), receiver = await Receiver.start();
      const made = hooks(openWeb, systemClock, () => random(100) / 3000);
      let failures = 0;
      receiver.act = async (): Promise<Act> => {
        // Not so many in a row that it is left alone.
        const kind = failures === 3 ? 5 : random(10);
        failures = [0, 1, 2, 9].includes(kind) ? failures + 1 : 0;
        switch (kind) {
          case 0:
            return "reset after commit";
          case 9:
            return "reset";
          case 1:
            return { status: 503 };
          case 2:
            return { status: 429, headers: { "retry-after": "0" } };
          case 3:
            return random(3) === 0 ? "hang" : { status: 200 };
          case 4:
            await new Promise((resolve) => setTimeout(resolve, random(15)));
            return { status: 200 };
          default:
            return { status: 202, body: "taken" };
        }
      };
      const outputs = Array.from(
        { length: 14 },
        (_, i) => sinkOutput(i + 1, Array.from({ length: random(5) }, (_, row) => [BigInt(i + 1), `row ${row}`])),
      );
      const options = { url: receiver.url, outbox, batch_rows: 2, timeout_ms: 60 };
      try {
        let place: unknown, done = 0;
        while (done < outputs.length) {
          const sink = made.sink(options), committed = await sink.open(place);
          place ??= JSON.parse(JSON.stringify(sink.place));
          const crash = 1 + random(outputs.length);
          // As after a restart without checkpoints: all outputs come again.
          done = 0;
          for (const output of outputs) {
            if (output.number > committed) await sink.write(output);
            done++;
            if (done === crash && random(3) > 0) break;
          }
          if (done < outputs.length) {
            sink.giveUp!();
            if (!outbox && random(3) === 0) made.logs.forget();
          }
          await sink.close();
        }
        const expected = outputs.flatMap(({ number, rows }) =>
          Array.from({ length: rows }, (_, row) => ({ n: number, s: `row ${row}` }))
        );
        assert.deepEqual(receiver.rows, expected, `seed ${seed}, outbox ${outbox}`);
      } finally {
        await receiver.close();
      }
    }
  }
});
