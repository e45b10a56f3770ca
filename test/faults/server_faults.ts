import assert from "node:assert/strict";
import { completed, type TestServer, until } from "../e2e/server.ts";
import { loggedRows, verdicts } from "./partition_verdicts.ts";
import type { VerifyingClient } from "./verifying_client.ts";

export const PRODUCERS = ["p0", "p1", "p2"];

export const STREAM = {
  columns: [
    { name: "ts", type: "timestamp", nullable: false },
    { name: "id", type: "int64", nullable: false },
    { name: "key", type: "string", nullable: false },
    { name: "value", type: "int64", nullable: false },
  ],
  time: "ts",
  // Rows of several producers are out of order by no more than this.
  delay_ms: 60_000,
  future_skew_ms: 0,
};

export const SOURCE = { id: "source", op: "source", stream: "s", idle_timeout_ms: 0 };

/** Every row as it came, to one sink. */
export function allPlan(sink: Record<string, unknown>) {
  return { rdx: 1, nodes: [SOURCE, { id: "sink", op: "sink", input: ["source"], sink }] };
}

/** Counts and sums of each key, to a view. */
export function totalsPlan(name: string) {
  const aggs = [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "value" }, as: "total" }];
  return {
    rdx: 1,
    nodes: [
      SOURCE,
      { id: "totals", op: "aggregate", input: ["source"], keys: ["key"], aggs },
      { id: "sink", op: "sink", input: ["totals"], sink: { kind: "view", name } },
    ],
  };
}

export async function ready(server: TestServer): Promise<void> {
  await until(async () => {
    const response = await server.fetch("/readyz"), { reason } = await response.json();
    assert.ok(response.ok || /^Recovering/.test(reason), reason);
    return response.ok;
  });
}

/** Sends until `acks` batches more are acknowledged; `then` is called at that moment, and nobody sends any more when the server fails or is gone. */
export async function sendUntil(
  server: TestServer,
  client: VerifyingClient,
  acks: number,
  then: () => void,
): Promise<void> {
  let left = acks;
  await Promise.all(PRODUCERS.map((producer) => client.run(server, producer, () => --left === 0 && then())));
}

/**
 * Ends the stream and compares: what was acknowledged is in the log and in `view` once, and in the parts of `folder`, with the rows of each partition in order. `seen`: where
 * the test finds the server's files.
 */
export async function checkAll(
  server: TestServer,
  client: VerifyingClient,
  { data, seen, folder, view }: { data: string; seen: string; folder: string; view: string },
): Promise<void> {
  await client.settle(server);
  await server.put(
    "/v1/pipelines/undisturbed",
    allPlan({ kind: "file", path: `${data}/undisturbed.ndjson`, format: "ndjson" }),
  );
  assert.equal((await server.fetch("/v1/streams/s/end", { method: "POST" })).status, 200);
  for (const name of [folder, view, "undisturbed"]) await completed(server, name);
  const log = await loggedRows(server);
  assert.deepEqual(client.compare(log.map(({ id }) => id)), { lost: [], doubled: [] });
  const ids = (path: string) =>
    Deno.readTextFileSync(path).split("\n").filter(Boolean).map((line): number => JSON.parse(line).id);
  assert.deepEqual(verdicts(log, ids(`${seen}/undisturbed.ndjson`)), []);
  const parts = [...Deno.readDirSync(`${seen}/${folder}`)].map(({ name }) => name).filter((name) =>
    name.startsWith("part-")
  ).sort();
  assert.deepEqual(verdicts(log, parts.flatMap((name) => ids(`${seen}/${folder}/${name}`))), []);
  const expected = new Map<string, [number, number]>();
  for (const { key, value } of client.acked.values()) {
    const [n, total] = expected.get(key) ?? [0, 0];
    expected.set(key, [n + 1, total + value]);
  }
  const { rows } = await server.json<{ rows: { key: string; n: number; total: number }[] }>(`/v1/views/${view}`);
  assert.deepEqual(
    rows.map(({ key, n, total }) => [key, n, total]).sort(),
    [...expected].map(([key, both]) => [key, ...both]).sort(),
  );
}

/** Declares the stream, with the partitions that it is to have, and deploys what `checkAll` looks at. */
export async function deploy(
  server: TestServer,
  data: string,
  partitions: { declare(server: TestServer): Promise<void> } | null = null,
): Promise<void> {
  if (partitions) await partitions.declare(server);
  else await server.put("/v1/streams/s", STREAM);
  const roll = { roll_rows: 100, roll_ms: 50 };
  await server.put(
    "/v1/pipelines/parts",
    allPlan({ kind: "files", path: `${data}/parts`, format: "ndjson", ...roll }),
  );
  await server.put("/v1/pipelines/totals", totalsPlan("totals"));
}
