import assert from "node:assert/strict";
import { EventClient, type ServerEvent } from "../server/client.ts";
import { aggregate, COUNT, counts, plan, source, toView, tumble } from "./plans.ts";
import { ask, isHealthy, metric, post, send, toLines } from "./requests.ts";
import { completed, startServer, type TestServer, until } from "./server.ts";

/** Long ago: a watermark that jumped to the wall clock would be far away from it. */
const START = Date.UTC(2001, 0, 1);
const EVENTS = {
  columns: [{ name: "ts", type: "timestamp" }, { name: "key", type: "string" }],
  time: "ts",
};
const iso = (time: number) => new Date(time).toISOString();
const row = (time: number, key = "a") => ({ ts: START + time, key });

// deno-lint-ignore no-explicit-any
type Json = Record<string, any>;

interface Answer {
  readonly watermark: string | null;
  readonly seq: number;
  readonly rows: readonly Record<string, unknown>[];
}

const query = (server: TestServer, view: string, parameters = "") =>
  server.json<Answer>(`/v1/views/${view}${parameters}`);

async function started(...args: string[]): Promise<TestServer> {
  const server = await startServer({ args });
  await server.put("/v1/streams/events", EVENTS);
  return server;
}

Deno.test("an idle source's watermark moves by the time that has elapsed, so that windows close without new rows", async () => {
  await using server = await started();
  await server.put("/v1/pipelines/idle", counts("events", "idle", 1000, [], { idle_timeout_ms: 200 }));
  await server.put("/v1/pipelines/never", counts("events", "never", 1000, [], { idle_timeout_ms: 0 }));
  const before = performance.now();
  await send(server, "events", [row(100), row(500)]);
  const answer = await until(async () => {
    const found = await query(server, "idle");
    return found.rows.length > 0 && found;
  });
  const elapsed = performance.now() - before, watermark = Date.parse(answer.watermark!) - START;
  assert.deepEqual(answer.rows, [{ window_start: iso(START), window_end: iso(START + 1000), n: 2 }]);
  assert.ok(watermark >= 999 && watermark <= 500 + elapsed, `the watermark went ${watermark} ms in ${elapsed} ms`);
  // The other pipeline may come to the rows later.
  const never = await until(async () => {
    const found = await query(server, "never");
    return found.watermark !== null && found;
  });
  assert.deepEqual([never.rows, never.watermark], [[], iso(START + 500)]);
});

Deno.test("late rows are counted and in no result; which they are does not depend on requests and workers", async () => {
  const rows = [row(0), row(2500), row(900, "late"), row(1999, "late"), row(2000), row(1000, "late"), row(7000)];
  rows.push(row(6999, "late"), row(2100, "late"), row(7500));
  const results: unknown[] = [];
  for (const [workers, size] of [["1", 1], ["1", 3], ["1", rows.length], ["2", 1], ["2", 4]] as const) {
    await using server = await started("--workers", workers);
    await server.put("/v1/pipelines/p", counts("events", "v", 1000, ["key"], { idle_timeout_ms: 0 }));
    for (let at = 0; at < rows.length; at += size) await send(server, "events", rows.slice(at, at + size));
    await ask(server, "/v1/streams/events/end", { method: "POST" });
    await completed(server, "p");
    const late = await metric(server, "rdx_late_rows_total", { pipeline: "p", stream: "events" });
    const { late_rows } = await server.json<{ late_rows: number }>("/v1/pipelines/p");
    assert.equal(late, late_rows);
    results.push({ late, rows: (await query(server, "v")).rows });
  }
  for (const result of results) assert.deepEqual(result, results[0]);
  const window = (start: number, n: number) => ({
    window_start: iso(START + start),
    window_end: iso(START + start + 1000),
    key: "a",
    n,
  });
  assert.deepEqual(results[0], { late: 5, rows: [window(0, 1), window(2000, 2), window(7000, 2)] });
});

Deno.test("open=true adds the windows that are not closed yet, marked as such", async () => {
  await using server = await started("--workers", "2");
  await server.put("/v1/pipelines/p", counts("events", "v", 1000, ["key"], { idle_timeout_ms: 0 }));
  await send(server, "events", [row(0), row(10, "b"), row(1500), row(1600), row(1700, "b")]);
  await until(async () => (await query(server, "v")).rows.length === 2);
  const { rows } = await query(server, "v", "?open=true");
  const shown = rows.map((
    { window_start, key, n, $open },
  ) => [Date.parse(window_start as string) - START, key, n, $open]);
  assert.deepEqual(shown.slice(0, 2).sort(), [[0, "a", 1, undefined], [0, "b", 1, undefined]]);
  assert.deepEqual(shown.slice(2).sort(), [[1000, "a", 2, true], [1000, "b", 1, true]]);
  const filtered = await query(server, "v", "?open=true&key=a&order=desc&limit=1");
  assert.deepEqual(filtered.rows.map(({ key, n, $open }) => [key, n, $open]), [["a", 2, true]]);
  assert.equal((await query(server, "v")).rows.length, 2);
});

Deno.test("a stream without event time has windows by arrival", async () => {
  await using server = await startServer();
  await server.put("/v1/streams/plain", { columns: [{ name: "n", type: "int64" }] });
  const counted = { fn: "sum", arg: "n", as: "total" };
  const nodes = [source("plain", { idle_timeout_ms: 100 }), tumble(500), aggregate([], [COUNT, counted])];
  await server.put("/v1/pipelines/p", plan(...nodes, toView("v", "aggregate")));
  const before = Date.now();
  for (let n = 1; n <= 5; n++) await send(server, "plain", [{ n }, { n: n * 100 }]);
  const after = Date.now();
  const rows = await until(async () => {
    const answer = await server.json<Answer>("/v1/views/v?time=ms");
    return answer.rows.reduce((sum, one) => sum + (one.n as number), 0) === 10 && answer.rows;
  });
  assert.equal(rows.reduce((sum, one) => sum + (one.total as number), 0), 15 * 101);
  for (const one of rows) {
    const start = one.window_start as number;
    assert.equal(start % 500, 0);
    assert.ok(start + 500 > before && start <= after, `${start} is not between ${before} and ${after}`);
  }
});

Deno.test("the end of a stream closes all windows, and later rows are a conflict", async () => {
  await using server = await started("--workers", "2");
  await server.put("/v1/pipelines/p", counts("events", "v", 1000, ["key"], { idle_timeout_ms: 0 }));
  await send(server, "events", [row(0), row(400, "b"), row(700)]);
  const ended = await ask(server, "/v1/streams/events/end", { method: "POST" });
  assert.deepEqual([ended.status, ended.json.ended], [200, true]);
  await completed(server, "p");
  const { watermark, rows } = await query(server, "v");
  assert.equal(watermark, "infinity");
  assert.deepEqual(rows.map(({ key, n }) => [key, n]), [["a", 2], ["b", 1]]);
  const refused = await post(server, "events", toLines([row(1)]));
  assert.deepEqual([refused.status, refused.json.type], [409, "/problems/conflict"], refused.text);
  assert.equal((await ask(server, "/v1/streams/events/end", { method: "POST" })).status, 200);
  assert.ok(await isHealthy(server));
});

const LONG = [
  "9007199254740991",
  "9007199254740992",
  "9007199254740993",
  "9223372036854775807",
  "-9223372036854775808",
];

Deno.test("int64 keys and sums are exact beyond 2^53 all the way, as numbers or as strings", async () => {
  await using server = await startServer({ args: ["--workers", "2"] });
  const columns = [{ name: "ts", type: "timestamp" }, { name: "id", type: "int64" }];
  await server.put("/v1/streams/long", { columns, time: "ts" });
  const sum = { fn: "sum", arg: "id", as: "total" }, most = { fn: "max", arg: "id", as: "most" };
  const nodes = [source("long"), tumble(60_000), aggregate(["id"], [COUNT, sum, most]), toView("v", "aggregate")];
  await server.put("/v1/pipelines/p", plan(...nodes));
  const lines = LONG.map((id) => `{"ts":${START},"id":${id}}\n`).join("");
  assert.equal((await post(server, "long", lines)).json.accepted, LONG.length);
  await ask(server, "/v1/streams/long/end", { method: "POST" });
  await completed(server, "p");
  const all = (await ask(server, "/v1/views/v")).text;
  for (const id of LONG) {
    assert.ok(all.includes(`"id":${id},"n":1,"total":${id},"most":${id}}`), `${id} is not in ${all}`);
    const one = (await ask(server, `/v1/views/v?key=${id}&int64=string&time=ms`)).text;
    const expected = `{"window_start":${START},"window_end":${
      START + 60_000
    },"id":"${id}","n":"1","total":"${id}","most":"${id}"}`;
    assert.equal(one.trimEnd().slice(one.indexOf('"rows":')), `"rows":[${expected}]}`);
  }
  assert.deepEqual((await query(server, "v", "?key=9007199254740994")).rows, []);
  for (const none of ["9223372036854775808", "9007199254740993.0", "x", ""]) {
    const { status, text } = await ask(server, `/v1/views/v?key=${none}`);
    assert.deepEqual([status, /column id of view v is int64/.test(text)], [400, true], none);
  }
});

Deno.test("views are asked by key, from, to, limit and order, and refuse what makes no sense", async () => {
  await using server = await started();
  await server.put("/v1/pipelines/p", counts("events", "v", 1000, ["key"]));
  const rows = Array.from({ length: 40 }, (_, i) => row(i * 250, `k${i % 4}`));
  await send(server, "events", rows);
  await ask(server, "/v1/streams/events/end", { method: "POST" });
  await completed(server, "p");
  const starts = async (parameters: string) =>
    (await query(server, "v", `?time=ms&${parameters}`)).rows.map(({ window_start, key }) =>
      `${(window_start as number - START) / 1000}${key}`
    );
  assert.equal((await starts("")).length, 40);
  assert.deepEqual(await starts("key=k2&limit=3"), ["0k2", "1k2", "2k2"]);
  assert.deepEqual(await starts("key=k2&limit=2&order=desc"), ["9k2", "8k2"]);
  assert.deepEqual(await starts(`key=k1&from=${START + 3000}&to=${START + 5000}`), ["3k1", "4k1"]);
  assert.deepEqual(await starts(`from=${iso(START + 8000)}&limit=5`), ["8k0", "8k1", "8k2", "8k3", "9k0"]);
  assert.deepEqual(await starts(`to=${iso(START + 1000)}&order=desc`), ["0k0", "0k1", "0k2", "0k3"]);
  assert.deepEqual(await starts("limit=0"), []);
  for (
    const wrong of ["key=a&key=b", "limit=-1", "limit=10001", "order=up", "from=soon", "open=1", "time=s", "form=1"]
  ) {
    const { status, json } = await ask(server, `/v1/views/v?${wrong}`);
    assert.deepEqual([wrong, status, json.type], [wrong, 400, "/problems/invalid"]);
  }
  assert.equal((await ask(server, "/v1/views/none")).status, 404);
});

/** Rows of one delta come by key group, those of an answer by key. */
function inOrder(rows: readonly unknown[]): string[] {
  return rows.map((one) => JSON.stringify(one)).sort();
}

async function follow(server: TestServer, last?: string): Promise<EventClient> {
  const headers: Record<string, string> = last === undefined ? {} : { "last-event-id": last };
  const answer = await server.fetch("/v1/views/v/live", { headers });
  assert.equal(answer.headers.get("content-type"), "text/event-stream");
  return new EventClient(answer);
}

Deno.test("live: a snapshot, then deltas; who comes back with Last-Event-ID gets what is missing and nothing twice", async () => {
  await using server = await started("--workers", "2");
  await server.put("/v1/pipelines/p", counts("events", "v", 1000, ["key"], { idle_timeout_ms: 0 }));
  await send(server, "events", [row(0), row(1000)]);
  await until(async () => (await query(server, "v")).rows.length === 1);
  const events = await follow(server), seen: unknown[] = [], ids: string[] = [];
  const snapshot = (await events.next())!;
  assert.deepEqual([snapshot.event, snapshot.data.rows.length, snapshot.data.complete], ["snapshot", 1, true]);
  seen.push(...snapshot.data.rows);
  const take = (event: ServerEvent) => {
    assert.equal(event.event, "delta");
    ids.push(event.id!);
    for (const change of event.data.rows) {
      assert.equal(change.op, "+I");
      seen.push(change.row);
    }
  };
  for (let second = 2; second < 5; second++) {
    await send(server, "events", [row(second * 1000), row(second * 1000, "b")]);
    take((await events.next())!);
  }
  await events.close();
  for (let second = 5; second < 9; second++) await send(server, "events", [row(second * 1000)]);
  const all = await until(async () => {
    const { rows } = await query(server, "v");
    return rows.length === 11 && rows;
  });
  const again = await follow(server, ids.at(-1));
  while (seen.length < all.length) take((await again.next())!);
  assert.deepEqual(inOrder(seen), inOrder(all));
  assert.deepEqual(ids.map(Number), ids.map(Number).sort((a, b) => a - b));
  assert.equal(new Set(ids).size, ids.length);
  await again.close();
  const middle = await follow(server, ids[0]);
  assert.equal((await middle.next())!.id, ids[1]);
  await middle.close();
  const unknown = await follow(server, "999999");
  assert.equal((await unknown.next())!.event, "snapshot");
  await unknown.close();
});

Deno.test("a device whose clock is a year ahead makes nobody late: its rows are dead letters that say why", async () => {
  const now = Date.now(), year = 365 * 86_400_000, at = (time: number, key: string) => ({ ts: iso(now + time), key });
  const rows = [at(0, "a"), at(50, "b"), at(year, "ahead"), at(2500, "a"), at(year + 1, "ahead"), at(2600, "b")];
  for (const declared of [true, false]) {
    await using server = await startServer({ args: ["--workers", "2"] });
    if (declared) await server.put("/v1/streams/events", { ...EVENTS, future_skew_ms: 60_000 });
    const first = await post(server, "events", toLines([rows[0]]));
    assert.equal(first.status, 200, first.text);
    const timing = { time: "ts", future_skew_ms: 60_000, idle_timeout_ms: 0 };
    await server.put(
      "/v1/pipelines/p",
      counts("events", "v", 1000, ["key"], declared ? { idle_timeout_ms: 0 } : timing),
    );
    const answer = await post(server, "events", toLines(rows.slice(1)));
    // Only the stream's own event time is judged before the rows are stored.
    assert.deepEqual([answer.status, answer.json.accepted, answer.json.rejected], declared ? [200, 3, 2] : [200, 5, 0]);
    assert.deepEqual(
      answer.json.errors.map(({ line, field }: Json) => [line, field]),
      declared ? [[2, "ts"], [4, "ts"]] : [],
    );
    const dead = await until(async () => {
      const { rows } = await server.json<{ rows: Json[] }>("/v1/streams/events/dead");
      return rows.length === 2 && rows;
    });
    const { reason, raw, field } = dead[1], judge = declared ? "stream events" : "pipeline p";
    assert.match(reason, new RegExp(`^Time ${iso(now + year)} is more than 1 min ahead of its arrival 20.*: set`));
    assert.match(reason, new RegExp(`the sender's clock, or raise future_skew_ms of ${judge} \\(0: without bound\\)$`));
    assert.deepEqual([field, JSON.parse(raw)], ["ts", rows[2]]);
    await ask(server, "/v1/streams/events/end", { method: "POST" });
    await completed(server, "p");
    const found = (await query(server, "v")).rows.reduce((all, { n }) => all + (n as number), 0);
    assert.equal(found, 4);
    const info = await server.json<Json>("/v1/pipelines/p");
    assert.deepEqual([info.late_rows, info.dead_rows, info.errors.length], [0, declared ? 0 : 2, declared ? 0 : 2]);
    assert.equal(await metric(server, "rdx_dead_rows_total", { stream: "events" }), 2);
    assert.equal((await server.json<Json>("/v1/streams/events")).dead_rows, 2);
    const { text } = await ask(server, "/v1/pipelines/p/explain");
    assert.match(text, /dead if over 1 min ahead of arrival/);
  }
});

Deno.test("late rows go whole to <stream>.late once somebody wants them, and a pipeline can read them there", async () => {
  await using server = await started("--workers", "2");
  await server.put("/v1/pipelines/p", counts("events", "v", 1000, ["key"], { idle_timeout_ms: 0 }));
  const unwanted = await ask(server, "/v1/streams/events/late");
  assert.deepEqual([unwanted.status, unwanted.json.type], [404, "/problems/not_found"]);
  assert.match(unwanted.json.detail, /counted and not kept: PUT \/v1\/streams\/events\/late/);
  await send(server, "events", [row(5000), row(1, "lost")]);
  await until(async () => (await server.json<Json>("/v1/pipelines/p")).late_rows === 1);

  const kept = () => ask(server, "/v1/streams/events/late", { method: "PUT" });
  assert.deepEqual([(await kept()).status, (await kept()).status], [201, 200]);
  await send(server, "events", [row(2, "late"), row(5001), row(6500), row(5500, "late too")]);
  const late = await until(async () => {
    const { rows } = await server.json<{ rows: Json[] }>("/v1/streams/events/late");
    return rows.length === 2 && rows;
  });
  const own = { $pipeline: "p", $nodes: "aggregate" };
  assert.deepEqual(late.reverse(), [
    { $watermark: iso(START + 5000), ...own, ts: iso(START + 2), key: "late" },
    { $watermark: iso(START + 6500), ...own, ts: iso(START + 5500), key: "late too" },
  ]);
  assert.match((await ask(server, "/v1/pipelines/p/explain")).text, /late rows go to stream events.late/);

  const corrections = [
    source("events.late", { time: "ts", delay_ms: 3_600_000 }),
    tumble(1000),
    aggregate(["key", "$pipeline"], [COUNT]),
  ];
  await server.put("/v1/pipelines/corrections", plan(...corrections, toView("corrections", "aggregate")));
  const open = await until(async () => {
    const { rows } = await query(server, "corrections", "?open=true");
    return rows.length === 2 && rows;
  });
  assert.deepEqual(open.map(({ key, n }) => [key, n]), [["late", 1], ["late too", 1]]);
  assert.equal((await ask(server, "/v1/streams/events.late", { method: "DELETE" })).status, 409);
  await ask(server, "/v1/pipelines/corrections", { method: "DELETE" });
  assert.equal((await ask(server, "/v1/streams/events.late", { method: "DELETE" })).status, 204);
  await send(server, "events", [row(3, "lost")]);
  await until(async () => (await server.json<Json>("/v1/pipelines/p")).late_rows === 4);
  assert.equal((await ask(server, "/v1/streams/events/late")).status, 404);
});

Deno.test("rows that come too late for a session, or for a join of two streams, go to <stream>.late of their stream", async () => {
  const sessions = `SELECT window_end, key, COUNT(*) AS n
    FROM TABLE(SESSION(TABLE events PARTITION BY key, DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY window_start, window_end, key`;
  const pairs = `SELECT e.ts AS ts, o.name AS name FROM events AS e JOIN orders AS o
    ON e.key = o.key AND o.at BETWEEN e.ts - INTERVAL '1' SECOND AND e.ts + INTERVAL '1' SECOND`;
  for (const workers of ["1", "3"]) {
    await using server = await started("--workers", workers);
    const columns = [{ name: "at", type: "timestamp" }, { name: "key", type: "string" }, {
      name: "name",
      type: "string",
    }];
    await server.put("/v1/streams/orders", { columns, time: "at" });
    for (const stream of ["events", "orders"]) {
      assert.equal((await ask(server, `/v1/streams/${stream}/late`, { method: "PUT" })).status, 201);
    }
    for (const [pipeline, body] of Object.entries({ sessions, pairs })) {
      const headers = { "content-type": "application/sql" };
      const { status, text } = await ask(server, `/v1/pipelines/${pipeline}`, { method: "PUT", body, headers });
      assert.equal(status, 201, text);
    }
    const order = (time: number, name: string) => ({ at: START + time, key: "a", name });
    await send(server, "orders", [order(0, "first"), order(9000, "second")]);
    await send(server, "events", [row(0), row(4000)]);
    // A join is as far as the stream that is behind
    const reached = async () => (await server.json<Json>("/v1/pipelines/pairs")).watermark;
    await until(async () => await reached() >= iso(START + 4000));
    await send(server, "events", [row(1000), row(3500)]);
    await send(server, "orders", [order(100, "late")]);
    const lateOf = (stream: string, count: number) =>
      until(async () => {
        const { rows } = await server.json<{ rows: Json[] }>(`/v1/streams/${stream}/late`);
        return rows.length === count && rows;
      });
    const events = await lateOf("events", 3), orders = await lateOf("orders", 1);
    for (const { $watermark } of [...events, ...orders]) assert.ok($watermark >= iso(START + 4000), $watermark);
    const shown = events.map(({ $pipeline, ts, key }) => [$pipeline, Date.parse(ts) - START, key]);
    // The session of the row at 4000 takes the one at 3500
    assert.deepEqual(shown.sort(), [["pairs", 1000, "a"], ["pairs", 3500, "a"], ["sessions", 1000, "a"]]);
    const [{ $watermark: _, $nodes, ...rest }] = orders;
    assert.deepEqual(rest, { $pipeline: "pairs", at: iso(START + 100), key: "a", name: "late" });
    assert.ok($nodes.length > 0);
  }
});

Deno.test("a plan that reads <stream>.late makes the late rows be kept", async () => {
  await using server = await started("--workers", "2");
  await server.put("/v1/pipelines/late", plan(source("events.late"), toView("late", "in")));
  await server.put("/v1/pipelines/p", counts("events", "v", 1000, ["key"], { idle_timeout_ms: 0 }));
  await send(server, "events", [row(5000), row(1, "late")]);
  const [found] = await until(async () => {
    const { rows } = await query(server, "late");
    return rows.length === 1 && rows;
  });
  assert.equal(found.key, "late");
  const unknown = await ask(server, "/v1/streams/nothing/late", { method: "PUT" });
  assert.equal(unknown.status, 404);
});
