import assert from "node:assert/strict";
import { aggregate, plan, source, toView, tumble } from "../e2e/plans.ts";
import { completed, type TestServer } from "../e2e/server.ts";

/** Numbered rows, and what a pipeline has to make of them when each is counted once: counts and sums of ids in BUCKETS buckets. */
export const BUCKETS = 1000;
export const COLUMNS = [
  { name: "ts", type: "timestamp" },
  { name: "id", type: "int64" },
  { name: "bucket", type: "int64" },
] as const;

const START_MS = Date.UTC(2025, 0, 1), DAY_MS = 86_400_000;

export const numbered = (id: number) => ({ ts: START_MS + id % DAY_MS, id, bucket: id % BUCKETS });

/** The rows `from` to `to` as columns. */
export function numberedColumns(from: number, to: number) {
  const rows = to - from, ts = new Float64Array(rows), id = new Int32Array(rows), bucket = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    ts[i] = START_MS + (from + i) % DAY_MS;
    id[i] = from + i;
    bucket[i] = (from + i) % BUCKETS;
  }
  return { ts, id, bucket };
}

/** Declares the stream and deploys the pipeline that counts it. */
export async function deployNumbers(server: TestServer, stream = "numbers"): Promise<void> {
  await server.put(`/v1/streams/${stream}`, { columns: COLUMNS, time: "ts" });
  await deployCounting(server, stream);
}

/** Counts what a stream has and will have. */
export async function deployCounting(server: TestServer, stream = "numbers"): Promise<void> {
  const aggs = [
    { fn: "count", as: "n" },
    { fn: "sum", arg: "id", as: "total" },
    { fn: "min", arg: "id", as: "least" },
    { fn: "max", arg: "id", as: "most" },
  ];
  const window = tumble(DAY_MS);
  const nodes = [
    source(stream),
    { ...window, window: { ...window.window, time: "ts" } },
    aggregate(["bucket"], aggs),
    toView(`${stream}_counted`, "aggregate"),
  ];
  await server.put(`/v1/pipelines/${stream}_counted?start=earliest`, plan(...nodes));
}

interface Counted {
  readonly bucket: number;
  readonly n: number;
  readonly total: number;
  readonly least: number;
  readonly most: number;
}

/**
 * Ends the stream and checks that each of the rows `from` to `to` was counted once, and no other: no bucket could hide one that is doubled for one that is
 * lost.
 */
export async function assertCountedOnce(
  server: TestServer,
  to: number,
  { stream = "numbers", from = 0 } = {},
): Promise<void> {
  const ended = await server.fetch(`/v1/streams/${stream}/end`, { method: "POST" });
  await ended.body?.cancel();
  await completed(server, `${stream}_counted`);
  const { rows: found } = await server.json<{ rows: Counted[] }>(`/v1/views/${stream}_counted?limit=${BUCKETS + 1}`);
  const wanted = Array.from({ length: BUCKETS }, (_, bucket) => wantedOf(bucket, from, to)).filter(({ n }) => n > 0);
  const counted = found.map(({ bucket, n, total, least, most }) => ({ bucket, n, total, least, most }));
  counted.sort((a, b) => a.bucket - b.bucket);
  const wrong = counted.filter((row, i) => JSON.stringify(row) !== JSON.stringify(wanted[i]));
  assert.deepEqual(wrong.slice(0, 5), [], "buckets that lost or doubled rows");
  assert.equal(counted.length, wanted.length);
}

/** The ids of `from` to `to` that belong into a bucket, by arithmetic. */
function wantedOf(bucket: number, from: number, to: number): Counted {
  const least = from + (bucket - from % BUCKETS + BUCKETS) % BUCKETS;
  const n = Math.max(0, Math.floor((to - 1 - least) / BUCKETS) + 1), most = least + (n - 1) * BUCKETS;
  return { bucket, n, total: n * (least + most) / 2, least, most };
}

/** Random numbers from a seed (mulberry32), each in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function printedSeed(): number {
  const seed = Number(Deno.env.get("RDX_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  console.log(`seed ${seed} (RDX_SEED repeats it)`);
  return seed;
}
