/** Rows into a server over one WebSocket on loopback, from the first row handed over to the last verdict: Arrow, JSON, and JSON as a plain loop would send it. */
import { benchOnce, compare, type Timed } from "../lib/compare.ts";
import { startServer, type TestServer } from "../../test/e2e/server.ts";
import { connect, type WriterOptions } from "../../src/client/rdx/mod.ts";
import { plainLoop } from "./plain_loop.ts";

const ROWS = 1 << 20, FRAME_ROWS = 4096, KEYS = 1000;
const ROWS_PER_SECOND_GOAL = 1e6;
const COLUMNS = [
  { name: "ts", type: "timestamp" },
  { name: "id", type: "int64" },
  { name: "key", type: "string" },
  { name: "price", type: "double" },
];

export interface BenchRow {
  readonly ts: number;
  readonly id: number;
  readonly key: string;
  readonly price: number;
}

const START_MS = Date.UTC(2025, 0, 1);
const rows = Array.from({ length: ROWS }, (_, id): BenchRow => {
  return { ts: START_MS + id, id, key: `key ${id * 7919 % KEYS}`, price: id % 10_007 / 100 };
});
const columns = {
  ts: Float64Array.from(rows, ({ ts }) => ts),
  id: Int32Array.from(rows, ({ id }) => id),
  key: rows.map(({ key }) => key),
  price: Float64Array.from(rows, ({ price }) => price),
};
/** Frames of the columns, as a program would have them that reads them from elsewhere. */
const frames = Array.from({ length: ROWS / FRAME_ROWS }, (_, frame) => {
  const from = frame * FRAME_ROWS, to = from + FRAME_ROWS, { ts, id, key, price } = columns;
  return {
    ts: ts.subarray(from, to),
    id: id.subarray(from, to),
    key: key.slice(from, to),
    price: price.subarray(from, to),
  };
});

/** What the stream has in the end: all rows, and the newest as it was sent. */
interface Answer {
  readonly rows: number;
  readonly newest: unknown;
}

async function onFreshStream(server: TestServer, send: () => Promise<void>): Promise<Timed<Answer>> {
  await server.put("/v1/streams/bench", { columns: COLUMNS, time: "ts" });
  const start = performance.now();
  await send();
  const seconds = (performance.now() - start) / 1000;
  const { rows_in } = await server.json<{ rows_in: number }>("/v1/streams/bench");
  const { rows: [newest] } = await server.json<{ rows: unknown[] }>("/v1/streams/bench/rows?limit=1&time=ms");
  const removed = await server.fetch("/v1/streams/bench", { method: "DELETE" });
  await removed.body?.cancel();
  return { answer: { rows: rows_in, newest }, seconds };
}

async function sendBy(server: TestServer, options: WriterOptions): Promise<void> {
  const client = connect(server.url), writer = await client.writer("bench", { batchRowsMax: FRAME_ROWS, ...options });
  if (options.format === "arrow") { for (const frame of frames) await writer.writeColumns(frame); }
  else for (let at = 0; at < ROWS; at += FRAME_ROWS) await writer.write(rows.slice(at, at + FRAME_ROWS));
  await client.close();
}

benchOnce("WebSocket ingest", async () => {
  await using server = await startServer({ args: ["--workers", "1"] });
  const [arrow] = await compare<Answer>({
    title:
      `WebSocket ingest, ${ROWS} rows of a time, an integer, a string and a double, ${FRAME_ROWS} a message, 1 worker`,
    events: ROWS,
    ours: {
      name: "client, arrow",
      run: () => onFreshStream(server, () => sendBy(server, { format: "arrow", columns: COLUMNS })),
    },
    rivals: [
      { name: "client, json", run: () => onFreshStream(server, () => sendBy(server, {})) },
      {
        name: "a plain loop of NDJSON",
        run: () => onFreshStream(server, () => plainLoop(server.url, rows, FRAME_ROWS)),
      },
    ],
    bars: { "client, json": { gate: 1.2 }, "a plain loop of NDJSON": { gate: 1, goal: 1.5 } },
  });
  const reached = arrow.eventsPerSecond >= ROWS_PER_SECOND_GOAL ? "reached" : "not reached";
  console.log(
    `  arrow: ${(arrow.eventsPerSecond / 1e6).toFixed(2)} M rows/s (goal ${ROWS_PER_SECOND_GOAL / 1e6}, ${reached})`,
  );
});
