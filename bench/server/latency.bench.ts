/**
 * P6: from a message of rows, at the time at which it has to leave, to the result that its rows lead to, at a subscriber. Rows come at a fixed rate, whatever the
 * server does with them. A window is whole with a row of its last millisecond, which its second message has at its end; its latency is the time from that message's
 * turn to the arrival of the window's rows. Beside it, in turns, a loop appends the same bytes at the same rate to a file and calls fdatasync: what a machine cannot do better.
 */
import assert from "node:assert/strict";
import { benchOnce } from "../lib/compare.ts";
import { quantile, sayDisk } from "../lib/disk.ts";
import { PacedSocket, webSocketMessages } from "../lib/plain_clients.ts";
import { startServer, type TestServer } from "../../test/e2e/server.ts";

/** A message so often, and windows of two messages each. */
const STEP_MS = 5, WINDOW_MS = 2 * STEP_MS, SECONDS = 10, ROUNDS = 3;
const STEPS = SECONDS * 1000 / STEP_MS, WARM_STEPS = STEPS / 5, DEVICES = 10, START_MS = 1_700_000_000_000;

const BARS = [
  { rate: 200_000, aboveMs: 10, what: "gate" },
  { rate: 500_000, aboveMs: 4, what: "goal" },
];

/** As `deno task serve` starts it. */
const SERVE_FLAGS = ["--initial-old-space-size=128"];

const STREAM = {
  columns: [
    { name: "ts", type: "timestamp", nullable: false },
    { name: "device", type: "string", nullable: false },
    { name: "value", type: "double", nullable: false },
  ],
  time: "ts",
  future_skew_ms: 0,
};

/** Message `step` has rows of [step × STEP_MS, (step + 1) × STEP_MS). */
function bodies(rows: number): Uint8Array<ArrayBuffer>[] {
  const encoder = new TextEncoder();
  return Array.from({ length: STEPS }, (_, step) => {
    const lines = Array.from({ length: rows }, (_, i) => {
      const ts = START_MS + step * STEP_MS + Math.floor(i * STEP_MS / rows);
      return `{"ts":${ts},"device":"d${i % DEVICES}","value":${(step + i) % 997 / 8}}`;
    });
    return encoder.encode(lines.join("\n"));
  });
}

/** Calls `act` for each step at its time, or as soon after it as it can; `act` gets the time. */
async function paced(act: (step: number, dueMs: number) => Promise<void> | void): Promise<void> {
  const start = performance.now() + STEP_MS;
  for (let step = 0; step < STEPS; step++) {
    const dueMs = start + step * STEP_MS, left = dueMs - performance.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    await act(step, dueMs);
  }
}

async function syncs(path: string, all: readonly Uint8Array[]): Promise<number[]> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const times: number[] = [];
  await paced(async (step) => {
    const start = performance.now();
    for (let done = 0; done < all[step].length;) done += await file.write(all[step].subarray(done));
    await file.syncData();
    if (step >= WARM_STEPS) times.push(performance.now() - start);
  });
  return times;
}

/** When the rows of each window came, by the window's number. */
async function follow(server: TestServer, view: string, came: Map<number, { atMs: number; rows: number }>) {
  const response = await server.fetch(`/v1/views/${view}/live?time=ms`);
  const done = (async () => {
    let text = "";
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      const atMs = performance.now(), events = (text + part).split("\n\n");
      text = events.pop()!;
      for (const event of events) note(event, atMs, came);
    }
  })();
  return { done };
}

function note(event: string, atMs: number, came: Map<number, { atMs: number; rows: number }>): void {
  const data = /^data: (.*)$/m.exec(event);
  if (!data) return;
  const { event: name, rows = [] } = JSON.parse(data[1]);
  for (const item of rows) {
    const { window_start } = name === "delta" ? item.row : item;
    const window = (window_start - START_MS) / WINDOW_MS, { rows: before } = came.get(window) ?? { rows: 0 };
    came.set(window, { atMs, rows: before + 1 });
  }
}

async function latencies(server: TestServer, messages: readonly Uint8Array[], rows: number): Promise<number[]> {
  const name = `s${crypto.randomUUID().slice(0, 8)}`, due: number[] = [];
  await server.put(`/v1/streams/${name}`, STREAM);
  const sql = `SELECT window_start, device, COUNT(*) AS n, SUM(value) AS total
    FROM TABLE(TUMBLE(TABLE ${name}, DESCRIPTOR(ts), INTERVAL '${
    WINDOW_MS / 1000
  }' SECOND)) GROUP BY window_start, window_end, device`;
  const headers = { "content-type": "application/sql" };
  const made = await server.fetch(`/v1/pipelines/${name}`, { method: "PUT", headers, body: sql });
  assert.equal(made.status, 201, await made.text());
  const came = new Map<number, { atMs: number; rows: number }>(), { done } = await follow(server, name, came);
  const socket = await PacedSocket.open(server.url, name, rows);
  await paced((step, dueMs) => {
    due.push(dueMs);
    socket.send(messages[step]);
  });
  await socket.finish();
  const last = STEPS / 2 - 2;
  while ((came.get(last)?.rows ?? 0) < DEVICES) await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  await server.fetch(`/v1/pipelines/${name}`, { method: "DELETE" });
  await server.fetch(`/v1/streams/${name}`, { method: "DELETE" });
  await done.catch(() => {});
  return Array.from({ length: last - WARM_STEPS / 2 }, (_, i) => {
    const window = WARM_STEPS / 2 + i, { atMs, rows } = came.get(window)!;
    assert.equal(rows, DEVICES, `rows of window ${window}`);
    return atMs - due[2 * window + 1];
  });
}

function told(name: string, times: readonly number[]): string {
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => quantile(times, share).toFixed(1));
  return `  ${name.padEnd(36)} p50 ${p50} ms, p99 ${p99} ms, most ${most} ms`;
}

benchOnce("from an event to a subscriber", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-bench-latency-", dir: Deno.env.get("RDX_BENCH_FOLDER") });
  try {
    await sayDisk(folder);
    await using server = await startServer({ data: `${folder}/data`, v8Flags: SERVE_FLAGS });
    for (const { rate, aboveMs, what } of BARS) {
      const rows = rate * STEP_MS / 1000, all = bodies(rows), messages = webSocketMessages(all);
      const rival: number[] = [], ours: number[] = [], above: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const synced = await syncs(`${folder}/rival`, all), seen = await latencies(server, messages, rows);
        rival.push(...synced);
        ours.push(...seen);
        above.push(quantile(seen, 0.99) - quantile(synced, 0.99));
      }
      const middle = above.sort((a, b) => a - b)[ROUNDS >> 1], held = middle <= aboveMs ? "held" : "MISSED";
      console.log(`\nP6: ${rate} rows a second to a subscriber, a message each ${STEP_MS} ms`);
      console.log(told("append + fdatasync", rival));
      console.log(`${told("rdx", ours)}; p99 ${middle.toFixed(1)} ms above (${what} ${aboveMs} ms ${held})`);
    }
    await sayDisk(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
