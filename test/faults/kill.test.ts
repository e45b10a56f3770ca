import assert from "node:assert/strict";
import { completed, startServer } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { allPlan, PRODUCERS, ready, SOURCE, STREAM, totalsPlan } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** Kills in all; `deno task test:faults` sets more. */
const KILLS = Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20);
/** Kills of one data directory: what it has is done again after each. */
const KILLS_PER_FOLDER = 10;

/** Counts and sums by key in windows of a second. */
function windowsPlan(sink: Record<string, unknown>) {
  const aggs = [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "value" }, as: "total" }];
  return {
    rdx: 1,
    nodes: [
      SOURCE,
      { id: "window", op: "window", input: ["source"], window: { kind: "tumble", size_ms: 1000 } },
      { id: "aggregate", op: "aggregate", input: ["window"], keys: ["key"], aggs },
      { id: "sink", op: "sink", input: ["aggregate"], sink },
    ],
  };
}

/** How servers run: with checkpoints as often as may be and other workers each time, or with none. */
function argsOf(checkpoints: boolean, random: (below: number) => number): string[] {
  const workers = checkpoints ? 1 + random(3) : 1;
  return ["--workers", String(workers), "--checkpoint-interval", checkpoints ? "60ms" : "0"];
}

async function sha256(path: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(path)));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Ids in whole lines of a file. */
function idsIn(path: string): number[] {
  return [...Deno.readTextFileSync(path).matchAll(/^\{.*"id":(\d+).*\}$/gm)].map(([, id]) => Number(id));
}

/** One life of the server, which ends after a random number of acknowledgements. */
async function live(
  data: string,
  client: VerifyingClient,
  random: (below: number) => number,
  { first, checkpoints }: { first: boolean; checkpoints: boolean },
) {
  await using server = await startServer({ data, args: argsOf(checkpoints, random) });
  if (first) {
    await server.put("/v1/streams/s", STREAM);
    await server.put("/v1/pipelines/all", allPlan({ kind: "file", path: `${data}/all.ndjson`, format: "ndjson" }));
    await server.put(
      "/v1/pipelines/windows",
      windowsPlan({ kind: "file", path: `${data}/windows.ndjson`, format: "ndjson" }),
    );
    await server.put("/v1/pipelines/view", windowsPlan({ kind: "view", name: "view" }));
    await server.put("/v1/pipelines/totals", totalsPlan("totals"));
  }
  // Some are killed again while they recover.
  if (random(4) > 0) await ready(server);
  let left = 1 + random(25);
  const running = PRODUCERS.map((producer) =>
    client.run(server, producer, () => --left === 0 && void server.signal("SIGKILL"))
  );
  await Promise.all(running);
}

/** What is there in the end is what was acknowledged, and what a server has that was never killed. */
async function check(
  data: string,
  client: VerifyingClient,
  random: (below: number) => number,
  checkpoints: boolean,
): Promise<void> {
  await using server = await startServer({ data, args: argsOf(checkpoints, random) });
  await ready(server);
  const { checkpoint } = await server.json<{ checkpoint: { restored: number | null } }>("/v1/pipelines/totals");
  assert.equal(checkpoint.restored !== null, checkpoints, server.errors);
  await client.settle(server);
  await server.put(
    "/v1/pipelines/undisturbed",
    windowsPlan({ kind: "file", path: `${data}/undisturbed.ndjson`, format: "ndjson" }),
  );
  assert.equal((await server.fetch("/v1/streams/s/end", { method: "POST" })).status, 200);
  for (const name of ["all", "windows", "view", "totals", "undisturbed"]) await completed(server, name);
  assert.deepEqual(client.compare(idsIn(`${data}/all.ndjson`)), { lost: [], doubled: [] });
  const { end, dead_rows } = await server.json<{ end: number; dead_rows: number }>("/v1/streams/s");
  assert.deepEqual([end, dead_rows], [client.acked.size, client.bad]);
  assert.equal((await server.json<{ end: number }>("/v1/streams/s.dead")).end, client.bad);
  assert.equal(await sha256(`${data}/windows.ndjson`), await sha256(`${data}/undisturbed.ndjson`));
  const lines = Deno.readTextFileSync(`${data}/windows.ndjson`).trim().split("\n").map((line) => JSON.parse(line));
  const { rows } = await server.json<{ rows: unknown[] }>("/v1/views/view?limit=10000");
  // A view goes by its keys, a file by key group.
  assert.deepEqual(sorted(rows), sorted(lines));
  assert.deepEqual(totals(lines), expected(client));
  const all = await server.json<{ rows: { key: string; n: number; total: number }[] }>("/v1/views/totals");
  assert.deepEqual(totals(all.rows), expected(client));
}

function sorted(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(Object.entries(row as object).sort())).sort();
}

function totals(rows: readonly { key: string; n: number; total: number }[]): [string, number, number][] {
  const byKey = new Map<string, [number, number]>();
  for (const { key, n, total } of rows) {
    const [count, sum] = byKey.get(key) ?? [0, 0];
    byKey.set(key, [count + n, sum + total]);
  }
  return [...byKey].map(([key, [n, total]]): [string, number, number] => [key, n, total]).sort();
}

function expected({ acked }: VerifyingClient): [string, number, number][] {
  return totals([...acked.values()].map(({ key, value }) => ({ key, n: 1, total: value })));
}

for (let folder = 0; folder * KILLS_PER_FOLDER < KILLS; folder++) {
  const seed = 1000 + folder, checkpoints = folder % 2 === 0, how = checkpoints ? "with checkpoints" : "without";
  Deno.test(`a server that is killed again and again loses nothing it has acknowledged, and doubles nothing, ${how} (seed ${seed})`, async () => {
    const data = await Deno.makeTempDir({ prefix: "rdx-kill-" }), random = seeded(seed);
    const client = new VerifyingClient("s", random);
    try {
      for (let kill = 0; kill < Math.min(KILLS_PER_FOLDER, KILLS - folder * KILLS_PER_FOLDER); kill++) {
        await live(`${data}/data`, client, random, { first: kill === 0, checkpoints });
        if (kill % 3 !== 2) continue;
        // Files show nothing twice at any time, nor anything that is not there later.
        const { doubled } = client.compare(idsIn(`${data}/data/all.ndjson`));
        assert.deepEqual(doubled, [], `after kill ${kill}`);
      }
      await check(`${data}/data`, client, random, checkpoints);
    } catch (thrown) {
      throw new Error(`seed ${seed}, ${client.acks} acknowledgements`, { cause: thrown });
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  });
}
