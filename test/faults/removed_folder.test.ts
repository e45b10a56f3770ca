import assert from "node:assert/strict";
import { startServer, type TestServer, until } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { checkAll, deploy, ready, SOURCE } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

interface Told {
  readonly checkpoint: { readonly number: number | null; readonly problem: string | null };
}

/** Counts each id: a row of state that nothing changes any more, so that what has changed since is not all. */
const EACH = {
  rdx: 1,
  nodes: [
    SOURCE,
    { id: "each", op: "aggregate", input: ["source"], keys: ["id"], aggs: [{ fn: "count", as: "n" }] },
    { id: "sink", op: "sink", input: ["each"], sink: { kind: "view", name: "each" } },
  ],
};

const checkpointOf = async (server: TestServer) => (await server.json<Told>("/v1/pipelines/each")).checkpoint;

/** A server with rows and at least two checkpoints of each pipeline, to which something is done while it runs. */
async function withServer(
  store: "files" | "sqlite",
  interval: string,
  run: (
    parts: { data: string; server: TestServer; client: VerifyingClient; start(): Promise<TestServer> },
  ) => Promise<void>,
): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "rdx-removed-" })), data = `${root}/data`;
  const client = new VerifyingClient("s", seeded(7));
  const args = ["--workers", "1", "--checkpoint-interval", interval, "--store", store];
  const start = () => startServer({ data, args });
  try {
    await using server = await start();
    await deploy(server, data);
    await server.put("/v1/pipelines/each", EACH);
    // Of so many rows, what a few more change is a delta
    for (let batch = 0; batch < 100; batch++) assert.ok(await client.one(server, "p0"));
    await until(async () => (await checkpointOf(server)).number !== null);
    // None is under way: one that has everything would take the place of those that are removed, and nobody would miss them
    let number: number | null = -1;
    await until(async () => {
      const before = number;
      ({ number } = await checkpointOf(server));
      return number !== null && number === before;
    }, 500);
    await run({ data, server, client, start });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

for (const idle of [false, true]) {
  const how = idle ? "while nothing comes" : "while rows come";
  Deno.test(`checkpoints that are removed under a running server ${how} are missed, said and made anew, and nothing is lost by a kill behind them`, async () => {
    await withServer("files", "60ms", async ({ data, server, client, start }) => {
      // In one step: it is written to meanwhile
      await Deno.rename(`${data}/checkpoints`, `${data}.gone`);
      for (let batch = 0; batch < 5 && !idle; batch++) assert.ok(await client.one(server, "p0"));
      await until(() => /Checkpoint \d+ of pipeline each is gone/.test(server.errors));
      await until(async () => {
        const { number, problem } = await checkpointOf(server);
        return number !== null && problem === null;
      });
      await until(async () => (await server.fetch("/readyz").then((answer) => answer.json())).ready);
      for (let batch = 0; batch < 5 && !idle; batch++) assert.ok(await client.one(server, "p0"));
      await server.signal("SIGKILL");
      await using again = await start();
      await ready(again);
      await until(async () => {
        const { rows } = await again.json<{ rows: { id: number; n: number }[] }>("/v1/views/each?limit=10000");
        return rows.length === client.acked.size && rows.every(({ id, n }) => n === 1 && client.acked.has(id));
      });
      await checkAll(again, client, { data, seen: data, folder: "parts", view: "totals" });
    });
  });
}
