/**
 * Sends 1 M rows of 1,000 sensors to a server, in Arrow over one WebSocket, and reads what a pipeline makes of them:
 *
 *   deno task serve                                       (in one terminal)
 *   deno run -A examples/client/send_rows.ts              (in another)
 *   deno run -A examples/client/send_rows.ts http://127.0.0.1:8080 --outbox ./rows.outbox
 *
 * With an outbox in a file, what it has taken and the server has not acknowledged outlives it, whether it is killed or the machine stops: the next run sends that
 * first.
 */
import { parseArgs } from "node:util";
import { double, int64, pipeline, stream, string, timestamp, tumble, view } from "../../src/mod.ts";
import { connect } from "../../src/client/rdx/mod.ts";
import { fileOutbox } from "../../src/client/rdx/outbox_file.ts";

const ROWS = 1_000_000, FRAME_ROWS = 4096, SENSORS = 1000;
/** One row of all sensors together each millisecond: the million is about 17 minutes. */
const START_MS = Date.UTC(2025, 0, 1);

const { values, positionals } = parseArgs({ options: { outbox: { type: "string" } }, allowPositionals: true });
const client = connect(positionals[0] ?? "http://127.0.0.1:8080");

const readings = stream("readings", { ts: timestamp(), id: int64(), sensor: string(), celsius: double() }, {
  time: "ts",
});
const averages = pipeline("averages")
  .from(readings)
  .keyBy("sensor")
  .window(tumble({ minutes: 1 }))
  .aggregate((a) => ({ mean: a.avg("celsius"), readings: a.count() }))
  .to(view("averages"));

const columns = [
  { name: "ts", type: "timestamp" },
  { name: "id", type: "int64" },
  { name: "sensor", type: "string" },
  { name: "celsius", type: "double" },
];
await client.request("PUT", "/v1/streams/readings", { columns, time: "ts" });
await client.request("PUT", "/v1/pipelines/averages", averages.toPlan());

/** Rows `from` and following as columns. */
function frame(from: number) {
  const rows = Math.min(FRAME_ROWS, ROWS - from), ts = new Float64Array(rows), id = new Int32Array(rows);
  const sensor: string[] = [], celsius = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    ts[i] = START_MS + from + i;
    id[i] = from + i;
    sensor.push(`sensor ${(from + i) % SENSORS}`);
    celsius[i] = 20 + 5 * Math.sin((from + i) / 60_000);
  }
  return { ts, id, sensor, celsius };
}

const outbox = values.outbox === undefined ? undefined : fileOutbox(values.outbox);
const writer = await client.writer("readings", {
  format: "arrow",
  columns,
  batchRowsMax: FRAME_ROWS,
  onStatus: (status) => status.kind === "waiting" && console.error(`${status.reason}; again in ${status.retryMs} ms`),
  ...(outbox ? { outbox } : {}),
});
const start = performance.now();
for (let from = 0; from < ROWS; from += FRAME_ROWS) await writer.writeColumns(frame(from));
const { accepted } = await writer.close(), seconds = (performance.now() - start) / 1000;
console.log(`${accepted} rows in ${seconds.toFixed(2)} s: ${(accepted / seconds / 1e6).toFixed(2)} M rows/s`);

// The last minute that is over in the rows' own time: its window is there once the pipeline has come so far.
const overMs = START_MS + Math.floor(ROWS / 60_000) * 60_000;
for await (const change of client.live("averages", { limit: 1 })) {
  if ("watermark" in change && change.watermark !== null && change.watermark >= overMs) break;
}
for await (const change of client.live("averages", { limit: 3 })) {
  if (change.kind !== "snapshot") continue;
  for (const { window_start, sensor, mean, readings: count } of change.rows) {
    console.log(window_start, sensor, mean, count);
  }
  break;
}
await client.close();
