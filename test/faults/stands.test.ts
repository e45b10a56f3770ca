import assert from "node:assert/strict";
import { completed, startServer } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { STREAM } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** How often the server stands still; `deno task test:faults` has more. */
const STANDS = Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20) > 20 ? 12 : 3;
/** Twice what a source may be silent, and the least by which a timer tells it. */
const IDLE_MS = 1000, STANDS_MS = 2500;

/** Counts in windows that are short beside how long the server stands still. */
const PLAN = {
  rdx: 1,
  nodes: [
    { id: "source", op: "source", stream: "s", time: "ts", delay_ms: 0, idle_timeout_ms: IDLE_MS },
    { id: "window", op: "window", input: ["source"], window: { kind: "tumble", size_ms: 100 } },
    { id: "counts", op: "aggregate", input: ["window"], keys: [], aggs: [{ fn: "count", as: "n" }] },
    { id: "sink", op: "sink", input: ["counts"], sink: { kind: "view", name: "counts" } },
  ],
};

const seed = 9100;
Deno.test(`a server that stands still again and again while rows wait for it catches up: none is lost, doubled or late (seed ${seed})`, async () => {
  const random = seeded(seed), client = new VerifyingClient("s", random);
  const data = await Deno.makeTempDir({ prefix: "rdx-stands-" });
  try {
    await using server = await startServer({ data, args: ["--workers", "1"] });
    await server.put("/v1/streams/s", { ...STREAM, delay_ms: 0 });
    await server.put("/v1/pipelines/counts", PLAN);
    for (let stands = 0; stands < STANDS; stands++) {
      for (let batches = 1 + random(3); batches > 0; batches--) assert.ok(await client.one(server, "p0"));
      // Somewhere between two looks for what is silent.
      await new Promise((resolve) => setTimeout(resolve, random(IDLE_MS)));
      Deno.kill(server.pid, "SIGSTOP");
      const sent = client.one(server, "p0");
      await new Promise((resolve) => setTimeout(resolve, STANDS_MS));
      Deno.kill(server.pid, "SIGCONT");
      assert.ok(await sent);
    }
    assert.equal((await server.fetch("/v1/streams/s/end", { method: "POST" })).status, 200);
    await completed(server, "counts");
    const { late_rows } = await server.json<{ late_rows: number }>("/v1/pipelines/counts");
    assert.equal(late_rows, 0);
    const { rows } = await server.json<{ rows: { n: number }[] }>("/v1/views/counts?limit=10000");
    assert.equal(rows.reduce((sum, { n }) => sum + n, 0), client.acked.size);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
