import { connect, type Writer } from "../../src/client/rdx/mod.ts";
import { plan, source, toView, tumble } from "../e2e/plans.ts";
import { startServer, type TestServer } from "../e2e/server.ts";

const KEYS = 1000, WINDOWS_A_SECOND = 100;
const WINDOW_MS = 1000 / WINDOWS_A_SECOND;
const COLUMNS = [
  { name: "ts", type: "timestamp", nullable: false },
  { name: "sensor", type: "string", nullable: false },
  { name: "value", type: "double", nullable: false },
];

/** A server of its own process that averages 1,000 sensors in windows of 10 ms, and a client that sends to it. */
export interface Sensors extends AsyncDisposable {
  readonly server: TestServer;
  /** Windows whose rows were handed to the writer. */
  readonly sent: number;
  /** Begins to send: each sensor has a row in every window, and so every window's closing is a delta with every key. */
  start(): void;
}

/** Starts `rdx serve` for pages of any origin, with a stream `readings` and a view `sensors`. */
export async function startSensors(): Promise<Sensors> {
  const server = await startServer({
    args: ["--allow-origin", "*"],
    v8Flags: ["--initial-old-space-size=128"],
  });
  const client = connect(server.url);
  let writer: Writer;
  try {
    await server.put("/v1/streams/readings", { columns: COLUMNS, time: "ts" });
    await server.put("/v1/pipelines/sensors", averages());
    writer = await client.writer("readings", {
      format: "arrow",
      columns: COLUMNS,
      batchRowsMax: KEYS,
      batchDelayMsMax: 1,
    });
  } catch (thrown) {
    await server[Symbol.asyncDispose]();
    throw thrown;
  }
  const stop = new AbortController(), sending = { windows: 0 };
  let work: Promise<void> = Promise.resolve();
  return {
    server,
    get sent() {
      return sending.windows;
    },
    start() {
      work = send(writer, sending, stop.signal);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      try {
        await work;
        await client.close();
      } finally {
        await server[Symbol.asyncDispose]();
      }
    },
  };
}

function averages() {
  const aggs = [{ fn: "avg", arg: "value", as: "average" }, { fn: "count", as: "count" }];
  const aggregate = { id: "aggregate", op: "aggregate", input: ["window"], keys: ["sensor"], aggs };
  // Rows share milliseconds: with a delay of one a window closes with the first row behind it.
  return plan(source("readings", { delay_ms: 1 }), tumble(WINDOW_MS), aggregate, toView("sensors", "aggregate"));
}

async function send(writer: Writer, sending: { windows: number }, signal: AbortSignal): Promise<void> {
  const sensor = Array.from({ length: KEYS }, (_, i) => `sensor ${String(i).padStart(4, "0")}`);
  const first = Math.ceil(Date.now() / WINDOW_MS) * WINDOW_MS;
  const started = performance.now();
  // A second of event time is one of the clock. What is not sent when it is due goes as soon as the writer has room.
  while (!signal.aborted) {
    const due = (performance.now() - started) / WINDOW_MS, n = sending.windows;
    if (n >= due) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    const start = first + n * WINDOW_MS;
    const ts = sensor.map((_, i) => start + Math.floor(i * WINDOW_MS / KEYS));
    const value = Float64Array.from(sensor, (_, i) => Math.round(1000 * (i / 10 + 10 * Math.sin(n / 40 + i))) / 1000);
    sending.windows++;
    await writer.writeColumns({ ts, sensor, value });
  }
}
