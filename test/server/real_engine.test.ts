import assert from "node:assert/strict";
import { createEngine } from "../../src/compose.ts";
import { startServer } from "../../src/server/serve.ts";
import { seeded } from "../sim/pool.ts";
import { EventClient } from "./client.ts";
import { JSON_TYPE, NDJSON, until } from "./harness.ts";

const HOUR = 3_600_000, CITIES = ["Oslo", "Rome", "Bern"];
const STREAM = {
  columns: [{ name: "ts", type: "timestamp" }, { name: "city", type: "string" }],
  time: "ts",
  delay_ms: 1,
};
const PLAN = {
  rdx: 1,
  nodes: [
    { id: "in", op: "source", stream: "s", idle_timeout_ms: 0 },
    { id: "w", op: "window", input: ["in"], window: { kind: "tumble", size_ms: HOUR } },
    { id: "by_city", op: "aggregate", input: ["w"], keys: ["city"], aggs: [{ fn: "count", as: "n" }] },
    { id: "out", op: "sink", input: ["by_city"], sink: { kind: "view", name: "v" } },
  ],
};
type Shown = { window_start: number; city: string; n: number };
const textOf = (rows: readonly Shown[]) =>
  rows.map(({ window_start, city, n }) => `${window_start / HOUR} ${city} ${n}`).sort();

/** Counts by window and city, one row after the other. */
function countsOf(rows: readonly { ts: number; city: string }[], newest: boolean): string[] {
  const counts = new Map<string, number>(), last = Math.floor(Math.max(...rows.map(({ ts }) => ts)) / HOUR);
  for (const { ts, city } of rows) {
    const window = Math.floor(ts / HOUR), name = `${window} ${city}`;
    if ((window === last) === newest) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, n]) => `${name} ${n}`).sort();
}

Deno.test("over an engine: what a follower has of open and closed windows is at each moment all that was sent", async () => {
  const seed = Math.floor(Math.random() * 1e9), random = seeded(seed);
  const engine = await createEngine({ workers: 2 });
  const server = startServer({ engine, hostname: "127.0.0.1", port: 0, token: null, bounds: { liveLookMs: 5 } });
  const ask = (path: string, init?: RequestInit) => fetch(server.url + path, init);
  try {
    const put = (path: string, body: unknown) =>
      ask(path, { method: "PUT", headers: JSON_TYPE, body: JSON.stringify(body) });
    for (const [path, body] of [["/v1/streams/s", STREAM], ["/v1/pipelines/p", PLAN]] as const) {
      assert.equal((await put(path, body)).status, 201);
    }
    const events = new EventClient(await ask("/v1/views/v/live?open=true&time=ms"));
    let closed: Shown[] = [], open: Shown[] = [];
    const take = async () => {
      const { event, data } = (await events.next())!;
      if (event === "snapshot") closed = data.rows;
      else if (event === "delta") closed = [...closed, ...data.rows.map((one: { row: Shown }) => one.row)];
      else if (event === "open") open = data.rows;
    };
    const sent: { ts: number; city: string }[] = [];
    for (let turn = 0; turn < 12; turn++) {
      const rows = Array.from({ length: 1 + random(40) }, () => ({
        ts: turn * HOUR + random(HOUR),
        city: CITIES[random(CITIES.length)],
      })).sort((a, b) => a.ts - b.ts);
      sent.push(...rows);
      const body = rows.map((row) => JSON.stringify(row)).join("\n");
      assert.equal((await ask("/v1/streams/s", { method: "POST", headers: NDJSON, body })).status, 200);
      const wanted = [countsOf(sent, false), countsOf(sent, true)];
      while (String([textOf(closed), textOf(open)]) !== String(wanted)) await take();
    }
    await (await ask("/v1/streams/s/end", { method: "POST" })).body?.cancel();
    const all = [...countsOf(sent, false), ...countsOf(sent, true)].sort();
    while (String(textOf(closed)) !== String(all) || open.length > 0) await take();
    await events.close();
    await until(() => engine.pipelines.get("p").state === "completed");
    const { edges, state } = await (await ask("/v1/pipelines/p/flow")).json();
    assert.deepEqual([state, ...edges.map((edge: { rows: number }) => edge.rows)], [
      "completed",
      sent.length,
      all.length,
    ]);
  } catch (thrown) {
    throw new Error(`Seed ${seed}`, { cause: thrown });
  } finally {
    await server.stop();
    await engine.close();
  }
});
