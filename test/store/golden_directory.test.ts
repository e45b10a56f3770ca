import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { startServer, type TestServer, until } from "../e2e/server.ts";
import { GOLDEN_BAD, GOLDEN_PARTS, goldenBody, type GoldenRow, goldenRows, unpack } from "./golden_directory.ts";

const FILE = new URL("../data/directories/v1.json.gz", import.meta.url);

/** From which row on some are sent to the directory: they are later than silence can have made the streams until then. */
const LATER = 100_000;

type Shown = Readonly<Record<string, unknown>>;

async function view(server: TestServer, name: string): Promise<string[]> {
  const { rows } = await server.json<{ rows: Shown[] }>(`/v1/views/${name}?limit=10000&time=ms`);
  return rows.map((row) => JSON.stringify(row)).sort();
}

function byKey(rows: readonly GoldenRow[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const { key, value } of rows) {
    if (!groups.has(key)) groups.set(key, []);
    if (value !== null) groups.get(key)!.push(value);
  }
  return groups;
}

function totals(rows: readonly GoldenRow[]): string[] {
  return [...byKey(rows)].map(([key, values]) => {
    const n = rows.filter((row) => row.key === key).length, total = values.reduce((sum, value) => sum + value, 0);
    return JSON.stringify({ key, n, total, low: Math.min(...values) });
  }).sort();
}

/** Windows of a second that begin before `end`. */
function windows(rows: readonly GoldenRow[], end: number): string[] {
  const starts = new Set(rows.map(({ ts }) => ts - ts % 1000));
  return [...starts].filter((start) => start < end).flatMap((start) =>
    [...Map.groupBy(rows.filter(({ ts }) => ts - ts % 1000 === start), ({ key }) => key)].map(([key, own]) => {
      const values = own.flatMap(({ value }) => value ?? []);
      return JSON.stringify({
        key,
        window_start: start,
        n: own.length,
        high: values.length ? Math.max(...values) : null,
      });
    })
  ).sort();
}

function pairs(rows: readonly GoldenRow[]): string[] {
  return rows.filter(({ value }) => value !== null).map(({ key, value }) =>
    JSON.stringify({ key, one: value, other: value })
  ).sort();
}

async function check(server: TestServer, rows: readonly GoldenRow[]): Promise<void> {
  // The newest windows are closed by silence, after a while
  const last = rows.at(-1)!.ts, closed = windows(rows, last - last % 1000), all = windows(rows, Infinity);
  const wanted = { totals: [totals(rows)], windows: [closed, all], pairs: [pairs(rows)] };
  for (const [name, expected] of Object.entries(wanted)) {
    let found: string[] = [];
    // A view may come to what its pipeline has taken a little later.
    await until(async () => {
      found = await view(server, name);
      return expected.some((one) => isDeepStrictEqual(found, one));
    }).catch(() => assert.deepEqual(found, expected[0]));
  }
}

async function settled(server: TestServer): Promise<void> {
  await until(async () => {
    const { pipelines } = await server.json<{ pipelines: { lag_rows: number; state: string }[] }>("/v1/pipelines");
    return pipelines.every(({ lag_rows, state }) => lag_rows === 0 && state === "running");
  });
}

async function post(server: TestServer, body: string, sequence: number): Promise<Shown> {
  const headers = { "content-type": "application/x-ndjson", "rdx-producer": "p", "rdx-sequence": String(sequence) };
  const answer = await server.fetch("/v1/streams/events", { method: "POST", headers, body });
  assert.ok(answer.ok, await answer.clone().text());
  return await answer.json();
}

Deno.test("a data directory of the first version is opened, with its checkpoints, orders, producers and savepoints", async () => {
  const data = await Deno.makeTempDir({ prefix: "rdx-golden-" }), [first, , third] = GOLDEN_PARTS;
  try {
    await unpack(FILE, data);
    const all = [...goldenRows(0, third), ...goldenRows(LATER, LATER + 20)];
    for (const workers of ["1", "3"]) {
      await using server = await startServer({ data, args: ["--workers", workers, "--checkpoint-interval", "0"] });
      await until(async () => {
        const answer = await server.fetch("/readyz");
        await answer.body?.cancel();
        return answer.ok;
      });
      const { checkpoint } = await server.json<{ checkpoint: Shown }>("/v1/pipelines/totals");
      assert.equal(typeof checkpoint.restored, "number");
      await check(server, goldenRows(0, third));
      const { start, end, dead_rows } = await server.json<Shown>("/v1/streams/events");
      assert.deepEqual([start, end, dead_rows], [0, third, 1]);
      // Without a checkpoint before it is killed, nothing of this directory is written anew but the order
      if (workers === "1") {
        assert.equal((await post(server, goldenBody(0, first), 0)).duplicate, true);
        assert.equal((await post(server, `${goldenBody(first, GOLDEN_PARTS[1])}\n${GOLDEN_BAD}`, 1)).duplicate, true);
        await server.signal("SIGKILL");
        continue;
      }
      await post(server, goldenBody(LATER, LATER + 20), 3);
      await settled(server);
      await check(server, all);
      const { savepoints } = await server.json<{ savepoints: Shown[] }>("/v1/pipelines/totals/savepoints");
      assert.deepEqual(savepoints.map(({ name }) => name), ["first"]);
      const file = await server.fetch("/v1/pipelines/totals/savepoint?name=first");
      const back = await server.fetch("/v1/pipelines/totals/savepoint", { method: "PUT", body: await file.bytes() });
      assert.ok(back.ok, await back.text());
      await settled(server);
      await check(server, all);
    }
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
