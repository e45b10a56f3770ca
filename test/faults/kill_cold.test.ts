import assert from "node:assert/strict";
import { completed, startServer, type TestServer, until } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";

/** The least memory that a worker's state may have, and keys whose sums take more than four times as much. */
const ARGS = ["--workers", "4", "--state-memory", "16MiB", "--checkpoint-interval", "300ms"];
const KEYS = 72_000, KEY_BYTES = 1000, BATCH_ROWS = 2000;

const STREAM = {
  columns: [
    { name: "ts", type: "timestamp", nullable: false },
    { name: "key", type: "string", nullable: false },
    { name: "value", type: "int64", nullable: false },
  ],
  time: "ts",
  delay_ms: 0,
  future_skew_ms: 0,
};

/** Sums by key, and how many keys there are and what their sums come to. */
const PLAN = {
  rdx: 1,
  nodes: [
    { id: "source", op: "source", stream: "s", idle_timeout_ms: 0 },
    {
      id: "sums",
      op: "aggregate",
      input: ["source"],
      keys: ["key"],
      aggs: [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "value" }, as: "total" }],
    },
    {
      id: "all",
      op: "aggregate",
      input: ["sums"],
      keys: [],
      aggs: [
        { fn: "count", as: "keys" },
        { fn: "sum", arg: { column: "n" }, as: "n" },
        { fn: "sum", arg: { column: "total" }, as: "total" },
      ],
    },
    { id: "sink", op: "sink", input: ["all"], sink: { kind: "view", name: "all" } },
  ],
};

/** Rows by numbered batches: what nobody has acknowledged is sent again. */
class Sender {
  readonly #random: (below: number) => number;
  readonly sums = new Map<number, [n: number, total: number]>();
  #open: { readonly rows: readonly (readonly [key: number, value: number])[]; readonly body: string } | null = null;
  #sequence = 0;
  #ts = 1_700_000_000_000;

  constructor(random: (below: number) => number) {
    this.#random = random;
  }

  /** Sends a batch of rows with keys from `keyOf`; false: the server is gone. */
  async one(server: TestServer, keyOf: (row: number) => number): Promise<boolean> {
    this.#open ??= this.#make(keyOf);
    const { rows, body } = this.#open;
    const headers = {
      "content-type": "application/x-ndjson",
      "rdx-producer": "p",
      "rdx-sequence": String(this.#sequence),
    };
    let status: number;
    try {
      const response = await server.fetch("/v1/streams/s", { method: "POST", headers, body });
      status = response.status;
      await response.body?.cancel();
    } catch {
      return false;
    }
    if (status === 429) return await new Promise((resolve) => setTimeout(() => resolve(true), 20));
    assert.equal(status, 200);
    for (const [key, value] of rows) {
      const [n, total] = this.sums.get(key) ?? [0, 0];
      this.sums.set(key, [n + 1, total + value]);
    }
    this.#sequence++;
    this.#open = null;
    return true;
  }

  #make(keyOf: (row: number) => number) {
    const rows = Array.from({ length: BATCH_ROWS }, (_, i) => [keyOf(i), this.#random(1000)] as const);
    const lines = rows.map(([key, value]) =>
      JSON.stringify({ ts: this.#ts++, key: `${key} `.padEnd(KEY_BYTES, "x"), value })
    );
    return { rows, body: lines.join("\n") };
  }
}

async function ready(server: TestServer): Promise<void> {
  await until(async () => (await server.fetch("/readyz").then((response) => (response.body?.cancel(), response.ok))));
}

interface Facts {
  readonly evicted_rows: number;
  readonly cold_reads: number;
  readonly checkpoint: { readonly restored: number | null };
}

Deno.test("four workers whose state is larger than their memory are killed again and again, and lose nothing (seed 4)", async () => {
  const data = await Deno.makeTempDir({ prefix: "rdx-kill-cold-" }), random = seeded(4), sender = new Sender(random);
  const start = () => startServer({ data: `${data}/data`, args: ARGS });
  try {
    let evicted = 0, reads = 0;
    for (let life = 0; life < 3; life++) {
      await using server = await start();
      if (life === 0) {
        await server.put("/v1/streams/s", STREAM);
        await server.put("/v1/pipelines/sums", PLAN);
      }
      await ready(server);
      // The first life has every key once, the others some of them, whichever they are
      const batches = life === 0 ? KEYS / BATCH_ROWS : 4 + random(4);
      for (let batch = 0; batch < batches;) {
        const size = sender.sums.size;
        if (!await sender.one(server, (row) => life === 0 ? size + row : random(KEYS))) break;
        batch = life === 0 ? sender.sums.size / BATCH_ROWS : batch + 1;
      }
      const facts = await server.json<Facts>("/v1/pipelines/sums");
      evicted = Math.max(evicted, facts.evicted_rows);
      reads += facts.cold_reads;
      // Some batches are on their way
      await Promise.all([sender.one(server, () => random(KEYS)), server.signal("SIGKILL")]);
    }
    await using server = await start();
    await ready(server);
    const { checkpoint } = await server.json<Facts>("/v1/pipelines/sums");
    assert.ok(checkpoint.restored !== null, server.errors);
    assert.ok(await sender.one(server, () => random(KEYS)));
    assert.equal((await server.fetch("/v1/streams/s/end", { method: "POST" })).status, 200);
    await completed(server, "sums");
    const facts = await server.json<Facts>("/v1/pipelines/sums");
    assert.ok(Math.max(evicted, facts.evicted_rows) > 5000, `${evicted}, then ${facts.evicted_rows} rows were on disk`);
    assert.ok(reads + facts.cold_reads > 500, `${reads} and ${facts.cold_reads} rows were read`);
    const { rows } = await server.json<{ rows: unknown[] }>("/v1/views/all");
    const sums = [...sender.sums.values()];
    const [n, total] = [0, 1].map((i) => sums.reduce((all, sum) => all + sum[i], 0));
    assert.deepEqual(rows, [{ keys: sums.length, n, total }]);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
